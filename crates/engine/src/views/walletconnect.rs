//! Pairings and sessions with owners' wallet apps.

use secrecy::SecretString;
use waiaas_core::UnixSeconds;

pub use waiaas_store::WalletConnectRow;

/// A pairing that waits for a wallet app.
#[derive(Clone, Debug)]
pub struct Pairing {
    /// The URI for the app, as a QR code or a link. Whoever has it can answer as the app.
    pub uri: SecretString,
    /// From this second on it is not answered.
    pub expires_at: UnixSeconds,
}

/// The state of a wallet's last pairing since the daemon's start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PairingState {
    /// There was none.
    None,
    /// It waits for the app.
    Pending {
        /// Its end.
        expires_at: UnixSeconds,
    },
    /// The app answered, and the session exists or existed.
    Connected,
    /// No app answered in time.
    Expired,
    /// The app refused, or offers another account.
    Refused {
        /// Why, in one sentence.
        reason: String,
    },
}
