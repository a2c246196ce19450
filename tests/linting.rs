//! `lint` and `explain` beside their findings: exit codes, what cannot be read, ignores, levels, and
//! the meshes that are judged by.

use std::{fs, path::PathBuf};

use meshroute::lint::ALL;
use meshroute_tests::program::{self, Outcome};
use serde_json::Value;

/// A route without a group: inert everywhere but in Kuma.
const INERT: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{kind: Service, name: web}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
";

const FINE: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{group: '', kind: Service, name: web}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
";

fn lint(text: &str, flags: &[&str]) -> Outcome {
    let args: Vec<&str> = ["lint", "-"].iter().chain(flags).copied().collect();
    program::run(&args, text)
}

fn codes(text: &str, flags: &[&str]) -> Vec<(String, String)> {
    let flags: Vec<&str> =
        flags.iter().chain(&["-o", "json", "--fail-on", "never"]).copied().collect();
    let report: Value = serde_json::from_str(&lint(text, &flags).success()).expect("it is JSON");
    let findings = report["findings"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    findings.map(|it| (text(&it["code"]), text(&it["level"]))).collect()
}

fn has(found: &[(String, String)], code: &str, level: &str) -> bool {
    found.iter().any(|(other, its)| other == code && its == level)
}

#[test]
fn the_exit_code_says_whether_something_fails_in_every_format() {
    for format in ["text", "json"] {
        let code = |text: &str, flags: &[&str]| {
            let flags: Vec<&str> = flags.iter().chain(&["-o", format]).copied().collect();
            lint(text, &flags).code
        };
        assert_eq!(code(FINE, &[]), 0);
        assert_eq!(code(INERT, &[]), 1);
        assert_eq!(code(INERT, &["--fail-on", "never"]), 0);
        assert_eq!(code(INERT, &["--level", "MR001=warning"]), 0);
        assert_eq!(code(INERT, &["--level", "MR001=warning", "--fail-on", "warning"]), 1);
        assert_eq!(code(FINE, &["--level", "MR0=warning"]), 2, "no such lint");
        assert_eq!(code(FINE, &["--level", "MR001=severe"]), 2, "no such level");
        assert_eq!(code(FINE, &["--mesh", "auto,istio"]), 2);
    }
    assert_eq!(program::run(&["lint", "--kubeconfig", "gone"], "").code, 2, "no cluster either");
    assert_eq!(program::run(&["lint", "-A", "gone.yaml"], "").code, 2, "a cluster, or files");
    assert_eq!(program::run(&["lint", "gone.yaml"], "").code, 2);
}

#[test]
fn an_answer_names_the_place_and_the_way_out() {
    let outcome = lint(INERT, &[]);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert!(lines[0].starts_with("stdin:6:16: error MR001: "), "{}", lines[0]);
    assert_eq!(lines[1], "     6 |   parentRefs: [{kind: Service, name: web}]");
    assert_eq!(lines[2], "       |                ^^^^^^^^^^^^^^^^^^^^^^^^^^");
    assert_eq!(lines[3], "       fix: add group: \"\"");
    assert_eq!(lines.last(), Some(&"1 file: 1 error, 1 fixable"));
}

/// Kuma takes a Service without its group, and Linkerd `kind: service`: there the route is attached.
#[test]
fn nobody_is_told_that_nothing_is_attached_where_it_is() {
    let lower = FINE.replace("kind: Service", "kind: service");
    for (text, mesh, attaches) in [
        (INERT, "istio", false),
        (INERT, "kuma", true),
        (INERT, "kuma,istio", false),
        (lower.as_str(), "istio", false),
        (lower.as_str(), "linkerd", true),
    ] {
        let text = lint(text, &["--mesh", mesh, "--info"]).stdout;
        assert_eq!(text.contains("so nothing is attached"), !attaches, "{mesh}: {text}");
        assert_eq!(text.contains("other meshes attach nothing"), attaches, "{mesh}: {text}");
    }
}

#[test]
fn a_broken_document_does_not_hide_the_others() {
    let text = format!("a: [\n---{INERT}---\nb: ]\n");
    let found = codes(&text, &[]);
    assert_eq!(found.iter().filter(|(code, _)| code == "MR902").count(), 2, "{found:?}");
    assert!(has(&found, "MR001", "error"));
}

#[test]
fn a_refused_value_does_not_hide_what_stands_elsewhere() {
    let text = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop, annotations: {meshroute.dev/ignore: MR071 as it is}}
spec:
  parentRefs:
  - {group: '', kind: Service, name: web, port: \"80\"}
  - {kind: Service, name: web}
  rules:
  - backendRefs: [{name: web, port: 80, weight: -5}, {name: Web!, weight: 1}]
  - 5
  - matches: [{path: {value: /a/:id}}]
    backendRefs: [{name: web}]
";
    let report = lint(text, &["-o", "json"]);
    let report: Value = serde_json::from_str(&report.stdout).expect("it is JSON");
    let found = report["findings"].as_array().expect("a list").iter();
    let found: Vec<_> =
        found.map(|it| (it["code"].as_str().unwrap(), it["path"].as_str().unwrap())).collect();
    assert_eq!(
        found,
        [
            ("MR902", "spec.parentRefs[0].port"),
            ("MR001", "spec.parentRefs[1]"),
            ("MR055", "spec.rules[0].backendRefs[0].weight"),
            ("MR902", "spec.rules[1]"),
            ("MR030", "spec.rules[2].backendRefs[0]"),
        ],
        "what stands beside a refused value is not judged, and ignores hold"
    );
}

#[test]
fn parents_under_another_name_are_found() {
    for (name, level) in
        [("parentRef", "error"), ("parentrefs", "error"), ("parentReferences", "warning")]
    {
        let text = FINE.replace("parentRefs", name);
        assert!(has(&codes(&text, &[]), "MR056", level), "{name}");
        let mended = lint(&text, &["--fix"]).stdout;
        assert_eq!(mended == FINE, name == "parentrefs", "{name}: {mended}");
    }
    let gateway = FINE.replace("parentRefs: [{group: '', kind: Service, ", "parentRef: [{");
    assert_eq!(codes(&gateway, &[]), [], "routes of Gateways are none of ours");
}

#[test]
fn what_is_not_in_a_whole_cluster_is_not_granted() {
    let text = FINE.replace("{name: web, port: 80}", "{name: web, namespace: store, port: 80}");
    let found = |flags: &[&str]| codes(&text, &[flags, &["--mesh", "cilium"]].concat());
    assert!(!has(&found(&[]), "MR040", "warning"), "there may be a grant");
    assert!(has(&found(&["--complete"]), "MR040", "warning"));
}

#[test]
fn one_thing_is_not_renamed_to_a_list_of_them() {
    let text = FINE.replace("backendRefs: [", "match: {path: {value: /a}}, backendRefs: [");
    let mended = lint(&text, &["--fix"]);
    assert_eq!(mended.stdout, text, "{}", mended.stderr);
    assert!(mended.stderr.contains("is matches meant?"), "{}", mended.stderr);
    let rules = FINE.replace("[{backendRefs: [{name: web, port: 80}]}]", "[]");
    assert!(has(&codes(&rules, &[]), "MR902", "error"), "the API server wants one at least");
}

#[test]
fn a_report_is_not_written_over_what_it_is_about() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("both.yaml");
    fs::write(&file, INERT).expect("it can be written");
    let name = file.to_str().expect("it is a text");
    let outcome = program::run(&["lint", name, "-o", &format!("sarif={name}")], "");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert_eq!(fs::read_to_string(&file).expect("it is there"), INERT);
}

