use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qrcode::QrCode;
use qrcode::render::svg::Color;
use secrecy::ExposeSecret as _;
use waiaas_api::walletconnect::{
    WalletConnectPairing, WalletConnectSession, WalletConnectState, WalletConnectStatus,
};
use waiaas_engine::{Error, Pairing, PairingState, WalletConnectRow};

/// Width and height of the image, in pixels.
const SIZE: u32 = 320;

/// None if the URI is too long for a QR code.
pub(crate) fn pairing(pairing: &Pairing) -> Option<WalletConnectPairing> {
    let uri = pairing.uri.expose_secret();
    let code = QrCode::new(uri).ok()?;
    let image = code.render::<Color<'_>>().min_dimensions(SIZE, SIZE).build();
    Some(WalletConnectPairing {
        uri: uri.to_owned(),
        qr_code: format!("data:image/svg+xml;base64,{}", STANDARD.encode(image)),
        expires_at: pairing.expires_at,
    })
}

pub(crate) fn no_qr_code() -> Error {
    Error::internal("a pairing URI that fits no QR code")
}

pub(crate) fn pairing_status(state: PairingState, session: Option<WalletConnectRow>) -> WalletConnectStatus {
    let (status, reason) = match state {
        PairingState::None => (WalletConnectState::None, None),
        PairingState::Pending { .. } => (WalletConnectState::Pending, None),
        PairingState::Connected => (WalletConnectState::Connected, None),
        PairingState::Expired => (WalletConnectState::Expired, None),
        PairingState::Refused { reason } => (WalletConnectState::Refused, Some(reason)),
    };
    WalletConnectStatus { status, reason, session: session.map(wallet_app) }
}

pub(crate) fn wallet_app(row: WalletConnectRow) -> WalletConnectSession {
    WalletConnectSession {
        wallet_id: row.wallet,
        topic: row.topic,
        peer_name: row.peer_name,
        peer_url: row.peer_url,
        chain_id: row.chains.into_iter().next().unwrap_or_default(),
        owner_address: row.owner.to_string(),
        expiry: row.expires_at,
        created_at: row.created_at,
    }
}
