//! The only source of ids.

use uuid::Uuid;

/// Returns an id of a row or a file, ordered by creation time.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn ordered() -> Uuid {
    Uuid::now_v7()
}

/// Returns an unpredictable id: 122 bits from the operating system.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn random() -> Uuid {
    Uuid::new_v4()
}
