//! A real API server holds what the programs say about a cluster to what a cluster does.

#![expect(clippy::print_stdout, reason = "a measured time is shown")]

use std::{fs, path::Path};

use meshroute_tests::{
    control_plane::{self, ControlPlane},
    gateway_api, program,
    tools::{Tool, skip_unless},
};
use serde_json::{Value, json};

/// What an API server refuses of the cases: they hold of these only what the plugin reads.
const STUBS: &[&str] = &[
    r#"no matches for kind "VirtualService""#,
    r#"no matches for kind "Application""#,
    r#"no matches for kind "Canary""#,
    r#"no matches for kind "HelmRelease""#,
    r#"no matches for kind "Kustomization""#,
    r#"no matches for kind "Rollout""#,
    r#""ciliumenvoyconfigs.cilium.io" is invalid"#,
    r#""virtualservices.networking.istio.io" is invalid"#,
    // Only a server says who manages a field.
    "metadata.managedFields must be nil",
];

/// What kubectl adds to a kind that it does not know.
const HINT: &str = "ensure CRDs are installed first";

#[test]
fn the_control_plane_is_the_pinned_one() {
    let Some(cluster) = control_plane::shared("the_control_plane_is_the_pinned_one") else {
        return;
    };
    println!("ready after {:?}", cluster.time_to_ready);
    let version = json_of(cluster, &["get", "--raw", "/version"]);
    assert_eq!(version["gitVersion"], Tool::ApiServer.version());
}

#[test]
fn helm_can_be_found() {
    let Some(helm) = skip_unless("helm_can_be_found", Tool::Helm.find()) else { return };
    assert!(helm.is_absolute(), "{}", helm.display());
}

#[test]
fn the_crds_are_those_of_the_chosen_version() {
    let Some(cluster) = control_plane::shared("the_crds_are_those_of_the_chosen_version") else {
        return;
    };
    let crds = json_of(cluster, &["get", "crds", "-o", "json"]);
    let crds = crds["items"].as_array().expect("a list").iter();
    let crds: Vec<_> =
        crds.filter(|crd| crd["spec"]["group"] == "gateway.networking.k8s.io").collect();
    for kind in ["HTTPRoute", "GRPCRoute", "ReferenceGrant", "Gateway"] {
        assert!(crds.iter().any(|crd| crd["spec"]["names"]["kind"] == kind), "no {kind}");
    }
    for crd in crds {
        let annotations = &crd["metadata"]["annotations"];
        let version = &annotations["gateway.networking.k8s.io/bundle-version"];
        assert_eq!(*version, gateway_api::version(), "{}", crd["metadata"]["name"]);
    }
}

#[test]
fn a_cluster_gives_back_what_the_files_say() {
    let Some(cluster) = control_plane::shared("a_cluster_gives_back_what_the_files_say") else {
        return;
    };
    let (default, web) = (cluster.namespace(), cluster.namespace());
    let moves = [("default", default.as_str()), ("web", web.as_str())];
    let applied = cluster.apply_moved(&[&example("examples/bookinfo")], &moves);

    let mut live = Vec::new();
    for namespace in [&default, &web] {
        let kinds = "httproutes,services,endpointslices";
        let list = json_of(cluster, &["get", kinds, "-n", namespace, "-o", "json"]);
        live.extend(list["items"].as_array().expect("a list").clone());
        live.push(json_of(cluster, &["get", "namespace", namespace, "-o", "json"]));
    }
    assert_eq!(live.len(), applied.len());
    let split = |objects: &[Value]| {
        let manifests: String = objects.iter().map(|object| format!("---\n{object}\n")).collect();
        program::run(&["split", "-A", "-o", "json", "-f", "-"], &manifests).success()
    };
    let answer = split(&live);
    assert!(answer.contains("reviews-v2"), "{answer}");
    assert_eq!(answer, split(&applied));
}

#[test]
fn namespaces_keep_tests_apart() {
    let Some(cluster) = control_plane::shared("namespaces_keep_tests_apart") else { return };
    let (one, two) = (cluster.namespace(), cluster.namespace());
    let map = |value: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},
               "data": {"a": value}})
        .to_string()
    };
    cluster.apply(&one, &map("1"));
    cluster.apply(&two, &map("2"));
    for (namespace, value) in [(&one, "1"), (&two, "2")] {
        let found = json_of(cluster, &["get", "configmap", "a", "-n", namespace, "-o", "json"]);
        assert_eq!(found["data"]["a"], value);
    }
}

