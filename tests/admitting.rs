//! The webhook as a real API server calls it: what kubectl shows of a denial and of a warning, what is
//! let through, what is filled in, and what happens when it is gone.

use meshroute_tests::{
    control_plane::{self, ControlPlane},
    program::Outcome,
    webhook::Webhook,
};
use serde_json::{Value, json};

fn start() -> Webhook {
    let program = env!("CARGO_BIN_EXE_meshroute-tests-webhook");
    Webhook::start(program, env!("CARGO_TARGET_TMPDIR"), None, &[])
}

fn route(name: &str, parents: Value, backends: &[(&str, Option<u32>)]) -> String {
    let backends = backends.iter().map(|(name, weight)| match weight {
        Some(weight) => json!({"name": name, "port": 80, "weight": weight}),
        None => json!({"name": name, "port": 80}),
    });
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
           "metadata": {"name": name}, "spec": {"parentRefs": parents,
           "rules": [{"backendRefs": backends.collect::<Vec<_>>()}]}})
    .to_string()
}

fn service() -> Value {
    json!([{"group": "", "kind": "Service", "name": "web"}])
}

fn inert() -> Value {
    json!([{"kind": "Service", "name": "web"}])
}

fn stored(cluster: &ControlPlane, name: &str) -> Value {
    let read = cluster.kubectl(&["get", "httproute", name, "-o", "json"], "").success();
    serde_json::from_str(&read).expect("it is JSON")
}

#[test]
fn an_api_server_denies_warns_and_fills_in_as_the_webhook_says() {
    let test = "an_api_server_denies_warns_and_fills_in_as_the_webhook_says";
    let Some(cluster) = control_plane::own(test) else { return };
    let apply = |text: &str| -> Outcome { cluster.kubectl(&["apply", "-f", "-"], text) };
    // What was there before anybody looked.
    apply(&route("old", inert(), &[("web", None)])).success();
    let webhook = start();
    webhook.register(&cluster, "Fail");

    let denied = apply(&route("new", inert(), &[("web", None), ("Web", Some(1))]));
    assert_ne!(denied.code, 0, "{}", denied.stdout);
    for words in ["MR001", "add group: \"\"", "MR031", "spec.parentRefs[0]"] {
        assert!(denied.stderr.contains(words), "{words}: {}", denied.stderr);
    }
    assert!(cluster.kubectl(&["get", "httproute", "new"], "").stderr.contains("NotFound"));

    // Old mistakes deny nothing, new ones do.
    cluster.kubectl(&["label", "httproute", "old", "team=a"], "").success();
    let worse = apply(&route("old", inert(), &[("Web", None)]));
    assert!(worse.stderr.contains("MR031") && !worse.stderr.contains("MR001"), "{}", worse.stderr);
    cluster.kubectl(&["delete", "httproute", "old"], "").success();

    let warned = apply(&route("canary", service(), &[("web", Some(90)), ("web-v2", None)]));
    assert_eq!(warned.code, 0, "{}", warned.stderr);
    assert!(warned.stderr.contains("Warning: MR052"), "{}", warned.stderr);
    assert!(warned.stderr.contains("1.1 %"), "{}", warned.stderr);

    // A route of Gateways is not even asked about.
    apply(&route("edge", json!([{"name": "public"}]), &[("Web", None)])).success();

    // Weights that are meant as percentages are completed, or denied.
    let percent = |first: u32, second: Option<u32>| {
        let text = route("percent", service(), &[("web", Some(first)), ("web-v2", second)]);
        text.replace(
            "{\"name\":\"percent\"}",
            "{\"name\":\"percent\",\"annotations\":{\"meshroute.dev/weights\":\"percent\"}}",
        )
    };
    let outcome = apply(&percent(90, None));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let weights = &stored(&cluster, "percent")["spec"]["rules"][0]["backendRefs"];
    assert_eq!((&weights[0]["weight"], &weights[1]["weight"]), (&json!(90), &json!(10)));
    let wrong = apply(&percent(90, Some(20)));
    assert!(wrong.stderr.contains("MR053"), "{}", wrong.stderr);
    // The same manifest again changes nothing.
    assert!(apply(&percent(90, None)).success().contains("percent"));
    let again = &stored(&cluster, "percent")["spec"]["rules"][0]["backendRefs"];
    assert_eq!(again, weights);

    let seen = webhook.log();
    let of = |words: &[&str]| seen.iter().any(|line| words.iter().all(|it| line.contains(it)));
    assert!(of(&["denied", "MR001"]), "{seen:#?}");
    assert!(!of(&["edge"]), "{seen:#?}");
}

#[test]
fn a_webhook_that_is_gone_stops_nobody_where_failures_are_ignored() {
    let test = "a_webhook_that_is_gone_stops_nobody_where_failures_are_ignored";
    let Some(cluster) = control_plane::own(test) else { return };
    let webhook = start();
    webhook.register(&cluster, "Ignore");
    drop(webhook);
    let text = route("new", inert(), &[("web", None)]);
    assert_eq!(cluster.kubectl(&["apply", "-f", "-"], &text).code, 0);
}
