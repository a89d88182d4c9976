//! The failures of a call.

use serde_json::Value;
use thiserror::Error;
use waiaas_core::network::NetworkId;

use crate::ChainError;

/// Why a call has no result. Texts contain neither URLs nor keys.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RpcFailure {
    /// No endpoint answered; a request may or may not have reached one.
    #[error("{0}")]
    Unreachable(String),
    /// A node answered with a JSON-RPC error object. This is an answer, not a failure of the connection.
    #[error("error {code}: {message}")]
    Node {
        /// JSON-RPC error code.
        code: i64,
        /// The node's message, shortened and without the endpoint's secrets.
        message: String,
        /// The error's `data` (on EVM: revert data), if any.
        data: Option<Value>,
    },
    /// The node does not serve the network of the pool (see [`super::RpcPool::expecting`]).
    #[error("the node serves another chain ({0})")]
    WrongChain(String),
    /// The answer was not JSON-RPC, not for this call, or not of the expected type.
    #[error("{0}")]
    BadAnswer(String),
    /// The answer was larger than this number of bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

impl RpcFailure {
    /// Turns the failure into an error of `network`. A node's error object becomes an unusable answer, so
    /// callers that need it look at it first.
    pub fn into_chain_error(self, network: &NetworkId) -> ChainError {
        let network = network.to_string();
        match self {
            Self::Unreachable(reason) => ChainError::Unreachable { network, reason },
            Self::WrongChain(found) => ChainError::WrongChain { network, found },
            Self::BadAnswer(reason) => ChainError::BadAnswer { network, reason },
            node @ (Self::Node { .. } | Self::TooLarge(_)) => {
                ChainError::BadAnswer { network, reason: node.to_string() }
            }
        }
    }
}
