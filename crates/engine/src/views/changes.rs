//! Changes that wait for owners.

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
    /// It is done.
    Done(T),
    /// It waits for owners.
    Waits(Box<ChangeView>),
}

/// A change.
#[derive(Clone, PartialEq, Debug)]
pub struct ChangeView {
    /// Its id.
    pub id: ChangeId,
    /// What kind it is.
    pub kind: ChangeKind,
    /// What it does, in a sentence.
    pub summary: String,
    /// Where it is.
    pub status: ChangeStatus,
    /// Exactly what it does.
    pub content: Value,
    /// What owners sign of the content.
    pub digest: Digest,
    /// When it was asked for.
    pub created_at: UnixSeconds,
    /// The second from which it has expired.
    pub expires_at: UnixSeconds,
    /// When it came to its end.
    pub decided_at: Option<UnixSeconds>,
    /// Who is asked.
    pub questions: Vec<ChangeQuestion>,
}

/// What one owner is asked about a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeQuestion {
    /// A wallet of this owner that the change concerns.
    pub wallet: WalletId,
    /// Who is asked.
    pub owner: Address,
    /// When this owner agreed.
    pub approved_at: Option<UnixSeconds>,
    /// The text to agree with, while that is possible.
    pub approve: Option<ChallengeView>,
    /// The text to refuse with, while that is possible.
    pub reject: Option<ChallengeView>,
}
