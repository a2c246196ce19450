//! How long `split` takes on 10,000 routes and 5,000 Services from a file, as ratios to the time of
//! only parsing its YAML; and how long the program takes to start.
//!
//! `cargo bench -p meshroute-tests --bench split`. Absolute times depend on the machine; the ratios
//! of one run hardly do. Each figure is the best of several rounds, which alternate.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{
    ffi::OsString,
    fs,
    io::{empty, sink},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use granit_parser::Parser;
use meshroute_tests::{
    many::{ROUTES, SERVICES, manifests},
    measure::{program, shown, time},
};

const ROUNDS: usize = 5;
const STARTS: usize = 40;

fn main() {
    let text = manifests();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("split-bench.yaml");
    fs::write(&file, &text).expect("the target folder can be written");
    let file = file.to_string_lossy().into_owned();
    let mib = text.len() as f64 / f64::from(1 << 20);
    println!("{ROUTES} routes, {SERVICES} Services, {mib:.1} MiB of YAML; best of {ROUNDS} rounds");

    let mut bare = Duration::MAX;
    let mut figures = [
        ("split SERVICE", vec!["split", "svc-7", "-n", "ns-7"], Duration::MAX),
        ("split -A (table)", vec!["split", "-A"], Duration::MAX),
        ("split -A -o json", vec!["split", "-A", "-o", "json"], Duration::MAX),
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
    start_up();
}

/// What any reader of the YAML has to do: the events of every document.
fn parse(text: &str) {
    let events = Parser::new_from_str(text).filter(Result::is_ok).count();
    assert!(events > ROUTES, "the YAML is well-formed");
}

fn run(args: &[&str], file: &str) {
    let rest = ["--mesh", "istio", "-f", file];
    let args = ["meshroute"].iter().chain(args).chain(&rest).map(OsString::from);
    let code = kubectl_meshroute::run(args, &mut empty(), &mut sink(), &mut sink());
    assert_eq!(code, 0, "the split is shown");
}

/// The whole program on the small example, as a process.
fn start_up() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let Some(program) = program("kubectl-meshroute") else {
        println!(
            "SKIPPED start-up: build the program first, `cargo build --release -p kubectl-meshroute`"
        );
        return;
    };
    let start = |args: &[&str]| {
        time(|| {
            let status =
                Command::new(&program).args(args).current_dir(&root).stdout(Stdio::null()).status();
            assert!(status.is_ok_and(|status| status.success()), "the program runs");
        })
    };
    let (mut version, mut example) = (Duration::MAX, Duration::MAX);
    for _ in 0..STARTS {
        version = version.min(start(&["version"]));
        example = example.min(start(&["split", "reviews", "-f", "examples/bookinfo"]));
    }
    println!("{:<24} {:>9}   best of {STARTS}", "start (version)", shown(version));
    println!("{:<24} {:>9}", "split of the example", shown(example));
}
