//! Telegram chats: their roles, and the states of an approval card.
//!
//! Belongs here: rules that need neither network nor database. Does not belong here: sending (the channel) and
//! storage.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::wallet::wire_enum;

/// Most chats that wait for a role. Any person can write to a bot.
pub const MOST_PENDING: usize = 64;

/// The number that Telegram gives a chat. The chat of one person with the bot has that person's own number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChatNumber(pub i64);

impl std::fmt::Display for ChatNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

wire_enum!(
    /// What a chat may do. Only the operator gives roles.
    ChatRole {
        /// Registered by `/start`; it receives nothing.
        Pending = "PENDING",
        /// It may read: status and wallets.
        ReadOnly = "READONLY",
        /// It also receives approval cards, passes on owners' signatures, cancels waiting requests and activates the
        /// kill switch. It approves nothing itself.
        Admin = "ADMIN",
    }
);

wire_enum!(
    /// State of an approval card. [`CardStatus::next`] is the graph.
    CardStatus {
        /// To be sent.
        Wanted = "WANTED",
        /// Sent; the request waits for its owner.
        Open = "OPEN",
        /// The request has ended, and the card says so or was never sent.
        Closed = "CLOSED",
        /// The chat does not take it.
        Failed = "FAILED",
    }
);

/// A move that is not in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a card cannot go from {from} to {to}")]
pub struct IllegalCard {
    /// Current state.
    pub from: CardStatus,
    /// Requested state.
    pub to: CardStatus,
}

impl CardStatus {
    /// The states that may follow.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Wanted => &[Self::Open, Self::Closed, Self::Failed],
            Self::Open => &[Self::Closed, Self::Failed],
            Self::Closed | Self::Failed => &[],
        }
    }

    /// The requested state, if it may follow.
    ///
    /// # Errors
    ///
    /// [`IllegalCard`] if it may not.
    pub fn advance(self, to: Self) -> Result<Self, IllegalCard> {
        if self.next().contains(&to) { Ok(to) } else { Err(IllegalCard { from: self, to }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_has_ended_does_not_change() {
        for end in [CardStatus::Closed, CardStatus::Failed] {
            for to in CardStatus::ALL {
                assert_eq!(end.advance(*to), Err(IllegalCard { from: end, to: *to }));
            }
        }
        assert_eq!(CardStatus::Wanted.advance(CardStatus::Open), Ok(CardStatus::Open));
        assert!(CardStatus::Open.advance(CardStatus::Wanted).is_err());
    }
}
