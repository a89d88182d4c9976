//! Moves of a transaction: where each leads, from where it is allowed, and the settlement of its reservations.

use waiaas_core::U256;
use waiaas_core::expiry::Expiry;
use waiaas_core::transaction::{IllegalMove, TxStatus};

use crate::ledger::Settlement;
use crate::transactions::SignedRow;

/// A move with its data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StatusChange {
    /// → EXECUTING: the waiting is over.
    Executing,
    /// → BROADCASTING: signed; the bytes are durable before they are sent.
    Signed(SignedRow),
    /// → SIGNED: signed for the caller; the bytes are durable before they are handed out. A message without a
    /// deadline counts as spent at once.
    HandedOut(SignedRow),
    /// → SUBMITTED: a node accepted the bytes.
    Submitted,
    /// → CONFIRMED, in a block that is not final yet: reservations are kept, because a reorganisation may
    /// still change the outcome.
    Seen {
        /// Fee paid, in base units of the native coin.
        fee: U256,
        /// Block number or slot.
        block: u64,
    },
    /// CONFIRMED → SUBMITTED, or SIGNED if it was handed out: its block is no longer on the chain, so it may
    /// be included again. Only while not final.
    Reorganised {
        /// Whether the caller sends it.
        handed_out: bool,
    },
    /// → CONFIRMED in a final block: all reservations were spent.
    Confirmed {
        /// Fee paid, in base units of the native coin.
        fee: U256,
        /// Block number or slot.
        block: u64,
    },
    /// → FAILED on chain: only the fee was spent. Only after signing.
    Reverted {
        /// Fee paid, in base units of the native coin.
        fee: U256,
        /// Block number or slot.
        block: u64,
        /// Stable code.
        code: String,
        /// The node's reason.
        message: String,
    },
    /// → FAILED, the signed bytes are proved to be dropped: nothing was spent. Only after signing.
    Dead {
        /// Stable code.
        code: String,
        /// The proof, for people.
        message: String,
    },
    /// → FAILED, abandoned without proof: all reservations count as spent. Only after signing.
    Abandoned {
        /// Stable code.
        code: String,
        /// Who abandoned it, for people.
        message: String,
    },
    /// → FAILED, nothing was ever signed. Only before signing.
    Failed {
        /// Stable code.
        code: String,
        /// What went wrong.
        message: String,
    },
    /// → CANCELLED: withdrawn, rejected or stopped before signing.
    Cancelled {
        /// Stable code of the reason; none if it was cancelled on request.
        code: Option<String>,
    },
    /// → EXPIRED: the owner did not answer in time.
    Expired,
}

impl StatusChange {
    /// The resulting status.
    pub const fn to(&self) -> TxStatus {
        match self {
            Self::Executing => TxStatus::Executing,
            Self::Signed(_) => TxStatus::Broadcasting,
            Self::HandedOut(_) | Self::Reorganised { handed_out: true } => TxStatus::Signed,
            Self::Submitted | Self::Reorganised { handed_out: false } => TxStatus::Submitted,
            Self::Seen { .. } | Self::Confirmed { .. } => TxStatus::Confirmed,
            Self::Reverted { .. } | Self::Dead { .. } | Self::Abandoned { .. } | Self::Failed { .. } => {
                TxStatus::Failed
            }
            Self::Cancelled { .. } => TxStatus::Cancelled,
            Self::Expired => TxStatus::Expired,
        }
    }

    /// Whether the graph has this move from `from`, and `from` fits the claim about signing.
    ///
    /// # Errors
    ///
    /// [`IllegalMove`] if not.
    pub fn check(&self, from: TxStatus) -> Result<(), IllegalMove> {
        let to = from.advance(self.to())?;
        let fits = match self {
            Self::Reverted { .. } | Self::Dead { .. } | Self::Abandoned { .. } => from.is_signed(),
            Self::Failed { .. } => !from.is_signed(),
            Self::Signed(_) | Self::HandedOut(_) => from == TxStatus::Executing,
            Self::Submitted => from == TxStatus::Broadcasting,
            Self::Reorganised { .. } => from == TxStatus::Confirmed,
            Self::Executing
            | Self::Seen { .. }
            | Self::Confirmed { .. }
            | Self::Cancelled { .. }
            | Self::Expired => true,
        };
        if fits { Ok(()) } else { Err(IllegalMove { from, to }) }
    }

    /// The settlement of the reservations; none while the money may still move and the outcome can be known.
    pub(super) const fn settlement(&self) -> Option<Settlement> {
        match self {
            // It can never be proved that it was not used.
            Self::HandedOut(SignedRow { expiry: Expiry::Never, .. }) => Some(Settlement::AsHeld),
            Self::Executing
            | Self::Signed(_)
            | Self::HandedOut(_)
            | Self::Submitted
            | Self::Seen { .. }
            | Self::Reorganised { .. } => None,
            Self::Confirmed { fee, .. } => Some(Settlement::Spent { fee: *fee }),
            Self::Reverted { fee, .. } => Some(Settlement::FeeOnly { fee: *fee }),
            Self::Abandoned { .. } => Some(Settlement::AsHeld),
            Self::Dead { .. } | Self::Failed { .. } | Self::Cancelled { .. } | Self::Expired => {
                Some(Settlement::Nothing)
            }
        }
    }
}
