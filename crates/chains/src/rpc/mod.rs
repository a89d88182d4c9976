//! JSON-RPC 2.0 over HTTP, with failover between the endpoints of one network.
//!
//! Belongs here: the envelope, bounded answers, the choice of the next endpoint, and the kinds of failure.
//! Does not belong here: the meaning of a method, which is each chain's.

mod agreed;
mod body;
mod endpoint;
mod envelope;
mod failure;
mod limits;
mod pool;

pub(crate) use agreed::Asked;
pub use endpoint::EndpointHealth;
pub use failure::RpcFailure;
pub use pool::{RpcOptions, RpcPool, http_client};
