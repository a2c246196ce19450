//! How long `lint` takes on 10,000 routes and 5,000 Services from a file, as a ratio to the time of
//! only parsing its YAML.
//!
//! `cargo bench -p meshroute-tests --bench lint`. Absolute times depend on the machine; the ratios
//! of one run hardly do. Each figure is the best of several rounds, which alternate.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{
    ffi::OsString,
    fs,
    io::{empty, sink},
    path::Path,
    time::{Duration, Instant},
};

use granit_parser::Parser;
use meshroute::{
    cluster::{Cluster, Object},
    kind::Kind,
    lint::{self, Settings},
    lower::lower,
    name::RouteKind,
    profile::Mesh,
};
use meshroute_tests::{
    many::{ROUTES, SERVICES, manifests},
    measure::{shown, time},
};
use serde_json::json;

const ROUNDS: usize = 5;
const REVIEWS: u32 = 100_000;

fn main() {
    let text = manifests();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lint-bench.yaml");
    fs::write(&file, &text).expect("the target folder can be written");
    let file = file.to_string_lossy().into_owned();
    let mib = text.len() as f64 / f64::from(1 << 20);
    println!("{ROUTES} routes, {SERVICES} Services, {mib:.1} MiB of YAML; best of {ROUNDS} rounds");

    let mut bare = Duration::MAX;
    let every = Mesh::ALL.map(Mesh::name).join(",");
    let mut figures = [
        ("lint", vec!["lint"], Duration::MAX),
        ("lint --complete", vec!["lint", "--complete"], Duration::MAX),
        ("lint, every mesh", vec!["lint", "--mesh", &every], Duration::MAX),
    ];
    for _ in 0..ROUNDS {
        bare = bare.min(time(|| parse(&text)));
        for (_, args, best) in &mut figures {
            *best = (*best).min(time(|| run(args, &file)));
        }
    }
    println!("{:<24} {:>9}", "only parsing the YAML", shown(bare));
    for (name, _, best) in figures {
        let ratio = best.as_secs_f64() / bare.as_secs_f64();
        println!("{name:<24} {:>9}   {ratio:.2} of parsing", shown(best));
    }
    one_route();
}

/// What any reader of the YAML has to do: the events of every document.
fn parse(text: &str) {
    let events = Parser::new_from_str(text).filter(Result::is_ok).count();
    assert!(events > ROUTES, "the YAML is well-formed");
}

fn run(args: &[&str], file: &str) {
    let args = ["meshroute"].iter().chain(args).copied().chain([file]).map(OsString::from);
    let code = kubectl_meshroute::run(args, &mut empty(), &mut sink(), &mut sink());
    assert_eq!(code, 0, "nothing is wrong");
}

/// All lints over one route, as a webhook runs them.
fn one_route() {
    let json = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {
        "parentRefs": [{"group": "", "kind": "Service", "name": "web", "port": 80}],
        "rules": [
            {"matches": [{"path": {"type": "PathPrefix", "value": "/api"}}],
             "backendRefs": [{"name": "web", "port": 80, "weight": 90},
                             {"name": "web-v2", "port": 80, "weight": 10}]},
            {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
             "backendRefs": [{"name": "web", "port": 80, "weight": 1}]}]}});
    let lowered = lower(Kind::Route(RouteKind::Http), &json, "shop");
    let Some(Object::Route(route)) = lowered.object else { panic!("it is well-formed") };
    let mut cluster = Cluster::default();
    cluster.insert(Object::Route(route.clone()));
    let settings = Settings { admission: true, ..Settings::default() };
    for meshes in [&[Mesh::Istio][..], &Mesh::ALL] {
        let start = Instant::now();
        for _ in 0..REVIEWS {
            let report = lint::route(&cluster, &route, meshes, &settings);
            assert!(!report.findings.is_empty(), "its Services are missing");
        }
        let one = start.elapsed() / REVIEWS;
        println!("one route, {} meshes      {:>9.2} µs", meshes.len(), one.as_secs_f64() * 1e6);
    }
}
