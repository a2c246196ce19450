//! Bytes that no API server sends: each is turned away, and the next review is answered.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
};

use crate::{
    client::{Client, request, trusting},
    program::{LIMIT, Running},
    reviews,
};

/// What comes instead of a handshake.
fn instead_of_tls() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", Vec::new()),
        ("zeros", vec![0; 100_000]),
        ("ones", vec![0xff; 100_000]),
        ("HTTP without TLS", request("/validate", "application/json", b"{}")),
        ("HTTP/2 without TLS", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec()),
        ("SSH", b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()),
        ("half of a record", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("a record of no known kind", b"\x63\x03\x03\x00\x01\x00".to_vec()),
        ("an alert", b"\x15\x03\x03\x00\x02\x02\x28".to_vec()),
        ("a hello of TLS 1.0", hello_of_tls_1_0()),
    ]
}

/// A whole hello that offers nothing newer.
fn hello_of_tls_1_0() -> Vec<u8> {
    let mut hello = b"\x03\x01".to_vec();
    hello.extend_from_slice(&[7; 32]);
    // No session, two suites, no compression, no extension.
    hello.extend_from_slice(b"\x00\x00\x04\x00\x2f\x00\x35\x01\x00");
    let length = u8::try_from(hello.len()).expect("it is short");
    let mut record = vec![0x16, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend_from_slice(&hello);
    record
}

/// What comes instead of a request, in a good connection; and whether an answer with a status of 400 or above has to come.
fn instead_of_http() -> Vec<(&'static str, Vec<u8>, bool)> {
    let head = |headers: &str| {
        format!(
            "POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{headers}\r\n"
        )
        .into_bytes()
    };
    let with = |headers: &str, body: &str| [head(headers), body.as_bytes().to_vec()].concat();
    vec![
        ("zeros", vec![0; 10_000], true),
        ("half of a head", b"POST /validate HTTP/1.1\r\nHost:".to_vec(), false),
        ("half of a body", with("Content-Length: 9\r\n", "{"), false),
        ("no version", b"POST /validate\r\n\r\n".to_vec(), true),
        ("another version", b"POST /validate HTTP/3.0\r\n\r\n".to_vec(), true),
        ("a newline in a name", b"POST /validate HTTP/1.1\r\na\nb: c\r\n\r\n".to_vec(), true),
        ("a space before a colon", head("a : b\r\nContent-Length: 0\r\n"), true),
        ("a head without end", vec![b'a'; 1 << 20], true),
        ("one long header", head(&format!("a: {}\r\n", "b".repeat(1 << 20))), true),
        ("many headers", head(&"a: b\r\n".repeat(1000)), true),
        (
            "a long path",
            format!("POST /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(1 << 17)).into(),
            true,
        ),
        ("a negative length", head("Content-Length: -1\r\n"), true),
        ("a length of no number", head("Content-Length: 0x10\r\n"), true),
        ("two lengths", with("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"), true),
        ("a length beyond all numbers", head("Content-Length: 99999999999999999999999\r\n"), true),
        ("a length of exabytes", head("Content-Length: 9223372036854775807\r\n"), true),
        (
            "a chunk of no number",
            with("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"),
            true,
        ),
        ("a chunk without end", with("Transfer-Encoding: chunked\r\n", "2\r\n{}XX0\r\n\r\n"), true),
        (
            "a chunk beyond all numbers",
            with("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n{}"),
            true,
        ),
        ("a coding of no name", with("Transfer-Encoding: gzip\r\n", "{}"), true),
        (
            "both lengths",
            with("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "2\r\n{}\r\n0\r\n\r\n"),
            true,
        ),
        (
            "a path of another host",
            b"POST http://a.b/x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".to_vec(),
            true,
        ),
        ("a tunnel", b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), true),
        ("HTTP/2 that was not agreed on", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), false),
        (
            "an upgrade to HTTP/2",
            with("Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n", "{}"),
            true,
        ),
        ("deep JSON", with("Content-Length: 200000\r\n", &"[".repeat(200_000)), true),
        (
            "JSON that is not UTF-8",
            [head("Content-Length: 3\r\n"), vec![b'"', 0xff, b'"']].concat(),
            true,
        ),
    ]
}

#[test]
fn rubbish_is_turned_away_and_the_next_review_is_answered() {
    let (running, authority) = Running::self_signed(&[]);
    let config = trusting(&authority, "http/1.1");
    thread::scope(|scope| {
        for (name, bytes) in instead_of_tls() {
            let listen = &running.listen;
            scope.spawn(move || {
                let mut stream = TcpStream::connect(listen).expect("it listens");
                stream.set_read_timeout(Some(LIMIT)).expect("a limit");
                // It may be cut off before the end.
                let _ = stream.write_all(&bytes);
                let mut answer = Vec::new();
                let end = stream.read_to_end(&mut answer);
                let is_over = end.as_ref().map_or_else(crate::client::is_cut, |_| true);
                assert!(is_over, "{name}: {end:?}");
                assert!(!String::from_utf8_lossy(&answer).contains("HTTP/"), "{name}");
            });
        }
        for (name, bytes, is_answered) in instead_of_http() {
            let (listen, config) = (&running.listen, &config);
            scope.spawn(move || {
                let mut client = Client::shaken(listen, config).expect("it listens");
                let _ = client.send(&bytes);
                let answer = client.answer();
                if is_answered {
                    let status = answer.as_ref().map_or(0, |answer| answer.status);
                    assert!((400..=499).contains(&status), "{name}: {answer:?}");
                } else {
                    let is_refused = answer.as_ref().map_or(true, |answer| answer.status >= 400);
                    assert!(is_refused, "{name}: {answer:?}");
                }
            });
        }
    });
    let mut client = Client::new(&running.listen, &config).expect("it listens");
    let answer = client.post("/validate", reviews::good().as_bytes()).expect("an answer");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(running.get("/metrics").contains("\nmeshroute_panics_total 0\n"));
}

#[test]
fn requests_in_one_breath_are_answered_in_order() {
    let (running, authority) = Running::self_signed(&[]);
    let mut client =
        Client::new(&running.listen, &trusting(&authority, "http/1.1")).expect("it listens");
    let (good, bad) = (reviews::good(), reviews::bad());
    let requests = [good.as_bytes(), b"no JSON", bad.as_bytes()];
    let requests = requests.map(|body| request("/validate", "application/json", body));
    client.send(&requests.concat()).expect("it is sent");
    let answers = [(); 3].map(|()| client.answer().expect("an answer"));
    assert_eq!(answers.each_ref().map(|answer| answer.status), [200, 400, 200]);
    assert!(answers[0].body.contains("\"allowed\":true"), "{:?}", answers[0]);
    assert!(answers[2].body.contains("\"allowed\":false"), "{:?}", answers[2]);
}
