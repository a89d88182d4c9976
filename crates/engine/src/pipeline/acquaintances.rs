//! The accounts that a wallet knows, so that an owner is told which are new and which only look like a known one.

use std::collections::BTreeMap;

use waiaas_core::effect::Effects;
use waiaas_core::ids::WalletId;
use waiaas_core::policy::{PolicySet, counterparties};
use waiaas_core::presentation::{KnownAs, Stranger, strangers};
use waiaas_store::WriteTx;

use crate::error::Error;

/// The newest transactions whose accounts are compared.
const NEWEST: u32 = 500;

/// The strangers in a request.
///
/// # Errors
///
/// Storage errors.
pub(crate) async fn unknown(
    tx: &mut WriteTx,
    wallet: WalletId,
    effects: &Effects,
    policies: &PolicySet,
) -> Result<Vec<Stranger>, Error> {
    let mut named = BTreeMap::new();
    for (address, waits) in tx.newest_recipients(wallet, NEWEST).await? {
        let known_as = if waits { KnownAs::Waiting } else { KnownAs::Used };
        let entry = named.entry(address).or_insert(known_as);
        *entry = known_as.max(*entry);
    }
    for address in counterparties(effects) {
        if named.get(&address) != Some(&KnownAs::Used) && tx.names_recipient(wallet, address).await? {
            named.insert(address, KnownAs::Used);
        }
    }
    Ok(strangers(effects, policies, &named))
}