#[test]
#[cfg(unix)]
fn a_file_that_cannot_be_read_does_not_hide_the_others() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("dangling");
    fs::create_dir_all(&folder).expect("it can be written");
    let _ = std::os::unix::fs::symlink("gone.yaml", folder.join("a.yaml"));
    fs::write(folder.join("b.yaml"), INERT).expect("it can be written");
    let name = folder.to_str().expect("it is a text");
    let outcome = program::run(&["lint", name], "");
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("a.yaml: cannot be read, not checked"), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("MR001") && outcome.stdout.contains("1 not checked"));
    assert_eq!(program::run(&["split", "-A", "-f", name], "").code, 1, "it needs all of them");
}

#[test]
fn a_check_of_nothing_is_no_success() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("below");
    fs::create_dir_all(folder.join("deeper")).expect("it can be written");
    fs::write(folder.join("deeper/a.yaml"), FINE).expect("it can be written");
    let name = folder.to_str().expect("it is a text");
    let outcome = program::run(&["lint", name], "");
    assert_eq!(outcome.code, 2, "{}", outcome.stdout);
    assert!(outcome.stderr.contains("-R reads the folders below"), "{}", outcome.stderr);
    assert_eq!(program::run(&["lint", "-R", name], "").code, 0);
}

#[test]
fn templates_are_named_and_not_checked() {
    for template in [
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: {{ .Values.name }}}\n",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec:\n  \
         parentRefs: [{group: '', kind: Service, name: \"{{ .Values.name }}\"}]\n",
    ] {
        let outcome = lint(&format!("{template}---{INERT}"), &[]);
        assert_eq!(outcome.code, 2, "{}", outcome.stdout);
        assert!(outcome.stderr.contains("a Helm template, not checked"), "{}", outcome.stderr);
        assert!(outcome.stdout.contains("MR001"), "the other document is checked");
        assert!(outcome.stdout.contains(", 1 not checked"), "{}", outcome.stdout);
        assert!(!outcome.stdout.contains("MR902"), "{}", outcome.stdout);
    }
}

