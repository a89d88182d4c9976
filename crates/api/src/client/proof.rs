//! The daemon's proof that it knows the master password.

use reqwest::Method;

use super::{Client, ClientError, Credential};
use crate::proof::{Proof, ProofParameters, ProofRequest};

impl Client {
    /// Host and port of the daemon, as proofs name them.
    pub fn authority(&self) -> String {
        let port = self.base.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", self.base.host_str().unwrap_or_default())
    }

    /// How the daemon stretches the password.
    pub async fn proof_parameters(&self) -> Result<ProofParameters, ClientError> {
        self.get("/v1/proof", Credential::None).await
    }

    /// Asks for a proof.
    pub async fn prove(&self, request: &ProofRequest) -> Result<Proof, ClientError> {
        self.send(Method::POST, "/v1/proof", request, Credential::None).await
    }
}
