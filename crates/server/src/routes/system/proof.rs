//! `GET`, `POST /v1/proof`

use std::net::SocketAddr;

use axum::Json;
use axum::extract::State;
use axum::http::uri::Authority;
use waiaas_api::proof::{Proof, ProofParameters, ProofRequest};

use crate::app::App;
use crate::extract::{Body, Public};
use crate::problem::Failure;
use crate::routes::Answer;

/// The parameters for stretching the master password, needed to ask the daemon for its proof.
#[utoipa::path(get, path = "/v1/proof", tag = "system", responses((status = 200, body = ProofParameters)))]
pub(crate) async fn proof_parameters(_: Public, State(app): State<App>) -> Answer<ProofParameters> {
    let stretching = app.engine().proof_stretching();
    let cost = stretching.params();
    Ok(Json(ProofParameters {
        kdf: "argon2id".to_owned(),
        memory_kib: cost.memory_kib(),
        passes: cost.passes(),
        lanes: cost.lanes(),
        salt: hex::encode(stretching.salt()),
    }))
}

/// Proves that this daemon knows the master password, to a caller who is about to send it.
///
/// Neither side learns anything with which the password could be guessed offline. A run tests one password,
/// so it counts as a try until the right password arrives.
#[utoipa::path(
    post,
    path = "/v1/proof",
    tag = "system",
    request_body = ProofRequest,
    responses((status = 200, body = Proof))
)]
pub(crate) async fn prove(
    _: Public,
    State(app): State<App>,
    Body(request): Body<ProofRequest>,
) -> Answer<Proof> {
    if !is_ours(&request.address, app.listens_on(), &app.engine().config().daemon.allowed_hosts) {
        return Err(Failure::issue(
            "address",
            "invalid",
            "not where this daemon listens; something else may be in between",
        ));
    }
    let session = bytes("session", &request.session)?;
    let share = bytes("share", &request.share)?;
    let answer = app.engine().prove(&request.address, session, share).await?;
    Ok(Json(Proof { share: hex::encode(answer.share), confirmation: hex::encode(answer.tag) }))
}

fn bytes<const N: usize>(field: &str, text: &str) -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| Failure::issue(field, "invalid", format!("{N} bytes in hex")))?;
    Ok(bytes)
}

/// Whether a caller who connected to `address` can have reached this daemon directly. On loopback that is
/// exactly the address and port on which it listens: another process on another port, or on the same port of
/// `[::1]` if this daemon has that of `127.0.0.1`, may forward everything, and `localhost` may lead to
/// either. A daemon that listens for other machines may be reached under any port (that of a container is
/// published under another), and behind a proxy under any of its configured names.
fn is_ours(address: &str, listens: Option<SocketAddr>, names: &[String]) -> bool {
    let Ok(authority) = address.parse::<Authority>() else { return false };
    if address.contains('@') {
        return false;
    }
    let host = authority.host().to_ascii_lowercase();
    let local = ["localhost", "127.0.0.1", "[::1]"].contains(&host.as_str());
    match listens {
        Some(listens) if listens.ip().is_loopback() => {
            address == listens.to_string() || (!local && names.contains(&host))
        }
        Some(_) | None => local || names.contains(&host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_proves_itself_only_where_it_listens() {
        let names = ["wallet.example".to_owned()];
        let ours = |address: &str, listens: &str| is_ours(address, listens.parse().ok(), &names);
        for address in ["127.0.0.1:3100", "[::1]:3100"] {
            assert!(ours(address, address), "{address}");
        }
        for address in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
            assert!(ours(address, "0.0.0.0:3100"), "a published port: {address}");
        }
        assert!(ours("wallet.example:443", "127.0.0.1:3100"), "behind a proxy");
        for address in [
            "127.0.0.1:3101",
            "[::1]:3100",
            "[::ffff:127.0.0.1]:3100",
            "localhost:3100",
            "LOCALHOST:3100",
            "localhost",
            "127.0.0.1",
            "evil.example:3100",
            "127.0.0.2:3100",
            "user@127.0.0.1:3100",
            "",
            "127.0.0.1:3100/",
        ] {
            assert!(!ours(address, "127.0.0.1:3100"), "{address}");
        }
        for address in ["127.0.0.1:3100", "localhost:3100", "[::1]:3101"] {
            assert!(!ours(address, "[::1]:3100"), "{address}");
        }
        assert!(!ours("evil.example:3100", "0.0.0.0:3100"));
        // A configured name says which hosts a proxy forwards; it does not apply to loopback addresses.
        let names = ["localhost".to_owned(), "[::1]".to_owned()];
        for address in ["localhost:3100", "[::1]:3100"] {
            assert!(!is_ours(address, "127.0.0.1:3100".parse().ok(), &names), "{address}");
        }
    }
}
