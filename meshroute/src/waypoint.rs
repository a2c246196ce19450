//! Which waypoint the labels of a Service, or of its namespace, name.

use crate::{
    cluster::{Cluster, Known, Service},
    name::ObjectName,
};

/// What the labels say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Labelled {
    /// Nothing.
    Unlabelled,
    /// That there shall be no waypoint.
    Off,
    /// That this Gateway is the waypoint.
    With(ObjectName),
}

/// Reads the labels of the Service, else those of its namespace, if that is known.
///
/// Istio, "Configure waypoint proxies": `istio.io/use-waypoint` and
/// `istio.io/use-waypoint-namespace`; kgateway reads the same labels.
pub fn labelled(cluster: &Cluster, service: &Service) -> Labelled {
    let namespace = match cluster.namespace(&service.name.namespace) {
        Known::Known(namespace) => namespace,
        Known::Unknown => None,
    };
    let labels = [Some(&service.labels), namespace.map(|namespace| &namespace.labels)];
    let Some(labels) = labels.into_iter().flatten().find(|labels| labels.contains_key(LABEL))
    else {
        return Labelled::Unlabelled;
    };
    match labels.get(LABEL).map(String::as_str) {
        None | Some("none") => Labelled::Off,
        Some(name) => {
            let namespace = labels.get(NAMESPACE_LABEL).unwrap_or(&service.name.namespace);
            Labelled::With(ObjectName::new(namespace, name))
        }
    }
}

/// The label that names a waypoint.
pub const LABEL: &str = "istio.io/use-waypoint";
const NAMESPACE_LABEL: &str = "istio.io/use-waypoint-namespace";
/// The class of Istio's waypoints.
pub const ISTIO_CLASS: &str = "istio-waypoint";
/// The class of kgateway's waypoints.
pub const KGATEWAY_CLASS: &str = "kgateway-waypoint";
