//! Whether bytes still move on a connection, and whether the daemon or the peer is waited for.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Maximum time for a reader to take [`LEAST`] more bytes of an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Number of bytes that a reader must take within [`PATIENCE`].
const LEAST: u64 = 4096;
/// Maximum silence of a peer while the daemon ends.
const PATIENCE_AT_THE_END: Duration = Duration::from_millis(500);
/// Time between two checks of a connection.
const LOOK: Duration = Duration::from_secs(1);
const LOOK_AT_THE_END: Duration = Duration::from_millis(100);

/// The state of one connection. Clones are handles.
#[derive(Clone, Debug)]
pub(crate) struct Wire(Arc<Mutex<State>>, CancellationToken);

/// The action that a peer owes, in the order in which connections must make room for others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Owes {
    /// The whole head of a request.
    Head,
    /// The rest of a request's body.
    Body,
    /// To read its answer.
    Reading,
}

#[derive(Debug)]
struct State {
    /// When a byte was last received or sent.
    moved: Instant,
    /// Since when the peer has owed a request; while a request is served, since when.
    turned: Instant,
    /// Number of bytes sent.
    written: u64,
    /// Since when an answer waits for its reader, and the number of bytes sent by then.
    blocked: Option<(Instant, u64)>,
    /// Whether a handler is running.
    serving: bool,
    /// Whether a handler waits for more of the request's body.
    awaits_body: bool,
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State::new(Instant::now()))), CancellationToken::new())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request begins to be served, or its answer has been handed over completely.
    pub(crate) fn serving(&self, serving: bool) {
        let mut state = self.state();
        (state.serving, state.turned) = (serving, Instant::now());
    }

    /// The action that the peer owes and since when; none while a request is served or after the connection
    /// was ended.
    pub(crate) fn owes(&self) -> Option<(Owes, Instant)> {
        if self.1.is_cancelled() { None } else { self.state().owes() }
    }

    /// Ends the connection to make room for another one.
    pub(crate) fn send_away(&self) {
        self.1.cancel();
    }

    /// Returns when the connection must make room.
    pub(crate) async fn sent_away(&self) {
        self.1.cancelled().await;
    }

    /// Returns when the peer has been waited for too long: an answer that it does not read, or, while the
    /// daemon ends, anything that it owes.
    #[expect(clippy::disallowed_methods, reason = "bytes that stop coming say nothing")]
    pub(crate) async fn abandoned(&self, ending: &CancellationToken) {
        loop {
            if ending.is_cancelled() {
                sleep(LOOK_AT_THE_END).await;
            } else {
                tokio::select! {
                    () = sleep(LOOK) => {}
                    () = ending.cancelled() => {}
                }
            }
            if self.state().is_abandoned(Instant::now(), ending.is_cancelled()) {
                return;
            }
        }
    }
}

impl State {
    const fn new(now: Instant) -> Self {
        Self { moved: now, turned: now, written: 0, blocked: None, serving: false, awaits_body: false }
    }

    fn owes(&self) -> Option<(Owes, Instant)> {
        match self.blocked {
            _ if !self.serving => Some((Owes::Head, self.turned)),
            _ if self.awaits_body => Some((Owes::Body, self.turned)),
            Some((since, _)) => Some((Owes::Reading, since)),
            None => None,
        }
    }

    fn is_abandoned(&mut self, now: Instant, ending: bool) -> bool {
        if let Some((since, written)) = self.blocked {
            if self.written.saturating_sub(written) >= LEAST {
                self.blocked = Some((now, self.written));
            } else if now.duration_since(since) >= PATIENCE {
                return true;
            }
        }
        ending && self.owes().is_some() && now.duration_since(self.moved) >= PATIENCE_AT_THE_END
    }

    fn wrote(&mut self, result: &Poll<io::Result<usize>>) {
        match result {
            Poll::Ready(Ok(bytes)) => {
                self.moved = Instant::now();
                self.written = self.written.saturating_add(u64::try_from(*bytes).unwrap_or(u64::MAX));
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending if self.blocked.is_none() => self.blocked = Some((Instant::now(), self.written)),
            Poll::Pending => {}
        }
    }
}

/// A stream that reports to its [`Wire`].
pub(crate) struct Watched<S> {
    stream: S,
    wire: Wire,
}

impl<S> Watched<S> {
    pub(crate) const fn new(stream: S, wire: Wire) -> Self {
        Self { stream, wire }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.wire.state().moved = Instant::now();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wire.state().wrote(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.wire.state().wrote(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        // A flush is called after everything has been written.
        self.wire.state().blocked = None;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A request's body that reports to its [`Wire`] while it is waited for.
pub(crate) struct WatchedBody<B> {
    body: B,
    wire: Wire,
}

impl<B> WatchedBody<B> {
    pub(crate) const fn new(body: B, wire: Wire) -> Self {
        Self { body, wire }
    }
}

impl<B: Body + Unpin> Body for WatchedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        self.wire.state().awaits_body = frame.is_pending();
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for WatchedBody<B> {
    fn drop(&mut self) {
        self.wire.state().awaits_body = false;
    }
}

/// An answer's body. The request is served until the whole body has been handed over.
pub(crate) struct ServedBody<B> {
    body: B,
    wire: Wire,
}

impl<B> ServedBody<B> {
    pub(crate) const fn new(body: B, wire: Wire) -> Self {
        Self { body, wire }
    }
}

impl<B: Body + Unpin> Body for ServedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for ServedBody<B> {
    fn drop(&mut self) {
        self.wire.serving(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State { serving: true, ..State::new(Instant::now()) }
    }

    #[test]
    fn whoever_owes_a_head_goes_before_a_body_and_a_reader() {
        let mut state = state();
        let start = state.turned;
        assert_eq!(state.owes(), None, "we are at work");
        state.blocked = Some((start + LOOK, 0));
        assert_eq!(state.owes(), Some((Owes::Reading, start + LOOK)));
        state.awaits_body = true;
        assert_eq!(state.owes(), Some((Owes::Body, start)));
        state.serving = false;
        assert_eq!(state.owes(), Some((Owes::Head, start)));
        assert!(Owes::Head < Owes::Body && Owes::Body < Owes::Reading);
        let wire = Wire::new();
        assert!(wire.owes().is_some());
        wire.send_away();
        assert!(wire.owes().is_none(), "once");
    }

    #[test]
    fn a_reader_who_takes_nothing_or_drops_is_given_up() {
        for (every, taken, given_up) in [(9, LEAST, false), (9, 1, true), (9, 0, true)] {
            let mut state = state();
            let start = state.moved;
            state.wrote(&Poll::Pending);
            let mut ended = false;
            for turn in 1..10 {
                state.wrote(&Poll::Ready(Ok(usize::try_from(taken).expect("small"))));
                state.wrote(&Poll::Pending);
                ended |= state.is_abandoned(start + Duration::from_secs(every * turn), false);
            }
            assert_eq!(ended, given_up, "{taken} bytes every {every} s");
        }
    }

    #[test]
    fn at_the_end_only_our_own_work_is_waited_for() {
        let later = |state: &State| state.moved + Duration::from_secs(60);
        let (mut work, mut idle, mut body, mut unread) = (state(), state(), state(), state());
        idle.serving = false;
        body.awaits_body = true;
        unread.blocked = Some((later(&unread), 0));
        for (state, ended) in [(&mut work, false), (&mut idle, true), (&mut body, true), (&mut unread, true)]
        {
            let now = later(state);
            assert!(!state.is_abandoned(now, false), "{state:?} goes on");
            assert_eq!(state.is_abandoned(now, true), ended, "{state:?}");
        }
    }
}
