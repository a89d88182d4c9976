//! `Vault::sign`, the only way to a signature: the calls that it accepts, and those that it refuses.

use ed25519_dalek::{Signature, VerifyingKey};
use std::sync::LazyLock;
use uuid::Uuid;
use waiaas_core::address::Address;
use waiaas_core::clearance::{Clearance, Obligation, StopConditions};
use waiaas_core::digest::Digest;
use waiaas_core::draft::{Completed, Draft, SigningPayload};
use waiaas_core::ids::{InstanceId, TxId, WalletId};
use waiaas_core::network::{Chain, NetworkId};
use waiaas_core::policy::Tier;
use waiaas_core::wallet::{KillSwitch, WalletStatus};
use waiaas_keys::{KdfParams, KeyError, KeystoreHeader, SealedKey, SignError, Vault};

static VAULT: LazyLock<Vault> = LazyLock::new(vault);

fn vault() -> Vault {
    let instance = InstanceId::new(Uuid::from_u128(1));
    let made = KeystoreHeader::create(&"my-secret-password".into(), instance, KdfParams::MINIMUM);
    Vault::new(made.unwrap().1)
}

fn wallet(id: u128) -> WalletId {
    WalletId::new(Uuid::from_u128(id))
}

fn draft(from: Address, body: &[u8]) -> Draft {
    Draft { network: NetworkId::new("local"), from, body: body.to_vec() }
}

fn cleared(wallet: WalletId, digest: Digest) -> Clearance {
    let tx = TxId::new(Uuid::from_u128(3));
    let obligation = Obligation { tx, wallet, digest, tier: Tier::Instant, execute_after: None };
    let stop_conditions = StopConditions {
        wallet: WalletStatus::Active,
        kill_switch: KillSwitch::Running,
        admitted_generation: 0,
        generation: 0,
        session_revoked: false,
        session_unlinked: false,
    };
    obligation.clear(digest, None, stop_conditions, 0).unwrap()
}

fn payload(chain: Chain) -> SigningPayload {
    match chain {
        Chain::Solana => SigningPayload::Ed25519(b"message".to_vec()),
        Chain::Ethereum => SigningPayload::Secp256k1([9; 32]),
    }
}

/// A wallet and a completed transaction of it.
fn ready(id: u128, chain: Chain) -> (SealedKey, Address, Completed) {
    let (sealed, address) = VAULT.generate(wallet(id), chain).unwrap();
    let completed = Completed::new(&draft(address, b"body"), b"unsigned".to_vec(), payload(chain));
    (sealed, address, completed)
}

#[test]
fn what_was_cleared_is_signed_by_the_wallets_key() {
    let (sealed, address, completed) = ready(2, Chain::Solana);
    let signature = VAULT.sign(cleared(wallet(2), completed.draft()), &completed, &sealed, address).unwrap();
    let key = VerifyingKey::from_bytes(address.as_bytes().try_into().unwrap()).unwrap();
    key.verify_strict(b"message", &Signature::from_slice(&signature).unwrap()).unwrap();

    let (sealed, address, completed) = ready(2, Chain::Ethereum);
    let signature = VAULT.sign(cleared(wallet(2), completed.draft()), &completed, &sealed, address).unwrap();
    assert_eq!(signature.len(), 65);
    assert!(signature[64] < 2);
    let read = alloy_primitives::Signature::from_raw(&signature).unwrap();
    let signer = read.recover_address_from_prehash(&[9; 32].into()).unwrap();
    assert_eq!(Address::Evm(signer.into_array()), address);
}

#[test]
fn a_clearance_of_anything_else_signs_nothing() {
    for chain in [Chain::Solana, Chain::Ethereum] {
        let (sealed, address, completed) = ready(2, chain);
        let sign = |clearance, sealed, address| VAULT.sign(clearance, &completed, sealed, address).err();
        let digest = completed.draft();
        assert_eq!(sign(cleared(wallet(2), digest), &sealed, address), None);
        assert_eq!(sign(cleared(wallet(3), digest), &sealed, address), Some(SignError::OtherWallet));
        let other = draft(address, b"other body").digest();
        assert_eq!(sign(cleared(wallet(2), other), &sealed, address), Some(SignError::OtherTransaction));
        let (stranger, elsewhere, _) = ready(3, chain);
        assert_eq!(sign(cleared(wallet(2), digest), &stranger, address), Some(SignError::OtherWallet));
        let (sibling, _, _) = ready(2, chain);
        assert_eq!(sign(cleared(wallet(2), digest), &sibling, address), Some(SignError::OtherAddress));
        assert_eq!(sign(cleared(wallet(2), digest), &sealed, elsewhere), Some(SignError::OtherAddress));
    }
}

