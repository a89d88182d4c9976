//! The operator: proved by the master password.
//!
//! The password opens the keystore header through Argon2id. After one success a keyed MAC in memory
//! recognises it again, so operators do not pay the KDF on every request; a wrong password always
//! does, behind a [`Gate`] that lets one at a time through and shuts after some failures.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use tracing::Instrument as _;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_keys::{Checked, KeystoreHeader, UnlockError};
use waiaas_store::{AuditEntry, StoreError};

use crate::Engine;
use crate::credentials::gate::{Gate, Turn, Via, locked};
use crate::error::{Error, ErrorCode};

/// Proof that the caller knows the master password.
#[derive(Debug)]
pub struct Master(());

impl Engine {
    /// Checks the master password. Failures are counted for all callers of one way in together: a
    /// password has no second account to fall back on.
    pub async fn authenticate_master(
        &self,
        password: SecretString,
        via: impl Into<Via>,
    ) -> Result<Master, Error> {
        let via = via.into();
        self.gates().of(via).refuse_while_locked(self.elapsed())?;
        let header = self.keystore_header().await?;
        if self.verifier().check(&header, &password) != Checked::Match {
            // A try that has begun is counted even if the caller hangs up.
            let engine = self.clone();
            let tried = async move { engine.try_password(password, via).await };
            self.tasks().spawn(tried.in_current_span()).await.map_err(Error::internal)??;
        }
        for gate in self.gates().answered(via).filter(|gate| gate.forget()) {
            let scope = gate.scope();
            self.store()
                .write(move |tx| Box::pin(async move { tx.clear_login_failures(scope).await }))
                .await?;
        }
        Ok(Master(()))
    }

    /// The keystore header stored now.
    pub(crate) async fn keystore_header(&self) -> Result<KeystoreHeader, Error> {
        let text =
            self.store().keystore_header().await?.ok_or_else(|| Error::internal("no keystore header"))?;
        KeystoreHeader::from_text(&text).map_err(Error::internal)
    }

    async fn try_password(&self, password: SecretString, via: Via) -> Result<(), Error> {
        let gate = self.gates().of(via);
        let turn = gate.turn().await?;
        gate.refuse_while_locked(self.elapsed())?;
        let header = self.keystore_header().await?;
        if self.verifier().check(&header, &password) == Checked::Match
            || self.unlocks(header, password).await?
        {
            return Ok(());
        }
        Err(self.count_failure(gate, &turn, via).await?)
    }

    /// Whether the password opens the header; runs the KDF off the async threads. A right one is
    /// remembered.
    async fn unlocks(&self, header: KeystoreHeader, password: SecretString) -> Result<bool, Error> {
        let engine = self.clone();
        let run = tokio::task::spawn_blocking(move || match header.unlock_to_serve(&password) {
            Ok((_root, proof)) => {
                engine.verifier().remember(&header, &password);
                engine.prover().replace(&header, proof);
                Ok(true)
            }
            Err(UnlockError::WrongPassword) => Ok(false),
            Err(error) => Err(Error::internal(error)),
        });
        run.await.map_err(Error::internal)?
    }

    async fn count_failure(&self, gate: &Gate, turn: &Turn<'_>, via: Via) -> Result<Error, Error> {
        let audit = AuditEntry::new(AuditEvent::MasterAuthFailed, Actor::Anonymous, self.now()).ip(via.ip());
        Ok(match self.count_try(gate, turn, Some(audit)).await? {
            Some(wait) => locked(wait),
            None => {
                let free = self.config().security.master_lockout_failures;
                Error::new(ErrorCode::InvalidMasterPassword, "The master password is not right.")
                    .hint(format!("Check it. After {free} wrong ones each further one has to wait longer."))
            }
        })
    }

    /// Counts a try, and says how long the gate is shut now. In memory first, which holds whatever
    /// becomes of the database.
    pub(crate) async fn count_try(
        &self,
        gate: &Gate,
        turn: &Turn<'_>,
        audit: Option<AuditEntry>,
    ) -> Result<Option<Duration>, Error> {
        let now = self.now();
        let (failures, wait) = gate.count(turn, self.elapsed());
        let scope = gate.scope();
        let until = wait.map(|wait| now.saturating_add(i64::try_from(wait).unwrap_or(i64::MAX)));
        let audit = audit.map(|audit| audit.details(json!({ "failures": failures })));
        self.with_reserve(|| self.store_try(scope, now, until, audit.clone())).await?;
        Ok(wait.map(Duration::from_secs))
    }

    async fn store_try(
        &self,
        scope: &'static str,
        now: UnixSeconds,
        locked_until: Option<UnixSeconds>,
        audit: Option<AuditEntry>,
    ) -> Result<(), StoreError> {
        let stored = self.store().write(move |tx| {
            Box::pin(async move {
                tx.count_login_failure(scope, now).await?;
                if let Some(until) = locked_until {
                    tx.lock_login(scope, until, now).await?;
                }
                if let Some(audit) = audit {
                    tx.record(audit).await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        stored.await
    }
}
