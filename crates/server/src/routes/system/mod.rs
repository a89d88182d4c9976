//! Liveness, the OpenAPI document, and the daemon's proof to its callers.

mod doc;
mod health;
mod proof;

use crate::doors::{Doors, doors};

pub(super) fn add(doors: Doors) -> Doors {
    doors!(doors; health::health, doc::openapi_document, proof::proof_parameters, proof::prove)
}
