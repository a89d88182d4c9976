//! The stored header: its text, its damage, the real cost.

use uuid::Uuid;
use waiaas_core::ids::InstanceId;
use waiaas_keys::{KdfParams, KeystoreHeader, SecretString, UnlockError, WeakPassword, WrapError};

fn header(params: KdfParams) -> KeystoreHeader {
    let instance = InstanceId::new(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001));
    KeystoreHeader::create(&"my-secret-password".into(), instance, params).unwrap().0
}

/// Nothing here runs the KDF: damage is found before it.
#[test]
fn every_flipped_bit_and_every_truncation_is_refused() {
    let text = header(KdfParams::MINIMUM).to_text();
    assert!(text.len() < 1024);
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut altered = text.clone().into_bytes();
            altered[at] ^= 1 << bit;
            let refused = String::from_utf8(altered).map_or(true, |t| KeystoreHeader::from_text(&t).is_err());
            assert!(refused, "byte {at} bit {bit}");
        }
        assert!(KeystoreHeader::from_text(&text[..at]).is_err(), "{at}");
    }
    for spelling in [text.replace(',', ", "), format!("{text}\n"), text.to_uppercase(), format!("[{text}]")] {
        assert!(KeystoreHeader::from_text(&spelling).is_err(), "{spelling}");
    }
}

#[test]
fn cheaper_or_dearer_parameters_than_the_bounds_are_refused_by_name() {
    let text = header(KdfParams::MINIMUM).to_text();
    let edit = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        KeystoreHeader::from_text(&text.replacen(from, to, 1)).err()
    };
    let cost = |found: Option<UnlockError>| matches!(found, Some(UnlockError::CostRefused(_)));
    assert!(cost(edit(r#""memory_kib":19456"#, r#""memory_kib":8"#)));
    assert!(cost(edit(r#""memory_kib":19456"#, r#""memory_kib":19455"#)));
    assert!(cost(edit(r#""memory_kib":19456"#, r#""memory_kib":4294967295"#)));
    assert!(cost(edit(r#""passes":2"#, r#""passes":1"#)));
    assert!(cost(edit(r#""passes":2"#, r#""passes":4000000000"#)));
    assert!(cost(edit(r#""lanes":1"#, r#""lanes":0"#)));
    let unsupported = Some(UnlockError::Unsupported);
    assert_eq!(edit(r#""version":1"#, r#""version":2"#), unsupported);
    assert_eq!(edit("argon2id", "argon2i"), unsupported);
    assert_eq!(edit(r#""version":19"#, r#""version":16"#), unsupported);
    assert_eq!(edit("xchacha20-poly1305", "none"), unsupported);
    assert_eq!(KeystoreHeader::from_text("").err(), Some(UnlockError::Damaged));
}

#[test]
fn two_headers_of_one_password_share_nothing_secret() {
    let (one, two) = (header(KdfParams::MINIMUM), header(KdfParams::MINIMUM));
    let field = |header: &KeystoreHeader, name: &str| {
        let text = header.to_text();
        let value = text.split(&format!("\"{name}\":\"")).nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    for name in ["root", "salt", "wrapped", "commitment"] {
        assert_ne!(field(&one, name), field(&two, name), "{name}");
    }
}

#[test]
fn the_default_cost_unlocks() {
    let started = std::time::Instant::now();
    let header = header(KdfParams::default());
    let created = started.elapsed();
    let text = header.to_text();
    assert!(text.contains(r#""memory_kib":65536,"passes":3,"lanes":1"#));
    let started = std::time::Instant::now();
    let root = KeystoreHeader::from_text(&text).unwrap().unlock(&"my-secret-password".into()).unwrap();
    println!("64 MiB, 3 passes: created in {created:?}, unlocked in {:?}", started.elapsed());
    assert_eq!(root.instance(), header.instance());
}

#[test]
fn a_header_is_not_made_for_a_weak_password() {
    let instance = InstanceId::new(Uuid::from_u128(1));
    let create = |password: &str| {
        KeystoreHeader::create(&SecretString::from(password), instance, KdfParams::MINIMUM).map(|_| ()).err()
    };
    assert_eq!(create("short"), Some(WrapError::WeakPassword(WeakPassword::TooShort)));
    assert_eq!(create("aaaaaaaaaaaa"), Some(WrapError::WeakPassword(WeakPassword::TooUniform)));
}
