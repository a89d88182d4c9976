//! The one writer: group commit.
//!
//! One task owns one connection. It takes every waiting job (up to [`BATCH`]), runs each inside a
//! savepoint of one transaction, commits once, and only then answers. An urgent job waits for the one that runs and for
//! no other: what has run is committed, and the rest comes after it. A job that fails, or panics, is
//! rolled back to its savepoint; the others are not affected. When the commit fails, nobody is told
//! that anything happened.

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

/// Most jobs of one commit.
const BATCH: usize = 64;
/// Jobs that may wait before callers wait to hand theirs in.
const QUEUE: usize = 1024;
/// A job that takes longer is given up, and its connection with it: everybody waits behind it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running write transaction; the only type whose methods change anything.
pub struct WriteTx {
    conn: AnyConnection,
}

impl WriteTx {
    pub(crate) const fn conn(&mut self) -> &mut AnyConnection {
        &mut self.conn
    }

    /// A transaction of its own on a new connection, beside the writer's queue, for work too long to
    /// let others wait in the same commit.
    pub(crate) async fn exclusive(connector: &Connector) -> Result<Self, StoreError> {
        let mut tx = Self { conn: connector.writer().await? };
        open(&mut tx, connector.is_postgres()).await?;
        Ok(tx)
    }

    /// Ends a transaction made with [`Self::exclusive`]; dropping one instead rolls it back.
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
    /// Commits made durable.
    pub commits: u64,
    /// Jobs in them.
    pub jobs: u64,
}

#[derive(Default)]
struct Counters {
    commits: AtomicU64,
    jobs: AtomicU64,
}

/// What became of a job inside its savepoint.
enum JobEnd {
    Keep,
    Undo,
    /// Nothing may be assumed of the connection any more.
    Hang,
}

trait Job: Send {
    fn run<'t>(&'t mut self, tx: &'t mut WriteTx) -> BoxFuture<'t, JobEnd>;
    /// Replaces a success that could not be kept.
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
            // The closure itself runs inside the future, so that its panics are caught as well.
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
        // A caller who went away does not want to know.
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

    /// Runs a job before everything else that waits.
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
            // An error means the task is gone already, which is what was wanted.
            let _ = closed.await;
        }
    }
}

struct Task {
    inbox: mpsc::Receiver<Message>,
    urgent: mpsc::Receiver<Box<dyn Job>>,
    connector: Connector,
    /// None after a connection was given up; the next batch makes a new one.
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

    /// After a close message nothing new is taken, but what is waiting is still done.
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

    /// One commit; gives back the jobs that made way for an urgent one.
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

    /// One transaction. The connection is kept only when it is known to be idle afterwards.
    /// `run` becomes how many jobs are in it.
    async fn transaction(&mut self, jobs: &mut [Box<dyn Job>], run: &mut usize) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        match work(&mut tx, jobs, &self.urgent).await {
            Ok(done) => *run = done,
            Err(error) => {
                // Dropping the connection rolls back; a clean rollback lets us keep it.
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
            // On SQLite a failed COMMIT may leave the transaction open; a fresh connection cannot.
            Err(error) => Err(StoreError::commit(error)),
        }
    }

    /// Starts a transaction, on a new connection when the kept one turns out to be broken.
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

/// A full disk makes SQLite end the whole transaction by itself. Then there is no savepoint to go back
/// to, and whoever shared the commit can only ask again.
fn lost(error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Refused(_, source) => StoreError::Unavailable(source),
        other => other,
    }
}

/// Runs every job in its savepoint until an urgent one waits; how many ran. An error here means the transaction as a
/// whole is lost.
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
                // PostgreSQL refuses this when the job went on after one of its statements had failed.
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
