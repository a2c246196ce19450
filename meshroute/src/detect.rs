//! Which mesh a cluster runs, told by what its objects show.

use std::collections::BTreeSet;

use crate::{
    cluster::{Cluster, Known, Labels, Namespace, OverrideKind, Service},
    name::{ObjectName, RouteKind},
    profile::Mesh,
    waypoint::{ISTIO_CLASS, KGATEWAY_CLASS, Labelled, labelled},
};

/// What was found out about the mesh of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// The mesh to compute with.
    pub mesh: Mesh,
    /// Several meshes show, and nothing says which one the Service is in.
    pub undecided: Vec<Mesh>,
}

/// What a cluster shows of meshes.
#[derive(Debug)]
pub struct Meshes<'a> {
    cluster: &'a Cluster,
    shown: Vec<Family>,
}

impl<'a> Meshes<'a> {
    /// Looks at the whole cluster, once.
    pub fn of(cluster: &'a Cluster) -> Self {
        Self { cluster, shown: in_cluster(cluster) }
    }

    /// Finds the mesh that the Service is in: by the status of its routes, else by its waypoint and
    /// its namespace, else by what the cluster shows. Where nothing shows, or several do and nothing
    /// decides, it is the specification.
    pub fn mesh_of(&self, service: &Service) -> Detected {
        let namespace = match self.cluster.namespace(&service.name.namespace) {
            Known::Known(namespace) => namespace,
            Known::Unknown => None,
        };
        let mode = |family: &Family| family.mode(self.cluster, service, namespace);
        let by_status = by_status(self.cluster, service);
        let by_place = || {
            let waypoint = waypoint_class(self.cluster, service).map(by_waypoint_class);
            waypoint.or_else(|| namespace.and_then(by_namespace))
        };
        let decided = match by_status.as_slice() {
            [family] => Some(*family),
            _ => by_place(),
        };
        let shown = if by_status.is_empty() { &self.shown } else { &by_status };
        match (decided, shown.as_slice()) {
            (Some(family), _) => Detected { mesh: mode(&family), undecided: Vec::new() },
            (None, []) => Detected { mesh: Mesh::Spec, undecided: Vec::new() },
            (None, [family]) => Detected { mesh: mode(family), undecided: Vec::new() },
            (None, several) => {
                Detected { mesh: Mesh::Spec, undecided: several.iter().map(mode).collect() }
            }
        }
    }
}

impl Meshes<'_> {
    /// The meshes by which a route for this Service is to be judged: the one that its
    /// [place](in_place) shows; else [all](Meshes::all).
    pub fn in_use(&self, service: &ObjectName) -> Vec<Mesh> {
        in_place(self.cluster, service).map_or_else(|| self.all(), |mesh| vec![mesh])
    }

    /// All that the cluster shows, in all of their modes. Where nothing shows, it is the
    /// specification.
    pub fn all(&self) -> Vec<Mesh> {
        if self.shown.is_empty() {
            return vec![Mesh::Spec];
        }
        self.shown.iter().flat_map(|family| family.modes()).copied().collect()
    }
}

/// The mesh that the waypoint of a Service, or its namespace, shows; it looks at no other object.
pub fn in_place(cluster: &Cluster, service: &ObjectName) -> Option<Mesh> {
    let namespace = match cluster.namespace(&service.namespace) {
        Known::Known(namespace) => namespace,
        Known::Unknown => None,
    };
    let known = match cluster.service(service) {
        Known::Known(service) => service,
        Known::Unknown => None,
    };
    let waypoint = known.and_then(|service| waypoint_class(cluster, service));
    let family = waypoint.map(by_waypoint_class).or_else(|| namespace.and_then(by_namespace))?;
    let is_ambient = waypoint.is_some() || namespace.is_some_and(has_ambient_label);
    Some(family.mesh(is_ambient))
}

/// The makers of meshes; the modes of one show in its namespaces only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Istio,
    Linkerd,
    Cilium,
    Kuma,
    Kgateway,
}

impl Family {
    const ALL: [Self; 5] = [Self::Istio, Self::Linkerd, Self::Cilium, Self::Kuma, Self::Kgateway];

    fn mode(self, cluster: &Cluster, service: &Service, namespace: Option<&Namespace>) -> Mesh {
        self.mesh(is_ambient(cluster, service, namespace))
    }

    fn mesh(self, is_ambient: bool) -> Mesh {
        match self.modes() {
            [_, ambient] if is_ambient => *ambient,
            modes => modes[0],
        }
    }

