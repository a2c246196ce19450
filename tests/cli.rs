//! What a shell sees of the plugin beside its answers: colours, pipes, kustomizations, help.

use std::{env, fs, io, path::Path, process::Command};

use kubectl_meshroute::{Look, run_with};
use meshroute_tests::{
    program,
    tools::{Tool, skip_unless},
};

#[test]
fn colours_come_where_they_are_asked_for_only() {
    let input = example("tests/cases/backends");
    let coloured = |look, colour: &[&str]| {
        let args = ["meshroute", "split", "web", "--mesh", "istio", "-f", &input];
        let args = args.iter().chain(colour).map(Into::into);
        let mut out = Vec::new();
        run_with(look, args, &mut io::empty(), &mut out, &mut io::sink());
        out.contains(&0x1b)
    };
    let pipe = Look::default();
    let terminal = Look { colour: true, terminal: true, ..Look::default() };
    assert!(!coloured(pipe, &[]));
    assert!(coloured(pipe, &["--color", "always"]));
    assert!(!coloured(terminal, &["--color", "never"]));
    if env::var_os("NO_COLOR").is_none() {
        assert!(coloured(terminal, &[]));
    }
}

#[test]
fn text_of_a_manifest_cannot_steer_a_terminal() {
    let manifests = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: \"web\\e[2J\"}
spec:
  parentRefs: [{group: '', kind: Service, name: web}]
  rules:
  - name: \"a\\e[31m\\nb\"
    matches: [{path: {type: \"\\e]0;x\\a\", value: \"/\\r\"}, headers: [{name: \"x\\e[0m\", value: \"\\t\\e[1A\"}]}]
    filters: [{type: \"\\e[5m\"}]
    backendRefs: [{name: \"gone\\e[31m\", kind: \"K\\n\", port: 80}]
";
    for format in ["table", "wide", "markdown"] {
        let outcome = program::run(&["split", "web", "-o", format, "-f", "-"], manifests);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let text = outcome.stdout + &outcome.stderr;
        assert!(!text.chars().any(|it| it.is_control() && it != '\n'), "{format}: {text:?}");
        assert!(!text.contains("\nb"), "{format}: a name breaks a line");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    struct Gone;
    impl io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let input = example("examples/bookinfo");
    let args = ["meshroute", "split", "-A", "-f", &input].map(Into::into);
    let mut err = Vec::new();
    let code = kubectl_meshroute::run(args, &mut io::empty(), &mut Gone, &mut err);
    assert_eq!((code, String::from_utf8_lossy(&err).as_ref()), (0, ""));
}

#[test]
fn a_disk_that_is_full_is_an_error() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let input = example("examples/bookinfo");
    let args = ["meshroute", "split", "-A", "-f", &input].map(Into::into);
    let mut err = Vec::new();
    let code = kubectl_meshroute::run(args, &mut io::empty(), &mut Full, &mut err);
    assert_eq!(code, 1);
    assert!(String::from_utf8_lossy(&err).starts_with("error: cannot write the answer"));
}

#[test]
fn help_goes_by_the_name_that_was_called() {
    let help = |name: &str| {
        let mut out = Vec::new();
        let args = [name, "split", "--help"].map(Into::into);
        let code = kubectl_meshroute::run(args, &mut io::empty(), &mut out, &mut io::sink());
        assert_eq!(code, 0);
        String::from_utf8(out).expect("help is text")
    };
    assert!(help("/usr/local/bin/kubectl-meshroute").contains("Usage: kubectl meshroute split"));
    assert!(help("meshroute").contains("Usage: meshroute split"));
}

#[test]
fn completion_scripts_are_printed() {
    for shell in ["bash", "zsh", "fish"] {
        let outcome = program::run(&["completion", shell], "");
        assert!(outcome.code == 0 && outcome.stdout.contains("from-namespace"), "{shell}");
    }
}

#[test]
fn a_kustomization_is_read_through_kubectl() {
    const INSIDE: &str = "MESHROUTE_TEST_KUBECTL";
    if env::var_os(INSIDE).is_none() {
        // A program with threads cannot change its own PATH.
        let Some(kubectl) = skip_unless("kustomize", Tool::Kubectl.find()) else { return };
        let output = Command::new(env::current_exe().expect("this program"))
            .args(["--exact", "a_kustomization_is_read_through_kubectl"])
            .env(INSIDE, "1")
            .env("PATH", kubectl.parent().expect("it is in a folder"))
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kustomize");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    for file in fs::read_dir(example("examples/bookinfo")).expect("the example is there") {
        let file = file.expect("the folder can be listed").path();
        if file.extension().is_some_and(|it| it == "yaml") {
            fs::copy(&file, folder.join(file.file_name().expect("a file has a name")))
                .expect("copied");
        }
    }
    let patch = "resources: [namespaces.yaml, services.yaml, endpoints.yaml, route-reviews.yaml]
patches:
- target: {kind: HTTPRoute, name: reviews}
  patch: |
    - {op: replace, path: /spec/rules/1/backendRefs/0/weight, value: 50}
    - {op: replace, path: /spec/rules/1/backendRefs/1/weight, value: 50}
";
    fs::write(folder.join("kustomization.yaml"), patch).expect("the target folder can be written");
    let folder = folder.to_string_lossy();
    let template = "jsonpath={.rules[1].backends[*].share}";
    let outcome = program::run(&["split", "reviews", "-k", &folder, "-o", template], "");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, "1/2 1/2"), "{}", outcome.stderr);

    let outcome = program::run(&["split", "reviews", "-k", "nowhere"], "");
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.starts_with("error: cannot build nowhere with `kubectl kustomize`"),
        "{}",
        outcome.stderr
    );
}

fn example(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path).to_string_lossy().into_owned()
}
