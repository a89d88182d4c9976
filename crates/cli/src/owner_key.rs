//! Signs an owner's message with a key file on this machine.

use std::path::Path;

use alloy_primitives::{Address, eip191_hash_message};
use anyhow::{Context as _, Result, bail};
use ed25519_dalek::Signer as _;
use zeroize::Zeroizing;

use crate::exit::NoCredential;

const FINDING: NoCredential = NoCredential("signing with the owner's key");

/// Signs `message` with the key in `path` for the owner `address`: 0x-hex of 32 bytes (EVM, EIP-191), or a
/// Solana keypair as JSON array or base58 (Ed25519).
pub(crate) fn sign(path: &Path, address: &str, message: &str) -> Result<String> {
    let text = text(path)?;
    let signed =
        if address.starts_with("0x") { evm(text.trim(), message) } else { solana(text.trim(), message) };
    signed.context(FINDING)
}

/// Whether the key in `path` is that of the owner `address`.
pub(crate) fn is_of(path: &Path, address: &str) -> Result<bool> {
    let text = text(path)?;
    let own = if address.starts_with("0x") {
        let key = evm_key(text.trim()).ok();
        key.map(|key| {
            let point = key.verifying_key().to_encoded_point(false);
            Address::from_raw_public_key(point.as_bytes().get(1..).unwrap_or_default()).to_checksum(None)
        })
    } else {
        let key = solana_key(text.trim()).ok();
        key.map(|key| bs58::encode(key.verifying_key().as_bytes()).into_string())
    };
    Ok(own.is_some_and(|own| own == address))
}

fn text(path: &Path) -> Result<Zeroizing<String>> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    text.with_context(|| format!("reading {}", path.display())).context(FINDING)
}

fn evm_key(text: &str) -> Result<k256::ecdsa::SigningKey> {
    let bytes = hex::decode(text.strip_prefix("0x").unwrap_or(text)).map(Zeroizing::new);
    let bytes = bytes.context("the key file does not hold an EVM private key in hex")?;
    k256::ecdsa::SigningKey::from_slice(&bytes).context("the key is out of range")
}

fn evm(text: &str, message: &str) -> Result<String> {
    let key = evm_key(text)?;
    let hash = eip191_hash_message(message);
    let (signature, recovery) = key.sign_prehash_recoverable(hash.as_slice()).context("signing")?;
    let mut bytes = signature.to_bytes().to_vec();
    bytes.push(27 + recovery.to_byte());
    Ok(format!("0x{}", hex::encode(bytes)))
}

fn solana(text: &str, message: &str) -> Result<String> {
    let key = solana_key(text)?;
    Ok(bs58::encode(key.sign(message.as_bytes()).to_bytes()).into_string())
}

fn solana_key(text: &str) -> Result<ed25519_dalek::SigningKey> {
    let bytes = if text.starts_with('[') {
        serde_json::from_str::<Vec<u8>>(text).map(Zeroizing::new).ok()
    } else {
        bs58::decode(text).into_vec().map(Zeroizing::new).ok()
    };
    let Some(bytes) = bytes.filter(|bytes| bytes.len() == 64) else {
        bail!("the key file does not hold a Solana keypair (JSON array of 64 numbers, or base58)");
    };
    let keypair: &[u8; 64] = bytes.as_slice().try_into().context("64 bytes")?;
    ed25519_dalek::SigningKey::from_keypair_bytes(keypair).context("the keypair's halves differ")
}
