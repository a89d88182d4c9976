//! Addresses are their bytes and their chain.

use proptest::prelude::*;
use serde_json::json;
use waiaas_core::address::Address;
use waiaas_core::network::Chain;
use waiaas_core::policy::Verdict;

use super::cases;
use crate::world::{World, parse};

fn any_address() -> impl Strategy<Value = Address> {
    prop_oneof![
        any::<[u8; 20]>().prop_map(Address::Evm),
        any::<[u8; 32]>().prop_map(Address::Solana),
        // Leading zeros have a spelling of their own in base58.
        (any::<[u8; 32]>(), 1usize..32).prop_map(|(mut bytes, zeros)| {
            bytes[..zeros].fill(0);
            Address::Solana(bytes)
        }),
    ]
}

/// The bytes a text stands for, read independently: hex after `0x`, or base58 by long division.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    if let Some(digits) = text.strip_prefix("0x") {
        let nibbles: Option<Vec<u8>> =
            digits.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
        let nibbles = nibbles.filter(|nibbles| nibbles.len() == 40)?;
        return Some(nibbles.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect());
    }
    const ALPHABET: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut number: Vec<u8> = Vec::new();
    for letter in text.chars() {
        let mut carry = ALPHABET.chars().position(|known| known == letter)?;
        for digit in number.iter_mut().rev() {
            carry += usize::from(*digit) * 58;
            *digit = u8::try_from(carry % 256).ok()?;
            carry /= 256;
        }
        while carry > 0 {
            number.insert(0, u8::try_from(carry % 256).ok()?);
            carry /= 256;
        }
    }
    let zeros = text.chars().take_while(|letter| *letter == '1').count();
    let bytes = [vec![0; zeros], number].concat();
    (bytes.len() == 32).then_some(bytes)
}

/// A text near the address: other case, white space, letters that look alike, cut, prolonged.
fn spelling(address: Address, how: u8, at: usize, other: char) -> String {
    let text = address.to_string();
    let letters: Vec<char> = text.chars().collect();
    let at = at % letters.len();
    let put = |from: usize, with: &str| -> String {
        letters[..at].iter().copied().chain(with.chars()).chain(letters[from..].iter().copied()).collect()
    };
    match how % 12 {
        0 => text,
        1 => text.to_lowercase(),
        2 => format!("0x{}", text.trim_start_matches("0x").to_uppercase()),
        3 => text.to_uppercase(),
        4 => put(at + 1, &letters[at].to_lowercase().to_string()),
        5 => put(at + 1, &letters[at].to_uppercase().to_string()),
        6 => put(at + 1, &look_alike(letters[at]).to_string()),
        7 => put(at, &other.to_string()),
        8 => put(at + 1, &other.to_string()),
        9 => put(at + 1, ""),
        10 => format!(" {text}"),
        _ => format!("{text}{other}"),
    }
}

fn look_alike(letter: char) -> char {
    match letter {
        '0' => 'O',
        'o' => '0',
        '1' => 'l',
        'i' => '1',
        'a' => 'а',
        'c' => 'с',
        'e' => 'е',
        'x' => 'х',
        'A' => 'Ａ',
        'B' => 'В',
        'b' => '8',
        other => char::from_u32(u32::from(other) + 0xfee0).unwrap_or(other),
    }
}

fn near() -> impl Strategy<Value = char> {
    prop_oneof![
        Just(' '),
        Just('\n'),
        Just('\u{200b}'),
        Just('\u{feff}'),
        Just('1'),
        Just('f'),
        any::<char>()
    ]
}

proptest! {
    #![proptest_config(cases(1_500))]

    /// Invariant 18: two texts are one address exactly when they stand for the same bytes of the same
    /// chain; a text that only resembles an address is none.
    #[test]
    fn an_address_is_its_bytes_and_its_chain(
        address in any_address(), how: u8, at: usize, other in near(), second: u8,
    ) {
        let texts = [spelling(address, how, at, other), spelling(address, second, at / 7, other)];
        let read: Vec<_> = texts.iter().map(|text| text.parse::<Address>().ok()).collect();
        for (text, read) in texts.iter().zip(&read) {
            if let Some(read) = read {
                prop_assert_eq!(bytes_of(text), Some(read.as_bytes().to_vec()), "{:?}", text);
                prop_assert_eq!(text.starts_with("0x"), read.chain() == Chain::Ethereum);
                prop_assert_eq!(read.to_string().parse(), Ok(*read));
            } else {
                let only_its_checksum_is_wrong = text.starts_with("0x") && bytes_of(text).is_some();
                prop_assert!(bytes_of(text).is_none() || only_its_checksum_is_wrong, "{:?}", text);
            }
            for chain in [Chain::Ethereum, Chain::Solana] {
                let held = Address::parse(chain, text).ok();
                prop_assert_eq!(held, read.filter(|read| read.chain() == chain));
            }
        }
        if let [Some(one), Some(two)] = read[..] {
            prop_assert_eq!(one == two, bytes_of(&texts[0]) == bytes_of(&texts[1]));
        }
    }

}

proptest! {
    #![proptest_config(cases(200))]

    /// Invariant 18: a policy is about the bytes its author meant, however they were spelled, and takes no
    /// address of another chain.
    #[test]
    fn lists_compare_bytes_and_refuse_the_other_chain(
        listed in any::<[u8; 20]>().prop_map(Address::Evm), asked in any::<[u8; 20]>().prop_map(Address::Evm),
        how in 0u8..3, same: bool, foreign in any::<[u8; 32]>().prop_map(Address::Solana),
    ) {
        let to = if same { listed } else { asked };
        let rules = json!({ "allowed_addresses": [spelling(listed, how, 0, ' ')] });
        let world = World::rich("base-mainnet").row_here("WHITELIST", &rules);
        let verdict = world.effect(waiaas_core::effect::Effect::NativeOut { to, amount: waiaas_core::U256::ZERO }).verdict();
        prop_assert_eq!(matches!(verdict, Verdict::Granted(_)), to == listed);
        let both = json!({ "allowed_addresses": [listed, foreign] });
        prop_assert!(parse("WHITELIST", &both, Some("base-mainnet")).is_err());
        prop_assert!(parse("WHITELIST", &both, Some("solana-mainnet")).is_err());
    }
}
