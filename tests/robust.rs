//! Whatever is fed to the plugin, it answers or says why not: no panic, no hang, no silence.
//!
//! The inputs are the manifests of the tree with bytes, words and lines changed at random.
//! `MESHROUTE_CASES` sets how many are tried, `MESHROUTE_SEED` which.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use meshroute::lint::ALL;
use meshroute_tests::{program, random::Random};
use serde_json::Value;

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
fn damaged_manifests_are_checked_and_findings_have_a_place() {
    let examples = ALL.iter().flat_map(|lint| [lint.bad, lint.good]);
    let inputs: Vec<Vec<u8>> = examples.map(|it| it.as_bytes().to_vec()).collect();
    let mut random = Random::new(number("MESHROUTE_SEED", 2));
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for case in 0..number("MESHROUTE_CASES", 1500) {
        let mut text = random.pick(&inputs).clone();
        for _ in 0..1 + random.below(3) {
            damage(&mut text, &mut random);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        let mesh = random.pick(&MESHES);
        let args = ["lint", "-", "-o", "json", "--info", "--complete", "--mesh", mesh];
        let start = Instant::now();
        let outcome = program::run(&args, &text);
        let what = || format!("case {case}, mesh {mesh}, input:\n{text}\n{}", outcome.stderr);
        assert!(start.elapsed() < PATIENCE, "too slow: {}", what());
        assert!(outcome.code <= 2, "exit code {}: {}", outcome.code, what());
        let is_template = outcome.stderr.contains("a Helm template");
        assert_eq!(outcome.code == 2, is_template, "{}", what());
        let report: Value = serde_json::from_str(&outcome.stdout).expect("it is JSON");
        let lines: Vec<&str> = text.split('\n').collect();
        for finding in report["findings"].as_array().expect("a list") {
            let of = |name: &str| {
                usize::try_from(finding[name].as_u64().expect("a number")).expect("it is small")
            };
            let line = lines.get(of("line") - 1).unwrap_or_else(|| panic!("no line: {}", what()));
            let width = line.chars().count();
            let is_in_line = 1 <= of("column")
                && of("column") < of("endColumn")
                && of("column") <= width + 1
                && of("endColumn") <= width + 2;
            assert!(is_in_line, "{finding}\n{}", what());
            let code = finding["code"].as_str().expect("a text").to_owned();
            *codes.entry(code).or_default() += 1;
        }
    }
    assert!(codes.len() > 45, "few lints are left: {codes:?}");
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
            for args in [
                &["split", "-A", "--mesh", mesh, "-f", "-"][..],
                &["lint", "--complete", "--info", "--mesh", mesh, "-"],
            ] {
                let start = Instant::now();
                let outcome = program::run(args, input);
                let (code, why) = (outcome.code, outcome.stderr);
                assert!(code <= 1, "input {index}: exit code {code}: {why}");
                let time = start.elapsed();
                assert!(time < PATIENCE, "input {index} on {mesh} is slow: {time:?}");
            }
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
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
