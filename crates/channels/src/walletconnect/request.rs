//! A text to sign, and the wallet's answer.

use serde_json::{Value, json};
use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;

use super::rpc::{Content, call};

/// The shortest and the longest time that a wallet accepts for a request, in seconds.
const LIFE: (UnixSeconds, UnixSeconds) = (300, 604_800);

/// A request to sign a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// Its id on the session.
    pub id: u64,
    /// The chain of the account, as CAIP-2.
    pub chain: String,
    /// Who is asked.
    pub signer: Address,
    /// The text.
    pub message: String,
    /// From this second on no answer is awaited.
    pub expires_at: UnixSeconds,
}

/// The answer to a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// A signature, in the form of the signer's chain, not yet verified.
    Signature(String),
    /// The person refused.
    Refused,
    /// The wallet cannot answer. It may answer when asked again.
    Failed(Refusal),
}

/// A wallet's reason for not answering.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The error's code; none for a result of another form.
    pub code: Option<i64>,
}

/// Codes of a person's refusal: EIP-1193's 4001, and 5000 to 5002 of the Sign API.
const REFUSED: [i64; 4] = [4001, 5000, 5001, 5002];

impl Request {
    /// The methods that an owner's wallet must have, by the kind of its address: `personal_sign` (EIP-191), or
    /// `solana_signMessage` (Ed25519 over the text).
    pub const fn methods(signer: &Address) -> &'static [&'static str] {
        match signer {
            Address::Evm(_) => &["personal_sign"],
            Address::Solana(_) => &["solana_signMessage"],
        }
    }

    /// The text of `wc_sessionRequest`, and the seconds for which the relay keeps it.
    pub fn text(&self, now: UnixSeconds) -> (String, UnixSeconds) {
        let (method, params) = match self.signer {
            Address::Evm(_) => {
                let message = format!("0x{}", hex::encode(&self.message));
                ("personal_sign", json!([message, self.signer.to_string()]))
            }
            Address::Solana(_) => {
                let message = bs58::encode(&self.message).into_string();
                ("solana_signMessage", json!({ "message": message, "pubkey": self.signer.to_string() }))
            }
        };
        let life = self.expires_at.saturating_sub(now).clamp(LIFE.0, LIFE.1);
        let request = json!({
            "method": method,
            "params": params,
            "expiryTimestamp": now.saturating_add(life),
        });
        (call(self.id, "wc_sessionRequest", &json!({ "request": request, "chainId": self.chain })), life)
    }
}

impl Answer {
    /// Reads the answer to the request with an id; none for a request of the peer.
    pub fn read(content: &Content) -> Option<(u64, Self)> {
        let signature = |result: &Value| {
            let text = result.as_str().or_else(|| result.get("signature")?.as_str());
            text.map(str::to_owned)
        };
        Some(match content {
            Content::Result { id, result } => {
                let malformed = Self::Failed(Refusal { code: None });
                (*id, signature(result).map_or(malformed, Self::Signature))
            }
            Content::Error { id, code, .. } if REFUSED.contains(code) => (*id, Self::Refused),
            Content::Error { id, code, .. } => (*id, Self::Failed(Refusal { code: Some(*code) })),
            Content::Call { .. } => return None,
        })
    }
}
