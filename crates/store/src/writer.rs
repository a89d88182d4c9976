//! The one writer: group commit.
//!
//! One task owns one connection. It takes all waiting jobs (up to [`BATCH`]), runs each inside a savepoint of
//! one transaction, commits once, and only then answers. An urgent job waits only for the running one: jobs
//! that have run are committed, and the others run after it. A job that fails or panics is rolled back to its
//! savepoint; the others are not affected. If the commit fails, no caller gets a success.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::{AnyConnection, Connection as _};
use tokio::sync::{mpsc, oneshot};

use crate::connector::{BEGIN_POSTGRES, BEGIN_SQLITE, Connector, LOCK_POSTGRES};
use crate::error::StoreError;

/// Maximum number of jobs of one commit.
const BATCH: usize = 64;
/// Number of jobs that may wait before callers must wait to submit theirs.
const QUEUE: usize = 1024;
/// A job that takes longer is abandoned together with its connection, because all others wait for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running write transaction; the only type whose methods change anything.
pub struct WriteTx {
    conn: AnyConnection,
}

impl WriteTx {
    pub(crate) const fn conn(&mut self) -> &mut AnyConnection {
        &mut self.conn
    }

    /// A transaction on a new connection, independent of the writer's queue, for work that would delay other
    /// jobs in the same commit too long.
    pub(crate) async fn exclusive(connector: &Connector) -> Result<Self, StoreError> {
        let mut tx = Self { conn: connector.writer().await? };
        open(&mut tx, connector.is_postgres()).await?;
        Ok(tx)
    }

    /// Commits a transaction made with [`Self::exclusive`]; dropping it rolls back.
    pub(crate) async fn commit(mut tx: Self) -> Result<(), StoreError> {
        tx.statement("COMMIT").await.map_err(StoreError::commit)?;
        Ok(tx.conn.close().await?)
    }

    async fn statement(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::query(sql).execute(&mut self.conn).await.map(|_| ())
    }
}

impl std::fmt::Debug for WriteTx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteTx").finish_non_exhaustive()
    }
}

/// Counters since opening.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WriterStats {
    /// Number of commits.
    pub commits: u64,
    /// Number of jobs in them.
    pub jobs: u64,
}

#[derive(Default)]
struct Counters {
    commits: AtomicU64,
    jobs: AtomicU64,
}

/// How a job ended inside its savepoint.
enum JobEnd {
    Keep,
    Undo,
    /// The state of the connection is unknown.
    Hang,
}

trait Job: Send {
    fn run<'t>(&'t mut self, tx: &'t mut WriteTx) -> BoxFuture<'t, JobEnd>;
    /// Replaces a success that could not be committed.
    fn fail(&mut self, error: StoreError);
    /// Answers the caller. `ended` says whether the transaction is durable.
    fn answer(self: Box<Self>, ended: Result<(), StoreError>);
}

struct Typed<F, T, E> {
    job: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Typed<F, T, E>
where
    F: for<'t> FnOnce(&'t mut WriteTx) -> BoxFuture<'t, Result<T, E>> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run<'t>(&'t mut self, tx: &'t mut WriteTx) -> BoxFuture<'t, JobEnd> {
        Box::pin(async move {
            let Some(job) = self.job.take() else { return JobEnd::Undo };
            // The closure runs inside the future, so that its panics are caught as well.
            let work = AssertUnwindSafe(async { job(tx).await }).catch_unwind();
            let (result, outcome) = match tokio::time::timeout(PATIENCE, work).await {
                Ok(Ok(Ok(value))) => (Ok(value), JobEnd::Keep),
                Ok(Ok(Err(error))) => (Err(error), JobEnd::Undo),
                Ok(Err(_panic)) => (Err(StoreError::Abandoned("it panicked").into()), JobEnd::Undo),
                Err(_elapsed) => (Err(StoreError::Abandoned("it took too long").into()), JobEnd::Hang),
            };
            self.result = Some(result);
            outcome
        })
    }

    fn fail(&mut self, error: StoreError) {
        self.result = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>, ended: Result<(), StoreError>) {
        let result = match (ended, self.result) {
            (_, Some(Err(own))) => Err(own),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Err(error), _) => Err(error.into()),
            (Ok(()), None) => Err(StoreError::Abandoned("it did not run").into()),
        };
        // The caller may be gone.
        let _ = self.reply.send(result);
    }
}

