//! What a long work says of itself on stderr, if that is a terminal.

use std::{
    cell::Cell,
    io::{self, IsTerminal, Write},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

/// How long a work may take before anything is said, and how often it is said then.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);
pub(crate) const EVERY: Duration = Duration::from_millis(200);

/// How far a work is.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    done: AtomicUsize,
    total: AtomicUsize,
}

impl Progress {
    /// Says how much there is to do.
    pub(crate) fn begin(&self, total: usize) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// Says that one more is done.
    pub(crate) fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Does some work, and shows how far it is; the line goes away with the end of the work.
///
/// `line` says what has been done, of how much; the total is 0 until it is known.
pub(crate) fn of<T>(
    line: impl Fn(usize, usize) -> String + Send,
    work: impl FnOnce(&Progress) -> T,
) -> T {
    let progress = Progress::default();
    if !io::stderr().is_terminal() {
        return work(&progress);
    }
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let progress = &progress;
        scope.spawn(move || {
            let shown = Shown::default();
            let mut patience = PATIENCE;
            while ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                let of = |count: &AtomicUsize| count.load(Ordering::Relaxed);
                shown.write(&line(of(&progress.done), of(&progress.total)));
                patience = EVERY;
            }
        });
        // Dropped with the end of the work, also where it panics.
        let _end = end;
        work(progress)
    })
}

/// What stands on the terminal, until it is dropped.
#[derive(Default)]
pub(crate) struct Shown(Cell<bool>);

impl Shown {
    /// Writes the line over the last one.
    pub(crate) fn write(&self, line: &str) {
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
