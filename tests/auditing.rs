//! `lint` of a cluster: it finds what `lint` of its files finds, reads what findings need, and says
//! what it may not read.
#![expect(clippy::print_stdout, reason = "a test that compares says how much it compared")]

use std::{collections::BTreeSet, path::Path};

use meshroute::lint::ALL;
use meshroute_tests::{
    control_plane::{self, ControlPlane, Programs},
    program::{self, Outcome},
    rehome::rehome,
    tools::skip_unless,
};
use serde_json::{Value, json};

/// The kinds that findings depend on, on a server without a mesh.
const KINDS: &str =
    "httproutes,grpcroutes,referencegrants,gateways,services,endpointslices,namespaces";

const ROUTES: &str = "httproutes.gateway.networking.k8s.io";

const FORMATS: [&str; 7] = ["text", "json", "sarif", "junit", "github", "gitlab", "markdown"];

/// A canary whose second backend is missing.
const CANARY: &str = r#"{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
 "metadata": {"name": "web"}, "spec": {
   "parentRefs": [{"group": "", "kind": "Service", "name": "web"}],
   "rules": [{"backendRefs": [{"name": "web", "port": 80, "weight": 9},
                              {"name": "gone", "port": 80, "weight": 1}]}]}}"#;

/// A Service with an endpoint.
const SERVICE: &str = r#"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
 "spec": {"ports": [{"port": 80}]}}
---
{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
 "metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
 "ports": [{"name": "", "port": 80}], "endpoints": [{"addresses": ["10.0.0.1"]}]}"#;

#[test]
fn a_cluster_has_the_findings_of_the_files_that_describe_it() {
    let test = "a_cluster_has_the_findings_of_the_files_that_describe_it";
    let Some(cluster) = control_plane::own(test) else { return };
    create_bad_examples(&cluster);
    let get =
        |what: &[&str]| cluster.kubectl(&[&["get", "-o", "yaml"], what].concat(), "").success();
    let dump = format!("{}\n---\n{}", get(&[KINDS, "-A"]), get(&["crd", ROUTES]));
    let mut codes = BTreeSet::new();
    for flags in [
        &["--complete", "--info"][..],
        &["--complete", "--mesh", "linkerd", "--ignore", "none"],
        &["--complete", "--mesh", "istio,kuma", "--as-admission"],
    ] {
        let live = found(&lint(&cluster, &[&["-A", "-o", "json"], flags].concat()).stdout);
        let files = found(&from(&dump, flags).stdout);
        let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
            a.difference(b).cloned().collect::<Vec<_>>().join("\n")
        };
        assert!(
            live == files,
            "{flags:?}\nonly in the cluster:\n{}\nonly in files:\n{}",
            only(&live, &files),
            only(&files, &live)
        );
        codes.extend(live.iter().map(|it| it[..5].to_owned()));
    }
    println!("{} lints strike in what an API server takes", codes.len());
    assert!(codes.len() > 50, "only {codes:?}");
}

