//! `POST /v1/wallets/import`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::wallets::{ImportWallet, Wallet};
use waiaas_engine::NewWallet;

use crate::app::App;
use crate::extract::{Body, MasterAuth};
use crate::problem::Failure;
use crate::shapes;

/// Creates a wallet from an existing private key.
#[utoipa::path(
    post,
    path = "/v1/wallets/import",
    tag = "wallets",
    request_body = ImportWallet,
    responses((status = 201, body = Wallet))
)]
pub(crate) async fn import_wallet(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Body(request): Body<ImportWallet>,
) -> Result<(StatusCode, Json<Wallet>), Failure> {
    let engine = app.engine();
    let new = NewWallet { name: request.name, chain: request.chain, environment: request.environment };
    let wallet = engine.operator(&master).import_wallet(new, request.private_key.into_inner()).await?;
    Ok((StatusCode::CREATED, Json(shapes::wallet(engine, wallet))))
}
