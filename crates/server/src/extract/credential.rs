//! Routes that an agent and the operator share.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use waiaas_engine::{ErrorCode, Master, Session};

use crate::app::App;
use crate::extract::{MasterAuth, SessionAuth, master, session};
use crate::problem::Failure;
use crate::register::{AuthClass, Credential};

/// Exactly one of the two credentials.
pub(crate) enum SessionOrMaster {
    /// An agent.
    Session(Session),
    /// The operator.
    Master(Master),
}

impl Credential for SessionOrMaster {
    const CLASS: AuthClass = AuthClass::SessionOrMaster;
}

impl FromRequestParts<App> for SessionOrMaster {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let given = |name: &str| parts.headers.contains_key(name);
        match (given(session::HEADER), given(master::HEADER)) {
            (true, true) => Err(Failure::new(ErrorCode::AmbiguousCredentials, "Two credentials were sent.")
                .hint("Send either the session token or the master password.")),
            (false, true) => MasterAuth::from_request_parts(parts, app).await.map(|m| Self::Master(m.0)),
            (true | false, false) => {
                SessionAuth::from_request_parts(parts, app).await.map(|s| Self::Session(s.0))
            }
        }
    }
}
