//! Argo CD: how it syncs, what it ignores, what it tracks.

use serde_json::{Value, json};

use super::{NO, UNKNOWN, YES, application, is, nobody, shown, tracked, with};

fn ignoring(rule: Value) -> Value {
    with(application(), "spec.ignoreDifferences", json!([rule]))
}

#[test]
fn self_heal_reverts_and_other_ways_to_sync_do_not() {
    let policy = |policy| [with(application(), "spec.syncPolicy", policy)];
    is(shown(tracked(), &[application()]), "Argo CD/shop (self-heal)", YES);
    is(
        shown(tracked(), &policy(json!({"automated": {"prune": true}}))),
        "Argo CD/shop (auto-sync)",
        NO,
    );
    is(shown(tracked(), &policy(json!({}))), "Argo CD/shop (manual sync)", NO);
    let off = json!({"automated": {"selfHeal": true, "enabled": false}});
    is(shown(tracked(), &policy(off)), "Argo CD/shop (manual sync)", NO);
    let skip = json!({"argocd.argoproj.io/skip-reconcile": "true"});
    let skipped = with(application(), "metadata.annotations", skip);
    is(shown(tracked(), &[skipped]), "Argo CD/shop (skip-reconcile)", NO);
}

#[test]
fn self_heal_is_certain_only_for_what_the_application_manages_here() {
    let cases = [
        ("status.resources", json!([])),
        ("status.resources.0.requiresPruning", json!(true)),
        ("spec.destination", json!({"server": "https://10.0.0.1"})),
        ("spec.destination", json!({"name": "other"})),
    ];
    for (path, value) in cases {
        let changed = with(application(), path, value);
        is(shown(tracked(), &[changed]), "Argo CD/shop (self-heal)", UNKNOWN);
    }
    for (path, value) in [
        ("status.operationState.phase", json!("Failed")),
        ("status.conditions", json!([{"type": "ComparisonError"}])),
    ] {
        let changed = with(application(), path, value);
        is(shown(tracked(), &[changed]), "Argo CD/shop (self-heal, failing)", UNKNOWN);
    }
    let warned =
        with(application(), "status.conditions", json!([{"type": "OrphanedResourceWarning"}]));
    is(shown(tracked(), &[warned]), "Argo CD/shop (self-heal)", YES);
}

#[test]
fn ignored_weights_are_not_reverted() {
    let rule = |fields: Value| {
        let mut rule = fields;
        rule["group"] = "gateway.networking.k8s.io".into();
        rule["kind"] = "HTTPRoute".into();
        [ignoring(rule)]
    };
    let ignored = "Argo CD/shop (self-heal, weights ignored)";
    for fields in [
        json!({"jqPathExpressions": [".spec.rules[].backendRefs[].weight"]}),
        json!({"jqPathExpressions": [".spec.rules[]?.backendRefs"]}),
        json!({"jqPathExpressions": [".spec.rules[0]"]}),
        json!({"jsonPointers": ["/spec/rules"]}),
        json!({"jsonPointers":
            ["/spec/rules/0/backendRefs/0/weight", "/spec/rules/0/backendRefs/1/weight"]}),
        json!({"managedFieldsManagers": ["kubectl-meshroute"]}),
    ] {
        is(shown(tracked(), &rule(fields)), ignored, NO);
    }
    let unclear = "Argo CD/shop (self-heal, some fields ignored)";
    for fields in [
        json!({"jsonPointers": ["/spec/rules/0/backendRefs/0/weight"]}),
        json!({"jqPathExpressions": [".spec.rules[] | select(.name == \"a\") | .backendRefs"]}),
    ] {
        is(shown(tracked(), &rule(fields)), unclear, UNKNOWN);
    }
    for fields in [
        json!({"jsonPointers": ["/spec/rules/1/backendRefs", "/spec/hostnames", "/metadata/labels"]}),
        json!({"jqPathExpressions": [".spec.rules[].filters", ".spec.rules[].backendRefs[].port"]}),
        json!({"managedFieldsManagers": ["rollouts-controller"]}),
        // No pointers to any field.
        json!({"jsonPointers": ["", "spec"]}),
    ] {
        is(shown(tracked(), &rule(fields)), "Argo CD/shop (self-heal)", YES);
    }
}

#[test]
fn ignored_differences_are_those_of_the_objects_they_name() {
    let rules = json!(["/spec/rules"]);
    let ignored = "Argo CD/shop (self-heal, weights ignored)";
    for target in [
        json!({"group": "*", "kind": "*"}),
        json!({"group": "*.k8s.io", "kind": "HTTP*"}),
        json!({"group": "*", "kind": "HTTPRoute", "name": "web", "namespace": "shop"}),
    ] {
        is(shown(tracked(), &[ignoring(with(target, "jsonPointers", rules.clone()))]), ignored, NO);
    }
    for target in [
        json!({"kind": "HTTPRoute"}),
        json!({"group": "*", "kind": "GRPCRoute"}),
        json!({"group": "*", "kind": "HTTPRoute", "name": "*"}),
        json!({"group": "*", "kind": "HTTPRoute", "namespace": "pay"}),
    ] {
        let rule = ignoring(with(target, "jsonPointers", rules.clone()));
        is(shown(tracked(), &[rule]), "Argo CD/shop (self-heal)", YES);
    }
    let braces = json!({"group": "*", "kind": "{HTTP,GRPC}Route", "jsonPointers": ["/spec"]});
    let unclear = "Argo CD/shop (self-heal, some fields ignored)";
    is(shown(tracked(), &[ignoring(braces)]), unclear, UNKNOWN);
}

#[test]
fn a_tracking_id_counts_on_the_object_that_it_names() {
    let id = |id: &str| json!({"annotations": {"argocd.argoproj.io/tracking-id": id}});
    for other in [
        "shop:gateway.networking.k8s.io/HTTPRoute:shop/other",
        "shop:gateway.networking.k8s.io/HTTPRoute:pay/web",
        "shop:gateway.networking.k8s.io/GRPCRoute:shop/web",
        "shop:HTTPRoute:shop/web",
        "shop",
        "",
    ] {
        nobody(shown(id(other), &[application()]));
    }
    let elsewhere = with(application(), "metadata.namespace", json!("teams"));
    let qualified = id("teams_shop:gateway.networking.k8s.io/HTTPRoute:shop/web");
    is(shown(qualified.clone(), std::slice::from_ref(&elsewhere)), "Argo CD/shop (self-heal)", YES);
    is(shown(qualified, &[application()]), "Argo CD/shop (not found)", UNKNOWN);
    // Of two of a name, the one that manages the route.
    let other = with(elsewhere, "status.resources", json!([]));
    is(shown(tracked(), &[application(), other]), "Argo CD/shop (self-heal)", YES);
}

#[test]
fn the_label_of_an_instance_counts_where_its_application_manages_the_route() {
    let label = json!({"labels": {"app.kubernetes.io/instance": "shop"}});
    is(shown(label.clone(), &[application()]), "Argo CD/shop (self-heal)", YES);
    nobody(shown(label.clone(), &[with(application(), "status.resources", json!([]))]));
    nobody(shown(label, &[]));
}
