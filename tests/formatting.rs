//! `fmt`: the defaults that it writes are those of a real API server, and nothing else changes.
#![expect(clippy::print_stdout, reason = "a test that judges says how much it judged")]

#[path = "formatting/stored.rs"]
mod stored;

use std::fs;

use meshroute_tests::{
    gateway_api::{self, Conformance},
    manifests,
    process::Process,
    program,
    tools::skip_unless,
};

/// A folder in which commands run.
fn folder() -> Process {
    Process::new(env!("CARGO_BIN_EXE_meshroute-tests-plugin"), env!("CARGO_TARGET_TMPDIR"))
}

const HEAD: &str =
    "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\n";

/// A rule that says everything but its backends.
const RULE: &str = "matches: [{path: {type: PathPrefix, value: /}}]";

/// Checks what becomes of the `spec` of a route, and that this is the end of it.
#[track_caller]
fn becomes(before: &str, after: &str) {
    let (before, after) = (format!("{HEAD}spec:{before}"), format!("{HEAD}spec:{after}"));
    is_written(&before, &after);
}

#[track_caller]
fn is_written(before: &str, after: &str) {
    let outcome = program::run(&["fmt", "-"], before);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, after), "{}", outcome.stderr);
    let again = program::run(&["fmt", "-"], after);
    assert_eq!((again.code, again.stdout.as_str(), again.stderr.as_str()), (0, after, ""));
    let check = |text| program::run(&["fmt", "--check", "-"], text);
    assert_eq!(check(after).code, 0);
    let changes = check(before);
    assert_eq!(
        (changes.code, changes.stdout.as_str()),
        (u8::from(before != after), { if before == after { "" } else { "stdin\n" } })
    );
}

#[test]
fn defaults_go_behind_what_is_written_in_its_style() {
    becomes(
        "\n  parentRefs:\n  # the one\n  - name: a # really\n  rules: []\n",
        "\n  parentRefs:\n  # the one\n  - name: a # really\n    group: gateway.networking.k8s.io\n    kind: Gateway\n  rules: []\n",
    );
    becomes(
        "\n  rules:\n    - name: x\n",
        "\n  rules:\n    - name: x\n      matches:\n        - path:\n            type: PathPrefix\n            value: /\n",
    );
    becomes(
        &format!(
            "\n  rules:\n  - {RULE}\n    backendRefs:\n    - name: 'a' # b\n\n    # c\n    - {{weight: 0, name: b}}\n"
        ),
        &format!(
            "\n  rules:\n  - {RULE}\n    backendRefs:\n    - name: 'a' # b\n      group: ''\n      kind: Service\n      weight: 1\n\n    # c\n    - {{weight: 0, name: b, group: '', kind: Service}}\n"
        ),
    );
    becomes(
        " {rules: [{backendRefs: [{name: a, weight: }]}]}",
        " {rules: [{backendRefs: [{name: a, weight: 1 , group: \"\", kind: Service }], matches: [{path: {type: PathPrefix, value: /}}]}]}",
    );
    becomes(
        "\n  rules:\n  - matches:\n    - path: {value: /a}\n    - path:\n        type: Exact\n    - headers: [{name: a, value: b}]\n      queryParams:\n      - name: a\n        value: b",
        "\n  rules:\n  - matches:\n    - path: {value: /a, type: PathPrefix}\n    - path:\n        type: Exact\n        value: /\n    - headers: [{name: a, value: b, type: Exact}]\n      queryParams:\n      - name: a\n        value: b\n        type: Exact\n      path:\n        type: PathPrefix\n        value: /",
    );
}

#[test]
fn several_things_that_end_in_one_place_stay_apart() {
    let before = "\n  rules:\n  - backendRefs:\n    - name: a\n      filters:\n      - type: RequestMirror\n        requestMirror:\n          backendRef:\n            name: m";
    let after = "\n            group: \"\"\n            kind: Service\n      group: \"\"\n      kind: Service\n      weight: 1\n    matches:\n    - path:\n        type: PathPrefix\n        value: /";
    becomes(before, &format!("{before}{after}"));
    becomes(&format!("{before}\n"), &format!("{before}{after}\n"));
    let crlf = |text: &str| format!("\u{feff}{HEAD}spec:{text}").replace('\n', "\r\n");
    is_written(&crlf(before), &crlf(&format!("{before}{after}")));
    is_written(&crlf(&format!("{before}\n---\n")), &crlf(&format!("{before}{after}\n---\n")));
}

