//! WalletConnect v2: the daemon is the dApp, the owner's wallet is the peer. Both exchange sealed messages over a
//! relay, which sees topics and sizes alone.
//!
//! Belongs here: the relay protocol, the Sign protocol, and the texts to sign in their wire form. Does not belong
//! here: which question is asked, and what an answer means.
//!
//! Source: the WalletConnect specifications, "Core API" (crypto, relay, pairing) and "Sign API".

mod crypto;
mod identity;
mod pairing;
mod relay;
mod request;
mod rpc;
mod session;

pub use crypto::{SymKey, Topic};
pub use identity::Identity;
pub use pairing::{Asked, Pairing, PairingError};
pub use relay::{Delivery, LinkError, Relay, RelayConfig};
pub use request::{Answer, Refusal, Request};
pub use rpc::{Content, Tag};
pub use session::{Account, Peer, Session, SessionCall, SettleError};

/// The source of random bytes; none if the operating system gives none.
pub type Random = fn() -> Option<[u8; 32]>;

/// The id of a request of ours: the time in microseconds, with random low digits. It stays below 2^53, since peers
/// read it as a JSON number of 64 bits floating point.
pub fn fresh_id(now: waiaas_core::UnixSeconds, random: [u8; 32]) -> u64 {
    let [a, b, c, d, ..] = random;
    let low = u64::from(u32::from_be_bytes([a, b, c, d]) % 1_000_000);
    u64::try_from(now).unwrap_or(0).saturating_mul(1_000_000).saturating_add(low)
}
