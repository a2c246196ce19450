//! How many reviews a second are answered, beside judges on the same stack that only read the uid and say yes: one looks
//! for it in the text, the other reads the JSON for it, as every handler of reviews has to.
//!
//! `cargo bench -p meshroute-webhook`. HTTPS over connections that stay open, load and program on the same cores: absolute
//! figures depend on the machine and on what else it does; the ratio of one run hardly does.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/serving/client.rs"]
mod client;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/serving/inside.rs"]
mod inside;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/serving/program.rs"]
mod program;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/serving/reviews.rs"]
mod reviews;

use std::{
    collections::BTreeSet,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use clap::Parser as _;
use meshroute::cluster::Cluster;
use meshroute_webhook::{
    admission::Judge,
    args::Args,
    review::{self, About, Answer, Verdict, View},
    serve::Limits,
};
use serde::Deserialize;

use crate::{client::Client, inside::Inside};

const CONNECTIONS: usize = 8;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);

/// What was seen in one round.
struct Seen {
    per_second: f64,
    times: Vec<Duration>,
}

fn main() {
    let body = reviews::good();
    println!("{} bytes a review, {CONNECTIONS} connections, best of {ROUNDS} rounds", body.len());
    let args = Args::try_parse_from(["meshroute-webhook", "--cluster", "none"]).expect("right");
    let policy = args.policy().expect("right");
    let cluster = Cluster::unread();
    let whole: Judge = Arc::new(move |question, body, _| {
        review::answer(question, body, &policy, &View::fixed(&cluster), None)
    });
    let text: Judge = Arc::new(|_, body, _| echo(by_text(body)));
    let serde: Judge = Arc::new(|_, body, _| echo(by_serde(body)));
    let programs = [("echo, text", text), ("echo, serde", serde), ("/validate", whole)]
        .map(|(name, judge)| (name, Inside::with(Limits::default(), judge)));
    let mut best = [None::<Seen>, None, None];
    for _ in 0..ROUNDS {
        for (best, (_, program)) in best.iter_mut().zip(&programs) {
            let seen = round(program, body.as_bytes());
            if best.as_ref().is_none_or(|best| seen.per_second > best.per_second) {
                *best = Some(seen);
            }
        }
    }
    let mut floors = Vec::new();
    for ((name, _), seen) in programs.iter().zip(best) {
        let mut seen = seen.expect("there were rounds");
        seen.times.sort_unstable();
        let at = |per_mille: usize| seen.times[seen.times.len() * per_mille / 1000];
        floors.push(seen.per_second);
        let ratio = |floor: &f64| format!("{:.2}", seen.per_second / floor);
        let ratios: Vec<String> = floors.iter().map(ratio).collect();
        println!(
            "{name:<11} {:>7.0} a second  ratio to those above {}  p50 {:?}  p99 {:?}  p99.9 {:?}",
            seen.per_second,
            ratios[..ratios.len() - 1].join(", "),
            at(500),
            at(990),
            at(999)
        );
    }
}

fn round(program: &Inside, body: &[u8]) -> Seen {
    let start = Instant::now();
    let load = || {
        let mut client = Client::shaken(&program.listen, &program.config).expect("it listens");
        let mut times = Vec::new();
        while start.elapsed() < ROUND {
            let start = Instant::now();
            let answer = client.post("/validate?timeout=10s", body).expect("an answer");
            times.push(start.elapsed());
            assert_eq!(answer.status, 200);
        }
        times
    };
    let times = thread::scope(|scope| {
        let threads = [(); CONNECTIONS].map(|()| scope.spawn(load));
        threads.map(|thread| thread.join().expect("no client breaks"))
    });
    let times = times.concat();
    Seen { per_second: times.len() as f64 / start.elapsed().as_secs_f64(), times }
}

/// The uid where the text has it: less than any handler of reviews does.
fn by_text(body: &[u8]) -> String {
    let text = std::str::from_utf8(body).expect("text");
    let uid = text.split("\"uid\": \"").nth(1).and_then(|rest| rest.split('"').next());
    uid.expect("a uid").to_owned()
}

/// The uid as a reader of JSON finds it, which passes over the rest.
fn by_serde(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Review {
        request: Request,
    }
    #[derive(Deserialize)]
    struct Request {
        uid: String,
    }
    serde_json::from_slice::<Review>(body).expect("a review").request.uid
}

/// Says yes.
fn echo(uid: String) -> Answer {
    let body = format!(
        "{{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":{{\"uid\":\"{uid}\",\"allowed\":true}}}}"
    );
    Answer {
        status: 200,
        content_type: "application/json",
        body: body.into_bytes(),
        verdict: Verdict::Admitted,
        findings: Vec::new(),
        absent: BTreeSet::new(),
        about: About { uid, ..About::default() },
    }
}
