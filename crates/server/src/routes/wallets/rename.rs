//! `PUT /v1/wallets/{id}`

use axum::Json;
use axum::extract::State;
use waiaas_api::wallets::{RenameWallet, Wallet};
use waiaas_core::ids::WalletId;

use crate::app::App;
use crate::extract::{Body, MasterAuth, Path};
use crate::routes::Answer;
use crate::shapes;

/// Renames a wallet.
#[utoipa::path(
    put,
    path = "/v1/wallets/{id}",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    request_body = RenameWallet,
    responses((status = 200, body = Wallet))
)]
pub(crate) async fn rename_wallet(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
    Body(request): Body<RenameWallet>,
) -> Answer<Wallet> {
    let engine = app.engine();
    let wallet = engine.operator(&master).rename_wallet(id, request.name).await?;
    Ok(Json(shapes::wallet(engine, wallet)))
}
