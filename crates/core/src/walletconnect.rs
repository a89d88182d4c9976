//! WalletConnect: the states of a request to an owner's wallet app.

use serde::{Deserialize, Serialize};

use crate::UnixSeconds;
use crate::wallet::wire_enum;

wire_enum!(
    /// State of a request to sign. [`RequestStatus::next`] is the graph.
    RequestStatus {
        /// Recorded, and about to be sent.
        Sending = "SENDING",
        /// Sent; no answer yet.
        Sent = "SENT",
        /// Answered with the owner's signature.
        Answered = "ANSWERED",
        /// Refused by the person. It is not sent again.
        Refused = "REFUSED",
        /// The app could not answer, or its signature was not the owner's. It is sent again, a few times.
        Failed = "FAILED",
    }
);

wire_enum!(
    /// Why a session with a wallet app ended.
    SessionEnd {
        /// The operator ended it.
        Operator = "OPERATOR",
        /// The wallet app ended it, or answers for the owner no longer.
        Peer = "PEER",
        /// It expired.
        Expired = "EXPIRED",
        /// The wallet has another owner, or is terminated.
        OwnerChanged = "OWNER_CHANGED",
    }
);

/// Most times that one request is sent on a session.
pub const MOST_ATTEMPTS: u32 = 3;
/// Seconds from a failure to the next time.
pub const PAUSE_AFTER_FAILURE: UnixSeconds = 10;

impl RequestStatus {
    /// The states that may follow.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Sending => &[Self::Sent, Self::Answered, Self::Refused, Self::Failed],
            Self::Sent => &[Self::Answered, Self::Refused, Self::Failed],
            Self::Failed => &[Self::Sending],
            Self::Answered | Self::Refused => &[],
        }
    }
}
