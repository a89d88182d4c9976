//! Databases of releases up to schema 9. They recorded their version in a table `schema_version`, without checksums.
//!
//! Such a database is taken over once: if its tables, columns and indexes are those of the version it records, its
//! versions are recorded as the migrator does, and `schema_version` becomes a view of that record. So a release that
//! knows only the table finds the version there, and refuses a newer one.

use std::collections::BTreeSet;

use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, Connection as _};

use crate::columns::Columns as _;
use crate::error::StoreError;
use crate::migrations::{KNOWN, apply, migrator, record};

const TABLE_SQLITE: &str =
    "SELECT COUNT(*) AS found FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";
const TABLE_POSTGRES: &str = "SELECT COUNT(*) AS found FROM information_schema.tables \
    WHERE table_schema = current_schema() AND table_name = 'schema_version' AND table_type = 'BASE TABLE'";

/// Columns as `table.column`, and indexes.
const PARTS_SQLITE: &str = "SELECT m.name || '.' || p.name AS part FROM sqlite_master m \
    JOIN pragma_table_info(m.name) p WHERE m.type IN ('table', 'view') \
    UNION SELECT 'index ' || name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";
const PARTS_POSTGRES: &str = "SELECT CAST(table_name || '.' || column_name AS TEXT) AS part \
    FROM information_schema.columns WHERE table_schema = current_schema() \
    UNION SELECT CAST('index ' || indexname AS TEXT) FROM pg_indexes WHERE schemaname = current_schema()";

/// Takes over a database without a record of the migrator; a new one has nothing to take over. The caller holds the
/// lock and commits.
pub(crate) async fn run(
    conn: &mut AnyConnection,
    migrator: &Migrator,
    postgres: bool,
) -> Result<(), StoreError> {
    let table = if postgres { TABLE_POSTGRES } else { TABLE_SQLITE };
    if sqlx::query(table).fetch_one(&mut *conn).await?.int("found")? == 1 {
        let version = recorded(conn).await?;
        compare(conn, version, postgres).await?;
        record(migrator, conn, version).await?;
        sqlx::raw_sql("DROP TABLE schema_version").execute(&mut *conn).await?;
    }
    let view = "CREATE VIEW schema_version AS SELECT version FROM _sqlx_migrations";
    sqlx::raw_sql(view).execute(conn).await?;
    Ok(())
}

/// The version it records: every migration up to it has a row.
async fn recorded(conn: &mut AnyConnection) -> Result<i64, StoreError> {
    let query = "SELECT version FROM schema_version ORDER BY version";
    let rows = sqlx::query(query).fetch_all(conn).await?;
    let versions = rows.iter().map(|row| row.int("version")).collect::<Result<Vec<_>, _>>()?;
    let found = versions.last().copied().unwrap_or(0);
    if found > KNOWN {
        return Err(StoreError::NewerSchema { found, known: KNOWN });
    }
    if !versions.into_iter().eq(1..=found) {
        let reason = "its record of versions has gaps".to_owned();
        return Err(StoreError::AlteredSchema { version: found, reason });
    }
    Ok(found)
}

/// Whether the database has all of a version and nothing of a later one. The migrations themselves say what that
/// is: they run on an empty SQLite database in memory, which has the columns and indexes of both.
async fn compare(conn: &mut AnyConnection, version: i64, postgres: bool) -> Result<(), StoreError> {
    let mut model = AnyConnection::connect("sqlite::memory:").await?;
    let migrations = migrator(false);
    apply(&migrations, &mut model, Some(version)).await?;
    let due = parts(&mut model, false).await?;
    apply(&migrations, &mut model, None).await?;
    let all = parts(&mut model, false).await?;
    model.close().await?;
    let found = parts(conn, postgres).await?;
    let altered = |reason| Err(StoreError::AlteredSchema { version, reason });
    if let Some(part) = due.difference(&found).next() {
        return altered(format!("{part} is missing"));
    }
    match all.difference(&due).find(|part| found.contains(*part)) {
        Some(part) => altered(format!("{part} belongs to a later one")),
        None => Ok(()),
    }
}

async fn parts(conn: &mut AnyConnection, postgres: bool) -> Result<BTreeSet<String>, StoreError> {
    let query = if postgres { PARTS_POSTGRES } else { PARTS_SQLITE };
    sqlx::query(query).fetch_all(conn).await?.iter().map(|row| row.text("part")).collect()
}
