//! Transactions built elsewhere, signed as they came.
//!
//! Belongs here: reading their wire encoding and refusing unsuitable frames. Their instructions are decoded
//! as all others.

use solana_hash::Hash;
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;

use super::message::{self, MAX_TRANSACTION};
use super::unsupported;
use crate::CodecError;

/// The refusal of a blockhash that is expired or was never valid.
pub(in crate::solana) fn stale() -> CodecError {
    unsupported("the transaction's blockhash is unknown or too old; build it again")
}

/// Reads the message of a transaction that needs exactly the wallet's signature.
pub(in crate::solana) fn read(from: &Pubkey, wire: &[u8]) -> Result<VersionedMessage, CodecError> {
    let malformed = || unsupported("not a Solana transaction (legacy or version 0) in its wire encoding");
    if wire.len() > MAX_TRANSACTION {
        return Err(unsupported("the transaction is too large for the network"));
    }
    // A compact-u16 below 128 is its first byte; more signatures would not fit a transaction.
    let (count, rest) = wire.split_first().filter(|(count, _)| **count < 0x80).ok_or_else(malformed)?;
    let message = rest.get(usize::from(*count).saturating_mul(64)..).and_then(message::read);
    let message = message.ok_or_else(malformed)?;
    let signers = message.header().num_required_signatures;
    let keys = message.static_account_keys();
    if !keys.iter().take(usize::from(signers)).any(|key| key == from) {
        return Err(unsupported("the wallet is not among the signers of this transaction"));
    }
    if keys.first() != Some(from) {
        return Err(unsupported(
            "another account pays the fee of this transaction and would have to sign it",
        ));
    }
    if signers != 1 {
        return Err(unsupported("this transaction needs signatures other than the wallet's"));
    }
    if *count != signers {
        return Err(malformed());
    }
    if *message.recent_blockhash() == Hash::default() {
        return Err(unsupported("the transaction has no blockhash"));
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solana::codec::body::tests::{WALLET, transfer};
    use proptest::prelude::*;
    use solana_message::{Message, v0};

    fn wire(signatures: u8, message: &[u8]) -> Vec<u8> {
        let mut wire = vec![signatures];
        wire.resize(usize::from(signatures) * 64 + 1, 0);
        wire.extend_from_slice(message);
        wire
    }

    fn legacy(payer: &Pubkey, hash: u8) -> Vec<u8> {
        Message::new_with_blockhash(&[transfer(5)], Some(payer), &Hash::new_from_array([hash; 32]))
            .serialize()
    }

    fn why(wire: &[u8]) -> String {
        match read(&WALLET, wire) {
            Err(error) => error.to_string(),
            Ok(message) => panic!("{message:?}"),
        }
    }

    #[test]
    fn legacy_and_v0_messages_are_read_unchanged() {
        let hash = Hash::new_from_array([3; 32]);
        let v0 = v0::Message::try_compile(&WALLET, &[transfer(5)], &[], hash).expect("compiles");
        for message in [legacy(&WALLET, 3), v0.serialize()] {
            let read = read(&WALLET, &wire(1, &message)).expect("reads");
            assert_eq!(read.serialize(), message);
        }
    }

    #[test]
    fn transactions_that_need_other_signatures_are_refused_with_their_reason() {
        let stranger = Pubkey::new_from_array([4; 32]);
        assert!(why(&wire(2, &legacy(&stranger, 3))).contains("pays the fee"));
        assert!(why(&wire(0, &legacy(&WALLET, 3))).contains("not a Solana transaction"));
        assert!(why(&wire(1, &legacy(&WALLET, 0))).contains("no blockhash"));
        let mut cosigned = transfer(5);
        cosigned.accounts[1].is_signer = true;
        let both = Message::new_with_blockhash(&[cosigned], Some(&WALLET), &Hash::new_from_array([3; 32]));
        assert!(why(&wire(2, &both.serialize())).contains("other than the wallet's"));
        let foreign = solana_system_interface::instruction::transfer(&stranger, &WALLET, 1);
        let foreign =
            Message::new_with_blockhash(&[foreign], Some(&stranger), &Hash::new_from_array([3; 32]));
        assert!(why(&wire(1, &foreign.serialize())).contains("not among the signers"));
        let mut v1 = legacy(&WALLET, 3);
        v1.insert(0, 0x81);
        assert!(why(&wire(1, &v1)).contains("not a Solana transaction"));
        assert!(why(&legacy(&WALLET, 3)).contains("not a Solana transaction"), "a bare message");
        assert!(why(&[1; 1233]).contains("too large"));
        assert!(why(&[]).contains("not a Solana transaction"));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, at in 0usize..300, to: u8) {
            let _ = read(&WALLET, &bytes);
            let mut whole = wire(1, &legacy(&WALLET, 3));
            let at = at % whole.len();
            whole[at] = to;
            if let Ok(message) = read(&WALLET, &whole) {
                prop_assert_eq!(message.serialize(), whole[65..].to_vec());
            }
        }
    }
}
