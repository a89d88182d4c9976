//! The proof without which nothing is signed.
//!
//! A [`Clearance`] says: this digest was judged, its tier's waiting is over, and nothing stops it. Its
//! fields are private, only [`Obligation::clear`] makes one, and signing consumes it.

use thiserror::Error;

use crate::UnixSeconds;
use crate::digest::Digest;
use crate::ids::{TxId, WalletId};
use crate::owner::{OwnerAction, OwnerConsent};
use crate::policy::Tier;
use crate::wallet::{KillSwitch, WalletStatus};

/// What a judged transaction still owes before it may be signed. Persisted with the transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Obligation {
    /// Which transaction.
    pub tx: TxId,
    /// Whose key.
    pub wallet: WalletId,
    /// Digest of the judged draft.
    pub digest: Digest,
    /// The tier obtained.
    pub tier: Tier,
    /// End of the delay, for [`Tier::Delay`].
    pub execute_after: Option<UnixSeconds>,
}

/// The stop conditions as they are just before signing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StopConditions {
    /// The wallet's status.
    pub wallet: WalletStatus,
    /// The kill switch.
    pub kill_switch: KillSwitch,
    /// The kill switch's generation when the request was admitted.
    pub admitted_generation: u64,
    /// Its generation now; an activation and a recovery in between still cancel what was waiting.
    pub generation: u64,
    /// Whether the session that asked was revoked before it was admitted to signing.
    pub session_revoked: bool,
    /// Whether the wallet was taken from the session that asked.
    pub session_unlinked: bool,
}

impl StopConditions {
    /// Which of them stops what has obtained `tier`, whatever it waits for.
    pub fn on(self, tier: Tier) -> Option<NotCleared> {
        if self.wallet != WalletStatus::Active {
            return Some(NotCleared::Wallet(self.wallet));
        }
        if self.kill_switch != KillSwitch::Running || self.generation != self.admitted_generation {
            return Some(NotCleared::KillSwitch);
        }
        // An owner's approval outlives the session that asked; nothing else does.
        if tier == Tier::Approval {
            return None;
        }
        if self.session_revoked {
            return Some(NotCleared::SessionRevoked);
        }
        self.session_unlinked.then_some(NotCleared::SessionUnlinked)
    }
}

/// Why there is no clearance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotCleared {
    /// The wallet may not sign.
    #[error("the wallet is {0}")]
    Wallet(WalletStatus),
    /// The kill switch is activated, or was since admission.
    #[error("the kill switch was activated")]
    KillSwitch,
    /// The session was revoked before anything was signed.
    #[error("the session was revoked")]
    SessionRevoked,
    /// The session may not use the wallet any more.
    #[error("the wallet was taken from the session")]
    SessionUnlinked,
    /// The delay is not over.
    #[error("the delay is not over")]
    TooEarly,
    /// No owner consent for exactly this transaction and digest.
    #[error("the owner has not approved this transaction")]
    NotApproved,
    /// What is to be signed is not what was judged.
    #[error("the transaction to sign is not the one that was judged")]
    Altered,
}

/// Proof that one digest may be signed once with one wallet's key.
#[derive(Debug)]
#[must_use = "a clearance is consumed by signing"]
pub struct Clearance {
    tx: TxId,
    wallet: WalletId,
    digest: Digest,
}

impl Obligation {
    /// Turns the obligation into a clearance when it is met. `digest` is that of the draft about to
    /// be signed, recomputed from its bytes.
    pub fn clear(
        &self,
        digest: Digest,
        consent: Option<&OwnerConsent>,
        stop_conditions: StopConditions,
        now: UnixSeconds,
    ) -> Result<Clearance, NotCleared> {
        if digest != self.digest {
            return Err(NotCleared::Altered);
        }
        if let Some(reason) = stop_conditions.on(self.tier) {
            return Err(reason);
        }
        match self.tier {
            Tier::Instant | Tier::Notify => {}
            Tier::Delay => match self.execute_after {
                Some(end) if now >= end => {}
                _ => return Err(NotCleared::TooEarly),
            },
            Tier::Approval => {
                let wanted = OwnerAction::Approve { tx: self.tx, digest: self.digest };
                let given = consent.filter(|c| c.wallet() == self.wallet).map(OwnerConsent::action);
                if given != Some(wanted) {
                    return Err(NotCleared::NotApproved);
                }
            }
        }
        Ok(Clearance { tx: self.tx, wallet: self.wallet, digest: self.digest })
    }
}

impl Clearance {
    /// The transaction cleared.
    pub const fn tx(&self) -> TxId {
        self.tx
    }

    /// The wallet whose key may sign.
    pub const fn wallet(&self) -> WalletId {
        self.wallet
    }

    /// The digest that may be signed.
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}
