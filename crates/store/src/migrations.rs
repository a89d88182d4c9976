//! The schema's versions. Migrations only go forward.
//!
//! sqlx's migrator applies what is missing, records each version with a checksum of its text in
//! `_sqlx_migrations`, and refuses a database whose record differs. It does not lock SQLite, and it gives
//! PostgreSQL's lock back before the transaction around it ends. So one transaction of ours is around it all, which
//! begins with the lock. Belongs here: the list of migrations, the lock and the errors. Does not belong here:
//! databases of releases that kept their version in a table of their own (`takeover.rs`).

use sqlx::migrate::{Migrate as _, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, Connection as _, SqlSafeStr as _};

use crate::connector::{BEGIN_POSTGRES, BEGIN_SQLITE, LOCK_POSTGRES};
use crate::error::StoreError;
use crate::takeover;

/// One migration. The text differs between the databases only where their languages do.
struct Texts {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($name:literal),+ $(,)?) => {
        &[$(Texts {
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }),+]
    };
}

/// Every migration. Its version is its place in this list, from 1 on; its name begins with it.
const ALL: &[Texts] = migrations![
    "0001_initial",
    "0002_changes",
    "0003_origins",
    "0004_optional_recipient",
    "0005_renewals",
    "0006_fate",
    "0007_admission",
    "0008_allowances",
    "0009_successors",
];

/// The newest schema this release knows.
pub const KNOWN: i64 = ALL.len() as i64;

/// The migrator's own table.
pub(crate) const RECORD: &str = "_sqlx_migrations";

/// All migrations of one of the databases.
pub(crate) fn migrator(postgres: bool) -> Migrator {
    let migration = |(version, texts): (i64, &Texts)| {
        let text = if postgres { texts.postgres } else { texts.sqlite };
        Migration::new(version, texts.name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations((1..).zip(ALL).map(migration).collect());
    migrator.set_locking(false);
    migrator
}

/// Applies what is missing. Daemons that start together on one database take turns.
///
/// # Errors
/// [`StoreError::NewerSchema`] for a database of a newer release, [`StoreError::AlteredSchema`] for one whose
/// schema is not the one that its version has. Then nothing is changed.
pub(crate) async fn run(conn: &mut AnyConnection, postgres: bool) -> Result<(), StoreError> {
    let begin = if postgres { BEGIN_POSTGRES } else { BEGIN_SQLITE };
    // Each migration is a savepoint in it. Dropped before its end, it is rolled back.
    let mut tx = conn.begin_with(begin).await?;
    if postgres {
        sqlx::raw_sql(LOCK_POSTGRES).execute(&mut *tx).await?;
    }
    let migrator = migrator(postgres);
    tx.ensure_migrations_table(RECORD).await.map_err(refused)?;
    let applied = tx.list_applied_migrations(RECORD).await.map_err(refused)?;
    match applied.iter().map(|migration| migration.version).max() {
        Some(found) if found > KNOWN => return Err(StoreError::NewerSchema { found, known: KNOWN }),
        Some(_) => {}
        None => takeover::run(&mut tx, &migrator, postgres).await?,
    }
    apply(&migrator, &mut tx, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Applies what is missing up to a version, or all. [`Migrator::run`] would make futures that are not `Send` of a
/// borrowed connection.
pub(crate) async fn apply(
    migrator: &Migrator,
    conn: &mut AnyConnection,
    up_to: Option<i64>,
) -> Result<(), StoreError> {
    migrator.run_direct(up_to, conn, false).await.map_err(refused)
}

/// Records every migration up to a version as applied.
pub(crate) async fn record(
    migrator: &Migrator,
    conn: &mut AnyConnection,
    up_to: i64,
) -> Result<(), StoreError> {
    migrator.run_direct(Some(up_to), conn, true).await.map_err(refused)
}

/// The migrator's errors by what the caller can do about them.
fn refused(error: MigrateError) -> StoreError {
    let altered =
        |version, reason: &str| StoreError::AlteredSchema { version, reason: reason.to_owned() };
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        MigrateError::VersionMismatch(version) => {
            altered(version, "the migration was changed after it had been applied")
        }
        MigrateError::VersionMissing(version) => altered(version, "this release has no such migration"),
        MigrateError::Dirty(version) => altered(version, "the migration was applied in part"),
        // sqlx marks its enum as growing. The others are about migrations that are read or undone.
        other => sqlx::Error::from(other).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[tokio::test]
    async fn every_file_is_in_the_list() {
        for (postgres, directory) in [(false, "migrations/sqlite"), (true, "migrations/postgres")] {
            let files = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
            let files = Migrator::new(files).await.expect("files");
            let described = |migrator: &Migrator| -> Vec<_> {
                migrator.iter().map(|one| (one.version, one.checksum.to_vec())).collect()
            };
            assert_eq!(described(&files), described(&migrator(postgres)), "{directory}");
        }
        for (version, texts) in (1..).zip(ALL) {
            assert!(texts.name.starts_with(&format!("{version:04}_")), "{}", texts.name);
        }
    }
}
