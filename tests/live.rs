//! A cluster gives the same answers as the files that describe it, and says what it does not give.
#![expect(clippy::print_stdout, reason = "a test that compares says how much it compared")]

use std::fs;

use meshroute_tests::{
    control_plane::{self, ControlPlane, Programs, User},
    gateway_api::Conformance,
    program::{self, Outcome},
    recorded::Set,
    tools::skip_unless,
};
use serde_json::{Value, json};

/// The kinds that decide splits on a server without a mesh.
const KINDS: &str =
    "httproutes,grpcroutes,referencegrants,gateways,services,endpointslices,namespaces";

const MESHES: [&str; 7] =
    ["spec", "istio", "istio-ambient", "linkerd", "cilium", "kuma", "kgateway"];

/// The namespace that the conformance cases dial Services in.
const CONFORMANCE: &str = "gateway-conformance-mesh";

/// An EndpointSlice of a Service that no case dials.
const ELSEWHERE: &str = r#"{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
 "metadata": {"namespace": "default", "name": "else-1", "labels": {"kubernetes.io/service-name": "else"}},
 "ports": [{"name": "", "port": 80}], "endpoints": [{"addresses": ["10.0.0.1"]}]}"#;

#[test]
fn bookinfo_is_the_same_from_a_cluster_and_from_its_files() {
    let Some(cluster) =
        control_plane::own("bookinfo_is_the_same_from_a_cluster_and_from_its_files")
    else {
        return;
    };
    let folder = example("examples/bookinfo");
    cluster.kubectl(&["create", "namespace", "web"], "").success();
    cluster.kubectl(&["apply", "-f", &folder], "").success();
    let dump = dump(&cluster);

    let questions: [&[&str]; 9] = [
        &["reviews"],
        &["reviews", "--no-headers", "--host", "reviews.example"],
        &["reviews", "-o", "markdown", "--mesh", "linkerd"],
        &["reviews", "-o", "json", "--from-namespace", "web"],
        &["svc/details", "-o", "yaml"],
        &["-A", "-o", "name"],
        &["-n", "web"],
        &["-l", "!app", "-o", "jsonpath={.items[*].rules[*].backends[*].share}"],
        &["ratings", "--port", "9080", "--mesh", "kuma"],
    ];
    for question in questions {
        let live = live(cluster.kubeconfig(), question);
        assert_eq!(live.code, 0, "{question:?}: {}", live.stderr);
        assert!(!live.stdout.is_empty() || question.contains(&"web"), "{question:?}");
        assert_eq!(live, from(&dump, question), "{question:?}");
    }
    for question in [&["revews"][..], &["reviews", "-n", "web"], &["reviews", "--port", "1"]] {
        let live = live(cluster.kubeconfig(), question);
        assert_eq!((live.code, live.stdout.as_str()), (1, ""), "{question:?}");
        let mut in_files = question.to_vec();
        if !question.contains(&"-n") {
            in_files.extend(["-n", "default"]);
        }
        assert_eq!(live, from(&dump, &in_files), "{question:?}");
    }

    // What was written is what the server holds, but for what it adds.
    for service in ["reviews", "details", "ratings"] {
        let question = [service, "-o", "json"];
        let applied = program::run(&["split", service, "-o", "json", "-f", &folder], "");
        let live = live(cluster.kubeconfig(), &question).success();
        assert_eq!(written(&live), written(&applied.success()), "{service}");
    }
}

