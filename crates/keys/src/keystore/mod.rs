//! The keystore header: the one small record that turns the master password into the root key. It is
//! stored as text by others; who may replace it is not decided here.

mod format;
mod seal;
mod unlock;

pub use format::KeystoreHeader;
pub use seal::WrapError;
pub use unlock::UnlockError;
