//! Requests to the pipeline.

use serde::Serialize;
use waiaas_api::requests::{GasCondition, Operation, TransactionRequest};
use waiaas_core::digest::Digest;
use waiaas_core::gas::GasTarget;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::intent::Intent;
use waiaas_core::network::Chain;
use waiaas_core::origin::Origin;
use waiaas_core::transaction::Replacement;

/// The content of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(untagged)]
pub enum Asked {
    /// An operation of the API: addresses are text, amounts may be in human units.
    Operation(Operation),
    /// A signature over a transaction, a text or typed data that the caller provides.
    Signature(Intent),
}

impl From<Operation> for Asked {
    fn from(operation: Operation) -> Self {
        Self::Operation(operation)
    }
}

/// The caller's key that identifies repeats of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey {
    /// The key, chosen by the caller.
    pub key: String,
    /// Digest of the parsed body.
    pub body: Digest,
}

/// The gas condition of a request.
fn gas_target(condition: &GasCondition) -> GasTarget {
    GasTarget {
        max_gas_price: condition.max_gas_price.map(|price| price.0),
        max_priority_fee: condition.max_priority_fee.map(|price| price.0),
        timeout_seconds: condition.timeout,
    }
}

/// A gas condition with the present prices of the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GasState {
    /// Whether the condition is met now.
    pub met: bool,
    /// The present price, priority fee included.
    pub price: u128,
    /// The present priority fee.
    pub priority: u128,
    /// The condition.
    pub target: GasTarget,
}

/// A request that moves value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendRequest {
    /// The wallet; required if several wallets of the session fit.
    pub wallet: Option<WalletId>,
    /// The network; required if the wallet has several networks and no default.
    pub network: Option<String>,
    /// The content.
    #[serde(rename = "request")]
    pub asked: Asked,
    /// The gas condition to wait for before signing.
    pub gas_condition: Option<GasTarget>,
    /// The origin, if it is more than a plain request of the caller.
    #[serde(skip_serializing_if = "Origin::is_plain")]
    pub origin: Origin,
    /// The chain that the form of the caller's content implies (hex or base64).
    #[serde(skip)]
    pub chain: Option<Chain>,
    /// The idempotency key. It is not part of the digest.
    #[serde(skip)]
    pub idempotency: Option<IdempotencyKey>,
}

impl SendRequest {
    /// Creates the request for a body of the API.
    pub fn new(request: TransactionRequest, idempotency: Option<IdempotencyKey>) -> Self {
        let TransactionRequest { operation, placement } = request;
        let gas_condition = placement.gas_condition.as_ref().map(gas_target);
        let (wallet, network) = (placement.wallet_id, placement.network);
        Self { wallet, network, gas_condition, idempotency, ..Self::plain(operation) }
    }

    /// Creates a request that names neither wallet nor network.
    pub fn plain(asked: impl Into<Asked>) -> Self {
        Self {
            wallet: None,
            network: None,
            asked: asked.into(),
            gas_condition: None,
            origin: Origin::default(),
            chain: None,
            idempotency: None,
        }
    }

    /// Returns the digest that the audit log records: equal requests have equal digests in every release.
    /// Computed over the fields in the order above, as JSON.
    pub(crate) fn digest(&self) -> Result<Digest, serde_json::Error> {
        Ok(Digest::of("waiaas.request.meant.v2", &[&serde_json::to_vec(self)?]))
    }
}

/// A request to replace a signed transaction that does not confirm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplaceRequest {
    /// The signed transaction.
    pub id: TxId,
    /// The replacement.
    pub with: Replacement,
    /// The idempotency key.
    pub idempotency: Option<IdempotencyKey>,
}

/// How long a request waits before it is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitFor {
    /// Until a node has accepted the broadcast, or the request waits for a delay or an owner.
    Broadcast,
    /// Until the transaction is final or the time is over.
    Confirmed {
        /// The longest wait.
        timeout_seconds: u32,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn request(body: Value, key: Option<&str>) -> SendRequest {
        let body = serde_json::from_value(body).expect("a request");
        let key = key.map(|key| IdempotencyKey { key: key.into(), body: Digest::of("test", &[]) });
        SendRequest::new(body, key)
    }

    fn token(amount: &str, key: Option<&str>) -> SendRequest {
        let token = json!({ "address": "0xabc", "decimals": 6 });
        request(
            json!({ "type": "TOKEN_TRANSFER", "to": "0xdef", "amount": amount, "token": token,
                "network": "evm-localnet" }),
            key,
        )
    }

    fn digest(request: &SendRequest) -> String {
        request.digest().expect("JSON").to_string()
    }

    #[test]
    fn a_request_has_the_same_digest_in_every_release() {
        let text = serde_json::to_string(&token("1.50", None)).expect("JSON");
        assert_eq!(
            text,
            r#"{"wallet":null,"network":"evm-localnet","request":{"type":"TOKEN_TRANSFER","to":"0xdef","amount":"1.50","token":{"address":"0xabc","decimals":6}},"gasCondition":null}"#
        );
        assert_eq!(
            digest(&token("1.50", None)),
            "80cfd913f0b467692b94e571abc21f399ae08c92065a7844fb1659b0de60a92b"
        );
    }

    #[test]
    fn the_digest_is_of_what_was_asked_for() {
        let one = digest(&token("15", None));
        assert_eq!(one, digest(&token("15", Some("k"))), "a key says how to ask");
        assert_ne!(one, digest(&token("16", None)));
        assert_ne!(one, digest(&token("15.0", None)), "units of another kind");
        let calls = ["0x0102", "0x01", "0x"].map(|data| {
            digest(&request(json!({ "type": "CONTRACT_CALL", "to": "0xdef", "calldata": data }), None))
        });
        assert!(calls[0] != calls[1] && calls[1] != calls[2] && calls[0] != calls[2]);
        let texts = [b"a", b"b"].map(|text| {
            digest(&SendRequest::plain(Asked::Signature(Intent::SignMessage { message: text.to_vec() })))
        });
        assert_ne!(texts[0], texts[1]);
        let origins = [Origin::http_payment("a"), Origin::http_payment("b"), Origin::http_message("a")]
            .map(|origin| digest(&SendRequest { origin, ..token("15", None) }));
        assert!(origins.iter().all(|digest| *digest != one), "where it comes from is part of it");
        assert!(origins[0] != origins[1] && origins[0] != origins[2]);
    }
}
