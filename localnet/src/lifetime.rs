//! The lifetime of the localnet: until standard input closes or a signal arrives.
//!
//! Belongs here: the detection of the end. The order of the stop belongs to `main`.

use std::io::Read;

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// The reason for the end.
#[derive(Debug, Clone, Copy)]
pub enum Ending {
    /// The caller closed this process's standard input, or ended.
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
    /// Starts watching; later signals are not lost.
    pub fn watch() -> Result<Self> {
        let (closed, input_closed) = oneshot::channel();
        // A plain thread, because a read of standard input cannot be cancelled and the runtime would wait for
        // it at exit.
        std::thread::Builder::new()
            .name("stdin".into())
            .spawn(move || {
                drain(std::io::stdin().lock());
                // The receiver is dropped only when the program ends anyway.
                let _ = closed.send(());
            })
            .context("thread that watches standard input")?;
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("SIGINT handler")?,
            terminate: signal(SignalKind::terminate()).context("SIGTERM handler")?,
            input_closed,
        })
    }

    /// Waits for the end. Must be awaited to completion once.
    pub async fn ending(&mut self) -> Ending {
        tokio::select! {
            _ = self.interrupt.recv() => Ending::Signal,
            _ = self.terminate.recv() => Ending::Signal,
            _ = &mut self.input_closed => Ending::StandardInputClosed,
        }
    }
}

/// Reads until the end of the input. The content is ignored.
fn drain(mut input: impl Read) {
    let mut scrap = [0; 256];
    loop {
        match input.read(&mut scrap) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            // An unreadable input (of a background job on a terminal) gives no further information.
            Err(_) => return,
        }
    }
}
