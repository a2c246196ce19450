//! The webhook reads a real cluster: what it says of other objects, of meshes and of stored routes, and what it makes of
//! an API server that goes away.

use std::time::Duration;

use meshroute_tests::{
    control_plane::{self, ControlPlane},
    program::Outcome,
    wait,
    webhook::{Webhook, broken},
};
use serde_json::{Value, json};

/// Longer than anything takes.
const LIMIT: Duration = Duration::from_secs(90);

fn start(cluster: &ControlPlane, flags: &[&str]) -> Webhook {
    let program = env!("CARGO_BIN_EXE_meshroute-tests-webhook");
    let kubeconfig = Some(cluster.kubeconfig());
    let webhook = Webhook::start(program, env!("CARGO_TARGET_TMPDIR"), kubeconfig, flags);
    webhook.until_ready();
    webhook
}

fn route(name: &str, parent: &Value, backend: &str) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
           "metadata": {"name": name},
           "spec": {"parentRefs": [parent],
                    "rules": [{"backendRefs": [{"name": backend, "port": 80}]}]}})
}

fn service(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
           "spec": {"selector": {"app": name}, "ports": [{"port": 80, "appProtocol": "http"}]}})
}

fn of(name: &str) -> Value {
    json!({"group": "", "kind": "Service", "name": name})
}

fn apply(cluster: &ControlPlane, namespace: &str, objects: &[Value]) -> Outcome {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    cluster.kubectl(&["apply", "-n", namespace, "-f", "-"], &list)
}

/// Applies until what is said satisfies: a watch brings news a moment later.
fn until(what: &str, mut ask: impl FnMut() -> Outcome, is_it: impl Fn(&Outcome) -> bool) {
    let answer = wait::until(LIMIT, || match ask() {
        outcome if is_it(&outcome) => Ok(()),
        outcome => Err(outcome.stderr),
    });
    answer.unwrap_or_else(|said| panic!("{what}: {said}"));
}

#[test]
fn what_is_missing_in_the_cluster_is_said_and_never_denied() {
    let test = "what_is_missing_in_the_cluster_is_said_and_never_denied";
    let Some(cluster) = control_plane::own(test) else { return };
    let webhook = start(&cluster, &[]);
    webhook.register(&cluster, "Fail");
    let home = cluster.namespace();

    let missing = apply(&cluster, &home, &[route("a", &of("nobody"), "nowhere")]);
    assert_eq!(missing.code, 0, "{}", missing.stderr);
    for words in ["Warning: MR010", "Warning: MR033"] {
        assert!(missing.stderr.contains(words), "{words}: {}", missing.stderr);
    }

    // A Service of a moment ago is there, whether the watch has brought it or not.
    let mut said = Vec::new();
    for number in 0..20 {
        let name = format!("web-{number}");
        let both = apply(&cluster, &home, &[service(&name), route(&name, &of(&name), &name)]);
        assert_eq!(both.code, 0, "{}", both.stderr);
        said.extend(both.stderr.contains("Warning").then_some(both.stderr));
    }
    // An API server that does other work may take longer than a review waits for it.
    assert!(said.len() <= 2, "{said:#?}");

    // What goes is missed.
    cluster.kubectl(&["delete", "service", "web-0", "-n", &home], "").success();
    let again = || {
        let mut changed = route("web-0", &of("web-0"), "web-0");
        changed["spec"]["rules"][0]["backendRefs"][0]["weight"] = 7.into();
        let gone = ["delete", "httproute", "web-0", "-n", &home, "--ignore-not-found"];
        cluster.kubectl(&gone, "").success();
        apply(&cluster, &home, &[changed])
    };
    until("a Service that is gone", again, |outcome| outcome.stderr.contains("MR010"));

    // The gauge counts what is stored.
    let count = || {
        let start =
            format!("meshroute_findings{{code=\"MR010\",level=\"warning\",namespace=\"{home}\"}}");
        match webhook.metric(&start) {
            Some(count) if count > 0.0 => Ok(()),
            other => Err(format!("{other:?}")),
        }
    };
    wait::until(LIMIT, count).expect("stored routes are judged");
    assert!(
        webhook.metric("meshroute_cache_age_seconds{kind=\"Service\"}").is_some_and(|it| it < 90.0)
    );
}

#[test]
fn the_meshes_of_the_cluster_decide_what_is_an_error() {
    let test = "the_meshes_of_the_cluster_decide_what_is_an_error";
    let Some(cluster) = control_plane::own(test) else { return };
    let webhook = start(&cluster, &[]);
    webhook.register(&cluster, "Fail");
    let home = cluster.namespace();
    apply(&cluster, &home, &[service("web")]).success();
    // There is another mesh in the cluster, which does not count here.
    let other = cluster.namespace();
    cluster.kubectl(&["annotate", "namespace", &other, "linkerd.io/inject=enabled"], "").success();
    // Group "core" attaches on Linkerd; on Istio it does nothing.
    let mut parent = of("web");
    parent["group"] = "core".into();
    let core = || apply(&cluster, &home, &[route("core", &parent, "web")]);
    let label = |text: &str| {
        cluster.kubectl(&["label", "namespace", &home, text, "--overwrite"], "").success();
    };
    label("istio-injection=enabled");
    until("in Istio's namespace", core, |it| it.code != 0 && it.stderr.contains("MR006"));
    label("istio-injection-");
    cluster.kubectl(&["annotate", "namespace", &home, "linkerd.io/inject=enabled"], "").success();
    until("in Linkerd's namespace", core, |it| it.code == 0);
}

#[test]
fn an_api_server_that_comes_back_is_followed_on() {
    let test = "an_api_server_that_comes_back_is_followed_on";
    let Some(mut cluster) = control_plane::own(test) else { return };
    let webhook = start(&cluster, &[]);
    webhook.register(&cluster, "Fail");
    let home = cluster.namespace();
    apply(&cluster, &home, &[service("web")]).success();

    cluster.kill_api_server();
    // Static checks need nobody, and no probe fails for what is not our fault.
    wait::until(LIMIT, || {
        let log = webhook.log();
        if log.iter().any(|line| line.contains("cannot follow")) {
            Ok(())
        } else {
            Err("no line".into())
        }
    })
    .expect("it notices");
    assert!(webhook.get("/readyz").starts_with("HTTP/1.1 200"));
    cluster.start_api_server().expect("it starts again");

    let is_asked = || cluster.kubectl(&["apply", "-f", "-"], &broken("x").to_string());
    until("after a restart", is_asked, |it| it.stderr.contains("MR050"));
    apply(&cluster, &home, &[service("later")]).success();
    let gone = || {
        cluster.kubectl(&["delete", "httproute", "--all", "-n", &home], "").success();
        apply(&cluster, &home, &[route("a", &of("web"), "later"), route("b", &of("web"), "never")])
    };
    until("news after a restart", gone, |it| {
        it.stderr.contains("never") && !it.stderr.contains("later")
    });
    // Nothing was said twice.
    let lines = webhook.log();
    let lost = lines.iter().filter(|line| line.contains("cannot follow")).count();
    assert!(lost <= 11, "{lost} lines: {lines:#?}");
}
