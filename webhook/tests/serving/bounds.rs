//! What a client may take, and what it gets when there is no more.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use meshroute::cluster::Part;
use meshroute_webhook::{review::Question, serve::Limits};

use crate::{
    client::{Client, request, trusting},
    inside::{Inside, Judge, hold},
    program::{Folder, LIMIT, Running, get, until},
    reviews,
};

/// Longer than what a test does between two looks at the clock, on a machine that does other work.
const SHORT: Duration = Duration::from_secs(2);

#[test]
fn a_panic_is_500_and_the_next_review_is_answered() {
    let inside = Inside::start(Limits::default(), &Arc::default());
    let mut client = Client::new(&inside.listen, &inside.config).expect("it listens");
    let mut large = b"panic".to_vec();
    large.resize(100_000, b' ');
    for body in [b"panic".to_vec(), large] {
        assert_eq!(client.post("/validate", &body).expect("an answer").status, 500);
        assert_eq!(client.post("/mutate", b"{}").expect("an answer").status, 200);
    }
    assert!(get(&inside.admin, "/metrics").contains("\nmeshroute_panics_total 2\n"));
}

#[test]
fn too_much_at_once_is_503_at_once() {
    let judge = Arc::new(Judge::default());
    let limits = Limits { reviews: 1, waiting: 4, ..Limits::default() };
    let inside = Inside::start(limits, &judge);
    let mut first = Client::new(&inside.listen, &inside.config).expect("it listens");
    first.send(&request("/validate", "application/json", &hold())).expect("it is sent");
    until("the first review", || (judge.held() == 1).then_some(()));
    for _ in 0..10 {
        let mut client = Client::shaken(&inside.listen, &inside.config).expect("it listens");
        let start = Instant::now();
        let answer = client.post("/validate", b"{}").expect("an answer");
        // 50 ms on a machine that does nothing else; the review before it lasts until it is let go.
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert_eq!(answer.status, 503);
        assert!(answer.has("retry-after: 1") && answer.has("connection: close"), "{answer:?}");
    }
    judge.open();
    assert_eq!(first.answer().expect("an answer").status, 200);
    assert!(get(&inside.admin, "/metrics").contains("meshroute_shed_total{reason=\"reviews\"} 10"));
}

/// Those who are judged where they were read wait too, while others are: nobody else sees that.
#[test]
fn too_much_of_what_is_small_is_503_as_well() {
    let slow = |_: Question, _: &[u8], _: &BTreeSet<Part>| {
        thread::sleep(Duration::from_millis(20));
        Judge::default().answer(b"{}")
    };
    let inside = Inside::with(Limits::default(), Arc::new(slow));
    let connect = |_| Client::shaken(&inside.listen, &inside.config).expect("it listens");
    let mut clients: Vec<Client> = (0..100).map(connect).collect();
    for client in &mut clients {
        client.send(&request("/validate", "application/json", b"{}")).expect("it is sent");
    }
    let answers = clients.iter_mut().map(|client| client.answer().expect("an answer").status);
    let (answered, shed): (Vec<u16>, Vec<u16>) = answers.partition(|status| *status == 200);
    // All of them take a second of two processors, and nobody waits longer than 40 ms to begin.
    assert!((2..50).contains(&answered.len()), "{}", answered.len());
    assert!(shed.iter().all(|status| *status == 503), "{shed:?}");
    let counted = format!("meshroute_shed_total{{reason=\"reviews\"}} {}", shed.len());
    assert!(get(&inside.admin, "/metrics").contains(&counted), "{counted}");
}

#[test]
fn the_client_hears_before_it_gives_up() {
    let judge = Arc::new(Judge::default());
    let inside = Inside::start(Limits::default(), &judge);
    let mut client = Client::shaken(&inside.listen, &inside.config).expect("it listens");
    let start = Instant::now();
    let answer = client.post("/validate?timeout=1s", &hold()).expect("an answer");
    let took = start.elapsed();
    assert_eq!(answer.status, 503);
    assert!(took > Duration::from_millis(850) && took < Duration::from_secs(10), "{took:?}");
    judge.open();
}

#[test]
fn bodies_share_their_bytes() {
    let limits = Limits { bytes: 1000, ..Limits::default() };
    let inside = Inside::start(limits, &Arc::default());
    for (size, status) in [(1001, 503), (1000, 200)] {
        let mut client = Client::new(&inside.listen, &inside.config).expect("it listens");
        let answer = client.post("/validate", &vec![b' '; size]).expect("an answer");
        assert_eq!(answer.status, status, "{size}");
    }
}

#[test]
fn seven_mebibytes_are_taken_and_not_one_byte_more() {
    let inside = Inside::start(Limits::default(), &Arc::default());
    for (size, status) in [(7_340_032, 200), (7_340_033, 413)] {
        let body = vec![b' '; size];
        let mut client = Client::new(&inside.listen, &inside.config).expect("it listens");
        assert_eq!(client.post("/validate", &body).expect("an answer").status, status, "{size}");

        let mut client = Client::new(&inside.listen, &inside.config).expect("it listens");
        let head = "POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        let mut chunked = format!("{head}{size:x}\r\n").into_bytes();
        chunked.extend_from_slice(&body);
        chunked.extend_from_slice(b"\r\n0\r\n\r\n");
        // The server may have closed before all of it was sent.
        let _ = client.send(&chunked);
        assert_eq!(client.answer().expect("an answer").status, status, "{size} in chunks");
    }
}

