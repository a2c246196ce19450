//! The view of a cluster: the objects that decide splits, found by name. What was not given is
//! unknown, not absent.

mod ignore;
mod index;
mod labels;
mod object;
mod overlay;
mod parts;
mod suppose;
mod tools;
mod writers;

pub use ignore::{Fields, IgnoreRule, Pattern, Segment};
pub use labels::Labels;
pub use object::{
    AllowedRoutes, EndpointSlice, Gateway, GatewayApi, Namespace, Object, Override, OverrideKind,
    ReferenceGrant, Service, ServiceKind, ServicePort,
};
pub use parts::{Part, Within};
pub use tools::{Application, Canary, Drift, FluxObject, Rollout, Sync};

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    kind::Kind,
    name::{ObjectName, RouteId},
    route::Route,
};
use index::Index;
use parts::Parts;
use writers::Writers;

/// Something that we were told, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<T> {
    /// We were told.
    Known(T),
    /// We were not.
    Unknown,
}

/// How many endpoints of a Service are ready.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ready {
    /// Those that are ready.
    pub ready: usize,
    /// All.
    pub total: usize,
}

/// The objects of a cluster, or of files taken as one.
#[derive(Debug, Clone)]
pub struct Cluster {
    known: Parts,
    /// Whether an object tells that all of its kind are here.
    whole: bool,
    routes: HashMap<RouteId, Route>,
    index: Index,
    services: HashMap<ObjectName, Service>,
    slices: HashMap<ObjectName, Vec<EndpointSlice>>,
    grants: HashMap<String, Vec<ReferenceGrant>>,
    namespaces: BTreeMap<String, Namespace>,
    gateways: BTreeMap<ObjectName, Gateway>,
    overrides: BTreeMap<(OverrideKind, ObjectName), Override>,
    by_host: HashMap<String, BTreeSet<(OverrideKind, ObjectName)>>,
    crd_groups: BTreeSet<String>,
    gateway_api: Option<GatewayApi>,
    writers: Writers,
    /// Services that are yet to be made, and their endpoints with them.
    planned: BTreeSet<ObjectName>,
}

impl Default for Cluster {
    /// Files, which stand for a whole cluster: what is not among them is not there. Only
    /// EndpointSlices, ReferenceGrants and Namespaces, which people rarely write down, and the
    /// objects of tools, which they keep elsewhere, are known from the first of their kind on.
    fn default() -> Self {
        Self { whole: true, ..Self::unread() }
    }
}

impl Cluster {
    /// A cluster of which nothing is known yet: [`Cluster::learn`] says what is.
    pub fn unread() -> Self {
        Self {
            known: Parts::default(),
            whole: false,
            routes: HashMap::new(),
            index: Index::default(),
            services: HashMap::new(),
            slices: HashMap::new(),
            grants: HashMap::new(),
            namespaces: BTreeMap::new(),
            gateways: BTreeMap::new(),
            overrides: BTreeMap::new(),
            by_host: HashMap::new(),
            crd_groups: BTreeSet::new(),
            gateway_api: None,
            writers: Writers::default(),
            planned: BTreeSet::new(),
        }
    }

    /// Takes note that every object of this part is here, now or soon: what is not here then does
    /// not exist.
    pub fn learn(&mut self, part: Part) {
        self.known.insert(part);
    }

    /// Takes note that what is not here of this part may exist all the same; what is here stays.
    pub fn unlearn(&mut self, part: &Part) {
        self.known.remove(part);
    }

    /// Whether every object of this part is here.
    pub fn knows(&self, part: &Part) -> bool {
        self.knows_all(part.kind) || self.known.contains(part)
    }

    fn knows_object(&self, kind: Kind, name: &ObjectName) -> bool {
        self.knows_all(kind) || self.known.contains(&Part::object(kind, name))
    }