    /// Its meshes, the one with sidecars first.
    fn modes(self) -> &'static [Mesh] {
        match self {
            Self::Istio => &[Mesh::Istio, Mesh::IstioAmbient],
            Self::Linkerd => &[Mesh::Linkerd],
            Self::Cilium => &[Mesh::Cilium],
            Self::Kuma => &[Mesh::Kuma],
            Self::Kgateway => &[Mesh::Kgateway],
        }
    }

    fn has_controller(self, name: &str) -> bool {
        let mesh = match self {
            Self::Istio => Mesh::Istio,
            Self::Linkerd => Mesh::Linkerd,
            Self::Cilium => Mesh::Cilium,
            Self::Kuma => Mesh::Kuma,
            Self::Kgateway => Mesh::Kgateway,
        };
        mesh.profile().controllers.contains(&name)
    }

    /// Whether the definitions of the maker's own kinds are of this API group.
    fn has_group(self, group: &str) -> bool {
        match self {
            Self::Istio => group == "networking.istio.io",
            Self::Linkerd => group == "linkerd.io" || group == "policy.linkerd.io",
            Self::Cilium => group == "cilium.io",
            Self::Kuma => group == "kuma.io",
            Self::Kgateway => group == "gateway.kgateway.dev",
        }
    }
}

/// Who says something of a route that has the Service as a parent.
fn by_status(cluster: &Cluster, service: &Service) -> Vec<Family> {
    let statuses = cluster.routes_of_parent(&service.name).flat_map(|route| &route.statuses);
    let controllers: BTreeSet<&str> = statuses
        .filter(|status| status.parent == service.name)
        .map(|status| status.controller.as_str())
        .collect();
    Family::ALL
        .into_iter()
        .filter(|family| controllers.iter().any(|name| family.has_controller(name)))
        .collect()
}

/// Labels and annotations that put a namespace into a mesh.
fn by_namespace(namespace: &Namespace) -> Option<Family> {
    let says = |of: &Labels, key: &str, values: &[&str]| {
        of.get(key).is_some_and(|value| values.is_empty() || values.contains(&value.as_str()))
    };
    let (labels, annotations) = (&namespace.labels, &namespace.annotations);
    if says(labels, "istio-injection", &["enabled"])
        || says(labels, "istio.io/rev", &[])
        || says(labels, DATAPLANE, &["ambient"])
    {
        return Some(Family::Istio);
    }
    if says(annotations, "linkerd.io/inject", &["enabled", "ingress"])
        || says(labels, "linkerd.io/inject", &["enabled"])
    {
        return Some(Family::Linkerd);
    }
    if says(labels, "kuma.io/sidecar-injection", &["enabled", "true"])
        || says(labels, "kuma.io/mesh", &[])
    {
        return Some(Family::Kuma);
    }
    None
}

fn is_ambient(cluster: &Cluster, service: &Service, namespace: Option<&Namespace>) -> bool {
    waypoint_class(cluster, service).is_some() || namespace.is_some_and(has_ambient_label)
}

fn has_ambient_label(namespace: &Namespace) -> bool {
    namespace.labels.get(DATAPLANE).is_some_and(|mode| mode == "ambient")
}

/// The class of the waypoint that labels name; empty if that Gateway is not there.
fn waypoint_class<'a>(cluster: &'a Cluster, service: &Service) -> Option<&'a str> {
    match labelled(cluster, service) {
        Labelled::With(name) => Some(cluster.gateway(&name).map_or("", |gateway| &gateway.class)),
        Labelled::Unlabelled | Labelled::Off => None,
    }
}

fn by_waypoint_class(class: &str) -> Family {
    if class == KGATEWAY_CLASS { Family::Kgateway } else { Family::Istio }
}

/// What shows anywhere in the cluster.
fn in_cluster(cluster: &Cluster) -> Vec<Family> {
    let mut shown = BTreeSet::new();
    for family in Family::ALL {
        let controllers = cluster.routes().flat_map(|route| &route.statuses);
        let by_controller = controllers
            .map(|status| status.controller.as_str())
            .any(|name| family.has_controller(name));
        if by_controller || cluster.crd_groups().any(|group| family.has_group(group)) {
            shown.insert(family);
        }
    }
    for other in cluster.overrides() {
        shown.insert(match other.kind {
            OverrideKind::VirtualService => Family::Istio,
            OverrideKind::ServiceProfile => Family::Linkerd,
        });
    }
    if cluster.routes().any(|route| route.id.kind == RouteKind::LinkerdHttp) {
        shown.insert(Family::Linkerd);
    }
    shown.extend(cluster.namespaces().filter_map(by_namespace));
    let classes = cluster.gateways().map(|gateway| gateway.class.as_str());
    let waypoints = classes.filter(|class| [ISTIO_CLASS, KGATEWAY_CLASS].contains(class));
    shown.extend(waypoints.map(by_waypoint_class));
    shown.into_iter().collect()
}

const DATAPLANE: &str = "istio.io/dataplane-mode";
