//! Each rule by which an owner is found, beside the case that it does not hold for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Evidence, Owner, Tool, owner};
use crate::{
    cluster::{Cluster, Known, Object, Part},
    kind::Kind,
    lower::lower,
    name::{ObjectName, RouteKind},
};

mod argo_cd;

const YES: Known<bool> = Known::Known(true);
const NO: Known<bool> = Known::Known(false);
const UNKNOWN: Known<bool> = Known::Unknown;

/// The route `shop/web` with this metadata, and 90 to 10 in its first rule.
fn route(metadata: Value) -> Value {
    let mut metadata = metadata;
    metadata["namespace"] = "shop".into();
    metadata["name"] = "web".into();
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata,
    "spec": {"rules": [
        {"backendRefs": [{"name": "web-v1", "weight": 90}, {"name": "web-v2", "weight": 10}]},
        {"backendRefs": [{"name": "web-v1"}]}]}})
}

fn insert(cluster: &mut Cluster, object: &Value) {
    let text = |field: &str| object[field].as_str().expect("it is a text").to_owned();
    let kind = Kind::of(&text("apiVersion"), &text("kind")).expect("the kind is known");
    let lowered = lower(kind, object, "");
    assert_eq!(lowered.problems, []);
    // A Rollout of another kind leaves nothing.
    lowered.object.map(|object| cluster.insert(object));
}

/// The owner of the route, and what is wanted, with these objects in the cluster.
fn ask(cluster: &Cluster, route: &Value) -> (Option<Owner>, BTreeSet<Part>) {
    let lowered = lower(Kind::Route(RouteKind::Http), route, "");
    assert_eq!(lowered.problems, []);
    let Some(Object::Route(route)) = lowered.object else { panic!("the route is well-formed") };
    let mut wanted = BTreeSet::new();
    let owner = owner(cluster, &route, &mut wanted);
    (owner, wanted)
}

/// As it is shown, and whether it reverts, in a cluster of these objects.
fn shown(metadata: Value, objects: &[Value]) -> (String, Known<bool>) {
    let mut cluster = Cluster::default();
    objects.iter().for_each(|object| insert(&mut cluster, object));
    match ask(&cluster, &route(metadata)).0 {
        Some(owner) => (owner.to_string(), owner.reverts),
        None => ("nobody".into(), UNKNOWN),
    }
}

fn is(shown: (String, Known<bool>), text: &str, reverts: Known<bool>) {
    assert_eq!(shown, (text.to_owned(), reverts));
}

fn nobody(shown: (String, Known<bool>)) {
    is(shown, "nobody", UNKNOWN);
}

/// The object with a value at a path of fields: `spec.suspend`.
fn with(mut object: Value, path: &str, value: Value) -> Value {
    let mut place = &mut object;
    for field in path.split('.') {
        place = match field.parse::<usize>() {
            Ok(index) => &mut place[index],
            Err(_) => &mut place[field],
        };
    }
    *place = value;
    object
}

fn tracked() -> Value {
    json!({"annotations": {
        "argocd.argoproj.io/tracking-id": "shop:gateway.networking.k8s.io/HTTPRoute:shop/web"}})
}

fn application() -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"namespace": "argocd", "name": "shop"},
        "spec": {"destination": {"server": "https://kubernetes.default.svc"},
            "syncPolicy": {"automated": {"selfHeal": true}}},
        "status": {"resources": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute",
            "namespace": "shop", "name": "web"}]}})
}

fn kustomized() -> Value {
    json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps",
        "kustomize.toolkit.fluxcd.io/namespace": "flux"}})
}

fn kustomization() -> Value {
    json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"namespace": "flux", "name": "apps"}, "spec": {"interval": "10m"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}],
            "inventory": {"entries": [{"id": "shop_web_gateway.networking.k8s.io_HTTPRoute"}]}}})
}

fn released() -> Value {
    json!({"labels": {"helm.toolkit.fluxcd.io/name": "web",
        "helm.toolkit.fluxcd.io/namespace": "shop"},
        "annotations": {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}})
}

fn helm_release() -> Value {
    json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"interval": "5m", "driftDetection": {"mode": "enabled"}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
}

