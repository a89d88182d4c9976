//! What a wallet holds, as a chain tells it.

use waiaas_core::U256;
use waiaas_core::asset::AssetId;

/// Decimals and symbol of an asset, as its chain has them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenFacts {
    /// Decimals.
    pub decimals: u8,
    /// Symbol for people, cleaned to at most 16 printable ASCII characters; may be empty.
    pub symbol: String,
}

/// What a wallet holds. One token that cannot be read hides none of the others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Holdings {
    /// What could be read.
    pub held: Vec<Holding>,
    /// What could not.
    pub unreadable: Vec<Unreadable>,
}

/// An asset of which a node said nothing usable. Nothing may be assumed about its balance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// Which asset.
    pub asset: AssetId,
    /// Why, for people.
    pub reason: String,
}

/// One asset a wallet holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holding {
    /// Which asset.
    pub asset: AssetId,
    /// Base units.
    pub amount: U256,
    /// Decimals and symbol.
    pub facts: TokenFacts,
}
