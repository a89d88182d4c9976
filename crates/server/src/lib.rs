//! The doors: HTTP in front of the engine. It translates and never decides.
//!
//! A request passes the layers in `layers/`, then a handler in `routes/<noun>/<verb>.rs`. Every
//! handler's first parameter is a credential from `extract/`; one without does not compile. Errors
//! become HTTP in `problem/` and nowhere else. What does not belong here: policy, storage, keys.

mod app;
mod codes;
mod connections;
mod doors;
mod extract;
mod layers;
mod limits;
mod openapi;
mod places;
mod problem;
mod router;
mod routes;
mod shapes;
mod socket;
mod wire;

pub use connections::{Listeners, ServeError, serve};
pub use doors::{AuthClass, Door, inventory};
pub use openapi::openapi_json;
pub use router::router;
pub use socket::{Socket, SocketError};
