//! The expiry of signed bytes.

use crate::UnixSeconds;

/// The condition after which signed bytes can no longer land.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expiry {
    /// EVM: another transaction used this nonce of the sender in a final block.
    Nonce(u64),
    /// Solana: this block height is finalised and the signature is not on chain.
    BlockHeight(u64),
    /// A signed message that is invalid after this time. It does not show whether the message was used before.
    Time(UnixSeconds),
    /// A signed message without an expiry.
    Never,
}
