//! A real API server: `diff -f` says what applying files to a cluster changes, and reads little for it.

use meshroute_tests::{control_plane, program};
use serde_json::{Value, json};

#[test]
fn files_are_compared_with_the_cluster_they_would_be_applied_to() {
    let test = "files_are_compared_with_the_cluster_they_would_be_applied_to";
    let Some(cluster) = control_plane::shared(test) else { return };
    let (home, web) = (cluster.namespace(), cluster.namespace());
    let moves = [("default", home.as_str()), ("web", web.as_str())];
    let objects = cluster.apply_moved(&[&example("examples/bookinfo")], &moves);
    let manifests = |change: &dyn Fn(&mut Value)| -> String {
        let mut objects = objects.clone();
        objects.iter_mut().for_each(change);
        objects.iter().map(|object| format!("---\n{object}\n")).collect()
    };
    let diff = |user: &std::path::Path, files: &str, more: &[&str]| {
        let kubeconfig = user.to_string_lossy();
        let args = ["diff", "-f", "-", "--mesh", "istio", "--kubeconfig", &kubeconfig];
        program::run(&[&args[..], more].concat(), files)
    };
    let admin = cluster.kubeconfig();
    let is_reviews = |it: &Value| it["kind"] == "HTTPRoute" && it["metadata"]["name"] == "reviews";
    let shifted = |object: &mut Value| {
        if is_reviews(object) {
            object["spec"]["rules"][1]["backendRefs"][0]["weight"] = json!(30);
        }
    };

    let outcome = diff(admin, &manifests(&|_| ()), &[]);
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    let said = "compared with the cluster: what it has and the files do not hold stays as it is\n";
    assert_eq!(outcome.stderr, said);

    // One file is enough.
    let one: Vec<Value> = objects.iter().filter(|it| is_reviews(it)).cloned().collect();
    let mut one = one[0].clone();
    shifted(&mut one);
    let outcome = diff(admin, &one.to_string(), &["-o", "json"]);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    let answer: Value = serde_json::from_str(&outcome.stdout).expect("it is JSON");
    assert_eq!(answer["items"][0]["service"]["name"], "reviews");
    assert_eq!(answer["items"][0]["regions"][0]["shift"], "3/20");
    let all = diff(admin, &manifests(&shifted), &["-o", "json"]);
    let all: Value = serde_json::from_str(&all.stdout).expect("it is JSON");
    assert_eq!(all["items"], answer["items"]);

    // Only what it has to do with is read: these Services, and none of the others with routes.
    let narrow = cluster.user();
    let services = ["reviews", "reviews-v1", "reviews-v2", "reviews-v3"];
    let read = json!([
        {"apiGroups": ["gateway.networking.k8s.io"], "resources": ["*"], "verbs": ["list"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["services"], "resourceNames": services, "verbs": ["list"]}]);
    cluster.grant(&narrow, None, &read);
    let outcome = diff(narrow.kubeconfig(), &one.to_string(), &["-o", "json"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (1, said));
    assert_eq!(
        serde_json::from_str::<Value>(&outcome.stdout).expect("JSON")["items"],
        answer["items"]
    );

    // A version that is yet to come has no endpoints that anybody knows of.
    let to_come = format!(
        "{}\n---\n{}",
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": home, "name": "reviews-v9"},
               "spec": {"ports": [{"port": 9080}]}}),
        one.to_string().replace("reviews-v2", "reviews-v9")
    );
    let outcome = diff(admin, &to_come, &[]);
    assert!(
        outcome.stdout.contains("reviews-v9") && !outcome.stdout.contains("503"),
        "{}",
        outcome.stdout
    );

    // Whoever may not know a Service learns nothing about it, and is told.
    let user = cluster.user();
    let read = json!([{"apiGroups": ["gateway.networking.k8s.io"], "resources": ["httproutes"], "verbs": ["list"]}]);
    cluster.grant(&user, None, &read);
    let outcome = diff(user.kubeconfig(), &one.to_string(), &[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("cannot be read"), "{}", outcome.stderr);

    // Two meshes about one cluster.
    let kubeconfig = admin.to_string_lossy();
    let meshes = ["diff", "--mesh", "istio,linkerd", "-n", &home, "--kubeconfig", &kubeconfig];
    let outcome = program::run(&meshes, "");
    assert!(
        outcome.stdout.contains("mesh istio → linkerd"),
        "{}{}",
        outcome.stdout,
        outcome.stderr
    );
}

fn example(path: &str) -> String {
    format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))
}
