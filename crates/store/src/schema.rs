//! Brings the schema of a database up to date when it is opened.
//!
//! sqlx's migrator does not lock SQLite, and gives PostgreSQL's lock back before a transaction around it ends. So one
//! transaction of ours, which begins with the lock, is around all of it. Belongs here: that transaction, and the order
//! of the steps in it. Does not belong here: the migrations (`migrations.rs`), and databases of releases that kept
//! their version in a table of their own (`takeover.rs`).

use sqlx::migrate::Migrate as _;
use sqlx::{AnyConnection, Connection as _};

use crate::connector::{BEGIN_POSTGRES, BEGIN_SQLITE, LOCK_POSTGRES};
use crate::error::StoreError;
use crate::migrations::{KNOWN, apply, migrator, refused};
use crate::takeover;

/// The migrator's own table.
const RECORD: &str = "_sqlx_migrations";

/// Applies what is missing. Daemons that start together on one database take turns.
///
/// # Errors
/// [`StoreError::NewerSchema`] for a database of a newer release, [`StoreError::AlteredSchema`] for one whose
/// schema is not the one that its version has. Then nothing is changed.
pub(crate) async fn update(conn: &mut AnyConnection, postgres: bool) -> Result<(), StoreError> {
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
