//! How long `split` and `diff` take on 10,000 routes and 5,000 Services from a file, and on 3,000
//! Services that share a backend, as ratios to the time of only parsing the YAML; and how long the
//! program takes to start.
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
    many::{ROUTES, SERVICES, SHARING, manifests, sharing},
    measure::{program, shown, time},
};

const ROUNDS: usize = 5;
const STARTS: usize = 40;

fn main() {
    let many = [manifests(), manifests().replace("weight: 10\n", "weight: 30\n")];
    println!("{ROUTES} routes, {SERVICES} Services, {}; best of {ROUNDS} rounds", size(&many[0]));
    let [before, after] = written("many", &many);
    let istio = ["--mesh", "istio"];
    measure(
        &many[0],
        &[
            ("split SERVICE", 0, vec!["split", "svc-7", "-n", "ns-7", "-f", &before]),
            ("split -A (table)", 0, vec!["split", "-A", "-f", &before]),
            ("split -A -o json", 0, vec!["split", "-A", "-o", "json", "-f", &before]),
            ("diff (same)", 0, vec!["diff", &before, &before]),
            ("diff (all change)", 1, vec!["diff", &before, &after]),
        ]
        .map(|(name, code, args)| (name, code, [&args[..], &istio].concat())),
    );

    let sharing = [sharing(10), sharing(30)];
    println!("{SHARING} Services that share a backend, {}", size(&sharing[0]));
    let [before, after] = written("sharing", &sharing);
    measure(
        &sharing[0],
        &[
            ("split -A (table)", 0, vec!["split", "-A", "-f", &before]),
            ("diff (all change)", 1, vec!["diff", &before, &after]),
        ]
        .map(|(name, code, args)| (name, code, [&args[..], &istio].concat())),
    );
    start_up();
}

fn size(texts: &str) -> String {
    format!("{:.1} MiB of YAML", texts.len() as f64 / f64::from(1 << 20))
}

/// Writes the texts before and after a change, and returns their paths.
fn written(name: &str, texts: &[String; 2]) -> [String; 2] {
    ["before", "after"].map(|side| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}-{side}.yaml"));
        let text = &texts[usize::from(side == "after")];
        fs::write(&file, text).expect("the target folder can be written");
        file.to_string_lossy().into_owned()
    })
}

/// Prints the times of commands, and as ratios to that of parsing the text.
fn measure(text: &str, commands: &[(&str, u8, Vec<&str>)]) {
    let mut bare = Duration::MAX;
    let mut best = vec![Duration::MAX; commands.len()];
    for _ in 0..ROUNDS {
        bare = bare.min(time(|| parse(text)));
        for (best, (_, code, args)) in best.iter_mut().zip(commands) {
            *best = (*best).min(time(|| run(args, *code)));
        }
    }
    println!("{:<24} {:>9}", "only parsing the YAML", shown(bare));
    for (best, (name, ..)) in best.into_iter().zip(commands) {
        let ratio = best.as_secs_f64() / bare.as_secs_f64();
        println!("{name:<24} {:>9}   {ratio:.2} of parsing", shown(best));
    }
}

/// What any reader of the YAML has to do: the events of every document.
fn parse(text: &str) {
    let events = Parser::new_from_str(text).filter(Result::is_ok).count();
    assert!(events > SHARING, "the YAML is well-formed");
}

fn run(args: &[&str], code: u8) {
    let args = ["meshroute"].iter().chain(args).map(OsString::from);
    let ended = kubectl_meshroute::run(args, &mut empty(), &mut sink(), &mut sink());
    assert_eq!(ended, code, "the answer is the expected one");
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