    /// Whether every object of this kind is here.
    fn knows_all(&self, kind: Kind) -> bool {
        let told = self.whole
            && match kind {
                Kind::EndpointSlice => !self.slices.is_empty(),
                Kind::ReferenceGrant => !self.grants.is_empty(),
                Kind::Namespace => !self.namespaces.is_empty(),
                Kind::Application => self.writers.has_applications(),
                Kind::Rollout => self.writers.has_rollouts(),
                Kind::Kustomization => self.writers.has_kustomizations(),
                Kind::HelmRelease => self.writers.has_helm_releases(),
                Kind::Canary => self.writers.has_canaries(),
                Kind::Route(_)
                | Kind::Gateway
                | Kind::Service
                | Kind::VirtualService
                | Kind::ServiceProfile
                | Kind::Crd => true,
            };
        told || self.known.has_all(kind)
    }

    /// Takes an object in; one of the same kind and name gives way, as it would on the API server.
    /// Says whether one did.
    pub fn insert(&mut self, object: Object) -> bool {
        match object {
            Object::Route(route) => self.insert_route(route),
            Object::Service(service) => {
                self.services.insert(service.name.clone(), service).is_some()
            }
            Object::EndpointSlice(slice) => {
                // Most Services have one.
                let slices = self
                    .slices
                    .entry(slice.service.clone())
                    .or_insert_with(|| Vec::with_capacity(1));
                replace_or_push(slices, slice, |slice| &slice.name)
            }
            Object::ReferenceGrant(grant) => {
                let grants = self.grants.entry(grant.name.namespace.clone()).or_default();
                replace_or_push(grants, grant, |grant| &grant.name)
            }
            Object::Namespace(namespace) => {
                self.namespaces.insert(namespace.name.clone(), namespace).is_some()
            }
            Object::Gateway(gateway) => {
                self.gateways.insert(gateway.name.clone(), gateway).is_some()
            }
            Object::Override(other) => self.insert_override(other),
            Object::Crd { group, gateway_api } => {
                self.crd_groups.insert(group);
                if gateway_api.is_some() {
                    self.gateway_api = gateway_api;
                }
                false
            }
            Object::Application(application) => self.writers.insert_application(application),
            Object::Rollout(rollout) => self.writers.insert_rollout(rollout),
            Object::Kustomization(object) => self.writers.insert_kustomization(object),
            Object::HelmRelease(object) => self.writers.insert_helm_release(object),
            Object::Canary(canary) => self.writers.insert_canary(canary),
        }
    }

    /// Lets go of the object of this kind and name, which is there no longer.
    pub fn remove(&mut self, kind: Kind, name: &ObjectName) {
        match kind {
            Kind::Route(kind) => {
                let id = RouteId { kind, name: name.clone() };
                if let Some(route) = self.routes.remove(&id) {
                    self.index.remove(&route);
                }
            }
            Kind::Service => {
                self.services.remove(name);
            }
            Kind::EndpointSlice => {
                self.slices.retain(|_, slices| {
                    slices.retain(|slice| slice.name != *name);
                    !slices.is_empty()
                });
            }
            Kind::ReferenceGrant => {
                if let Some(grants) = self.grants.get_mut(&name.namespace) {
                    grants.retain(|grant| grant.name != *name);
                    if grants.is_empty() {
                        self.grants.remove(&name.namespace);
                    }
                }
            }
            Kind::Namespace => {
                self.namespaces.remove(&name.name);
            }
            Kind::Gateway => {
                self.gateways.remove(name);
            }
            Kind::VirtualService => {
                self.remove_override(OverrideKind::VirtualService, name);
            }
            Kind::ServiceProfile => {
                self.remove_override(OverrideKind::ServiceProfile, name);
            }
            // A group stays as long as any of its kinds does, and a name does not tell the group.
            Kind::Crd => {}
            Kind::Application => self.writers.remove_application(name),
            Kind::Rollout => {
                self.writers.remove_rollout(name);
            }
            Kind::Kustomization => self.writers.remove_kustomization(name),
            Kind::HelmRelease => self.writers.remove_helm_release(name),
            Kind::Canary => self.writers.remove_canary(name),
        }
    }

