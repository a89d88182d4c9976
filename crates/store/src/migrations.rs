//! Schema versions. Migrations only go forward; each runs in one transaction together with its version
//! number.

use sqlx::AnyConnection;

use crate::columns::Columns;
use crate::connector::{BEGIN_POSTGRES, BEGIN_SQLITE, LOCK_POSTGRES};
use crate::error::StoreError;

struct Migration {
    version: i64,
    sqlite: &'static str,
    postgres: &'static str,
}

const ALL: &[Migration] = &[
    Migration {
        version: 1,
        sqlite: include_str!("../migrations/sqlite/0001_initial.sql"),
        postgres: include_str!("../migrations/postgres/0001_initial.sql"),
    },
    Migration {
        version: 2,
        sqlite: include_str!("../migrations/sqlite/0002_changes.sql"),
        postgres: include_str!("../migrations/postgres/0002_changes.sql"),
    },
    Migration {
        version: 3,
        sqlite: include_str!("../migrations/sqlite/0003_origins.sql"),
        postgres: include_str!("../migrations/postgres/0003_origins.sql"),
    },
    Migration {
        version: 4,
        sqlite: include_str!("../migrations/sqlite/0004_optional_recipient.sql"),
        postgres: include_str!("../migrations/postgres/0004_optional_recipient.sql"),
    },
    Migration {
        version: 5,
        sqlite: include_str!("../migrations/sqlite/0005_renewals.sql"),
        postgres: include_str!("../migrations/postgres/0005_renewals.sql"),
    },
    Migration {
        version: 6,
        sqlite: include_str!("../migrations/sqlite/0006_fate.sql"),
        postgres: include_str!("../migrations/postgres/0006_fate.sql"),
    },
    Migration {
        version: 7,
        sqlite: include_str!("../migrations/sqlite/0007_admission.sql"),
        postgres: include_str!("../migrations/postgres/0007_admission.sql"),
    },
    Migration {
        version: 8,
        sqlite: include_str!("../migrations/sqlite/0008_allowances.sql"),
        postgres: include_str!("../migrations/postgres/0008_allowances.sql"),
    },
    Migration {
        version: 9,
        sqlite: include_str!("../migrations/sqlite/0009_successors.sql"),
        postgres: include_str!("../migrations/postgres/0009_successors.sql"),
    },
];

/// The newest schema version of this release.
pub const KNOWN: i64 = 9;

/// Applies the missing migrations. Daemons that start at the same time on one database take turns.
pub(crate) async fn run(conn: &mut AnyConnection, postgres: bool) -> Result<(), StoreError> {
    let begin = if postgres { BEGIN_POSTGRES } else { BEGIN_SQLITE };
    sqlx::raw_sql(begin).execute(&mut *conn).await?;
    let done = apply(conn, postgres).await;
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = sqlx::raw_sql(end).execute(&mut *conn).await;
    done?;
    ended?;
    Ok(())
}

async fn apply(conn: &mut AnyConnection, postgres: bool) -> Result<(), StoreError> {
    if postgres {
        sqlx::raw_sql(LOCK_POSTGRES).execute(&mut *conn).await?;
    }
    let table = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)";
    sqlx::raw_sql(table).execute(&mut *conn).await?;
    let query = "SELECT COALESCE(MAX(version), 0) AS version FROM schema_version";
    let found = sqlx::query(query).fetch_one(&mut *conn).await?.int("version")?;
    if found > KNOWN {
        return Err(StoreError::NewerSchema { found, known: KNOWN });
    }
    for migration in ALL.iter().filter(|m| m.version > found) {
        let text = if postgres { migration.postgres } else { migration.sqlite };
        sqlx::raw_sql(text).execute(&mut *conn).await?;
        let query = "INSERT INTO schema_version (version) VALUES ($1)";
        sqlx::query(query).bind(migration.version).execute(&mut *conn).await?;
    }
    Ok(())
}
