//! What a terminal tells a program that waits.

use std::io;

use super::News;

/// The signals that end a wait.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    resize: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on; call this within a runtime.
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            resize: signal(SignalKind::window_change())?,
        })
    }

    /// Waits for a signal.
    pub(super) async fn next(&mut self) -> News {
        tokio::select! {
            _ = self.interrupt.recv() => News::Interrupted,
            _ = self.resize.recv() => News::Resized,
        }
    }
}

/// The signals that end a wait.
#[cfg(not(unix))]
#[derive(Debug)]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Listens from now on; call this within a runtime.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for a signal.
    pub(super) async fn next(&mut self) -> News {
        match tokio::signal::ctrl_c().await {
            Ok(()) | Err(_) => News::Interrupted,
        }
    }
}
