//! HTTP in front of the engine. It translates and never decides.
//!
//! A request passes the layers in `layers/`, then a handler in `routes/<noun>/<verb>.rs`. Every
//! handler's first parameter is a credential from `extract/`; one without does not compile. Errors
//! become HTTP in `problem/` and nowhere else. What does not belong here: policy, storage, keys.

mod app;
mod codes;
mod connections;
mod extract;
mod layers;
mod limits;
mod openapi;
mod places;
mod problem;
mod register;
mod router;
mod routes;
mod shapes;
mod socket;
mod wire;

pub use connections::{Listeners, ServeError, serve};
pub use openapi::openapi_json;
pub use register::{AuthClass, Route, inventory};
pub use router::router;
pub use socket::{Socket, SocketError};
