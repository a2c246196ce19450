//! What a check looks at: one route, what surrounds it, and how the run is meant.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

use crate::{
    cluster::{Cluster, GatewayApi, Known, Namespace, Part, Ready, Service},
    defaulting::{self, last_applied},
    kind::Kind,
    lint::{
        Api, Settings,
        spelling::{Spelled, spelled},
        targets::{Listed, Target, filters, targets},
    },
    name::{GATEWAY_GROUP, ObjectName},
    path::FieldPath,
    profile::{BackendNamespace, Mesh, Profile},
    route::{Backend, Match, Parent, Route, Rule},
};

/// Other routes of a Service that a check looks at: a Service with more of them is in trouble that
/// the first few show, and one route must not cost a walk over thousands.
const NEIGHBOURS: usize = 128;

/// One route, what surrounds it, and how the run is meant.
#[derive(Debug)]
pub struct Subject<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) route: &'a Route,
    pub(super) settings: &'a Settings,
    /// The parents that are, or are meant to be, a Service.
    pub(super) parents: Vec<Meant<'a>>,
    /// The filters of rules and of backends, and all that names an object to send requests to: many checks in many
    /// meshes go through them.
    filters: Vec<Listed<'a>>,
    targets: Vec<Target<'a>>,
    /// The Services that targets name, where they or the route say the namespace, as far as they were asked for.
    named: Vec<Cell<Option<Known<Option<&'a Service>>>>>,
    /// The targets of [`Subject::used_services`], by mesh.
    used: RefCell<Vec<(Mesh, Rc<[Target<'a>]>)>>,
    wanted: RefCell<BTreeSet<Part>>,
    absent: RefCell<BTreeSet<Part>>,
    /// The Services that were asked for: every mesh asks for the same few.
    services: Asked<Known<Option<&'a Service>>>,
    /// The other routes of the parents that were asked for.
    others: Asked<Rc<[&'a Route]>>,
}

/// What was asked for, by name: so little that a list is faster than a map.
type Asked<T> = RefCell<Vec<(ObjectName, T)>>;

/// A parent that is, or is meant to be, a Service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meant<'a> {
    /// Its place in `parentRefs`.
    pub(super) index: usize,
    pub(super) parent: &'a Parent,
    pub(super) spelling: Spelled,
}

impl Meant<'_> {
    /// The path of the parentRef.
    pub(super) fn path(&self) -> FieldPath {
        at!["spec", "parentRefs", self.index]
    }

    /// The path of a field of it.
    pub(super) fn field(&self, name: &'static str) -> FieldPath {
        at!["spec", "parentRefs", self.index, name]
    }

    /// Whether this mesh attaches it to a Service.
    pub(super) fn attaches(&self, profile: &Profile) -> bool {
        profile.parent_ref.value.is_service(&self.parent.group, &self.parent.kind)
    }

    /// Whether it is meant to be a Service of this cluster.
    pub(super) fn is_local(&self) -> bool {
        self.spelling != Spelled::Import
    }
}

impl<'a> Subject<'a> {
    pub(super) fn new(cluster: &'a Cluster, route: &'a Route, settings: &'a Settings) -> Self {
        let parents = route.parents.iter().enumerate().filter_map(|(index, parent)| {
            Some(Meant { index, parent, spelling: spelled(parent)? })
        });
        let parents = parents.collect();
        let filters: Vec<_> = filters(route).collect();
        let targets: Vec<_> = targets(route, &filters).collect();
        let named = vec![Cell::new(None); targets.len()];
        Self {
            cluster,
            route,
            settings,
            parents,
            filters,
            targets,
            named,
            used: RefCell::default(),
            wanted: RefCell::default(),
            absent: RefCell::default(),
            services: RefCell::default(),
            others: RefCell::default(),
        }
    }

    /// What was asked for and is not known, and what was asked for and is not there.
    pub(super) fn into_asked(self) -> (BTreeSet<Part>, BTreeSet<Part>) {
        (self.wanted.into_inner(), self.absent.into_inner())
    }