#[test]
fn braces_of_others_make_no_template() {
    let route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n\
                 metadata: {name: a, annotations: {note: '{{ it }}'}}\n\
                 spec: # once {{ .Values.spec }}\n  \
                 parentRefs: [{kind: Service, name: web}]\n";
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\n\
                   spec: {values: {host: '{{ .Release.Name }}.example.com', mode: 0775}}\n";
    let outcome = lint(&format!("{release}---\n{route}"), &[]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (1, ""), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("MR001"), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("MR904"), "{}", outcome.stdout);
}

#[test]
fn routes_of_gateways_only_are_none_of_ours() {
    let text = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: public}]
  hostnames: ['10.0.0.1']
  rules: [{backendRefs: [{name: a.b.c, weight: 0, weigth: 010}, {name: b, weight: 0}], x: yes}]
";
    assert_eq!(codes(text, &["--info"]), []);
}

#[test]
fn what_is_not_in_the_files_is_unknown_unless_they_are_complete() {
    assert_eq!(codes(FINE, &[]), []);
    let found = codes(FINE, &["--complete"]);
    assert!(has(&found, "MR010", "error") && has(&found, "MR033", "error"), "{found:?}");
}

#[test]
fn admission_is_judged_as_the_webhook_does() {
    let found = codes(FINE, &["--complete", "--as-admission"]);
    assert!(has(&found, "MR010", "warning") && has(&found, "MR033", "warning"), "{found:?}");
    assert!(found.iter().all(|(_, level)| level != "info"), "{found:?}");
    assert!(has(&codes(INERT, &["--as-admission"]), "MR001", "error"), "certain from the object");
    assert_eq!(codes(INERT, &["--as-admission", "--mesh", "kuma"]), [], "infos are not for there");
    assert_eq!(lint(INERT, &["--as-admission", "--info"]).code, 2);
    let twice = FINE.replace("port: 80}", "port: 80, weight: 010, weight: 8}");
    assert!(!codes(&twice, &[]).is_empty());
    assert_eq!(codes(&twice, &["--as-admission"]), [], "the API server never sees the text");
}