fn owned() -> Value {
    json!({"ownerReferences": [
        {"apiVersion": "v1", "kind": "Canary", "name": "other"},
        {"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "name": "web"}]})
}

fn canary(phase: &str) -> Value {
    json!({"apiVersion": "flagger.app/v1beta1", "kind": "Canary",
        "metadata": {"namespace": "shop", "name": "web"}, "spec": {},
        "status": {"phase": phase, "canaryWeight": 20}})
}

fn rollout() -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"strategy": {"canary": {"canaryService": "web-v2", "stableService": "web-v1",
            "steps": [{"setWeight": 10}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}],
            "trafficRouting": {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "web"}}}}}},
        "status": {"phase": "Paused", "currentStepIndex": 1,
            "canary": {"weights": {"canary": {"weight": 10}}}}})
}

const PLUGIN: &str = "spec.strategy.canary.trafficRouting.plugins.argoproj-labs/gatewayAPI";

fn written_by(managers: &[&str]) -> Value {
    let entry = |manager| {
        json!({"manager": manager, "operation": "Update",
            "fieldsV1": {"f:spec": {"f:rules": {}}}})
    };
    json!({"managedFields": managers.iter().map(entry).collect::<Vec<_>>()})
}

#[test]
fn a_kustomization_reverts_unless_it_is_suspended() {
    let kustomized = kustomized;
    is(shown(kustomized(), &[kustomization()]), "Flux Kustomization/apps (every 10m)", YES);
    let changed = |path, value| [with(kustomization(), path, value)];
    let suspended = changed("spec.suspend", json!(true));
    is(shown(kustomized(), &suspended), "Flux Kustomization/apps (suspended)", NO);
    let broken = changed("status.conditions", json!([{"type": "Ready", "status": "False"}]));
    is(shown(kustomized(), &broken), "Flux Kustomization/apps (every 10m, not ready)", UNKNOWN);
    for (path, value) in [
        ("status", json!({})),
        (
            "status.inventory.entries",
            json!([{"id": "shop_other_gateway.networking.k8s.io_HTTPRoute"}]),
        ),
        ("spec.kubeConfig", json!({"secretRef": {"name": "other"}})),
    ] {
        let uncertain = changed(path, value);
        is(shown(kustomized(), &uncertain), "Flux Kustomization/apps (every 10m)", UNKNOWN);
    }
    let other = changed("metadata.namespace", json!("other"));
    is(shown(kustomized(), &other), "Flux Kustomization/apps (not found)", UNKNOWN);
}

#[test]
fn a_kustomization_leaves_alone_what_it_is_told_to() {
    let told = |field: &str, key: &str, value: &str| {
        let mut metadata = kustomized();
        metadata[field][format!("kustomize.toolkit.fluxcd.io/{key}")] = value.into();
        shown(metadata, &[kustomization()])
    };
    let left = "Flux Kustomization/apps (not applied)";
    is(told("annotations", "reconcile", "disabled"), left, NO);
    is(told("labels", "reconcile", "Disabled"), left, NO);
    is(told("annotations", "ssa", "Ignore"), left, NO);
    let once = "Flux Kustomization/apps (if not present)";
    is(told("annotations", "ssa", "IfNotPresent"), once, UNKNOWN);
    let always = "Flux Kustomization/apps (every 10m)";
    is(told("annotations", "ssa", "Merge"), always, YES);
    is(told("annotations", "reconcile", "enabled"), always, YES);
}

#[test]
fn a_kustomization_leaves_ignored_fields_alone() {
    let ignoring =
        |rule: Value| shown(kustomized(), &[with(kustomization(), "spec.ignore", json!([rule]))]);
    let ignored = "Flux Kustomization/apps (every 10m, weights ignored)";
    let paths = json!(["/spec/rules"]);
    is(ignoring(json!({"paths": paths})), ignored, NO);
    is(ignoring(json!({"paths": paths, "target": {"kind": "HTTPRoute|GRPCRoute"}})), ignored, NO);
    let always = "Flux Kustomization/apps (every 10m)";
    is(ignoring(json!({"paths": paths, "target": {"kind": "HTTP"}})), always, YES);
    is(ignoring(json!({"paths": ["/spec/replicas"]})), always, YES);
    let unclear = "Flux Kustomization/apps (every 10m, some fields ignored)";
    is(ignoring(json!({"paths": paths, "target": {"labelSelector": "a=b"}})), unclear, UNKNOWN);
}

