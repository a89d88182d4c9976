//! Failed master logins, per scope (a remote address, or the whole daemon). Counters only; the audit
//! entry of a refused login is the caller's, with [`crate::WriteTx::record`].

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;

use crate::columns::Columns;
use crate::error::StoreError;
use crate::reads::reads;
use crate::writer::WriteTx;

/// The count of one scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LoginFailures {
    /// Failures since the last success.
    pub failures: u32,
    /// No login is tried before this second.
    pub locked_until: Option<UnixSeconds>,
    /// Last change.
    pub updated_at: UnixSeconds,
}

reads! {
    /// Failed logins of `scope`; zero when there are none.
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

    /// Forgets the failures of `scope` after a success.
    pub async fn clear_login_failures(&mut self, scope: &str) -> Result<(), StoreError> {
        let query = "DELETE FROM login_failures WHERE scope = $1";
        sqlx::query(query).bind(scope.to_owned()).execute(self.conn()).await?;
        Ok(())
    }
}
