//! The owner: proved by a signature over one message this daemon issued.

use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::owner;
use waiaas_core::owner::{Challenge, OwnerAction, OwnerConsent};
use waiaas_core::transaction::TxStatus;
use waiaas_store::ChallengeRow;

use crate::Engine;
use crate::error::{Error, ErrorCode};

/// Proof that a wallet's current owner signed one open challenge. The challenge is used up in the
/// same database transaction as the change it allows.
#[derive(Debug)]
pub struct Owner {
    consent: OwnerConsent,
    nonce: String,
    signature: String,
}

impl Owner {
    /// What was signed, by whom, for which wallet.
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

/// What an owner can answer to a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Let it run.
    Approve,
    /// Stop it.
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

/// An owner's answer as it arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerAnswer {
    /// The text that was signed.
    pub message: String,
    /// Hex (EVM), base58 or base64 (Solana).
    pub signature: String,
    /// Who the caller says signed; optional, must be right when given.
    pub address: Option<String>,
}

impl Engine {
    /// Checks an owner's answer to a waiting transaction.
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
                        .hint("The transaction expires; it has to be asked for again.")
                }
                Some(row) => Error::new(
                    ErrorCode::TxAlreadyProcessed,
                    format!("The transaction is {}; no answer is awaited.", row.status),
                ),
            });
        };
        self.check(row, answer).await
    }

    /// Checks an owner's answer about the wallet itself: the challenge is the one whose message was
    /// signed.
    pub async fn authenticate_owner_of_wallet(
        &self,
        wallet: WalletId,
        answer: OwnerAnswer,
    ) -> Result<Owner, Error> {
        // The nonce only finds the question; the whole text is compared with it below.
        let nonce = answer.message.lines().find_map(|line| line.strip_prefix("Nonce: ")).unwrap_or_default();
        let asked = self.store().challenge(nonce).await?;
        let about_wallet = |row: &ChallengeRow| {
            row.challenge.wallet == wallet && row.challenge.action.tx().is_none() && row.consumed_at.is_none()
        };
        let row = asked.filter(about_wallet).ok_or_else(|| {
            Error::new(ErrorCode::InvalidNonce, "The signed message is not one that is open for this wallet.")
                .hint("Fetch a fresh message, sign exactly that text, and use each only once.")
        })?;
        self.check(row, answer).await
    }

    async fn check(&self, row: ChallengeRow, answer: OwnerAnswer) -> Result<Owner, Error> {
        let Challenge { wallet, action, .. } = &row.challenge;
        let current =
            self.store().wallet(*wallet).await?.ok_or_else(|| Error::internal("challenge without wallet"))?;
        let current = current.owner.address();
        if let (Some(named), Some(owner)) = (&answer.address, current)
            && named.parse() != Ok(owner)
        {
            return Err(Error::new(
                ErrorCode::OwnerAddressMismatch,
                "X-Owner-Address is not the wallet's owner.",
            ));
        }
        let consent = owner::verify(&row.challenge, current, &answer.message, &answer.signature, self.now())?;
        debug_assert_eq!(consent.action(), *action);
        Ok(Owner { consent, nonce: row.challenge.nonce, signature: answer.signature })
    }

    /// Rebuilds the consent to run `tx` from what is stored: the signature is verified again, so a
    /// row edited by hand approves nothing.
    pub(crate) fn recheck_consent(
        row: &ChallengeRow,
        current: Option<waiaas_core::address::Address>,
    ) -> Option<OwnerConsent> {
        let (signature, at) = (row.signature.as_deref()?, row.consumed_at?);
        let approves = matches!(row.challenge.action, OwnerAction::Approve { .. });
        let message = row.challenge.message();
        approves.then(|| owner::verify(&row.challenge, current, &message, signature, at).ok()).flatten()
    }
}