enum Message {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

/// The handle of the writer task.
pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
    urgent: mpsc::Sender<Box<dyn Job>>,
    counters: Arc<Counters>,
    postgres: bool,
}

impl Writer {
    pub(crate) fn start(conn: AnyConnection, connector: Connector) -> Self {
        let (queue, inbox) = mpsc::channel(QUEUE);
        let (urgent, first) = mpsc::channel(QUEUE);
        let counters = Arc::new(Counters::default());
        let postgres = connector.is_postgres();
        let task =
            Task { inbox, urgent: first, connector, tx: Some(WriteTx { conn }), counters: counters.clone() };
        tokio::spawn(task.run());
        Self { queue, urgent, counters, postgres }
    }

    /// Runs a job before all other waiting ones.
    pub(crate) async fn submit_first<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut WriteTx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Typed { job: Some(job), result: None, reply });
        self.urgent.send(job).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    pub(crate) async fn submit<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut WriteTx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Box<dyn Job> = Box::new(Typed { job: Some(job), result: None, reply });
        self.queue.send(Message::Job(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    pub(crate) fn stats(&self) -> WriterStats {
        WriterStats {
            commits: self.counters.commits.load(Ordering::Relaxed),
            jobs: self.counters.jobs.load(Ordering::Relaxed),
        }
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        self.postgres
    }

    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            // An error means that the task has ended already, as intended.
            let _ = closed.await;
        }
    }
}

struct Task {
    inbox: mpsc::Receiver<Message>,
    urgent: mpsc::Receiver<Box<dyn Job>>,
    connector: Connector,
    /// None after a connection was abandoned; the next batch makes a new one.
    tx: Option<WriteTx>,
    counters: Arc<Counters>,
}

impl Task {
    async fn run(mut self) {
        let mut closers = Vec::new();
        let mut waiting = Vec::new();
        loop {
            if let Ok(job) = self.urgent.try_recv() {
                self.batch(vec![job]).await;
                continue;
            }
            if waiting.is_empty() {
                tokio::select! {
                    biased;
                    Some(job) = self.urgent.recv() => {
                        self.batch(vec![job]).await;
                        continue;
                    }
                    next = self.inbox.recv() => match next {
                        Some(next) => self.sort(next, &mut waiting, &mut closers),
                        None => break,
                    },
                }
            }
            while waiting.len() < BATCH {
                let Ok(next) = self.inbox.try_recv() else { break };
                self.sort(next, &mut waiting, &mut closers);
            }
            waiting = self.batch(waiting).await;
        }
        if let Some(tx) = self.tx.take()
            && let Err(error) = tx.conn.close().await
        {
            tracing::warn!(%error, "closing the database failed");
        }
        for closer in closers {
            let _ = closer.send(());
        }
    }

    /// After a close message no new jobs are accepted, but the waiting ones are still run.
    fn sort(
        &mut self,
        message: Message,
        jobs: &mut Vec<Box<dyn Job>>,
        closers: &mut Vec<oneshot::Sender<()>>,
    ) {
        match message {
            Message::Job(job) => jobs.push(job),
            Message::Close(done) => {
                self.inbox.close();
                closers.push(done);
            }
        }
    }

