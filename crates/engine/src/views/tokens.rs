//! Tokens.

use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::network::NetworkId;

/// A token of the registry. Amounts and limits are read by its decimals.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedToken {
    /// Its network.
    pub network: NetworkId,
    /// Contract or mint address.
    pub address: Address,
    /// Its CAIP-19 id.
    pub asset: AssetId,
    /// Its symbol on chain.
    pub symbol: String,
    /// Its number of decimals.
    pub decimals: u8,
    /// The time of its recording.
    pub recorded_at: UnixSeconds,
}
