//! The verifier with which the daemon proves that it knows the master password.

use std::sync::{Arc, PoisonError, RwLock};

use waiaas_keys::KeystoreHeader;
use waiaas_keys::proof::{ProofKey, Stretching};

/// The daemon's verifier. It follows every change of the password that the daemon makes or notices.
pub(crate) struct Prover(RwLock<Arc<(Stretching, ProofKey)>>);

impl Prover {
    pub(crate) fn new(header: &KeystoreHeader, key: ProofKey) -> Self {
        Self(RwLock::new(Arc::new((Stretching::of(header), key))))
    }

    pub(crate) fn replace(&self, header: &KeystoreHeader, key: ProofKey) {
        let next = Arc::new((Stretching::of(header), key));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = next;
    }

    pub(crate) fn now(&self) -> Arc<(Stretching, ProofKey)> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
