//! Backups through the password, as an operator meets them.

use uuid::Uuid;
use waiaas_core::ids::InstanceId;
use waiaas_keys::backup::{self, OpenError};
use waiaas_keys::{KdfParams, KeystoreHeader, SecretString, Vault};

fn instance() -> InstanceId {
    InstanceId::new(Uuid::from_u128(77))
}

#[test]
fn a_backup_opens_with_its_password_only() {
    let password = SecretString::from("my-secret-password");
    let file = backup::seal(&password, instance(), KdfParams::MINIMUM, b"database").unwrap();
    assert!(file.starts_with(b"WAIAAS\0\x02"));
    assert!(!file.windows(8).any(|bytes| bytes == b"database"));
    let opened = backup::open(&password, &file).unwrap();
    assert_eq!((opened.instance, opened.plaintext.as_slice()), (instance(), b"database".as_slice()));
    let wrong = backup::open(&"my-secret-passwore".into(), &file).err();
    assert_eq!(wrong, Some(OpenError::WrongPassword));
    let cut = backup::open(&password, &file[..file.len() - 1]).err();
    assert_eq!(cut, Some(OpenError::Damaged));
    let again = backup::seal(&password, instance(), KdfParams::MINIMUM, b"database").unwrap();
    assert_ne!(file, again);
}

#[test]
fn an_unlocked_vault_backs_up_under_the_stored_header_before_and_after_a_password_change() {
    let (old, new) = (SecretString::from("old-password"), SecretString::from("new-password"));
    let (before, root) = KeystoreHeader::create(&old, instance(), KdfParams::MINIMUM).unwrap();
    let vault = Vault::new(root);
    let early = vault.seal_backup(&before, b"early").unwrap();
    let after = vault.rewrap(&new, KdfParams::MINIMUM).unwrap();
    let late = vault.seal_backup(&after, b"late").unwrap();
    assert_eq!(backup::open(&old, &early).unwrap().plaintext.as_slice(), b"early");
    assert_eq!(backup::open(&new, &early).err(), Some(OpenError::WrongPassword));
    assert_eq!(backup::open(&new, &late).unwrap().plaintext.as_slice(), b"late");
    assert_eq!(backup::open(&old, &late).err(), Some(OpenError::WrongPassword));
    let (foreign, _) = KeystoreHeader::create(&old, instance(), KdfParams::MINIMUM).unwrap();
    assert!(vault.seal_backup(&foreign, b"lost").is_err());
}

/// A file that an earlier build made, of a full chunk and a second one.
#[test]
fn a_backup_of_an_earlier_build_opens() {
    let file = include_bytes!("backups/version-1.waiaas-backup");
    let opened = backup::open(&"my-secret-password".into(), file).unwrap();
    let expected = (0..64 * 1024 + 1).map(|n| u8::try_from(n % 251).unwrap());
    assert_eq!(opened.instance, instance());
    assert!(opened.plaintext.iter().copied().eq(expected));
    let cut = backup::open(&"my-secret-password".into(), &file[..file.len() - 17]).err();
    assert_eq!(cut, Some(OpenError::Damaged), "without its last chunk");
}
