//! The states of a transaction and the legal moves between them.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::wallet::wire_enum;

wire_enum!(
    /// State of a transaction. [`TxStatus::next`] is the graph.
    TxStatus {
        /// Denied by policy. Terminal.
        Denied = "DENIED",
        /// Waits for its delay; can be cancelled.
        Queued = "QUEUED",
        /// Waits for the owner's approval.
        PendingApproval = "PENDING_APPROVAL",
        /// Cleared; nothing is signed yet.
        Executing = "EXECUTING",
        /// Signed; bytes and hash are stored; no node has accepted it yet.
        Broadcasting = "BROADCASTING",
        /// A node accepted it.
        Submitted = "SUBMITTED",
        /// Signed for the caller, who may use the signature at any time. A signed transaction is followed
        /// until its outcome is known; a signed message stays here.
        Signed = "SIGNED",
        /// On chain and successful. An end state; until its block is final, a reorganisation may still remove
        /// it.
        Confirmed = "CONFIRMED",
        /// Proved not to have moved the money: never signed, reverted in a final block, or dropped. Terminal.
        Failed = "FAILED",
        /// Cancelled before anything was signed. Terminal.
        Cancelled = "CANCELLED",
        /// The owner did not answer in time. Terminal.
        Expired = "EXPIRED",
    }
);

wire_enum!(
    /// The kind of transaction that replaces a signed one that does not confirm.
    Replacement {
        /// The same transaction at a higher fee.
        HigherFee = "HIGHER_FEE",
        /// An empty transfer to the wallet itself.
        Cancellation = "CANCELLATION",
    }
);

/// A move that is not in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a transaction cannot go from {from} to {to}")]
pub struct IllegalMove {
    /// Current state.
    pub from: TxStatus,
    /// Requested state.
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
            // Failed here means that nothing was signed.
            Executing => &[Broadcasting, Signed, Failed, Cancelled],
            // After signing, only proof changes the state: accepted, on chain, reverted or dropped.
            Broadcasting => &[Submitted, Confirmed, Failed],
            Submitted | Signed => &[Confirmed, Failed],
            // Only while its block is not final, and only by proof: no longer on chain, so that it may be
            // included again, or reverted or dropped after all.
            Confirmed => &[Submitted, Signed, Failed],
            Denied | Failed | Cancelled | Expired => &[],
        }
    }

    /// The states a new transaction may start in.
    pub const fn initial() -> &'static [Self] {
        &[Self::Denied, Self::Queued, Self::PendingApproval, Self::Executing]
    }

    /// Whether this is an end state. Only a reorganisation leaves one: it takes a CONFIRMED transaction back
    /// before its block is final.
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
    ///
    /// # Errors
    ///
    /// [`IllegalMove`] if it does not.
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
