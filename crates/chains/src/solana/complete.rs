//! Volatile fields in, signature on. What is completed is read back from its own bytes before anybody
//! is told which draft it carries out.

use std::collections::HashSet;

use ed25519_dalek::{Signature, VerifyingKey};
use solana_compute_budget_interface as compute_budget;
use solana_hash::Hash;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;
use waiaas_core::U256;
use waiaas_core::draft::{Completed, Draft, SigningPayload};
use waiaas_core::network::NetworkId;

use super::body::{Body, Builder};
use super::fees::Bounds;
use super::node::Node;
use super::text::{self, Text};
use super::{Content, SolanaChain, address, expiry, fees, message, not_replaced};
use crate::{ChainError, Expiry, Lane, Refusal, SignedTx};

/// How many accounts `getRecentPrioritizationFees` takes.
const MAX_PRICED_ACCOUNTS: usize = 128;

impl SolanaChain {
    /// Sets what is volatile, once the facts behind the draft have proved to hold still.
    pub(super) async fn complete_draft(&self, draft: &Draft, lane: &Lane) -> Result<Completed, ChainError> {
        if lane.replaces.is_some() {
            return Err(not_replaced());
        }
        let unsigned = match self.read(draft)? {
            (from, Content::Text(text)) => text.unsigned(&from),
            (_, Content::Transaction(body)) => {
                let node = self.node().await?;
                self.confirm_facts(node, &body).await?;
                match body.origin() {
                    Builder::Here => self.fill_in(node, &body, lane).await?,
                    Builder::Elsewhere => as_it_is(node, &body, lane).await?,
                }
            }
        };
        let read = read_back(&self.network.id, &unsigned)?;
        Ok(Completed::new(&read.draft, unsigned, SigningPayload::Ed25519(read.payload)))
    }

    /// Refuses a draft whose meaning depends on what is no longer so.
    async fn confirm_facts(&self, node: &Node, body: &Body) -> Result<(), ChainError> {
        if self.gather(node, body.message()).await?.confirm(body.facts()) {
            return Ok(());
        }
        let text = "an account that the transaction uses has changed since it was judged; ask for it again";
        Err(ChainError::Refused(Refusal::Unsupported(text.to_owned())))
    }

    /// A draft with the unit price that completing it would set now.
    pub(super) async fn priced(&self, node: &Node, body: Body) -> Result<Body, ChainError> {
        match body.origin() {
            Builder::Elsewhere => Ok(body),
            Builder::Here => {
                let price = self.unit_price(node, &body, &Lane::default()).await?;
                body.with_volatile(Hash::default(), price)
            }
        }
    }

    async fn unit_price(&self, node: &Node, body: &Body, lane: &Lane) -> Result<u64, ChainError> {
        let recent = node.recent_prices(&writable(body.message())).await?;
        let budget = within(body, lane)?;
        let cap = lane.most.price.into_iter().chain(lane.most.priority).min();
        let cap = cap.map_or(u64::MAX, |most| u64::try_from(most).unwrap_or(u64::MAX));
        let bounds = Bounds::of(body.terms(), budget, cap.min(self.options.priority_fee_cap));
        Ok(fees::varied(fees::unit_price(recent, bounds), lane.variation, bounds))
    }

    /// Sets blockhash and unit price.
    async fn fill_in(&self, node: &Node, body: &Body, lane: &Lane) -> Result<Vec<u8>, ChainError> {
        let price = self.unit_price(node, body, lane).await?;
        // Last, so that none of its life is spent on other questions.
        let blockhash = expiry::recent(node).await?;
        body.with_volatile(blockhash.hash, price)?.unsigned(blockhash.last_valid)
    }
}

/// Leaves a transaction built elsewhere as it came, if its blockhash may still be used. From when on it
/// may not is not known, but no blockhash of now outlives the newest possible one.
async fn as_it_is(node: &Node, body: &Body, lane: &Lane) -> Result<Vec<u8>, ChainError> {
    if lane.variation > 0 {
        let text = "this very transaction has been signed already";
        return Err(ChainError::Refused(Refusal::Unsupported(text.to_owned())));
    }
    within(body, lane)?;
    body.unsigned(expiry::of(node, body.message().recent_blockhash()).await?)
}

