//! The nonces of a wallet on a network, as recorded in this database.

use waiaas_chains::Lane;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::WalletId;
use waiaas_core::network::NetworkId;

use crate::Engine;
use crate::error::Error;

/// Seconds after which every node is expected to have a landed transaction.
const LATELY_SECONDS: UnixSeconds = 3_600;

/// The known nonces of a wallet on a network.
pub(crate) async fn of(engine: &Engine, wallet: WalletId, network: &NetworkId) -> Result<Lane, Error> {
    let store = engine.store();
    let lately = engine.now().saturating_sub(LATELY_SECONDS);
    Ok(Lane {
        nonces_in_flight: store.nonces_in_flight(wallet, network).await?,
        nonce_floor: store.nonce_floor(wallet, network, lately).await?,
        nonce_floor_once: store.nonce_floor(wallet, network, UnixSeconds::MIN).await?,
        nonces_signed: store.nonces_signed(wallet, network).await?,
        ..Lane::default()
    })
}
