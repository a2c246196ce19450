//! What a shell sees of `diff`: streams, exit codes, names that look like markup.

use std::io;

use kubectl_meshroute::{Look, run_with};
use meshroute_tests::{process::Process, program};

#[test]
fn names_in_a_comment_are_no_markup() {
    let old = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{group: '', kind: Service, name: web}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
";
    let hostile = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: \"web|@all\\e[2J\"}
spec:
  parentRefs: [{group: '', kind: Service, name: web}]
  rules:
  - name: \"`</td><img src=x>\\n| a | b |\"
    matches: [{path: {value: \"/|`a``b\"}, headers: [{name: x, value: \"https://evil.example ![](x)\"}]}]
    backendRefs: [{name: \"gone\\r\\n|**\", port: 80}]
";
    let process =
        Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"));
    let old = process.file("old.yaml", old);
    for format in ["markdown", "table"] {
        let outcome = program::run(&["diff", &old, "-", "-o", format], hostile);
        assert_eq!(outcome.code, 1, "{}", outcome.stderr);
        let text = outcome.stdout;
        assert!(!text.chars().any(|it| it.is_control() && it != '\n'), "{format}: {text:?}");
        if format == "table" {
            continue;
        }
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
        assert!(rows.len() > 2, "{text}");
        for row in rows {
            let bars = row.match_indices('|').filter(|(at, _)| !row[..*at].ends_with('\\'));
            assert_eq!(bars.count(), 8, "{row}");
        }
        // Whatever is outside of code is ours.
        for word in ["@all", "<img", "https://", "**gone", "![]"] {
            let outside = text.lines().filter(|line| outside_of_code(line).contains(word));
            assert_eq!(outside.count(), 0, "{word}: {text}");
        }
    }
}

#[test]
fn a_side_with_nothing_has_the_mesh_of_the_other() {
    let all = "
{apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{group: '', kind: Service, name: web}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
";
    let process =
        Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"));
    let (all, nothing) = (process.file("all.yaml", all), process.file("nothing.yaml", ""));
    for (old, new) in [(&nothing, &all), (&all, &nothing)] {
        let template = "jsonpath={.items[*].before.mesh} {.items[*].after.mesh}";
        let outcome = program::run(&["diff", old, new, "-o", template], "");
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (1, "istio istio"),
            "{}",
            outcome.stderr
        );
        let named = ["diff", old, new, "-o", template, "--mesh", "linkerd,auto"];
        assert_eq!(program::run(&named, "").stdout, "linkerd istio");
    }
}

#[test]
fn one_failure_instead_of_another_mends_nothing() {
    let with = |backend: &str| {
        format!(
            "
{{apiVersion: v1, kind: Service, metadata: {{name: web}}, spec: {{ports: [{{port: 80}}]}}}}
---
{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {{name: web-1,
  labels: {{kubernetes.io/service-name: web}}}}, addressType: IPv4, endpoints: [], ports: []}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web}}
spec:
  parentRefs: [{{group: '', kind: Service, name: web}}]
  rules: [{{backendRefs: [{{name: {backend}, port: 80}}]}}]
"
        )
    };
    let process =
        Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"));
    let (gone, unready) =
        (process.file("gone.yaml", &with("gone")), process.file("b.yaml", &with("web")));
    let outcome = program::run(&["diff", &gone, &unready, "--mesh", "istio"], "");
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert!(!outcome.stdout.contains("fails no more"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("fails: no ready endpoints"), "{}", outcome.stdout);
}

/// The parts of a line that are no code.
fn outside_of_code(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        outside.push_str(&rest[..start]);
        let fence: String = rest[start..].chars().take_while(|it| *it == '`').collect();
        rest = &rest[start + fence.len()..];
        // Code ends at as many backticks as it began with.
        let mut at = 0;
        loop {
            let Some(next) = rest[at..].find('`') else { return outside + rest };
            let run = rest[at + next..].chars().take_while(|it| *it == '`').count();
            at += next + run;
            if run == fence.len() {
                break;
            }
        }
        rest = &rest[at..];
    }
    outside + rest
}

#[test]
fn colours_are_for_terminals_and_a_closed_pipe_keeps_the_verdict() {
    struct Gone;
    impl io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let case = |name: &str| format!("{}/cases/diff/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let (before, after) = (case("before"), case("after"));
    let args = |more: &[&str]| {
        let args = [&["meshroute", "diff", &before, &after], more].concat();
        args.into_iter().map(Into::into).collect::<Vec<_>>()
    };
    let coloured = |look, more: &[&str]| {
        let mut out = Vec::new();
        run_with(look, args(more), &mut io::empty(), &mut out, &mut io::sink());
        out.contains(&0x1b)
    };
    assert!(!coloured(Look::default(), &[]));
    assert!(coloured(Look::default(), &["--color", "always"]));
    assert!(!coloured(
        Look { colour: true, terminal: true, ..Look::default() },
        &["--color", "never"]
    ));

    let mut err = Vec::new();
    let code = kubectl_meshroute::run(args(&[]), &mut io::empty(), &mut Gone, &mut err);
    assert_eq!((code, String::from_utf8_lossy(&err).as_ref()), (1, ""));
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let case = |name: &str| format!("{}/cases/diff/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    for format in ["table", "json", "yaml", "markdown", "jsonpath={.changed}"] {
        let code = |new: &str, more: &[&str]| {
            let (old, new) = (case("before"), case(new));
            program::run(&[&["diff", &old, &new, "-o", format], more].concat(), "").code
        };
        assert_eq!(code("after", &[]), 1, "{format}");
        assert_eq!(code("same", &[]), 0, "{format}");
        assert_eq!(code("nowhere", &[]), 2, "{format}");
        assert_eq!(code("after", &["--mesh", "linkerd,istio,kuma"]), 2, "{format}");
    }
    for wrong in [
        &["diff", "a"][..],
        &["diff", "--base", "HEAD"],
        &["diff", "a", "b", "-f", "c"],
        &["diff", "a", "b", "--base", "HEAD"],
        &["diff", "-", "-"],
    ] {
        assert_eq!(program::run(wrong, "").code, 2, "{wrong:?}");
    }
}

/// A Service and a route with these backends.
fn shop(group: &str, backends: &str) -> String {
    format!(
        "
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web}}
spec:
  parentRefs: [{{{group}kind: Service, name: web}}]
  rules: [{{backendRefs: [{backends}]}}]
"
    )
}

#[test]
fn findings_that_come_and_go_are_told_and_change_no_exit_code() {
    let process =
        Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"));
    let fine = "{name: web, port: 80}";
    let old = process.file("old.yaml", &shop("group: '', ", fine));
    let diff = |new: &str, flags: &[&str]| {
        program::run(&[&["diff", &old, "-", "--mesh", "spec"], flags].concat(), new)
    };
    // A backend without requests that is not there: no request ends otherwise.
    let idle = shop("group: '', ", "{name: web, port: 80}, {name: web, port: 81, weight: 0}");
    let outcome = diff(&idle, &[]);
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    assert!(outcome.stdout.contains("\nintroduced: warning MR"), "{}", outcome.stdout);
    let same = diff(&shop("group: '', ", fine), &["-o", "jsonpath={.findings}"]);
    assert_eq!((same.code, same.stdout.trim()), (0, r#"{"fixed":[],"introduced":[]}"#));

    let inert = shop("", fine);
    let outcome = diff(&inert, &["-o", "markdown"]);
    assert!(outcome.stdout.contains("introduced: error MR001: "), "{}", outcome.stdout);
    let inert = process.file("inert.yaml", &inert);
    let args = ["diff", &inert, &old, "--mesh", "spec", "-o", "json"];
    let report: serde_json::Value =
        serde_json::from_str(&program::run(&args, "").stdout).expect("it is JSON");
    assert_eq!(report["findings"]["introduced"], serde_json::json!([]));
    let fixed = &report["findings"]["fixed"][0];
    assert_eq!((&fixed["code"], &fixed["route"]["name"]), (&"MR001".into(), &"web".into()));

    // What is found in another mesh only comes with it.
    let outcome = program::run(&["diff", "-f", &inert, "--mesh", "kuma,istio"], "");
    assert!(outcome.stdout.contains("introduced: error MR001: "), "{}", outcome.stdout);
}
