//! `diff` with a Git ref: the same paths then and now, kustomizations, and what a repository lacks.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use meshroute_tests::{
    process::Process,
    running::Running,
    tools::{Tool, skip_unless},
};
use rustix::process::Signal;

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
fn what_is_on_one_side_only_is_empty_on_the_other() {
    let Some(process) = repository("what_is_on_one_side_only_is_empty_on_the_other") else {
        return;
    };
    let said = |args: &[&str]| {
        let outcome = process.run(&[&["diff", "--base", "HEAD"], args].concat());
        (outcome.code, outcome.stdout, outcome.stderr)
    };
    // A folder that is new: its Services are.
    process.file("new/all.yaml", &format!("{SERVICES}---{}", route(10)));
    let (code, stdout, stderr) = said(&["-f", "new"]);
    assert_eq!((code, stderr.as_str()), (1, "not yet at HEAD, and empty there: new\n"));
    assert!(stdout.contains("was not there"), "{stdout}");

    // One that has moved is the same elsewhere.
    let moved = format!("{SERVICES}---{}", route(10));
    process.file("new/all.yaml", &moved);
    fs::remove_dir_all(process.folder().join("apps")).expect("it is ours");
    let (code, stdout, stderr) = said(&["-f", "apps/shop", "-f", "new"]);
    assert_eq!((code, stdout.as_str()), (0, "no traffic changes for 1 Service\n"), "{stderr}");
    assert_eq!(
        stderr,
        "not yet at HEAD, and empty there: new\nonly at HEAD, and empty now: apps/shop\n"
    );

    // One that is gone: its Services are, whether it is named as a folder, below one, or as files.
    let files = ["-f", "apps/shop/services.yaml", "-f", "apps/shop/route.yaml"];
    for gone in [&["-f", "apps/shop"][..], &["-R", "-f", "apps/"], &files] {
        let (code, stdout, stderr) = said(gone);
        assert_eq!(code, 1, "{gone:?}: {stderr}");
        assert!(stdout.contains("is there no more"), "{gone:?}: {stdout}");
        assert_eq!(stderr.lines().count(), 1, "{gone:?}: {stderr}");
        let paths = gone.iter().filter(|it| it.starts_with("apps"));
        for path in paths {
            assert!(stderr.contains(path), "{gone:?}: {stderr}");
        }
    }

    // What never was is a slip of the keys.
    let (code, stdout, stderr) = said(&["-f", "new", "-f", "apps/shop/rout.yaml"]);
    let nowhere = "error: apps/shop/rout.yaml is not there, neither now nor at HEAD\n";
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (2, "", nowhere));
}

#[test]
fn a_kustomization_is_built_at_a_ref() {
    let Some((process, scratch)) = kustomized("a_kustomization_is_built_at_a_ref") else { return };
    let said = |args: &[&str]| {
        let template = ["-o", "jsonpath={.changed} {.items[*].regions[*].shift}"];
        let outcome = process.run(&[&["diff", "--base", "HEAD"], &template[..], args].concat());
        assert_eq!(files(&scratch), Vec::<String>::new(), "{args:?}: nothing stays behind");
        (outcome.code, outcome.stdout, outcome.stderr)
    };
    let same = (0, "0 ".to_owned(), String::new());
    assert_eq!(said(&["-k", "overlays/prod"]), same);

    // What an overlay stands on counts, and neither the index nor the working tree does.
    process.file("base/route.yaml", &route(30));
    git(&process, &["add", "."]);
    let changed = |shift: &str| (1, format!("1 {shift}"), String::new());
    assert_eq!(said(&["-k", "overlays/prod"]), changed("3/20"));
    assert_eq!(said(&["-k", "./overlays/../overlays/prod/"]), changed("3/20"));
    assert_eq!(said(&["-k", "base"]), changed("3/20"));
    assert_eq!(git(&process, &["diff", "--cached", "--name-only"]), "base/route.yaml\n");
    git(&process, &["commit", "-qm", "shift"]);
    assert_eq!(said(&["-k", "overlays/prod"]), same);

    // An overlay is added, and another one removed.
    process.file("overlays/new/kustomization.yaml", "resources: [../../base]\n");
    let (code, stdout, stderr) = said(&["-k", "overlays/new"]);
    assert_eq!((code, stdout.as_str()), (1, "1 3/4"));
    assert_eq!(stderr, "not yet at HEAD, and empty there: overlays/new\n");
    fs::remove_dir_all(process.folder().join("overlays")).expect("it is ours");
    let (code, stdout, stderr) = said(&["-k", "overlays/prod"]);
    assert_eq!((code, stdout.as_str()), (1, "1 3/4"));
    assert_eq!(stderr, "only at HEAD, and empty now: overlays/prod\n");
    let (code, _, stderr) = said(&["-k", "overlays/pord"]);
    assert!(stderr.starts_with("error: overlays/pord holds no kustomization"), "{stderr}");
    assert_eq!((code, stderr.contains("neither now nor at HEAD")), (2, true), "{stderr}");
}

