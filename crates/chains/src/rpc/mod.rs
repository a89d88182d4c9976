//! JSON-RPC 2.0 over HTTP, with failover between the endpoints of one network.
//!
//! Belongs here: the envelope, bounded answers, which endpoint to ask next, and what a failure means.
//! Does not belong here: what any method means; that is for the chains.

mod agreed;
mod endpoint;
mod envelope;
mod failure;
mod limits;
mod pool;

pub(crate) use agreed::Asked;
pub use endpoint::EndpointHealth;
pub use failure::RpcFailure;
pub use pool::{RpcOptions, RpcPool, http_client};
