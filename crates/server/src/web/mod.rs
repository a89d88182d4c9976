//! Pages for people: HTML made on the server, without scripts.
//!
//! Each group of pages is a surface with its own router and headers (`surface.rs`), inside the layers of
//! every request. Belongs here: pages and their style sheet. A page can do only what a route of the API with
//! the same credential can; it makes no decisions.

mod status;
mod style;
mod surface;

use axum::Router;

use crate::app::App;

/// Every page.
pub(crate) fn routes() -> Router<App> {
    status::surface()
}
