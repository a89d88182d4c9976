//! The one place that makes ids.

use uuid::Uuid;

/// An id of a row or a file, ordered by the time at which it was made.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn ordered() -> Uuid {
    Uuid::now_v7()
}

/// An id that says nothing and cannot be guessed: 122 bits from the operating system.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn random() -> Uuid {
    Uuid::new_v4()
}
