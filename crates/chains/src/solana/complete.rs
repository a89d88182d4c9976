//! Volatile fields in, signature on. What is completed is read back from its own bytes before anybody
//! is told which draft it carries out.

use std::collections::HashSet;

use ed25519_dalek::{Signature, VerifyingKey};
use solana_message::v0;
use solana_pubkey::Pubkey;
use waiaas_core::draft::{Completed, Draft, SigningPayload};
use waiaas_core::network::NetworkId;

use super::body::{Body, read_message};
use super::{SolanaChain, address, fees};
use crate::{ChainError, Expiry, Lane, SignedTx};

/// How many accounts `getRecentPrioritizationFees` takes.
const MAX_PRICED_ACCOUNTS: usize = 128;

impl SolanaChain {
    /// Sets blockhash and unit price.
    pub(super) async fn complete_draft(&self, draft: &Draft, lane: &Lane) -> Result<Completed, ChainError> {
        let (_, body) = self.read(draft)?;
        let node = self.node().await?;
        let recent = node.recent_prices(&writable(body.message())).await?;
        let cap = self.options.priority_fee_cap;
        let bounds = (cap, body.unit_limit(), body.fee_budget());
        let price = fees::unit_price(recent, bounds.0, bounds.1, bounds.2);
        let price = fees::varied(price, lane.variation, bounds);
        // Last, so that none of its life is spent on other questions.
        let blockhash = node.recent_blockhash().await?;
        let unsigned = body.with_volatile(blockhash.hash, price)?.unsigned(blockhash.last_valid_block_height);
        let (recovered, _, payload) = read_back(&self.network.id, &unsigned)?;
        Ok(Completed::new(&recovered, unsigned, payload))
    }
}

/// The accounts whose write locks have a price.
fn writable(message: &v0::Message) -> Vec<Pubkey> {
    let keys = message.account_keys.iter().enumerate();
    let written = keys.filter(|(index, _)| {
        message.is_maybe_writable_with_reserved_addresses(*index, None::<&HashSet<Pubkey>>)
    });
    written.map(|(_, key)| *key).take(MAX_PRICED_ACCOUNTS).collect()
}

/// The draft these bytes carry out, their last valid block height, and what to sign.
fn read_back(network: &NetworkId, unsigned: &[u8]) -> Result<(Draft, u64, SigningPayload), ChainError> {
    let (body, height) = Body::read_unsigned(unsigned)?;
    let payer = body.message().account_keys.first();
    let from = payer.map(address).ok_or_else(|| ChainError::Corrupt("nobody pays".to_owned()))?;
    let draft = Draft { network: network.clone(), from, body: body.draft()? };
    Ok((draft, height, SigningPayload::Ed25519(body.message().serialize())))
}

/// Joins completed bytes and signature into a transaction as it goes over the wire.
pub(super) fn assemble(
    network: &NetworkId,
    completed: &Completed,
    signature: &[u8],
) -> Result<SignedTx, ChainError> {
    let corrupt = |what: &str| ChainError::Corrupt(what.to_owned());
    let (draft, height, payload) = read_back(network, completed.unsigned())?;
    if draft.digest() != completed.draft() || payload != *completed.payload() {
        return Err(corrupt("the completed bytes carry out another draft"));
    }
    let SigningPayload::Ed25519(message) = payload else {
        return Err(corrupt("the payload is for another chain"));
    };
    let signature: [u8; 64] = signature.try_into().map_err(|_| corrupt("a signature has 64 bytes"))?;
    if !signed_by(draft.from.as_bytes(), &message, &signature) {
        return Err(corrupt("the signature is not the sender's"));
    }
    let mut bytes = vec![1];
    bytes.extend(signature);
    bytes.extend(message);
    let hash = bs58::encode(signature).into_string();
    Ok(SignedTx { bytes, hash, expiry: Expiry::BlockHeight(height) })
}

