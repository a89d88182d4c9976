//! `GET /v1/tokens` and `DELETE /v1/tokens`

use axum::Json;
use axum::extract::State;
use waiaas_api::tokens::{ForgetToken, Token, TokenQuery, Tokens};

use crate::app::App;
use crate::extract::{Body, LocalMasterAuth, MasterAuth, Query};
use crate::routes::Answer;
use crate::shapes;

/// Lists the recorded tokens, whose decimals are used for amounts and limits.
#[utoipa::path(
    get,
    path = "/v1/tokens",
    tag = "admin",
    params(TokenQuery),
    responses((status = 200, body = Tokens))
)]
pub(crate) async fn list_tokens(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Query(query): Query<TokenQuery>,
) -> Answer<Tokens> {
    let tokens = app.engine().operator(&master).tokens(query.network.as_deref()).await?;
    Ok(Json(Tokens { tokens: tokens.into_iter().map(shapes::token).collect() }))
}

/// Removes a recorded token, so that the next request about it reads its facts from the nodes. Answers with
/// the removed record.
///
/// Only on the Unix socket in the data directory: decimals determine how limits count, so the password alone
/// must not be enough to change them.
#[utoipa::path(
    delete,
    path = "/v1/tokens",
    tag = "admin",
    request_body = ForgetToken,
    responses((status = 200, body = Token))
)]
pub(crate) async fn forget_token(
    LocalMasterAuth(master, local): LocalMasterAuth,
    State(app): State<App>,
    Body(request): Body<ForgetToken>,
) -> Answer<Token> {
    let forgotten =
        app.engine().operator(&master).forget_token(&local, &request.network, &request.address).await?;
    Ok(Json(shapes::token(forgotten)))
}
