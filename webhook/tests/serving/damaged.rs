//! Requests of an API server with some bytes that are not as it has sent them: each gets a review or is turned away.
//!
//! `MESHROUTE_SECONDS=600` tries others for so long; a failure says by which `MESHROUTE_SEED` it comes back.

use std::{
    env, fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    client::{Client, is_cut, trusting},
    corpus::{self, Recorded},
    program::Running,
    random::Random,
    response, reviews,
};

/// How many are tried where nobody says for how long.
const CASES: u64 = 400;

/// A request, and what is known of it.
struct Case {
    /// What was damaged.
    name: String,
    bytes: Vec<u8>,
    /// The path, where nothing has become of it.
    path: &'static str,
    /// The body, where its end is known and everything before it is as an API server sends it.
    body: Option<Vec<u8>>,
    /// The id of the review.
    uid: Value,
}

#[test]
#[expect(clippy::print_stdout, reason = "figures stand beside a test that has passed")]
fn damaged_requests_get_a_review_or_are_turned_away() {
    let (running, authority) = Running::self_signed(&[]);
    let config = trusting(&authority, "http/1.1");
    let recorded = corpus::recorded();
    let limit = number("MESHROUTE_SECONDS").map(Duration::from_secs);
    let start = Instant::now();
    let mut kept = None;
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for seed in seed().unwrap_or(0).. {
        let count = counts.values().sum::<usize>();
        match limit {
            Some(limit) if start.elapsed() > limit => break,
            None if count == usize::try_from(CASES).expect("it is small") => break,
            _ => {}
        }
        let case = damaged(&mut Random::new(seed), recorded);
        let mut client = kept.take().unwrap_or_else(|| {
            Client::shaken(&running.listen, &config).expect("it listens, whatever came before")
        });
        let status = match judged(&mut client, &case) {
            Ok(status) => status,
            Err(problem) => {
                let bytes = String::from_utf8_lossy(&case.bytes).into_owned();
                panic!("MESHROUTE_SEED={seed}, of {}: {problem}\n{bytes:?}", case.name);
            }
        };
        // An API server keeps its connections.
        if case.body.is_some() && status == 200 {
            kept = Some(client);
        }
        *counts.entry(status.to_string()).or_default() += 1;
    }
    println!("by status, 0 for none: {counts:?}");
    assert!(["0", "200", "400"].iter().all(|status| counts.contains_key(*status)), "{counts:?}");

    let mut client = Client::new(&running.listen, &config).expect("it listens");
    let answer = client.post("/validate", reviews::good().as_bytes()).expect("an answer");
    assert_eq!(answer.status, 200, "{answer:?}");
    let metrics = running.get("/metrics");
    assert!(metrics.contains("\nmeshroute_panics_total 0\n"), "{metrics}");
    assert!(metrics.contains("\nmeshroute_in_flight 0\n"), "{metrics}");
}

/// The first of the numbers that requests are made from.
pub(crate) fn seed() -> Option<u64> {
    number("MESHROUTE_SEED")
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// Sends it, and returns the status, or what should not have come.
fn judged(client: &mut Client, case: &Case) -> Result<u16, String> {
    // It may be refused before its end.
    let _ = client.send(&case.bytes);
    let answer = match &case.body {
        Some(_) => client.answer(),
        None => client.answer_of_no_more(),
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) if case.body.is_none() && is_cut(&error) => return Ok(0),
        Err(error) => return Err(error.to_string()),
    };
    match (answer.status, &case.body) {
        (200, body) => {
            let asked = body.as_ref().map(|body| serde_json::from_slice::<Value>(body));
            let uid = match asked {
                Some(Ok(review)) => review["request"]["uid"].clone(),
                Some(Err(error)) => return Err(format!("200 for what is no JSON: {error}")),
                None => case.uid.clone(),
            };
            let may_patch = match case.path {
                "" => answer.body.contains("\"patch\""),
                path => path == "/mutate",
            };
            response::response(&uid, answer.body.as_bytes(), may_patch);
        }
        (400 | 503, _) | (404 | 405 | 408 | 411 | 413..=415 | 417 | 431, None) => {
            if case.body.is_some() && answer.body.lines().count() != 1 {
                return Err(format!("{answer:?}"));
            }
        }
        _ => return Err(format!("{answer:?}")),
    }
    Ok(answer.status)
}

