//! One connection: handshake, the protocol that was agreed on, and its end.

use std::{
    future::pending,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::{body::Body, extract::Request, response::Response};
use hyper::{
    Version,
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{self, AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tower::ServiceExt as _;

use crate::{
    chance,
    serve::{
        Service, Transport,
        pace::{Pace, Paced},
        room::Place,
    },
    stop::Phase,
    tls::Current,
};

/// The largest head of a request, and all that is buffered of one connection.
const HEAD: usize = 32 << 10;

/// What a client without anything under way gets to send a request that is on its way, once we stop.
const LAST: Duration = Duration::from_secs(1);

/// Serves a connection until either side ends it.
pub(super) async fn serve(stream: TcpStream, service: Service, place: Place) {
    let metrics = service.metrics.clone();
    let _open = metrics.as_ref().map(|metrics| metrics.connections.enter());
    let pace = Arc::clone(&place.pace);
    let peer = stream.peer_addr().ok();
    let reason = tokio::select! {
        reason = talk(stream, &service, place) => reason,
        () = pace.evicted.notified() => "evicted",
    };
    let is_probe = peer.is_some_and(|peer| is_ourselves(peer, &service));
    ended(&service, if is_probe { "probe" } else { reason });
}

/// Our own question, which needs no certificate of a client and has nothing to ask.
fn is_ourselves(peer: SocketAddr, service: &Service) -> bool {
    let metrics = service.metrics.as_ref();
    metrics.is_some_and(|metrics| metrics.probe_port.value() == i64::from(peer.port()))
}

/// Counts the end of a connection.
pub(super) fn ended(service: &Service, reason: &'static str) {
    if let Some(metrics) = &service.metrics {
        metrics.end(reason);
    }
}

async fn talk(stream: TcpStream, service: &Service, place: Place) -> &'static str {
    // Answers are small and whole. Where it fails, the connection has failed.
    let _ = stream.set_nodelay(true);
    let current = match &service.transport {
        Transport::Plain => return speak(stream, false, service, place).await,
        Transport::Tls(current) => current,
    };
    let shaking = shake(stream, current.clone());
    match timeout(service.limits.handshake, shaking).await {
        Ok(Ok(stream)) => {
            let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            place.pace.rest();
            speak(stream, is_h2, service, place).await
        }
        Ok(Err(_)) => "handshake_failed",
        Err(_) if current.borrow().is_none() => "no_certificate",
        Err(_) => "handshake_timeout",
    }
}

/// Agrees on keys with a client. While there is no certificate, it may come: at the start it does within moments.
async fn shake(stream: TcpStream, mut current: Current) -> io::Result<TlsStream<TcpStream>> {
    let config = match &*current.wait_for(Option::is_some).await.map_err(io::Error::other)? {
        Some(usable) => usable.config(),
        None => return Err(io::ErrorKind::NotFound.into()),
    };
    TlsAcceptor::from(config).accept(stream).await
}

async fn speak<T>(stream: T, is_h2: bool, service: &Service, place: Place) -> &'static str
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let pace = Arc::clone(&place.pace);
    let io = TokioIo::new(Paced::new(stream, Arc::clone(&pace), !is_h2));
    let phase = service.phase.clone();
    let place = Arc::new(place);
    let router = service.router.clone();
    // Connections that were opened together need not end together.
    let old = service.limits.age.map(|age| Instant::now() + chance::about(age));
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let place = Arc::clone(&place);
        let busy = place.pace.begin();
        let is_old = old.is_some_and(|old| old <= Instant::now());
        let leaves = is_old || *phase.borrow() >= Phase::Leaving;
        let leaves = leaves && request.version() < Version::HTTP_2;
        let answering = router.clone().oneshot(Request::map(request, Body::new));
        Box::pin(async move {
            let answer = answering.await;
            drop(busy);
            place.settle();
            answer.map(|answer| if leaves { last(answer) } else { answer })
        })
    });
    // The builder `auto` of hyper-util would wait for a first byte without any limit.
    if is_h2 {
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(100)
            .max_header_list_size(16 << 10)
            .initial_stream_window_size(128 << 10)
            .initial_connection_window_size(256 << 10)
            .keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(10))
            .serve_connection(io, answer);
        watch(connection, http2::Connection::graceful_shutdown, true, old, &pace, service).await
    } else {
        let connection = http1::Builder::new()
            .header_read_timeout(None)
            .max_buf_size(HEAD)
            .half_close(false)
            .serve_connection(io, answer);
        // It ends with an answer. A client of HTTP/1.1 that is idle may just be sending a request, which would be lost.
        watch(connection, http1::Connection::graceful_shutdown, false, None, &pace, service).await
    }
}

/// Tells a client that its connection ends here: an API server then does not send the next request into the end of it.
fn last(mut answer: Response) -> Response {
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// Runs a connection until it ends by itself, has had its time, or the process stops.
async fn watch<C>(
    connection: C,
    end: fn(Pin<&mut C>),
    is_h2: bool,
    old: Option<Instant>,
    pace: &Pace,
    service: &Service,
) -> &'static str
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut connection = pin!(connection);
    let mut phase: watch::Receiver<Phase> = service.phase.clone();
    let (mut is_ending, mut is_old, mut has_to_end) = (false, false, false);
    let mut looks = interval(service.limits.head / 4);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            result = connection.as_mut() => return match result {
                Ok(()) => "closed",
                Err(error) if error.is_parse() => "protocol",
                Err(_) => "broken",
            },
            _ = looks.tick() => if has_to_end {
                // Without a request since, it closes; with half of one, it has until the next look.
                has_to_end = false;
                end(connection.as_mut());
            } else if pace.is_over() {
                return "timeout";
            },
            () = reached(old), if !is_old && !is_ending => {
                is_old = true;
                end(connection.as_mut());
            }
            () = Phase::reached(&mut phase, Phase::Stopping), if !is_ending => {
                is_ending = true;
                // Of HTTP/1.1, hyper would close at once what nothing is under way on, whatever is under way to us.
                if is_h2 || pace.is_busy() {
                    end(connection.as_mut());
                } else {
                    has_to_end = true;
                }
                pace.hurry(LAST);
                looks.reset_after(LAST + Duration::from_millis(1));
            }
        }
    }
}

async fn reached(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}
