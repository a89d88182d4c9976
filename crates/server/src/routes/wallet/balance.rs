//! `GET /v1/wallet/balance`

use axum::Json;
use axum::extract::State;
use waiaas_api::balances::{AllBalances, BalanceAnswer, HoldingsQuery};

use super::ALL;
use crate::app::App;
use crate::extract::{Query, SessionAuth};
use crate::routes::Answer;
use crate::shapes;

/// Shows the native balance on one network, or with `network=all` on every network of the wallet.
#[utoipa::path(
    get,
    path = "/v1/wallet/balance",
    tag = "wallet",
    params(HoldingsQuery),
    responses((status = 200, body = BalanceAnswer))
)]
pub(crate) async fn get_balance(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    Query(query): Query<HoldingsQuery>,
) -> Answer<BalanceAnswer> {
    let engine = app.engine();
    if query.network.as_deref() != Some(ALL) {
        let view = engine.agent(&session).balance(query.wallet_id, query.network.as_deref()).await?;
        return Ok(Json(BalanceAnswer::One(shapes::balance(view))));
    }
    let wallet = engine.agent(&session).wallet(query.wallet_id).await?;
    let mut balances = Vec::new();
    for network in engine.networks_of(&wallet) {
        let view = engine.agent(&session).balance(Some(wallet.id), Some(network.id.as_str())).await;
        balances.push(shapes::network_balance(&network, view));
    }
    let (wallet_id, chain, environment) = (wallet.id, wallet.chain, wallet.environment);
    Ok(Json(BalanceAnswer::All(AllBalances { wallet_id, chain, environment, balances })))
}
