//! Pairing: a URI that the wallet reads from a QR code, and a proposal that it answers.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use thiserror::Error;
use waiaas_core::UnixSeconds;
use zeroize::Zeroizing;

use super::crypto::{Agreement, SymKey, Topic};
use super::relay::LinkError;
use super::rpc::{Content, call};
use super::{Random, fresh_id};

/// How long a pairing is open, in seconds.
const OPEN: UnixSeconds = 300;

/// The permissions that a proposal asks for, all of one namespace (CAIP-2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The namespace, such as `eip155`.
    pub namespace: &'static str,
    /// Chains in CAIP-2 form, the preferred first.
    pub chains: Vec<String>,
    /// Methods.
    pub methods: &'static [&'static str],
}

/// Why a proposal came to nothing.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PairingError {
    /// The person refused it, or the wallet has none of the chains.
    #[error("the wallet refused the proposal (code {0})")]
    Refused(i64),
    /// The answer cannot be used.
    #[error("the wallet's answer to the proposal cannot be read")]
    Malformed,
}

/// An open pairing.
pub struct Pairing {
    key: SymKey,
    agreement: Agreement,
    id: u64,
    expires_at: UnixSeconds,
}

impl Pairing {
    /// Opens a pairing.
    ///
    /// # Errors
    ///
    /// [`LinkError::NoRandomness`].
    pub fn open(random: Random, now: UnixSeconds) -> Result<Self, LinkError> {
        let fresh = || random().ok_or(LinkError::NoRandomness);
        Ok(Self {
            key: SymKey::new(fresh()?),
            agreement: Agreement::new(fresh()?),
            id: fresh_id(now, fresh()?),
            expires_at: now.saturating_add(OPEN),
        })
    }

    /// The topic of the proposal and its answer.
    pub fn topic(&self) -> Topic {
        self.key.topic()
    }

    /// The key of the proposal.
    pub const fn key(&self) -> &SymKey {
        &self.key
    }

    /// From this second on it is not answered.
    pub const fn expires_at(&self) -> UnixSeconds {
        self.expires_at
    }

    /// The URI for the wallet. Whoever has it can answer as the wallet, so it is shown to the operator alone.
    pub fn uri(&self) -> Zeroizing<String> {
        Zeroizing::new(format!(
            "wc:{}@2?expiryTimestamp={}&relay-protocol=irn&symKey={}",
            self.topic(),
            self.expires_at,
            hex::encode(self.key.expose()),
        ))
    }

    /// The text of `wc_sessionPropose`. `domain` names the daemon; it is the one in the texts to sign.
    pub fn proposal(&self, asked: &Asked, domain: &str) -> String {
        let wanted = json!({ "chains": asked.chains, "methods": asked.methods, "events": [] });
        let params = json!({
            "requiredNamespaces": {},
            "optionalNamespaces": Map::from_iter([(asked.namespace.to_owned(), wanted)]),
            "relays": [{ "protocol": "irn" }],
            "pairingTopic": self.topic().to_string(),
            "expiryTimestamp": self.expires_at,
            "proposer": {
                "publicKey": self.agreement.public(),
                "metadata": {
                    "name": "WAIaaS",
                    "description": "Asks the owner of a wallet to approve what an agent requests.",
                    "url": format!("https://{domain}"),
                    "icons": [],
                },
            },
        });
        call(self.id, "wc_sessionPropose", &params)
    }

    /// Reads the answer to the proposal: the key of the session. None if the message is another one.
    ///
    /// # Errors
    ///
    /// [`PairingError`].
    pub fn answered(&self, content: &Content) -> Option<Result<SymKey, PairingError>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Accepted {
            responder_public_key: String,
        }
        Some(match content {
            Content::Result { id, result } if *id == self.id => {
                let accepted = Accepted::deserialize(result).ok();
                let key = accepted.and_then(|accepted| self.agreement.with(&accepted.responder_public_key));
                key.ok_or(PairingError::Malformed)
            }
            Content::Error { id, code, .. } if *id == self.id => Err(PairingError::Refused(*code)),
            Content::Result { .. } | Content::Error { .. } | Content::Call { .. } => return None,
        })
    }
}

/// The text that ends a session.
pub(super) fn goodbye(id: u64, code: i64, reason: &str) -> String {
    call(
        id,
        "wc_sessionDelete",
        &Value::from(Map::from_iter([
            ("code".to_owned(), code.into()),
            ("message".to_owned(), reason.into()),
        ])),
    )
}
