//! Personal messages (EIP-191, version 0x45): the text and its signing hash. Pure.

use alloy_primitives::{B256, eip191_hash_message};
use alloy_rlp::Header;

use crate::message::{self, UnsignableMessage};

/// A text that may be signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Personal(String);

impl Personal {
    /// Reads the message of a request.
    pub(in crate::evm) fn new(bytes: &[u8]) -> Result<Self, UnsignableMessage> {
        if is_transaction(bytes) {
            return Err(UnsignableMessage::Transaction);
        }
        message::read(bytes).map(|text| Self(text.to_owned()))
    }

    /// Returns the text, as it is signed.
    pub(in crate::evm) fn text(&self) -> &str {
        &self.0
    }

    /// Returns `keccak256("\x19Ethereum Signed Message:\n" ‖ length ‖ text)`.
    pub(in crate::evm) fn hash(&self) -> B256 {
        eip191_hash_message(self.0.as_bytes())
    }
}

/// Returns whether the bytes have the outer form of a signed or unsigned transaction: an RLP list of at least
/// six fields, optionally after an EIP-2718 type byte.
fn is_transaction(bytes: &[u8]) -> bool {
    let list = match bytes.split_first() {
        Some((1..=0x7f, list)) => list,
        Some(_) | None => bytes,
    };
    let mut rest = list;
    let Ok(mut fields) = Header::decode_bytes(&mut rest, true) else { return false };
    if !rest.is_empty() {
        return false;
    }
    let mut count = 0usize;
    while !fields.is_empty() {
        let Ok(header) = Header::decode(&mut fields) else { return false };
        let Some(after) = fields.get(header.payload_length..) else { return false };
        fields = after;
        count = count.saturating_add(1);
    }
    count >= 6
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{b256, hex};
    use proptest::prelude::*;

    /// The example of EIP-155: the signed transaction and the bytes that are hashed for it.
    const SIGNED: &str = "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a7640000802\
        5a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf55\
        5c9f3dc64214b297fb1966a3b6d83";
    const UNSIGNED: &str =
        "ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080";

    #[test]
    fn hashes_as_ethers_does() {
        // ethers 6.17, hashMessage("Hello, world!")
        let hash = b256!("b453bd4e271eed985cbab8231da609c4ce0a9cf1f763b6c1594e76315510e0f1");
        assert_eq!(Personal::new(b"Hello, world!").expect("text").hash(), hash);
    }

    #[test]
    fn transactions_are_refused_as_messages() {
        let signed = hex::decode(SIGNED).expect("hex");
        let unsigned = hex::decode(UNSIGNED).expect("hex");
        let typed = [&[2], signed.as_slice()].concat();
        for bytes in [signed, unsigned, typed] {
            assert_eq!(Personal::new(&bytes), Err(UnsignableMessage::Transaction));
        }
        for text in [SIGNED, &format!("0x{SIGNED}"), &format!("0x02{UNSIGNED}")] {
            assert_eq!(Personal::new(text.as_bytes()), Err(UnsignableMessage::HexDigits));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_accepted_bytes_are_unchanged(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Ok(personal) = Personal::new(&bytes) {
                prop_assert_eq!(personal.text().as_bytes(), bytes.as_slice());
            }
        }

        #[test]
        fn accepted_texts_are_unchanged(text in "[ -~]{1,31}") {
            if let Ok(personal) = Personal::new(text.as_bytes()) {
                prop_assert_eq!(personal.text(), text);
            }
        }
    }
}
