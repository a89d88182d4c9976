//! The text that an owner signs, and the proof that the owner signed it.
//!
//! The daemon issues one message per action and stores it; the owner signs exactly that text. The text
//! follows Sign-In with Ethereum (EIP-4361) for both chains: EVM owners sign it as EIP-191 personal message,
//! Solana owners with Ed25519 over its UTF-8 bytes. A presented message is never parsed: it is either equal
//! to the stored one or refused.

mod candidate;
mod message;
mod signature;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::signature::signed_by;
use crate::UnixSeconds;
use crate::address::Address;
use crate::digest::Digest;
use crate::ids::{ChangeId, InstanceId, TxId, WalletId};

pub use self::candidate::{Unfit, unfit};
pub use self::message::{DOMAIN, LONGEST_STATEMENT, is_challenge};

/// The action that a signature approves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum OwnerAction {
    /// Approve one transaction.
    Approve {
        /// The transaction.
        tx: TxId,
        /// Digest of its draft.
        digest: Digest,
    },
    /// Reject one transaction.
    Reject {
        /// The transaction.
        tx: TxId,
        /// Digest of its draft.
        digest: Digest,
    },
    /// Prove control of the owner address.
    VerifyOwner,
    /// Hand the wallet over to another owner.
    ChangeOwner {
        /// The next owner.
        new_owner: Address,
    },
    /// Remove the wallet's owner.
    RemoveOwner,
    /// Consent to a pending change of the operator.
    ApproveChange {
        /// The change.
        change: ChangeId,
        /// Digest of its content ([`crate::change::digest`]).
        digest: Digest,
    },
    /// Reject a pending change.
    RejectChange {
        /// The change.
        change: ChangeId,
        /// Digest of its content.
        digest: Digest,
    },
}

impl OwnerAction {
    /// The name used in messages and in the database.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Reject { .. } => "reject",
            Self::VerifyOwner => "verify-owner",
            Self::ChangeOwner { .. } => "change-owner",
            Self::RemoveOwner => "remove-owner",
            Self::ApproveChange { .. } => "approve-change",
            Self::RejectChange { .. } => "reject-change",
        }
    }

    /// The transaction concerned.
    pub const fn tx(&self) -> Option<TxId> {
        match self {
            Self::Approve { tx, .. } | Self::Reject { tx, .. } => Some(*tx),
            Self::VerifyOwner
            | Self::ChangeOwner { .. }
            | Self::RemoveOwner
            | Self::ApproveChange { .. }
            | Self::RejectChange { .. } => None,
        }
    }

    /// The change concerned.
    pub const fn change(&self) -> Option<ChangeId> {
        match self {
            Self::ApproveChange { change, .. } | Self::RejectChange { change, .. } => Some(*change),
            Self::Approve { .. }
            | Self::Reject { .. }
            | Self::VerifyOwner
            | Self::ChangeOwner { .. }
            | Self::RemoveOwner => None,
        }
    }
}

/// A challenge as stored. Each nonce is accepted once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Challenge {
    /// This installation.
    pub instance: InstanceId,
    /// The wallet concerned.
    pub wallet: WalletId,
    /// The owner who is asked.
    pub owner: Address,
    /// The action that the signature approves.
    pub action: OwnerAction,
    /// `Chain ID` line: the EIP-155 number, or the CAIP-2 reference on Solana.
    pub chain_id: String,
    /// The question in words ([`crate::presentation`]): the statement of the text.
    pub summary: String,
    /// At least 128 random bits as lower-case hex; single use.
    pub nonce: String,
    /// When it was issued.
    pub issued_at: UnixSeconds,
    /// From this second on it is not accepted.
    pub expires_at: UnixSeconds,
}

/// Why an answer is not the owner's consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ConsentError {
    /// The presented message is not the issued one.
    #[error("the signed message is not the one this daemon issued")]
    MessageMismatch,
    /// The message was answered after it expired.
    #[error("the message has expired")]
    Expired,
    /// The wallet has another owner by now.
    #[error("the message was addressed to another owner than the wallet has now")]
    NotTheOwner,
    /// The signature does not verify.
    #[error("the signature does not verify for the owner's address")]
    BadSignature,
}

/// Proof that the current owner signed one issued challenge. Only [`verify`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerConsent {
    wallet: WalletId,
    owner: Address,
    action: OwnerAction,
}

impl OwnerConsent {
    /// The wallet concerned.
    pub const fn wallet(&self) -> WalletId {
        self.wallet
    }

    /// Who signed.
    pub const fn owner(&self) -> Address {
        self.owner
    }

    /// The action consented to.
    pub const fn action(&self) -> OwnerAction {
        self.action
    }
}

