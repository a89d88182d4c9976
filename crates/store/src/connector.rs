//! Connecting to the database: settings of every connection, and the beginning of a write transaction.

use std::time::Duration;

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions};

use crate::error::StoreError;

/// Maximum wait of a statement for another process's lock.
pub(crate) const BUSY: Duration = Duration::from_secs(10);
pub(crate) const BEGIN_SQLITE: &str = "BEGIN IMMEDIATE";
pub(crate) const BEGIN_POSTGRES: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
/// Several daemons on one PostgreSQL database take turns, as processes on one SQLite file do. Each statement
/// after the lock sees everything that was committed before the lock was granted. The number is chosen by
/// this project.
pub(crate) const LOCK_POSTGRES: &str =
    "DO $$ BEGIN PERFORM pg_advisory_xact_lock(7310308121904767337); END $$";

/// The connection data, for reconnects of the writer.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) options: AnyConnectOptions,
    pub(crate) postgres: bool,
}

impl Connector {
    pub(crate) const fn is_postgres(&self) -> bool {
        self.postgres
    }

    /// A connection with write access.
    pub(crate) async fn writer(&self) -> Result<AnyConnection, StoreError> {
        let mut conn = self.options.connect().await?;
        configure(&mut conn, self.postgres, false).await?;
        Ok(conn)
    }
}

/// Settings of every connection. Readers cannot write.
pub(crate) async fn configure(
    conn: &mut AnyConnection,
    postgres: bool,
    read_only: bool,
) -> Result<(), sqlx::Error> {
    let statements: &[&'static str] = match (postgres, read_only) {
        (true, true) => &["SET default_transaction_read_only = on"],
        // Durable even if the server's default is not; no endless wait for another daemon.
        (true, false) => &["SET synchronous_commit = on", "SET lock_timeout = '10s'"],
        (false, true) => &["PRAGMA query_only = ON"],
        (false, false) => {
            &["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"]
        }
    };
    if !postgres {
        let wait = sqlx::AssertSqlSafe(format!("PRAGMA busy_timeout = {}", BUSY.as_millis()));
        sqlx::raw_sql(wait).execute(&mut *conn).await?;
    }
    for statement in statements {
        sqlx::raw_sql(*statement).execute(&mut *conn).await?;
    }
    Ok(())
}
