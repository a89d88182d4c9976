//! An agent, by `Authorization: Bearer wai_sess_…`.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use waiaas_engine::{ErrorCode, Renewal, Session};

use crate::app::App;
use crate::extract::single;
use crate::problem::Failure;
use crate::register::{AuthClass, Credential};

pub(super) const HEADER: &str = "authorization";
const PREFIX: &str = "wai_sess_";
/// Longest token that is looked at, in bytes.
const MAX: usize = 4096;

/// A live session within its rate.
pub(crate) struct SessionAuth(pub(crate) Session);

impl Credential for SessionAuth {
    const CLASS: AuthClass = AuthClass::Session;
}

impl FromRequestParts<App> for SessionAuth {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let token = bearer(&parts.headers)?;
        let session = app.engine().authenticate_session(token).await?;
        app.limits().session(session.id())?;
        Ok(Self(session))
    }
}

/// A session that may be renewed, within its rate.
pub(crate) struct RenewalAuth(pub(crate) Renewal);

impl Credential for RenewalAuth {
    const CLASS: AuthClass = AuthClass::Session;
}

impl FromRequestParts<App> for RenewalAuth {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let token = bearer(&parts.headers)?;
        let renewal = app.engine().authenticate_renewal(token).await?;
        app.limits().session(renewal.session())?;
        Ok(Self(renewal))
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Failure> {
    let refuse = |message: &str| {
        Failure::new(ErrorCode::InvalidToken, message)
            .hint("Send the session token in the header Authorization: Bearer wai_sess_….")
    };
    let value = single(headers, HEADER).map_err(|_| refuse("Authorization was sent twice."))?;
    let value = value.ok_or_else(|| refuse("The session token is missing."))?;
    let text = value.to_str().map_err(|_| refuse("The session token is not valid."))?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let token = token.trim();
    let plain = token.starts_with(PREFIX) && token.len() <= MAX && !token.contains(' ');
    if scheme.eq_ignore_ascii_case("bearer") && plain {
        Ok(token)
    } else {
        Err(refuse("The session token is not valid."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn read(values: &[&str]) -> Result<String, Failure> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_str(value).expect("header"));
        }
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn one_bearer_token_of_ours() {
        assert_eq!(read(&["Bearer wai_sess_a.b.c"]), Ok("wai_sess_a.b.c".to_owned()));
        assert_eq!(read(&["bearer  wai_sess_a.b.c "]), Ok("wai_sess_a.b.c".to_owned()));
        let long = format!("Bearer wai_sess_{}", "x".repeat(MAX));
        for bad in [
            &[][..],
            &[""],
            &["wai_sess_a.b.c"],
            &["Basic wai_sess_a"],
            &["Bearer a.b.c"],
            &["Bearer "],
            &[&long],
            &["Bearer wai_sess_a wai_sess_b"],
            &["Bearer wai_sess_a", "Bearer wai_sess_a"],
        ] {
            assert_eq!(read(bad).expect_err("refused").code().as_str(), "INVALID_TOKEN", "{bad:?}");
        }
    }
}
