//! The keystore header: a small record with which the master password gives the root key. Other crates store
//! it as text and decide who may replace it.

mod format;
mod seal;
mod unlock;

pub use format::KeystoreHeader;
pub use seal::WrapError;
pub use unlock::UnlockError;