    /// Lets go of all objects of a part, to take them in anew.
    pub fn clear(&mut self, part: &Part) {
        if part.kind == Kind::EndpointSlice {
            self.slices.retain(|service, _| !part.contains(service));
            return;
        }
        if *part == Part::cluster(Kind::Crd) {
            self.crd_groups.clear();
            self.gateway_api = None;
            return;
        }
        let gone = self.names(part.kind).into_iter().filter(|name| part.contains(name));
        gone.collect::<Vec<_>>().iter().for_each(|name| self.remove(part.kind, name));
    }

    /// The names of all objects of a kind that are here; definitions have none.
    pub fn names(&self, kind: Kind) -> Vec<ObjectName> {
        let names = |names: &mut dyn Iterator<Item = &ObjectName>| names.cloned().collect();
        match kind {
            Kind::Route(kind) => {
                names(&mut self.routes.keys().filter(|id| id.kind == kind).map(|id| &id.name))
            }
            Kind::Service => names(&mut self.services.keys()),
            Kind::ReferenceGrant => {
                names(&mut self.grants.values().flatten().map(|grant| &grant.name))
            }
            Kind::Namespace => {
                let all = self.namespaces.keys().map(|name| ObjectName::new("", name));
                all.collect()
            }
            Kind::Gateway => names(&mut self.gateways.keys()),
            Kind::VirtualService | Kind::ServiceProfile => {
                let of_kind = |other: OverrideKind| other.kind() == kind.name();
                let overrides = self.overrides.keys().filter(|(kind, _)| of_kind(*kind));
                names(&mut overrides.map(|(_, name)| name))
            }
            Kind::Application
            | Kind::Rollout
            | Kind::Kustomization
            | Kind::HelmRelease
            | Kind::Canary => names(&mut self.writers.names(kind)),
            Kind::EndpointSlice => {
                names(&mut self.slices.values().flatten().map(|slice| &slice.name))
            }
            Kind::Crd => Vec::new(),
        }
    }

    fn insert_route(&mut self, route: Route) -> bool {
        let replaced = self.routes.remove(&route.id);
        if let Some(replaced) = &replaced {
            self.index.remove(replaced);
        }
        self.index.insert(&route);
        self.routes.insert(route.id.clone(), route);
        replaced.is_some()
    }

    fn insert_override(&mut self, other: Override) -> bool {
        let replaced = self.remove_override(other.kind, &other.name);
        for host in &other.hosts {
            let key = (other.kind, other.name.clone());
            self.by_host.entry(host.clone()).or_default().insert(key);
        }
        self.overrides.insert((other.kind, other.name.clone()), other);
        replaced
    }

    fn remove_override(&mut self, kind: OverrideKind, name: &ObjectName) -> bool {
        let key = (kind, name.clone());
        let Some(other) = self.overrides.remove(&key) else { return false };
        for host in &other.hosts {
            if let Some(keys) = self.by_host.get_mut(host) {
                keys.remove(&key);
                if keys.is_empty() {
                    self.by_host.remove(host);
                }
            }
        }
        true
    }

