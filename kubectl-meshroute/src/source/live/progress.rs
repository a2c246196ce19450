//! Says on a terminal how far a long reading has come.

use std::{
    convert::Infallible,
    io::{self, IsTerminal},
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::time::sleep;

use crate::progress::{EVERY, PATIENCE, Shown};

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
