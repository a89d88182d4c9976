//! The gate in front of the password KDF: limits tries of master passwords.
//!
//! Each way in has its own gate, so that callers on the network cannot keep the operator on the machine
//! waiting. A password is checked and a wrong one counted in one step, so that no more simultaneous guesses
//! are checked than are free, and the right password does not wait. If only the KDF can decide, one run is
//! admitted at a time and counted before the next begins; a few callers may wait, others are refused at once.
//! Waits are measured by a monotonic clock; after a restart the rest of a wait is at most the longest wait.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use waiaas_core::UnixSeconds;
use waiaas_keys::Checked;
use waiaas_store::{LoginFailures, Store, StoreError};

use crate::config::Security;
use crate::error::{Error, ErrorCode};

/// Tries admitted at one gate: one runs, the others wait for it.
const PLACES: usize = 4;

/// The way a caller reached the daemon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Via {
    /// TCP, with the caller's address if known.
    Network(Option<IpAddr>),
    /// The socket of the data directory, which only the daemon's own user and root may use.
    Socket,
}

impl From<Option<IpAddr>> for Via {
    fn from(peer: Option<IpAddr>) -> Self {
        Self::Network(peer)
    }
}

impl Via {
    /// The address, for the audit log.
    pub(crate) fn ip(self) -> Option<String> {
        match self {
            Self::Network(peer) => peer.map(|peer| peer.to_string()),
            Self::Socket => None,
        }
    }
}

/// The number of free failures, and the longest wait in seconds.
#[derive(Clone, Copy)]
struct Lockout {
    free: u32,
    base: u64,
    cap: u64,
}

impl Lockout {
    const fn of(security: &Security) -> Self {
        Self {
            free: security.master_lockout_failures,
            base: security.master_lockout_base_seconds,
            cap: security.master_lockout_cap_seconds,
        }
    }

    /// Seconds to wait after so many failures: nothing for the first few, then doubling up to the cap.
    fn wait_after(self, failures: u32) -> Option<u64> {
        let over = failures.checked_sub(self.free)?;
        Some(self.base.saturating_mul(1u64 << over.min(32)).min(self.cap))
    }

    /// Seconds left of a wait from an earlier run, by wall-clock time. If the row is from the future, because
    /// a clock was or is wrong, the whole wait starts again.
    fn left(self, row: LoginFailures, now: UnixSeconds) -> Option<u64> {
        let whole = self.wait_after(row.failures)?;
        if row.updated_at > now {
            return Some(whole);
        }
        let left = u64::try_from(row.locked_until?.saturating_sub(now)).ok()?;
        Some(left.min(whole)).filter(|left| *left > 0)
    }
}

#[derive(Default)]
struct Failures {
    count: u32,
    /// Monotonic time.
    locked_until: Option<Duration>,
}

impl Failures {
    fn add(&mut self, lockout: Lockout, elapsed: Duration) -> Counted {
        self.count = self.count.saturating_add(1);
        let wait = lockout.wait_after(self.count);
        if let Some(seconds) = wait {
            self.locked_until = Some(elapsed.saturating_add(Duration::from_secs(seconds)));
        }
        Counted { failures: self.count, wait }
    }
}

/// A counted wrong password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Counted {
    /// The number of failures so far.
    pub(crate) failures: u32,
    /// Seconds to wait before the next try.
    pub(crate) wait: Option<u64>,
}

/// The result of checking a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Judged {
    /// It is the right password.
    Right,
    /// It is wrong, and was counted.
    Wrong(Counted),
    /// Only the KDF can decide.
    Unknown,
}

/// One way in.
pub(crate) struct Gate {
    scope: &'static str,
    lockout: Lockout,
    places: Semaphore,
    turn: Semaphore,
    failures: Mutex<Failures>,
}

/// Proofs of the daemon per free wrong password. Several may be in progress before the first caller has sent
/// its password.
const PROOFS: u32 = 4;

/// Both ways in, and the daemon's own proofs.
pub(crate) struct Gates {
    network: Gate,
    socket: Gate,
    proofs: Gate,
}

impl Gates {
    /// Restores the gates of the last run. `elapsed` is [`crate::Clock::elapsed`] now.
    pub(crate) async fn load(
        store: &Store,
        security: &Security,
        now: UnixSeconds,
        elapsed: Duration,
    ) -> Result<Self, StoreError> {
        let lockout = Lockout::of(security);
        let (network, socket, proofs) = ("master", "master-socket", "master-proof");
        let more = Lockout { free: lockout.free.saturating_mul(PROOFS), ..lockout };
        Ok(Self {
            proofs: Gate::new(proofs, more, store.login_failures(proofs).await?, now, elapsed),
            network: Gate::new(network, lockout, store.login_failures(network).await?, now, elapsed),
            socket: Gate::new(socket, lockout, store.login_failures(socket).await?, now, elapsed),
        })
    }