#[test]
fn who_is_slow_is_cut_off() {
    let limits =
        Limits { handshake: SHORT, head: SHORT, body: SHORT, idle: SHORT, ..Limits::default() };
    let inside = Inside::start(limits, &Arc::default());
    let mut drip = Client::shaken(&inside.listen, &inside.config).expect("it listens");
    drip.send(b"POST /validate HTTP/1.1\r\n").expect("it is sent");
    let mut silent = TcpStream::connect(&inside.listen).expect("it listens");
    let mut half = TcpStream::connect(&inside.listen).expect("it listens");
    half.write_all(b"\x16\x03\x01\x02\x00\x01").expect("it is sent");
    let mut shaken = Client::shaken(&inside.listen, &inside.config).expect("it listens");
    let mut body = Client::new(&inside.listen, &inside.config).expect("it listens");
    body.send(&request("/validate", "application/json", b"{}")[..80]).expect("it is sent");
    let start = "POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    let mut half_body = Client::new(&inside.listen, &inside.config).expect("it listens");
    half_body.send(start.as_bytes()).expect("it is sent");
    let mut idle = Client::new(&inside.listen, &inside.config).expect("it listens");
    idle.post("/validate", b"{}").expect("an answer");

    let start = Instant::now();
    for stream in [&mut silent, &mut half] {
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        let _ = stream.read_to_end(&mut Vec::new());
    }
    until("the end of a head that never ends", || drip.send(b"a").is_err().then_some(()));
    for client in [&mut shaken, &mut body, &mut idle] {
        assert_eq!(String::from_utf8_lossy(&client.rest().expect("it ends")), "");
    }
    assert_eq!(half_body.answer().expect("an answer").status, 408);
    assert!(start.elapsed() < LIMIT / 2, "{:?}", start.elapsed());
}

/// As those of an API server that got an answer through another one before they were open.
#[test]
fn a_connection_may_be_used_long_after_it_was_opened() {
    let limits = Limits { head: SHORT, ..Limits::default() };
    let inside = Inside::start(limits, &Arc::default());
    let mut client = Client::shaken(&inside.listen, &inside.config).expect("it listens");
    let start = Instant::now();
    until("its use", || (start.elapsed() > 2 * SHORT).then_some(()));
    assert_eq!(client.post("/validate", b"{}").expect("an answer").status, 200);
}

#[test]
fn an_old_connection_ends_with_an_answer() {
    let limits = Limits { age: Some(SHORT), ..Limits::default() };
    let inside = Inside::start(limits, &Arc::default());
    let connect = || Client::new(&inside.listen, &inside.config).expect("it listens");
    let (mut idle, mut busy) = (connect(), connect());
    for client in [&mut idle, &mut busy] {
        assert!(!client.post("/validate", b"{}").expect("an answer").has("connection: close"));
    }
    let mut ask = || busy.post("/validate", b"{}").expect("no request is lost");
    until("the end", || ask().has("connection: close").then_some(()));
    assert!(busy.rest().expect("it ends").is_empty());
    // Whoever has not asked for a while still gets an answer.
    assert_eq!(idle.post("/validate", b"{}").expect("an answer").status, 200);
}

#[test]
fn silent_connections_keep_nobody_out() {
    let limits = Limits { connections: 8, ..Limits::default() };
    let inside = Inside::start(limits, &Arc::default());
    let mut known = Client::new(&inside.listen, &inside.config).expect("it listens");
    known.post("/validate", b"{}").expect("an answer");
    let connect = |_| TcpStream::connect(&inside.listen).expect("it listens");
    let _silent = (0..100).map(connect).collect::<Vec<_>>();
    for _ in 0..20 {
        let mut client = Client::new(&inside.listen, &inside.config).expect("it listens");
        assert_eq!(client.post("/validate", b"{}").expect("an answer").status, 200);
    }
    assert_eq!(known.post("/validate", b"{}").expect("it was not cut").status, 200);
}

/// A request that never ends, and a client that has asked once and is silent.
#[test]
fn who_holds_on_to_a_place_keeps_nobody_out() {
    let long = 10 * LIMIT;
    let limits = Limits { connections: 8, body: long, idle: long, ..Limits::default() };
    let inside = Inside::start(limits, &Arc::default());
    // There is a place at the latest when the oldest has been quiet for a while.
    let answered = || {
        until("an answer", || {
            let mut client = Client::new(&inside.listen, &inside.config).ok()?;
            let answer = client.post("/validate", b"{}").ok()?;
            (answer.status == 200).then_some(client)
        })
    };
    let start = "POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    let mut silent: Vec<Client> = (0..20)
        .map(|_| {
            let mut client = Client::shaken(&inside.listen, &inside.config).expect("it listens");
            client.send(start.as_bytes()).expect("it is sent");
            client
        })
        .collect();
    silent.extend((0..20).map(|_| answered()));
    assert!(get(&inside.admin, "/metrics").contains("{reason=\"evicted\"}"));
}

/// A system that has no file descriptor left for another connection.
#[test]
fn a_shortage_of_descriptors_keeps_nobody_out() {
    let folder = Folder::new();
    let file = folder.path("ca.pem");
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "ulimit -n 64 && exec \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_meshroute-webhook"),
    ]);
    command.args(["--tls", "self-signed", "--cluster", "none", "--ca-out"]).arg(&file);
    let running = Running::start(&mut command);
    let config = trusting(&fs::read_to_string(file).expect("PEM"), "http/1.1");
    let connect = |_| TcpStream::connect(&running.listen).expect("it listens");
    let _silent = (0..200).map(connect).collect::<Vec<_>>();
    let mut client = Client::new(&running.listen, &config).expect("it listens");
    let answer = client.post("/validate", reviews::good().as_bytes()).expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(running.get("/metrics").contains("{reason=\"evicted\"}"));
}