/// The lamports that may be paid now, unless that is less than the least.
fn within(body: &Body, lane: &Lane) -> Result<u64, ChainError> {
    let budget = body.fee_budget();
    let Some(cap) = lane.fee_cap else { return Ok(budget) };
    let least = body.terms().fee().unwrap_or(u64::MAX);
    if U256::from(least) > cap {
        return Err(ChainError::Refused(Refusal::FeeAboveCap { fee: U256::from(least), cap }));
    }
    Ok(budget.min(u64::try_from(cap).unwrap_or(u64::MAX)))
}

/// The accounts whose write locks have a price.
pub(super) fn writable(message: &VersionedMessage) -> Vec<Pubkey> {
    let keys = message.static_account_keys().iter().enumerate();
    let written = keys.filter(|(index, _)| {
        message.is_maybe_writable_with_reserved_addresses(*index, None::<&HashSet<Pubkey>>)
    });
    written.map(|(_, key)| *key).take(MAX_PRICED_ACCOUNTS).collect()
}

/// Those among them that an instruction uses. Listing others is free for whoever builds the message, and they
/// say nothing of what the network asks of it.
pub(super) fn used(message: &VersionedMessage) -> Vec<Pubkey> {
    let keys = message.static_account_keys();
    let of_budget = |program: u8| keys.get(usize::from(program)) == Some(&compute_budget::ID);
    let instructions = message.instructions().iter().filter(|call| !of_budget(call.program_id_index));
    let used: HashSet<_> =
        instructions.flat_map(|call| call.accounts.iter().copied().map(usize::from)).collect();
    let used: HashSet<_> = used.into_iter().chain([0]).filter_map(|at| keys.get(at)).collect();
    let mut written = writable(message);
    written.retain(|key| used.contains(key));
    written
}

/// What completed bytes are.
#[derive(Debug)]
struct ReadBack {
    /// The draft they carry out.
    draft: Draft,
    /// What to sign.
    payload: Vec<u8>,
    expiry: Expiry,
}

fn read_back(network: &NetworkId, unsigned: &[u8]) -> Result<ReadBack, ChainError> {
    let corrupt = |what: &str| ChainError::Corrupt(what.to_owned());
    let (from, body, payload, expiry) = if unsigned.first() == Some(&text::VERSION) {
        let (from, text) =
            Text::read_unsigned(unsigned).ok_or_else(|| corrupt("the text is not one that is signed"))?;
        (from, text.body(), text.as_str().as_bytes().to_vec(), Expiry::Never)
    } else {
        let (body, height) = Body::read_unsigned(unsigned)?;
        let payer = body.message().static_account_keys().first().copied();
        let from = payer.ok_or_else(|| corrupt("nobody pays"))?;
        (from, body.draft()?, body.message().serialize(), Expiry::BlockHeight(height))
    };
    let draft = Draft { network: network.clone(), from: address(&from), body };
    Ok(ReadBack { draft, payload, expiry })
}

/// Joins completed bytes and signature: a transaction as it goes over the wire, or for a text the
/// signature alone.
pub(super) fn assemble(
    network: &NetworkId,
    completed: &Completed,
    signature: &[u8],
) -> Result<SignedTx, ChainError> {
    let corrupt = |what: &str| ChainError::Corrupt(what.to_owned());
    let ReadBack { draft, payload, expiry } = read_back(network, completed.unsigned())?;
    if draft.digest() != completed.draft() {
        return Err(corrupt("the completed bytes carry out another draft"));
    }
    match completed.payload() {
        SigningPayload::Ed25519(asked) if *asked == payload => {}
        SigningPayload::Ed25519(_) | SigningPayload::Secp256k1(_) => {
            return Err(corrupt("the payload is not what the completed bytes need signed"));
        }
    }
    let signature: [u8; 64] = signature.try_into().map_err(|_| corrupt("a signature has 64 bytes"))?;
    if !signed_by(draft.from.as_bytes(), &payload, &signature) {
        return Err(corrupt("the signature is not the sender's"));
    }
    let bytes = match expiry {
        Expiry::Never => signature.to_vec(),
        Expiry::BlockHeight(_) | Expiry::Nonce(_) | Expiry::Time(_) => {
            [&[1], signature.as_slice(), &payload].concat()
        }
    };
    let hash = bs58::encode(signature).into_string();
    Ok(SignedTx { bytes, hash, expiry })
}

