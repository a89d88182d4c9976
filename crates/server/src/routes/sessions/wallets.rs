//! `GET`, `POST /v1/sessions/{id}/wallets`, `DELETE /v1/sessions/{id}/wallets/{walletId}`,
//! `PUT /v1/sessions/{id}/default-wallet`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::sessions::{LinkWallet, SessionWallet, SessionWallets, WalletLink};
use waiaas_core::ids::{SessionId, WalletId};

use crate::app::App;
use crate::extract::{Body, MasterAuth, Path};
use crate::problem::Failure;
use crate::routes::Answer;

/// Lists the wallets that are linked to a session.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}/wallets",
    tag = "sessions",
    params(("id" = Uuid, Path, description = "The session")),
    responses((status = 200, body = SessionWallets))
)]
pub(crate) async fn list_session_wallets(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<SessionId>,
) -> Answer<SessionWallets> {
    let wallets = app.engine().operator(&master).session_wallets(id).await?;
    let wallets = wallets.into_iter().map(|w| SessionWallet { id: w.id, name: w.name, chain: w.chain });
    Ok(Json(SessionWallets { wallets: wallets.collect() }))
}

/// Links a wallet to a session.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/wallets",
    tag = "sessions",
    params(("id" = Uuid, Path, description = "The session")),
    request_body = LinkWallet,
    responses((status = 201, body = WalletLink))
)]
pub(crate) async fn add_session_wallet(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<SessionId>,
    Body(request): Body<LinkWallet>,
) -> Result<(StatusCode, Json<WalletLink>), Failure> {
    app.engine().operator(&master).add_session_wallet(id, request.wallet_id).await?;
    Ok((StatusCode::CREATED, Json(WalletLink { session_id: id, wallet_id: request.wallet_id })))
}

/// Unlinks a wallet from a session. The last wallet cannot be unlinked.
#[utoipa::path(
    delete,
    path = "/v1/sessions/{id}/wallets/{walletId}",
    tag = "sessions",
    params(
        ("id" = Uuid, Path, description = "The session"),
        ("walletId" = Uuid, Path, description = "The wallet"),
    ),
    responses((status = 204, description = "Unlinked"))
)]
pub(crate) async fn remove_session_wallet(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path((id, wallet)): Path<(SessionId, WalletId)>,
) -> Result<StatusCode, Failure> {
    app.engine().operator(&master).remove_session_wallet(id, wallet).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a session's default wallet, which its read requests use if they name none.
#[utoipa::path(
    put,
    path = "/v1/sessions/{id}/default-wallet",
    tag = "sessions",
    params(("id" = Uuid, Path, description = "The session")),
    request_body = LinkWallet,
    responses((status = 200, body = WalletLink))
)]
pub(crate) async fn set_default_wallet(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<SessionId>,
    Body(request): Body<LinkWallet>,
) -> Answer<WalletLink> {
    app.engine().operator(&master).set_default_wallet(id, request.wallet_id).await?;
    Ok(Json(WalletLink { session_id: id, wallet_id: request.wallet_id }))
}
