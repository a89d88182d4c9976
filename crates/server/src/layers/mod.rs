//! What every request passes on its way to a handler, outermost first: its number and log line, CORS,
//! security headers, the host guard, the origin guard, its lane, the peer's rate limit, the concurrency limit,
//! the deadline, the panic net, the body limit. None of them checks credentials.

pub(crate) mod concurrency;
pub(crate) mod deadline;
pub(crate) mod headers;
pub(crate) mod host;
pub(crate) mod lane;
pub(crate) mod origin;
pub(crate) mod panics;
pub(crate) mod peer;
pub(crate) mod request_id;