fn signed_by(key: &[u8], message: &[u8], signature: &[u8; 64]) -> bool {
    let key = key.try_into().ok().and_then(|key| VerifyingKey::from_bytes(key).ok());
    key.is_some_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// The message of a signed transaction, provided its one signature is `from`'s and is its id.
pub(super) fn read_signed(from: &Pubkey, signed: &SignedTx) -> Result<VersionedMessage, ChainError> {
    let corrupt = |what: &str| ChainError::Corrupt(what.to_owned());
    let rest = signed.bytes.strip_prefix(&[1]).ok_or_else(|| corrupt("not one signature"))?;
    let (signature, bytes) = rest.split_first_chunk::<64>().ok_or_else(|| corrupt("too short"))?;
    if bs58::encode(signature).into_string() != signed.hash {
        return Err(corrupt("the transaction id is not that of the bytes"));
    }
    if !signed_by(from.as_array(), bytes, signature) {
        return Err(corrupt("the signature is not the sender's"));
    }
    message::read(bytes).ok_or_else(|| corrupt("the message is malformed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solana::body::tests::{WALLET, facts, message, own, transfer};
    use crate::solana::facts::Facts;
    use ed25519_dalek::{Signer, SigningKey};
    use solana_hash::Hash;

    const NETWORK: &str = "solana-localnet";

    fn network() -> NetworkId {
        NetworkId::new(NETWORK)
    }

    fn completed(blockhash: u8, price: u64) -> (Draft, Vec<u8>) {
        let body = Body::new(Builder::Here, 6_000, facts(), message(&[transfer(5)])).expect("a body");
        let draft =
            Draft { network: network(), from: address(&WALLET), body: body.draft().expect("a draft") };
        let done = body.with_volatile(Hash::new_from_array([blockhash; 32]), price).expect("completed");
        (draft, done.unsigned(1_000).expect("unsigned"))
    }

    #[test]
    fn accounts_that_no_instruction_uses_say_nothing_of_the_price() {
        use crate::solana::body::tests::{WALLET, key, transfer};
        use solana_instruction::{AccountMeta, Instruction};
        use solana_message::Message;
        let idle = |program| Instruction {
            program_id: program,
            accounts: vec![AccountMeta::new(key(77), false)],
            data: vec![2, 0, 0, 0, 0],
        };
        let keys = |instructions: &[Instruction]| {
            let mut message = Message::new(instructions, Some(&WALLET));
            // A writable account that is listed and used by none.
            message.account_keys.insert(1, key(78));
            message.instructions.iter_mut().for_each(|call| {
                call.program_id_index += 1;
                call.accounts.iter_mut().filter(|at| **at > 0).for_each(|at| *at += 1);
            });
            used(&VersionedMessage::Legacy(message))
        };
        let plain = keys(&[transfer(5)]);
        assert!(plain.contains(&WALLET) && plain.len() == 2, "{plain:?}");
        assert_eq!(keys(&[transfer(5), idle(compute_budget::ID)]), plain, "the budget program uses none");
        assert!(keys(&[transfer(5), idle(key(70))]).contains(&key(77)));
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
                let Ok(read) = read_back(&network(), &bytes) else { continue };
                let read = read.draft;
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
        let body = Body::new(Builder::Here, 6_000, Facts::default(), own(&from, &[])).expect("a body");
        let body = body.with_volatile(Hash::new_from_array([4; 32]), 1).expect("completed");
        let unsigned = body.unsigned(1_000).expect("unsigned");
        let ReadBack { draft, payload, .. } = read_back(&network(), &unsigned).expect("reads");
        let good = key.sign(&payload).to_bytes();
        let payload = SigningPayload::Ed25519(payload);
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

    #[test]
    fn a_text_is_signed_as_it_is_and_by_the_wallet_it_was_judged_for() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let from = Pubkey::new_from_array(key.verifying_key().to_bytes());
        let text = Text::new("sign in to example.com".as_bytes()).expect("a text");
        let draft = Draft { network: network(), from: address(&from), body: text.body() };
        let completed = |unsigned: Vec<u8>| {
            let read = read_back(&network(), &unsigned).expect("reads");
            Completed::new(&read.draft, unsigned, SigningPayload::Ed25519(read.payload))
        };
        let own = completed(text.unsigned(&from));
        assert_eq!(own.draft(), draft.digest());
        let signature = key.sign(b"sign in to example.com").to_bytes();
        let signed = assemble(&network(), &own, &signature).expect("assembles");
        assert_eq!((signed.bytes, signed.expiry), (signature.to_vec(), Expiry::Never));
        assert!(assemble(&network(), &completed(text.unsigned(&WALLET)), &signature).is_err());
    }
}
