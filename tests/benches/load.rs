//! What a webhook as a process takes and gives under load, with thousands of routes and Services in view; beside it one on
//! the same stack that only reads the uid.
//!
//! `cargo bench -p meshroute-tests --bench load`.
//! Any other webhook can be measured beside these, in rounds that alternate:
//! `cargo bench -p meshroute-tests --bench load -- --beside NAME https://HOST:PORT/PATH CA.pem PID`.
//! Load and programs share the processors, so absolute figures depend on the machine; ratios of one run hardly do.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "load/echo.rs"]
mod echo;
#[path = "load/server.rs"]
mod server;

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use meshroute_tests::{
    https::Target,
    load::{Candidate, Seen},
    measure,
    process::Process,
    wait,
};

const CONNECTIONS: usize = 8;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
/// The longest that anything takes to be up.
const LIMIT: Duration = Duration::from_secs(60);
/// The load that is far too much: so many times what can be answered, over so many connections.
const BURST: (f64, usize) = (10.0, 512);

/// A process that ends with the bench.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the rounds of one candidate have shown.
#[derive(Default)]
struct Shown {
    flood: Vec<f64>,
    /// Microseconds of processor time for each review.
    cost: Vec<f64>,
    steady: Seen,
    greet: Vec<f64>,
}

fn main() {
    let args: Vec<String> = env::args().collect();
    if let [_, which, way, listen, authority, ..] = args.as_slice()
        && which == "echo"
    {
        echo::serve(way, listen, Path::new(authority));
        return;
    }
    let folder = Process::new("none", env!("CARGO_TARGET_TMPDIR"));
    let objects = server::Objects::new();
    let bodies = objects.reviews();
    println!(
        "a route of {} bytes in a review of {}; {} routes and Services in view",
        objects.route(0, server::RULES).to_string().len(),
        bodies[0].len(),
        server::COUNT
    );
    let kubeconfig = folder.file("kubeconfig", &server::start(objects));
    let mut processes = Vec::new();
    let mut candidates = Vec::new();
    for (name, way) in [("echo, text", "text"), ("echo, serde", "serde")] {
        let (listen, authority) = (free(), folder.folder().join(format!("{way}.pem")));
        let mut command = Command::new(env::current_exe().expect("this program"));
        command.args(["echo", way, &listen]).arg(&authority);
        processes.push(start(&mut command));
        candidates.push(candidate(name, &processes, &listen, &authority));
    }
    let (listen, admin, authority) = (free(), free(), folder.folder().join("ca.pem"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshroute-tests-webhook"));
    command
        .args(["--tls", "self-signed", "--listen", &listen, "--admin-listen", &admin, "--ca-out"])
        .arg(&authority)
        .env("KUBECONFIG", kubeconfig);
    processes.push(start(&mut command));
    let ours = candidates.len();
    candidates.push(candidate("meshroute", &processes, &listen, &authority));
    until_ready(&admin);
    candidates.extend(beside(&args));

    let mut shown: Vec<Shown> = candidates.iter().map(|_| Shown::default()).collect();
    for _ in 0..ROUNDS {
        for (candidate, shown) in candidates.iter().zip(&mut shown) {
            let (before, _) = candidate.used();
            let seen = candidate.flood(&bodies, CONNECTIONS, ROUND);
            let (after, _) = candidate.used();
            assert_eq!(seen.lost, 0, "{}: every review is answered", candidate.name);
            let count = seen.rate() * seen.took.as_secs_f64();
            shown.cost.push((after - before).as_secs_f64() * 1e6 / count);
            shown.flood.push(seen.rate());
        }
    }
    for _ in 0..ROUNDS {
        for (candidate, shown) in candidates.iter().zip(&mut shown) {
            let rate = median(&shown.flood) / 2.0;
            let seen = candidate.steady(&bodies, CONNECTIONS, rate, ROUND);
            shown.steady.join(seen);
            shown.greet.push(candidate.greet(&bodies, 2, ROUND / 2).rate());
        }
    }
    report(&candidates, &shown, ours);
    let rate = median(&shown[ours].flood) * BURST.0;
    let seen = candidates[ours].steady(&bodies, BURST.1, rate, ROUND);
    println!(
        "{} times too much, over {} connections: {} answered, {} lost, {} turned away (p50 {:?} p99 {:?})",
        BURST.0,
        BURST.1,
        seen.times.len(),
        seen.lost,
        seen.turned_away.len(),
        seen.turned_away_at(500),
        seen.turned_away_at(990),
    );
}

fn report(candidates: &[Candidate], shown: &[Shown], ours: usize) {
    println!(
        "medians of {ROUNDS} rounds of {ROUND:?} over {CONNECTIONS} connections; times at half of the own maximum"
    );
    let own = median(&shown[ours].flood);
    for (candidate, shown) in candidates.iter().zip(shown) {
        let (flood, seen) = (median(&shown.flood), &shown.steady);
        let (_, memory) = candidate.used();
        println!(
            "{:<12} {flood:>7.0} a second (meshroute: {:.2} of it)  {:>5.1} µs each  p50 {:?} p99 {:?} p99.9 {:?}  {} lost  \
             {:>5.0} handshakes a second  peak {:.1} MiB",
            candidate.name,
            own / flood,
            median(&shown.cost),
            seen.at(500),
            seen.at(990),
            seen.at(999),
            seen.lost,
            median(&shown.greet),
            f64::from(u32::try_from(memory).unwrap_or(u32::MAX)) / 1024.0,
        );
    }
}

/// The webhooks that the arguments name.
fn beside(args: &[String]) -> Vec<Candidate> {
    let places = args.iter().enumerate().filter(|(_, arg)| *arg == "--beside");
    let named = places.map(|(place, _)| {
        let [name, url, authority, pid] = &args[place + 1..place + 5] else {
            panic!(
                "--beside takes a name, a URL, a file with an authority, and the id of a process"
            );
        };
        let (address, path) = url
            .strip_prefix("https://")
            .and_then(|rest| rest.split_once('/'))
            .expect("a URL is https://HOST:PORT/PATH");
        let host = address.split(':').next().unwrap_or_default();
        let authority = fs::read_to_string(authority).expect("an authority in PEM");
        Candidate {
            name: name.clone(),
            target: Target::new(address, host, &authority),
            path: format!("/{path}"),
            pid: pid.parse().expect("the id of a process"),
        }
    });
    named.collect()
}

/// An address on loopback that nobody uses at the moment.
fn free() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback is there");
    listener.local_addr().expect("it is bound").to_string()
}

/// Starts a process whose log goes nowhere: whoever reads it does not count.
fn start(command: &mut Command) -> Running {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Running(command.spawn().expect("the program starts"))
}

fn candidate(name: &str, processes: &[Running], listen: &str, authority: &PathBuf) -> Candidate {
    let up = || {
        TcpStream::connect(listen).map_err(|error| error.to_string())?;
        fs::read_to_string(authority).map_err(|error| error.to_string())
    };
    let authority = wait::until(LIMIT, up).expect("it listens");
    Candidate {
        name: name.to_owned(),
        target: Target::new(listen, "localhost", &authority),
        path: "/validate?timeout=10s".to_owned(),
        pid: processes.last().expect("it was started").0.id(),
    }
}

/// Waits until the cluster was read.
fn until_ready(admin: &str) {
    let ready = || {
        let metrics = measure::get(admin, "/readyz").map_err(|error| error.to_string())?;
        if metrics.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(metrics) }
    };
    wait::until(LIMIT, ready).expect("it becomes ready");
}

fn median(figures: &[f64]) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
