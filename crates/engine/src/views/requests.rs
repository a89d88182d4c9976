//! What a caller may ask the pipeline for.

use serde::Serialize;
use waiaas_api::requests::{GasCondition, Operation, TransactionRequest};
use waiaas_core::digest::Digest;
use waiaas_core::gas::GasTarget;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::intent::Intent;
use waiaas_core::network::Chain;
use waiaas_core::origin::Origin;
use waiaas_core::transaction::Replacement;

/// What a request is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(untagged)]
pub enum Asked {
    /// As the contract has it: addresses are text, amounts may be in human units.
    Operation(Operation),
    /// A signature over a transaction, a text or typed data that the caller brings.
    Signature(Intent),
}

impl From<Operation> for Asked {
    fn from(operation: Operation) -> Self {
        Self::Operation(operation)
    }
}

/// A caller's promise that repeats are repeats.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey {
    /// Chosen by the caller.
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

/// A gas condition and what the network charges now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GasState {
    /// Whether it would be signed now.
    pub met: bool,
    /// What is paid now, priority fee included.
    pub price: u128,
    /// The priority fee paid now.
    pub priority: u128,
    /// What was asked for.
    pub target: GasTarget,
}

/// A request to move value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendRequest {
    /// Needed when several wallets of the session fit.
    pub wallet: Option<WalletId>,
    /// Needed when the wallet has several networks and no default.
    pub network: Option<String>,
    /// What to do.
    #[serde(rename = "request")]
    pub asked: Asked,
    /// Waits for a price before signing.
    pub gas_condition: Option<GasTarget>,
    /// Where it comes from, if that is more than a caller who asks for it as it is.
    #[serde(skip_serializing_if = "Origin::is_plain")]
    pub origin: Origin,
    /// The family of chains that the caller's words belong to, where their form says so (hex or base64).
    #[serde(skip)]
    pub chain: Option<Chain>,
    /// Makes repeats harmless. Says how to ask, not what for.
    #[serde(skip)]
    pub idempotency: Option<IdempotencyKey>,
}

impl SendRequest {
    /// A request by the contract.
    pub fn new(request: TransactionRequest, idempotency: Option<IdempotencyKey>) -> Self {
        let TransactionRequest { operation, placement } = request;
        let gas_condition = placement.gas_condition.as_ref().map(gas_target);
        let (wallet, network) = (placement.wallet_id, placement.network);
        Self { wallet, network, gas_condition, idempotency, ..Self::plain(operation) }
    }

    /// A request that names neither wallet nor network.
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

    /// What was asked for, as the audit trail names it: the same for the same request in every
    /// release. Fields in the order above, as JSON.
    pub(crate) fn digest(&self) -> Result<Digest, serde_json::Error> {
        Ok(Digest::of("waiaas.request.meant.v2", &[&serde_json::to_vec(self)?]))
    }
}

/// A request to put another transaction in the place of a signed one that does not land.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplaceRequest {
    /// The signed one.
    pub id: TxId,
    /// What to put there.
    pub with: Replacement,
    /// Makes repeats harmless.
    pub idempotency: Option<IdempotencyKey>,
}

/// How long a send waits before it answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitFor {
    /// Until a node has accepted the broadcast (or the request parks).
    Broadcast,
    /// Until the transaction is final, at most so many seconds.
    Confirmed {
        /// At most this long.
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
