//! The waypoint before a Service, for meshes that apply routes there.

use crate::{
    cluster::{AllowedRoutes, Gateway, Known, ServiceKind},
    name::ObjectName,
    profile::Waypoint,
    split::ask::Ask,
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
    let name = named(ask).ok_or_else(|| {
        format!("neither the Service nor its namespace has the label {USE_WAYPOINT}")
    })?;
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

/// The Gateway that the labels of the Service, else of its namespace, name.
fn named(ask: &Ask<'_>) -> Option<ObjectName> {
    let service = ask.question.service;
    let of_namespace = ask.service_namespace().map(|namespace| &namespace.labels);
    let labels = [Some(&service.labels), of_namespace]
        .into_iter()
        .flatten()
        .find(|labels| labels.contains_key(USE_WAYPOINT))?;
    let name = labels.get(USE_WAYPOINT).filter(|name| *name != "none")?;
    let namespace = labels.get(USE_WAYPOINT_NAMESPACE).unwrap_or(&service.name.namespace);
    Some(ObjectName::new(namespace, name))
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

const USE_WAYPOINT: &str = "istio.io/use-waypoint";
const USE_WAYPOINT_NAMESPACE: &str = "istio.io/use-waypoint-namespace";
const ISTIO_CLASS: &str = "istio-waypoint";
const KGATEWAY_CLASS: &str = "kgateway-waypoint";
