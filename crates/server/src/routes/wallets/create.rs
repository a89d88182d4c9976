//! `POST /v1/wallets`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::wallets::{CreateWallet, CreatedWallet};
use waiaas_engine::{NewSession, NewWallet, SessionSource};

use crate::app::App;
use crate::extract::{Body, MasterAuth};
use crate::problem::Failure;
use crate::shapes;

/// Creates a wallet with a new key; with `createSession`, also a session for it.
#[utoipa::path(
    post,
    path = "/v1/wallets",
    tag = "wallets",
    request_body = CreateWallet,
    responses((status = 201, body = CreatedWallet))
)]
pub(crate) async fn create_wallet(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Body(request): Body<CreateWallet>,
) -> Result<(StatusCode, Json<CreatedWallet>), Failure> {
    let engine = app.engine();
    let new = NewWallet { name: request.name, chain: request.chain, environment: request.environment };
    let wallet = engine.operator(&master).create_wallet(new).await?;
    let session = if request.create_session {
        let new = NewSession {
            wallets: vec![wallet.id],
            ttl: None,
            max_renewals: None,
            absolute_lifetime: None,
            source: SessionSource::Api,
        };
        Some(shapes::issued(engine.operator(&master).create_session(new).await?))
    } else {
        None
    };
    let wallet = shapes::wallet(engine, wallet);
    Ok((StatusCode::CREATED, Json(CreatedWallet { wallet, session })))
}
