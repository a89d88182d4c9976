//! The life of a transaction: its states and the only legal moves between them.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::wallet::wire_enum;

wire_enum!(
    /// Where a transaction is. The graph is in [`TxStatus::next`].
    TxStatus {
        /// Refused by policy. Terminal.
        Denied = "DENIED",
        /// Waiting out a delay; can be cancelled.
        Queued = "QUEUED",
        /// Waiting for the owner's signature.
        PendingApproval = "PENDING_APPROVAL",
        /// Cleared, nothing signed yet.
        Executing = "EXECUTING",
        /// Signed; bytes and hash are durable; not yet accepted by a node.
        Broadcasting = "BROADCASTING",
        /// A node accepted it.
        Submitted = "SUBMITTED",
        /// Signed for the caller, who may use the signature whenever it likes. A signed transaction is
        /// followed to its end; a signed message stays here.
        Signed = "SIGNED",
        /// On chain and successful. An end; until its block is final, a reorganisation may still take it
        /// back.
        Confirmed = "CONFIRMED",
        /// Proved not to have moved the money: never signed, reverted in a final block, or dead. Terminal.
        Failed = "FAILED",
        /// Withdrawn before anything was signed. Terminal.
        Cancelled = "CANCELLED",
        /// The owner did not answer in time. Terminal.
        Expired = "EXPIRED",
    }
);

wire_enum!(
    /// What takes the place of a signed transaction that does not land.
    Replacement {
        /// The same transaction at a higher fee.
        HigherFee = "HIGHER_FEE",
        /// An empty transfer to the wallet itself.
        Cancellation = "CANCELLATION",
    }
);

/// A move the graph does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a transaction cannot go from {from} to {to}")]
pub struct IllegalMove {
    /// Present state.
    pub from: TxStatus,
    /// State asked for.
    pub to: TxStatus,
}

impl TxStatus {
    /// The states reachable from this one in a single step.
    pub const fn next(self) -> &'static [Self] {
        use TxStatus::{
            Broadcasting, Cancelled, Confirmed, Denied, Executing, Expired, Failed, PendingApproval, Queued,
            Signed, Submitted,
        };
        match self {
            Queued => &[Executing, Cancelled],
            PendingApproval => &[Executing, Cancelled, Expired],
            // Failed here means nothing was signed.
            Executing => &[Broadcasting, Signed, Failed, Cancelled],
            // After signing only proof moves a row: accepted, on chain, reverted or dead.
            Broadcasting => &[Submitted, Confirmed, Failed],
            Submitted | Signed => &[Confirmed, Failed],
            // Only while the block that holds it is not final, and only by proof: gone from the chain, so
            // that it may land again, or reverted or dead after all.
            Confirmed => &[Submitted, Signed, Failed],
            Denied | Failed | Cancelled | Expired => &[],
        }
    }

    /// The states a new transaction may start in.
    pub const fn initial() -> &'static [Self] {
        &[Self::Denied, Self::Queued, Self::PendingApproval, Self::Executing]
    }

    /// Whether this is an end. Nothing leaves it but a reorganisation that takes a CONFIRMED transaction
    /// back before its block is final.
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Denied | Self::Confirmed | Self::Failed | Self::Cancelled | Self::Expired => true,
            Self::Queued
            | Self::PendingApproval
            | Self::Executing
            | Self::Broadcasting
            | Self::Submitted
            | Self::Signed => false,
        }
    }

    /// Whether signed bytes exist, so that money may already be moving.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::Broadcasting | Self::Submitted | Self::Signed | Self::Confirmed)
    }

    /// The only way to change state: `to`, if the graph has that move.
    pub fn advance(self, to: Self) -> Result<Self, IllegalMove> {
        if self.next().contains(&to) { Ok(to) } else { Err(IllegalMove { from: self, to }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_states_never_change_and_signed_ones_never_cancel() {
        for from in TxStatus::ALL {
            for to in TxStatus::ALL {
                let taken_back = matches!(to, TxStatus::Submitted | TxStatus::Signed | TxStatus::Failed);
                if from.is_terminal() && !(*from == TxStatus::Confirmed && taken_back) {
                    assert!(from.advance(*to).is_err(), "{from} → {to}");
                }
            }
            if from.is_signed() {
                assert!(from.advance(TxStatus::Cancelled).is_err());
                assert!(from.advance(TxStatus::Executing).is_err(), "no second signature");
            }
            assert!(from.advance(TxStatus::Denied).is_err());
        }
    }
}
