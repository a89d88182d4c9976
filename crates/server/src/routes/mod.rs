//! One folder per noun, one file per verb; small siblings share a file.
//!
//! A handler takes its credential first, translates, calls one use case and translates back.

mod admin;
mod policies;
mod sessions;
mod system;
mod transactions;
mod utils;
mod wallet;
mod wallets;

use axum::Json;
use utoipa_axum::router::OpenApiRouter;

use crate::doors::Doors;
use crate::problem::Failure;

/// What handlers answer with.
pub(crate) type Answer<T> = Result<Json<T>, Failure>;

/// All operations.
pub(crate) fn all() -> Doors {
    let doors = Doors::new(OpenApiRouter::with_openapi(crate::openapi::base()));
    let doors = system::add(doors);
    let doors = wallets::add(doors);
    let doors = sessions::add(doors);
    let doors = wallet::add(doors);
    let doors = transactions::add(doors);
    let doors = utils::add(doors);
    let doors = policies::add(doors);
    admin::add(doors)
}