#[test]
fn json_stays_json() {
    let json = |spec: &str| {
        format!(
            "{{\n\t\"apiVersion\": \"gateway.networking.k8s.io/v1\", \"kind\": \"HTTPRoute\",\n\t\"spec\": {spec}}}\n"
        )
    };
    is_written(
        &json(
            "{\"rules\": [{\"matches\": [{}],\n\t\t\"backendRefs\": [{\n\t\t\t\"name\": \"a\",\n\t\t\t\"port\": 1\n\t\t}]}]}",
        ),
        &json(
            "{\"rules\": [{\"matches\": [{\"path\": {\"type\": \"PathPrefix\", \"value\": \"/\"}}],\n\t\t\"backendRefs\": [{\n\t\t\t\"name\": \"a\",\n\t\t\t\"port\": 1,\n\t\t\t\"group\": \"\",\n\t\t\t\"kind\": \"Service\",\n\t\t\t\"weight\": 1\n\t\t}]}]}",
        ),
    );
    let compact = |rest: &str| {
        format!(
            "{{\"apiVersion\":\"gateway.networking.k8s.io/v1\",\"kind\":\"GRPCRoute\",\"spec\":{{\"rules\":[{{\"matches\":[{{\"method\":{{\"service\":\"a\"{rest}}}}}]}}]}}}}"
        )
    };
    let two = |rest| format!("{}{}", compact(rest), compact(rest));
    is_written(&two(""), &two(",\"type\":\"Exact\""));
}

#[test]
fn lists_are_written_and_other_kinds_are_not() {
    let list = |parent: &str| {
        format!(
            "apiVersion: v1\nkind: List\nitems:\n- {{kind: ConfigMap, apiVersion: v1, spec: {{parentRefs: [{{name: a}}]}}}}\n- {{kind: HTTPRoute, apiVersion: gateway.networking.k8s.io/v1beta1, spec: {{parentRefs: [{parent}]}}}}\n"
        )
    };
    is_written(
        &list("{name: a}"),
        &list("{name: a, group: gateway.networking.k8s.io, kind: Gateway}"),
    );
    for other in [
        "apiVersion: policy.linkerd.io/v1beta3\nkind: HTTPRoute",
        "apiVersion: gateway.networking.k8s.io/v1alpha2\nkind: TCPRoute",
        "apiVersion: v1\nkind: HTTPRoute",
        "kind: HTTPRoute",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway",
    ] {
        let text = format!("{other}\nspec: {{parentRefs: [{{name: a}}], rules: [{{}}]}}\n");
        is_written(&text, &text);
    }
}

#[test]
fn what_the_author_has_not_finished_stays() {
    for spec in [
        "",
        " {}\n",
        " ~\n",
        " {parentRefs: ~}\n",
        " {rules: ~}\n",
        " {rules: []}\n",
        " {rules: [~, a, []], parentRefs: {a: {}}}\n",
        " {rules: [{matches: []}]}\n",
        " {rules: [{matches: a, backendRefs: [~]}]}\n",
    ] {
        becomes(spec, spec);
    }
}

#[test]
fn a_service_without_a_group_is_not_made_right() {
    let parent = |more: &str| format!(" {{parentRefs: [{{kind: Service, name: a{more}}}]}}\n");
    becomes(&parent(""), &parent(", group: gateway.networking.k8s.io"));
    let text = format!("{HEAD}spec:{}", parent(", group: gateway.networking.k8s.io"));
    let lint = program::run(&["lint", "-"], &text);
    assert!(lint.code == 1 && lint.stdout.contains("MR001"), "{}", lint.stdout);
}

#[test]
fn of_keys_that_are_there_twice_the_one_that_counts_is_written() {
    becomes(
        &format!(
            "\n  rules:\n  - {RULE}\n    backendRefs: [{{weight: 1, weight: , group: '', kind: A}}]\n"
        ),
        &format!(
            "\n  rules:\n  - {RULE}\n    backendRefs: [{{weight: 1, weight: 1 , group: '', kind: A}}]\n"
        ),
    );
}

#[test]
fn anchors_are_written_once_or_not_at_all() {
    // What an anchor and its aliases lack alike is one text.
    let rules = |more: &str| {
        format!(
            "\n  rules:\n  - {RULE}\n    backendRefs: &b\n    - name: a # b\n{more}  - {RULE}\n    backendRefs: *b\n"
        )
    };
    becomes(&rules(""), &rules("      group: \"\"\n      kind: Service\n      weight: 1\n"));
    // What stands apart would change as well.
    let apart = |more: &str| {
        format!(
            "{HEAD}x: &b {{name: a, group: '', kind: S}}\nspec:\n  rules:\n  - {RULE}\n    backendRefs: [*b, {{<<: *b, name: b{more}}}]\n"
        )
    };
    let outcome = program::run(&["fmt", "-"], &apart(""));
    assert_eq!((outcome.code, outcome.stdout), (0, apart(", weight: 1")));
    assert!(
        outcome.stderr.contains(
            "stdin:8: the default of spec.rules[0].backendRefs[0].weight is not written: an anchor"
        ),
        "{}",
        outcome.stderr
    );
    // A parent and a backend are not alike.
    let mixed = format!(
        "{HEAD}spec:\n  parentRefs: [&b {{name: a}}]\n  rules:\n  - {RULE}\n    backendRefs: [*b, {{name: b, kind: S, weight: 1}}]\n"
    );
    let outcome = program::run(&["fmt", "-"], &mixed);
    let wanted = mixed.replace("weight: 1}]", "weight: 1, group: \"\"}]");
    assert_eq!((outcome.code, outcome.stdout), (0, wanted));
    assert_eq!(outcome.stderr.matches("is not written").count(), 5, "{}", outcome.stderr);
}