#[test]
fn conformance_manifests_are_the_same_from_a_cluster() {
    let test = "conformance_manifests_are_the_same_from_a_cluster";
    let Some(cluster) = control_plane::own(test) else { return };
    let Some(conformance) = skip_unless(test, Conformance::find()) else { return };
    // Nobody makes endpoints here; one slice tells readers of files that there are no others.
    let base = format!("{}\n---\n{ELSEWHERE}", conformance.manifest("mesh/manifests.yaml"));
    cluster.kubectl(&["apply", "--server-side", "-f", "-"], &base).success();
    let mut compared = 0;
    for name in conformance.mesh_manifests() {
        let manifest = conformance.manifest(&format!("tests/mesh/{name}.yaml"));
        cluster.kubectl(&["apply", "--server-side", "-f", "-"], &manifest).success();
        let dump = dump(&cluster);
        for mesh in ["istio", "linkerd"] {
            let question = ["-A", "-o", "json", "--mesh", mesh];
            let live = live(cluster.kubeconfig(), &question);
            assert_eq!(live, from(&dump, &question), "{name} {mesh}");
            let applied = from(&format!("{base}\n---\n{manifest}"), &question);
            assert_eq!(written(&live.success()), written(&applied.success()), "{name} {mesh}");
            compared += 1;
        }
        let alone = live(cluster.kubeconfig(), &["echo-v1", "-n", CONFORMANCE, "-o", "json"]);
        assert_eq!(alone, from(&dump, &["echo-v1", "-n", CONFORMANCE, "-o", "json"]), "{name}");
        cluster.kubectl(&["delete", "--wait=false", "-f", "-"], &manifest).success();
    }
    assert!(compared > 20, "only {compared} answers");
    println!("{compared} answers about all Services");
}

