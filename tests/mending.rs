//! `lint --fix`: what can be mended is mended, what cannot is said, and nothing else changes.
#![expect(clippy::print_stdout, reason = "a test that judges says how much it judged")]

use std::collections::BTreeSet;

use meshroute::lint::{ALL, Lint};
use meshroute_tests::{
    process::Process,
    program::{self, Outcome},
};
use serde_json::Value;

/// A folder in which commands run.
fn folder() -> Process {
    Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"))
}

/// A route whose parent is written like this.
fn route(parent: &str) -> String {
    format!(
        "# of team web
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web, namespace: shop}}
spec:
  parentRefs:
  - {parent}
  rules:
  - backendRefs: [{{name: web, port: 80}}] # all
"
    )
}

fn inert() -> String {
    route("{kind: Service, name: web} # the one")
}

fn mended() -> String {
    route("{kind: Service, name: web, group: \"\"} # the one")
}

fn fix(text: &str, flags: &[&str]) -> Outcome {
    program::run(&[&["lint", "-", "--fix"], flags].concat(), text)
}

/// The flags that the first line of an example names.
fn flags(lint: &Lint) -> Vec<&'static str> {
    let first = lint.bad.trim_start().lines().next().unwrap_or_default();
    first.strip_prefix("# lint: ").unwrap_or_default().split_whitespace().collect()
}

/// The findings of a text that could be mended, by code and line.
fn mendable(text: &str, flags: &[&str]) -> BTreeSet<(String, u64)> {
    let asked = ["lint", "-", "-o", "json", "--fail-on", "never", "--info"];
    let report = program::run(&[&asked[..], flags].concat(), text);
    let report: Value = serde_json::from_str(&report.stdout).expect("it is JSON");
    let findings = report["findings"].as_array().expect("a list").iter();
    let with_changes =
        findings.filter(|it| it["fix"]["edits"].as_array().is_some_and(|edits| !edits.is_empty()));
    let code = |it: &Value| it["code"].as_str().expect("a code").to_owned();
    with_changes.map(|it| (code(it), it["line"].as_u64().expect("a line"))).collect()
}

