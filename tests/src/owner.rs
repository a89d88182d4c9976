//! The human: a key outside the daemon, of either chain's kind.

use alloy_primitives::{Address, eip191_hash_message};
use anyhow::{Context as _, Result};
use base64::Engine as _;
use ed25519_dalek::Signer as _;
use serde_json::Value;

use crate::api::{Answer, Api};

/// An owner's key.
pub enum OwnerKey {
    /// secp256k1.
    Evm(Box<k256::ecdsa::SigningKey>),
    /// Ed25519.
    Solana(Box<ed25519_dalek::SigningKey>),
}

impl OwnerKey {
    /// An EVM owner; the same seed gives the same key.
    pub fn evm(seed: u8) -> Result<Self> {
        Ok(Self::Evm(Box::new(k256::ecdsa::SigningKey::from_slice(&[seed.max(1); 32])?)))
    }

    /// A Solana owner.
    pub fn solana(seed: u8) -> Self {
        Self::Solana(Box::new(ed25519_dalek::SigningKey::from_bytes(&[seed; 32])))
    }

    /// The owner with this address, made from some seed.
    pub fn known(address: &str) -> Option<Self> {
        let evm = (1..=u8::MAX).filter_map(|seed| Self::evm(seed).ok());
        evm.chain((0..=u8::MAX).map(Self::solana)).find(|owner| owner.address() == address)
    }

    /// The address.
    pub fn address(&self) -> String {
        match self {
            Self::Evm(key) => Address::from_private_key(key).to_checksum(None),
            Self::Solana(key) => bs58::encode(key.verifying_key().to_bytes()).into_string(),
        }
    }

    /// Signs a message as wallets do.
    pub fn sign(&self, message: &str) -> Result<String> {
        Ok(match self {
            Self::Evm(key) => {
                let hash = eip191_hash_message(message);
                let (signature, recovery) = key.sign_prehash_recoverable(hash.as_slice())?;
                let mut bytes = signature.to_bytes().to_vec();
                bytes.push(27 + recovery.to_byte());
                format!("0x{}", hex::encode(bytes))
            }
            Self::Solana(key) => bs58::encode(key.sign(message.as_bytes()).to_bytes()).into_string(),
        })
    }

    /// A caller that presents this owner's signature over a challenge of the API.
    pub fn answering(&self, api: &Api, challenge: &Value) -> Result<Api> {
        let message = challenge["message"].as_str().context("a message")?;
        let header = base64::engine::general_purpose::STANDARD.encode(message);
        let signature = self.sign(message)?;
        Ok(api.clone().header("x-owner-message", &header).header("x-owner-signature", &signature))
    }

    /// Agrees to a change that waits, as the API described it.
    pub async fn agrees(&self, api: &Api, change: &Value) -> Result<Answer> {
        let question = self.asked(change)?;
        let path = format!("/v1/changes/{}/approve", change["id"].as_str().context("an id")?);
        self.answering(api, &question["approve"])?.post_empty(&path).await
    }

    /// Refuses a change that waits.
    pub async fn refuses(&self, api: &Api, change: &Value) -> Result<Answer> {
        let question = self.asked(change)?;
        let path = format!("/v1/changes/{}/reject", change["id"].as_str().context("an id")?);
        self.answering(api, &question["reject"])?.post_empty(&path).await
    }

    /// The question of a change to this owner.
    pub fn asked<'a>(&self, change: &'a Value) -> Result<&'a Value> {
        let mut questions = change["questions"].as_array().into_iter().flatten();
        let mine = questions.find(|question| question["ownerAddress"] == self.address().as_str());
        mine.with_context(|| format!("a question to {} in {change}", self.address()))
    }
}
