//! `POST /v1/wallets/{id}/wc/pair`, `GET …/wc/pair/status`, `GET`, `DELETE …/wc/session`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::walletconnect::{WalletConnectPairing, WalletConnectSession, WalletConnectStatus};
use waiaas_core::ids::WalletId;

use crate::app::App;
use crate::extract::{MasterAuth, Path};
use crate::problem::Failure;
use crate::routes::Answer;
use crate::shapes;

/// Opens a pairing with the wallet app of a wallet's owner.
///
/// The owner opens the URI in an app that speaks WalletConnect v2, or scans the QR code. The app's account must be the
/// owner's. An owner that is not yet LOCKED is asked for the proof first. From then on the app receives each
/// transaction and each pending change that waits for this owner.
#[utoipa::path(
    post,
    path = "/v1/wallets/{id}/wc/pair",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    responses((status = 200, body = WalletConnectPairing))
)]
pub(crate) async fn pair_wallet_app(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
) -> Answer<WalletConnectPairing> {
    let pairing = app.engine().operator(&master).pair_wallet_app(id).await?;
    Ok(Json(shapes::pairing(&pairing).ok_or_else(shapes::no_qr_code)?))
}

/// Returns the state of a wallet's last pairing since the daemon's start, and its session.
#[utoipa::path(
    get,
    path = "/v1/wallets/{id}/wc/pair/status",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    responses((status = 200, body = WalletConnectStatus))
)]
pub(crate) async fn wallet_app_pairing(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
) -> Answer<WalletConnectStatus> {
    let (state, session) = app.engine().operator(&master).wallet_app_pairing(id).await?;
    Ok(Json(shapes::pairing_status(state, session)))
}

/// Returns a wallet's session with its owner's wallet app.
#[utoipa::path(
    get,
    path = "/v1/wallets/{id}/wc/session",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    responses((status = 200, body = WalletConnectSession))
)]
pub(crate) async fn wallet_app(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
) -> Answer<WalletConnectSession> {
    Ok(Json(shapes::wallet_app(app.engine().operator(&master).wallet_app(id).await?)))
}

/// Ends a wallet's session with its owner's wallet app. What waits can still be answered over every other way.
#[utoipa::path(
    delete,
    path = "/v1/wallets/{id}/wc/session",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    responses((status = 204, description = "Ended"))
)]
pub(crate) async fn end_wallet_app(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
) -> Result<StatusCode, Failure> {
    app.engine().operator(&master).end_wallet_app(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
