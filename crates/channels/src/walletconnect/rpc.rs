//! The messages of peers: JSON-RPC inside envelopes, and the tags that the relay sees.

use serde::Deserialize;
use serde_json::{Value, json};

/// The kind of a message, as the relay sees it (Sign API, "RPC methods").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tag {
    /// `wc_sessionPropose`
    Propose,
    /// The answer to `wc_sessionSettle`.
    Settled,
    /// The answer to `wc_sessionUpdate`.
    Updated,
    /// `wc_sessionExtend`
    Extend,
    /// The answer to `wc_sessionExtend`.
    Extended,
    /// `wc_sessionRequest`
    Request,
    /// The answer to `wc_sessionEvent`.
    EventTaken,
    /// `wc_sessionDelete`
    Delete,
    /// The answer to `wc_sessionDelete`.
    Deleted,
    /// The answer to `wc_sessionPing`.
    Ponged,
}

impl Tag {
    pub(super) const fn number(self) -> u32 {
        match self {
            Self::Propose => 1100,
            Self::Settled => 1103,
            Self::Updated => 1105,
            Self::Extend => 1106,
            Self::Extended => 1107,
            Self::Request => 1108,
            Self::EventTaken => 1111,
            Self::Delete => 1112,
            Self::Deleted => 1113,
            Self::Ponged => 1115,
        }
    }

    /// Whether the peer's phone is woken.
    pub(super) const fn prompts(self) -> bool {
        match self {
            Self::Propose | Self::Request => true,
            Self::Settled
            | Self::Updated
            | Self::Extend
            | Self::Extended
            | Self::EventTaken
            | Self::Delete
            | Self::Deleted
            | Self::Ponged => false,
        }
    }
}

/// An opened message.
#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    /// A request of the peer.
    Call {
        /// Its id, repeated in the answer.
        id: u64,
        /// Its method, such as `wc_sessionSettle`.
        method: String,
        /// Its parameters.
        params: Value,
    },
    /// The answer to a request of ours.
    Result {
        /// The request's id.
        id: u64,
        /// The result.
        result: Value,
    },
    /// The refusal of a request of ours.
    Error {
        /// The request's id.
        id: u64,
        /// The error's code (CAIP-25 and EIP-1193 name some).
        code: i64,
        /// The peer's words. Foreign text.
        message: String,
    },
}

impl Content {
    /// Reads an opened message; none if it is not JSON-RPC.
    pub fn read(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Message {
            id: u64,
            method: Option<String>,
            #[serde(default)]
            params: Value,
            result: Option<Value>,
            error: Option<Fault>,
        }
        #[derive(Deserialize)]
        struct Fault {
            #[serde(default)]
            code: i64,
            #[serde(default)]
            message: String,
        }
        let message: Message = serde_json::from_str(text).ok()?;
        Some(match (message.method, message.result, message.error) {
            (Some(method), None, None) => Self::Call { id: message.id, method, params: message.params },
            (None, Some(result), None) => Self::Result { id: message.id, result },
            (None, None, Some(fault)) => {
                Self::Error { id: message.id, code: fault.code, message: fault.message }
            }
            _ => return None,
        })
    }
}

/// A request of ours.
pub(super) fn call(id: u64, method: &str, params: &Value) -> String {
    json!({ "id": id, "jsonrpc": "2.0", "method": method, "params": params }).to_string()
}

/// The answer `true` to a request of the peer.
pub(super) fn agreed(id: u64) -> String {
    json!({ "id": id, "jsonrpc": "2.0", "result": true }).to_string()
}
