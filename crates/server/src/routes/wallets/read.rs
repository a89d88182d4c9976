//! `GET /v1/wallets`, `GET /v1/wallets/{id}`

use axum::Json;
use axum::extract::State;
use waiaas_api::page::All;
use waiaas_api::wallets::Wallet;
use waiaas_core::ids::WalletId;

use crate::app::App;
use crate::extract::{Path, SessionOrMaster};
use crate::routes::Answer;
use crate::shapes;

/// Lists wallets: all of them for the operator, the linked ones for a session.
#[utoipa::path(get, path = "/v1/wallets", tag = "wallets", responses((status = 200, body = All<Wallet>)))]
pub(crate) async fn list_wallets(caller: SessionOrMaster, State(app): State<App>) -> Answer<All<Wallet>> {
    let engine = app.engine();
    let wallets = match caller {
        SessionOrMaster::Session(session) => engine.agent(&session).wallets().await?,
        SessionOrMaster::Master(master) => engine.operator(&master).wallets().await?,
    };
    let items = wallets.into_iter().map(|wallet| shapes::wallet(engine, wallet)).collect();
    Ok(Json(shapes::all(items)))
}

/// Shows a wallet. A session sees only the wallets it is linked to.
#[utoipa::path(
    get,
    path = "/v1/wallets/{id}",
    tag = "wallets",
    params(("id" = Uuid, Path, description = "The wallet")),
    responses((status = 200, body = Wallet))
)]
pub(crate) async fn get_wallet(
    caller: SessionOrMaster,
    State(app): State<App>,
    Path(id): Path<WalletId>,
) -> Answer<Wallet> {
    let engine = app.engine();
    let wallet = match caller {
        SessionOrMaster::Session(session) => engine.agent(&session).wallet(Some(id)).await?,
        SessionOrMaster::Master(master) => engine.operator(&master).wallet(id).await?,
    };
    Ok(Json(shapes::wallet(engine, wallet)))
}
