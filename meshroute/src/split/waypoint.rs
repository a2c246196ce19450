//! The waypoint before a Service, for meshes that apply routes there.

use crate::{
    cluster::{AllowedRoutes, Gateway, Known, ServiceKind},
    profile::Waypoint,
    split::ask::Ask,
    waypoint::{ISTIO_CLASS, KGATEWAY_CLASS, LABEL, Labelled, labelled},
};

/// The namespace of the waypoint before the Service, or why there is none. `Ok(None)` where the
/// mesh needs none.
pub(super) fn namespace(ask: &Ask<'_>) -> Result<Option<String>, String> {
    let needed = ask.fact("waypoints", &ask.profile.waypoint);
    if needed == Waypoint::None {
        return Ok(None);
    }
    let service = ask.question.service;
    if !matches!(service.kind, ServiceKind::ClusterIp | ServiceKind::Exposed) {
        return Err(
            "the Service has no address of the cluster, so nothing leads to a waypoint".into()
        );
    }
    let name = match labelled(ask.cluster, service) {
        Labelled::With(name) => name,
        Labelled::Off => return Err(format!("the label {LABEL} says none")),
        Labelled::Unlabelled => {
            return Err(format!("neither the Service nor its namespace has the label {LABEL}"));
        }
    };
    let gateway = ask
        .cluster
        .gateway(&name)
        .ok_or_else(|| format!("the waypoint Gateway {name} does not exist"))?;
    if gateway.ready == Known::Known(false) {
        return Err(format!("the waypoint Gateway {name} is not ready"));
    }
    let other_class = if needed == Waypoint::Istio { KGATEWAY_CLASS } else { ISTIO_CLASS };
    if gateway.class == other_class {
        return Err(format!(
            "the Gateway {name} is of class {}, which is another mesh's",
            gateway.class
        ));
    }
    if needed == Waypoint::Istio {
        istio_takes(ask, gateway)?;
    }
    Ok(Some(name.namespace))
}

/// Whether the waypoint is for Services, and lets this one's namespace in.
fn istio_takes(ask: &Ask<'_>, gateway: &Gateway) -> Result<(), String> {
    if let Some(what @ ("workload" | "none")) =
        gateway.labels.get("istio.io/waypoint-for").map(String::as_str)
    {
        return Err(format!(
            "the waypoint Gateway {} is for {what}, not for Services",
            gateway.name
        ));
    }
    let service_namespace = &ask.question.service.name.namespace;
    let lets_in = |allowed: &AllowedRoutes| match allowed {
        AllowedRoutes::Same => gateway.name.namespace == *service_namespace,
        AllowedRoutes::All | AllowedRoutes::Unread => true,
        AllowedRoutes::None => false,
        AllowedRoutes::Labelled(wanted) => ask.service_namespace().is_none_or(|namespace| {
            wanted.iter().all(|(key, value)| namespace.labels.get(key) == Some(value))
        }),
    };
    if !gateway.listeners.iter().any(lets_in) {
        return Err(format!(
            "the waypoint Gateway {} does not let namespace {service_namespace} in",
            gateway.name
        ));
    }
    Ok(())
}
