//! Pending changes.

use serde_json::Value;
use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::change::{ChangeKind, ChangeStatus};
use waiaas_core::digest::Digest;
use waiaas_core::ids::{ChangeId, WalletId};

use crate::views::ChallengeView;

/// The result of an operator's change.
#[derive(Clone, PartialEq, Debug)]
pub enum ChangeResult<T> {
    /// The change was applied.
    Done(T),
    /// The change waits for the consent of owners.
    Waits(Box<ChangeView>),
}

/// A change.
#[derive(Clone, PartialEq, Debug)]
pub struct ChangeView {
    /// Its id.
    pub id: ChangeId,
    /// Its kind.
    pub kind: ChangeKind,
    /// Its effect, in a sentence.
    pub summary: String,
    /// Its status.
    pub status: ChangeStatus,
    /// Its complete content.
    pub content: Value,
    /// The digest of the content, which owners sign.
    pub digest: Digest,
    /// The time of the request.
    pub created_at: UnixSeconds,
    /// The second from which it is expired.
    pub expires_at: UnixSeconds,
    /// The time of its end.
    pub decided_at: Option<UnixSeconds>,
    /// The challenges to owners.
    pub questions: Vec<ChangeQuestion>,
}

/// The challenges to one owner about a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeQuestion {
    /// A wallet of this owner that the change concerns.
    pub wallet: WalletId,
    /// The owner.
    pub owner: Address,
    /// The time of this owner's consent.
    pub approved_at: Option<UnixSeconds>,
    /// The challenge to consent, while it can be answered.
    pub approve: Option<ChallengeView>,
    /// The challenge to reject, while it can be answered.
    pub reject: Option<ChallengeView>,
}
