//! The operator: proved by the master password.
//!
//! The password opens the keystore header through Argon2id. After one success a keyed MAC in memory
//! recognises it again, so operators do not pay the KDF on every request; a wrong password always
//! does, at most two at once, and failures lock the door for longer and longer, across restarts.

use std::net::IpAddr;

use secrecy::SecretString;
use serde_json::json;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_keys::{Checked, KeystoreHeader, UnlockError};
use waiaas_store::{AuditEntry, LoginFailures, StoreError};

use crate::Engine;
use crate::error::{Error, ErrorCode};

/// Proof that the caller knows the master password.
#[derive(Debug)]
pub struct Master(());

/// Failures are counted for all sources together: a password has no second account to fall back on.
const SCOPE: &str = "master";

impl Engine {
    /// Checks the master password. `peer` is recorded with a failure.
    pub async fn authenticate_master(
        &self,
        password: SecretString,
        peer: Option<IpAddr>,
    ) -> Result<Master, Error> {
        let failures = self.store().login_failures(SCOPE).await?;
        refuse_while_locked(failures, self.now())?;
        let header = self.keystore_header().await?;
        let known = self.verifier().check(&header, &password) == Checked::Match;
        if !known && !self.unlocks(header, password).await? {
            return Err(self.count_failure(peer).await?);
        }
        if failures.failures > 0 {
            self.store().write(|tx| Box::pin(async move { tx.clear_login_failures(SCOPE).await })).await?;
        }
        Ok(Master(()))
    }

    /// The keystore header stored now.
    pub(crate) async fn keystore_header(&self) -> Result<KeystoreHeader, Error> {
        let text =
            self.store().keystore_header().await?.ok_or_else(|| Error::internal("no keystore header"))?;
        KeystoreHeader::from_text(&text).map_err(Error::internal)
    }

    /// Whether the password opens the header; runs the KDF off the async threads. A right one is
    /// remembered.
    async fn unlocks(&self, header: KeystoreHeader, password: SecretString) -> Result<bool, Error> {
        let _turn = self.kdf_turns().acquire().await.map_err(Error::internal)?;
        let engine = self.clone();
        let run = tokio::task::spawn_blocking(move || match header.unlock(&password) {
            Ok(_root) => {
                engine.verifier().remember(&header, &password);
                Ok(true)
            }
            Err(UnlockError::WrongPassword) => Ok(false),
            Err(error) => Err(Error::internal(error)),
        });
        run.await.map_err(Error::internal)?
    }

    async fn count_failure(&self, peer: Option<IpAddr>) -> Result<Error, Error> {
        let now = self.now();
        let security = &self.config().security;
        let (free, base, cap) = (
            security.master_lockout_failures,
            security.master_lockout_base_seconds,
            security.master_lockout_cap_seconds,
        );
        let ip = peer.map(|peer| peer.to_string());
        let locked_until = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let failures = tx.count_login_failure(SCOPE, now).await?.failures;
                    let locked_until = wait_after(failures, free, base, cap)
                        .map(|wait| now.saturating_add(i64::try_from(wait).unwrap_or(i64::MAX)));
                    if let Some(until) = locked_until {
                        tx.lock_login(SCOPE, until, now).await?;
                    }
                    let audit = AuditEntry::new(AuditEvent::MasterAuthFailed, Actor::Anonymous, now)
                        .details(json!({ "failures": failures }))
                        .ip(ip);
                    tx.record(audit).await?;
                    Ok::<_, StoreError>(locked_until)
                })
            })
            .await?;
        if let Some(until) = locked_until {
            return Ok(locked(until, now));
        }
        Ok(Error::new(ErrorCode::InvalidMasterPassword, "The master password is not right.")
            .hint(format!("Check it. After {free} wrong ones each further one has to wait longer.")))
    }
}

/// Seconds to wait after so many failures: nothing for the first few, then doubling up to the cap.
fn wait_after(failures: u32, free: u32, base: u64, cap: u64) -> Option<u64> {
    let over = failures.checked_sub(free)?;
    Some(base.saturating_mul(1u64 << over.min(32)).min(cap))
}

fn refuse_while_locked(failures: LoginFailures, now: UnixSeconds) -> Result<(), Error> {
    match failures.locked_until {
        Some(until) if now < until => Err(locked(until, now)),
        _ => Ok(()),
    }
}

fn locked(until: UnixSeconds, now: UnixSeconds) -> Error {
    let seconds = u64::try_from(until.saturating_sub(now)).unwrap_or(0);
    Error::new(
        ErrorCode::MasterPasswordLocked,
        format!("Too many wrong master passwords; wait {seconds} seconds."),
    )
    .hint("Wait, then use the right password. Every further failure doubles the wait.")
    .retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_starts_late_doubles_and_is_capped() {
        let waits: Vec<_> = (1..=9).map(|n| wait_after(n, 5, 30, 120)).collect();
        let expected = [None, None, None, None, Some(30), Some(60), Some(120), Some(120), Some(120)];
        assert_eq!(waits, expected);
        assert_eq!(wait_after(u32::MAX, 5, u64::MAX, 1800), Some(1800));
    }
}
