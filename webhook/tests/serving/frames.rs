//! Frames of HTTP/2 with some bytes that are not as a client sends them: the connection ends, and nobody else's does.

use std::time::Instant;

use crate::{
    client::{Client, trusting},
    corpus,
    damaged::{damage, seed},
    program::{Running, until},
    random::Random,
    reviews,
};

/// How many are tried.
const CASES: u64 = 150;

/// What frames may be: data, heads, resets, settings, pings, the end, windows, and one that is not defined.
const KINDS: [u8; 8] = [0, 1, 3, 4, 6, 7, 8, 0x20];

#[test]
fn damaged_frames_end_a_connection_and_no_other() {
    let (running, authority) = Running::self_signed(&[]);
    let config = trusting(&authority, "h2");
    let recorded = corpus::recorded();
    let first = seed().unwrap_or(0);

    // As they are, they are answered.
    let mut client = Client::shaken(&running.listen, &config).expect("it listens");
    client
        .send(&[PREFACE.to_vec(), request(1, reviews::good().as_bytes()).concat()].concat())
        .expect("it is sent");
    assert!(client.until("\"allowed\":true"), "frames are answered");

    let mut bystander = client;
    for seed in first..first + CASES {
        let mut random = Random::new(seed);
        let mut frames = Vec::new();
        for stream in 0..=random.below(3) {
            let stream = u8::try_from(2 * stream + 1).expect("it is small");
            frames.extend(request(stream, &random.pick(recorded).body));
        }
        for _ in 0..random.below(4) {
            let payload: Vec<u8> = (0..random.below(12)).map(|_| byte(&mut random)).collect();
            let (kind, flags, stream) =
                (random.copy(&KINDS), byte(&mut random), random.copy(&[0, 1, 2, 3]));
            let place = random.below(frames.len());
            frames.insert(place, frame(kind, flags, stream, &payload));
        }
        let mut bytes = frames.concat();
        damage(
            &mut random,
            &mut bytes,
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x04\x08\0\0\0\0\0\x7f\xff\xff\xff",
        );
        let start = Instant::now();
        let mut client =
            Client::shaken(&running.listen, &config).expect("it listens, whatever came before");
        // It may be refused before its end.
        let _ = client.send(&[PREFACE.to_vec(), bytes].concat());
        client.leave();
        let rest = client.rest();
        assert!(rest.is_ok(), "MESHROUTE_SEED={seed}: {rest:?} after {:?}", start.elapsed());
    }

    bystander.send(&request(3, reviews::bad().as_bytes()).concat()).expect("it is sent");
    assert!(bystander.until("\"allowed\":false"), "it is still answered");
    let metrics = running.get("/metrics");
    assert!(metrics.contains("\nmeshroute_panics_total 0\n"), "{metrics}");
    until("the end of what was under way", || {
        running.get("/metrics").contains("\nmeshroute_in_flight 0\n").then_some(())
    });
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// A review in frames.
fn request(stream: u8, body: &[u8]) -> Vec<Vec<u8>> {
    let fields = [
        (":method", "POST"),
        (":scheme", "https"),
        (":path", "/validate"),
        (":authority", "localhost"),
        ("content-type", "application/json"),
    ];
    let mut head = Vec::new();
    for (name, value) in fields {
        // Both in full (RFC 7541, 6.2.2).
        head.push(0);
        for text in [name, value] {
            head.push(u8::try_from(text.len()).expect("it is short"));
            head.extend_from_slice(text.as_bytes());
        }
    }
    let mut frames = vec![frame(1, 4, stream, &head)];
    frames.extend(body.chunks(1500).map(|chunk| frame(0, 0, stream, chunk)));
    frames.push(frame(0, 1, stream, b""));
    frames
}

/// A frame (RFC 9113, 4.1).
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("it is short").to_be_bytes();
    let mut frame = vec![0, length[0], length[1], kind, flags, 0, 0, 0, stream];
    frame.extend_from_slice(payload);
    frame
}

fn byte(random: &mut Random) -> u8 {
    u8::try_from(random.below(256)).expect("it is below")
}
