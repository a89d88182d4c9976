//! `GET /v1/wallet/assets`

use axum::Json;
use axum::extract::State;
use waiaas_api::balances::{AllAssets, AssetsAnswer, HoldingsQuery};

use super::ALL;
use crate::app::App;
use crate::extract::{Query, SessionAuth};
use crate::routes::Answer;
use crate::shapes;

/// Lists the wallet's assets on one network, or with `network=all` on all its networks.
#[utoipa::path(
    get,
    path = "/v1/wallet/assets",
    tag = "wallet",
    params(HoldingsQuery),
    responses((status = 200, body = AssetsAnswer))
)]
pub(crate) async fn get_assets(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    Query(query): Query<HoldingsQuery>,
) -> Answer<AssetsAnswer> {
    let engine = app.engine();
    if query.network.as_deref() != Some(ALL) {
        let view = engine.agent(&session).assets(query.wallet_id, query.network.as_deref()).await?;
        return Ok(Json(AssetsAnswer::One(shapes::assets(view))));
    }
    let wallet = engine.agent(&session).wallet(query.wallet_id).await?;
    let mut network_assets = Vec::new();
    for network in engine.networks_of(&wallet) {
        let view = engine.agent(&session).assets(Some(wallet.id), Some(network.id.as_str())).await;
        network_assets.push(shapes::network_assets(&network, view));
    }
    let (wallet_id, chain, environment) = (wallet.id, wallet.chain, wallet.environment);
    Ok(Json(AssetsAnswer::All(AllAssets { wallet_id, chain, environment, network_assets })))
}
