//! About what a real API server asks, where it is told by what the chart renders.

use std::time::Duration;

use meshroute_tests::{control_plane::ControlPlane, wait, webhook::Webhook};

use super::*;

/// An annotation of a route, or a label of a namespace, by which weights are filled in.
const WEIGHTS: &str = "meshroute.dev/weights";

fn route(name: &str, version: &str, parent: &Value, annotations: &Value) -> Value {
    json!({"apiVersion": format!("gateway.networking.k8s.io/{version}"), "kind": "HTTPRoute",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"parentRefs": [parent], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}})
}

/// How often the webhook was asked so far to judge and to fill in.
fn times(webhook: &Webhook) -> (f64, f64) {
    let times = |path: &str| {
        let start = format!("meshroute_http_requests_total{{path=\"{path}\",code=\"200\"}}");
        webhook.metric(&start).unwrap_or(0.0)
    };
    (times("/validate"), times("/mutate"))
}

/// Holds how often the webhook is asked about a route, which is not stored.
fn hold(
    cluster: &ControlPlane,
    webhook: &Webhook,
    namespace: &str,
    route: &Value,
    expected: (f64, f64),
) {
    let args = ["create", "--dry-run=server", "-n", namespace, "-f", "-"];
    // The server hears of configurations a little later than of other objects.
    wait::until(Duration::from_secs(30), || {
        let before = times(webhook);
        let outcome = cluster.kubectl(&args, &route.to_string());
        let after = times(webhook);
        let found = (after.0 - before.0, after.1 - before.1);
        if found == expected { Ok(()) } else { Err(format!("{found:?}: {}", outcome.stderr)) }
    })
    .unwrap_or_else(|found| panic!("{route} in {namespace} {expected:?}: {found}"));
}

#[test]
fn the_webhook_is_asked_once_about_what_is_meant_for_it() {
    let test = "the_webhook_is_asked_once_about_what_is_meant_for_it";
    let (Some(chart), Some(cluster)) = (chart::open(test), control_plane::own(test)) else {
        return;
    };
    let namespace = |label: &str| {
        let namespace = cluster.namespace();
        cluster.kubectl(&["label", "namespace", &namespace, label], "").success();
        namespace
    };
    let plain = cluster.namespace();
    let opted_in = namespace(&format!("{WEIGHTS}=percent"));
    let left_alone = namespace("meshroute.dev/admission=disabled");
    let other_team = namespace("team=a");

    let program = env!("CARGO_BIN_EXE_meshroute-tests-webhook");
    let webhook = Webhook::start(program, env!("CARGO_TARGET_TMPDIR"), None, &[]);
    let register = |values: &Value| {
        let objects = chart.render(values);
        for object in chart::configurations_at(&objects, &webhook.address, &webhook.authority) {
            cluster.kubectl(&["apply", "-f", "-"], &object.to_string()).success();
        }
    };
    let hold = |namespace: &str, route: &Value, judge: f64, fill_in: f64| {
        hold(&cluster, &webhook, namespace, route, (judge, fill_in));
    };
    let service = json!({"group": "", "kind": "Service", "name": "web"});
    let annotations = json!({WEIGHTS: "percent"});
    let a_route = route("web", "v1", &service, &json!({}));
    let annotated = route("web", "v1", &service, &annotations);
    let of_gateway = route("web", "v1", &json!({"name": "public"}), &annotations);

    register(&json!({}));
    hold(&plain, &a_route, 1.0, 0.0);
    hold(&plain, &annotated, 1.0, 1.0);
    hold(&opted_in, &a_route, 1.0, 1.0);
    hold(&opted_in, &annotated, 1.0, 1.0);
    hold(&opted_in, &route("web", "v1beta1", &service, &json!({})), 1.0, 1.0);
    hold(&opted_in, &of_gateway, 0.0, 0.0);
    hold(&left_alone, &annotated, 0.0, 0.0);
    hold("kube-system", &annotated, 0.0, 0.0);

    register(&json!({"mutation": {"scope": "all"}}));
    hold(&plain, &a_route, 1.0, 1.0);
    hold(&opted_in, &annotated, 1.0, 1.0);
    hold(&opted_in, &of_gateway, 0.0, 0.0);
    hold(&left_alone, &annotated, 0.0, 0.0);

    register(&json!({"webhook": {
        "extraNamespaceSelector": [{"key": "team", "operator": "NotIn", "values": ["a"]}],
        "extraMatchConditions": [{"name": "not-mine",
                                  "expression": "object.metadata.name != 'mine'"}],
    }}));
    hold(&other_team, &annotated, 0.0, 0.0);
    hold(&plain, &annotated, 1.0, 1.0);
    hold(&plain, &route("mine", "v1", &service, &annotations), 0.0, 0.0);
    // What is always left alone stays so.
    hold(&left_alone, &annotated, 0.0, 0.0);
}
