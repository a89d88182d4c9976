//! The daemon's proof to remote callers that it knows the master password.

use waiaas_keys::proof::{Answer, SessionId, Share, Stretching};

use crate::Engine;
use crate::error::Error;

impl Engine {
    /// The KDF parameters that a caller needs to stretch the password like this daemon.
    pub fn proof_stretching(&self) -> Stretching {
        self.prover().now().0.clone()
    }

    /// Proves to a caller of `address` that this daemon knows the password. The caller learns whether one
    /// password is right, so this counts as a try until the right password is sent.
    ///
    /// # Errors
    /// `MASTER_PASSWORD_LOCKED` while the gate is shut or its free proofs are used up.
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
