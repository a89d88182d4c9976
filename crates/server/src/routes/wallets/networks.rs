//! `GET /v1/wallets/{id}/networks`

use axum::Json;
use axum::extract::State;
use waiaas_api::wallets::{AvailableNetwork, WalletNetworks};
use waiaas_core::ids::WalletId;

use crate::app::App;
use crate::extract::{Path, SessionOrMaster};
use crate::routes::Answer;
use crate::shapes;

/// Lists the networks that a wallet can use.
#[utoipa::path(
    get,
    path = "/v1/wallets/{id}/networks",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    responses((status = 200, body = WalletNetworks))
)]
pub(crate) async fn wallet_networks(
    caller: SessionOrMaster,
    State(app): State<App>,
    Path(id): Path<WalletId>,
) -> Answer<WalletNetworks> {
    let engine = app.engine();
    let wallet = match caller {
        SessionOrMaster::Session(session) => engine.agent(&session).wallet(Some(id)).await?,
        SessionOrMaster::Master(master) => engine.operator(&master).wallet(id).await?,
    };
    let available = engine.networks_of(&wallet).into_iter().map(|network| AvailableNetwork {
        network: network.id.to_string(),
        chain_id: network.caip2.to_string(),
        native_symbol: network.native_symbol.to_string(),
    });
    Ok(Json(WalletNetworks {
        id: wallet.id,
        chain: wallet.chain,
        environment: wallet.environment,
        default_network: shapes::default_network(engine, &wallet),
        available_networks: available.collect(),
    }))
}
