//! What a caller asked for, parsed and typed. An intent says what was meant; what is judged is the
//! effects of the draft built from it.

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::money::{AmountError, HumanAmount, parse_base_units};

/// An amount as the caller wrote it. Digits alone are base units; a decimal point or the field
/// `humanAmount` means human units of the asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Amount {
    /// Base units (lamports, wei, token base units).
    Base(U256),
    /// Human units, bound to an asset's decimals later.
    Human(HumanAmount),
}

impl Amount {
    /// Reads the request field `amount`.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        if text.contains('.') {
            text.parse().map(Self::Human)
        } else {
            parse_base_units(text).map(Self::Base)
        }
    }

    /// Reads the request field `humanAmount`.
    pub fn parse_human(text: &str) -> Result<Self, AmountError> {
        text.parse().map(Self::Human)
    }

    /// Base units of an asset with `decimals`.
    pub fn to_base_units(&self, decimals: u8) -> Result<U256, AmountError> {
        match self {
            Self::Base(amount) => Ok(*amount),
            Self::Human(human) => human.to_base_units(decimals),
        }
    }
}

/// The types of a request, as named on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IntentKind {
    /// Native coin to an address.
    Transfer,
    /// ERC-20 or SPL token to an address.
    TokenTransfer,
}

impl IntentKind {
    /// The wire name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "TRANSFER",
            Self::TokenTransfer => "TOKEN_TRANSFER",
        }
    }

    /// From the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Transfer, Self::TokenTransfer].into_iter().find(|k| k.as_str() == text)
    }
}

/// A parsed request, its amount already in base units of decimals the daemon verified.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Intent {
    /// Native coin to an address.
    Transfer {
        /// Recipient.
        to: Address,
        /// Base units.
        amount: U256,
        /// At most 256 characters, written on chain where the chain has a place for it.
        memo: Option<String>,
    },
    /// Token to an address.
    TokenTransfer {
        /// Recipient's account (not its token account).
        to: Address,
        /// ERC-20 contract or SPL mint.
        token: Address,
        /// Base units.
        amount: U256,
        /// As above.
        memo: Option<String>,
    },
}

impl Intent {
    /// The wire type.
    pub const fn kind(&self) -> IntentKind {
        match self {
            Self::Transfer { .. } => IntentKind::Transfer,
            Self::TokenTransfer { .. } => IntentKind::TokenTransfer,
        }
    }

    /// The recipient named.
    pub const fn to(&self) -> Address {
        match self {
            Self::Transfer { to, .. } | Self::TokenTransfer { to, .. } => *to,
        }
    }

    /// Base units named.
    pub const fn amount(&self) -> U256 {
        match self {
            Self::Transfer { amount, .. } | Self::TokenTransfer { amount, .. } => *amount,
        }
    }

    /// The token named, if the intent is about one.
    pub const fn token(&self) -> Option<Address> {
        match self {
            Self::Transfer { .. } => None,
            Self::TokenTransfer { token, .. } => Some(*token),
        }
    }
}
