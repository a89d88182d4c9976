//! Pages for people: HTML made on the server, without scripts.
//!
//! Each group of pages is a surface with a router and headers of its own (`surface.rs`), inside the layers of every
//! request. Belongs here: pages and what they need, such as their style sheet. A page shows and asks what a route of
//! the API with the same credential could; it decides nothing.

mod status;
mod style;
mod surface;

use axum::Router;

use crate::app::App;

/// Every page.
pub(crate) fn routes() -> Router<App> {
    status::surface()
}