#[test]
fn every_example_that_can_be_mended_is() {
    let mut tried = BTreeSet::new();
    for lint in ALL {
        let (text, flags) = (lint.bad, flags(lint));
        let before = mendable(text, &flags);
        let outcome = fix(text, &[&flags[..], &["--info", "--fail-on", "never"]].concat());
        assert_eq!(outcome.code, 0, "{}: {}", lint.code, outcome.stderr);
        if before.is_empty() {
            assert_eq!(outcome.stdout, text, "{}", lint.code);
            continue;
        }
        tried.insert(lint.code);
        for (code, line) in mendable(&outcome.stdout, &flags) {
            let said = format!("stdin:{line}: {code} is not mended: ");
            assert!(outcome.stderr.contains(&said), "{said}{}", outcome.stderr);
        }
        let said = outcome.stderr.contains("is not mended");
        assert!(said || outcome.stdout != text, "{}: {}", lint.code, outcome.stdout);
        // Each comment is where it was, and each line but those that are mended.
        let comments = |text: &str| {
            let parts = text.lines().filter_map(|line| line.split_once(" #"));
            parts.map(|(_, comment)| comment.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(comments(text), comments(&outcome.stdout), "{}", lint.code);
        let again = fix(&outcome.stdout, &[&flags[..], &["--info", "--fail-on", "never"]].concat());
        assert_eq!(again.stdout, outcome.stdout, "{}", lint.code);
        assert!(!again.stderr.contains("mended 1"), "{}: {}", lint.code, again.stderr);
    }
    println!("{} lints can mend: {tried:?}", tried.len());
    assert!(tried.len() > 6, "{tried:?}");
}

#[test]
fn files_are_mended_in_place_and_what_remains_is_reported() {
    let folder = folder();
    let zero = "weight: 0, port: 80";
    folder.file("a/web.yaml", &inert().replace("port: 80", zero));
    folder.file("a/fine.yaml", &mended().replace("name: web,", "name: fine,"));
    let outcome = folder.run(&["lint", "a", "--fix"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    assert_eq!(outcome.stderr, "mended 1 finding in a/web.yaml\n");
    assert_eq!(folder.read("a/web.yaml"), mended().replace("port: 80", zero));
    assert!(outcome.stdout.contains("a/web.yaml:9:") && outcome.stdout.contains("MR051"));
    assert!(!outcome.stdout.contains("MR001"), "{}", outcome.stdout);

    let again = folder.run(&["lint", "a", "--fix", "-o", "json", "--fail-on", "warning"]);
    assert_eq!((again.code, again.stderr.as_str()), (1, ""));
    let report: Value = serde_json::from_str(&again.stdout).expect("it is JSON");
    assert_eq!(report["findings"][0]["code"], "MR051");
    assert_eq!(folder.read("a/web.yaml"), mended().replace("port: 80", zero));
}

#[test]
fn stdin_goes_through_mended_with_the_report_beside_it() {
    let outcome = fix(&inert(), &[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, mended().as_str()));
    assert_eq!(outcome.stderr, "mended 1 finding in stdin\n1 file: nothing found\n");
    let json = fix(&inert(), &["-o", "json"]);
    assert_eq!(json.stdout, mended());
    assert!(json.stderr.contains("\"findings\": []"), "{}", json.stderr);
    let same = fix(&mended(), &[]);
    assert_eq!((same.stdout, same.stderr.as_str()), (mended(), "1 file: nothing found\n"));
}

#[test]
fn a_dry_run_prints_a_patch_and_writes_nothing() {
    let folder = folder();
    let before = inert().replace('\n', "\r\n");
    folder.file("web.yaml", before.trim_end());
    let dry = folder.run(&["lint", "web.yaml", "--fix", "--dry-run=client"]);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert_eq!(folder.read("web.yaml"), before.trim_end());
    assert!(dry.stderr.starts_with("would mend 1 finding in web.yaml\n"), "{}", dry.stderr);
    folder.patch(&dry.stdout);
    assert_eq!(folder.read("web.yaml"), mended().replace('\n', "\r\n").trim_end());
}

#[test]
fn what_is_mended_shows_what_else_can_be() {
    // Once the name of the field is right, its value is wrong.
    let outcome = fix(&route("{kind: Service, gruop: 'core', name: web}"), &[]);
    assert_eq!(outcome.stdout, route("{kind: Service, group: '', name: web}"));
    assert!(outcome.stderr.starts_with("mended 2 findings in stdin"), "{}", outcome.stderr);
}

#[test]
fn only_what_is_shown_is_mended() {
    for (flags, text) in [
        (&["--level", "MR001=off"][..], inert()),
        (&["--mesh", "kuma"], inert()),
        (
            &["--ignore", "all"],
            inert().replace("shop}", "shop, annotations: {meshroute.dev/ignore: MR001 known}}"),
        ),
    ] {
        let outcome = fix(&text, flags);
        assert_eq!((outcome.code, outcome.stdout), (0, text), "{flags:?}");
    }
    assert_eq!(fix(&inert(), &["--mesh", "kuma", "--info"]).stdout, mended());
    // What is known is not shown, and mended all the same.
    let folder = folder();
    folder.file("web.yaml", &inert());
    let known = folder.run(&["lint", "web.yaml", "--write-baseline"]);
    assert_eq!(known.code, 0, "{}", known.stderr);
    let baseline = ["--baseline", ".meshroute-baseline.json"];
    let outcome = folder.run(&[&["lint", "web.yaml", "--fix"][..], &baseline].concat());
    assert_eq!((outcome.code, folder.read("web.yaml")), (0, mended()), "{}", outcome.stderr);
}

#[test]
fn what_stands_for_several_values_is_said_and_the_rest_is_mended() {
    let text = format!(
        "{}---\n{}",
        inert(),
        route("*p").replace("# of team web", "x: &p {kind: Service, name: api}")
    );
    let outcome = fix(&text, &[]);
    assert_eq!((outcome.code, &outcome.stdout), (1, &text.replacen(&inert(), &mended(), 1)));
    assert!(
        outcome.stderr.contains("stdin:17: MR001 is not mended: an anchor, an alias or a merge"),
        "{}",
        outcome.stderr
    );
    // Where all of them are to be mended alike, it is one change.
    let alike = route("&p {kind: Service, name: web}\n  - *p");
    let outcome = fix(&alike, &[]);
    assert_eq!(outcome.stdout, alike.replace("name: web}\n", "name: web, group: \"\"}\n"));
    assert!(outcome.stderr.contains("mended 2 findings"), "{}", outcome.stderr);
}

#[test]
fn what_is_not_ours_to_change_stays_whole_and_is_named() {
    for (why, rest) in [
        ("a Helm template", "---\nkind: {{ .Values.kind }}\n"),
        (
            "a Helm template",
            &format!("---\n{}", inert().replace("name: web}", "name: '{{ .a }}'}")),
        ),
        ("the file stays as it is", "---\na: [\n"),
        ("SOPS", "sops: {mac: a}\n"),
    ] {
        let folder = folder();
        let text = inert() + rest;
        folder.file("a/bad.yaml", &text);
        folder.file("a/good.yaml", &inert().replace("name: web,", "name: good,"));
        let outcome = folder.run(&["lint", "a", "--fix"]);
        assert_eq!(outcome.code, 2, "{why}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
        assert_eq!(folder.read("a/bad.yaml"), text);
        assert!(folder.read("a/good.yaml").contains("group"), "the others are mended");
        let filter = folder.feed(&["lint", "-", "--fix"], &text);
        assert_eq!((filter.code, filter.stdout), (2, text));
    }
}

#[test]
fn what_cannot_be_asked_names_the_way_out() {
    let folder = folder();
    folder.file("a/web.yaml", &inert());
    folder.file("a/kustomization.yaml", "resources: [web.yaml]\n");
    for (args, says) in [
        (&["lint", "-k", "a", "--fix"][..], "lint --fix a -R"),
        (&["lint", "--fix"], "name files or folders"),
        (&["lint", "a", "--fix", "--dry-run=server"], "--dry-run=client"),
        (&["lint", "a", "--dry-run=client"], "--fix"),
    ] {
        let outcome = folder.run(args);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{args:?}");
        assert!(outcome.stderr.contains(says), "{args:?}: {}", outcome.stderr);
        assert_eq!(folder.read("a/web.yaml"), inert());
    }
}
