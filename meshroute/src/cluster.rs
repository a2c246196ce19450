//! The view of a cluster: the objects that decide splits, found by name. What was not given is
//! unknown, not absent.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    name::{ObjectName, RouteId},
    route::Route,
};

/// Something that we were told, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<T> {
    /// We were told.
    Known(T),
    /// We were not.
    Unknown,
}

/// An object that was read, ready for the view.
#[derive(Debug, Clone)]
pub enum Object {
    /// A route.
    Route(Route),
    /// A Service.
    Service(Service),
    /// Some of the endpoints of a Service.
    EndpointSlice(EndpointSlice),
    /// A permission to refer across namespaces.
    ReferenceGrant(ReferenceGrant),
    /// A namespace.
    Namespace(Namespace),
    /// A Gateway.
    Gateway(Gateway),
    /// A mesh's own object that takes a Service over.
    Override(Override),
    /// That a kind of this API group is installed.
    Crd {
        /// The group.
        group: String,
    },
}

/// A Service.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name.
    pub name: ObjectName,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// What kind of Service it is.
    pub kind: ServiceKind,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// The kinds of Service that meshes treat differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceKind {
    /// With an address of the cluster.
    ClusterIp,
    /// `clusterIP: None`.
    Headless,
    /// NodePort or LoadBalancer: has an address of the cluster as well.
    Exposed,
    /// An alias of this DNS name.
    ExternalName(String),
}

/// A port of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name; empty where the only port has none.
    pub name: String,
    /// The number that clients dial.
    pub port: u16,
    /// TCP, UDP or SCTP.
    pub protocol: String,
    /// The protocol on top, if it is said.
    pub app_protocol: Option<String>,
}

/// A part of the endpoints of a Service.
#[derive(Debug, Clone)]
pub struct EndpointSlice {
    /// Its name.
    pub name: ObjectName,
    /// The Service.
    pub service: ObjectName,
    /// IPv4, IPv6 or FQDN.
    pub address_type: String,
    /// The names of its ports.
    pub ports: Vec<String>,
    /// First address, and readiness, of each endpoint.
    pub endpoints: Vec<(String, bool)>,
}

/// How many endpoints of a Service are ready.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ready {
    /// Those that are ready.
    pub ready: usize,
    /// All.
    pub total: usize,
}

/// A ReferenceGrant.
#[derive(Debug, Clone)]
pub struct ReferenceGrant {
    /// Its name; its namespace is the one that may be referred to.
    pub name: ObjectName,
    /// Group, kind and namespace of those who may refer.
    pub from: Vec<(String, String, String)>,
    /// Group, kind and, unless all are meant, the name of what may be referred to.
    pub to: Vec<(String, String, Option<String>)>,
}

/// A Namespace.
#[derive(Debug, Clone)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
}

/// A Gateway, which may be a waypoint.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// Its name.
    pub name: ObjectName,
    /// Its class.
    pub class: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// From where each listener takes routes.
    pub listeners: Vec<AllowedRoutes>,
    /// Whether it is up; unknown without a status.
    pub ready: Known<bool>,
}

/// From which namespaces a listener takes routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedRoutes {
    /// From the Gateway's own.
    Same,
    /// From all.
    All,
    /// From none.
    None,
    /// From those with these labels.
    Labelled(BTreeMap<String, String>),
    /// From those that a selector names that we do not read.
    Unread,
}

/// A mesh's own object that takes a Service over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Override {
    /// Which kind.
    pub kind: OverrideKind,
    /// Its name.
    pub name: ObjectName,
    /// The hosts that it is about, fully qualified.
    pub hosts: Vec<String>,
}

/// The kinds of [`Override`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OverrideKind {
    /// Istio's VirtualService.
    VirtualService,
    /// Linkerd's ServiceProfile.
    ServiceProfile,
}

impl OverrideKind {
    /// The kind as it is written in a manifest.
    pub fn kind(self) -> &'static str {
        match self {
            Self::VirtualService => "VirtualService",
            Self::ServiceProfile => "ServiceProfile",
        }
    }
}

/// The objects of a cluster, or of files taken as one.
#[derive(Debug, Default)]
pub struct Cluster {
    routes: Vec<Route>,
    route_index: HashMap<RouteId, usize>,
    by_parent: HashMap<ObjectName, Vec<usize>>,
    by_backend: HashMap<ObjectName, Vec<usize>>,
    services: BTreeMap<ObjectName, Service>,
    slices: Option<HashMap<ObjectName, Vec<EndpointSlice>>>,
    grants: Option<HashMap<String, Vec<ReferenceGrant>>>,
    namespaces: Option<BTreeMap<String, Namespace>>,
    gateways: BTreeMap<ObjectName, Gateway>,
    overrides: BTreeSet<Override>,
    crd_groups: BTreeSet<String>,
}

impl Cluster {
    /// Takes an object in; one of the same kind and name gives way, as it would on the API server.
    /// Says whether one did.
    pub fn insert(&mut self, object: Object) -> bool {
        match object {
            Object::Route(route) => self.insert_route(route),
            Object::Service(service) => {
                self.services.insert(service.name.clone(), service).is_some()
            }
            Object::EndpointSlice(slice) => {
                let slices =
                    self.slices.get_or_insert_default().entry(slice.service.clone()).or_default();
                replace_or_push(slices, slice, |slice| &slice.name)
            }
            Object::ReferenceGrant(grant) => {
                let grants = self
                    .grants
                    .get_or_insert_default()
                    .entry(grant.name.namespace.clone())
                    .or_default();
                replace_or_push(grants, grant, |grant| &grant.name)
            }
            Object::Namespace(namespace) => self
                .namespaces
                .get_or_insert_default()
                .insert(namespace.name.clone(), namespace)
                .is_some(),
            Object::Gateway(gateway) => {
                self.gateways.insert(gateway.name.clone(), gateway).is_some()
            }
            Object::Override(other) => !self.overrides.insert(other),
            Object::Crd { group } => {
                self.crd_groups.insert(group);
                false
            }
        }
    }