#[test]
fn routes_of_a_namespace_or_of_all_are_checked_in_every_format() {
    let test = "routes_of_a_namespace_or_of_all_are_checked_in_every_format";
    let Some(cluster) = control_plane::own(test) else { return };
    cluster.kubectl(&["create", "namespace", "shop"], "").success();
    let gateways_only =
        CANARY.replace(r#""group": "", "kind": "Service", "name": "web""#, r#""name": "edge""#);
    cluster.apply("shop", &format!("{SERVICE}\n---\n{CANARY}"));
    cluster.apply("default", &gateways_only);

    let text = lint(&cluster, &["-n", "shop"]);
    assert_eq!((text.code, text.stderr.as_str()), (0, ""), "a warning fails nothing");
    let lines: Vec<&str> = text.stdout.lines().collect();
    let place = "shop/HTTPRoute/web spec.rules[0].backendRefs[1]: warning MR033: ";
    assert!(lines[0].starts_with(place), "{}", text.stdout);
    assert_eq!(lines.last(), Some(&"1 route: 1 warning"));
    for format in FORMATS {
        for (flags, code) in [
            (&["-n", "shop"][..], 0),
            (&["-n", "shop", "--fail-on", "warning"], 1),
            (&["-A", "--complete"], 1),
            (&["-A", "--complete", "--as-admission"], 0),
            (&["-n", "shop", "--level", "MR033=off", "--fail-on", "warning"], 0),
        ] {
            let outcome = lint(&cluster, &[flags, &["-o", format]].concat());
            assert_eq!((outcome.code, outcome.stderr.as_str()), (code, ""), "{format} {flags:?}");
            let says = outcome.stdout.contains("Service shop/gone");
            // Test results tell what fails, and nothing else.
            let is_said = !flags.contains(&"--level") && (format != "junit" || code == 1);
            assert_eq!(says, is_said, "{format} {flags:?}: {}", outcome.stdout);
        }
    }
    let sarif: Value =
        serde_json::from_str(&lint(&cluster, &["-A", "-o", "sarif"]).stdout).expect("JSON");
    let location = &sarif["runs"][0]["results"][0]["locations"][0];
    assert_eq!(
        location["logicalLocations"][0]["fullyQualifiedName"],
        "shop/HTTPRoute/web/spec.rules[0].backendRefs[1]"
    );
    assert!(location.get("physicalLocation").is_none(), "{location}");

    // What is accepted is silent, in a cluster as in files.
    let ignore = "meshroute.dev/ignore=MR033 made next week";
    cluster.kubectl(&["annotate", "httproute", "web", "-n", "shop", ignore], "").success();
    let text = lint(&cluster, &["-n", "shop"]);
    assert_eq!((text.code, text.stdout.as_str()), (0, "1 route: nothing found\n"));

    // A route of Gateways is not looked at.
    let nothing = lint(&cluster, &[]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (0, "0 routes: nothing found\n"));
    assert_eq!(nothing.stderr, "no mesh routes in default (1 in shop; use -A)\n");
}

#[test]
fn what_may_not_be_read_is_said_once_and_routes_that_may_not_are_no_success() {
    let test = "what_may_not_be_read_is_said_once_and_routes_that_may_not_are_no_success";
    let Some(cluster) = control_plane::shared(test) else { return };
    let home = cluster.namespace();
    cluster.apply(&home, &format!("{SERVICE}\n---\n{CANARY}"));
    let routes = json!({"apiGroups": ["gateway.networking.k8s.io"],
                        "resources": ["httproutes", "grpcroutes"], "verbs": ["list"]});

    // Without Services nobody knows what is missing.
    let user = cluster.user();
    cluster.grant(&user, None, &json!([routes]));
    let outcome = ask(user.kubeconfig(), &["-n", &home]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, "1 route: nothing found\n"));
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("services (backends)"), "{}", outcome.stderr);

    let at_home = cluster.user();
    let services = json!({"apiGroups": [""], "resources": ["services"], "verbs": ["list"]});
    cluster.grant(&at_home, Some(&home), &json!([routes, services]));
    let outcome = ask(at_home.kubeconfig(), &["-n", &home]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("MR033"), "{}", outcome.stdout);
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);

    // All were asked for, and some were not looked at.
    for format in FORMATS {
        let outcome = ask(at_home.kubeconfig(), &["-A", "-n", &home, "-o", format]);
        assert_eq!(outcome.code, 2, "-A and -n: {}", outcome.stderr);
        let outcome = ask(at_home.kubeconfig(), &["-A", "-o", format]);
        assert_eq!(outcome.code, 2, "{format}: {}", outcome.stderr);
    }
    let nobody = cluster.user();
    let outcome = ask(nobody.kubeconfig(), &["-n", &home]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert!(outcome.stderr.contains("error: ") && outcome.stderr.contains("httproutes"));
}

