//! Facts about a server-side action that the transaction built for it does not show.
//!
//! They come from the daemon's own action providers, never from a request: no request body has a field
//! for them. A rule denies when a fact that it needs is absent.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::asset::AssetId;
use crate::money::{Usd, exact, exact_if_any};
use crate::selector::Selector;
use crate::wallet::wire_enum;

wire_enum!(
    /// The categories of action, as named in ACTION_CATEGORY_LIMIT.
    ActionCategory {
        /// Exchanges one asset for another.
        Swap = "swap",
        /// Perpetual futures.
        Perp = "perp",
        /// Supplying and borrowing.
        Lending = "lending",
        /// Staking.
        Staking = "staking",
        /// Moves an asset to another network.
        Bridge = "bridge",
        /// Prediction markets.
        Prediction = "prediction",
        /// Voting.
        Governance = "governance",
        /// Any other action.
        Custom = "custom",
    }
);

wire_enum!(
    /// What an action does, as far as policies distinguish it.
    ActionKind {
        /// Supplies collateral.
        Supply = "supply",
        /// Borrows.
        Borrow = "borrow",
        /// Repays a loan.
        Repay = "repay",
        /// Withdraws collateral.
        Withdraw = "withdraw",
        /// Opens a position.
        OpenPosition = "open_position",
        /// Changes a position.
        ModifyPosition = "modify_position",
        /// Closes a position.
        ClosePosition = "close_position",
        /// Adds margin to a position.
        AddMargin = "add_margin",
        /// Removes margin from a position.
        WithdrawMargin = "withdraw_margin",
        /// Any other action. No rule distinguishes these.
        Other = "other",
    }
);

impl ActionKind {
    /// Whether it supplies, borrows, repays or withdraws an asset, which LENDING_ASSET_WHITELIST must list.
    pub const fn is_lending(self) -> bool {
        match self {
            Self::Supply | Self::Borrow | Self::Repay | Self::Withdraw => true,
            Self::OpenPosition
            | Self::ModifyPosition
            | Self::ClosePosition
            | Self::AddMargin
            | Self::WithdrawMargin
            | Self::Other => false,
        }
    }

    /// Whether it concerns a position, whose market PERP_ALLOWED_MARKETS must list.
    pub const fn is_perp(self) -> bool {
        match self {
            Self::OpenPosition
            | Self::ModifyPosition
            | Self::ClosePosition
            | Self::AddMargin
            | Self::WithdrawMargin => true,
            Self::Supply | Self::Borrow | Self::Repay | Self::Withdraw | Self::Other => false,
        }
    }
}

/// One contract method that a trusted provider's action may call on one network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustedCall {
    /// The contract or program.
    pub target: Address,
    /// The whole method: four bytes on EVM; on Solana the bytes that an instruction shows, see [`Selector`].
    pub selector: Selector,
}

/// The facts of one action, on the network of the request that is judged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionFacts {
    /// The provider's id.
    pub provider: String,
    /// The calls that the provider is trusted with here. They need no CONTRACT_WHITELIST while the operator
    /// has the provider enabled. Every other rule still judges them.
    pub trusted: Vec<TrustedCall>,
    /// Its category.
    pub category: ActionCategory,
    /// What it does.
    pub kind: ActionKind,
    /// The venue it trades at.
    pub venue: Option<String>,
    /// The market of a position, such as `BTC-USD`.
    pub market: Option<String>,
    /// Leverage of the position after the action, in millionths.
    pub leverage_millionths: Option<u64>,
    /// Size of the position after the action.
    #[serde(serialize_with = "exact_if_any")]
    pub position_usd: Option<Usd>,
    /// Value that the action moves.
    #[serde(serialize_with = "exact_if_any")]
    pub notional_usd: Option<Usd>,
    /// The asset supplied, borrowed, repaid or withdrawn.
    pub lending_asset: Option<AssetId>,
    /// The lending position after the action.
    pub lending: Option<LendingPosition>,
}

/// A lending position after the action that is judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LendingPosition {
    /// Value of the collateral, rounded down.
    #[serde(serialize_with = "exact")]
    pub collateral_usd: Usd,
    /// Value of the debt, rounded up.
    #[serde(serialize_with = "exact")]
    pub debt_usd: Usd,
}
