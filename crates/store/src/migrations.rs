//! The list of migrations. They only go forward.
//!
//! sqlx's migrator applies them and records each version with a checksum of its text in `_sqlx_migrations`. Belongs
//! here: the list, and the migrator's errors as ours. Does not belong here: what surrounds it at the opening of a
//! database (`schema.rs`).

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, SqlSafeStr as _};

use crate::error::StoreError;

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
    "0010_collations",
    "0011_webhooks",
    "0012_forms",
    "0013_telegram",
    "0014_notices",
    "0015_walletconnect",
    "0016_recipients",
    "0017_auto_stop",
];

/// The newest schema this release knows.
pub const KNOWN: i64 = ALL.len() as i64;

/// All migrations of one of the databases.
pub(crate) fn migrator(postgres: bool) -> Migrator {
    let migration = |(version, texts): (i64, &Texts)| {
        let text = if postgres { texts.postgres } else { texts.sqlite };
        Migration::new(version, texts.name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations((1..).zip(ALL).map(migration).collect());
    // The caller holds a lock.
    migrator.set_locking(false);
    migrator
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
pub(crate) fn refused(error: MigrateError) -> StoreError {
    let altered = |version, reason: &str| StoreError::AlteredSchema { version, reason: reason.to_owned() };
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