#[test]
fn a_link_to_an_overlay_leads_where_it_led() {
    let Some((process, _)) = kustomized("a_link_to_an_overlay_leads_where_it_led") else { return };
    let link = process.folder().join("current");
    let point = |to: &str| {
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(to, &link).expect("a link");
    };
    point("overlays/prod");
    git(&process, &["add", "."]);
    git(&process, &["commit", "-qm", "link"]);
    process.file(
        "next/kustomization.yaml",
        "resources: [services.yaml, route.yaml]\nnamespace: prod\n",
    );
    process.file("next/services.yaml", SERVICES);
    process.file("next/route.yaml", &route(30));
    point("next");
    for name in ["current", "current/", "./current/."] {
        let template = "jsonpath={.items[*].regions[*].shift}";
        let outcome = process.run(&["diff", "-k", name, "--base", "HEAD", "-o", template]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, "3/20"), "{}", outcome.stderr);
    }
}

#[test]
fn what_cannot_be_built_at_a_ref_is_said() {
    let Some((process, scratch)) = kustomized("what_cannot_be_built_at_a_ref_is_said") else {
        return;
    };
    let said = |process: &Process, args: &[&str]| {
        let outcome = process.run(&[&["diff"], args].concat());
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{args:?}");
        assert_eq!(files(&scratch), Vec::<String>::new(), "{args:?}: nothing stays behind");
        outcome.stderr
    };
    let at_head = ["-k", "overlays/prod", "--base", "HEAD"];
    let unknown = said(&process, &["-k", "overlays/prod", "--base", "nowhere"]);
    assert!(unknown.starts_with("error: git knows no commit nowhere: fetch it first"), "{unknown}");
    let outside = said(&process, &["-k", "https://example.com/a", "--base", "HEAD"]);
    assert!(outside.contains("https://example.com/a is in no repository"), "{outside}");
    let nothing = said(&process, &["--base", "HEAD"]);
    assert!(nothing.contains("name manifests with -f, or a kustomization with -k"), "{nothing}");

    // What Git does not hold is not there at a ref.
    process.file("overlays/prod/kustomization.yaml", "resources: [../../base, untracked.yaml]\n");
    git(&process, &["commit", "-qam", "broken"]);
    process.file(
        "overlays/prod/untracked.yaml",
        "{apiVersion: v1, kind: Secret, metadata: {name: a}}",
    );
    let untracked = said(&process, &at_head);
    let start = "error: cannot build HEAD:overlays/prod with `kubectl kustomize`: ";
    assert!(untracked.starts_with(start), "{untracked}");
    assert!(untracked.contains("only what Git holds is there"), "{untracked}");
    assert!(untracked.contains("HEAD:overlays/prod/untracked.yaml"), "{untracked}");
    assert!(!untracked.contains("meshroute-"), "{untracked}");

    // Where nothing can be written, nothing is.
    let process = process.with("TMPDIR", "/nowhere");
    let nowhere = said(&process, &at_head);
    assert!(
        nowhere.starts_with("error: cannot make a temporary folder in /nowhere: "),
        "{nowhere}"
    );
}