#[test]
fn the_definition_among_the_files_tells_version_and_channel() {
    let retry = FINE.replace("rules: [{", "rules: [{retry: {attempts: 2}, ");
    let with = |version: &str, channel: &str, flags: &[&str]| {
        let crd = format!(
            "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: httproutes.gateway.networking.k8s.io
  annotations:
    gateway.networking.k8s.io/bundle-version: {version}
    gateway.networking.k8s.io/channel: {channel}
spec: {{group: gateway.networking.k8s.io}}
"
        );
        codes(&format!("{retry}---{crd}"), flags)
    };
    assert_eq!(codes(&retry, &[]), [], "1.7 is assumed");
    assert!(has(&codes(&retry, &["--gateway-api", "1.6"]), "MR096", "warning"));
    assert!(has(&with("v1.6.3", "standard", &[]), "MR096", "error"));
    assert_eq!(with("v1.6.3", "experimental", &[]), []);
    assert_eq!(with("v1.7.0", "standard", &[]), []);
    assert_eq!(with("v1.6.3", "standard", &["--gateway-api", "1.7"]), []);
}

#[test]
fn an_error_is_one_in_every_mesh_in_use() {
    let level = |flags: &[&str]| codes(INERT, flags).first().map(|(_, level)| level.clone());
    assert_eq!(level(&["--mesh", "istio,linkerd"]).as_deref(), Some("error"));
    assert_eq!(level(&["--mesh", "kuma"]), None);
    assert_eq!(level(&["--mesh", "kuma", "--info"]).as_deref(), Some("info"));
    assert_eq!(level(&["--mesh", "kuma,istio"]).as_deref(), Some("warning"));
}

#[test]
fn meshes_are_those_that_the_objects_show() {
    let core = FINE.replace("group: ''", "group: core");
    let with = |objects: &str| codes(&format!("{core}---{objects}"), &["--info"]);
    assert!(has(&codes(&core, &[]), "MR006", "warning"), "nothing shows: the specification");
    let linkerd = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {linkerd.io/inject: enabled}}
";
    assert!(has(&with(linkerd), "MR006", "info"), "the namespace says so");
    let istio = "
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api, namespace: other}
spec: {hosts: [api]}
";
    assert!(has(&with(istio), "MR006", "error"), "Istio shows, in either mode");
    let both = format!("{istio}---{}", linkerd.replace("name: shop", "name: other"));
    assert!(has(&with(&both), "MR006", "warning"), "Linkerd shows too, and nothing decides");
}

#[test]
fn an_ignore_silences_warnings_and_says_so_when_it_is_over() {
    let zero = |ignore: &str| {
        let text = FINE.replace("port: 80}", "port: 80, weight: 0}").replace(
            "namespace: shop}",
            &format!("namespace: shop, annotations: {{meshroute.dev/ignore: '{ignore}'}}}}"),
        );
        codes(&text, &[])
    };
    assert_eq!(zero("MR051 switched off"), []);
    assert_eq!(zero("MR051 until=2999-01-31 switched off"), []);
    assert!(has(&zero("MR051"), "MR900", "warning"), "no reason");
    let over = zero("MR051 until=2001-01-31 switched off");
    assert!(has(&over, "MR051", "warning") && has(&over, "MR901", "warning"), "{over:?}");
    assert!(has(&zero("MR051 a; MR050 b"), "MR901", "warning"), "MR050 does not strike");
    assert!(has(&zero("MR051 a; MR999 b"), "MR901", "warning"), "there is no MR999");
    assert_eq!(zero("MR051 a; MR033 b"), [], "whether MR033 strikes is not known");
    let error = INERT.replace(
        "namespace: shop}",
        "namespace: shop, annotations: {meshroute.dev/ignore: MR001 known}}",
    );
    assert!(has(&codes(&error, &[]), "MR001", "error"), "an error is not silenced");
    assert_eq!(codes(&error, &["--ignore", "all"]), []);
    assert!(has(&codes(&error, &["--ignore", "none"]), "MR001", "error"));
}

