//! The objects by which tools write routes. One field that reads oddly is left out, not a reason to
//! be without an answer about a route.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cluster::{Application, Canary, Drift, FluxObject, Known, Object, Rollout, Sync},
    lower::{ignore, reader::Reader, signs::read},
    name::{ObjectName, RouteId, RouteKind},
    wire::{
        Condition, Found, List, Metadata,
        tools::{self as wire, FluxIgnore, NamedRoute},
    },
};

/// argo-cd, `common/common.go`, `AnnotationKeyAppSkipReconcile`.
const SKIP_RECONCILE: &str = "argocd.argoproj.io/skip-reconcile";
/// argo-cd, `pkg/apis/application/v1alpha1/application_defaults.go`,
/// `KubernetesInternalAPIServerAddr`.
const THIS_CLUSTER: &str = "https://kubernetes.default.svc";
/// The name that Argo CD gives its own cluster.
const THIS_CLUSTER_NAME: &str = "in-cluster";

impl Reader {
    pub(super) fn application(&mut self, application: wire::Application) -> Option<Object> {
        let metadata = self.required("metadata", application.metadata)?;
        let name = self.metadata_name(&metadata, true)?;
        let spec = read(application.spec).unwrap_or_default();
        let status = read(application.status).unwrap_or_default();
        let automated = read(spec.sync_policy).and_then(|policy| read(policy.automated));
        // `types.go`, `IsAutomatedSyncEnabled`: unless `enabled` says otherwise.
        let automated = automated.filter(|it| read(it.enabled.clone()).unwrap_or(true));
        let sync = match automated.map(|it| read(it.self_heal).unwrap_or_default()) {
            None => Sync::Manual,
            Some(false) => Sync::Automated,
            Some(true) => Sync::SelfHeal,
        };
        let failed = |condition: &(String, String)| condition.0.ends_with("Error");
        let phase = read(status.operation_state).and_then(|state| read(state.phase));
        Some(Object::Application(Application {
            sync,
            skipped: is_skipped(&metadata),
            elsewhere: is_elsewhere(read(spec.destination).unwrap_or_default()),
            // `controller/appcontroller.go`, `autoSync`: what failed for a revision is not tried
            // again. Conditions of an Application have no status.
            failing: matches!(phase.as_deref(), Some("Failed" | "Error"))
                || conditions(status.conditions).iter().any(failed),
            ignores: ignore::of_argo(spec.ignore_differences),
            routes: entries(status.resources).filter_map(managed).collect(),
            name,
        }))
    }

    pub(super) fn rollout(&mut self, rollout: wire::Rollout) -> Option<Object> {
        let name = self.name(rollout.metadata, true)?;
        let canary = read(read(read(rollout.spec)?.strategy)?.canary)?;
        let routing = read(read(read(canary.traffic_routing)?.plugins)?.gateway_api)?;
        let status = read(rollout.status).unwrap_or_default();
        // `pkg/plugin/plugin.go`, `getGatewayAPITrafficRoutingConfig`: the Rollout's namespace
        // unless another one is written.
        let namespace = read(routing.namespace).filter(|namespace| !namespace.is_empty());
        let namespace = namespace.unwrap_or_else(|| name.namespace.clone());
        let mut routes = BTreeSet::new();
        let mut selects = BTreeSet::new();
        for (kind, one, several, selector) in [
            (RouteKind::Http, routing.http_route, routing.http_routes, routing.http_route_selector),
            (RouteKind::Grpc, routing.grpc_route, routing.grpc_routes, routing.grpc_route_selector),
        ] {
            let several = entries(several).filter_map(|route: NamedRoute| read(route.name));
            let names = read(one).into_iter().chain(several).filter(|name| !name.is_empty());
            routes.extend(
                names.map(|name| RouteId { name: ObjectName::new(&namespace, name), kind }),
            );
            if matches!(selector, Found::Read(_)) {
                selects.insert((namespace.clone(), kind));
            }
        }
        let weights = read(status.canary).and_then(|canary| read(canary.weights));
        let is_invalid =
            |(kind, status): &(String, String)| kind == "InvalidSpec" && status == "True";
        Some(Object::Rollout(Rollout {
            name,
            routes,
            selects,
            services: read(canary.canary_service).zip(read(canary.stable_service)),
            steps: read(canary.steps).map_or(0, |steps| steps.len()),
            step: read(status.current_step_index),
            weight: weights.and_then(|weights| read(weights.canary)).and_then(|it| read(it.weight)),
            phase: read(status.phase),
            aborted: read(status.abort).unwrap_or_default(),
            invalid: conditions(status.conditions).iter().any(is_invalid),
        }))
    }

