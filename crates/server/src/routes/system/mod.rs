//! Liveness and the OpenAPI document.

mod doc;
mod health;

use crate::doors::{Doors, doors};

pub(super) fn add(doors: Doors) -> Doors {
    doors!(doors; health::health, doc::openapi_document)
}
