//! Every lint finds its own mistake, at its place, and nothing else; and nothing is an error that the
//! Gateway API shows to work.
#![expect(clippy::print_stdout, reason = "a test that judges says how much it judged")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use meshroute::lint::{ALL, Lint};
use meshroute_tests::{
    gateway_api::{self, Conformance},
    program,
    tools::skip_unless,
};
use serde_json::Value;

const MESHES: [&str; 7] =
    ["spec", "istio", "istio-ambient", "linkerd", "cilium", "kuma", "kgateway"];

#[test]
fn bad_examples_show_their_mistake_at_its_place_and_no_other() {
    let mut problems = Vec::new();
    for lint in ALL {
        let found = findings(lint.bad);
        let expected: BTreeSet<u64> = marked(lint);
        let own: BTreeSet<u64> = found
            .iter()
            .filter(|finding| finding.code == lint.code)
            .map(|finding| finding.line)
            .collect();
        if own != expected {
            problems.push(format!("{}: found in lines {own:?}, not {expected:?}", lint.code));
        }
        let others = found.iter().filter(|it| it.code != lint.code && it.level != "info");
        problems.extend(others.map(|it| format!("{}: its bad example: {it:?}", lint.code)));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn good_examples_have_nothing_wrong() {
    let mut problems = Vec::new();
    for lint in ALL {
        let found = findings(lint.good);
        let wrong = found.iter().filter(|it| it.code == lint.code || it.level != "info");
        problems.extend(wrong.map(|it| format!("{}: its good example: {it:?}", lint.code)));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn messages_are_one_short_line() {
    let mut problems = Vec::new();
    for lint in ALL {
        for finding in findings(lint.bad) {
            let length = finding.message.chars().count();
            if length > 140 || finding.message.contains('\n') {
                problems.push(format!("{}: {length}: {}", finding.code, finding.message));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// Whatever the Gateway API shows in its tests and examples works, and so is no error of ours.
#[test]
fn what_the_gateway_api_shows_has_no_errors() {
    let Some(conformance) = Conformance::find_or_skip() else { return };
    let module = gateway_api::module("sigs.k8s.io/gateway-api", gateway_api::VERSION);
    let Some(module) = skip_unless("examples", module) else { return };
    let mut files = yaml_files(&conformance.folder().join("tests"));
    files.extend(yaml_files(&conformance.folder().join("mesh")));
    files.extend(yaml_files(&module.join("examples")));
    let (mut routes, mut errors) = (0, Vec::new());
    for file in &files {
        let text = fs::read_to_string(file).expect("a manifest can be read");
        let documents: Vec<String> = text.split("\n---").map(with_service_parent).collect();
        routes += documents.iter().filter(|document| is_route(document)).count();
        let text = documents.join("\n---");
        for channel in ["experimental", "standard"] {
            // What is experimental shows in the name of the folder.
            if channel == "standard" && file.to_string_lossy().contains("experimental") {
                continue;
            }
            let args = ["--mesh", "spec", "--channel", channel, "--gateway-api", "1.7"];
            errors.extend(errors_of(file, &text, &args));
        }
    }
    println!("{} files, {routes} routes, {} errors", files.len(), errors.len());
    assert!(routes > 200, "only {routes} routes were found");
    assert!(errors.is_empty(), "\n{}", errors.join("\n"));
}

/// The cases of meshes are no errors in any mesh that reads their kind of route.
#[test]
fn mesh_cases_have_no_errors_in_any_mesh() {
    let Some(conformance) = Conformance::find_or_skip() else { return };
    let files = yaml_files(&conformance.folder().join("tests/mesh"));
    let mut errors = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).expect("a manifest can be read");
        for mesh in MESHES {
            errors.extend(errors_of(file, &text, &["--mesh", mesh]));
        }
    }
    println!("{} files in {} meshes", files.len(), MESHES.len());
    assert!(files.len() > 15, "only {} files were found", files.len());
    assert!(errors.is_empty(), "\n{}", errors.join("\n"));
}

#[derive(Debug)]
struct Finding {
    code: String,
    level: String,
    line: u64,
    message: String,
}

/// What the command says of an example, with the flags that its first line names.
fn findings(example: &str) -> Vec<Finding> {
    let flags = example.trim_start().lines().next().unwrap_or_default();
    let flags = flags.strip_prefix("# lint: ").unwrap_or_default();
    let args: Vec<&str> = flags.split_whitespace().collect();
    run(example, &args)
}

fn run(text: &str, flags: &[&str]) -> Vec<Finding> {
    let mut args = vec!["lint", "-", "--info", "-o", "json", "--fail-on", "never"];
    args.extend(flags);
    let outcome = program::run(&args, text);
    assert_eq!(outcome.code, 0, "{args:?}: {}\n{text}", outcome.stderr);
    let report: Value = serde_json::from_str(&outcome.stdout).expect("it is JSON");
    let findings = report["findings"].as_array().expect("a list of findings");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    findings
        .iter()
        .map(|it| Finding {
            code: text(&it["code"]),
            level: text(&it["level"]),
            line: it["line"].as_u64().expect("a number"),
            message: text(&it["message"]),
        })
        .collect()
}

/// The lines that end in the code of the lint.
fn marked(lint: &Lint) -> BTreeSet<u64> {
    let mark = format!("# {}", lint.code);
    let lines = (1..).zip(lint.bad.lines());
    lines.filter(|(_, line)| line.ends_with(&mark)).map(|(number, _)| number).collect()
}

fn errors_of(file: &Path, text: &str, flags: &[&str]) -> Vec<String> {
    let found = run(text, flags).into_iter().filter(|it| it.level == "error");
    found.map(|it| format!("{} {flags:?}: {it:?}", file.display())).collect()
}

fn is_route(document: &str) -> bool {
    document.lines().any(|line| line == "kind: HTTPRoute" || line == "kind: GRPCRoute")
}

/// Gives a route the Service `front` as its first parent, unless it has a Service already.
fn with_service_parent(document: &str) -> String {
    let is_for_service =
        document.lines().any(|line| line.trim_start_matches([' ', '-']) == "kind: Service");
    if !is_route(document) || is_for_service {
        return document.to_owned();
    }
    let parent = "- {group: \"\", kind: Service, name: front}";
    let mut lines: Vec<String> = document.lines().map(str::to_owned).collect();
    let at = |name: &str| document.lines().position(|line| line.trim_end() == name);
    match at("  parentRefs:") {
        Some(place) => {
            let next = lines.get(place + 1).map_or("", String::as_str);
            let indent = " ".repeat(next.len() - next.trim_start().len());
            lines.insert(place + 1, format!("{indent}{parent}"));
        }
        None => {
            let place = at("spec:").expect("a route has a spec");
            lines.insert(place + 1, format!("  parentRefs:\n  {parent}"));
        }
    }
    lines.join("\n") + "\n"
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be listed") {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
