//! Stored secrets: the keystore header and sealed wallet keys have one form each.

use waiaas_keys::{KeystoreHeader, SealedKey};

pub(super) fn run(data: &[u8]) -> bool {
    let sealed = SealedKey::from_bytes(data);
    if let Ok(sealed) = &sealed {
        assert_eq!(sealed.to_bytes(), data);
        assert_eq!(sealed.address().chain(), sealed.chain());
        assert!(SealedKey::from_bytes(&[data, &[0]].concat()).is_err());
    }
    let Ok(text) = std::str::from_utf8(data) else { return sealed.is_ok() };
    let Ok(header) = KeystoreHeader::from_text(text) else { return sealed.is_ok() };
    assert_eq!(header.to_text(), text, "a second text of the same header");
    // No header makes guessing cheaper than the minimum: 19 MiB, two passes.
    let params = header.params();
    assert!(params.memory_kib() >= 19 * 1_024 && params.passes() >= 2 && params.lanes() >= 1);
    assert!(!format!("{header:?}").contains("wrapped"));
    true
}
