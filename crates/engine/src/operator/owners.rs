//! A wallet's owner: NONE → GRACE by the operator, GRACE → LOCKED by the owner's signature, and from LOCKED on
//! only by that owner's signature. A LOCKED owner who hands over stays LOCKED until the successor has proved the
//! address.

use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::WalletId;
use waiaas_core::owner::{Challenge, OwnerAction};
use waiaas_core::wallet::Owner as OwnerOf;
use waiaas_store::{AuditEntry, WalletRow, WriteTx};

use crate::challenges::{chain_id, nonce, used};
use crate::credentials::Owner;
use crate::error::{Details, Error, ErrorCode, OpenChallenge, Remedy};
use crate::operator::Operator;
use crate::views::{ChallengeView, OwnerSet};
use crate::wallets;

/// How long a challenge about the wallet itself is open, in seconds.
const ANSWER_SECONDS: i64 = 3600;

/// The change of owner that the operator asks for.
enum Wish {
    Set(Address),
    Remove,
}

impl Wish {
    const fn action(&self) -> OwnerAction {
        match self {
            Self::Set(new_owner) => OwnerAction::ChangeOwner { new_owner: *new_owner },
            Self::Remove => OwnerAction::RemoveOwner,
        }
    }
}

impl Operator<'_> {
    /// Names a wallet's owner, by an address of either chain. The owner becomes LOCKED by signing the returned message.
    /// A LOCKED owner is replaced only with its own `consent`, and stays the owner until the other has signed; without
    /// consent the error carries the message to sign. Naming the LOCKED owner itself withdraws a hand-over.
    ///
    /// # Errors
    /// `WALLET_NOT_FOUND`, `WALLET_TERMINATED`, `INVALID_ADDRESS`, `OWNER_UNFIT`, `OWNER_ALREADY_CONNECTED` without
    /// the owner's consent, `INVALID_STATE_TRANSITION` if another request was first.
    pub async fn set_owner(
        &self,
        id: WalletId,
        owner: Address,
        consent: Option<Owner>,
    ) -> Result<OwnerSet, Error> {
        self.change_owner(id, Wish::Set(owner), consent).await
    }

    /// Removes a wallet's owner. A LOCKED owner must consent.
    ///
    /// # Errors
    /// As [`Self::set_owner`], and `OWNER_NOT_SET`.
    pub async fn remove_owner(&self, id: WalletId, consent: Option<Owner>) -> Result<OwnerSet, Error> {
        self.change_owner(id, Wish::Remove, consent).await
    }

    /// Issues a challenge for the address that is not yet proved: the successor's, if there is one.
    ///
    /// # Errors
    /// `WALLET_NOT_FOUND`, `OWNER_NOT_SET`.
    pub async fn owner_challenge(&self, id: WalletId) -> Result<ChallengeView, Error> {
        let wallet = self.engine.wallet_by_id(id).await?;
        let owner = wallet.successor.or(wallet.owner.address()).ok_or_else(no_owner)?;
        self.issue(self.question(&wallet, owner, OwnerAction::VerifyOwner)).await
    }

    async fn change_owner(
        &self,
        id: WalletId,
        wish: Wish,
        consent: Option<Owner>,
    ) -> Result<OwnerSet, Error> {
        let wallet_now = self.engine.wallet_by_id(id).await?;
        if let Wish::Set(owner) = &wish
            && wallet_now.owner != OwnerOf::Locked(*owner)
        {
            self.refuse_unfit_owner(&wallet_now, *owner).await?;
        }
        if let (OwnerOf::Locked(current), None) = (wallet_now.owner, &consent) {
            let challenge = self.issue(self.question(&wallet_now, current, wish.action())).await?;
            return Err(Error::new(
                ErrorCode::OwnerAlreadyConnected,
                "The wallet's owner is LOCKED; only that owner's signature changes it.",
            )
            .hint(Remedy::SignAsOwner)
            .details(Details::Challenge {
                challenge: OpenChallenge {
                    message: challenge.message,
                    nonce: challenge.nonce,
                    expires_at: challenge.expires_at,
                },
            }));
        }
        let now = self.engine.now();
        self.engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let row = wallets::row(tx, id).await?;
                    match (row.owner, consent) {
                        (OwnerOf::Locked(current), Some(owner)) => {
                            given_up(tx, &row, current, &wish, &owner, now).await
                        }
                        (OwnerOf::Locked(_), None) => Err(wallets::owner_changed()),
                        (OwnerOf::None | OwnerOf::Grace(_), _) => appointed(tx, &row, &wish, now).await,
                    }
                })
            })
            .await?;
        let wallet = self.engine.wallet_by_id(id).await?;
        let challenge = match unproved(&wallet) {
            Some(owner) => Some(self.issue(self.question(&wallet, owner, OwnerAction::VerifyOwner)).await?),
            None => None,
        };
        Ok(OwnerSet { wallet, challenge })
    }

    fn question(&self, wallet: &crate::Wallet, owner: Address, action: OwnerAction) -> Challenge {
        let (now, id, address) = (self.engine.now(), wallet.id, wallet.address);
        let summary = match action {
            OwnerAction::ChangeOwner { new_owner } if new_owner == owner => {
                format!(
                    "Stay the owner of the wallet {id} ({address}). A hand-over that was agreed before is taken back."
                )
            }
            OwnerAction::ChangeOwner { new_owner } => format!(
                "Give up owning the wallet {id} ({address}) in favour of {new_owner}. Until the holder of that address has \
                 proved it, nothing changes."
            ),
            OwnerAction::RemoveOwner => format!(
                "Give up owning the wallet {id} ({address}). From then on it has no owner, and the master password alone \
                 decides about it."
            ),
            OwnerAction::Approve { .. }
            | OwnerAction::Reject { .. }
            | OwnerAction::ApproveChange { .. }
            | OwnerAction::RejectChange { .. }
            | OwnerAction::VerifyOwner => {
                format!("Become the owner who approves for the wallet {id} ({address}).")
            }
        };
        Challenge {
            instance: self.engine.instance(),
            wallet: id,
            owner,
            action,
            chain_id: chain_id(&owner, None),
            summary,
            nonce: nonce(),
            issued_at: now,
            expires_at: now.saturating_add(ANSWER_SECONDS),
        }
    }

    async fn issue(&self, challenge: Challenge) -> Result<ChallengeView, Error> {
        let view = ChallengeView::from(&challenge);
        self.engine
            .store()
            .write(move |tx| Box::pin(async move { tx.issue_challenge(&challenge).await }))
            .await?;
        Ok(view)
    }
}

