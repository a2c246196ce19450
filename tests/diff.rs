//! What a shell and a repository see of `diff`: refs, streams, exit codes, names that look like markup.

use std::{io, process::Command};

use kubectl_meshroute::{Look, run_with};
use meshroute_tests::{process::Process, program, tools::skip_unless};

const SERVICES: &str = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web-v1}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web-v2}
spec: {ports: [{port: 80}]}
";

fn route(weight: u32) -> String {
    format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web}}
spec:
  parentRefs: [{{group: '', kind: Service, name: web}}]
  rules:
  - backendRefs: [{{name: web-v1, port: 80, weight: 90}}, {{name: web-v2, port: 80, weight: {weight}}}]
"
    )
}

#[test]
fn the_same_paths_are_read_at_a_ref() {
    let Some(process) = repository("the_same_paths_are_read_at_a_ref") else { return };
    let shifts = |args: &[&str]| {
        let outcome =
            process.run(&[&["diff", "-o", "jsonpath={.items[*].regions[*].shift}"], args].concat());
        (outcome.code, outcome.stdout, outcome.stderr)
    };
    let changed = |shift: &str| (1, shift.to_owned(), String::new());
    let same = (0, String::new(), String::new());
    let head = ["--base", "HEAD"];

    assert_eq!(shifts(&[&["-R", "-f", "apps"], &head[..]].concat()), same);
    process.file("apps/shop/route.yaml", &route(30));
    assert_eq!(shifts(&[&["-R", "-f", "apps"], &head[..]].concat()), changed("3/20"));
    assert_eq!(shifts(&[&["-f", "apps/shop"], &head[..]].concat()), changed("3/20"));
    let files = ["-f", "apps/shop/route.yaml", "-f", "apps/shop/services.yaml"];
    assert_eq!(shifts(&[&files, &head[..]].concat()), changed("3/20"));
    // What is below is not read without -R, then as now.
    let (code, _, stderr) = shifts(&[&["-f", "apps"], &head[..]].concat());
    assert_eq!((code, stderr.contains("holds no .yaml")), (0, true), "{stderr}");

    // A path that was not there held nothing: the Services are new.
    process.file("new/all.yaml", &format!("{SERVICES}---{}", route(10)));
    let outcome = process.run(&["diff", "-f", "new", "--base", "HEAD"]);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("was not there"), "{}", outcome.stdout);

    // An older commit, a branch, and a tag are refs too.
    git(&process, &["commit", "-qam", "shift"]);
    git(&process, &["tag", "now"]);
    assert_eq!(shifts(&["-f", "apps/shop", "--base", "now"]), same);
    assert_eq!(shifts(&["-f", "apps/shop", "--base", "HEAD~1"]), changed("3/20"));
}

#[test]
fn a_subfolder_is_as_good_as_the_root() {
    let Some(process) = repository("a_subfolder_is_as_good_as_the_root") else { return };
    process.file("apps/shop/route.yaml", &route(30));
    for (folder, path) in
        [("apps", "shop"), ("apps/shop", "."), ("apps/shop", "../shop"), ("docs", "../apps/shop")]
    {
        process.file(&format!("{folder}/keep"), "");
        let output = Command::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"))
            .args(["diff", "-f", path, "--base", "HEAD", "-o", "jsonpath={.changed}"])
            .current_dir(process.folder().join(folder))
            .output()
            .expect("the program can be started");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (output.status.code(), &*output.stdout),
            (Some(1), &b"1"[..]),
            "{path}: {stderr}"
        );
    }
}

#[test]
fn what_git_cannot_give_is_said() {
    let Some(process) = repository("what_git_cannot_give_is_said") else { return };
    let said = |process: &Process, args: &[&str]| {
        let outcome = process.run(&[&["diff"], args].concat());
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{args:?}");
        outcome.stderr
    };
    let unknown = said(&process, &["-f", "apps", "--base", "nowhere"]);
    assert!(unknown.starts_with("error: git knows no commit nowhere: fetch it first"), "{unknown}");
    let flag = said(&process, &["-f", "apps", "--base=--output=x"]);
    assert!(flag.contains("is no name of a commit"), "{flag}");
    let stdin = said(&process, &["-f", "-", "--base", "HEAD"]);
    assert!(stdin.contains("--base needs files"), "{stdin}");
    process.file("apps/shop/route.yaml", "kind: [");
    git(&process, &["commit", "-qam", "broken"]);
    process.file("apps/shop/route.yaml", &route(10));
    let broken = said(&process, &["-f", "apps/shop", "--base", "HEAD"]);
    assert!(broken.starts_with("error: HEAD:apps/shop/route.yaml:"), "{broken}");

    let nowhere = Process::new(
        env!("CARGO_BIN_EXE_meshroute-tests-plugin"),
        &std::env::temp_dir().to_string_lossy(),
    );
    nowhere.file("all.yaml", SERVICES);
    let nowhere_said = said(&nowhere, &["-f", "all.yaml", "--base", "HEAD"]);
    assert!(nowhere_said.contains("not a git repository"), "{nowhere_said}");
    let without = process.with("PATH", "/nowhere");
    let without_said = said(&without, &["-f", "apps", "--base", "HEAD"]);
    assert!(without_said.contains("git is not on the PATH"), "{without_said}");
}

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
    for wrong in [&["diff", "a"][..], &["diff", "--base", "HEAD"], &["diff", "a", "b", "-f", "c"]] {
        assert_eq!(program::run(wrong, "").code, 2, "{wrong:?}");
    }
}

/// A repository with one commit, in the folder of a process.
fn repository(test: &str) -> Option<Process> {
    let found = Command::new("git").arg("--version").output();
    skip_unless(test, found.map_err(|err| format!("git cannot be run: {err}")))?;
    let process =
        Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"));
    process.file("apps/shop/services.yaml", SERVICES);
    process.file("apps/shop/route.yaml", &route(10));
    process.file("apps/shop/README.md", "no manifest");
    git(&process, &["init", "-q"]);
    git(&process, &["add", "."]);
    git(&process, &["commit", "-qm", "first"]);
    Some(process)
}

fn git(process: &Process, args: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(process.folder())
        .env("HOME", process.folder())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git can be started");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}