    fn insert_route(&mut self, route: Route) -> bool {
        let replaced = self.route_index.get(&route.id).copied();
        let index = replaced.unwrap_or(self.routes.len());
        if replaced.is_some() {
            for index_of in [&mut self.by_parent, &mut self.by_backend] {
                index_of.values_mut().for_each(|routes| routes.retain(|other| *other != index));
            }
        }
        for parent in &route.parents {
            push_once(self.by_parent.entry(parent.name.clone()).or_default(), index);
        }
        for backend in route.rules.iter().flat_map(|rule| &rule.backends) {
            let namespace = backend.namespace.as_ref().unwrap_or(&route.id.name.namespace);
            push_once(
                self.by_backend.entry(ObjectName::new(namespace, &backend.name)).or_default(),
                index,
            );
        }
        self.route_index.insert(route.id.clone(), index);
        match replaced {
            Some(index) => self.routes[index] = route,
            None => self.routes.push(route),
        }
        replaced.is_some()
    }

    /// All routes, in the order in which they came.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The routes with a parent of this name, whatever its kind.
    pub fn routes_of_parent(&self, parent: &ObjectName) -> impl Iterator<Item = &Route> {
        self.by_parent.get(parent).into_iter().flatten().map(|index| &self.routes[*index])
    }

    /// The routes with a backend of this name, whatever its kind.
    pub fn routes_to_backend(&self, backend: &ObjectName) -> impl Iterator<Item = &Route> {
        self.by_backend.get(backend).into_iter().flatten().map(|index| &self.routes[*index])
    }

    /// All Services, by name.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.values()
    }

    /// The Service of this name.
    pub fn service(&self, name: &ObjectName) -> Option<&Service> {
        self.services.get(name)
    }

    /// How many endpoints of the Service serve this port. Known once the view holds any
    /// EndpointSlice.
    ///
    /// An endpoint counts as ready unless its slice says otherwise (`discovery.k8s.io/v1`,
    /// `EndpointConditions.Ready`: "A nil value should be interpreted as true"). A Service with two
    /// address families has a slice of each for the same Pods: the larger family counts.
    pub fn ready(&self, service: &ObjectName, port_name: &str) -> Known<Ready> {
        let Some(slices) = &self.slices else { return Known::Unknown };
        let mut families: BTreeMap<&str, BTreeMap<&str, bool>> = BTreeMap::new();
        for slice in slices.get(service).into_iter().flatten() {
            if slice.ports.is_empty() || slice.ports.iter().any(|name| name == port_name) {
                let family = families.entry(&slice.address_type).or_default();
                for (address, ready) in &slice.endpoints {
                    *family.entry(address).or_default() |= ready;
                }
            }
        }
        let counts = families.into_values().map(|family| Ready {
            ready: family.values().filter(|ready| **ready).count(),
            total: family.len(),
        });
        Known::Known(counts.max_by_key(|count| (count.ready, count.total)).unwrap_or_default())
    }

    /// Whether a ReferenceGrant lets a route of this kind and namespace refer to the Service. Known
    /// once the view holds any.
    pub fn granted(&self, from: &RouteId, service: &ObjectName) -> Known<bool> {
        let Some(grants) = &self.grants else { return Known::Unknown };
        let permits = |grant: &ReferenceGrant| {
            let who = grant.from.iter().any(|(group, kind, namespace)| {
                group == from.kind.group()
                    && kind == from.kind.kind()
                    && *namespace == from.name.namespace
            });
            let what = grant.to.iter().any(|(group, kind, name)| {
                group.is_empty()
                    && kind == "Service"
                    && name.as_ref().is_none_or(|name| *name == service.name)
            });
            who && what
        };
        Known::Known(grants.get(&service.namespace).into_iter().flatten().any(permits))
    }

    /// The namespace of this name. Known once the view holds any Namespace.
    pub fn namespace(&self, name: &str) -> Known<Option<&Namespace>> {
        match &self.namespaces {
            Some(namespaces) => Known::Known(namespaces.get(name)),
            None => Known::Unknown,
        }
    }

    /// All namespaces that are known.
    pub fn namespaces(&self) -> impl Iterator<Item = &Namespace> {
        self.namespaces.iter().flat_map(BTreeMap::values)
    }

    /// The Gateway of this name.
    pub fn gateway(&self, name: &ObjectName) -> Option<&Gateway> {
        self.gateways.get(name)
    }

    /// All Gateways, by name.
    pub fn gateways(&self) -> impl Iterator<Item = &Gateway> {
        self.gateways.values()
    }

    /// The meshes' own objects, sorted.
    pub fn overrides(&self) -> impl Iterator<Item = &Override> {
        self.overrides.iter()
    }

    /// The API groups that are installed, as far as the view holds their definitions.
    pub fn crd_groups(&self) -> impl Iterator<Item = &str> {
        self.crd_groups.iter().map(String::as_str)
    }
}

fn push_once(list: &mut Vec<usize>, index: usize) {
    if list.last() != Some(&index) {
        list.push(index);
    }
}

fn replace_or_push<T>(list: &mut Vec<T>, object: T, name: impl Fn(&T) -> &ObjectName) -> bool {
    match list.iter_mut().find(|other| name(other) == name(&object)) {
        Some(other) => {
            *other = object;
            true
        }
        None => {
            list.push(object);
            false
        }
    }
}
