//! The HTTP clients for addresses that others chose, and for services that the operator chose.
//!
//! An address that others chose must not lead into the daemon's own network. So a host is resolved once, each of its
//! addresses is checked, and the connection goes to a checked address: a second resolution with another
//! answer cannot happen. Public addresses are reached by https only. Other addresses, and plain http, need an
//! entry in the operator's allow-list. Redirects are not followed, proxies of the environment are not used,
//! and a request has a time limit.
//!
//! Belongs here: the check of addresses, and the client. Does not belong here: the content of requests, and retries.

mod allowed;
mod client;
mod lanes;
mod public;
mod socket;
mod target;
mod trusted;

pub use allowed::{AllowList, NotAnEntry};
pub use client::{Answer, Outbound, OutboundError, Request, Resolver, SystemResolver};
pub use lanes::Lane;
pub use public::is_public;
pub use socket::Socket;
pub use target::{Refusal, Target, TargetError};
pub use trusted::{Reply, TrustedClient};
