//! `DELETE /v1/wallets/{id}`, `POST /v1/wallets/{id}/suspend`, `POST /v1/wallets/{id}/resume`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::changes::Change;
use waiaas_api::wallets::{SuspendWallet, WalletStatusChange};
use waiaas_core::ids::WalletId;

use crate::app::App;
use crate::extract::{MasterAuth, MaybeBody, MaybeLocal, Path};
use crate::problem::Failure;
use crate::routes::{Answer, Settled};
use crate::shapes;

/// Terminates a wallet. Its key stays encrypted in the database.
///
/// If its owner is LOCKED, only the Unix socket in the data directory answers: over TCP it is 403
/// `SOCKET_ONLY`.
#[utoipa::path(
    delete,
    path = "/v1/wallets/{id}",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    responses((status = 200, body = WalletStatusChange))
)]
pub(crate) async fn terminate_wallet(
    MasterAuth(master): MasterAuth,
    MaybeLocal(local): MaybeLocal,
    State(app): State<App>,
    Path(id): Path<WalletId>,
) -> Answer<WalletStatusChange> {
    Ok(Json(shapes::status_change(
        app.engine().operator(&master).terminate_wallet(local.as_ref(), id).await?,
    )))
}

/// Suspends a wallet, so that it cannot sign.
#[utoipa::path(
    post,
    path = "/v1/wallets/{id}/suspend",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    request_body(content = Option<SuspendWallet>, content_type = "application/json"),
    responses((status = 200, body = WalletStatusChange))
)]
pub(crate) async fn suspend_wallet(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
    MaybeBody(request): MaybeBody<SuspendWallet>,
) -> Answer<WalletStatusChange> {
    Ok(Json(shapes::status_change(app.engine().operator(&master).suspend_wallet(id, request.reason).await?)))
}

/// Resumes a suspended wallet.
///
/// If the wallet's owner is LOCKED, the answer is 202: it waits for that owner's signature.
#[utoipa::path(
    post,
    path = "/v1/wallets/{id}/resume",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    responses(
        (status = 200, body = WalletStatusChange),
        (status = 202, body = Change, description = "It waits for the owner"),
    )
)]
pub(crate) async fn resume_wallet(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
) -> Result<Settled<WalletStatusChange>, Failure> {
    let resumed = app.engine().operator(&master).resume_wallet(id).await?;
    Ok(Settled::of(resumed, StatusCode::OK, shapes::status_change))
}
