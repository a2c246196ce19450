//! `lint` in a repository: `.meshroute.yaml`, what it excludes, and the file of known findings.

use std::fs;

use meshroute_tests::{process::Process, program::Outcome};
use serde_json::Value;

/// A route with an error (MR001) and a warning (MR054).
const ROUTE: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: NAME, namespace: shop}
spec:
  parentRefs: [{kind: Service, name: web}]
  rules: [{backendRefs: [{name: web, port: 80, weight: 5}, {name: web-v2, port: 80}]}]
";

fn repository() -> Process {
    let process =
        Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(process.folder().join("repository/.git")).unwrap();
    for (file, name) in [("apps/a.yaml", "a"), ("apps/gen/b.yaml", "b"), ("vendor/c.yaml", "c")] {
        process.file(&format!("repository/{file}"), &ROUTE.replace("NAME", name));
    }
    process
}

/// Runs `lint` in a folder of the repository.
fn lint(process: &Process, folder: &str, arguments: &str) -> Outcome {
    process.shell(&format!("cd './repository/{folder}' && meshroute lint {arguments}"))
}

fn config(process: &Process, text: &str) {
    process.file("repository/.meshroute.yaml", text);
}

#[test]
fn the_file_above_says_how_to_check_and_flags_say_more() {
    let process = repository();
    assert_eq!(lint(&process, "apps", "a.yaml").code, 1);
    config(&process, "levels: {MR001: off, MR054: info}\nfailOn: warning\n");
    let found = lint(&process, "apps", "a.yaml");
    assert_eq!(found.code, 0, "{}", found.stdout);
    let strict = lint(&process, "apps", "a.yaml --level MR054=warning");
    assert_eq!(strict.code, 1, "of the file: the level that fails");
    assert!(!strict.stdout.contains("MR001"), "of the file: the other level");
    assert_eq!(lint(&process, "apps", "a.yaml --no-config").code, 1);
    process.file("other.yaml", "failOn: never\n");
    assert_eq!(lint(&process, "apps", "a.yaml --config ../../other.yaml").code, 0);
    assert_eq!(lint(&process, "apps", "a.yaml --config gone.yaml").code, 2);
    // What is above the repository is somebody else's.
    fs::rename(
        process.folder().join("repository/.meshroute.yaml"),
        process.folder().join(".meshroute.yaml"),
    )
    .unwrap();
    assert_eq!(lint(&process, "apps", "a.yaml").code, 1);
}

#[test]
fn every_flag_has_its_key() {
    let process = repository();
    config(
        &process,
        "mesh: [kuma]\ninfo: true\nfailOn: info\ncomplete: true\nignore: none\ngatewayApi: 1.6\n\
         channel: experimental\nnamespace: other\nbaseline: known.json\nexclude: [vendor/]\n",
    );
    let missing = lint(&process, "", "apps/a.yaml");
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("known.json"), "{}", missing.stderr);
    let found = lint(&process, "", "apps/a.yaml --baseline /dev/null");
    assert!(found.stderr.contains("not a baseline"), "{}", found.stderr);
    config(
        &process,
        "mesh: kuma\ninfo: yes\ncomplete: true\nnamespace: other\nlevels: {MR010: warning}\n",
    );
    let found = lint(&process, "", "apps/a.yaml -o json");
    let report: Value = serde_json::from_str(&found.stdout).expect("it is JSON");
    let level = |code: &str| {
        let mut findings = report["findings"].as_array().expect("a list").iter();
        findings.find(|it| it["code"] == code).map(|it| it["level"].as_str().unwrap().to_owned())
    };
    assert_eq!(level("MR001").as_deref(), Some("info"), "as Kuma has it");
    assert_eq!(level("MR010").as_deref(), Some("warning"), "there is no Service");
}

#[test]
fn what_is_excluded_is_passed_over_and_said_where_it_was_named() {
    let process = repository();
    config(&process, "exclude:\n- /vendor/\n- '**/gen/*.yaml'\n- '!apps/gen/kept.yaml'\n");
    process.file("repository/apps/gen/kept.yaml", &ROUTE.replace("NAME", "d"));
    let found = lint(&process, "apps", "-R ..");
    let files: Vec<&str> =
        found.stdout.lines().filter_map(|line| line.split_once(":6:")).map(|it| it.0).collect();
    assert_eq!(files, ["../apps/a.yaml", "../apps/gen/kept.yaml"], "{}", found.stdout);
    assert!(!found.stderr.contains("excluded"), "{}", found.stderr);
    let unwritten = process.shell("cd repository && meshroute fmt --check -R .");
    assert_eq!(unwritten.stdout, "./apps/a.yaml\n./apps/gen/kept.yaml\n", "{}", unwritten.stderr);
    let named = lint(&process, "", "vendor/c.yaml apps/a.yaml");
    assert!(named.stderr.contains("vendor/c.yaml is excluded"), "{}", named.stderr);
    assert!(named.stdout.contains("apps/a.yaml:6:") && named.stdout.contains("1 file: "));
}

