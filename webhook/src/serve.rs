//! An address: connections are taken, bounded, served and ended.

mod connection;
mod pace;
mod room;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{metrics::Metrics, stop::Phase, tls::Current};
use room::Room;

/// How long accepting rests when the system has no room for another connection.
const REST: Duration = Duration::from_millis(10);

/// What a client may take of us.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections.
    pub connections: usize,
    /// The time of a handshake.
    pub handshake: Duration,
    /// The time of the head of a request, from its first byte, or from the start where there is no handshake.
    pub head: Duration,
    /// The time of a body.
    pub body: Duration,
    /// How long an answer may wait for its reader.
    pub write: Duration,
    /// The time between requests, and before the first: longer than the 90 s after which an API server closes, or both
    /// close at once.
    pub idle: Duration,
    /// How old a connection may become: its client then opens another, with the certificate and the replica of that time.
    pub age: Option<Duration>,
    /// The time of what is under way once no more is accepted.
    pub drain: Duration,
    /// Reviews at once.
    pub reviews: usize,
    /// Reviews that wait for their turn.
    pub waiting: usize,
    /// How long they wait.
    pub turn: Duration,
    /// The bytes of all bodies that are under way.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(7),
            body: Duration::from_secs(8),
            write: Duration::from_secs(7),
            idle: Duration::from_secs(180),
            age: None,
            drain: Duration::from_secs(14),
            reviews: 64,
            waiting: 256,
            turn: Duration::from_millis(40),
            bytes: 64 << 20,
        }
    }
}

/// What an address speaks.
#[derive(Clone)]
pub enum Transport {
    /// HTTP as it is.
    Plain,
    /// HTTPS, with the certificate that is there at the moment.
    Tls(Current),
}

/// What an address needs to be served.
#[derive(Clone)]
pub struct Service {
    /// What it speaks.
    pub transport: Transport,
    /// Who answers.
    pub router: Router,
    /// What clients may take.
    pub limits: Limits,
    /// Where connections are counted; none for the admin address.
    pub metrics: Option<Arc<Metrics>>,
    /// How far the end of the process is.
    pub phase: watch::Receiver<Phase>,
}

/// Opens an address, so that trouble shows before anything claims to be up.
///
/// # Errors
///
/// Says which address cannot be had, why, and which flag chooses another.
pub async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::AddrInUse => "the address is in use".to_owned(),
            io::ErrorKind::AddrNotAvailable => "this host does not have that address".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        format!("cannot listen on {address}: {reason}; choose another with {flag}")
    })
}

/// Returns the address that a listener really has: with port 0 the system chose the port.
pub fn address(listener: &TcpListener) -> String {
    listener.local_addr().map_or_else(|_| "unknown".to_owned(), |address| address.to_string())
}

/// Serves until a stop, then lets open connections finish for a while.
pub async fn serve(listener: TcpListener, service: Service) {
    let room = Arc::new(Room::new(service.limits.connections));
    let mut connections = JoinSet::new();
    let mut phase = service.phase.clone();
    let take = |stream, connections: &mut JoinSet<()>| match room.enter(service.limits) {
        Some(place) => {
            connections.spawn(connection::serve(stream, service.clone(), place));
        }
        None => connection::ended(&service, "limit"),
    };
    loop {
        let accepted = tokio::select! {
            biased;
            () = Phase::reached(&mut phase, Phase::Stopping) => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => take(stream, &mut connections),
            Err(error) if is_of_one_connection(&error) => connection::ended(&service, "accept"),
            // No file descriptor, no memory: asking again at once does not help.
            Err(_) => {
                room.evict();
                sleep(REST).await;
            }
        }
    }
    for stream in waiting(listener, service.limits.connections) {
        take(stream, &mut connections);
    }
    let all = async { while connections.join_next().await.is_some() {} };
    // Whoever is not done by now is cut when the set goes.
    let _ = timeout(service.limits.drain, all).await;
}

/// Closes an address, and returns who has connected already and was not accepted yet: the system would cut them off.
fn waiting(listener: TcpListener, most: usize) -> Vec<TcpStream> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    // It does not block, as its streams must not.
    let accept = || {
        let (stream, _) = listener.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        TcpStream::from_std(stream).ok()
    };
    std::iter::from_fn(accept).take(most).collect()
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}
