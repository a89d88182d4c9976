//! HTTP access to the engine. It translates and makes no decisions.
//!
//! A request passes the layers in `layers/`, then a handler in `routes/<noun>/<verb>.rs`. The first parameter
//! of every handler is a credential from `extract/`; a handler without one does not compile. Errors become
//! HTTP only in `problem/`. Does not belong here: policy, storage, keys.

mod app;
mod codes;
mod connections;
mod extract;
mod layers;
mod limits;
mod metrics;
mod openapi;
mod places;
mod problem;
mod register;
mod router;
mod routes;
mod shapes;
mod socket;
mod web;
mod wire;

pub use connections::{Listeners, ServeError, serve};
pub use openapi::openapi_json;
pub use register::{AuthClass, Route, inventory};
pub use router::router;
pub use socket::{Socket, SocketError};
