//! Holdings of a wallet, as its chain reports them.

use waiaas_core::U256;
use waiaas_core::asset::AssetId;

/// The subject of the question to nodes, used in error texts.
pub(crate) const DECIMALS: &str = "the decimals and the symbol of a token";
/// As [`DECIMALS`], for balances.
pub(crate) const BALANCES: &str = "the wallet's balance of a token";

/// Returns the lowest reported balance of each token.
pub(crate) fn least(told: impl IntoIterator<Item = Vec<U256>>) -> Vec<U256> {
    let least = told
        .into_iter()
        .reduce(|least, other| least.into_iter().zip(other).map(|(one, other)| one.min(other)).collect());
    least.unwrap_or_default()
}

/// Decimals and symbol of an asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenFacts {
    /// Decimals.
    pub decimals: u8,
    /// Symbol for display, cleaned to at most 16 printable ASCII characters; may be empty.
    pub symbol: String,
}

/// The holdings of a wallet. An unreadable token does not hide the others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Holdings {
    /// The readable holdings.
    pub held: Vec<Holding>,
    /// The unreadable ones.
    pub unreadable: Vec<Unreadable>,
}

/// An asset without a usable answer of a node. Its balance is unknown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// The asset.
    pub asset: AssetId,
    /// The reason, for display.
    pub reason: String,
}

/// One asset a wallet holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holding {
    /// The asset.
    pub asset: AssetId,
    /// Base units.
    pub amount: U256,
    /// Decimals and symbol.
    pub facts: TokenFacts,
}
