//! What became of a call that brought no result.

use serde_json::Value;
use thiserror::Error;
use waiaas_core::network::NetworkId;

use crate::ChainError;

/// Why a call has no result. Texts hold neither URLs nor keys.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RpcFailure {
    /// No endpoint answered; the call may or may not have reached one.
    #[error("{0}")]
    Unreachable(String),
    /// A node answered with a JSON-RPC error object: an answer, not a fault of the connection.
    #[error("error {code}: {message}")]
    Node {
        /// JSON-RPC error code.
        code: i64,
        /// The node's words, shortened, the endpoint's own secrets struck out.
        message: String,
        /// The error's `data` (on EVM: revert data), if any.
        data: Option<Value>,
    },
    /// The node is not one of the network the pool is for (see [`super::RpcPool::expecting`]).
    #[error("the node serves another chain ({0})")]
    WrongChain(String),
    /// The answer was not JSON-RPC, not for this call, or not of the expected shape.
    #[error("{0}")]
    BadAnswer(String),
    /// The answer was larger than so many bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

impl RpcFailure {
    /// The failure as the error of `network`. A node's error object becomes an unusable answer, so
    /// callers to whom it means something look at it first.
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
