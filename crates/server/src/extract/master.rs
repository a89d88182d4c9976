//! The operator, by `X-Master-Password`.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use secrecy::SecretString;
use waiaas_engine::{Activator, ErrorCode, Local, Master};

use crate::app::App;
use crate::extract::single;
use crate::layers::peer::Peer;
use crate::problem::Failure;
use crate::register::{AuthClass, Credential};

pub(crate) const HEADER: &str = "x-master-password";
/// Longest password worth hashing, in bytes.
const MAX: usize = 1024;

/// Proof of the master password.
pub(crate) struct MasterAuth(pub(crate) Master);

impl Credential for MasterAuth {
    const CLASS: AuthClass = AuthClass::Master;
}

impl FromRequestParts<App> for MasterAuth {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let password = password(&parts.headers)?;
        let via = Peer::of(&parts.extensions).via();
        Ok(Self(app.engine().authenticate_master(password, via).await?))
    }
}

/// Proof of the master password by a caller on the daemon's own machine, who came by the socket.
pub(crate) struct LocalMasterAuth(pub(crate) Master, pub(crate) Local);

impl Credential for LocalMasterAuth {
    const CLASS: AuthClass = AuthClass::LocalMaster;
}

impl FromRequestParts<App> for LocalMasterAuth {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let MasterAuth(master) = MasterAuth::from_request_parts(parts, app).await?;
        Ok(Self(master, Local::of(Peer::of(&parts.extensions).via())?))
    }
}

/// Proof that the caller is on the daemon's own machine, where that is so. Beside the master password, for
/// what takes it only in some cases.
pub(crate) struct MaybeLocal(pub(crate) Option<Local>);

impl FromRequestParts<App> for MaybeLocal {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self(Local::of(Peer::of(&parts.extensions).via()).ok()))
    }
}

/// Proof that the caller may activate the kill switch: the master password, or, by the socket of the data
/// directory, being the daemon's own user or root.
pub(crate) struct ActivatorAuth(pub(crate) Activator);

impl Credential for ActivatorAuth {
    const CLASS: AuthClass = AuthClass::Master;
}

impl FromRequestParts<App> for ActivatorAuth {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        if let Ok(local) = Local::of(Peer::of(&parts.extensions).via())
            && !parts.headers.contains_key(HEADER)
        {
            return Ok(Self(Activator::by_socket(&local)));
        }
        let MasterAuth(master) = MasterAuth::from_request_parts(parts, app).await?;
        Ok(Self(Activator::by_master(&master)))
    }
}

fn password(headers: &HeaderMap) -> Result<SecretString, Failure> {
    let refuse = |message: &str| {
        Failure::new(ErrorCode::InvalidMasterPassword, message)
            .hint("Send the master password in the header X-Master-Password.")
    };
    let value = single(headers, HEADER).map_err(|_| refuse("X-Master-Password was sent twice."))?;
    let value = value.filter(|v| !v.is_empty()).ok_or_else(|| refuse("The master password is missing."))?;
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) if text.len() <= MAX => Ok(SecretString::from(text)),
        Ok(_) | Err(_) => Err(refuse("The master password is not right.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use secrecy::ExposeSecret as _;

    fn read(values: &[&[u8]]) -> Result<String, Failure> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).expect("header"));
        }
        password(&headers).map(|p| p.expose_secret().to_owned())
    }

    #[test]
    fn one_password_of_sane_length() {
        assert_eq!(read(&[b"my-secret-password"]), Ok("my-secret-password".to_owned()));
        assert_eq!(read(&["pässwort".as_bytes()]), Ok("pässwort".to_owned()));
        let long = [b'x'; MAX + 1];
        let cases: [&[&[u8]]; 5] = [&[], &[b""], &[b"a", b"a"], &[b"\xff\xfe"], &[&long]];
        for bad in cases {
            let failure = read(bad).expect_err("refused");
            assert_eq!(failure.code().as_str(), "INVALID_MASTER_PASSWORD");
        }
    }
}
