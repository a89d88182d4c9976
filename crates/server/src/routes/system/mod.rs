//! Liveness, the OpenAPI document, and the daemon's proof to its callers.

mod doc;
mod health;
mod proof;

use crate::register::{Register, register};

pub(super) fn add(register: Register) -> Register {
    register!(register; health::health, doc::openapi_document, proof::proof_parameters, proof::prove)
}
