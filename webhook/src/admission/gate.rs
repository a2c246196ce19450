//! How many reviews run, and how many wait for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::yield_now,
    time::{Instant, timeout},
};

use crate::serve::Limits;

/// The gate.
#[derive(Debug)]
pub(super) struct Gate {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    most: usize,
    patience: Duration,
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            running: Arc::new(Semaphore::new(limits.reviews)),
            waiting: AtomicUsize::new(0),
            most: limits.waiting,
            patience: limits.turn,
        }
    }

    /// Waits for a turn, but never long: an overloaded replica says so while there is time to ask another.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let came = Instant::now();
        // Behind all who can be read by now: of those who are judged where they were read, nobody would be seen to wait.
        yield_now().await;
        let patience = self.patience.checked_sub(came.elapsed())?;
        let running = Arc::clone(&self.running);
        if let Ok(turn) = Arc::clone(&running).try_acquire_owned() {
            return Some(turn);
        }
        let waiting = Waiting::new(&self.waiting);
        if waiting.before >= self.most {
            return None;
        }
        timeout(patience, running.acquire_owned()).await.ok()?.ok()
    }
}

/// One who waits; also one who is given up counts no longer.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        Self { count, before: count.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_too_long_or_behind_too_many_is_told() {
        let limits =
            Limits { reviews: 1, waiting: 1, turn: Duration::from_millis(20), ..Limits::default() };
        let gate = Gate::new(limits);
        let running = gate.turn().await.expect("nobody is there");
        let (first, second) = tokio::join!(gate.turn(), gate.turn());
        assert!(first.is_none() && second.is_none());
        drop(running);
        assert!(gate.turn().await.is_some());
    }
}
