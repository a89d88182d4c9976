//! The daemon's own proof, to callers from elsewhere, that it knows the master password.

use std::sync::{Arc, PoisonError, RwLock};

use waiaas_keys::KeystoreHeader;
use waiaas_keys::proof::{Answer, ProofKey, SessionId, Share, Stretching};

use crate::Engine;
use crate::error::Error;

/// What the daemon proves with. Follows every change of the password that it makes or notices.
pub(crate) struct Prover(RwLock<Arc<(Stretching, ProofKey)>>);

impl Prover {
    pub(crate) fn new(header: &KeystoreHeader, key: ProofKey) -> Self {
        Self(RwLock::new(Arc::new((Stretching::of(header), key))))
    }

    pub(crate) fn replace(&self, header: &KeystoreHeader, key: ProofKey) {
        let next = Arc::new((Stretching::of(header), key));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = next;
    }

    fn now(&self) -> Arc<(Stretching, ProofKey)> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Engine {
    /// What a caller needs to stretch the password as this daemon does.
    pub fn proof_stretching(&self) -> Stretching {
        self.prover().now().0.clone()
    }

    /// Proves to a caller who meant `address` that this daemon knows the password. The caller learns
    /// whether one password is the right one, so it counts as a try until a right password is sent.
    pub async fn prove(&self, address: &str, session: SessionId, share: Share) -> Result<Answer, Error> {
        let gate = self.gates().proofs();
        let turn = gate.turn().await?;
        gate.refuse_while_locked(self.elapsed())?;
        let answer = self.prover().now().1.answer(address, &session, &share).map_err(Error::internal)?;
        let answer = answer.ok_or_else(|| Error::invalid("share", "not a share"))?;
        let counted = gate.count(&turn, self.elapsed());
        self.record_try(gate, counted, None).await?;
        Ok(answer)
    }
}
