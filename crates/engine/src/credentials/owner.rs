//! The owner: proved by a signature over a challenge of this daemon.

use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::ids::{ChangeId, TxId, WalletId};
use waiaas_core::owner;
use waiaas_core::owner::{OwnerAction, OwnerConsent};
use waiaas_core::transaction::TxStatus;
use waiaas_store::ChallengeRow;

use crate::Engine;
use crate::changes;
use crate::error::{Error, ErrorCode, Remedy};

/// Proof that a wallet's current owner signed one open challenge. The challenge is used up in the
/// same database transaction as the change it allows.
#[derive(Debug)]
pub struct Owner {
    consent: OwnerConsent,
    nonce: String,
    signature: String,
}

impl Owner {
    /// The signed action, the signer and the wallet.
    pub const fn consent(&self) -> &OwnerConsent {
        &self.consent
    }

    /// The nonce to use up.
    pub(crate) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The signature, stored with the consumed challenge so that it can be checked again.
    pub(crate) fn signature(&self) -> &str {
        &self.signature
    }
}

/// An owner's answer to a transaction or a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Approve.
    Approve,
    /// Reject.
    Reject,
}

impl Decision {
    /// The action's name in challenges.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

/// An owner's answer, not yet verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerAnswer {
    /// The text that was signed.
    pub message: String,
    /// Hex (EVM), base58 or base64 (Solana).
    pub signature: String,
    /// The signer's address as given by the caller; optional, must be right if given.
    pub address: Option<String>,
}

impl Engine {
    /// Checks an owner's answer to a waiting transaction.
    ///
    /// # Errors
    /// `TX_NOT_FOUND`, `APPROVAL_NOT_FOUND`, `APPROVAL_TIMEOUT`, `INVALID_NONCE`, `INVALID_SIGNATURE`,
    /// `OWNER_ADDRESS_MISMATCH`.
    pub async fn authenticate_owner_of_tx(
        &self,
        tx: TxId,
        decision: Decision,
        answer: OwnerAnswer,
    ) -> Result<Owner, Error> {
        let open = self.store().open_challenge(tx, decision.action(), self.now()).await?;
        let Some(row) = open else {
            return Err(match self.store().transaction(tx).await? {
                None => Error::new(ErrorCode::TxNotFound, "There is no such transaction."),
                Some(row) if matches!(row.status, TxStatus::PendingApproval | TxStatus::Expired) => {
                    Error::new(ErrorCode::ApprovalTimeout, "The owner's time is over.")
                        .hint("The transaction expires; ask for it again.")
                }
                Some(row) => Error::new(
                    ErrorCode::TxAlreadyProcessed,
                    format!("The transaction is {}; no answer is awaited.", row.status),
                ),
            });
        };
        self.check(row, answer).await
    }

    /// Checks an owner's answer about the wallet itself. The challenge is the one whose message was signed.
    ///
    /// # Errors
    /// `WALLET_NOT_FOUND`, `INVALID_NONCE`, `INVALID_SIGNATURE`, `OWNER_ADDRESS_MISMATCH`.
    pub async fn authenticate_owner_of_wallet(
        &self,
        wallet: WalletId,
        answer: OwnerAnswer,
    ) -> Result<Owner, Error> {
        let asked = self.store().challenge(nonce(&answer)).await?;
        let about_wallet = |row: &ChallengeRow| {
            let of_wallet = match row.challenge.action {
                OwnerAction::VerifyOwner | OwnerAction::ChangeOwner { .. } | OwnerAction::RemoveOwner => true,
                OwnerAction::Approve { .. }
                | OwnerAction::Reject { .. }
                | OwnerAction::ApproveChange { .. }
                | OwnerAction::RejectChange { .. } => false,
            };
            of_wallet && row.challenge.wallet == wallet && row.consumed_at.is_none()
        };
        let row = asked.filter(about_wallet).ok_or_else(|| {
            Error::new(ErrorCode::InvalidNonce, "The signed message is not one that is open for this wallet.")
                .hint("Fetch a fresh message, sign exactly that text, and use each only once.")
        })?;
        self.check(row, answer).await
    }

    /// Checks an owner's answer to a pending change. The challenge is the one whose message was signed, since
    /// a change may ask several owners.
    ///
    /// # Errors
    /// `CHANGE_NOT_FOUND`, `INVALID_NONCE`, `INVALID_SIGNATURE`, `OWNER_ADDRESS_MISMATCH`.
    pub async fn authenticate_owner_of_change(
        &self,
        id: ChangeId,
        decision: Decision,
        answer: OwnerAnswer,
    ) -> Result<Owner, Error> {
        let change = self.store().change(id).await?.ok_or_else(changes::no_change)?;
        changes::refuse_unless_open(&change)?;
        let digest = change.digest;
        let wanted = match decision {
            Decision::Approve => OwnerAction::ApproveChange { change: id, digest },
            Decision::Reject => OwnerAction::RejectChange { change: id, digest },
        };
        let asked = self.store().challenge(nonce(&answer)).await?;
        let about = |row: &ChallengeRow| row.challenge.action == wanted && row.consumed_at.is_none();
        let row = asked.filter(about).ok_or_else(|| {
            Error::new(ErrorCode::InvalidNonce, "The signed message is not one that is open for this change.")
                .hint("Fetch the message again and sign exactly that text; each is good for one answer.")
        })?;
        // One challenge covers all wallets of this owner.
        let owner = row.challenge.owner;
        let current = changes::by_owner(&self.store().wallets().await?, owner).then_some(owner);
        verified(row, current, answer, self.now())
    }

    async fn check(&self, row: ChallengeRow, answer: OwnerAnswer) -> Result<Owner, Error> {
        let current = self.store().wallet(row.challenge.wallet).await?;
        let current = current.ok_or_else(|| Error::internal("challenge without wallet"))?;
        // Until then a successor can only prove the address.
        let succeeds = row.challenge.action == OwnerAction::VerifyOwner
            && current.successor == Some(row.challenge.owner);
        let current = if succeeds { current.successor } else { current.owner.address() };
        verified(row, current, answer, self.now())
    }

    /// Rebuilds the consent to `tx` from the stored answer. The signature is verified again, so that a row edited by
    /// hand approves nothing.
    pub(crate) fn recheck_consent(row: &ChallengeRow, current: Option<Address>) -> Option<OwnerConsent> {
        let (signature, at) = (row.signature.as_deref()?, row.consumed_at?);
        let approves = matches!(row.challenge.action, OwnerAction::Approve { .. });
        let message = row.challenge.message();
        approves.then(|| owner::verify(&row.challenge, current, &message, signature, at).ok()).flatten()
    }
}

/// The nonce in a message. It only finds the challenge, whose whole text is then compared.
fn nonce(answer: &OwnerAnswer) -> &str {
    answer.message.lines().find_map(|line| line.strip_prefix("Nonce: ")).unwrap_or_default()
}

fn verified(
    row: ChallengeRow,
    current: Option<Address>,
    answer: OwnerAnswer,
    now: UnixSeconds,
) -> Result<Owner, Error> {
    if let (Some(named), Some(owner)) = (&answer.address, current)
        && named.parse() != Ok(owner)
    {
        return Err(Error::new(
            ErrorCode::OwnerAddressMismatch,
            "The address given beside the signature is not the owner's.",
        )
        .hint(Remedy::NameSigner));
    }
    let consent = owner::verify(&row.challenge, current, &answer.message, &answer.signature, now)?;
    Ok(Owner { consent, nonce: row.challenge.nonce, signature: answer.signature })
}
