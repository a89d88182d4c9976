//! Owners' wallet apps over WalletConnect.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::WalletId;

/// A pairing that waits for the wallet app of an owner.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletConnectPairing {
    /// The URI for the app (`wc:…`). Whoever has it can answer as the app, so show it to the owner alone.
    pub uri: String,
    /// The URI as a QR code: an SVG image as a data URL.
    pub qr_code: String,
    /// From this time on it is not answered.
    pub expires_at: UnixSeconds,
}

impl fmt::Debug for WalletConnectPairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WalletConnectPairing").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The state of a wallet's last pairing since the daemon's start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WalletConnectState {
    /// There is no pairing and no session.
    None,
    /// The pairing waits for the app.
    Pending,
    /// There is a session.
    Connected,
    /// No app answered in time.
    Expired,
    /// The app refused, or offers another account than the owner's.
    Refused,
}

/// The state of a pairing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletConnectStatus {
    /// The state.
    pub status: WalletConnectState,
    /// Why the pairing was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The session, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<WalletConnectSession>,
}

/// A session with the wallet app of a wallet's owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletConnectSession {
    /// The wallet.
    #[schema(value_type = uuid::Uuid)]
    pub wallet_id: WalletId,
    /// Its topic on the relay.
    pub topic: String,
    /// The app's name for itself. Foreign text.
    pub peer_name: String,
    /// The app's home page, in its own words. Foreign text.
    pub peer_url: String,
    /// The chain on which the owner's account is asked (CAIP-2), the first of those that the app offers.
    pub chain_id: String,
    /// The owner who is asked.
    pub owner_address: String,
    /// From this time on it does not exist, unless it is extended.
    pub expiry: UnixSeconds,
    /// Time of its settlement.
    pub created_at: UnixSeconds,
}
