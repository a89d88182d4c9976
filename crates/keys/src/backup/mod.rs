//! Sealed backups: one file format, opened by the master password that was valid when the backup was made.
//!
//! `magic (8) ‖ version (2) ‖ header length (4) ‖ keystore header text ‖ nonce prefix (19) ‖ chunks`,
//! integers big-endian. The keystore header carries the KDF parameters, the salt and the wrapped root key, so
//! an unlocked daemon makes backups without asking for the password, and a backup opens on an empty machine.
//! Everything before the chunks is their associated data. Does not belong here: the contents of a backup.

mod open;
mod seal;
mod stream;

pub use open::{OpenError, Opened, open, open_with, read_with, unlock};
pub use seal::{SealError, seal};
pub use stream::{Opener, Sealer};

/// First bytes of every backup.
const MAGIC: &[u8; 8] = b"WAIAAS\0\x02";
/// The only version so far.
const VERSION: u16 = 1;
