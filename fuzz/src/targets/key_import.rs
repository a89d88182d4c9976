//! Imported private keys: the address is that of the key, in every spelling.

use std::sync::LazyLock;

use alloy_primitives::Address as EvmAddress;
use uuid::Uuid;
use waiaas_core::address::Address;
use waiaas_core::ids::{InstanceId, WalletId};
use waiaas_core::network::Chain;
use waiaas_keys::{KdfParams, KeystoreHeader, Vault};

use crate::input::Input;

static VAULT: LazyLock<Vault> = LazyLock::new(|| {
    let instance = InstanceId::new(Uuid::from_u128(1));
    match KeystoreHeader::create(&"a password of these tests".into(), instance, KdfParams::MINIMUM) {
        Ok((_, root)) => Vault::new(root),
        Err(error) => unreachable!("{error}"),
    }
});

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let chain = if input.bool() { Chain::Ethereum } else { Chain::Solana };
    let Ok(text) = std::str::from_utf8(input.rest()) else { return false };
    let wallet = WalletId::new(Uuid::from_u128(2));
    let imported = VAULT.import(wallet, chain, text.into());
    let expected = expected(chain, text.trim());
    let taken = imported.is_ok();
    match imported {
        Ok((sealed, address)) => {
            assert_eq!((sealed.address(), sealed.wallet(), address.chain()), (address, wallet, chain));
            assert!(!address.as_bytes().iter().all(|byte| *byte == 0));
            assert!(expected.is_none_or(|expected| expected == address), "{address}");
        }
        // The error text contains no part of the key.
        Err(error) => {
            let key = text.len() >= 32 && text.bytes().all(|b| b.is_ascii_alphanumeric());
            assert!(!key || !error.to_string().contains(text), "{error}");
        }
    }
    taken
}

/// Returns the address of 32 bytes in hexadecimal, computed without the vault.
fn expected(chain: Chain, text: &str) -> Option<Address> {
    let bytes: [u8; 32] = hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok()?.try_into().ok()?;
    match chain {
        Chain::Ethereum => {
            let key = k256::ecdsa::SigningKey::from_slice(&bytes).ok()?;
            Some(Address::Evm(EvmAddress::from_public_key(key.verifying_key()).into_array()))
        }
        Chain::Solana => {
            let key = ed25519_dalek::SigningKey::from_bytes(&bytes);
            Some(Address::Solana(key.verifying_key().to_bytes()))
        }
    }
}
