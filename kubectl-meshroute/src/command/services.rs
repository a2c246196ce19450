//! Which Services a command is about: the one that is named, or all that have routes.

use std::collections::BTreeSet;

use meshroute::{
    cluster::{Cluster, Known, Part, Service},
    kind::Kind,
    name::ObjectName,
    route::Parent,
};

use crate::{args, command::select::Selector, exit::Failure, source::Source, view};

/// What the command line says of Services.
#[derive(Debug)]
pub(super) struct Asked {
    /// The one; else all that have routes.
    pub(super) name: Option<ObjectName>,
    /// Where all are looked for; everywhere if none is named.
    within: Option<String>,
    selector: Option<Selector>,
    port: Option<u16>,
    any_namespace: bool,
}

/// Why there is no Service to answer about, and what could still tell.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) failure: Failure,
    pub(super) wanted: Option<Part>,
}

/// What can be said wrongly about Services, without any source being open.
pub(super) fn check(args: &args::Split) -> Result<(), Failure> {
    args.service.as_deref().map(service_name).transpose()?;
    selector(args)?;
    if args.service.is_some() && args.all_namespaces {
        return Err(Failure::usage(
            "a Service is in one namespace: name it with -n, or leave the Service out with -A",
        ));
    }
    Ok(())
}

fn selector(args: &args::Split) -> Result<Option<Selector>, Failure> {
    args.selector.as_deref().map(Selector::parse).transpose().map_err(Failure::usage)
}

impl Asked {
    /// Reads the command line, in the namespace of the source.
    pub(super) fn new(args: &args::Split, source: &Source) -> Result<Self, Failure> {
        let name = args.service.as_deref().map(service_name).transpose()?;
        let within = if args.all_namespaces { None } else { Some(source.namespace.clone()) };
        Ok(Self {
            name: name.map(|name| ObjectName::new(&source.namespace, name)),
            within,
            selector: selector(args)?,
            port: args.question.port,
            any_namespace: source.any_namespace,
        })
    }

    /// One Service, with the port that is asked about.
    pub(super) fn one(service: &str, port: Option<u16>, source: &Source) -> Result<Self, Failure> {
        Ok(Self {
            name: Some(ObjectName::new(&source.namespace, service_name(service)?)),
            within: Some(source.namespace.clone()),
            selector: None,
            port,
            any_namespace: source.any_namespace,
        })
    }

    /// The Services that have to be known before anything can be said.
    pub(super) fn wanted(&self) -> Part {
        match (&self.name, &self.within) {
            (Some(name), _) => Part::object(Kind::Service, name),
            (None, Some(namespace)) => Part::namespace(Kind::Service, namespace),
            (None, None) => Part::cluster(Kind::Service),
        }
    }

    /// The Services.
    pub(super) fn services<'a>(&self, cluster: &'a Cluster) -> Result<Vec<&'a Service>, Missing> {
        match &self.name {
            Some(name) => self.find(cluster, name).map(|service| vec![service]),
            None => Ok(cluster
                .services()
                .filter(|service| self.takes(service) && is_routed(cluster, &service.name))
                .collect()),
        }
    }

    fn takes(&self, service: &Service) -> bool {
        self.is_within(&service.name.namespace)
            && self.selector.as_ref().is_none_or(|selector| selector.takes(&service.labels))
            && self.port.is_none_or(|port| service.ports.iter().any(|other| other.port == port))
    }

    fn is_within(&self, namespace: &str) -> bool {
        self.within.as_ref().is_none_or(|within| within == namespace)
    }

    /// The Service of this name, with the port that is asked about.
    fn find<'a>(
        &self,
        cluster: &'a Cluster,
        full_name: &ObjectName,
    ) -> Result<&'a Service, Missing> {
        let namesakes = || cluster.services().filter(|other| other.name.name == full_name.name);
        let only = match namesakes().collect::<Vec<_>>().as_slice() {
            [service] if self.any_namespace => Some(*service),
            _ => None,
        };
        let service = match cluster.service(full_name) {
            Known::Known(service) => service.or(only),
            Known::Unknown if only.is_some() => only,
            Known::Unknown => {
                return Err(Missing {
                    failure: Failure::no(view::clean(&format!(
                        "Service {full_name} cannot be read"
                    ))),
                    wanted: None,
                });
            }
        };
        let no =
            |message: String| Missing { failure: Failure::no(view::clean(&message)), wanted: None };
        let Some(service) = service else {
            let mut message = format!("Service {full_name} not found");
            let elsewhere: Vec<&str> = namesakes().map(|it| it.name.namespace.as_str()).collect();
            if let Some(namespace) = elsewhere.first() {
                message.push_str(&format!(
                    "; there is one in {}: add -n {namespace}",
                    elsewhere.join(", ")
                ));
            } else if let Some(route) = cluster.routes_of_parent(full_name).next() {
                message.push_str(&format!(", though {} names it as a parent", route.id));
            } else if let Some(namespace) = parents(cluster, &full_name.name).first() {
                let all: Vec<&str> = parents(cluster, &full_name.name).into_iter().collect();
                message.push_str(&format!(
                    "; routes name one in {}: add -n {namespace}",
                    all.join(", ")
                ));
            }
            let namesakes = Part::named(Kind::Service, &full_name.name);
            return Err(Missing { wanted: Some(namesakes), ..no(message) });
        };
        let ports: Vec<String> = service.ports.iter().map(|port| port.port.to_string()).collect();
        let name = &service.name;
        match self.port {
            _ if ports.is_empty() => Err(no(format!("Service {name} has no port"))),
            Some(port) if !service.ports.iter().any(|other| other.port == port) => {
                Err(no(format!("Service {name} has no port {port}; it has {}", ports.join(", "))))
            }
            _ => Ok(service),
        }
    }

    /// Routes whose parent Service is not there, where all Services are asked about.
    pub(super) fn orphans(&self, cluster: &Cluster) -> BTreeSet<String> {
        let mut orphans = BTreeSet::new();
        if self.name.is_some() {
            return orphans;
        }
        for route in cluster.routes() {
            for parent in route.parents.iter().filter(|parent| *parent.kind == "Service") {
                let is_absent = cluster.service(&parent.name) == Known::Known(None);
                if self.is_within(&parent.name.namespace) && is_absent {
                    orphans.insert(format!(
                        "{}: its parent Service {} not found",
                        route.id, parent.name
                    ));
                }
            }
        }
        orphans
    }

    /// What to say where nothing is shown: `no mesh routes in default (12 in shop, pay; use -A)`.
    pub(super) fn nothing(&self, cluster: &Cluster) -> String {
        let within = self.within.as_deref().unwrap_or("any namespace");
        let mut text = format!("no mesh routes in {within}");
        if self.selector.is_some() || self.port.is_some() {
            text.push_str(" for what is asked");
        }
        let mut elsewhere = BTreeSet::new();
        let mut count = 0_usize;
        for route in cluster.routes() {
            let parents = route.parents.iter().filter(|parent| means_a_service(parent));
            let namespaces: BTreeSet<&str> = parents
                .map(|parent| parent.name.namespace.as_str())
                .filter(|namespace| !self.is_within(namespace))
                .collect();
            count += usize::from(!namespaces.is_empty());
            elsewhere.extend(namespaces);
        }
        if !elsewhere.is_empty() {
            let names: Vec<&str> = elsewhere.into_iter().collect();
            text.push_str(&format!(" ({count} in {}; use -A)", names.join(", ")));
        }
        view::clean(&text)
    }
}

