//! Addresses as text: each address has one canonical text, and every accepted spelling means the same bytes.

use waiaas_core::address::Address;
use waiaas_core::network::Chain;

pub(super) fn run(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let Ok(address) = text.parse::<Address>() else { return false };
    let written = address.to_string();
    assert_eq!(written.parse(), Ok(address), "{written}");
    match address {
        // Only hexadecimal digits of these bytes, in a case that EIP-55 allows.
        Address::Evm(bytes) => {
            assert_eq!(text.to_lowercase(), format!("0x{}", hex::encode(bytes)));
            let digits = text.get(2..).unwrap_or_default();
            let plain = digits == digits.to_lowercase() || digits == digits.to_uppercase();
            assert!(plain || text == written, "{text}");
        }
        Address::Solana(_) => assert_eq!(text, written, "base58 has one spelling"),
    }
    for chain in [Chain::Ethereum, Chain::Solana] {
        assert_eq!(Address::parse(chain, text).is_ok(), chain == address.chain());
    }
    let json = serde_json::json!(text);
    assert_eq!(serde_json::from_value::<Address>(json).ok(), Some(address));
    true
}