#[test]
fn users_may_do_what_they_were_granted_and_no_more() {
    let Some(cluster) = control_plane::shared("users_may_do_what_they_were_granted_and_no_more")
    else {
        return;
    };
    let (own, other) = (cluster.namespace(), cluster.namespace());
    let user = cluster.user();
    let list = |namespace: &str| user.kubectl(&["get", "httproutes", "-n", namespace], "");
    let refused = list(&own);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("httproutes.gateway.networking.k8s.io is forbidden"),
        "{}",
        refused.stderr
    );

    let rules = json!([{"apiGroups": ["gateway.networking.k8s.io"], "resources": ["httproutes"],
                        "verbs": ["list"]}]);
    cluster.grant(&user, Some(&own), &rules);
    assert_eq!((list(&own).code, list(&other).code), (0, 1));
    cluster.grant(&user, None, &rules);
    assert_eq!(list(&other).code, 0);
}

#[test]
fn a_killed_server_comes_back_with_its_objects() {
    let Some(mut cluster) = control_plane::own("a_killed_server_comes_back_with_its_objects")
    else {
        return;
    };
    let namespace = cluster.namespace();
    let get = ["get", "namespace", &namespace];
    cluster.pause_api_server();
    let outcome = cluster.kubectl(&[&get[..], &["--request-timeout=1s"]].concat(), "");
    assert!(outcome.code == 1 && !outcome.stderr.contains("refused"), "{}", outcome.stderr);
    cluster.resume_api_server();
    cluster.kubectl(&get, "").success();
    cluster.kill_api_server();
    let outcome = cluster.kubectl(&get, "");
    assert!(outcome.code == 1 && outcome.stderr.contains("refused"), "{}", outcome.stderr);
    cluster.start_api_server().expect("it starts again");
    cluster.kubectl(&get, "").success();
}

#[test]
fn with_a_controller_manager_namespaces_end() {
    let test = "with_a_controller_manager_namespaces_end";
    let Some(_) = skip_unless(test, Tool::ControllerManager.find()) else { return };
    let Some(mut cluster) = control_plane::own(test) else { return };
    cluster.start_controller_manager().expect("it starts");
    let namespace = cluster.namespace();
    cluster.kubectl(&["delete", "namespace", &namespace, "--timeout=60s"], "").success();
}

#[test]
fn an_api_server_takes_the_cases() {
    let Some(cluster) = control_plane::shared("an_api_server_takes_the_cases") else { return };
    let files = manifests(Path::new(&example("tests/cases")));
    assert!(files.len() > 10, "{files:?}");
    // Nothing is kept; but objects are only looked at in a namespace that is there.
    for namespace in ["client", "edge", "elsewhere", "infra", "other", "shop"] {
        cluster.kubectl(&["create", "namespace", namespace], "").success();
    }
    let mut args = vec!["apply", "--server-side", "--dry-run=server"];
    args.extend(files.iter().flat_map(|file| ["-f", file]));
    let outcome = cluster.kubectl(&args, "");
    let refusals: Vec<_> = outcome
        .stderr
        .lines()
        .filter(|it| !it.is_empty() && it.trim_end_matches(']') != HINT)
        .collect();
    for refusal in &refusals {
        assert!(STUBS.iter().any(|stub| refusal.contains(stub)), "{refusal}");
    }
    for stub in STUBS {
        let is_refused = refusals.iter().any(|refusal| refusal.contains(stub));
        assert!(is_refused, "a stub is refused no longer: {stub}: {refusals:#?}");
    }
    println!("{} objects accepted", outcome.stdout.lines().count());
}

fn json_of(cluster: &ControlPlane, args: &[&str]) -> Value {
    let stdout = cluster.kubectl(args, "").success();
    serde_json::from_str(&stdout).expect("the server answers in JSON")
}

fn example(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path).to_string_lossy().into_owned()
}

/// The YAML files below a folder whose cases are clusters: `input` holds what can be none, and
/// `documented` what other versions of the API serve.
fn manifests(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the cases are there") {
        let path = entry.expect("a folder can be listed").path();
        if path.is_dir() {
            if !path.ends_with("input") && !path.ends_with("documented") {
                files.extend(manifests(&path));
            }
        } else if path.extension().is_some_and(|it| it == "yaml") {
            files.push(path.to_string_lossy().into_owned());
        }
    }
    files.sort();
    files
}