/// Checks an answer against the issued challenge. `message` is the text that the caller says was signed,
/// `answered_at` the time at which the answer arrived (after a restart: the recorded time).
///
/// # Errors
///
/// [`ConsentError`] names the first check that failed.
pub fn verify(
    challenge: &Challenge,
    current_owner: Option<Address>,
    message: &str,
    signature: &str,
    answered_at: UnixSeconds,
) -> Result<OwnerConsent, ConsentError> {
    let issued = challenge.message();
    if message != issued {
        return Err(ConsentError::MessageMismatch);
    }
    if answered_at >= challenge.expires_at {
        return Err(ConsentError::Expired);
    }
    if current_owner != Some(challenge.owner) {
        return Err(ConsentError::NotTheOwner);
    }
    if !signed_by(&challenge.owner, &issued, signature) {
        return Err(ConsentError::BadSignature);
    }
    Ok(OwnerConsent { wallet: challenge.wallet, owner: challenge.owner, action: challenge.action })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};
    use uuid::Uuid;

    fn challenge(owner: Address) -> Challenge {
        Challenge {
            instance: InstanceId::new(Uuid::from_u128(1)),
            wallet: WalletId::new(Uuid::from_u128(2)),
            owner,
            action: OwnerAction::Approve { tx: TxId::new(Uuid::from_u128(3)), digest: Digest::new([7; 32]) },
            chain_id: "31337".into(),
            summary: "Send 5 SOL\nURI: evil".into(),
            nonce: "00112233445566778899aabbccddeeff".into(),
            issued_at: 1_700_000_000,
            expires_at: 1_700_003_600,
        }
    }

    #[test]
    fn a_summary_cannot_add_lines() {
        let message = challenge(Address::Evm([9; 20])).message();
        assert!(message.contains("\nSend 5 SOL URI: evil\n"));
        assert_eq!(message.matches("\nURI: ").count(), 1);
    }

    #[test]
    fn every_challenge_is_known_in_any_spacing_and_case() {
        let (tx, digest) = (TxId::new(Uuid::from_u128(3)), Digest::new([7; 32]));
        let new_owner = Address::Solana([4; 32]);
        let change = ChangeId::new(Uuid::from_u128(4));
        let actions = [
            OwnerAction::Approve { tx, digest },
            OwnerAction::Reject { tx, digest },
            OwnerAction::VerifyOwner,
            OwnerAction::ChangeOwner { new_owner },
            OwnerAction::RemoveOwner,
            OwnerAction::ApproveChange { change, digest },
            OwnerAction::RejectChange { change, digest },
        ];
        for action in actions {
            for owner in [Address::Evm([9; 20]), Address::Solana([9; 32])] {
                let text = Challenge { action, ..challenge(owner) }.message();
                assert!(is_challenge(&text));
                assert!(is_challenge(&text.to_uppercase()));
                assert!(is_challenge(&text.replace(' ', "\u{a0}\t")));
                let first_line = text.lines().next().expect("a line");
                assert!(is_challenge(&format!("  {first_line}")));
            }
        }
        let foreign = challenge(Address::Evm([9; 20])).message();
        let foreign = foreign.replace("waiaas.local", "example.com").replace("waiaas", "example");
        assert!(!is_challenge(&foreign), "signing in elsewhere");
        assert!(!is_challenge("") && !is_challenge("I like waiaas."));
    }

    #[test]
    fn every_challenge_is_read_back_and_nothing_near_it_is() {
        let (tx, digest) = (TxId::new(Uuid::from_u128(3)), Digest::new([7; 32]));
        let change = ChangeId::new(Uuid::from_u128(4));
        let actions = [
            OwnerAction::Approve { tx, digest },
            OwnerAction::Reject { tx, digest },
            OwnerAction::VerifyOwner,
            OwnerAction::ChangeOwner { new_owner: Address::Solana([4; 32]) },
            OwnerAction::ChangeOwner { new_owner: Address::Evm([4; 20]) },
            OwnerAction::RemoveOwner,
            OwnerAction::ApproveChange { change, digest },
            OwnerAction::RejectChange { change, digest },
        ];
        for action in actions {
            for owner in [Address::Evm([9; 20]), Address::Solana([9; 32])] {
                let asked = Challenge { action, summary: "Send 5 'SOL'.".into(), ..challenge(owner) };
                let text = asked.message();
                assert_eq!(Challenge::read(&text), Some(asked));
                for altered in [
                    format!("{text}\n"),
                    format!("{text}\n- urn:waiaas:more:1"),
                    format!(" {text}"),
                    text.replacen("waiaas.local", "example.com", 1),
                    text.replacen("Version: 1", "Version: 2", 1),
                    text.replacen("\n\nSend", "\n\nSend\nSend", 1),
                    text.replacen("urn:waiaas:action:", "urn:waiaas:action:re", 1),
                    text.replace('\n', "\r\n"),
                ] {
                    assert_eq!(Challenge::read(&altered), None, "{altered}");
                }
            }
        }
        assert_eq!(Challenge::read(""), None);
    }

    #[test]
    fn only_the_current_owner_over_the_issued_text_in_time_consents() {
        let key = SigningKey::from_bytes(&[5; 32]);
        let owner = Address::Solana(key.verifying_key().to_bytes());
        let asked = challenge(owner);
        let message = asked.message();
        let signature = bs58::encode(key.sign(message.as_bytes()).to_bytes()).into_string();
        let answer =
            |c: &Challenge, o, m: &str, s: &str, at| verify(c, o, m, s, at).map(|consent| consent.action());

        assert_eq!(answer(&asked, Some(owner), &message, &signature, asked.issued_at), Ok(asked.action));
        let late = answer(&asked, Some(owner), &message, &signature, asked.expires_at);
        assert_eq!(late, Err(ConsentError::Expired));
        let stranger = Some(Address::Solana([1; 32]));
        assert_eq!(answer(&asked, stranger, &message, &signature, 0), Err(ConsentError::NotTheOwner));
        assert_eq!(answer(&asked, None, &message, &signature, 0), Err(ConsentError::NotTheOwner));
        let other = Challenge { nonce: "ff".repeat(16), ..asked.clone() };
        assert_eq!(answer(&other, Some(owner), &message, &signature, 0), Err(ConsentError::MessageMismatch));
        let replay = answer(&other, Some(owner), &other.message(), &signature, 0);
        assert_eq!(replay, Err(ConsentError::BadSignature));
    }
}