#[test]
fn the_channel_is_that_of_the_definitions() {
    let test = "the_channel_is_that_of_the_definitions";
    let Some(programs) = skip_unless(test, Programs::find()) else { return };
    let cluster = ControlPlane::start(&programs).expect("it starts");
    // Without a schema, so that it stores what the standard channel refuses.
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": ROUTES, "annotations": {"api-approved.kubernetes.io": "unapproved, test"}},
        "spec": {"group": "gateway.networking.k8s.io", "scope": "Namespaced",
                 "names": {"plural": "httproutes", "kind": "HTTPRoute"},
                 "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}]}});
    cluster.apply("default", &crd.to_string());
    let established = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"];
    cluster.kubectl(&established, "").success();
    let ports = CANARY.replace(
        r#""kind": "Service", "name": "web"}"#,
        r#""kind": "Service", "name": "web", "port": 80},
           {"group": "", "kind": "Service", "name": "web", "port": 81}"#,
    );
    cluster.apply("default", &ports);
    let level = |kubeconfig: &Path, flags: &[&str]| {
        let outcome = ask(kubeconfig, &[&["-o", "json"], flags].concat());
        let report: Value = serde_json::from_str(&outcome.stdout).expect("it is JSON");
        let findings = report["findings"].as_array().expect("a list").clone();
        let found = findings.into_iter().find(|it| it["code"] == "MR007");
        (found.map(|it| it["level"].as_str().unwrap_or_default().to_owned()), outcome.stderr)
    };
    let seen = |flags: &[&str]| level(cluster.kubeconfig(), flags).0;
    let annotate = |channel: &str| {
        let annotations = [
            format!("gateway.networking.k8s.io/channel={channel}"),
            "gateway.networking.k8s.io/bundle-version=v1.6.3".to_owned(),
        ];
        let [channel, version] = &annotations;
        cluster
            .kubectl(&["annotate", "--overwrite", "crd", ROUTES, channel, version], "")
            .success();
    };
    assert_eq!(seen(&[]).as_deref(), Some("warning"), "assumed");
    annotate("standard");
    assert_eq!(seen(&[]).as_deref(), Some("error"));
    assert_eq!(seen(&["--as-admission"]), None, "what is stored was let in by its definition");
    annotate("experimental");
    assert_eq!(seen(&[]), None);
    assert_eq!(seen(&["--channel", "standard"]).as_deref(), Some("error"));
    let crd = cluster.kubectl(&["get", "crd", ROUTES, "-o", "yaml"], "").success();
    let in_files = |channel: &str| {
        let crd = crd.replace("channel: experimental", &format!("channel: {channel}"));
        found(&from(&format!("{crd}\n---\n{ports}"), &[]).stdout)
    };
    assert!(in_files("standard").iter().any(|it| it.starts_with("MR007 error")));
    assert!(!in_files("experimental").iter().any(|it| it.starts_with("MR007")));

    let user = cluster.user();
    let read = json!([{"apiGroups": ["", "gateway.networking.k8s.io", "discovery.k8s.io"],
                       "resources": ["*"], "verbs": ["list"]}]);
    cluster.grant(&user, None, &read);
    let (assumed, stderr) = level(user.kubeconfig(), &[]);
    assert_eq!(assumed.as_deref(), Some("warning"));
    let said = "customresourcedefinitions (version of the Gateway API)";
    assert!(stderr.contains(said) && stderr.lines().count() == 1, "{stderr}");
}

/// Makes of the bad example of each lint what the API server takes, in namespaces of its own.
fn create_bad_examples(cluster: &ControlPlane) {
    let mut objects = Vec::new();
    for lint in ALL {
        let read = ["create", "--dry-run=client", "--validate=false", "-o", "json", "-f", "-"];
        let read = cluster.kubectl(&read, lint.bad);
        let read = serde_json::Deserializer::from_str(&read.stdout).into_iter::<Value>();
        let mut of_lint: Vec<Value> = read.map_while(Result::ok).collect();
        let namespaces: BTreeSet<String> = of_lint.iter().flat_map(namespaces).collect();
        let code = lint.code.to_ascii_lowercase();
        let moves: Vec<(&str, String)> =
            namespaces.iter().map(|it| (it.as_str(), format!("{code}-{it}"))).collect();
        let moves: Vec<(&str, &str)> = moves.iter().map(|(a, b)| (*a, b.as_str())).collect();
        of_lint.iter_mut().for_each(|object| rehome(object, &moves));
        let made = moves.iter().map(|(_, name)| {
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        });
        let named: Vec<Value> = made.collect();
        // Those that an example labels come later, and count.
        objects.extend(named.into_iter().chain(of_lint));
    }
    let manifests: String = objects.iter().map(|object| format!("---\n{object}\n")).collect();
    // Some of them no API server takes.
    let apply = ["apply", "--server-side", "--force-conflicts", "--validate=false", "-f", "-"];
    let _ = cluster.kubectl(&apply, &manifests);
}

/// The namespaces that an object is in and refers to.
fn namespaces(object: &Value) -> Vec<String> {
    match object {
        Value::Object(fields) => {
            let own = fields.get("namespace").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(namespaces)).collect()
        }
        Value::Array(items) => items.iter().flat_map(namespaces).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// What is found, without its place in a file.
fn found(report: &str) -> BTreeSet<String> {
    let report: Value = serde_json::from_str(report).expect("it is JSON");
    let findings = report["findings"].as_array().expect("a list");
    let text = |it: &Value, field: &str| it[field].as_str().unwrap_or_default().to_owned();
    let line = |it: &Value| {
        let object = &it["object"];
        let [kind, namespace, name] =
            ["kind", "namespace", "name"].map(|field| text(object, field));
        let [code, level, path, value, message] =
            ["code", "level", "path", "value", "message"].map(|field| text(it, field));
        format!("{code} {level} {namespace}/{kind}/{name} {path}: {value:?}: {message}")
    };
    findings.iter().map(line).collect()
}

fn lint(cluster: &ControlPlane, flags: &[&str]) -> Outcome {
    ask(cluster.kubeconfig(), flags)
}

fn ask(kubeconfig: &Path, flags: &[&str]) -> Outcome {
    let kubeconfig = kubeconfig.to_string_lossy();
    program::run(&[&["lint", "--kubeconfig", &kubeconfig], flags].concat(), "")
}

fn from(manifests: &str, flags: &[&str]) -> Outcome {
    program::run(&[&["lint", "-", "-o", "json"], flags].concat(), manifests)
}