#[test]
fn a_helm_release_reverts_only_where_it_corrects_drift() {
    is(shown(released(), &[helm_release()]), "Flux HelmRelease/web (drift corrected)", YES);
    let changed = |path, value| [with(helm_release(), path, value)];
    let mode = |mode: &str| changed("spec.driftDetection.mode", json!(mode));
    is(shown(released(), &mode("warn")), "Flux HelmRelease/web (drift reported)", NO);
    is(shown(released(), &mode("disabled")), "Flux HelmRelease/web (no drift detection)", NO);
    let unset = changed("spec.driftDetection", json!(null));
    is(shown(released(), &unset), "Flux HelmRelease/web (no drift detection)", NO);
    let suspended = changed("spec.suspend", json!(true));
    is(shown(released(), &suspended), "Flux HelmRelease/web (suspended)", NO);
    let ignoring = changed("spec.driftDetection.ignore", json!([{"paths": ["/spec/rules"]}]));
    is(shown(released(), &ignoring), "Flux HelmRelease/web (drift corrected, weights ignored)", NO);
    let without = changed("status.inventory.entries", json!([]));
    is(shown(released(), &without), "Flux HelmRelease/web (drift corrected)", UNKNOWN);
    let mut uncompared = released();
    uncompared["annotations"]["helm.toolkit.fluxcd.io/driftDetection"] = "disabled".into();
    is(shown(uncompared, &[helm_release()]), "Flux HelmRelease/web (drift detection off)", NO);
}

#[test]
fn helm_alone_reverts_nothing() {
    let mut released = released();
    released["labels"] = json!({"app.kubernetes.io/managed-by": "Helm"});
    is(shown(released, &[helm_release()]), "Helm/web", NO);
    nobody(shown(json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}}), &[]));
}

#[test]
fn a_canary_of_flagger_writes_weights_while_it_runs() {
    for (phase, text, reverts) in [
        ("Progressing", "Flagger/web (Progressing, weight 20)", YES),
        ("Promoting", "Flagger/web (Promoting, weight 20)", YES),
        ("WaitingPromotion", "Flagger/web (WaitingPromotion, weight 20)", UNKNOWN),
        ("Initialized", "Flagger/web (Initialized)", NO),
        ("Succeeded", "Flagger/web (Succeeded)", NO),
        ("Failed", "Flagger/web (Failed)", NO),
        ("Finalising", "Flagger/web (Finalising)", UNKNOWN),
        ("", "Flagger/web (not started)", UNKNOWN),
    ] {
        is(shown(owned(), &[canary(phase)]), text, reverts);
    }
    let suspended = with(canary("Progressing"), "spec.suspend", json!(true));
    is(shown(owned(), &[suspended]), "Flagger/web (suspended)", NO);
    let other = with(canary("Progressing"), "metadata.namespace", json!("pay"));
    is(shown(owned(), &[other]), "Flagger/web (not found)", UNKNOWN);
}

#[test]
fn a_rollout_writes_weights_when_it_is_done_as_well() {
    let changed = |path, value| [with(rollout(), path, value)];
    is(shown(json!({}), &[rollout()]), "Argo Rollouts/web (step 1/4, weight 10, paused)", YES);
    let healthy = changed("status.phase", json!("Healthy"));
    is(shown(json!({}), &healthy), "Argo Rollouts/web (Healthy)", YES);
    let degraded = changed("status.phase", json!("Degraded"));
    is(shown(json!({}), &degraded), "Argo Rollouts/web (step 1/4, weight 10, Degraded)", UNKNOWN);
    let aborted = with(degraded[0].clone(), "status.abort", json!(true));
    is(shown(json!({}), &[aborted]), "Argo Rollouts/web (step 1/4, weight 10, aborted)", YES);
    let paused = "Argo Rollouts/web (step 1/4, weight 10, paused)";
    let invalid = changed("status.conditions", json!([{"type": "InvalidSpec", "status": "True"}]));
    is(shown(json!({}), &invalid), paused, UNKNOWN);
    let other = changed("spec.strategy.canary.stableService", json!("other"));
    is(shown(json!({}), &other), paused, UNKNOWN);
    is(shown(json!({}), &changed("status", json!({}))), "Argo Rollouts/web (no status)", UNKNOWN);
    // That the plugin has written shows in the status.
    let unwritten = with(healthy[0].clone(), "status.canary", json!({}));
    is(shown(json!({}), &[unwritten]), "Argo Rollouts/web (Healthy)", UNKNOWN);
}

