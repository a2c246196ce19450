//! The body of a request, read within bounds.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use tokio::time::timeout;

use super::Fault;

/// The largest body: an API server takes objects of 3 MiB, and sends the old and the new one in an envelope that escapes some
/// characters.
pub(super) const MAX: usize = 7 << 20;

/// How long the rest of a body that is not taken may pass.
const PASSING: Duration = Duration::from_secs(1);

/// The bytes that all bodies may hold together.
#[derive(Debug)]
pub(super) struct Budget {
    left: AtomicUsize,
}

/// A part of the budget; it is free again when this goes.
#[derive(Debug)]
struct Share {
    budget: Arc<Budget>,
    size: usize,
}

/// A whole body.
#[derive(Debug)]
pub(super) struct Whole {
    bytes: Bytes,
    _share: Share,
}

impl Budget {
    pub(super) fn new(size: usize) -> Self {
        Self { left: AtomicUsize::new(size) }
    }
}

impl Share {
    fn grow(&mut self, more: usize) -> Result<(), Fault> {
        let less = |left: usize| left.checked_sub(more);
        self.budget
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .map_err(|_| Fault::Bytes)?;
        self.size += more;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.left.fetch_add(self.size, Ordering::Relaxed);
    }
}

impl Whole {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a body to its end; what is announced counts nothing until it arrives, but for being too much.
pub(super) async fn read(body: &mut Body, budget: &Arc<Budget>) -> Result<Whole, Fault> {
    let least = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if least > MAX {
        return Err(Fault::TooLarge);
    }
    let mut share = Share { budget: Arc::clone(budget), size: 0 };
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Fault::BrokenBody)?;
        // Trailers say nothing that we ask.
        let Ok(bytes) = frame.into_data() else { continue };
        if share.size + bytes.len() > MAX {
            return Err(Fault::TooLarge);
        }
        share.grow(bytes.len())?;
        if share.size == bytes.len() {
            // Most bodies come in one piece, which need not be copied.
            first = bytes;
            continue;
        }
        if all.is_empty() {
            all = Vec::with_capacity(share.size.max(least.min(4 * share.size)));
            all.extend_from_slice(&first);
        }
        all.extend_from_slice(&bytes);
    }
    let bytes = if all.is_empty() { first } else { Bytes::from(all) };
    Ok(Whole { bytes, _share: share })
}

/// Lets the rest of a body pass, for a while: in HTTP/2 some clients see no answer that comes before they have sent all.
/// In HTTP/1.1 the end of the connection does the same.
pub(super) async fn discard(body: &mut Body) {
    let rest = async { while let Some(Ok(_)) = body.frame().await {} };
    // Whoever sends longer has had enough of an answer.
    let _ = timeout(PASSING, rest).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn seven_mebibytes_are_taken_and_not_one_byte_more() {
        let budget = Arc::new(Budget::new(usize::MAX));
        let whole = read(&mut Body::from(vec![b'a'; MAX]), &budget).await.expect("it fits");
        assert_eq!(whole.bytes().len(), MAX);
        let larger = read(&mut Body::from(vec![b'a'; MAX + 1]), &budget).await;
        assert_eq!(larger.err(), Some(Fault::TooLarge));
    }

    #[tokio::test]
    async fn the_budget_is_given_back() {
        let budget = Arc::new(Budget::new(10));
        let held = read(&mut Body::from("123456"), &budget).await.expect("it fits");
        assert_eq!(read(&mut Body::from("12345"), &budget).await.err(), Some(Fault::Bytes));
        drop(held);
        read(&mut Body::from("1234567890"), &budget).await.expect("it fits again");
    }
}