    /// One commit; returns the jobs that gave way to an urgent one.
    async fn batch(&mut self, mut jobs: Vec<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
        if jobs.is_empty() {
            return jobs;
        }
        let mut run = 0;
        let ended = self.transaction(&mut jobs, &mut run).await;
        let rest = if ended.is_ok() { jobs.split_off(run) } else { Vec::new() };
        if ended.is_ok() {
            self.counters.commits.fetch_add(1, Ordering::Relaxed);
            let count = u64::try_from(jobs.len()).unwrap_or(u64::MAX);
            self.counters.jobs.fetch_add(count, Ordering::Relaxed);
        }
        for job in jobs {
            job.answer(ended.clone());
        }
        rest
    }

    /// One transaction. The connection is kept only if it is known to be idle afterwards. `run` is set to the
    /// number of jobs in it.
    async fn transaction(&mut self, jobs: &mut [Box<dyn Job>], run: &mut usize) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        match work(&mut tx, jobs, &self.urgent).await {
            Ok(done) => *run = done,
            Err(error) => {
                // Dropping the connection rolls back; after a clean rollback it can be kept.
                if !matches!(error, StoreError::Abandoned(_)) && tx.statement("ROLLBACK").await.is_ok() {
                    self.tx = Some(tx);
                }
                return Err(error);
            }
        }
        let commit = tokio::time::timeout(PATIENCE, tx.statement("COMMIT")).await;
        match commit.unwrap_or_else(|elapsed| Err(sqlx::Error::Io(std::io::Error::other(elapsed)))) {
            Ok(()) => {
                self.tx = Some(tx);
                Ok(())
            }
            // On SQLite a failed COMMIT may leave the transaction open; a new connection cannot have one.
            Err(error) => Err(StoreError::commit(error)),
        }
    }

    /// Starts a transaction, on a new connection if the kept one is broken.
    async fn begin(&mut self) -> Result<WriteTx, StoreError> {
        if let Some(mut tx) = self.tx.take() {
            match open(&mut tx, self.connector.is_postgres()).await {
                Ok(()) => return Ok(tx),
                Err(StoreError::Unavailable(error)) => {
                    tracing::warn!(%error, "the database connection was lost; connecting again");
                }
                Err(error) => {
                    let _ = tx.statement("ROLLBACK").await;
                    self.tx = Some(tx);
                    return Err(error);
                }
            }
        }
        let mut tx = WriteTx { conn: self.connector.writer().await? };
        open(&mut tx, self.connector.is_postgres()).await?;
        Ok(tx)
    }
}

async fn open(tx: &mut WriteTx, postgres: bool) -> Result<(), StoreError> {
    if postgres {
        tx.statement(BEGIN_POSTGRES).await?;
        tx.statement(LOCK_POSTGRES).await?;
    } else {
        tx.statement(BEGIN_SQLITE).await?;
    }
    Ok(())
}

/// On a full disk SQLite ends the whole transaction. Then there is no savepoint to return to, and all callers
/// of the commit must try again.
fn lost(error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Refused(_, source) => StoreError::Unavailable(source),
        other => other,
    }
}

/// Runs every job in its savepoint until an urgent one waits; returns how many ran. An error means that the
/// whole transaction is lost.
async fn work(
    tx: &mut WriteTx,
    jobs: &mut [Box<dyn Job>],
    urgent: &mpsc::Receiver<Box<dyn Job>>,
) -> Result<usize, StoreError> {
    let mut run = 0usize;
    for job in jobs {
        if run > 0 && !urgent.is_empty() {
            break;
        }
        run = run.saturating_add(1);
        tx.statement("SAVEPOINT job").await?;
        match job.run(tx).await {
            JobEnd::Keep => {
                // PostgreSQL refuses this if the job continued after one of its statements had failed.
                let Err(error) = tx.statement("RELEASE SAVEPOINT job").await else { continue };
                job.fail(error.into());
            }
            JobEnd::Undo => {}
            JobEnd::Hang => return Err(StoreError::Abandoned("another write in the same commit hung")),
        }
        tx.statement("ROLLBACK TO SAVEPOINT job").await.map_err(lost)?;
        tx.statement("RELEASE SAVEPOINT job").await?;
    }
    Ok(run)
}
