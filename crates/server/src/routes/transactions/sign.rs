//! `POST /v1/transactions/sign` and `/sign-message`

use axum::Json;
use axum::extract::State;
use waiaas_api::requests::{Base64, Hex, SignMessageRequest, SignTransactionRequest, hex_digits};
use waiaas_api::transactions::{PolicyTier, Signed};
use waiaas_core::ids::WalletId;
use waiaas_core::intent::Intent;
use waiaas_core::network::Chain;
use waiaas_engine::{Asked, IdempotencyKey, SendRequest, Session, WaitFor};

use crate::app::App;
use crate::extract::{Body, Idempotency, SessionAuth};
use crate::problem::Failure;
use crate::routes::Answer;
use crate::shapes;

/// Asks for a signature over a transaction built elsewhere.
///
/// It is judged by its effects, exactly like a transaction that the daemon builds, and counted from then on.
/// `SIGNED` carries `signedTransaction`. `QUEUED` and `PENDING_APPROVAL` wait; read the signature from the
/// transaction afterwards. The caller sends it.
#[utoipa::path(
    post,
    path = "/v1/transactions/sign",
    tag = "transactions",
    params(("Idempotency-Key" = Option<String>, Header,
        description = "1 to 128 visible ASCII characters; repeating key and body repeats the answer")),
    request_body = SignTransactionRequest,
    responses((status = 200, body = Signed))
)]
pub(crate) async fn sign_transaction(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    key: Idempotency,
    Body(request): Body<SignTransactionRequest>,
) -> Answer<Signed> {
    app.limits().submission(session.id())?;
    let key = key.bind(&request)?;
    let (chain, transaction) = match hex_digits(&request.transaction).is_some() {
        true => (Chain::Ethereum, hex(&request.transaction, "transaction")?),
        false => (Chain::Solana, base64(&request.transaction)?),
    };
    if request.chain.as_deref().is_some_and(|given| given != chain.as_str()) {
        return Err(Failure::issue("chain", "invalid", "hex with 0x is for ethereum, base64 for solana"));
    }
    let intent = Intent::SignTransaction { transaction };
    let request = asked(intent, request.network, request.wallet_id, key);
    sign(app, session, SendRequest { chain: Some(chain), ..request }, "transaction").await
}

/// Asks for a signature over a text, or over typed data (EIP-712).
///
/// Typed data that grants something (permits, transfer authorisations) is judged by what it grants. Texts and
/// unknown typed data need the owner's approval. Raw hashes, and texts that are transactions, are refused.
#[utoipa::path(
    post,
    path = "/v1/transactions/sign-message",
    tag = "transactions",
    params(("Idempotency-Key" = Option<String>, Header,
        description = "1 to 128 visible ASCII characters; repeating key and body repeats the answer")),
    request_body = SignMessageRequest,
    responses((status = 200, body = Signed))
)]
pub(crate) async fn sign_message(
    SessionAuth(session): SessionAuth,
    State(app): State<App>,
    key: Idempotency,
    Body(request): Body<SignMessageRequest>,
) -> Answer<Signed> {
    app.limits().submission(session.id())?;
    let key = key.bind(&request)?;
    let (intent, sign_type) = match (request.message, request.typed_data) {
        (Some(text), None) => (Intent::SignMessage { message: message(text)? }, "personal"),
        (None, Some(data)) => (Intent::SignTypedData { typed_data: data.to_string() }, "typedData"),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Failure::issue("message", "invalid", "give either message or typedData"));
        }
    };
    let request = asked(intent, request.network, request.wallet_id, key);
    sign(app, session, request, sign_type).await
}

/// A text that is hex with `0x` stands for its bytes, as wallets commonly read it. With any other character
/// after `0x` it is plain text.
fn message(text: String) -> Result<Vec<u8>, Failure> {
    match hex_digits(&text) {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => hex(&text, "message"),
        Some(_) | None => Ok(text.into_bytes()),
    }
}

fn hex(text: &str, path: &str) -> Result<Vec<u8>, Failure> {
    Hex::parse(text).map(|hex| hex.0).ok_or_else(|| Failure::issue(path, "invalid", "hex with 0x"))
}

fn base64(text: &str) -> Result<Vec<u8>, Failure> {
    Base64::parse(text).map(|bytes| bytes.0).ok_or_else(|| Failure::issue("transaction", "invalid", "base64"))
}

fn asked(
    intent: Intent,
    network: Option<String>,
    wallet: Option<WalletId>,
    idempotency: Option<IdempotencyKey>,
) -> SendRequest {
    SendRequest { wallet, network, idempotency, ..SendRequest::plain(Asked::Signature(intent)) }
}

async fn sign(app: App, session: Session, request: SendRequest, sign_type: &str) -> Answer<Signed> {
    let engine = app.engine().clone();
    let signed = app
        .uninterrupted(async move { engine.agent(&session).send(request, WaitFor::Broadcast).await })
        .await?;
    let transaction = shapes::transaction(signed);
    let policy_result = PolicyTier { tier: transaction.tier };
    Ok(Json(Signed { transaction, sign_type: sign_type.to_owned(), policy_result }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_in_either_case_and_the_rest_is_text() {
        let read = |text: &str| message(text.to_owned()).ok();
        for hex in ["0x74657374", "0X74657374"] {
            assert_eq!(read(hex).as_deref(), Some(&b"test"[..]), "{hex}");
        }
        for text in ["test", "0xcoffee for two", "0X marks the spot", "x0x74657374"] {
            assert_eq!(read(text).as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(read("0x7465737"), None, "half a byte");
        assert_eq!(read("0x").as_deref(), Some(&b""[..]));
    }
}
