//! How long the localnet lives: until standard input closes, or a signal asks for the end.
//!
//! Belongs here: noticing that it is time to go. What is stopped, and in which order, is `main`'s.

use std::io::Read;

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Why the localnet ends.
#[derive(Debug, Clone, Copy)]
pub enum Ending {
    /// The caller closed our standard input, or died.
    StandardInputClosed,
    /// SIGINT or SIGTERM.
    Signal,
}

/// Watches for the end.
pub struct Lifetime {
    interrupt: Signal,
    terminate: Signal,
    input_closed: oneshot::Receiver<()>,
}

impl Lifetime {
    /// Starts watching; signals that come from now on are not lost.
    pub fn watch() -> Result<Self> {
        let (closed, input_closed) = oneshot::channel();
        // A plain thread: a read of standard input cannot be cancelled, and the runtime would wait for it at exit.
        std::thread::Builder::new()
            .name("stdin".into())
            .spawn(move || {
                drain(std::io::stdin().lock());
                // The receiver is gone only when the program is ending anyway.
                let _ = closed.send(());
            })
            .context("thread that watches standard input")?;
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("SIGINT handler")?,
            terminate: signal(SignalKind::terminate()).context("SIGTERM handler")?,
            input_closed,
        })
    }

    /// Waits for the end. To be awaited to completion once.
    pub async fn ending(&mut self) -> Ending {
        tokio::select! {
            _ = self.interrupt.recv() => Ending::Signal,
            _ = self.terminate.recv() => Ending::Signal,
            _ = &mut self.input_closed => Ending::StandardInputClosed,
        }
    }
}

/// Reads until there is nothing more to come. What is written to us means nothing.
fn drain(mut input: impl Read) {
    let mut scrap = [0; 256];
    loop {
        match input.read(&mut scrap) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            // An unreadable input (a background job on a terminal) can no longer tell us anything.
            Err(_) => return,
        }
    }
}
