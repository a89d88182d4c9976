//! What a wallet holds, as a chain tells it.

use waiaas_core::U256;
use waiaas_core::asset::AssetId;

/// What nodes are asked about, as the object of a sentence.
pub(crate) const DECIMALS: &str = "the decimals and the symbol of a token";
/// The same.
pub(crate) const BALANCES: &str = "how much of a token the wallet holds";

/// The least of what nodes say is held, token by token.
pub(crate) fn least(told: impl IntoIterator<Item = Vec<U256>>) -> Vec<U256> {
    let least = told
        .into_iter()
        .reduce(|least, other| least.into_iter().zip(other).map(|(one, other)| one.min(other)).collect());
    least.unwrap_or_default()
}

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