#[test]
fn a_signal_leaves_nothing_behind() {
    let Some((process, scratch)) = kustomized("a_signal_leaves_nothing_behind") else { return };
    // A kubectl that builds what is here, and never ends where the ref is built.
    process.script(
        "bin/kubectl",
        "case $2 in\n/*) echo waiting $$ >&2; echo $$ > waiting; exec sleep 600;;\n*) echo;;\nesac",
    );
    let path = std::env::var("PATH").unwrap_or_default();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let waiting = process.folder().join("waiting");
        let _ = fs::remove_file(&waiting);
        let mut running = Running::in_pipes(
            Command::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"))
                .args(["diff", "-k", "overlays/prod", "--base", "HEAD"])
                .current_dir(process.folder())
                .env("PATH", format!("{}/bin:{path}", process.folder().display()))
                .env("TMPDIR", &scratch),
        );
        let builder = running.until(|_, _| {
            let pid = fs::read_to_string(&waiting).ok()?;
            pid.trim().parse::<i32>().ok()
        });
        assert_eq!(files(&scratch).len(), 1, "the tree is there");
        running.signal(signal);
        assert_eq!(running.code(), 130, "{}", running.stderr());
        assert_eq!((running.stdout(), running.stderr()), (String::new(), String::new()));
        assert_eq!(files(&scratch), Vec::<String>::new(), "{signal:?}: nothing stays behind");
        let builder = rustix::process::Pid::from_raw(builder).expect("a number");
        assert!(rustix::process::test_kill_process(builder).is_err(), "{signal:?}: it has ended");
    }
}

#[test]
fn a_hook_may_name_the_repository() {
    let Some(process) = repository("a_hook_may_name_the_repository") else { return };
    process.file("apps/shop/route.yaml", &route(30));
    let folder = process.folder().to_path_buf();
    let tree = folder.join("tree");
    git(&process, &["worktree", "add", "-q", "tree"]);
    fs::write(tree.join("apps/shop/route.yaml"), route(30)).expect("it is ours");
    let own = folder.join(".git/worktrees/tree").to_string_lossy().into_owned();
    for (from, variables) in [
        // As git itself sets them for hooks of a linked working tree, and as people do.
        (&tree, vec![("GIT_DIR", own.as_str())]),
        (&tree, vec![("GIT_DIR", "../.git/worktrees/tree"), ("GIT_WORK_TREE", ".")]),
        (&folder, vec![("GIT_DIR", ".git"), ("GIT_WORK_TREE", ".")]),
        (&folder, vec![("GIT_INDEX_FILE", ".git/index.lock")]),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"))
            .args(["diff", "-f", "apps/shop", "--base", "HEAD"])
            .args(["-o", "jsonpath={.items[*].regions[*].shift}"])
            .current_dir(from)
            .envs(variables.iter().copied())
            .output()
            .expect("the program can be started");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            (output.status.code(), &*stdout, &*stderr),
            (Some(1), "3/20", ""),
            "{variables:?}"
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

/// A repository with a kustomization and an overlay of it, and the folder for what is temporary.
fn kustomized(test: &str) -> Option<(Process, PathBuf)> {
    let kubectl = skip_unless(test, Tool::Kubectl.find())?;
    let process = repository(test)?;
    let scratch = process.folder().join("scratch");
    fs::create_dir(&scratch).expect("the target folder can be written");
    process.file("base/kustomization.yaml", "resources: [services.yaml, route.yaml]\n");
    process.file("base/services.yaml", SERVICES);
    process.file("base/route.yaml", &route(10));
    process.file("overlays/prod/kustomization.yaml", "resources: [../../base]\nnamespace: prod\n");
    git(&process, &["add", "."]);
    git(&process, &["commit", "-qm", "kustomize"]);
    let folder = kubectl.parent().expect("it is in a folder").to_string_lossy().into_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    let process = process.with("PATH", format!("{folder}:{path}"));
    Some((process.with("TMPDIR", scratch.to_string_lossy()), scratch))
}

/// The names of what is in a folder.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let name = |entry: io::Result<fs::DirEntry>| entry.expect("listed").file_name();
    entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect()
}

fn git(process: &Process, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(process.folder())
        .env("HOME", process.folder())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git can be started");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