fn damaged(random: &mut Random, recorded: &[Recorded]) -> Case {
    let original = random.pick(recorded);
    let path = random.copy(&["/validate", "/mutate"]);
    let review: Value = serde_json::from_slice(&original.body).expect("it was recorded");
    let uid = review["request"]["uid"].clone();
    let (name, mut body) = (original.name.clone(), original.body.clone());
    match random.below(5) {
        // The body, in a request that tells its length.
        0 | 1 => {
            let other = &random.pick(recorded).body;
            damage(random, &mut body, other);
            let bytes =
                [head(path, &format!("content-length: {}", body.len())), body.clone()].concat();
            Case { name, bytes, path, body: Some(body), uid }
        }
        // The same in chunks, which an API server does not send.
        2 => {
            let chunked = chunked(random, &body);
            let bytes = [head(path, "transfer-encoding: chunked"), chunked].concat();
            Case { name, bytes, path, body: Some(body), uid }
        }
        // The head.
        3 => {
            let mut head = head(path, &format!("content-length: {}", body.len()));
            damage(
                random,
                &mut head,
                b"transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\nexpect: 100-continue\r\n",
            );
            Case { name, bytes: [head, body].concat(), path: "", body: None, uid }
        }
        // The frame of the chunks, or anything in them but the id.
        _ => {
            let mut bytes = chunked(random, &body);
            damage(random, &mut bytes, b"\r\nfffffffffffffffff\r\n0\r\n\r\na: b\r\n;c=d\r\n");
            let id = uid.as_str().expect("it has one");
            if !String::from_utf8_lossy(&bytes).contains(id) {
                bytes.clear();
            }
            let bytes = [head(path, "transfer-encoding: chunked"), bytes].concat();
            Case { name, bytes, path, body: None, uid }
        }
    }
}

/// The head as the API server sends it, with this in the place of the length.
fn head(path: &str, length: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/reviews/head");
    let text = fs::read_to_string(file).expect("it was recorded");
    let text = text.replace("/validate", path).replace('\n', "\r\n");
    format!("{text}{length}\r\n\r\n").into_bytes()
}

fn chunked(random: &mut Random, body: &[u8]) -> Vec<u8> {
    let mut chunks = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let (chunk, others) = rest.split_at((1 + random.below(2000)).min(rest.len()));
        chunks.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
        rest = others;
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    chunks
}

/// Changes a few places: bytes that are other ones, more or fewer, and pieces of something else.
pub(crate) fn damage(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=random.below(4) {
        let place = random.below(bytes.len().max(1));
        let length = 1 + random.below(40);
        let end = (place + length).min(bytes.len());
        let any = u8::try_from(random.below(256)).expect("it is below");
        let telling = random.copy(b"\0\r\n \t:,;\"\\{}[]0\x7f\x80\xc3\xff");
        match random.below(8) {
            0 => bytes[place..end].iter_mut().take(1).for_each(|byte| *byte = any),
            1 => bytes[place..end].iter_mut().take(1).for_each(|byte| *byte = telling),
            2 => bytes.insert(place, telling),
            3 => drop(bytes.drain(place..end)),
            4 => bytes.truncate(place),
            5 => {
                let piece = bytes[place..end].to_vec();
                bytes.splice(place..place, piece.repeat(1 + random.below(3)));
            }
            6 => {
                let from = random.below(other.len());
                let piece = other[from..(from + length).min(other.len())].to_vec();
                bytes.splice(place..end, piece);
            }
            // A number that is another one.
            _ => {
                if let Some(digit) = bytes[place..].iter_mut().find(|byte| byte.is_ascii_digit()) {
                    *digit = b'0' + any % 10;
                }
            }
        }
    }
}
