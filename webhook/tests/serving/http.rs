//! What HTTP says before a review is judged, in both versions.

use std::{convert::Infallible, sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, Response, body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use meshroute_webhook::serve::Limits;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{
    client::{Client, trusting},
    inside::Inside,
    program::Running,
    reviews,
};

#[test]
fn what_is_no_review_is_told_so() {
    let (running, authority) = Running::self_signed(&[]);
    let config = trusting(&authority, "http/1.1");
    let json = "Content-Type: application/json\r\n";
    for (line, headers, status) in [
        ("GET /validate", "", 405),
        ("PUT /mutate", json, 405),
        ("POST /", json, 404),
        ("POST /validate/", json, 404),
        ("GET /metrics", "", 404),
        ("POST /validate", "", 415),
        ("POST /validate", "Content-Type: application/yaml\r\n", 415),
        ("POST /validate", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n", 415),
        ("POST /validate", json, 400),
        ("POST /validate", "Content-Type: application/json; charset=utf-8\r\n", 400),
    ] {
        let mut client = Client::new(&running.listen, &config).expect("it listens");
        let request =
            format!("{line} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: 2\r\n\r\n{{}}");
        client.send(request.as_bytes()).expect("it is sent");
        let answer = client.answer().expect("an answer");
        assert_eq!(answer.status, status, "{line} {headers}");
        assert!(answer.body.ends_with('\n') && answer.body.lines().count() == 1, "{answer:?}");
    }
}

#[test]
fn a_client_that_asks_whether_to_go_on_is_told() {
    let (running, authority) = Running::self_signed(&[]);
    let config = trusting(&authority, "http/1.1");
    let body = reviews::good();
    let head = |kind: &str, length: usize| {
        format!(
            "POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    let mut client = Client::new(&running.listen, &config).expect("it listens");
    client.send(head("application/json", body.len()).as_bytes()).expect("it is sent");
    assert_eq!(client.answer().expect("go on").status, 100);
    client.send(body.as_bytes()).expect("it is sent");
    assert_eq!(client.answer().expect("an answer").status, 200);
    for (kind, length, status) in [("text/plain", 9, 415), ("application/json", 8_000_000, 413)] {
        let mut client = Client::new(&running.listen, &config).expect("it listens");
        client.send(head(kind, length).as_bytes()).expect("it is sent");
        assert_eq!(client.answer().expect("an answer").status, status);
    }
}

#[test]
fn http_2_is_spoken_with_those_who_do() {
    let (running, authority) = Running::self_signed(&[]);
    let config = trusting(&authority, "h2");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime
        .expect("a runtime")
        .block_on(async {
            let stream = TcpStream::connect(&running.listen).await.expect("it listens");
            let name = ServerName::try_from("localhost").expect("a name");
            let stream = TlsConnector::from(Arc::clone(&config)).connect(name, stream).await;
            let io = TokioIo::new(stream.expect("a handshake"));
            let (mut sender, connection) =
                http2::handshake(TokioExecutor::new(), io).await.expect("HTTP/2");
            tokio::spawn(connection);
            let mut many = Vec::new();
            for (method, body, status) in [
                (Method::POST, reviews::good().into_bytes(), 200),
                (Method::POST, reviews::bad().into_bytes(), 200),
                (Method::GET, Vec::new(), 405),
                (Method::POST, vec![b' '; 7_340_032], 400),
                (Method::POST, vec![b' '; 7_340_033], 413),
            ] {
                sender.ready().await.expect("it takes more");
                let request = Request::builder()
                    .method(method)
                    .uri("https://localhost/validate?timeout=10s")
                    .header("content-type", "application/json")
                    .body(Full::<Bytes>::from(body))
                    .expect("a request");
                many.push((sender.send_request(request), status));
            }
            for (answer, status) in many {
                let answer: Response<_> = answer.await.expect("an answer");
                assert_eq!(answer.status(), status);
                let body = answer.into_body().collect().await.expect("a body").to_bytes();
                assert!(!body.is_empty());
            }
            Ok::<(), Infallible>(())
        })
        .expect("nothing else can go wrong");
}

#[test]
fn an_old_connection_of_http_2_says_goodbye_and_loses_nothing() {
    let limits = Limits { age: Some(Duration::from_secs(1)), ..Limits::default() };
    let inside = Inside::start(limits, &Arc::default());
    let mut config = ClientConfig::clone(&inside.config);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let stream = TcpStream::connect(&inside.listen).await.expect("it listens");
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        let io = TokioIo::new(stream.expect("a handshake"));
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), io).await.expect("HTTP/2");
        let connection = tokio::spawn(connection);
        let mut answers = 0;
        while sender.ready().await.is_ok() {
            let request = Request::post("https://localhost/validate")
                .header("content-type", "application/json")
                .body(Full::<Bytes>::from("{}"))
                .expect("a request");
            match sender.send_request(request).await {
                Ok(answer) => assert_eq!(answer.status(), 200),
                // It was never sent.
                Err(error) => assert!(error.is_canceled() || error.is_closed(), "{error:?}"),
            }
            answers += 1;
        }
        assert!(answers > 1, "{answers}");
        connection.await.expect("it does not break").expect("it ends well");
    });
}
