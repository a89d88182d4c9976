//! `GET /v1/wallet/address`

use axum::Json;
use axum::extract::State;
use waiaas_api::page::WalletQuery;
use waiaas_api::wallets::WalletAddress;

use crate::app::App;
use crate::extract::{Query, SessionAuth};
use crate::routes::Answer;
use crate::shapes;

/// Shows the wallet's address.
#[utoipa::path(
    get,
    path = "/v1/wallet/address",
    tag = "wallet",
    params(WalletQuery),
    responses((status = 200, body = WalletAddress))
)]
pub(crate) async fn get_address(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    Query(query): Query<WalletQuery>,
) -> Answer<WalletAddress> {
    let engine = app.engine();
    let wallet = engine.agent(&session).wallet(query.wallet_id).await?;
    Ok(Json(WalletAddress {
        wallet_id: wallet.id,
        chain: wallet.chain,
        network: shapes::default_network(engine, &wallet),
        address: wallet.address.to_string(),
    }))
}