    /// All routes, by name.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        let mut routes: Vec<&Route> = self.routes.values().collect();
        routes.sort_unstable_by_key(|route| &route.id);
        routes.into_iter()
    }

    /// The route of this kind and name.
    pub fn route(&self, id: &RouteId) -> Option<&Route> {
        self.routes.get(id)
    }

    /// The routes with a parent of this name, whatever its kind.
    pub fn routes_of_parent(&self, parent: &ObjectName) -> impl Iterator<Item = &Route> {
        self.index.of_parent(parent).map(|id| &self.routes[id])
    }

    /// The routes with a backend of this name, whatever its kind.
    pub fn routes_to_backend(&self, backend: &ObjectName) -> impl Iterator<Item = &Route> {
        self.index.to_backend(backend).map(|id| &self.routes[id])
    }

    /// The Gateways that have routes with a backend of this name, whatever its kind, each with its
    /// routes.
    pub fn gateways_to_backend(
        &self,
        backend: &ObjectName,
    ) -> impl Iterator<Item = (&ObjectName, impl Iterator<Item = &Route>)> {
        let gateways = self.index.before_backend(backend);
        gateways.map(|(gateway, ids)| (gateway, ids.map(|id| &self.routes[id])))
    }

    /// All Services, by name.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        let mut services: Vec<&Service> = self.services.values().collect();
        services.sort_unstable_by_key(|service| &service.name);
        services.into_iter()
    }

    /// The Service of this name.
    pub fn service(&self, name: &ObjectName) -> Known<Option<&Service>> {
        match self.services.get(name) {
            Some(service) => Known::Known(Some(service)),
            None if self.knows_object(Kind::Service, name) => Known::Known(None),
            None => Known::Unknown,
        }
    }

    /// How many endpoints of the Service serve this port.
    ///
    /// An endpoint counts as ready unless its slice says otherwise (`discovery.k8s.io/v1`,
    /// `EndpointConditions.Ready`: "A nil value should be interpreted as true"). A Service with two
    /// address families has a slice of each for the same Pods: the larger family counts.
    pub fn ready(&self, service: &ObjectName, port_name: &str) -> Known<Ready> {
        let is_told = self.knows_object(Kind::EndpointSlice, service);
        if !is_told || self.planned.contains(service) {
            return Known::Unknown;
        }
        let mut families: BTreeMap<&str, BTreeMap<&str, bool>> = BTreeMap::new();
        for slice in self.slices.get(service).into_iter().flatten() {
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

    /// Whether a ReferenceGrant lets a route of this kind and namespace refer to the Service.
    pub fn granted(&self, from: &RouteId, service: &ObjectName) -> Known<bool> {
        if !self.knows(&Part::namespace(Kind::ReferenceGrant, &service.namespace)) {
            return Known::Unknown;
        }
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
        Known::Known(self.grants.get(&service.namespace).into_iter().flatten().any(permits))
    }

    /// The namespace of this name.
    pub fn namespace(&self, name: &str) -> Known<Option<&Namespace>> {
        match self.namespaces.get(name) {
            Some(namespace) => Known::Known(Some(namespace)),
            None if self.knows_all(Kind::Namespace)
                || self.knows(&Part::object(Kind::Namespace, &ObjectName::new("", name))) =>
            {
                Known::Known(None)
            }
            None => Known::Unknown,
        }
    }

    /// All namespaces that are known.
    pub fn namespaces(&self) -> impl Iterator<Item = &Namespace> {
        self.namespaces.values()
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
        self.overrides.values()
    }

    /// The mesh's own object of this kind that takes the host over, the first by name.
    pub fn override_of(&self, kind: OverrideKind, host: &str) -> Option<&Override> {
        let key = self.by_host.get(host)?.iter().find(|(other, _)| *other == kind)?;
        self.overrides.get(key)
    }

    /// Which release of the Gateway API is installed. That all of its groups are known tells nothing
    /// of that.
    pub fn gateway_api(&self) -> Known<Option<&GatewayApi>> {
        match &self.gateway_api {
            Some(seen) => Known::Known(Some(seen)),
            None if self.whole || self.known.has(&GatewayApi::part()) => Known::Known(None),
            None => Known::Unknown,
        }
    }

    /// Whether a kind of this API group is known to be installed.
    pub fn has_crd_group(&self, group: &str) -> bool {
        self.crd_groups.contains(group)
    }

    /// The API groups that are installed, as far as the view holds their definitions.
    pub fn crd_groups(&self) -> impl Iterator<Item = &str> {
        self.crd_groups.iter().map(String::as_str)
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
