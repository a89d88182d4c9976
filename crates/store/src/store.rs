//! Opening, reading and closing. Writing is in [`crate::writer`].

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, ConnectOptions};

use crate::connector::{BUSY, Connector, configure};
use crate::error::StoreError;
use crate::migrations;
use crate::url::{DatabaseUrl, Target};
use crate::writer::{WriteTx, Writer, WriterStats};

/// Connections for reading.
const READERS: u32 = 4;

/// Everything WAIaaS remembers. Clones share one writer and one pool.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    pool: AnyPool,
    /// For what proves a password: whoever reads much keeps nobody from proving it.
    gate: AnyPool,
    /// For reads that go through whole tables, one at a time.
    long: AnyPool,
    writer: Writer,
    connector: Connector,
}

impl Store {
    /// Opens the database, creating it where it does not exist, and brings its schema up to date. A
    /// database of a newer release is refused. The writer task runs until [`Store::close`] or until
    /// the last clone is dropped.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        if let Target::Sqlite(path) = &url.0 {
            // Sealed keys and token hashes: nobody else's to read. SQLite gives its WAL the same mode.
            let mut file = OpenOptions::new();
            file.create(true).append(true).mode(0o600);
            file.open(path).map_err(sqlx::Error::Io)?;
        }
        let options: AnyConnectOptions = url.0.to_sqlx().parse()?;
        let options = options.disable_statement_logging();
        let connector = Connector { options, postgres: url.is_postgres() };
        let mut conn = connector.writer().await?;
        migrations::run(&mut conn, connector.postgres).await?;
        let postgres = connector.postgres;
        let readers = |most| {
            AnyPoolOptions::new()
                .max_connections(most)
                .acquire_timeout(BUSY)
                .after_connect(move |conn, _| Box::pin(configure(conn, postgres, true)))
                .connect_lazy_with(connector.options.clone())
        };
        let (pool, gate, long) = (readers(READERS), readers(1), readers(1));
        let writer = Writer::start(conn, connector.clone());
        Ok(Self(Arc::new(Inner { pool, gate, long, writer, connector })))
    }

    /// Runs `job` in a transaction together with whatever else is waiting, and answers once the
    /// commit is durable. A job that fails is rolled back alone. Jobs must only talk to the database:
    /// everybody's writes wait for them. Dropping the returned future does not stop the job.
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut WriteTx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.0.writer.submit(job).await
    }

    /// The same before everything else that waits, and in a commit of its own: for what stops things.
    pub async fn write_first<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut WriteTx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.0.writer.submit_first(job).await
    }

    /// How much the writer has done since opening.
    pub fn stats(&self) -> WriterStats {
        self.0.writer.stats()
    }

    /// Whether this is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.0.writer.is_postgres()
    }

    /// Commits what is waiting, then closes every connection. Later calls answer
    /// [`StoreError::Closed`] or [`StoreError::Unavailable`].
    pub async fn close(&self) {
        for pool in [&self.0.pool, &self.0.gate, &self.0.long] {
            pool.close().await;
        }
        self.0.writer.close().await;
    }

    /// A write transaction outside the group commit.
    pub(crate) async fn exclusive(&self) -> Result<WriteTx, StoreError> {
        WriteTx::exclusive(&self.0.connector).await
    }

    /// A connection for what proves a password.
    pub(crate) async fn gate(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.0.gate.acquire().await?)
    }

    /// A connection for reading whole tables.
    pub(crate) async fn long_reader(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.0.long.acquire().await?)
    }

    /// A connection for reading.
    pub(crate) async fn reader(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.0.pool.acquire().await?)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::AuditEntry;
    use waiaas_core::audit::{Actor, AuditEvent};

    #[tokio::test]
    async fn readers_cannot_write() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let url = DatabaseUrl::sqlite(&dir.path().join("waiaas.db")).expect("url");
        let store = Store::open(&url).await.expect("open");
        let mut reader = store.reader().await.expect("reader");
        let insert = sqlx::query("INSERT INTO meta (key, value) VALUES ('a', 'b')");
        assert!(insert.execute(&mut *reader).await.is_err());
        let mode = std::fs::metadata(dir.path().join("waiaas.db")).expect("file");
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&mode) & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_full_database_keeps_what_it_has_and_works_again_with_room() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let url = DatabaseUrl::sqlite(&dir.path().join("waiaas.db")).expect("url");
        let store = Store::open(&url).await.expect("open");
        let record = async |bytes: usize| {
            let started = AuditEvent::SystemStarted { version: "x".repeat(bytes) };
            let entry = AuditEntry::new(started, Actor::System, 1);
            store.write(|tx| Box::pin(async move { tx.record(entry).await })).await.map(|_| ())
        };
        record(1).await.expect("room");

        // The limit holds for the writer's connection. Below what is used, it means the present size.
        let (open, gate) = tokio::sync::oneshot::channel::<()>();
        let (started, running) = tokio::sync::oneshot::channel::<()>();
        let limited = store.write(|tx| {
            Box::pin(async move {
                sqlx::raw_sql("PRAGMA max_page_count = 1").execute(tx.conn()).await?;
                let _ = started.send(());
                let _ = gate.await;
                Ok::<_, StoreError>(())
            })
        });
        // Both wait while the first one runs, so they are one commit.
        let full = async {
            running.await.expect("running");
            let opening = async { open.send(()).expect("open") };
            tokio::join!(record(100_000), record(1), opening)
        };
        let (limited, (large, small, ())) = tokio::join!(limited, full);
        limited.expect("limited");
        assert!(matches!(large, Err(StoreError::Full(_))), "{large:?}");
        let small = small.expect_err("SQLite ended the transaction that both were in");
        assert!(small.is_transient(), "{small:?}");
        let chain = store.verify_chain().await.expect("chain");
        assert_eq!((chain.rows, chain.first_bad), (1, None), "nothing by halves");

        // The writer's next connection has no such limit: there is room again.
        record(100_000).await.expect("large");
        record(1).await.expect("small");
        let chain = store.verify_chain().await.expect("chain");
        assert_eq!((chain.rows, chain.first_bad), (3, None));
    }
}
