#![expect(clippy::disallowed_methods, reason = "tokio's time is paused here")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;
use waiaas_core::UnixSeconds;

use super::*;
use crate::clock::Clock;
use crate::error::ErrorCode;
use crate::views::WorkerState;
use crate::worker_states::WorkerStates;

const PERIOD: Duration = Duration::from_secs(3);

/// The seconds since the test began, by the paused time of tokio.
struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> UnixSeconds {
        UnixSeconds::try_from(self.0.elapsed().as_secs()).expect("seconds")
    }
}

/// A daemon with workers only.
struct Daemon {
    stop: CancellationToken,
    states: WorkerStates,
    clock: TestClock,
    full: AtomicUsize,
}

impl Daemon {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            stop: CancellationToken::new(),
            states: WorkerStates::default(),
            clock: TestClock(Instant::now()),
            full: AtomicUsize::new(0),
        })
    }

    fn state(&self) -> WorkerState {
        self.states.all().pop().expect("one worker")
    }
}

impl Host for Arc<Daemon> {
    async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    fn runs(&self, worker: &'static str, runs: bool) {
        if runs { self.states.started(worker) } else { self.states.stopped(worker) }
    }

    fn ended(&self, worker: &'static str, end: TurnEnd) -> u32 {
        self.states.ended(worker, end, self.clock.now())
    }

    fn failed(&self, _: &'static str, error: &Error) {
        assert_eq!(error.code, ErrorCode::StorageFull);
        self.full.fetch_add(1, Ordering::Relaxed);
    }
}

/// The result of one turn.
#[derive(Clone, Copy)]
enum Act {
    Work,
    Fail,
    Panic,
    Take(Duration),
}

/// Follows a script, then succeeds; records the second at which each turn began.
struct Scripted {
    script: Vec<Act>,
    began: Arc<std::sync::Mutex<Vec<u64>>>,
    start: Instant,
    wake: Arc<Notify>,
}

#[async_trait]
impl Worker for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    fn wake(&self) -> Option<&Notify> {
        Some(&self.wake)
    }

    async fn turn(&mut self) -> Result<(), Error> {
        let turn = {
            let mut began = self.began.lock().expect("lock");
            began.push(self.start.elapsed().as_secs());
            began.len() - 1
        };
        match self.script.get(turn).copied().unwrap_or(Act::Work) {
            Act::Work => Ok(()),
            Act::Fail => Err(Error::new(ErrorCode::StorageFull, "The disk is full.")),
            Act::Panic => panic!("a fault of the worker"),
            Act::Take(time) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
        }
    }
}

/// A running daemon with its worker.
struct Run {
    daemon: Arc<Daemon>,
    began: Arc<std::sync::Mutex<Vec<u64>>>,
    wake: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
}

impl Run {
    fn of(script: impl IntoIterator<Item = Act>) -> Self {
        let (daemon, began, wake) = (Daemon::new(), Arc::default(), Arc::default());
        let worker = Scripted {
            script: script.into_iter().collect(),
            began: Arc::clone(&began),
            start: Instant::now(),
            wake: Arc::clone(&wake),
        };
        let task = tokio::spawn(supervise(daemon.clone(), Box::new(worker)));
        Self { daemon, began, wake, task }
    }

    /// Lets this much time pass.
    async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    fn began(&self) -> Vec<u64> {
        self.began.lock().expect("lock").clone()
    }

    /// Stops the daemon; returns the time until the worker had ended.
    async fn stop(self) -> (Duration, WorkerState) {
        let stopped = Instant::now();
        self.daemon.stop.cancel();
        self.task.await.expect("the supervisor does not panic");
        (stopped.elapsed(), self.daemon.state())
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_takes_a_turn_at_once_and_one_each_period_from_beginning_to_beginning() {
    let run = Run::of([Act::Take(Duration::from_secs(1)), Act::Take(Duration::from_secs(5))]);
    run.pass(13).await;
    assert_eq!(run.began(), [0, 3, 8, 11], "one that takes longer than its period is followed at once");
    let state = run.daemon.state();
    assert!(state.running && state.turns == 4 && state.failures == 0, "{state:?}");
    assert_eq!((state.last_turn_at, state.last_failure_at), (Some(11), None));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_counted_and_the_next_turn_taken() {
    let run = Run::of([Act::Work, Act::Panic]);
    run.pass(4).await;
    let state = run.daemon.state();
    assert_eq!((state.turns, state.failures, state.panics, state.consecutive_failures), (2, 1, 1, 1));
    assert_eq!(state.last_failure_at, Some(3));
    run.pass(3).await;
    let state = run.daemon.state();
    assert!(state.running);
    assert_eq!((state.turns, state.panics, state.consecutive_failures), (3, 1, 0), "it works again");
    assert_eq!(run.daemon.full.load(Ordering::Relaxed), 0, "a panic is no error");
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_while_turns_fail_up_to_a_bound_and_are_short_again_after_a_success() {
    let run = Run::of([Act::Fail; 6]);
    run.pass(200).await;
    let began = run.began();
    assert_eq!(began[..9], [0, 3, 9, 21, 45, 75, 105, 108, 111], "{began:?}");
    let state = run.daemon.state();
    assert_eq!((state.failures, state.consecutive_failures, state.last_failure_at), (6, 0, Some(75)));
    assert_eq!(run.daemon.full.load(Ordering::Relaxed), 6, "the host learns of every error");
}

#[test]
fn a_pause_is_never_longer_than_its_bound_and_does_not_overflow() {
    let second = Duration::from_secs(1);
    assert_eq!(pause(second, LONGEST_PAUSE, u32::MAX), LONGEST_PAUSE);
    assert_eq!(pause(Duration::MAX, Duration::MAX, 9), Duration::MAX);
    for failures in 1..40 {
        assert_eq!(pause(10 * second, 10 * second, failures), 10 * second, "as the lease has it");
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_can_be_woken_but_not_out_of_a_pause_after_a_failure() {
    let run = Run::of([Act::Work, Act::Work, Act::Fail]);
    run.pass(1).await;
    run.wake.notify_one();
    run.pass(1).await;
    run.wake.notify_one();
    run.pass(1).await;
    assert_eq!(run.began(), [0, 1, 2]);
    run.wake.notify_one();
    run.pass(1).await;
    assert_eq!(run.began(), [0, 1, 2], "it has failed and keeps its pause");
    run.pass(2).await;
    assert_eq!(run.began(), [0, 1, 2, 5, 5], "then it takes the turn, and the one it was woken for");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_idle_and_pausing_workers_at_once() {
    for script in [vec![], vec![Act::Fail; 9]] {
        let run = Run::of(script);
        run.pass(100).await;
        let (took, state) = run.stop().await;
        assert_eq!((took, state.running), (Duration::ZERO, false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_for_a_turn_in_progress_but_not_for_ever() {
    let run = Run::of([Act::Take(Duration::from_secs(5))]);
    run.pass(1).await;
    let (took, state) = run.stop().await;
    assert_eq!((took, state.turns, state.running), (Duration::from_secs(4), 1, false), "it ends");

    let run = Run::of([Act::Take(Duration::from_secs(3_600))]);
    run.pass(1).await;
    let (took, state) = run.stop().await;
    assert_eq!((took, state.turns, state.running), (GRACE, 0, false), "it is cut off");
}
