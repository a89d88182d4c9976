//! Reads private keys to import. Every buffer that holds one is wiped.

use ed25519_dalek::VerifyingKey;
use secrecy::{ExposeSecret, SecretString};
use waiaas_core::network::Chain;
use zeroize::Zeroizing;

use crate::public_key::PublicKey;
use crate::random::{Secret32, secret_from};
use crate::sign;
use crate::vault::KeyError;

/// Reads a private key of `chain` and derives its public key.
///
/// EVM: 32 bytes hex, `0x` optional. Solana: the 64-byte keypair in base58 or as the JSON array of
/// `solana-keygen`; or the 32-byte seed in hex or base58.
pub(crate) fn read(chain: Chain, text: &SecretString) -> Result<(Secret32, PublicKey), KeyError> {
    let text = text.expose_secret().trim();
    let private = match chain {
        Chain::Ethereum => hex_key(text).ok_or(KeyError::NotAKey)?,
        Chain::Solana => solana(text)?,
    };
    // A seed of zeros is a valid but publicly known Ed25519 key.
    if private.expose_secret().iter().all(|byte| *byte == 0) {
        return Err(KeyError::OutOfRange);
    }
    let public = sign::public_key(chain, &private).ok_or(KeyError::OutOfRange)?;
    Ok((private, public))
}

fn hex_key(text: &str) -> Option<Secret32> {
    let mut bytes = Zeroizing::new([0u8; 32]);
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), bytes.as_mut_slice()).ok()?;
    secret_from(bytes.as_slice())
}

fn solana(text: &str) -> Result<Secret32, KeyError> {
    if text.starts_with('[') {
        return keypair(json_bytes(text).ok_or(KeyError::NotAKey)?.as_slice());
    }
    if let Some(seed) = hex_key(text) {
        return Ok(seed);
    }
    let mut bytes = Zeroizing::new([0u8; 64]);
    let length = bs58::decode(text).onto(bytes.as_mut_slice()).map_err(|_| KeyError::NotAKey)?;
    let decoded = bytes.get(..length).ok_or(KeyError::NotAKey)?;
    match length {
        64 => keypair(decoded),
        32 => base58_seed(decoded),
        _ => Err(KeyError::NotAKey),
    }
}

/// A seed and an address look alike in base58, and a wallet with an address as its seed would have a public
/// private key. So any text that could be an address is refused.
fn base58_seed(bytes: &[u8]) -> Result<Secret32, KeyError> {
    let seed = secret_from(bytes).ok_or(KeyError::NotAKey)?;
    if VerifyingKey::from_bytes(seed.expose_secret()).is_ok() {
        return Err(KeyError::MayBeAnAddress);
    }
    Ok(seed)
}

/// `seed ‖ public key`; refuses a pair whose halves do not match.
fn keypair(bytes: &[u8]) -> Result<Secret32, KeyError> {
    let (seed, public) = bytes.split_at_checked(32).ok_or(KeyError::NotAKey)?;
    let seed = secret_from(seed).ok_or(KeyError::NotAKey)?;
    match sign::public_key(Chain::Solana, &seed) {
        Some(derived) if derived.to_bytes() == public => Ok(seed),
        Some(_) | None => Err(KeyError::HalvesDiffer),
    }
}

/// A JSON array of exactly 64 bytes, read without a growing buffer, which would leave copies in memory.
fn json_bytes(text: &str) -> Option<Zeroizing<[u8; 64]>> {
    let mut numbers = text.strip_prefix('[')?.strip_suffix(']')?.split(',');
    let mut bytes = Zeroizing::new([0u8; 64]);
    for byte in bytes.iter_mut() {
        let digits = numbers.next()?.trim();
        // `u8::from_str` accepts a leading plus, JSON does not.
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *byte = digits.parse().ok()?;
    }
    if numbers.next().is_some() { None } else { Some(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    fn import(chain: Chain, text: &str) -> Result<String, KeyError> {
        read(chain, &text.into()).map(|(_, public)| hex::encode(public.to_bytes()))
    }

    fn pair() -> Vec<u8> {
        hex::decode(format!("{SEED}{PUBLIC}")).unwrap()
    }

    #[test]
    fn every_solana_notation_gives_the_same_key() {
        let base58 = bs58::encode(pair()).into_string();
        let json = format!("{:?}", pair());
        for text in
            [&base58, &json, SEED, &format!("0x{SEED}"), &format!(" {SEED}\n"), &json.replace(' ', "")]
        {
            assert_eq!(import(Chain::Solana, text), Ok(PUBLIC.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_base58_seed_is_taken_only_when_it_cannot_be_an_address() {
        let not_a_point = (0u8..).map(|n| [n; 32]).find(|b| VerifyingKey::from_bytes(b).is_err()).unwrap();
        assert!(import(Chain::Solana, &bs58::encode(not_a_point).into_string()).is_ok());
        let address = bs58::encode(hex::decode(PUBLIC).unwrap()).into_string();
        assert_eq!(import(Chain::Solana, &address), Err(KeyError::MayBeAnAddress));
    }

    #[test]
    fn halves_that_do_not_belong_together_are_refused() {
        let mut other = pair();
        other[63] ^= 1;
        assert_eq!(import(Chain::Solana, &format!("{other:?}")), Err(KeyError::HalvesDiffer));
        let mut other = pair();
        other[0] ^= 1;
        assert_eq!(import(Chain::Solana, &bs58::encode(other).into_string()), Err(KeyError::HalvesDiffer));
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        let (short, long) = (format!("{:?}", &pair()[1..]), format!("{:?}", [pair(), vec![1]].concat()));
        let signed = format!("{:?}", pair()).replacen("157", "+157", 1);
        for text in ["", "[]", "0x", "hello", "[1,2", &short, &long, &signed, &SEED[2..], "[256]", "0OIl"] {
            assert_eq!(import(Chain::Solana, text), Err(KeyError::NotAKey), "{text}");
        }
        let address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
        for text in ["", "0x", address, &SEED[1..], &format!("{SEED}00"), &format!("0x0x{SEED}")] {
            assert_eq!(import(Chain::Ethereum, text), Err(KeyError::NotAKey), "{text}");
        }
        assert_eq!(import(Chain::Ethereum, &"00".repeat(32)), Err(KeyError::OutOfRange));
        assert_eq!(import(Chain::Ethereum, &"ff".repeat(32)), Err(KeyError::OutOfRange));
        assert_eq!(import(Chain::Solana, &"00".repeat(32)), Err(KeyError::OutOfRange));
        assert!(import(Chain::Ethereum, &format!("0x{SEED}")).is_ok());
    }
}