#[test]
fn a_rollout_owns_the_routes_that_it_names() {
    let plugin = |plugin| [with(rollout(), PLUGIN, plugin)];
    let paused = "Argo Rollouts/web (step 1/4, weight 10, paused)";
    let several = plugin(json!({"httpRoutes": [{"name": "other"}, {"name": "web"}]}));
    is(shown(json!({}), &several), paused, YES);
    let mut elsewhere = plugin(json!({"httpRoute": "web", "namespace": "shop"}));
    elsewhere[0]["metadata"]["namespace"] = "rollouts".into();
    is(shown(json!({}), &elsewhere), paused, YES);
    nobody(shown(json!({}), &plugin(json!({"httpRoute": "web", "namespace": "pay"}))));
    nobody(shown(json!({}), &plugin(json!({"grpcRoute": "web"}))));
    nobody(shown(json!({}), &plugin(json!({"httpRoutes": "web"}))));
    let replaced = [rollout(), with(rollout(), PLUGIN, json!({"httpRoute": "other"}))];
    nobody(shown(json!({}), &replaced));
}

#[test]
fn a_label_tells_of_a_canary_whose_rollout_selects_its_routes() {
    let label = json!({"labels": {"rollouts.argoproj.io/gatewayapi-canary": "in-progress"}});
    let selecting =
        with(rollout(), PLUGIN, json!({"httpRouteSelector": {"matchLabels": {"a": "b"}}}));
    let one = std::slice::from_ref(&selecting);
    is(shown(label.clone(), one), "Argo Rollouts/web (step 1/4, weight 10, paused)", YES);
    nobody(shown(json!({}), one));
    let two = [selecting.clone(), with(selecting.clone(), "metadata.name", json!("other"))];
    is(shown(label.clone(), &two), "Argo Rollouts (canary under way)", UNKNOWN);
    is(shown(label, &[]), "Argo Rollouts (?)", UNKNOWN);
}

#[test]
fn the_field_manager_of_the_rules_is_the_last_sign() {
    for (manager, text, reverts) in [
        ("argocd-controller", "Argo CD", UNKNOWN),
        ("kustomize-controller", "Flux Kustomization", UNKNOWN),
        ("helm-controller", "Flux HelmRelease", UNKNOWN),
        ("helm", "Helm", NO),
        ("flagger", "Flagger", UNKNOWN),
        ("gatewayAPI", "Argo Rollouts", UNKNOWN),
        ("terraform", "field manager/terraform", UNKNOWN),
    ] {
        is(shown(written_by(&["kubectl-edit", manager]), &[]), text, reverts);
    }
    // Of several, the one that writes weights by itself.
    is(shown(written_by(&["helm", "flagger", "argocd-controller"]), &[]), "Flagger", UNKNOWN);
    for manager in [
        "kubectl",
        "kubectl-client-side-apply",
        "kubectl-meshroute",
        "before-first-apply",
        "Mozilla",
    ] {
        nobody(shown(written_by(&[manager]), &[]));
    }
}

#[test]
fn who_writes_other_fields_is_no_owner() {
    let mut status = written_by(&["flagger"]);
    status["managedFields"][0]["subresource"] = "status".into();
    nobody(shown(status, &[]));
    let labels = json!({"managedFields": [
        {"manager": "flagger", "fieldsV1": {"f:metadata": {"f:labels": {}}}},
        {"manager": "helm", "fieldsV1": {"f:spec": {"f:parentRefs": {}}}}]});
    nobody(shown(labels, &[]));
}