#[test]
fn a_payload_of_the_other_chain_is_not_signed() {
    for (chain, other) in [(Chain::Solana, Chain::Ethereum), (Chain::Ethereum, Chain::Solana)] {
        let (sealed, address, _) = ready(2, chain);
        let completed = Completed::new(&draft(address, b"body"), Vec::new(), payload(other));
        let refused = VAULT.sign(cleared(wallet(2), completed.draft()), &completed, &sealed, address);
        assert_eq!(refused, Err(SignError::OtherChain));
    }
}

#[test]
fn a_key_moved_to_another_wallet_or_vault_signs_nothing() {
    let (sealed, address, completed) = ready(2, Chain::Solana);
    let mut bytes = sealed.to_bytes();
    bytes[2..18].copy_from_slice(wallet(5).uuid().as_bytes());
    let moved = SealedKey::from_bytes(&bytes).unwrap();
    assert_eq!(moved.wallet(), wallet(5));
    let refused = VAULT.sign(cleared(wallet(5), completed.draft()), &completed, &moved, address);
    assert_eq!(refused, Err(SignError::DamagedKey));
    let elsewhere = vault().sign(cleared(wallet(2), completed.draft()), &completed, &sealed, address);
    assert_eq!(elsewhere, Err(SignError::DamagedKey));
}

#[test]
fn keys_survive_storage_restart_and_password_change() {
    let instance = InstanceId::new(Uuid::from_u128(8));
    let (header, root) =
        KeystoreHeader::create(&"old-password".into(), instance, KdfParams::MINIMUM).unwrap();
    let vault = Vault::new(root);
    let (sealed, address) = vault.generate(wallet(2), Chain::Ethereum).unwrap();
    let stored =
        (vault.rewrap(&"new-password".into(), KdfParams::MINIMUM).unwrap().to_text(), sealed.to_bytes());
    drop(vault);
    // Either header that a crash may leave opens the same keys with its own password.
    for (text, password) in [(stored.0, "new-password"), (header.to_text(), "old-password")] {
        let root = KeystoreHeader::from_text(&text).unwrap().unlock(&password.into()).unwrap();
        let sealed = SealedKey::from_bytes(&stored.1).unwrap();
        let completed = Completed::new(&draft(address, b"body"), Vec::new(), payload(Chain::Ethereum));
        let clearance = cleared(wallet(2), completed.draft());
        assert_eq!(Vault::new(root).sign(clearance, &completed, &sealed, address).unwrap().len(), 65);
    }
}

#[test]
fn an_imported_key_has_its_known_address_and_signs() {
    let private = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    let (sealed, address) = VAULT.import(wallet(2), Chain::Ethereum, private.into()).unwrap();
    assert_eq!(address.to_string(), "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    assert_eq!((sealed.chain(), sealed.wallet(), sealed.address()), (Chain::Ethereum, wallet(2), address));
    let completed = Completed::new(&draft(address, b"body"), Vec::new(), payload(Chain::Ethereum));
    let signed = VAULT.sign(cleared(wallet(2), completed.draft()), &completed, &sealed, address);
    assert!(signed.is_ok());
    let nonsense = VAULT.import(wallet(2), Chain::Solana, private[..20].into()).err();
    assert_eq!(nonsense, Some(KeyError::NotAKey));
    let shown = format!("{sealed:?}");
    assert!(!shown.contains("ac0974be") && shown.contains("0xf39Fd6e51aad"), "{shown}");
}

#[test]
fn generated_keys_are_all_different() {
    let addresses: std::collections::HashSet<Address> =
        (0..64).map(|n| VAULT.generate(wallet(n), Chain::Solana).unwrap().1).collect();
    assert_eq!(addresses.len(), 64);
}
