//! Over TCP, the answering process must prove that it knows the master password before it gets it.

use anyhow::{Context as _, Result};
use secrecy::SecretString;
use waiaas_api::client::{Client, ClientError};
use waiaas_api::proof::{ProofParameters, ProofRequest};
use waiaas_engine::proof::{Answer, Challenge, KdfParams, ProofKey, Stretching};

use crate::exit::Unproved;

/// Asks the process at the client's URL for its proof. Sends nothing with which the password could be
/// guessed.
pub(crate) async fn demand(client: &Client, password: &SecretString) -> Result<()> {
    let address = client.authority();
    let refused = |reason: &str| Unproved { address: address.clone(), reason: reason.to_owned() };
    let parameters = client.proof_parameters().await.map_err(|error| match error {
        ClientError::Api(_) | ClientError::NotTheDaemon { .. } | ClientError::NotJson => {
            refused("it offers no proof").into()
        }
        other => anyhow::Error::from(other),
    })?;
    let stretching = stretching(&parameters)
        .ok_or_else(|| refused("it asks for parameters of the proof that are not accepted"))?;
    let key = stretch(stretching, password).await?;
    let challenge = Challenge::new(&key, &address).context("making a challenge")?;
    let request = ProofRequest {
        address: address.clone(),
        session: hex::encode(challenge.session()),
        share: hex::encode(challenge.share()),
    };
    let proof = client.prove(&request).await.map_err(|error| match error.code() {
        Some("ACTION_VALIDATION_FAILED") => {
            refused("your daemon does not listen there, so something else passes on what you send").into()
        }
        Some(_) => anyhow::Error::from(error),
        None => refused("it offers no proof").into(),
    })?;
    let mut answer = Answer { share: [0; 32], tag: [0; 64] };
    let read = hex::decode_to_slice(&proof.share, &mut answer.share)
        .and_then(|()| hex::decode_to_slice(&proof.confirmation, &mut answer.tag));
    if read.is_err() || !challenge.is_met_by(&answer) {
        return Err(refused("it does not know this master password").into());
    }
    Ok(())
}

/// None for parameters that no daemon uses.
fn stretching(parameters: &ProofParameters) -> Option<Stretching> {
    if parameters.kdf != "argon2id" {
        return None;
    }
    let cost = KdfParams::new(parameters.memory_kib, parameters.passes, parameters.lanes).ok()?;
    Stretching::new(hex::decode(&parameters.salt).ok()?, cost).ok()
}

async fn stretch(stretching: Stretching, password: &SecretString) -> Result<ProofKey> {
    let password = password.clone();
    let run = tokio::task::spawn_blocking(move || stretching.stretch(&password));
    run.await?.context("stretching the master password")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_and_salts_outside_the_bounds_are_refused() {
        let fine = ProofParameters {
            kdf: "argon2id".into(),
            memory_kib: 65536,
            passes: 3,
            lanes: 1,
            salt: "ab".repeat(32),
        };
        assert!(stretching(&fine).is_some());
        let spoils: [fn(&mut ProofParameters); 9] = [
            |p| p.kdf = "md5".into(),
            |p| p.memory_kib = 8,
            |p| p.memory_kib = u32::MAX,
            |p| p.passes = 1,
            |p| p.passes = 1_000_000,
            |p| p.lanes = 0,
            |p| p.salt = String::new(),
            |p| p.salt = "ab".repeat(4096),
            |p| p.salt = "not hex".into(),
        ];
        for spoil in spoils {
            let mut spoiled = fine.clone();
            spoil(&mut spoiled);
            assert!(stretching(&spoiled).is_none(), "{spoiled:?}");
        }
    }
}
