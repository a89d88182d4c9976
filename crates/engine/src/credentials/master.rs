//! The operator: proved by the master password.
//!
//! The password opens the keystore header through Argon2id. After a success, a keyed MAC in memory recognises
//! the password, so that not every request runs the KDF. A [`Gate`] counts wrong passwords and shuts after a
//! few; while there is no MAC for the stored header, it admits one KDF run at a time.

use std::time::Duration;

use secrecy::SecretString;
use tracing::Instrument as _;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_keys::{KeystoreHeader, UnlockError};
use waiaas_store::{AuditEntry, StoreError};

use crate::Engine;
use crate::error::{Error, ErrorCode};
use crate::gates::{Counted, Gate, Judged, Via, locked};

/// Proof that the caller knows the master password.
#[derive(Debug)]
pub struct Master(());

impl Engine {
    /// Checks the master password. Failures are counted together for all callers of one way in, since there
    /// is only one account.
    ///
    /// # Errors
    /// `INVALID_MASTER_PASSWORD`, and `MASTER_PASSWORD_LOCKED` while the gate is shut or too many tries wait.
    pub async fn authenticate_master(
        &self,
        password: SecretString,
        via: impl Into<Via>,
    ) -> Result<Master, Error> {
        let via = via.into();
        self.gates().of(via).refuse_while_locked(self.elapsed())?;
        let header = self.keystore_header().await?;
        let gate = self.gates().of(via);
        let judged = gate.judge(self.elapsed(), || self.verifier().check(&header, &password))?;
        if judged != Judged::Right {
            // A try is counted even if the caller hangs up.
            let engine = self.clone();
            let tried = async move {
                match judged {
                    Judged::Right => Ok(()),
                    Judged::Wrong(counted) => Err(engine.wrong(counted, via).await?),
                    Judged::Unknown => engine.try_password(password, via).await,
                }
            };
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
        let header = self.keystore_header().await?;
        // Another caller may have recorded the MAC meanwhile.
        let counted = match gate.judge(self.elapsed(), || self.verifier().check(&header, &password))? {
            Judged::Right => return Ok(()),
            Judged::Wrong(counted) => counted,
            Judged::Unknown if self.unlocks(header, password).await? => return Ok(()),
            Judged::Unknown => gate.count(&turn, self.elapsed()),
        };
        Err(self.wrong(counted, via).await?)
    }

    /// Whether the password opens the header; runs the KDF off the async threads. Records the MAC of a right one.
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

    /// Records a wrong password that was counted, and returns the error.
    async fn wrong(&self, counted: Counted, via: Via) -> Result<Error, Error> {
        let event = AuditEvent::MasterAuthFailed { failures: counted.failures };
        let audit = AuditEntry::new(event, Actor::Anonymous, self.now()).ip(via.ip());
        self.record_try(self.gates().of(via), counted, Some(audit)).await?;
        Ok(match counted.wait {
            Some(wait) => locked(Duration::from_secs(wait)),
            None => {
                let free = self.config().security.master_lockout_failures;
                Error::new(ErrorCode::InvalidMasterPassword, "The master password is wrong.")
                    .hint(format!("Check it. After {free} wrong ones each further one has to wait longer."))
            }
        })
    }

    /// Stores a try that was counted in memory; the count in memory holds even if this fails.
    pub(crate) async fn record_try(
        &self,
        gate: &Gate,
        counted: Counted,
        audit: Option<AuditEntry>,
    ) -> Result<(), Error> {
        let (now, scope) = (self.now(), gate.scope());
        let until = counted.wait.map(|wait| now.saturating_add(i64::try_from(wait).unwrap_or(i64::MAX)));
        self.reserve().write(|| self.store_try(scope, now, until, audit.clone())).await?;
        Ok(())
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