    pub(super) fn kustomization(&mut self, object: wire::FluxObject) -> Option<Object> {
        let object = self.flux_object(object, |spec| (Drift::Corrected, spec.ignore.clone()))?;
        Some(Object::Kustomization(object))
    }

    pub(super) fn helm_release(&mut self, object: wire::FluxObject) -> Option<Object> {
        let object = self.flux_object(object, |spec| {
            let detection = read(spec.drift_detection.clone()).unwrap_or_default();
            // `api/v2/helmrelease_types.go`, `GetMode`: disabled unless written.
            let drift = match read(detection.mode).as_deref() {
                Some("enabled") => Drift::Corrected,
                Some("warn") => Drift::Reported,
                _ => Drift::Unseen,
            };
            (drift, detection.ignore)
        })?;
        Some(Object::HelmRelease(object))
    }

    fn flux_object(
        &mut self,
        object: wire::FluxObject,
        drift: impl FnOnce(&wire::FluxSpec) -> (Drift, Found<List<FluxIgnore>>),
    ) -> Option<FluxObject> {
        let name = self.name(object.metadata, true)?;
        let spec = read(object.spec).unwrap_or_default();
        let status = read(object.status).unwrap_or_default();
        let (drift, ignores) = drift(&spec);
        let conditions = conditions(status.conditions);
        let ready = conditions.iter().find(|(kind, _)| kind == "Ready").map(|(_, status)| status);
        Some(FluxObject {
            name,
            suspended: read(spec.suspend).unwrap_or_default(),
            interval: read(spec.interval),
            elsewhere: matches!(spec.kube_config, Found::Read(_)),
            drift,
            ignores: ignore::of_flux(ignores),
            ready: match ready.map(String::as_str) {
                Some("True") => Known::Known(true),
                Some("False") => Known::Known(false),
                _ => Known::Unknown,
            },
            routes: match read(status.inventory) {
                Some(inventory) => Known::Known(
                    entries(inventory.entries).filter_map(|it| applied(&read(it.id)?)).collect(),
                ),
                None => Known::Unknown,
            },
        })
    }

    pub(super) fn canary(&mut self, canary: wire::Canary) -> Option<Object> {
        let name = self.name(canary.metadata, true)?;
        let status = read(canary.status).unwrap_or_default();
        Some(Object::Canary(Canary {
            name,
            suspended: read(canary.spec).and_then(|spec| read(spec.suspend)).unwrap_or_default(),
            phase: read(status.phase).filter(|phase| !phase.is_empty()),
            weight: read(status.canary_weight),
        }))
    }
}

fn is_skipped(metadata: &Metadata) -> bool {
    let annotations = match &metadata.annotations {
        Found::Read(annotations) => annotations,
        Found::Absent | Found::Odd(_) => &BTreeMap::new(),
    };
    // Go, `strconv.ParseBool`.
    let is_true =
        |text: &String| matches!(text.as_str(), "1" | "t" | "T" | "TRUE" | "true" | "True");
    annotations.get(SKIP_RECONCILE).is_some_and(is_true)
}

/// An address can be another one of this cluster: it is then not known.
fn is_elsewhere(destination: wire::Destination) -> bool {
    let differs =
        |field, here: &str| read(field).is_some_and(|it: String| !it.is_empty() && it != here);
    differs(destination.server, THIS_CLUSTER) || differs(destination.name, THIS_CLUSTER_NAME)
}

/// The route that an Application manages, and whether Git no longer holds it.
fn managed(resource: wire::ResourceStatus) -> Option<(RouteId, bool)> {
    let kind = RouteKind::of(&read(resource.group)?, &read(resource.kind)?)?;
    let name = ObjectName::new(read(resource.namespace)?, read(resource.name)?);
    Some((RouteId { name, kind }, read(resource.requires_pruning).unwrap_or_default()))
}

/// The route of an entry of an inventory: `<namespace>_<name>_<group>_<kind>` (`ResourceRef.ID` of
/// both controllers).
fn applied(id: &str) -> Option<RouteId> {
    let mut parts = id.split('_');
    let (namespace, name) = (parts.next()?, parts.next()?);
    let kind = RouteKind::of(parts.next()?, parts.next()?)?;
    Some(RouteId { name: ObjectName::new(namespace, name), kind })
}

fn conditions(conditions: Found<List<Condition>>) -> Vec<(String, String)> {
    let of = |condition: Condition| {
        Some((read(condition.kind)?, read(condition.status).unwrap_or_default()))
    };
    entries(conditions).filter_map(of).collect()
}

fn entries<T>(list: Found<List<T>>) -> impl Iterator<Item = T> {
    read(list).unwrap_or_default().into_iter().filter_map(read)
}
