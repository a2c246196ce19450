//! The pace of one connection: until when something has to happen on it.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{self, AsyncRead, AsyncWrite, ReadBuf},
    sync::Notify,
    time::{Instant, Sleep, sleep},
};

use crate::serve::Limits;

/// How long the far side may take to close, once we have.
///
/// Whoever closes with bytes unread resets the connection, and the client may never see its answer.
const LINGER: Duration = Duration::from_secs(1);

/// What a connection waits for, shared by its bytes, its requests, and the task that ends it.
#[derive(Debug)]
pub(super) struct Pace {
    limits: Limits,
    state: Mutex<State>,
    /// Told when somebody else needs the place.
    pub(super) evicted: Notify,
}

#[derive(Debug)]
struct State {
    /// Requests between their head and their answer.
    in_flight: usize,
    /// Whether a head is being read, or none is expected for now.
    is_reading_head: bool,
    /// Until when the next head has to be complete, or to begin.
    head: Instant,
    /// Until when the client has to take some of the answer.
    write: Option<Instant>,
}

impl Pace {
    /// Starts with a connection that owes its first request.
    pub(super) fn new(limits: Limits) -> Self {
        let state = State {
            in_flight: 0,
            is_reading_head: true,
            head: Instant::now() + limits.head,
            write: None,
        };
        Self { limits, state: Mutex::new(state), evicted: Notify::new() }
    }

    /// The handshake is done. An API server opens connections in case that it needs them, keeps those that it does not,
    /// and may ask through them at any time: cutting them off soon would lose what is just being sent.
    pub(super) fn rest(&self) {
        let mut state = self.state();
        state.is_reading_head = false;
        state.head = Instant::now() + self.limits.idle;
    }

    /// Whether the connection has had its time.
    pub(super) fn is_over(&self) -> bool {
        let now = Instant::now();
        let state = self.state();
        state.write.is_some_and(|until| until < now) || (state.in_flight == 0 && state.head < now)
    }

    /// Whether a request is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.state().in_flight > 0
    }

    /// Since when nothing happens but by its client: that it takes an answer, or asks.
    pub(super) fn waits(&self) -> Option<Instant> {
        let state = self.state();
        let head = if state.is_reading_head { self.limits.head } else { self.limits.idle };
        match state.write {
            Some(until) => until.checked_sub(self.limits.write),
            None if state.in_flight == 0 => state.head.checked_sub(head),
            None => None,
        }
    }

    /// A request is there; the guard lives until its answer.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.state().in_flight += 1;
        Busy(Arc::clone(self))
    }

    /// Leaves only so much time to a connection that nothing is asked on.
    pub(super) fn hurry(&self, time: Duration) {
        let mut state = self.state();
        state.head = state.head.min(Instant::now() + time);
    }

    fn bytes_came(&self) {
        let mut state = self.state();
        if state.in_flight == 0 && !state.is_reading_head {
            state.is_reading_head = true;
            state.head = state.head.min(Instant::now() + self.limits.head);
        }
    }

    fn write_waits(&self) {
        let until = Instant::now() + self.limits.write;
        self.state().write.get_or_insert(until);
    }

    fn write_moves(&self) {
        self.state().write = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way.
pub(super) struct Busy(Arc<Pace>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.in_flight -= 1;
        state.is_reading_head = false;
        state.head = Instant::now() + self.0.limits.idle;
    }
}

/// A stream of bytes that tells its pace what happens.
pub(super) struct Paced<T> {
    stream: T,
    pace: Arc<Pace>,
    /// Whether bytes alone begin a request: in HTTP/2 they may be a sign of life.
    bytes_count: bool,
    linger: Option<Pin<Box<Sleep>>>,
}

impl<T> Paced<T> {
    /// Watches a stream.
    pub(super) fn new(stream: T, pace: Arc<Pace>, bytes_count: bool) -> Self {
        Self { stream, pace, bytes_count, linger: None }
    }

    fn wrote<R>(&self, result: Poll<R>) -> Poll<R> {
        match result {
            Poll::Ready(_) => self.pace.write_moves(),
            Poll::Pending => self.pace.write_waits(),
        }
        result
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Paced<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.bytes_count && buffer.filled().len() > before {
            self.pace.bytes_came();
        }
        result
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Paced<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(context);
        self.wrote(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let linger = match &mut this.linger {
            Some(linger) => linger,
            none => {
                ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
                none.insert(Box::pin(sleep(LINGER)))
            }
        };
        if linger.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut space = [0; 4096];
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                // Closed, or broken: it makes no difference any more.
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }
}
