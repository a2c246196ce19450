//! The example pipelines, the pre-commit hook and the GitHub Action do what they say: their own lines,
//! run by bash in a repository as each of them expects it.
#![cfg(unix)]

use std::{fs, os::unix::fs::symlink, path::Path};

use meshroute_tests::{
    generated, manifests,
    process::Process,
    program::Outcome,
    tools::{Tool, skip_unless},
};

const PLUGIN: &str = env!("CARGO_BIN_EXE_meshroute-tests-plugin");

#[test]
fn github_checks_and_compares_a_folder() {
    let Some(repository) = repository("github_checks_and_compares_a_folder") else { return };
    let runs = runs("github/meshroute.yml");
    assert_eq!(runs.len(), 1, "{runs:?}");
    passes(&repository, &runs);
    assert!(repository.read("summary.md").contains("reviews-v2"), "the change is in the summary");
}

#[test]
fn gitlab_checks_and_compares_a_folder() {
    let Some(repository) = repository("gitlab_checks_and_compares_a_folder") else { return };
    let file = read("examples/pipelines/gitlab/.gitlab-ci.yml");
    let lines = file.lines().filter_map(|line| line.trim_start().strip_prefix("- "));
    let lines: Vec<String> =
        lines.filter(|line| line.starts_with("kubectl-meshroute")).map(str::to_owned).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    passes(&repository, &lines);
    assert!(repository.read("traffic.md").contains("reviews-v2"));
    assert!(repository.read("codequality.json").contains("MR021"));
    assert!(repository.read("lint.xml").contains("<testsuites"));
    break_it(&repository);
    assert_eq!(bash(&repository, &lines[0]).code, 1, "an error fails the job");
    assert!(repository.read("codequality.json").contains("MR001"), "and is reported all the same");
}

#[test]
fn argo_cd_renders_what_it_checks() {
    let Some(repository) = repository("argo_cd_renders_what_it_checks") else { return };
    copy("examples/pipelines/argocd/render", &repository, "render");
    let runs = runs("argocd/meshroute.yml");
    assert_eq!(runs.len(), 3, "{runs:?}");
    passes(&repository, &runs);
    assert!(repository.read("summary.md").contains("reviews-v2"));
    break_it(&repository);
    passes(&repository, &["./render apps \"$RUNNER_TEMP/after\"".to_owned()]);
    assert_eq!(bash(&repository, &runs[1]).code, 1, "an error fails the job");
}

#[test]
fn flux_builds_what_it_checks() {
    let Some(repository) = repository("flux_builds_what_it_checks") else { return };
    copy("examples/pipelines/flux/build", &repository, "build");
    let runs = runs("flux/meshroute.yml");
    assert_eq!(runs.len(), 3, "{runs:?}");
    passes(&repository, &runs);
    assert!(repository.read("summary.md").contains("reviews-v2"));
    repository.file("built/more.yaml", &read("tests/cases/lint/canary.yaml"));
    assert_eq!(bash(&repository, &runs[1]).code, 1, "an error fails the job");
}

#[test]
fn the_action_passes_its_inputs_on() {
    let Some(repository) = repository("the_action_passes_its_inputs_on") else { return };
    let run = |paths: &str, args: &str, sarif: &str| {
        let line = format!(
            "PATHS='{paths}' ARGS='{args}' SARIF='{sarif}' MESH=istio checkout/hooks/action"
        );
        bash(&repository, &line)
    };
    let outcome = run("deploy", "", "");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.starts_with("::warning file=deploy/"), "{}", outcome.stdout);
    assert_eq!(run("deploy", "--fail-on warning", "").code, 1);
    assert_eq!(run("deploy\n", "", "out.sarif").code, 0);
    assert!(repository.read("out.sarif").contains("2.1.0"));
    // What is in an input is never a command, nor a pattern.
    let outcome = run("deploy", "$(touch made) *", "");
    assert_eq!(outcome.code, 2, "{}", outcome.stdout);
    assert!(!repository.folder().join("made").exists());
    repository.file("two words/a.yaml", &read("tests/cases/lint/canary.yaml"));
    let outcome = run("deploy\ntwo words", "", "");
    assert_eq!((outcome.code, outcome.stdout.contains("file=two words/a.yaml")), (1, true));
}

#[test]
fn the_hooks_call_commands_that_are_there() {
    let Some(repository) = repository("the_hooks_call_commands_that_are_there") else { return };
    let hooks = read(".pre-commit-hooks.yaml");
    let entries = hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: "));
    let entries: Vec<&str> = entries.collect();
    assert!(!entries.is_empty());
    for entry in entries {
        let outcome = bash(&repository, &format!("checkout/{entry} --help"));
        assert_eq!(outcome.code, 0, "{entry}: {}", outcome.stderr);
    }
    // pre-commit gives the names of files behind the arguments.
    let line = "checkout/hooks/meshroute lint --mesh istio deploy/*.yaml";
    assert_eq!(bash(&repository, line).code, 0);
    break_it(&repository);
    assert_eq!(bash(&repository, line).code, 1);
}

