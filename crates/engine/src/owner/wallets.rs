//! The owner's proof of the address.

use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::owner::OwnerAction;
use waiaas_core::wallet::Owner as OwnerOf;
use waiaas_store::AuditEntry;

use crate::challenges::used;
use crate::error::{Error, ErrorCode};
use crate::owner::OwnerDesk;
use crate::views::Wallet;
use crate::wallets;

impl OwnerDesk<'_> {
    /// Makes the owner who signed LOCKED.
    ///
    /// # Errors
    /// `INVALID_NONCE`, `OWNER_ADDRESS_MISMATCH`, `WALLET_TERMINATED`, `INVALID_STATE_TRANSITION` if another request
    /// was first.
    pub async fn verify(self) -> Result<Wallet, Error> {
        let Self { engine, owner } = self;
        if owner.consent().action() != OwnerAction::VerifyOwner {
            return Err(Error::new(ErrorCode::InvalidNonce, "The signed message is for another action."));
        }
        let (id, address) = (owner.consent().wallet(), owner.consent().owner());
        let now = engine.now();
        engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let row = wallets::row(tx, id).await?;
                    let entry = |event| AuditEntry::new(event, Actor::Owner(address), now).wallet(id);
                    let nonce = owner.nonce().to_owned();
                    let answer = entry(AuditEvent::OwnerSigned { nonce, change_id: None });
                    tx.consume_challenge(owner.nonce(), owner.signature(), answer).await.map_err(used)?;
                    let (from, to) = (row.owner, OwnerOf::Locked(address));
                    let before = from.address().filter(|before| *before != address);
                    let audit = entry(AuditEvent::OwnerVerified { state: to.state(), from: before });
                    if from.address() != Some(address) && row.successor != Some(address) {
                        return Err(wallets::owner_changed());
                    }
                    tx.set_owner(id, from, to, audit).await.map_err(wallets::owner_raced)
                })
            })
            .await?;
        engine.wallet_by_id(id).await
    }
}