#[test]
fn random_clusters_are_the_same_from_a_cluster() {
    let Some(cluster) = control_plane::own("random_clusters_are_the_same_from_a_cluster") else {
        return;
    };
    let folder = Set::Random.folder().join("cases");
    let mut cases: Vec<String> = fs::read_dir(folder)
        .expect("the cases are there")
        .map(|entry| entry.expect("a folder can be listed").path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    cases.sort();
    let manifests: String = cases.iter().map(|case| Set::Random.manifests("istio", case)).collect();
    cluster.kubectl(&["create", "-f", "-"], &manifests).success();
    let dump = dump(&cluster);
    let objects = objects(&cluster);
    for mesh in MESHES {
        let question = ["-A", "-o", "json", "--mesh", mesh];
        let live = live(cluster.kubeconfig(), &question);
        assert!(live.stdout.matches("\"kind\": \"Split\"").count() >= cases.len(), "{mesh}");
        same(&live, &from(&dump, &question), mesh);
    }
    // One Service alone, for which only a part of the cluster is read.
    for (case, mesh) in cases.iter().zip(MESHES.iter().cycle()) {
        let (producer, consumer) = (format!("{case}-prod"), format!("{case}-cons"));
        let alone = of_case(&objects, case);
        for client in [&[][..], &["--from-namespace", &consumer]] {
            let question =
                [&["web", "-n", &producer, "-o", "json", "--mesh", mesh], client].concat();
            let live = live(cluster.kubeconfig(), &question);
            assert_eq!(live.code, 0, "{question:?}: {}", live.stderr);
            same(&live, &from(&alone, &question), &format!("{question:?}"));
        }
    }
    println!("{} clusters at once", cases.len());
}

#[test]
fn what_may_not_be_read_is_unknown_and_said_once() {
    let test = "what_may_not_be_read_is_unknown_and_said_once";
    let Some(cluster) = control_plane::shared(test) else { return };
    let (home, web) = (cluster.namespace(), cluster.namespace());
    let moves = [("default", home.as_str()), ("web", web.as_str())];
    cluster.apply_moved(&[&example("examples/bookinfo")], &moves);
    let read = json!([
        {"apiGroups": ["gateway.networking.k8s.io"], "resources": ["httproutes"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["services"], "verbs": ["get", "list"]}]);
    let question = ["reviews", "-n", &home, "-o", "json", "--mesh", "istio"];
    let all = live(cluster.kubeconfig(), &question);
    assert_eq!((all.code, all.stderr.as_str()), (0, ""));

    let everywhere = cluster.user();
    cluster.grant(&everywhere, None, &read);
    let some = live(everywhere.kubeconfig(), &question);
    assert_eq!(some.stderr.lines().count(), 1, "{}", some.stderr);
    assert!(some.stderr.contains("endpointslices (READY)"), "{}", some.stderr);
    assert_eq!(unready(&some.success()), unready(&all.clone().success()));

    // In one namespace: what clients elsewhere have of their own is not seen.
    let in_home = cluster.user();
    cluster.grant(&in_home, Some(&home), &read);
    let some = live(in_home.kubeconfig(), &question);
    assert_eq!(some.stderr.lines().count(), 1, "{}", some.stderr);
    assert!(some.stderr.contains(&format!("httproutes outside {home} (")), "{}", some.stderr);
    let mut without = unready(&all.success());
    without["exceptions"] = json!([]);
    assert_eq!(unready(&some.success()), without);
    let table = live(in_home.kubeconfig(), &question[..3]).success();
    assert!(table.contains("100.0%       ?  ok"), "{table}");
}

#[test]
fn without_the_permission_that_an_answer_needs_there_is_none() {
    let test = "without_the_permission_that_an_answer_needs_there_is_none";
    let Some(cluster) = control_plane::shared(test) else { return };
    let home = cluster.namespace();
    cluster.apply_moved(&[&example("examples/bookinfo/services.yaml")], &[("default", &home)]);
    let question = ["reviews", "-n", &home];
    let nobody = cluster.user();
    refused(&nobody, &question, "cannot list resource \"httproutes\"");

    let routes = cluster.user();
    let read = json!([{"apiGroups": ["gateway.networking.k8s.io"], "resources": ["httproutes"], "verbs": ["list"]}]);
    cluster.grant(&routes, None, &read);
    refused(&routes, &question, &format!("Service {home}/reviews cannot be read"));
}

#[test]
fn a_server_without_gateway_api_says_so() {
    let test = "a_server_without_gateway_api_says_so";
    let Some(programs) = skip_unless(test, Programs::find()) else { return };
    let cluster = ControlPlane::start(&programs).expect("it starts");
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
                         "spec": {"ports": [{"port": 80}]}});
    cluster.apply("default", &service.to_string());
    let outcome = live(cluster.kubeconfig(), &["web"]);
    assert_eq!(outcome.code, 0);
    assert_eq!(
        outcome.stderr,
        "warning: Gateway API is not installed here: this API server serves no HTTPRoutes\n"
    );
    assert!(outcome.stdout.contains("no route in effect"), "{}", outcome.stdout);
    let outcome = live(cluster.kubeconfig(), &[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""));
    assert!(outcome.stderr.ends_with("no mesh routes in default\n"), "{}", outcome.stderr);

    // An old installation serves HTTPRoute only as v1beta1; a very old one only as v1alpha2.
    install(&cluster, "v1beta1");
    let route = json!({"apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "HTTPRoute",
        "metadata": {"name": "web"},
        "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}],
                 "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}});
    cluster.apply("default", &route.to_string());
    let outcome = live(cluster.kubeconfig(), &["web"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert!(outcome.stdout.contains("route web\n"), "{}", outcome.stdout);

    cluster.kubectl(&["delete", "crd", "httproutes.gateway.networking.k8s.io"], "").success();
    install(&cluster, "v1alpha2");
    let outcome = live(cluster.kubeconfig(), &["web"]);
    assert_eq!(outcome.code, 0);
    let said = "this API server serves httproutes only as v1alpha2, and v1 or v1beta1 is needed";
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
}

#[test]
fn the_mesh_is_found_in_a_cluster() {
    let Some(cluster) = control_plane::own("the_mesh_is_found_in_a_cluster") else { return };
    let namespace = cluster.namespace();
    let folder = example("examples/bookinfo");
    let files = ["services", "route-reviews"].map(|file| format!("{folder}/{file}.yaml"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    cluster.apply_moved(&files, &[("default", &namespace)]);
    let heading = || {
        let outcome = live(cluster.kubeconfig(), &["reviews", "-n", &namespace]);
        outcome.success().lines().next().unwrap_or_default().to_owned()
    };
    assert!(heading().contains("mesh spec  route reviews"), "{}", heading());
    define(&cluster, "linkerd.io", "v1alpha2", "ServiceProfile", "serviceprofiles");
    assert!(heading().contains("mesh linkerd "), "{}", heading());
    cluster.kubectl(&["label", "namespace", &namespace, "istio-injection=enabled"], "").success();
    assert!(heading().contains("mesh istio "), "{}", heading());
    // What a controller says of the route counts more than labels.
    let status = json!({"status": {"parents": [{
        "parentRef": {"group": "", "kind": "Service", "name": "reviews"},
        "controllerName": "linkerd.io/policy-controller",
        "conditions": [{"type": "Accepted", "status": "True", "reason": "Accepted", "message": "",
                        "lastTransitionTime": "2026-01-01T00:00:00Z"}]}]}});
    let patch = [
        "patch",
        "httproute",
        "reviews",
        "-n",
        &namespace,
        "--subresource=status",
        "--type=merge",
        "-p",
        &status.to_string(),
    ];
    cluster.kubectl(&patch, "").success();
    assert!(heading().contains("mesh linkerd  route reviews (accepted)"), "{}", heading());
}

#[test]
fn owners_are_found_in_a_cluster() {
    let Some(cluster) = control_plane::own("owners_are_found_in_a_cluster") else { return };
    for (group, version, kind, plural) in [
        ("argoproj.io", "v1alpha1", "Application", "applications"),
        ("argoproj.io", "v1alpha1", "Rollout", "rollouts"),
        ("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations"),
        ("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases"),
        ("flagger.app", "v1beta1", "Canary", "canaries"),
    ] {
        define(&cluster, group, version, kind, plural);
    }
    for namespace in ["shop", "argocd", "flux-system"] {
        cluster.kubectl(&["create", "namespace", namespace], "").success();
    }
    cluster.apply("default", ELSEWHERE);
    let case = |file: &str| example(&format!("tests/cases/owner/{file}.yaml"));
    let create = ["create", "-f", &case("routes"), "-f", &case("tools")];
    cluster.kubectl(&create, "").success();
    let kinds = "applications,rollouts,kustomizations,helmreleases,canaries";
    let tools = ["get", kinds, "-A", "-o", "yaml"];
    let tools = cluster.kubectl(&tools, "").success();
    let dump = format!("{}\n---\n{tools}", dump(&cluster));
    for question in
        [&["-n", "shop", "-o", "wide"][..], &["-A", "-o", "json"], &["argo-cd", "-n", "shop"]]
    {
        let live = live(cluster.kubeconfig(), question);
        assert!(
            question.contains(&"json") || live.stdout.contains("Argo CD/shop (self-heal)"),
            "{}",
            live.stdout
        );
        assert_eq!(live, from(&dump, question), "{question:?}");
    }

    // Whoever may not read the tools' objects learns which tool it is.
    let user = cluster.user();
    let read = json!([{"apiGroups": ["", "gateway.networking.k8s.io"],
                       "resources": ["httproutes", "services", "namespaces"], "verbs": ["list"]}]);
    cluster.grant(&user, None, &read);
    let outcome = live(user.kubeconfig(), &["argo-cd", "-n", "shop"]);
    assert!(outcome.stdout.contains("owner Argo CD/shop (?)"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("applications (owner)"), "{}", outcome.stderr);
    assert_eq!((outcome.code, outcome.stderr.lines().count()), (0, 1), "{}", outcome.stderr);
}

/// Installs HTTPRoute in one version, without a schema.
fn install(cluster: &ControlPlane, version: &str) {
    define(cluster, "gateway.networking.k8s.io", version, "HTTPRoute", "httproutes");
}

/// Installs a kind in one version, without a schema.
fn define(cluster: &ControlPlane, group: &str, version: &str, kind: &str, plural: &str) {
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}"),
                     "annotations": {"api-approved.kubernetes.io": "unapproved, test"}},
        "spec": {"group": group, "scope": "Namespaced", "names": {"plural": plural, "kind": kind},
                 "versions": [{"name": version, "served": true, "storage": true, "schema": schema}]}});
    cluster.apply("default", &crd.to_string());
    let established = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"];
    cluster.kubectl(&established, "").success();
}

fn refused(user: &User, question: &[&str], why: &str) {
    let outcome = live(user.kubeconfig(), question);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{}", outcome.stderr);
    let errors: Vec<_> = outcome.stderr.lines().filter(|it| it.starts_with("error: ")).collect();
    assert!(errors.len() == 1 && errors[0].contains(why), "{}", outcome.stderr);
}

/// Asks the cluster.
fn live(kubeconfig: &std::path::Path, question: &[&str]) -> Outcome {
    let kubeconfig = kubeconfig.to_string_lossy();
    program::run(&[&["split", "--kubeconfig", &kubeconfig], question].concat(), "")
}

/// Asks files.
fn from(manifests: &str, question: &[&str]) -> Outcome {
    program::run(&[&["split", "-f", "-"], question].concat(), manifests)
}

/// All that decides splits, as kubectl prints it.
fn dump(cluster: &ControlPlane) -> String {
    let args = ["get", KINDS, "-A", "-o", "yaml", "--show-managed-fields"];
    cluster.kubectl(&args, "").success()
}

/// The same, object by object.
fn objects(cluster: &ControlPlane) -> Vec<Value> {
    let args = ["get", KINDS, "-A", "-o", "json", "--show-managed-fields"];
    let list: Value =
        serde_json::from_str(&cluster.kubectl(&args, "").success()).expect("kubectl prints JSON");
    list["items"].as_array().expect("a list").clone()
}

/// The objects in the namespaces of a case, and these namespaces, as manifests.
fn of_case(objects: &[Value], case: &str) -> String {
    let is_of_case = |object: &&Value| {
        let metadata = &object["metadata"];
        let namespace = metadata.get("namespace").unwrap_or(&metadata["name"]);
        namespace.as_str().is_some_and(|namespace| namespace.starts_with(&format!("{case}-")))
    };
    objects.iter().filter(is_of_case).map(|object| format!("---\n{object}\n")).collect()
}

/// Two long answers, compared without printing both.
fn same(live: &Outcome, files: &Outcome, about: &str) {
    assert_eq!((live.code, &live.stderr), (files.code, &files.stderr), "{about}");
    let lines = live.stdout.lines().zip(files.stdout.lines());
    for (number, (live, files)) in lines.enumerate() {
        assert_eq!(live, files, "{about}: line {}", number + 1);
    }
    assert_eq!(live.stdout.len(), files.stdout.len(), "{about}");
}

/// An answer without what a server adds: owners, and whether ages are known.
fn written(json: &str) -> Value {
    let mut value: Value = serde_json::from_str(json).expect("the answer is JSON");
    let strip = |split: &mut Value| {
        split["owner"] = Value::Null;
        split["undefinedOrder"] = json!([]);
        for rule in split["rules"].as_array_mut().into_iter().flatten() {
            rule.as_object_mut().expect("an object").remove("owner");
        }
    };
    match value["items"].as_array_mut() {
        Some(items) => items.iter_mut().for_each(strip),
        None => strip(&mut value),
    }
    value
}

/// An answer as it is where nobody knows what is ready.
fn unready(json: &str) -> Value {
    let mut value = written(json);
    for rule in value["rules"].as_array_mut().into_iter().flatten() {
        for backend in rule["backends"].as_array_mut().into_iter().flatten() {
            backend["ready"] = Value::Null;
        }
    }
    value
}

fn example(path: &str) -> String {
    format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))
}
