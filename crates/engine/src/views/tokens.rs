//! Tokens.

use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::network::NetworkId;

/// What is on record of a token; requests are judged by it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedToken {
    /// Its network.
    pub network: NetworkId,
    /// Contract or mint.
    pub address: Address,
    /// CAIP-19.
    pub asset: AssetId,
    /// As the token calls itself.
    pub symbol: String,
    /// Digits behind the point of a whole one.
    pub decimals: u8,
    /// Since when it is on record.
    pub recorded_at: UnixSeconds,
}
