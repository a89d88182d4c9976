//! Sealed backups: only the sealed bytes can be opened.

use std::sync::LazyLock;

use waiaas_core::ids::InstanceId;
use waiaas_keys::backup::open_with;
use waiaas_keys::{KdfParams, KeystoreHeader, RootKey};

/// A backup made once, and the key that opens it. Its header contains the wrapped key; the password is not
/// secret.
static SEALED: &[u8] = include_bytes!("../../seeds/backup/sealed");
static ROOT: LazyLock<Option<(RootKey, InstanceId)>> = LazyLock::new(|| {
    // Magic, version and length come before the header's text.
    let length = SEALED.get(10..14)?.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes))?;
    let text = SEALED.get(14..14 + usize::try_from(length).ok()?)?;
    let header = KeystoreHeader::from_text(std::str::from_utf8(text).ok()?).ok()?;
    assert_eq!(header.params(), KdfParams::MINIMUM);
    Some((header.unlock(&"a password that everybody may know".into()).ok()?, header.instance()))
});

pub(super) fn run(data: &[u8]) -> bool {
    let Some((root, instance)) = ROOT.as_ref() else { unreachable!("the seed is a backup") };
    let opened = open_with(root, data);
    match &opened {
        Ok(opened) => {
            assert_eq!(data, SEALED, "other bytes were opened");
            assert_eq!(opened.instance, *instance);
        }
        Err(error) => assert!(data != SEALED, "{error}"),
    }
    opened.is_ok()
}
