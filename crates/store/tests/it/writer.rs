//! Group commit.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use waiaas_core::audit::AuditEventKind;
use waiaas_store::{Entity, Store, StoreError, WriteTx};

use crate::backend::{Backend, Db};
use crate::fixtures::{NOW, entry, new_wallet, wallet_id};

/// An error of the caller's own, as the engine has.
#[derive(Debug)]
enum Own {
    Mine(u32),
    Store(StoreError),
}

impl From<StoreError> for Own {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

async fn insert(tx: &mut WriteTx, n: u32) -> Result<(), StoreError> {
    tx.insert_wallet(new_wallet(n), entry(AuditEventKind::WalletCreated, NOW)).await
}

/// Keeps the writer busy until told, so that other jobs pile up behind.
async fn gate(store: &Store) -> (tokio::sync::oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let (open, wait) = tokio::sync::oneshot::channel::<()>();
    let (started, running) = tokio::sync::oneshot::channel::<()>();
    let store = store.clone();
    let task = tokio::spawn(async move {
        let done: Result<(), StoreError> = store
            .write(|_| {
                Box::pin(async move {
                    let _ = started.send(());
                    let _ = wait.await;
                    Ok(())
                })
            })
            .await;
        done.expect("gate");
    });
    running.await.expect("running");
    (open, task)
}

pub(crate) async fn jobs_share_commits_and_fail_alone(backend: Backend) {
    let db = backend.open().await;
    let before = db.store.stats();
    let (open, gate) = gate(&db.store).await;
    let jobs = (1..=50u32).map(|n| {
        db.store.write(move |tx| {
            Box::pin(async move {
                insert(tx, n).await?;
                if n % 10 == 0 { Err(Own::Mine(n)) } else { Ok(n) }
            })
        })
    });
    // Joined futures are polled in order, so all fifty are handed in before the gate opens.
    let opening = async { open.send(()).expect("open") };
    let (results, ()) = tokio::join!(join_all(jobs), opening);
    gate.await.expect("gate");
    for (n, result) in (1..=50u32).zip(results) {
        match result {
            Ok(got) => assert!(got == n && n % 10 != 0),
            Err(Own::Mine(got)) => assert!(got == n && n % 10 == 0, "each its own error"),
            Err(Own::Store(error)) => panic!("{error}"),
        }
    }
    let wallets = db.store.wallets().await.expect("wallets");
    assert_eq!(wallets.len(), 45, "the failed ones left nothing");
    let chain = db.store.verify_chain().await.expect("chain");
    assert_eq!((chain.rows, chain.first_bad), (45, None), "no gap where a job failed");
    let stats = db.store.stats();
    let (commits, jobs) = (stats.commits - before.commits, stats.jobs - before.jobs);
    assert_eq!((jobs, commits), (51, 2), "the gate's commit and one for the fifty");
}

/// An ordinary job whose turn is written down; the first one lets an urgent one come in while it runs.
pub(crate) async fn what_is_urgent_waits_for_one_job_alone(backend: Backend) {
    let db = backend.open().await;
    let (open, gate) = gate(&db.store).await;
    let (order, urgent) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(None)));
    let turn = |order: &Arc<Mutex<Vec<u32>>>, n| order.lock().expect("order").push(n);
    let jobs = (1..=5u32).map(|n| {
        let (order, urgent, store) = (order.clone(), urgent.clone(), db.store.clone());
        db.store.write(move |tx| {
            Box::pin(async move {
                turn(&order, n);
                insert(tx, n).await?;
                if n == 1 {
                    let mut first: BoxFuture<'static, Result<(), StoreError>> = Box::pin(async move {
                        store
                            .write_first(move |tx| {
                                Box::pin(async move {
                                    turn(&order, 0);
                                    insert(tx, 9).await
                                })
                            })
                            .await
                    });
                    assert!(futures_util::poll!(&mut first).is_pending());
                    *urgent.lock().expect("urgent") = Some(first);
                }
                Ok::<_, StoreError>(())
            })
        })
    });
    // All of them wait when the gate opens, so they are of one batch.
    let (done, ()) = futures_util::future::join(join_all(jobs), async { open.send(()).expect("open") }).await;
    done.into_iter().for_each(|done| done.expect("written"));
    let first = urgent.lock().expect("urgent").take().expect("submitted");
    first.await.expect("written first");
    gate.await.expect("gate");
    assert_eq!(*order.lock().expect("order"), [1, 0, 2, 3, 4, 5]);
    assert_eq!(db.store.wallets().await.expect("wallets").len(), 6);
}

pub(crate) async fn a_panic_harms_no_other_job(backend: Backend) {
    let db = backend.open().await;
    let (open, gate) = gate(&db.store).await;
    let good = |n: u32| db.store.write(move |tx| Box::pin(async move { insert(tx, n).await }));
    let in_future = db.store.write(|tx| {
        Box::pin(async move {
            insert(tx, 2).await?;
            if tx.wallet(wallet_id(2)).await?.is_some() {
                panic!("in the job's future");
            }
            Ok::<(), StoreError>(())
        })
    });
    fn explode() -> u32 {
        panic!("in the job's closure")
    }
    let in_closure = db.store.write(|tx| {
        let n = explode();
        Box::pin(async move { insert(tx, n).await })
    });
    let opening = async { open.send(()).expect("open") };
    let (one, two, three, four, ()) = tokio::join!(good(1), in_future, in_closure, good(4), opening);
    let _: (Result<(), StoreError>, Result<(), StoreError>) = (one.clone(), four.clone());
    gate.await.expect("gate");
    assert!(one.is_ok() && four.is_ok(), "{one:?} {four:?}");
    assert!(matches!(two, Err(StoreError::Abandoned(_))), "{two:?}");
    assert!(matches!(three, Err(StoreError::Abandoned(_))), "{three:?}");
    let ids: Vec<_> = db.store.wallets().await.expect("wallets").iter().map(|w| w.id).collect();
    assert_eq!(ids, [wallet_id(1), wallet_id(4)]);
}

