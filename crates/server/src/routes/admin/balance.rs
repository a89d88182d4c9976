//! `GET /v1/admin/wallets/{id}/balance`

use axum::Json;
use axum::extract::State;
use waiaas_api::balances::WalletBalances;
use waiaas_core::ids::WalletId;

use crate::app::App;
use crate::extract::{MasterAuth, Path};
use crate::routes::Answer;
use crate::shapes;

/// Shows a wallet's balances on all its networks.
#[utoipa::path(
    get,
    path = "/v1/admin/wallets/{id}/balance",
    tag = "admin",
    params(("id" = Uuid, Path, description = "The wallet")),
    responses((status = 200, body = WalletBalances))
)]
pub(crate) async fn wallet_balance(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Path(id): Path<WalletId>,
) -> Answer<WalletBalances> {
    let found = app.engine().operator(&master).holdings(id).await?;
    let balances = found.into_iter().map(|(network, held)| shapes::wallet_balance(&network, held)).collect();
    Ok(Json(WalletBalances { wallet_id: id, balances }))
}
