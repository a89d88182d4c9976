//! `POST /v1/sessions`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use waiaas_api::sessions::{CreateSession, IssuedSession};
use waiaas_engine::{NewSession, SessionSource};

use crate::app::App;
use crate::extract::{Body, MasterAuth};
use crate::problem::Failure;
use crate::shapes;

/// Creates a session. Only this answer contains its token.
#[utoipa::path(
    post,
    path = "/v1/sessions",
    tag = "sessions",
    request_body = CreateSession,
    responses((status = 201, body = IssuedSession))
)]
pub(crate) async fn create_session(
    MasterAuth(master): MasterAuth,
    State(app): State<App>,
    Body(request): Body<CreateSession>,
) -> Result<(StatusCode, Json<IssuedSession>), Failure> {
    let new = NewSession {
        wallets: request.wallets(),
        ttl: request.ttl,
        max_renewals: request.max_renewals,
        absolute_lifetime: request.absolute_lifetime,
        source: SessionSource::Api,
    };
    let session = app.engine().operator(&master).create_session(new).await?;
    Ok((StatusCode::CREATED, Json(shapes::issued(session))))
}