pub(crate) async fn a_swallowed_error_harms_no_other_job(backend: Backend) {
    let db = backend.open().await;
    let (open, gate) = gate(&db.store).await;
    let good = |n: u32| db.store.write(move |tx| Box::pin(async move { insert(tx, n).await }));
    let careless = db.store.write(|tx| {
        Box::pin(async move {
            let twice = insert(tx, 1).await;
            assert!(matches!(twice, Err(StoreError::Duplicate(Entity::WalletName))));
            Ok::<(), StoreError>(())
        })
    });
    let opening = async { open.send(()).expect("open") };
    let (first, careless, last, ()) = tokio::join!(good(1), careless, good(3), opening);
    gate.await.expect("gate");
    let done: [Result<(), StoreError>; 2] = [first, last];
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    // PostgreSQL cannot go on after a failed statement; SQLite can. Neither tells a lie.
    assert_eq!(careless.is_err(), db.store.is_postgres(), "{careless:?}");
    assert_eq!(db.store.wallets().await.expect("wallets").len(), 2);
}

pub(crate) async fn closing_finishes_what_waits(backend: Backend) {
    let db = backend.open().await;
    let (open, gate) = gate(&db.store).await;
    let write = db.store.write(|tx| Box::pin(async move { insert(tx, 1).await }));
    let closing = async {
        tokio::task::yield_now().await;
        open.send(()).expect("open");
        db.store.close().await;
    };
    let (written, ()) = tokio::join!(write, closing);
    let written: Result<(), StoreError> = written;
    written.expect("handed in before closing");
    gate.await.expect("gate");
    let late: Result<(), StoreError> =
        db.store.write(|tx| Box::pin(async move { insert(tx, 2).await })).await;
    assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
    assert!(db.store.wallets().await.is_err());
    let again = Store::open(&db.url).await.expect("open again");
    assert_eq!(again.wallets().await.expect("wallets").len(), 1);
    again.close().await;
}

pub(crate) async fn dropping_the_caller_does_not_drop_the_write(backend: Backend) {
    let db = backend.open().await;
    let (open, gate) = gate(&db.store).await;
    let mut job = Box::pin(db.store.write(|tx| Box::pin(async move { insert(tx, 1).await })));
    let polled: Option<Result<(), StoreError>> = job.as_mut().now_or_never();
    assert!(polled.is_none(), "handed in and waiting");
    drop(job);
    open.send(()).expect("open");
    gate.await.expect("gate");
    let later: Result<(), StoreError> =
        db.store.write(|tx| Box::pin(async move { insert(tx, 2).await })).await;
    later.expect("a later job");
    assert_eq!(db.store.wallets().await.expect("wallets").len(), 2);
}

/// Ends every connection of this database but the one it is asked through.
async fn cut(db: &Db) {
    let end = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    db.tamper(end).await.expect("terminate");
}

pub(crate) async fn a_lost_connection_is_replaced(backend: Backend) {
    let db = backend.open().await;
    let write = |n: u32| db.store.write(move |tx| Box::pin(async move { insert(tx, n).await }));
    let done: Result<(), StoreError> = write(1).await;
    done.expect("first");
    if !db.store.is_postgres() {
        return; // A file has no connection to lose.
    }
    cut(&db).await;
    let done: Result<(), StoreError> = write(2).await;
    done.expect("on a new connection");
    // Lost in the middle of a job, with another one before it in the same commit: neither happened.
    let (open, gate) = gate(&db.store).await;
    let (ready, is_ready) = tokio::sync::oneshot::channel::<()>();
    let (resume, resumed) = tokio::sync::oneshot::channel::<()>();
    let middle = db.store.write(|tx| {
        Box::pin(async move {
            insert(tx, 4).await?;
            let _ = ready.send(());
            let _ = resumed.await;
            insert(tx, 5).await
        })
    });
    let cutting = async {
        open.send(()).expect("open");
        is_ready.await.expect("ready");
        cut(&db).await;
        resume.send(()).expect("resume");
    };
    let (before, middle, ()) = tokio::join!(write(3), middle, cutting);
    let (before, middle): (Result<(), StoreError>, Result<(), StoreError>) = (before, middle);
    gate.await.expect("gate");
    assert!(matches!(middle, Err(StoreError::Unavailable(_))), "{middle:?}");
    assert!(matches!(before, Err(StoreError::Unavailable(_))), "{before:?}");
    let done: Result<(), StoreError> = write(6).await;
    done.expect("next");
    let ids: Vec<_> = db.store.wallets().await.expect("wallets").iter().map(|w| w.id).collect();
    assert_eq!(ids, [1, 2, 6].map(wallet_id));
}
