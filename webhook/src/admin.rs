//! The admin address: plain HTTP for probes, apart from admission.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use tokio::{net::TcpListener, sync::oneshot, time::sleep};

/// How long open connections may take to finish once a stop was asked for.
///
/// A client that connected and never sent a request would otherwise keep the process alive for ever.
pub const DRAIN: Duration = Duration::from_secs(5);

/// Returns the routes of the admin address.
pub fn router() -> Router {
    Router::new().route("/livez", get(|| async { "ok" }))
}

/// Opens the admin address, so that trouble shows before anything claims to be up.
///
/// # Errors
///
/// Says which address cannot be had, why, and which flag chooses another.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::AddrInUse => "the address is in use".to_owned(),
            io::ErrorKind::AddrNotAvailable => "this host does not have that address".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        format!("cannot listen on {address}: {reason}; choose another with --admin-listen")
    })
}

/// Returns the address that a listener really has: with port 0 the system chose the port.
pub fn address(listener: &TcpListener) -> String {
    listener.local_addr().map_or_else(|_| "unknown".to_owned(), |address| address.to_string())
}

/// Serves until `stop` resolves, then lets open connections finish for at most `drain`.
///
/// # Errors
///
/// Fails when serving ends although nobody asked for it.
pub async fn serve(
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
    drain: Duration,
) -> io::Result<()> {
    let (draining, drains) = oneshot::channel();
    let signal = async move {
        stop.await;
        // The receiver is gone only when serving is over.
        let _ = draining.send(());
    };
    let server = axum::serve(listener, router()).with_graceful_shutdown(signal);
    let deadline = async {
        match drains.await {
            Ok(()) => sleep(drain).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        served = server => served,
        () = deadline => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::{net::TcpStream, task::JoinHandle};

    use super::*;

    struct Server {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        served: JoinHandle<io::Result<()>>,
    }

    async fn start(drain: Duration) -> Server {
        let listener = bind((Ipv4Addr::LOCALHOST, 0).into()).await.expect("loopback can be bound");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (stop, stopped) = oneshot::channel();
        let stopped = async move { stopped.await.unwrap_or(()) };
        Server { address, stop, served: tokio::spawn(serve(listener, stopped, drain)) }
    }

    async fn exchange(address: SocketAddr, request: &str) -> String {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        write(&stream, request.as_bytes()).await;
        let mut answer = Vec::new();
        loop {
            stream.readable().await.expect("the connection stays readable");
            let mut part = [0; 1024];
            match stream.try_read(&mut part) {
                Ok(0) => return String::from_utf8(answer).expect("the answer is text"),
                Ok(n) => answer.extend_from_slice(&part[..n]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    async fn write(stream: &TcpStream, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            stream.writable().await.expect("the connection stays writable");
            match stream.try_write(bytes) {
                Ok(n) => bytes = &bytes[n..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn request(method: &str, path: &str) -> String {
        format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    }

    #[tokio::test]
    async fn livez_is_ok() {
        let server = start(DRAIN).await;
        let answer = exchange(server.address, &request("GET", "/livez")).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    }

    #[tokio::test]
    async fn nothing_else_is_there() {
        let server = start(DRAIN).await;
        for (method, path, status) in [
            ("GET", "/readyz", 404),
            ("GET", "/metrics", 404),
            ("POST", "/validate", 404),
            ("POST", "/mutate", 404),
            ("POST", "/livez", 405),
        ] {
            let answer = exchange(server.address, &request(method, path)).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{method} {path}: {answer}"
            );
        }
    }

    #[tokio::test]
    async fn a_stop_ends_serving() {
        let server = start(DRAIN).await;
        server.stop.send(()).expect("the server waits for a stop");
        server.served.await.expect("serving does not panic").expect("serving ends well");
        assert!(TcpStream::connect(server.address).await.is_err(), "still listening");
    }

    #[tokio::test]
    async fn a_silent_client_does_not_hold_up_a_stop() {
        let server = start(Duration::from_millis(50)).await;
        let silent = TcpStream::connect(server.address).await.expect("the server listens");
        exchange(server.address, &request("GET", "/livez")).await;
        server.stop.send(()).expect("the server waits for a stop");
        let limit = Duration::from_secs(10);
        let served = tokio::time::timeout(limit, server.served).await.expect("it stops in time");
        served.expect("serving does not panic").expect("serving ends well");
        drop(silent);
    }

    #[tokio::test]
    async fn an_address_in_use_is_named() {
        let server = start(DRAIN).await;
        let problem = bind(server.address).await.expect_err("the address is taken");
        assert_eq!(
            problem,
            format!(
                "cannot listen on {}: the address is in use; choose another with --admin-listen",
                server.address
            )
        );
    }
}
