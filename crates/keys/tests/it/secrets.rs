//! Small secrets: bound to purpose, id and installation.

use proptest::prelude::*;
use std::sync::LazyLock;
use uuid::Uuid;
use waiaas_core::ids::{InstanceId, WalletId};
use waiaas_core::network::Chain;
use waiaas_keys::{ExposeSecret, KdfParams, KeystoreHeader, Purpose, SecretError, SecretSlice, Vault};

const PURPOSES: [Purpose; 4] =
    [Purpose::SessionSigning, Purpose::Settings, Purpose::Webhooks, Purpose::Channels];

static VAULT: LazyLock<Vault> = LazyLock::new(vault);

fn vault() -> Vault {
    let instance = InstanceId::new(Uuid::from_u128(1));
    let made = KeystoreHeader::create(&"my-secret-password".into(), instance, KdfParams::MINIMUM);
    Vault::new(made.unwrap().1)
}

fn secret(bytes: &[u8]) -> SecretSlice<u8> {
    bytes.to_vec().into()
}

proptest! {
    #[test]
    fn opens_for_its_purpose_and_id_only(bytes: Vec<u8>, id: String, other: String, p in 0usize..4, q in 0usize..4) {
        let (purpose, elsewhere) = (PURPOSES[p], PURPOSES[q]);
        let sealed = VAULT.seal_secret(purpose, &id, &secret(&bytes)).unwrap();
        let opened = VAULT.open_secret(purpose, &id, &sealed).unwrap();
        prop_assert_eq!(opened.expose_secret(), bytes.as_slice());
        if other != id {
            prop_assert!(VAULT.open_secret(purpose, &other, &sealed).is_err());
        }
        if elsewhere != purpose {
            prop_assert!(VAULT.open_secret(elsewhere, &id, &sealed).is_err());
        }
    }
}

#[test]
fn every_flipped_bit_and_every_truncation_is_refused() {
    let sealed = VAULT.seal_secret(Purpose::SessionSigning, "kid-1", &secret(b"key")).unwrap();
    let open = |bytes: &[u8]| VAULT.open_secret(Purpose::SessionSigning, "kid-1", bytes).map(|_| ());
    assert_eq!(open(&sealed), Ok(()));
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut altered = sealed.clone();
            altered[at] ^= 1 << bit;
            assert!(open(&altered).is_err(), "byte {at} bit {bit}");
        }
        assert!(open(&sealed[..at]).is_err(), "{at}");
    }
    assert_eq!(open(&[9]), Err(SecretError::Unsupported(9)));
}

#[test]
fn another_installation_opens_nothing_and_two_seals_differ() {
    let seal = || VAULT.seal_secret(Purpose::Settings, "rpc", &secret(b"api key")).unwrap();
    let (one, two) = (seal(), seal());
    assert_ne!(one, two);
    assert_eq!(vault().open_secret(Purpose::Settings, "rpc", &one).err(), Some(SecretError::Damaged));
}

/// The two kinds of item have the same shape behind their heads, but not the same sub-key.
#[test]
fn a_sealed_private_key_does_not_open_as_a_small_secret() {
    let wallet = WalletId::new(Uuid::from_u128(2));
    for (chain, head) in [(Chain::Solana, 50), (Chain::Ethereum, 51)] {
        let bytes = VAULT.generate(wallet, chain).unwrap().0.to_bytes();
        let body = [&[1], &bytes[head..]].concat();
        assert_eq!(body.len(), VAULT.seal_secret(Purpose::Settings, "", &secret(&[0; 32])).unwrap().len());
        for purpose in PURPOSES {
            let refused = VAULT.open_secret(purpose, &wallet.to_string(), &body).err();
            assert_eq!(refused, Some(SecretError::Damaged));
        }
    }
}

#[test]
fn generated_secrets_are_random_and_open() {
    let make = || VAULT.generate_secret(Purpose::Webhooks, "hook").unwrap();
    let ((one, sealed), (two, _)) = (make(), make());
    assert_ne!(one.expose_secret(), two.expose_secret());
    assert!(one.expose_secret().len() == 64 && one.expose_secret().bytes().all(|b| b.is_ascii_hexdigit()));
    let opened = VAULT.open_secret(Purpose::Webhooks, "hook", &sealed).unwrap();
    assert_eq!(opened.expose_secret(), one.expose_secret().as_bytes());
}