#[test]
fn a_wrong_file_is_named_with_the_line_and_nothing_is_checked() {
    let process = repository();
    for (text, why) in [
        ("failOn: error\nlevls: {}\n", ":2: unknown key levls: one of mesh, levels"),
        ("levels: {MR999: off}\n", ":1: there is no lint \"MR999\""),
        ("levels: {MR001: loud}\n", ":1: unknown level \"loud\""),
        ("levels: [MR001]\n", ":1: expected CODE: LEVEL"),
        ("mesh:\n- istioo\n", ":2: unknown mesh \"istioo\""),
        ("failOn: x\n", ":1: \"x\" is none of error, warning, info, never"),
        ("gatewayApi: 1.5\n", ":1: \"1.5\" is none of 1.6, 1.7"),
        ("info: 1\n", ":1: expected true or false"),
        ("info: true\ninfo: false\n", ":2: this key is there twice"),
        ("- mesh\n", ":1: expected keys and values"),
        ("exclude: ['[z-a]']\n", ":1: \"[z-a]\" is no pattern"),
        ("mesh: [\n", ":1: `[` is opened and never closed"),
    ] {
        config(&process, text);
        let outcome = lint(&process, "", "apps/a.yaml");
        assert_eq!(outcome.code, 2, "{text}");
        assert_eq!(outcome.stdout, "", "{text}");
        assert!(outcome.stderr.contains(&format!(".meshroute.yaml{why}")), "{}", outcome.stderr);
    }
    config(&process, "# nothing yet\n");
    assert_eq!(lint(&process, "", "apps/a.yaml").code, 1);
}

#[test]
fn what_a_baseline_knows_fails_no_more_and_what_is_new_does() {
    let process = repository();
    let written = lint(&process, "", "-R . --write-baseline");
    assert_eq!(written.code, 0, "{}", written.stderr);
    assert!(written.stdout.ends_with("nothing found, 6 in the baseline\n"), "{}", written.stdout);
    let first = process.read("repository/.meshroute-baseline.json");
    config(&process, "baseline: .meshroute-baseline.json\n");
    // Lines may move, and objects may go from file to file.
    process.file("repository/apps/a.yaml", "\n\n");
    process.file("repository/apps/moved.yaml", &format!("# moved\n{}", ROUTE.replace("NAME", "a")));
    for format in ["text", "json", "junit", "github"] {
        let again = lint(&process, "apps", &format!("-R . -o {format}"));
        assert_eq!((again.code, again.stderr.as_str()), (0, ""), "{}", again.stdout);
        assert!(!again.stdout.contains("MR001"), "{format}: {}", again.stdout);
    }
    // One more of what is known once is new.
    let other = ROUTE.replace("NAME", "a").replace(
        "{kind: Service, name: web}",
        "{kind: Service, name: web}, {kind: Service, name: web, port: 80}",
    );
    process.file("repository/apps/moved.yaml", &other);
    let more = lint(&process, "apps", "-R .");
    assert_eq!(more.code, 1, "{}", more.stdout);
    // What is mended is said, where its object was looked at.
    let mended = ROUTE.replace("NAME", "b").replace("{kind", "{group: '', kind");
    process.file("repository/apps/gen/b.yaml", &mended);
    let less = lint(&process, "", "apps/gen");
    assert_eq!(less.code, 0);
    let gone = "1 finding is there no more: write it anew with --write-baseline";
    assert!(less.stderr.contains(gone), "{}", less.stderr);
    fs::remove_file(process.folder().join("repository/apps/moved.yaml")).unwrap();
    process.file("repository/apps/a.yaml", &ROUTE.replace("NAME", "a"));
    process.file("repository/apps/gen/b.yaml", &ROUTE.replace("NAME", "b"));
    assert_eq!(lint(&process, "", "-R . --write-baseline").code, 0);
    assert_eq!(process.read("repository/.meshroute-baseline.json"), first, "the same bytes");
}