/// What the Gateway API shows is in many styles; whatever is put in, nothing is taken out.
#[test]
fn nothing_of_what_people_write_is_lost() {
    let Some(conformance) = Conformance::find_or_skip() else { return };
    let module = gateway_api::module("sigs.k8s.io/gateway-api", gateway_api::VERSION);
    let Some(module) = skip_unless("examples", module) else { return };
    let folders = [conformance.folder().join("tests"), module.join("examples")];
    let (mut files, mut changed) = (0, 0);
    for file in folders.iter().flat_map(|folder| manifests::files(folder)) {
        let before = fs::read_to_string(&file).expect("a manifest can be read");
        let outcome = program::run(&["fmt", "-"], &before);
        assert_eq!(outcome.code, 0, "{}: {}", file.display(), outcome.stderr);
        let after = outcome.stdout;
        let mut rest = after.lines();
        for line in before.lines() {
            // In flow style, something may stand behind what was there.
            let is_kept = |new: &str| {
                let mut new = new.chars();
                line.chars().all(|old| new.any(|new| new == old))
            };
            assert!(rest.any(is_kept), "{}: {line} is gone", file.display());
        }
        let again = program::run(&["fmt", "-"], &after);
        assert_eq!((again.stdout, again.stderr.as_str()), (after, ""), "{}", file.display());
        files += 1;
        changed += usize::from(!outcome.stderr.is_empty());
    }
    println!("{files} files, {changed} changed");
    assert!(changed > 100, "{changed} of {files} files changed");
}

#[test]
fn files_are_changed_in_place_and_named() {
    let folder = folder();
    let before = format!("{HEAD}spec: {{parentRefs: [{{name: a, kind: Gateway}}]}}\n");
    let after = before.replace("Gateway}", "Gateway, group: gateway.networking.k8s.io}");
    for name in ["apps/a.yaml", "apps/deep/b.yaml", "apps/c.txt"] {
        folder.file(name, &before);
    }
    folder.file("apps/d.yaml", &after);
    let check = folder.run(&["fmt", "-R", "--check", "apps"]);
    let names = "apps/a.yaml\napps/deep/b.yaml\n";
    assert_eq!((check.code, check.stdout.as_str(), check.stderr.as_str()), (1, names, ""));
    assert_eq!(folder.read("apps/a.yaml"), before);

    let dry = folder.run(&["fmt", "-R", "-f", "apps", "--dry-run=client"]);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert_eq!(folder.read("apps/a.yaml"), before);
    folder.patch(&dry.stdout);
    assert_eq!(folder.read("apps/deep/b.yaml"), after);

    folder.file("apps/deep/b.yaml", &before);
    let flat = folder.run(&["fmt", "apps"]);
    assert_eq!((flat.code, flat.stdout.as_str(), flat.stderr.as_str()), (0, "", ""));
    let deep = folder.run(&["fmt", "apps", "-R"]);
    let said = "apps/deep/b.yaml: 1 default written\n";
    assert_eq!((deep.code, deep.stdout.as_str(), deep.stderr.as_str()), (0, "", said));
    assert_eq!(folder.read("apps/deep/b.yaml"), after);
    assert_eq!(folder.read("apps/c.txt"), before);
    let check = folder.run(&["fmt", "-R", "--check", "apps"]);
    assert_eq!((check.code, check.stdout.as_str()), (0, ""));
}

#[test]
fn what_is_not_ours_to_change_stays_whole_and_is_named() {
    let route = format!("{HEAD}spec: {{parentRefs: [{{name: a}}]}}\n");
    for (why, text) in [
        (
            "a Helm template",
            format!("{route}---\n{HEAD}spec: {{parentRefs: {{{{ .Values.a }}}}}}\n"),
        ),
        (
            "a Helm template",
            format!("{route}---\n{}", route.replace("name: a", "name: '{{ .a }}'")),
        ),
        ("the file stays as it is", format!("{route}---\na: [\n")),
        ("SOPS", format!("{route}sops: {{mac: a}}\n")),
    ] {
        let folder = folder();
        folder.file("a/bad.yaml", &text);
        folder.file("a/good.yaml", &route);
        let outcome = folder.run(&["fmt", "a"]);
        assert_eq!(outcome.code, 2, "{why}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("warning: a/bad.yaml:"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
        assert_eq!(folder.read("a/bad.yaml"), text);
        assert!(folder.read("a/good.yaml").contains("kind: Gateway"), "the others are written");
        assert_eq!(folder.run(&["fmt", "a", "--check"]).code, 2);
        let filter = folder.feed(&["fmt", "-"], &text);
        assert_eq!((filter.code, filter.stdout), (2, text));
    }
    let folder = folder();
    folder.file("a.yaml", &route);
    for args in [
        &["fmt"][..],
        &["fmt", "gone.yaml"],
        &["fmt", "a.yaml", "--dry-run=server"],
        &["fmt", "a.yaml", "--check", "--dry-run=client"],
    ] {
        let outcome = folder.run(args);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{args:?}");
        assert_eq!(folder.read("a.yaml"), route);
    }
}
