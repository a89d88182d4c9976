//! `PUT /v1/wallets/{id}/default-network`

use axum::Json;
use axum::extract::State;
use waiaas_api::wallets::{SetDefaultNetwork, Wallet};
use waiaas_core::ids::WalletId;

use crate::app::App;
use crate::extract::{Body, MasterAuth, Path};
use crate::routes::Answer;
use crate::shapes;

/// Sets a wallet's default network, which requests that name no network use; `null` removes it.
#[utoipa::path(
    put,
    path = "/v1/wallets/{id}/default-network",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    request_body = SetDefaultNetwork,
    responses((status = 200, body = Wallet))
)]
pub(crate) async fn set_default_network(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
    Body(request): Body<SetDefaultNetwork>,
) -> Answer<Wallet> {
    let engine = app.engine();
    let wallet = engine.operator(&master).set_default_network(id, request.network.as_deref()).await?;
    Ok(Json(shapes::wallet(engine, wallet)))
}
