//! Failed logins with the master password, per scope (a remote address, or the whole daemon). Only counters:
//! the caller records a refused login in the audit log with [`crate::WriteTx::record`].

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;

use crate::columns::Columns;
use crate::error::StoreError;
use crate::reads::reads;
use crate::writer::WriteTx;

/// The failed logins of one scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LoginFailures {
    /// Number of failures since the last success.
    pub failures: u32,
    /// Logins are refused before this second.
    pub locked_until: Option<UnixSeconds>,
    /// Time of the last change.
    pub updated_at: UnixSeconds,
}

reads! {
    /// Failed logins of `scope`; zero if there are none.
    login_failures(scope: &str) -> LoginFailures;
}

async fn login_failures(conn: &mut AnyConnection, scope: &str) -> Result<LoginFailures, StoreError> {
    let query = "SELECT failures, locked_until, updated_at FROM login_failures WHERE scope = $1";
    let Some(row) = sqlx::query(query).bind(scope.to_owned()).fetch_optional(conn).await? else {
        return Ok(LoginFailures::default());
    };
    Ok(LoginFailures {
        failures: row.number("failures")?,
        locked_until: row.opt_int("locked_until")?,
        updated_at: row.int("updated_at")?,
    })
}

impl WriteTx {
    /// Counts one more failure and returns the count.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn count_login_failure(
        &mut self,
        scope: &str,
        at: UnixSeconds,
    ) -> Result<LoginFailures, StoreError> {
        let query = "INSERT INTO login_failures (scope, failures, locked_until, updated_at) \
                     VALUES ($1, 1, NULL, $2) ON CONFLICT (scope) DO UPDATE \
                     SET failures = login_failures.failures + 1, updated_at = excluded.updated_at";
        sqlx::query(query).bind(scope.to_owned()).bind(at).execute(self.conn()).await?;
        login_failures(self.conn(), scope).await
    }

    /// Refuses logins of `scope` until `until`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn lock_login(
        &mut self,
        scope: &str,
        until: UnixSeconds,
        at: UnixSeconds,
    ) -> Result<(), StoreError> {
        let query = "INSERT INTO login_failures (scope, failures, locked_until, updated_at) \
                     VALUES ($1, 0, $2, $3) ON CONFLICT (scope) DO UPDATE \
                     SET locked_until = excluded.locked_until, updated_at = excluded.updated_at";
        sqlx::query(query).bind(scope.to_owned()).bind(until).bind(at).execute(self.conn()).await?;
        Ok(())
    }

    /// Deletes the failures of `scope` after a success.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn clear_login_failures(&mut self, scope: &str) -> Result<(), StoreError> {
        let query = "DELETE FROM login_failures WHERE scope = $1";
        sqlx::query(query).bind(scope.to_owned()).execute(self.conn()).await?;
        Ok(())
    }
}
