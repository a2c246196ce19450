//! Whatever is fed to the plugin, it answers or says why not: no panic, no hang, no silence.
//!
//! The inputs are the manifests of the tree with bytes, words and lines changed at random.
//! `MESHROUTE_CASES` sets how many are tried, `MESHROUTE_SEED` which.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use meshroute_tests::{program, random::Random};

const MESHES: [&str; 8] =
    ["auto", "spec", "istio", "istio-ambient", "linkerd", "cilium", "kuma", "kgateway"];

/// What hurts readers of YAML and of routes.
const WORDS: [&str; 28] = [
    "~",
    "null",
    "[]",
    "{}",
    "-1",
    "0",
    "1000001",
    "1e9",
    "0x10",
    "\"90\"",
    "true",
    "'",
    "\"",
    "&a",
    "*a",
    "<<: *a",
    "{{ .x }}",
    "---",
    "...",
    "\t",
    "\u{feff}",
    "!!binary x",
    "? [a]: b",
    "|",
    "Service",
    "RegularExpression",
    "([",
    "/",
];

/// Longer than any answer takes, even in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn damaged_manifests_are_answered_or_refused() {
    let inputs = manifests();
    assert!(inputs.len() > 10, "the manifests are found");
    let number = |name: &str, default| {
        std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
    };
    let mut random = Random::new(number("MESHROUTE_SEED", 1));
    let (mut answered, mut refused) = (0, 0);
    for case in 0..number("MESHROUTE_CASES", 1500) {
        let mut text = random.pick(&inputs).clone();
        for _ in 0..1 + random.below(4) {
            damage(&mut text, &mut random);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        let mesh = random.pick(&MESHES);
        let args = ["split", "-A", "-o", "json", "--mesh", mesh, "-f", "-"];
        let start = Instant::now();
        let outcome = program::run(&args, &text);
        let what = || format!("case {case}, mesh {mesh}, input:\n{text}");
        assert!(start.elapsed() < PATIENCE, "too slow: {}", what());
        match outcome.code {
            0 => {
                let json: Result<serde_json::Value, _> = serde_json::from_str(&outcome.stdout);
                assert!(json.is_ok(), "no JSON: {}", what());
                answered += 1;
            }
            1 => {
                let said = outcome.stderr.lines().any(|line| line.starts_with("error: stdin:"));
                assert!(said, "refused without a place: {}\n{}", outcome.stderr, what());
                assert_eq!(outcome.stdout, "", "half an answer: {}", what());
                refused += 1;
            }
            code => panic!("exit code {code}: {}\n{}", outcome.stderr, what()),
        }
    }
    assert!(answered > 100 && refused > 100, "{answered} answered, {refused} refused");
}

#[test]
fn what_is_enormous_or_deep_ends_soon() {
    let route = |rules: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{ports: [{{port: 80}}]}}\n---\n\
             apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: a}}\nspec:\n  \
             parentRefs: [{{group: \"\", kind: Service, name: a}}]\n  rules: [{rules}]\n"
        )
    };
    let inputs = [
        "[".repeat(200_000),
        "{a: ".repeat(100_000),
        format!("a: {}", "x".repeat(5_000_000)),
        "- ".repeat(100_000),
        route(&"{backendRefs: [{name: a, port: 80}]}, ".repeat(2_000)),
        route(&format!("{{backendRefs: [{}]}}", "{name: a, port: 80}, ".repeat(20_000))),
        route(&format!(
            "{{matches: [{{path: {{type: RegularExpression, value: \"{}\"}}}}]}}",
            "(a*)*".repeat(2_000)
        )),
    ];
    for (index, input) in inputs.iter().enumerate() {
        for mesh in ["spec", "linkerd", "kgateway"] {
            let start = Instant::now();
            let outcome = program::run(&["split", "-A", "--mesh", mesh, "-f", "-"], input);
            assert!(
                outcome.code <= 1,
                "input {index}: exit code {}: {}",
                outcome.code,
                outcome.stderr
            );
            assert!(
                start.elapsed() < PATIENCE,
                "input {index} on {mesh} is slow: {:?}",
                start.elapsed()
            );
        }
    }
}

/// Changes the text in one place.
fn damage(text: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(text.len().max(1));
    let line_end = text[at.min(text.len())..].iter().position(|byte| *byte == b'\n');
    let end = line_end.map_or(text.len(), |length| at + length);
    match random.below(6) {
        0 => drop(text.drain(at..end)),
        1 => drop(text.splice(at..at, random.pick(&WORDS).bytes())),
        2 => drop(text.splice(at..end, random.pick(&WORDS).bytes())),
        3 => {
            let line = text[at..end].to_vec();
            text.splice(at..at, line);
        }
        4 => text.truncate(at),
        _ => {
            if let Some(byte) = text.get_mut(at) {
                *byte = random.below(128).to_le_bytes()[0];
            }
        }
    }
}

/// The manifests that the repository has, but for the large ones.
fn manifests() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["../examples", "cases", "oracle/random/cases"] {
        find(&root.join(folder), &mut files);
    }
    files.sort();
    files
        .iter()
        .filter_map(|file| fs::read(file).ok())
        .filter(|text| text.len() < 1 << 16)
        .collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|it| it == "yaml" || it == "json") {
            files.push(path);
        }
    }
}