    /// The parents that are meant to be Services of this cluster.
    pub(super) fn services(&self) -> impl Iterator<Item = &Meant<'a>> {
        self.parents.iter().filter(|parent| parent.is_local())
    }

    /// The parents that this mesh attaches to a Service.
    pub(super) fn attached(&self, profile: &'static Profile) -> impl Iterator<Item = &Meant<'a>> {
        self.services().filter(|parent| parent.attaches(profile))
    }

    /// Whether a parent is in another namespace.
    pub(super) fn is_consumer(&self, parent: &Meant<'_>) -> bool {
        parent.parent.name.namespace != self.route.id.name.namespace
    }

    /// The namespace of the route.
    pub(super) fn namespace(&self) -> &'a str {
        &self.route.id.name.namespace
    }

    /// The rules with their places.
    pub(super) fn rules(&self) -> impl Iterator<Item = (usize, &'a Rule)> + use<'a> {
        self.route.rules.iter().enumerate()
    }

    /// The backends, each with its place.
    pub(super) fn backends(&self) -> impl Iterator<Item = (usize, usize, &'a Backend)> + use<'a> {
        self.rules().flat_map(|(rule, it)| {
            it.backends.iter().enumerate().map(move |(index, backend)| (rule, index, backend))
        })
    }

    /// The matches, each with its rule and its place there.
    pub(super) fn matches(&self) -> impl Iterator<Item = (usize, usize, &'a Match)> + use<'a> {
        self.rules().flat_map(|(rule, it)| {
            it.matches.iter().enumerate().map(move |(index, matched)| (rule, index, matched))
        })
    }

    /// The route as kubectl has applied it last, before any default, if it remembers.
    pub(super) fn last_applied(&self) -> Option<Route> {
        last_applied(self.route)
    }

    /// Whether the weights of the route are meant to be percentages; the namespace is wanted if it
    /// is not known.
    pub(super) fn is_percent(&self) -> bool {
        let is_percent = defaulting::is_percent(self.cluster, self.route);
        let namespace = ObjectName::new("", self.namespace());
        self.or_wanted(is_percent, || Part::object(Kind::Namespace, &namespace))
            == Known::Known(true)
    }

    /// The filters of rules and of backends, each with the place of its list.
    pub(super) fn filters(&self) -> impl Iterator<Item = Listed<'a>> {
        self.filters.iter().copied()
    }

    /// All that names an object to send requests to.
    pub(super) fn targets(&self) -> impl Iterator<Item = Target<'a>> {
        self.targets.iter().copied()
    }

    /// Those that get requests, and that this mesh takes for Services: several checks ask for them.
    pub(super) fn used_services(&self, profile: &Profile) -> Rc<[Target<'a>]> {
        let mesh = profile.mesh;
        if let Some((_, used)) = self.used.borrow().iter().find(|(other, _)| *other == mesh) {
            return Rc::clone(used);
        }
        let is_service = |it: &Target<'_>| profile.backend_ref.value.is_service(it.group, it.kind);
        let used = self.targets().filter(|it| it.is_used() && is_service(it));
        let used: Rc<[_]> = used.collect();
        self.used.borrow_mut().push((mesh, Rc::clone(&used)));
        used
    }

    /// The object that a target names: where it says no namespace, some meshes look beside the
    /// Service that the route is for.
    pub(super) fn named(&self, profile: &Profile, target: &Target<'_>) -> ObjectName {
        ObjectName::new(self.namespace_of(profile, target), target.name)
    }

    /// The Service that a target names, as [`Subject::named`] says.
    pub(super) fn service_of(
        &self,
        profile: &Profile,
        target: &Target<'_>,
    ) -> Known<Option<&'a Service>> {
        if target.namespace.is_none() && profile.backend_namespace.value == BackendNamespace::Parent
        {
            return self.service_in(self.namespace_of(profile, target), target.name);
        }
        let named = &self.named[target.index];
        named.get().unwrap_or_else(|| {
            let service = self.service_in(self.namespace_of(profile, target), target.name);
            named.set(Some(service));
            service
        })
    }

    /// The Service that a target names, if it is known to be there.
    pub(super) fn found_of(&self, profile: &Profile, target: &Target<'_>) -> Option<&'a Service> {
        match self.service_of(profile, target) {
            Known::Known(service) => service,
            Known::Unknown => None,
        }
    }

    fn namespace_of<'t>(&'t self, profile: &Profile, target: &Target<'t>) -> &'t str {
        target.namespace.unwrap_or_else(|| match profile.backend_namespace.value {
            BackendNamespace::Route => self.namespace(),
            BackendNamespace::Parent => self
                .services()
                .find(|parent| parent.attaches(profile))
                .map_or(self.namespace(), |parent| &parent.parent.name.namespace),
        })
    }

    /// The Service of this name; wanted if it is not known.
    pub(super) fn service(&self, name: &ObjectName) -> Known<Option<&'a Service>> {
        self.service_in(&name.namespace, &name.name)
    }

    /// As [`Subject::service`], of namespace and name.
    fn service_in(&self, namespace: &str, name: &str) -> Known<Option<&'a Service>> {
        let is_it = |it: &&(ObjectName, _)| it.0.name == name && it.0.namespace == namespace;
        if let Some((_, service)) = self.services.borrow().iter().find(is_it) {
            return *service;
        }
        // No Service can have such a name, which other lints say: nobody needs to look for it.
        let can_be = is_dns_label(name);
        let name = ObjectName::new(namespace, name);
        let part = || Part::object(Kind::Service, &name);
        let mut service = Known::Unknown;
        if can_be {
            service = self.or_wanted(self.cluster.service(&name), part);
        }
        if service == Known::Known(None) && !self.is_absent(part()) {
            service = Known::Unknown;
        }
        self.services.borrow_mut().push((name, service));
        service
    }

    /// The Service of this name, if it is known to be there.
    pub(super) fn found(&self, name: &ObjectName) -> Option<&'a Service> {
        self.found_in(&name.namespace, &name.name)
    }

    /// As [`Subject::found`], of namespace and name.
    pub(super) fn found_in(&self, namespace: &str, name: &str) -> Option<&'a Service> {
        match self.service_in(namespace, name) {
            Known::Known(service) => service,
            Known::Unknown => None,
        }
    }

    /// How many endpoints serve a port of the Service; wanted if it is not known.
    pub(super) fn ready(&self, name: &ObjectName, port: &str) -> Known<Ready> {
        self.or_wanted(self.cluster.ready(name, port), || Part::object(Kind::EndpointSlice, name))
    }

    /// Whether a ReferenceGrant lets the route refer to the Service; wanted if it is not known.
    pub(super) fn granted(&self, name: &ObjectName) -> Known<bool> {
        let part = || Part::namespace(Kind::ReferenceGrant, &name.namespace);
        match self.or_wanted(self.cluster.granted(&self.route.id, name), part) {
            Known::Known(false) if !self.is_absent(part()) => Known::Unknown,
            granted => granted,
        }
    }

    /// Whether what the view lacks is taken for absent, which is noted then.
    fn is_absent(&self, part: Part) -> bool {
        let is_absent = !self.settings.found.contains(&part);
        if is_absent {
            self.absent.borrow_mut().insert(part);
        }
        is_absent
    }

    /// The definitions that the route is stored by; wanted if nobody said and they are not known.
    pub(super) fn api(&self) -> Api {
        let told = self.settings.api;
        if told.version.is_none() || told.channel.is_none() {
            self.or_wanted(self.cluster.gateway_api(), GatewayApi::part);
        }
        Api::of(told, self.cluster)
    }

    /// The namespace, if it is known to be there.
    pub(super) fn known_namespace(&self, name: &str) -> Option<&'a Namespace> {
        let part = || Part::object(Kind::Namespace, &ObjectName::new("", name));
        match self.or_wanted(self.cluster.namespace(name), part) {
            Known::Known(namespace) => namespace,
            Known::Unknown => None,
        }
    }

    /// Some other routes that name this Service as a parent, by name.
    pub(super) fn others(&self, service: &ObjectName) -> impl Iterator<Item = &'a Route> + use<'a> {
        let known = self
            .others
            .borrow()
            .iter()
            .find(|(name, _)| name == service)
            .map(|it| Rc::clone(&it.1));
        let routes = match known {
            Some(routes) => routes,
            None => {
                let routes = self.cluster.routes_of_parent(service).take(NEIGHBOURS);
                let routes: Rc<[_]> = routes.filter(|route| route.id != self.route.id).collect();
                self.others.borrow_mut().push((service.clone(), Rc::clone(&routes)));
                routes
            }
        };
        (0..routes.len()).map(move |index| routes[index])
    }

    /// Some other routes that name this Service as a backend, by name.
    pub(super) fn to_backend(&self, service: &ObjectName) -> impl Iterator<Item = &'a Route> {
        let routes = self.cluster.routes_to_backend(service).take(NEIGHBOURS);
        routes.filter(|route| route.id != self.route.id)
    }

    fn or_wanted<T>(&self, known: Known<T>, part: impl FnOnce() -> Part) -> Known<T> {
        if matches!(known, Known::Unknown) {
            self.wanted.borrow_mut().insert(part());
        }
        known
    }
}

/// Whether a parent is a Gateway.
pub(super) fn is_gateway(parent: &Parent) -> bool {
    parent.group.value == GATEWAY_GROUP && parent.kind.value == "Gateway"
}

/// Whether a Service can have this name (RFC 1123, which Kubernetes relaxes to).
pub(super) fn is_dns_label(name: &str) -> bool {
    let is_inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(is_inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// That a Service lacks a port, with what was probably meant.
pub(super) fn lacks_port(service: &Service, port: u16) -> String {
    let ports: Vec<String> = service.ports.iter().map(|port| port.port.to_string()).collect();
    let target = port.to_string();
    let meant = service.ports.iter().find(|it| it.target.as_ref() == Some(&target));
    match meant {
        Some(meant) => {
            format!(
                "{port} is the targetPort of Service {}, whose port is {}",
                service.name, meant.port
            )
        }
        None => format!("Service {} has no port {port}, only {}", service.name, ports.join(", ")),
    }
}
