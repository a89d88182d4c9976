//! An owner's answer, by `X-Owner-Signature` and `X-Owner-Message`.
//!
//! The extractor only reads the headers. What the answer is an answer to depends on the route, so
//! the handler has the engine verify it before anything else.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use waiaas_engine::{ErrorCode, OwnerAnswer};

use crate::extract::single;
use crate::problem::Failure;
use crate::register::{AuthClass, Credential};

const SIGNATURE: &str = "x-owner-signature";
const MESSAGE: &str = "x-owner-message";
const ADDRESS: &str = "x-owner-address";
/// Longest header value that is looked at, in bytes: the longest question in base64, and some.
const MAX: usize = 24 * 1024;

/// An owner's answer, not yet verified.
pub(crate) struct OwnerAuth(pub(crate) OwnerAnswer);

impl Credential for OwnerAuth {
    const CLASS: AuthClass = AuthClass::Owner;
}

impl<S: Send + Sync> FromRequestParts<S> for OwnerAuth {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        answer(&parts.headers).map(Self)
    }
}

/// An owner's answer beside the operator's password, where a locked owner must agree.
pub(crate) struct MaybeOwner(pub(crate) Option<OwnerAnswer>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeOwner {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let any = [SIGNATURE, MESSAGE, ADDRESS].iter().any(|name| parts.headers.contains_key(*name));
        if any { answer(&parts.headers).map(|answer| Self(Some(answer))) } else { Ok(Self(None)) }
    }
}

fn answer(headers: &HeaderMap) -> Result<OwnerAnswer, Failure> {
    let signature = text(headers, SIGNATURE)?.ok_or_else(|| refuse("The owner's signature is missing."))?;
    let message = text(headers, MESSAGE)?.ok_or_else(|| refuse("The signed message is missing."))?;
    let address = text(headers, ADDRESS)?.map(str::to_owned);
    Ok(OwnerAnswer { message: unfold(message), signature: signature.to_owned(), address })
}

fn refuse(message: &str) -> Failure {
    Failure::new(ErrorCode::InvalidSignature, message).hint(
        "Fetch the message, sign exactly that text, and send X-Owner-Signature and X-Owner-Message \
         (base64, or one line with each line break written as \\n).",
    )
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Failure> {
    let value = single(headers, name).map_err(|_| refuse("An owner header was sent twice."))?;
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    match value.to_str() {
        Ok(text) if text.len() <= MAX => Ok(Some(text)),
        Ok(_) | Err(_) => Err(refuse("An owner header cannot be read.")),
    }
}

/// The message as it was issued. A message contains spaces, so it is never base64 by accident; and
/// never a backslash, so unfolding is unambiguous.
fn unfold(value: &str) -> String {
    let decoded = STANDARD.decode(value).or_else(|_| STANDARD_NO_PAD.decode(value));
    match decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => text,
        None => value.replace("\\n", "\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const ISSUED: &str = "waiaas.local wants you to sign in:\n0xabc\n\nSend 5 SOL\n\nURI: x";

    fn read(pairs: &[(&'static str, &str)]) -> Result<OwnerAnswer, Failure> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).expect("header"));
        }
        answer(&headers)
    }

    #[test]
    fn base64_and_folded_messages_are_the_issued_one() {
        let folded = ISSUED.replace('\n', "\\n");
        let encoded = [STANDARD.encode(ISSUED), STANDARD_NO_PAD.encode(ISSUED), folded];
        for message in encoded {
            let answer = read(&[(SIGNATURE, "0xsig"), (MESSAGE, &message)]).expect("answer");
            assert_eq!((answer.message.as_str(), answer.signature.as_str()), (ISSUED, "0xsig"));
            assert_eq!(answer.address, None);
        }
        let named = read(&[(SIGNATURE, "s"), (MESSAGE, "m"), (ADDRESS, "0xabc")]).expect("answer");
        assert_eq!(named.address.as_deref(), Some("0xabc"));
    }

    #[test]
    fn both_headers_once_each() {
        for bad in [
            &[][..],
            &[(SIGNATURE, "s")],
            &[(MESSAGE, "m")],
            &[(SIGNATURE, ""), (MESSAGE, "m")],
            &[(SIGNATURE, "s"), (SIGNATURE, "s"), (MESSAGE, "m")],
            &[(SIGNATURE, "s"), (MESSAGE, "m"), (ADDRESS, "a"), (ADDRESS, "b")],
        ] {
            assert_eq!(read(bad).expect_err("refused").code().as_str(), "INVALID_SIGNATURE");
        }
    }
}