    pub(crate) const fn proofs(&self) -> &Gate {
        &self.proofs
    }

    /// The gates whose counts a right password clears: that of its way in and, over the network, that of the
    /// proofs.
    pub(crate) fn answered(&self, via: Via) -> impl Iterator<Item = &Gate> {
        let proofs = matches!(via, Via::Network(_)).then_some(&self.proofs);
        std::iter::once(self.of(via)).chain(proofs)
    }

    pub(crate) const fn of(&self, via: Via) -> &Gate {
        match via {
            Via::Network(_) => &self.network,
            Via::Socket => &self.socket,
        }
    }
}

/// Admission to the KDF. While it exists, the gate admits no other run.
pub(crate) struct Turn<'a> {
    _place: SemaphorePermit<'a>,
    _turn: SemaphorePermit<'a>,
}

impl Gate {
    fn new(
        scope: &'static str,
        lockout: Lockout,
        left: LoginFailures,
        now: UnixSeconds,
        elapsed: Duration,
    ) -> Self {
        let locked_until =
            lockout.left(left, now).map(|seconds| elapsed.saturating_add(Duration::from_secs(seconds)));
        let failures = Failures { count: left.failures, locked_until };
        Self {
            scope,
            lockout,
            places: Semaphore::new(PLACES),
            turn: Semaphore::new(1),
            failures: Mutex::new(failures),
        }
    }

    /// The name under which its failures are stored.
    pub(crate) const fn scope(&self) -> &'static str {
        self.scope
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses while the gate is shut.
    pub(crate) fn refuse_while_locked(&self, elapsed: Duration) -> Result<(), Error> {
        match self.failures().locked_until {
            Some(until) if elapsed < until => Err(locked(until.saturating_sub(elapsed))),
            Some(_) | None => Ok(()),
        }
    }

    /// Waits for a turn at the KDF; fails at once if too many others wait. The gate may have been shut meanwhile, so
    /// check again while holding the turn.
    pub(crate) async fn turn(&self) -> Result<Turn<'_>, Error> {
        let Ok(place) = self.places.try_acquire() else {
            return Err(Error::new(
                ErrorCode::Overloaded,
                "Too many master passwords are being tried at once.",
            )
            .hint("Try again soon. On the daemon's machine the command line uses the control socket, which has its own limit.")
            .retry_after(1));
        };
        let turn = self.turn.acquire().await.map_err(Error::internal)?;
        Ok(Turn { _place: place, _turn: turn })
    }

    /// Checks a password by `check`, and counts a wrong one before the next is checked. Otherwise guesses
    /// beyond the free ones could be distinguished from the right password without being counted.
    ///
    /// # Errors
    ///
    /// While the gate is shut, without checking the password.
    pub(crate) fn judge(&self, elapsed: Duration, check: impl FnOnce() -> Checked) -> Result<Judged, Error> {
        let mut failures = self.failures();
        if let Some(until) = failures.locked_until
            && elapsed < until
        {
            return Err(locked(until.saturating_sub(elapsed)));
        }
        Ok(match check() {
            Checked::Match => Judged::Right,
            Checked::Mismatch => Judged::Wrong(failures.add(self.lockout, elapsed)),
            Checked::Unknown => Judged::Unknown,
        })
    }

    /// Counts a try that the KDF found wrong.
    pub(crate) fn count(&self, _: &Turn<'_>, elapsed: Duration) -> Counted {
        self.failures().add(self.lockout, elapsed)
    }

    /// Forgets the failures after a success; true if there were any.
    pub(crate) fn forget(&self) -> bool {
        std::mem::take(&mut *self.failures()).count > 0
    }
}