fn signed_by(key: &[u8], message: &[u8], signature: &[u8; 64]) -> bool {
    let key = key.try_into().ok().and_then(|key| VerifyingKey::from_bytes(key).ok());
    key.is_some_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// The message of a signed transaction, provided its one signature is `from`'s and is its id.
pub(super) fn read_signed(from: &Pubkey, signed: &SignedTx) -> Result<v0::Message, ChainError> {
    let corrupt = |what: &str| ChainError::Corrupt(what.to_owned());
    let rest = signed.bytes.strip_prefix(&[1]).ok_or_else(|| corrupt("not one signature"))?;
    let (signature, message) = rest.split_first_chunk::<64>().ok_or_else(|| corrupt("too short"))?;
    if bs58::encode(signature).into_string() != signed.hash {
        return Err(corrupt("the transaction id is not that of the bytes"));
    }
    if !signed_by(from.as_array(), message, signature) {
        return Err(corrupt("the signature is not the sender's"));
    }
    read_message(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solana::body::tests::{WALLET, message, transfer};
    use ed25519_dalek::{Signer, SigningKey};
    use solana_hash::Hash;

    const NETWORK: &str = "solana-localnet";

    fn network() -> NetworkId {
        NetworkId::new(NETWORK)
    }

    fn completed(blockhash: u8, price: u64) -> (Draft, Vec<u8>) {
        let recipient = Some(Pubkey::new_from_array([9; 32]));
        let body = Body::new(6_000, 3, recipient, message(&[transfer(5)])).expect("a body");
        let draft =
            Draft { network: network(), from: address(&WALLET), body: body.draft().expect("a draft") };
        let done = body.with_volatile(Hash::new_from_array([blockhash; 32]), price).expect("completed");
        (draft, done.unsigned(1_000))
    }

    #[test]
    fn volatile_fields_leave_the_draft_alone_and_no_other_byte_does() {
        let (draft, unsigned) = completed(4, 900_000);
        let (same, other) = (completed(5, 900_000).1, completed(4, 777).1);
        let mut changed = 0;
        for at in 0..unsigned.len() {
            for bit in 0..8 {
                let mut bytes = unsigned.clone();
                bytes[at] ^= 1 << bit;
                let Ok((read, ..)) = read_back(&network(), &bytes) else { continue };
                let price = unsigned.iter().zip(&other).position(|(a, b)| a != b).expect("differs");
                let hash = unsigned.iter().zip(&same).position(|(a, b)| a != b).expect("differs");
                let volatile = (1..=8).contains(&at)
                    || (price..price + 8).contains(&at)
                    || (hash..hash + 32).contains(&at);
                assert_eq!(read.digest() == draft.digest(), volatile, "byte {at} bit {bit}");
                changed += usize::from(!volatile);
            }
        }
        assert!(changed > 0);
    }

    #[test]
    fn only_the_senders_signature_over_these_bytes_is_taken() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let from = Pubkey::new_from_array(key.verifying_key().to_bytes());
        let mut own = message(&[]);
        own.account_keys[0] = from;
        let body = Body::new(6_000, 0, None, own).expect("a body");
        let body = body.with_volatile(Hash::new_from_array([4; 32]), 1).expect("completed");
        let unsigned = body.unsigned(1_000);
        let (draft, _, payload) = read_back(&network(), &unsigned).expect("reads");
        let SigningPayload::Ed25519(bytes) = &payload else { panic!("another chain's") };
        let good = key.sign(bytes).to_bytes();
        let completed = Completed::new(&draft, unsigned.clone(), payload.clone());
        let signed = assemble(&network(), &completed, &good).expect("assembles");
        assert_eq!(signed.expiry, Expiry::BlockHeight(1_000));
        assert_eq!(read_signed(&from, &signed).expect("reads"), *body.message());
        assert!(read_signed(&WALLET, &signed).is_err(), "somebody else's");
        let renamed = SignedTx { hash: bs58::encode([1; 64]).into_string(), ..signed };
        assert!(read_signed(&from, &renamed).is_err());

        let mut bad = good;
        bad[0] ^= 1;
        assert!(assemble(&network(), &completed, &bad).is_err());
        assert!(assemble(&network(), &completed, &good[..63]).is_err());
        assert!(assemble(&NetworkId::new("solana-devnet"), &completed, &good).is_err());
        let other = Draft { body: vec![], ..draft };
        assert!(assemble(&network(), &Completed::new(&other, unsigned, payload), &good).is_err());
    }
}