/// The address that is not yet proved, if there is one.
pub(super) fn unproved(wallet: &crate::Wallet) -> Option<Address> {
    match wallet.owner {
        OwnerOf::Grace(owner) => Some(owner),
        OwnerOf::None | OwnerOf::Locked(_) => wallet.successor,
    }
}

/// Changes an owner that is not LOCKED.
async fn appointed(tx: &mut WriteTx, row: &WalletRow, wish: &Wish, now: UnixSeconds) -> Result<(), Error> {
    let from = row.owner.address();
    let (to, event) = match wish {
        Wish::Set(to) if row.owner == OwnerOf::None => {
            (OwnerOf::Grace(*to), AuditEvent::OwnerRegistered { to: *to })
        }
        Wish::Set(to) => (OwnerOf::Grace(*to), AuditEvent::OwnerChanged { from, to: *to }),
        Wish::Remove => (OwnerOf::None, AuditEvent::OwnerRemoved { from }),
    };
    let audit = AuditEntry::new(event, Actor::Master, now).wallet(row.id);
    tx.set_owner(row.id, row.owner, to, audit).await.map_err(wallets::owner_raced)
}

/// Carries out a change to which the LOCKED owner `current` consented. A successor takes over by proving the
/// address, so that the wallet always has a proved owner.
async fn given_up(
    tx: &mut WriteTx,
    row: &WalletRow,
    current: Address,
    wish: &Wish,
    owner: &Owner,
    now: UnixSeconds,
) -> Result<(), Error> {
    if owner.consent().action() != wish.action() || owner.consent().owner() != current {
        return Err(wallets::owner_changed());
    }
    let entry = |event| AuditEntry::new(event, Actor::Owner(current), now).wallet(row.id);
    let answer = entry(AuditEvent::OwnerSigned { nonce: owner.nonce().to_owned(), change_id: None });
    tx.consume_challenge(owner.nonce(), owner.signature(), answer).await.map_err(used)?;
    let (successor, event) = match wish {
        Wish::Remove => {
            let audit = entry(AuditEvent::OwnerRemoved { from: Some(current) });
            return tx.set_owner(row.id, row.owner, OwnerOf::None, audit).await.map_err(wallets::owner_raced);
        }
        Wish::Set(address) if *address == current => {
            (None, AuditEvent::SuccessorWithdrawn { owner: Some(current), from: row.successor, reason: None })
        }
        Wish::Set(to) => {
            (Some(*to), AuditEvent::SuccessorNamed { owner: current, from: row.successor, to: *to })
        }
    };
    tx.set_successor(row.id, current, successor, entry(event)).await.map_err(wallets::owner_raced)
}

pub(super) fn no_owner() -> Error {
    Error::new(ErrorCode::OwnerNotSet, "The wallet has no owner.").hint(Remedy::SetOwner)
}
