//! Changing the master password. One record is rewritten, so that a crash leaves either the old or the new
//! password.

use secrecy::SecretString;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_keys::password::check_new;
use waiaas_keys::proof::Stretching;
use waiaas_store::{AuditEntry, StoreError};

use crate::credentials::Local;
use crate::error::{Error, ErrorCode};
use crate::offline::kdf_params;
use crate::operator::Operator;

impl Operator<'_> {
    /// Sets a new master password and removes `recovery.key`; true if that file existed. Only on the daemon's machine:
    /// the old password alone must not lock the operator out from elsewhere.
    ///
    /// # Errors
    /// `ACTION_VALIDATION_FAILED` for a weak password, `INVALID_STATE_TRANSITION` if another change was first.
    pub async fn set_password(&self, _: &Local, new: SecretString) -> Result<bool, Error> {
        check_new(&new).map_err(|weak| {
            Error::new(ErrorCode::ActionValidationFailed, format!("The new password is refused: {weak}."))
                .hint("Use a long passphrase, or a random password from a password manager.")
        })?;
        let from = self
            .engine
            .store()
            .keystore_header()
            .await?
            .ok_or_else(|| Error::internal("no keystore header"))?;
        let params = kdf_params(self.engine.config()).map_err(Error::internal)?;
        let _turn = self.engine.rewrap_turn().acquire().await.map_err(Error::internal)?;
        let vault = self.engine.vault();
        let rewrap = tokio::task::spawn_blocking(move || {
            let header = vault.rewrap(&new, params).map_err(Error::internal)?;
            let proof = Stretching::of(&header).stretch(&new).map_err(Error::internal)?;
            Ok::<_, Error>((header, proof, new))
        });
        let (header, proof, new) = rewrap.await.map_err(Error::internal)??;
        let to = header.to_text();
        let audit = AuditEntry::new(AuditEvent::PasswordChanged, Actor::Master, self.engine.now());
        self.engine
            .store()
            .write(move |tx| Box::pin(async move { tx.set_keystore_header(&from, &to, audit).await }))
            .await
            .map_err(|error| match error {
                StoreError::Conflict(_) => {
                    Error::new(ErrorCode::InvalidStateTransition, "The password was changed meanwhile.")
                        .hint("Send it again with the password that is set now.")
                }
                other => other.into(),
            })?;
        self.engine.verifier().remember(&header, &new);
        self.engine.prover().replace(&header, proof);
        self.engine.data_dir().remove_recovery_key().map_err(Error::internal)
    }
}