#[test]
fn the_same_object_in_two_folders_may_be_an_overlay() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("linting");
    for (name, text) in [("a/one.yaml", FINE), ("a/two.yaml", FINE), ("b/one.yaml", FINE)] {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("ours");
        fs::write(path, text).expect("the target folder can be written");
    }
    let run = |names: &[&str]| {
        let paths: Vec<String> =
            names.iter().map(|name| folder.join(name).to_string_lossy().into_owned()).collect();
        let args = ["lint", "-R"].into_iter().chain(paths.iter().map(String::as_str));
        program::run(&args.collect::<Vec<_>>(), "").success()
    };
    let same = run(&["a"]);
    assert!(
        same.contains("two.yaml:1:1: warning MR068")
            || same.contains("two.yaml:2:1: warning MR068"),
        "{same}"
    );
    assert!(!run(&["a/one.yaml", "b"]).contains("warning"));
}

#[test]
fn slips_in_references_are_seen() {
    let parents = |it: &str| FINE.replace("[{group: '', kind: Service, name: web}]", it);
    for (text, code, level) in [
        (parents("[{group: core/v1, kind: Service, name: web}]"), "MR001", "error"),
        (parents("[{group: kubernetes.io, kind: Service, name: web}]"), "MR001", "error"),
        (parents("[{group: '', kind: 'Service ', name: web}]"), "MR003", "error"),
        (parents("{group: '', kind: Service, name: web}"), "MR902", "error"),
        (FINE.replace("{name: web, port", "{group: v1, name: web, port"), "MR043", "warning"),
    ] {
        assert!(has(&codes(&text, &[]), code, level), "{text}: {:?}", codes(&text, &[]));
    }
    let knative = parents("[{group: serving.knative.dev, kind: Service, name: web}]");
    assert_eq!(codes(&knative, &["--info"]), [], "a kind of somebody else");
}

#[test]
fn what_only_http_routes_have_is_unknown_in_others() {
    let matches = "{matches: [{path: {value: /a}, queryParams: [{name: a, value: b}]}], \
                   timeouts: {request: 1s}, retry: {attempts: 2}, backendRefs";
    let route = FINE.replace("{backendRefs", matches);
    let unknown = |text: &str| codes(text, &[]).iter().filter(|it| it.0 == "MR056").count();
    assert_eq!((unknown(&route), unknown(&route.replace("HTTP", "GRPC"))), (0, 4));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_is_not_waited_for() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("linting-pipe");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("ours");
    let pipe = folder.join("pipe.yaml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("it is everywhere");
    assert!(made.success());
    fs::write(folder.join("route.yaml"), INERT).expect("ours");
    let outcome = program::run(&["lint", &folder.to_string_lossy()], "");
    assert!(outcome.stderr.contains("pipe.yaml is neither a file"), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("MR001"), "{}", outcome.stdout);
}

#[test]
fn a_list_is_read_as_its_items() {
    let indented = INERT.trim().lines().map(|line| format!("  {line}")).collect::<Vec<_>>();
    let list = format!("apiVersion: v1\nkind: List\nitems:\n-{}\n", &indented.join("\n")[1..]);
    assert!(has(&codes(&list, &[]), "MR001", "error"), "{list}");
}

#[test]
fn every_lint_is_explained_by_code_and_by_name() {
    let list = program::run(&["explain"], "").success();
    for lint in ALL {
        assert!(list.contains(lint.code), "{}", lint.code);
        let by_code = program::run(&["explain", &lint.code.to_ascii_lowercase()], "").success();
        assert_eq!(by_code, program::run(&["explain", lint.name], "").success());
        assert!(by_code.starts_with(lint.code) && by_code.contains("Right:"), "{by_code}");
    }
    assert_eq!(program::run(&["explain", "MR000"], "").code, 2);
}