/// Takes the objects for a part of a cluster where routes of the Service are among them, and the
/// Service itself is not: many a repository keeps it elsewhere. Returns its name.
pub(super) fn suppose(
    service: &str,
    port: Option<u16>,
    source: &mut Source,
) -> Result<Option<ObjectName>, Failure> {
    let name = service_name(service)?;
    let is_meant = |it: &ObjectName| {
        it.name == name && (source.any_namespace || it.namespace == source.namespace)
    };
    if source.cluster.services().any(|service| is_meant(&service.name)) {
        return Ok(None);
    }
    let parents = source.cluster.routes().flat_map(|route| &route.parents);
    let named: BTreeSet<ObjectName> = parents
        .filter(|parent| means_a_service(parent) && is_meant(&parent.name))
        .map(|parent| parent.name.clone())
        .collect();
    let own = ObjectName::new(&source.namespace, name);
    let only = named.first().filter(|_| named.len() == 1);
    let Some(service) = named.get(&own).or(only).cloned() else { return Ok(None) };
    source.cluster.suppose(&service, port);
    Ok(Some(service))
}

/// The namespaces in which routes expect a Service of this name.
fn parents<'c>(cluster: &'c Cluster, name: &str) -> BTreeSet<&'c str> {
    let parents = cluster.routes().flat_map(|route| &route.parents);
    parents
        .filter(|parent| means_a_service(parent) && parent.name.name == name)
        .map(|parent| parent.name.namespace.as_str())
        .collect()
}

/// `reviews`, `svc/reviews`, `service/reviews`.
pub(super) fn service_name(text: &str) -> Result<&str, Failure> {
    let name = match text.split_once('/') {
        None => text,
        Some(("svc" | "service" | "services", name)) => name,
        Some((kind, _)) => {
            return Err(Failure::usage(format!(
                "{text:?} names no Service: write the name alone, or svc/NAME, not {kind}/"
            )));
        }
    };
    if let Some((name, namespace)) = name.split_once('.') {
        let namespace = namespace.split('.').next().unwrap_or_default();
        return Err(Failure::usage(format!(
            "{text:?} is a host name: write {name} -n {namespace}"
        )));
    }
    if name.is_empty() { Err(Failure::usage("the name of the Service is empty")) } else { Ok(name) }
}

/// Whether a route has the Service as a parent, or seems to mean it.
fn is_routed(cluster: &Cluster, name: &ObjectName) -> bool {
    cluster.routes_of_parent(name).any(|route| {
        let mut parents = route.parents.iter().filter(|parent| parent.name == *name);
        parents.any(means_a_service)
    })
}

pub(super) fn means_a_service(parent: &Parent) -> bool {
    parent.kind.to_ascii_lowercase().starts_with('s') || parent.group.is_empty()
}
