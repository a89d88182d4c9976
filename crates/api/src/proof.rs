//! The daemon's proof that it knows the master password, given before the caller sends it.
//!
//! CPace (draft-irtf-cfrg-cpace, CPACE-RISTR255-SHA512, initiator and responder, no associated data)
//! over a key that both stretch from the password: Argon2id v1.3 with the parameters below, then
//! HKDF-SHA256 with the info `waiaas.keystore.v1/proof`. `CI` is `waiaas proof v1 ` and the address; the
//! confirmation is the draft's, over the daemon's share. All bytes are lower-case hex.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::validation::{Checks, Refusal, Request};

/// The parameters with which the daemon stretches the password. A caller refuses costs outside 19456–1048576
/// KiB, 2–20 passes and 1–16 lanes, and salts outside 16–32 bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProofParameters {
    /// `argon2id`.
    pub kdf: String,
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// Salt, hex.
    pub salt: String,
}

/// Asks for a proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProofRequest {
    /// Host and port to which the caller connects, such as `127.0.0.1:3100`.
    pub address: String,
    /// 16 new random bytes, hex.
    pub session: String,
    /// The caller's share, 32 bytes, hex.
    pub share: String,
}

impl Request for ProofRequest {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        checks.text("address", &self.address, 1, 300);
        checks.text("session", &self.session, 32, 32);
        checks.text("share", &self.share, 64, 64);
        checks.finish()
    }
}

/// The proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// The daemon's share, 32 bytes, hex.
    pub share: String,
    /// Its confirmation, 64 bytes, hex.
    pub confirmation: String,
}