#[test]
fn all_of_it_is_yaml() {
    let Some(repository) = repository("all_of_it_is_yaml") else { return };
    let folder = generated::root().join("examples/pipelines");
    let mut files = vec![".pre-commit-hooks.yaml".to_owned(), "action.yml".to_owned()];
    for name in [
        "github/meshroute.yml",
        "gitlab/.gitlab-ci.yml",
        "argocd/meshroute.yml",
        "flux/meshroute.yml",
    ] {
        files.push(folder.join(name).to_string_lossy().into_owned());
    }
    for file in files {
        let file = generated::root().join(file);
        let outcome = bash(&repository, &format!("kubectl-meshroute lint '{}'", file.display()));
        assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    }
}

/// A repository with manifests as the pipelines expect them, and a change of weights in its last commit.
fn repository(test: &str) -> Option<Process> {
    let kubectl = skip_unless(test, Tool::Kubectl.find())?;
    let process = Process::new("bash", env!("CARGO_TARGET_TMPDIR"));
    let folder = process.folder().to_string_lossy().into_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    let process = process
        .with("PATH", format!("{folder}/bin:{path}"))
        .with("GIT_CONFIG_NOSYSTEM", "1")
        .with("GITHUB_BASE_REF", "main")
        .with("GITHUB_STEP_SUMMARY", format!("{folder}/summary.md"))
        .with("CI_MERGE_REQUEST_DIFF_BASE_SHA", "HEAD~1")
        .with("RUNNER_TEMP", format!("{folder}/temp"));
    for (name, program) in [
        ("bin/kubectl-meshroute", Path::new(PLUGIN)),
        ("bin/kubectl", &kubectl),
        ("checkout/target/release/kubectl-meshroute", Path::new(PLUGIN)),
    ] {
        let link = process.folder().join(name);
        fs::create_dir_all(link.parent().expect("it is in the folder")).expect("a folder");
        symlink(program, link).expect("the target folder can be written");
    }
    for name in ["hooks/meshroute", "hooks/action"] {
        copy(name, &process, &format!("checkout/{name}"));
    }
    let bookinfo = manifests::files(&generated::root().join("examples/bookinfo"));
    let mut names = Vec::new();
    for file in &bookinfo {
        let name = file.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(file).expect("a manifest can be read");
        for folder in ["deploy", "apps/plain", "apps/base"] {
            process.file(&format!("{folder}/{name}"), &text);
        }
        names.push(name);
    }
    process.file("apps/base/kustomization.yaml", &format!("resources: [{}]\n", names.join(", ")));
    process.file("apps/production/kustomization.yaml", "resources: [../base]\n");
    process.file(".gitignore", "/bin\n/checkout\n/temp\n/built\n");
    let commit =
        "git -c user.name=a -c user.email=a@example.com -c commit.gpgsign=false commit -qam";
    let made = bash(
        &process,
        &format!(
            "git init -q\ngit add .\n{commit} first\ngit update-ref refs/remotes/origin/main HEAD\n\
             sed -i.old 's/weight: 90/weight: 80/' */route-reviews.yaml */*/route-reviews.yaml\n\
             rm -f */*.old */*/*.old\n{commit} second"
        ),
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    Some(process)
}

/// Adds a route that does nothing to every folder.
fn break_it(repository: &Process) {
    for folder in ["deploy", "apps/plain"] {
        repository.file(&format!("{folder}/canary.yaml"), &read("tests/cases/lint/canary.yaml"));
    }
}

/// The scripts of a workflow, but for those that install something.
fn runs(name: &str) -> Vec<String> {
    let text = read(&format!("examples/pipelines/{name}"));
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = text.lines().collect();
    let starts = (0..lines.len()).filter(|start| lines[*start].trim_start() == "run: |");
    starts
        .map(|start| {
            let outer = indent(lines[start]);
            let inner = lines[start + 1..].iter().take_while(|line| indent(line) > outer);
            inner.map(|line| line.trim_start()).collect::<Vec<_>>().join("\n")
        })
        .filter(|script| !script.contains("cargo install"))
        .collect()
}

fn passes(repository: &Process, scripts: &[String]) {
    for script in scripts {
        let outcome = bash(repository, script);
        assert_eq!(outcome.code, 0, "{script}\n{}{}", outcome.stdout, outcome.stderr);
    }
}

/// Runs a script as GitHub does.
fn bash(repository: &Process, script: &str) -> Outcome {
    repository.run(&["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
}

/// Puts a script into the repository, as executable as it is.
fn copy(name: &str, repository: &Process, to: &str) {
    let to = repository.folder().join(to);
    fs::create_dir_all(to.parent().expect("it is in the folder")).expect("a folder");
    fs::copy(generated::root().join(name), to).expect("the target folder can be written");
}

fn read(name: &str) -> String {
    let path = generated::root().join(name);
    fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}