#[test]
fn signs_count_in_the_order_of_the_tools() {
    let mut metadata = released();
    let order = [
        ("Flux HelmRelease/web (?)", json!({})),
        ("Flux Kustomization/apps (?)", kustomized()),
        ("Argo CD/shop (?)", tracked()),
        ("Flagger/web (?)", owned()),
        ("Argo Rollouts (?)", json!({"labels": {"rollouts.argoproj.io/gatewayapi-canary": "a"}})),
    ];
    for (text, sign) in order {
        for field in ["labels", "annotations"] {
            for (key, value) in sign[field].as_object().into_iter().flatten() {
                metadata[field][key] = value.clone();
            }
        }
        if let Some(references) = sign.get("ownerReferences") {
            metadata["ownerReferences"] = references.clone();
        }
        is(shown(metadata.clone(), &[]), text, UNKNOWN);
    }
    assert!(Tool::ArgoRollouts < Tool::Flagger && Tool::Helm < Tool::Manager);
}

#[test]
fn only_what_a_sign_points_to_is_wanted() {
    let wanted = |cluster: &Cluster, metadata| {
        let wanted: Vec<Part> = ask(cluster, &route(metadata)).1.into_iter().collect();
        wanted
    };
    let mut cluster = Cluster::unread();
    let chart = json!({"labels": {"app.kubernetes.io/instance": "shop"}});
    for metadata in [json!({}), chart.clone(), written_by(&["helm", "kubectl"])] {
        assert_eq!(wanted(&cluster, metadata), []);
    }
    assert_eq!(wanted(&cluster, tracked()), [Part::named(Kind::Application, "shop")]);
    let mut applied = written_by(&["argocd-controller"]);
    applied["labels"] = chart["labels"].clone();
    assert_eq!(wanted(&cluster, applied), [Part::named(Kind::Application, "shop")]);
    let part =
        |kind, namespace: &str, name: &str| Part::object(kind, &ObjectName::new(namespace, name));
    assert_eq!(wanted(&cluster, kustomized()), [part(Kind::Kustomization, "flux", "apps")]);
    assert_eq!(wanted(&cluster, released()), [part(Kind::HelmRelease, "shop", "web")]);
    assert_eq!(wanted(&cluster, owned()), [part(Kind::Canary, "shop", "web")]);
    cluster.insert(Object::Crd { group: "argoproj.io".into(), gateway_api: None });
    assert_eq!(wanted(&cluster, json!({})), [Part::namespace(Kind::Rollout, "shop")]);
    cluster.learn(Part::namespace(Kind::Rollout, "shop"));
    assert_eq!(wanted(&cluster, json!({})), []);
}

#[test]
fn an_object_that_is_learnt_to_be_absent_is_not_wanted_again() {
    let mut cluster = Cluster::unread();
    cluster.learn(Part::named(Kind::Application, "shop"));
    let (owner, wanted) = ask(&cluster, &route(tracked()));
    assert_eq!(wanted, BTreeSet::new());
    let owner = owner.expect("the annotation is a sign");
    assert_eq!(owner.to_string(), "Argo CD/shop (not found)");
    assert_eq!(owner.evidence, Evidence::Annotation);
    insert(&mut cluster, &application());
    assert_eq!(ask(&cluster, &route(tracked())).0.map(|it| it.reverts), Some(YES));
    let name = ObjectName::new("argocd", "shop");
    cluster.remove(Kind::Application, &name);
    assert_eq!(ask(&cluster, &route(tracked())).0.map(|it| it.reverts), Some(UNKNOWN));
}

#[test]
fn odd_fields_of_a_tool_keep_nothing_from_being_read() {
    let mut metadata = kustomized();
    metadata["ownerReferences"] = json!("a");
    metadata["managedFields"] = json!([1, {"manager": 2, "fieldsV1": []}]);
    metadata["annotations"] = json!({"argocd.argoproj.io/tracking-id": 5});
    let odd = with(kustomization(), "status.conditions", json!("Ready"));
    let odd = with(odd, "spec.ignore", json!({"paths": 1}));
    is(shown(metadata, &[odd]), "Flux Kustomization/apps (every 10m)", UNKNOWN);
}
