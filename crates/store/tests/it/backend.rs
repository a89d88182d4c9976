//! Where a case gets its databases from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AnyConnection, Connection as _};
use tempfile::TempDir;
use waiaas_store::{DatabaseUrl, Store};

use crate::server::Server;

/// One of the two databases.
#[derive(Clone)]
pub(crate) enum Backend {
    Sqlite,
    Postgres(Arc<(Server, AtomicU32)>),
}

/// A database without a schema.
pub(crate) struct Place {
    pub(crate) url: DatabaseUrl,
    raw: String,
    _dir: Option<TempDir>,
}

/// An open store on an empty database.
pub(crate) struct Db {
    pub(crate) store: Store,
    place: Place,
}

impl Backend {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite
    }

    pub(crate) fn postgres() -> Self {
        Self::Postgres(Arc::new((Server::start(), AtomicU32::new(0))))
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    pub(crate) async fn open(&self) -> Db {
        let place = self.place().await;
        Db { store: Store::open(&place.url).await.expect("open"), place }
    }

    /// A database in which nothing is yet.
    pub(crate) async fn place(&self) -> Place {
        sqlx::any::install_default_drivers();
        let (name, options, dir) = match self {
            Self::Sqlite => {
                let dir = tempfile::tempdir().expect("temporary directory");
                (format!("sqlite:{}", dir.path().join("waiaas.db").display()), "?mode=rwc", Some(dir))
            }
            Self::Postgres(shared) => {
                let name = format!("case_{}", shared.1.fetch_add(1, Ordering::Relaxed));
                let mut conn = AnyConnection::connect(&shared.0.url("postgres")).await.expect("server");
                let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
                sqlx::raw_sql(create).execute(&mut conn).await.expect("CREATE DATABASE");
                conn.close().await.expect("close");
                (shared.0.url(&name), "", None)
            }
        };
        Place { url: name.parse().expect("url"), raw: name + options, _dir: dir }
    }
}

impl std::ops::Deref for Db {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

impl Place {
    /// A connection past the store, for looking behind it and for tampering.
    pub(crate) async fn behind(&self) -> AnyConnection {
        AnyConnection::connect(&self.raw).await.expect("connect")
    }

    /// Runs one statement past the store.
    pub(crate) async fn tamper(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let mut conn = self.behind().await;
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(&mut conn).await.map(|done| done.rows_affected())
    }
}

impl Db {
    /// Removes the triggers that keep the audit log append-only, as an intruder with the file would.
    pub(crate) async fn unlock_audit_log(&self) {
        let sql = if self.store.is_postgres() {
            "DROP TRIGGER audit_log_append_only ON audit_log"
        } else {
            "DROP TRIGGER audit_log_no_update; DROP TRIGGER audit_log_no_delete"
        };
        self.tamper(sql).await.expect("drop trigger");
    }
}
