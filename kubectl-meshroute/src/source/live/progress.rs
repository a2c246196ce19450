//! Says on a terminal how far a long reading has come.

use std::{
    cell::Cell,
    convert::Infallible,
    io::{self, IsTerminal, Write},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::time::sleep;

/// How long a reading may take before anything is said, and how often it is said then.
const PATIENCE: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_millis(200);

/// How many objects were read so far.
#[derive(Debug, Default)]
pub(super) struct Progress(AtomicUsize);

impl Progress {
    /// Counts objects.
    pub(super) fn add(&self, objects: usize) {
        self.0.fetch_add(objects, Ordering::Relaxed);
    }

    /// Does some work, and says on stderr, if that is a terminal, how far it is; the line goes away
    /// with the end of the work.
    pub(super) async fn of<T>(&self, work: impl Future<Output = T>) -> T {
        if !io::stderr().is_terminal() {
            return work.await;
        }
        let shown = Shown::default();
        tokio::select! {
            done = work => done,
            never = self.show(&shown) => match never {},
        }
    }

    async fn show(&self, shown: &Shown) -> Infallible {
        sleep(PATIENCE).await;
        loop {
            shown
                .write(&format!("reading the cluster: {} objects", self.0.load(Ordering::Relaxed)));
            sleep(EVERY).await;
        }
    }
}

/// What stands on the terminal, until it is dropped.
#[derive(Default)]
struct Shown(Cell<bool>);

impl Shown {
    fn write(&self, line: &str) {
        self.0.set(true);
        // Nobody is left to tell if stderr is closed.
        let _ = write!(io::stderr().lock(), "\r{line}");
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if self.0.get() {
            // ECMA-48, EL: clears to the end of the line.
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}