/// The error while a gate is shut.
pub(crate) fn locked(left: Duration) -> Error {
    let seconds = left.as_secs().saturating_add(u64::from(left.subsec_nanos() > 0));
    Error::new(
        ErrorCode::MasterPasswordLocked,
        format!("Too many wrong master passwords; wait {seconds} seconds."),
    )
    .hint("Wait, then use the right password. Every further failure doubles the wait.")
    .retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Lockout = Lockout { free: 5, base: 30, cap: 120 };

    fn gate(left: LoginFailures, now: UnixSeconds) -> Gate {
        Gate::new("test", RULE, left, now, Duration::ZERO)
    }

    #[test]
    fn waiting_starts_late_doubles_and_is_capped() {
        let waits: Vec<_> = (1..=9).map(|n| RULE.wait_after(n)).collect();
        let expected = [None, None, None, None, Some(30), Some(60), Some(120), Some(120), Some(120)];
        assert_eq!(waits, expected);
        let long = Lockout { free: 5, base: u64::MAX, cap: 1800 };
        assert_eq!(long.wait_after(u32::MAX), Some(1800));
    }

    #[test]
    fn what_an_earlier_run_left_never_lasts_longer_than_a_wait_does() {
        let row = |locked_until, updated_at| LoginFailures { failures: 6, locked_until, updated_at };
        let years = 1_000_000_000;
        for (row, now, left) in [
            (row(Some(1060), 1000), 1020, Some(40)),
            (row(Some(1060), 1000), 1060, None),
            (row(Some(1060), 1000), years, None),
            (row(Some(years + 60), years), 1000, Some(60)),
            (row(Some(years), 1000), 1000, Some(60)),
            (row(None, 1000), 1000, None),
            (LoginFailures { failures: 4, locked_until: Some(years), updated_at: years }, 1000, None),
        ] {
            assert_eq!(RULE.left(row, now), left, "{row:?} at {now}");
        }
    }

    #[test]
    fn guesses_are_counted_before_the_next_is_looked_at_and_the_right_one_waits_for_nobody() {
        let gate = gate(LoginFailures::default(), 0);
        let at = Duration::from_secs;
        let looked = std::cell::Cell::new(0);
        let look = |checked: Checked| {
            looked.set(looked.get() + 1);
            checked
        };
        for failures in 1..=4 {
            let counted = Judged::Wrong(Counted { failures, wait: None });
            assert_eq!(gate.judge(at(0), || look(Checked::Mismatch)).expect("open"), counted);
            assert_eq!(gate.judge(at(0), || look(Checked::Match)).expect("open"), Judged::Right);
        }
        let last = gate.judge(at(0), || look(Checked::Mismatch)).expect("open");
        assert_eq!(last, Judged::Wrong(Counted { failures: 5, wait: Some(30) }));
        assert_eq!(looked.get(), 9);
        // While the gate is shut, the password is not checked at all.
        for checked in [Checked::Match, Checked::Mismatch, Checked::Unknown] {
            let refused = gate.judge(at(29), || look(checked)).expect_err("shut");
            assert_eq!(refused.code, ErrorCode::MasterPasswordLocked);
        }
        assert_eq!(looked.get(), 9);
        assert_eq!(gate.judge(at(30), || look(Checked::Unknown)).expect("open"), Judged::Unknown);
        let next = gate.judge(at(30), || look(Checked::Mismatch)).expect("open");
        assert_eq!(next, Judged::Wrong(Counted { failures: 6, wait: Some(60) }));
    }

    #[tokio::test]
    async fn of_sixty_at_once_five_are_tried_and_few_wait() {
        let gate = std::sync::Arc::new(gate(LoginFailures::default(), 0));
        let mut guesses = tokio::task::JoinSet::new();
        for _ in 0..60 {
            let gate = gate.clone();
            guesses.spawn(async move {
                let turn = match gate.turn().await {
                    Ok(turn) => turn,
                    Err(error) => return Some(error.code),
                };
                if let Err(error) = gate.refuse_while_locked(Duration::ZERO) {
                    return Some(error.code);
                }
                // The KDF would run here.
                tokio::task::yield_now().await;
                gate.count(&turn, Duration::ZERO);
                None
            });
        }
        let answers = guesses.join_all().await;
        let of = |code| answers.iter().filter(|answer| **answer == code).count();
        assert!(of(None) <= 5, "{answers:?}");
        assert_eq!(
            of(None) + of(Some(ErrorCode::Overloaded)) + of(Some(ErrorCode::MasterPasswordLocked)),
            60
        );
        while gate.refuse_while_locked(Duration::ZERO).is_ok() {
            let turn = gate.turn().await.expect("nobody else waits");
            gate.count(&turn, Duration::ZERO);
        }
        assert_eq!(gate.failures().count, 5, "shut after exactly as many as are free");
        assert!(gate.refuse_while_locked(Duration::from_secs(29)).is_err());
        assert!(gate.refuse_while_locked(Duration::from_secs(30)).is_ok());
        assert!(gate.forget() && !gate.forget());
    }
}
