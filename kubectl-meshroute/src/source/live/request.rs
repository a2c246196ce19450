//! From the parts of a cluster that an answer wants to the requests that read them.

use std::collections::{BTreeMap, BTreeSet};

use meshroute::{
    cluster::{Part, Within},
    kind::{Kind, Resource, escape},
    name::ObjectName,
};

/// One collection to list and to watch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Request {
    /// The kind.
    pub(super) kind: Kind,
    /// The namespace; all if none is named.
    pub(super) namespace: Option<String>,
    /// Which objects of these.
    select: Select,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Select {
    All,
    /// The object of this name.
    Name(String),
    /// The EndpointSlices of these Services.
    OfServices(BTreeSet<String>),
}

/// From this many objects of a namespace on, and namespaces of a cluster, one list of all is
/// cheaper than one for each.
const MANY: usize = 32;

/// The requests that read these parts.
pub(super) fn requests(parts: &BTreeSet<Part>) -> BTreeSet<Request> {
    let mut requests = BTreeSet::new();
    let mut objects: BTreeMap<(Kind, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut namespaces: BTreeMap<Kind, BTreeSet<&str>> = BTreeMap::new();
    for part in parts {
        match &part.within {
            Within::Cluster => {
                requests.insert(Request::all(part.kind, None));
            }
            Within::Named(name) => {
                let select = Select::Name(name.clone());
                requests.insert(Request { kind: part.kind, namespace: None, select });
            }
            Within::Namespace(namespace) => {
                namespaces.entry(part.kind).or_default().insert(namespace);
            }
            Within::Object(name) => {
                objects.entry((part.kind, &name.namespace)).or_default().insert(&name.name);
            }
        }
    }
    objects.retain(|(kind, namespace), names| {
        let many = names.len() >= MANY && !namespace.is_empty();
        if many {
            namespaces.entry(*kind).or_default().insert(namespace);
        }
        !many
    });
    for ((kind, namespace), names) in objects {
        let namespace = Some(namespace).filter(|it| !it.is_empty()).map(ToOwned::to_owned);
        let request = |select| Request { kind, namespace: namespace.clone(), select };
        if kind == Kind::EndpointSlice {
            let names = names.into_iter().map(ToOwned::to_owned).collect();
            requests.insert(request(Select::OfServices(names)));
        } else {
            requests.extend(names.into_iter().map(|name| request(Select::Name(name.into()))));
        }
    }
    for (kind, names) in namespaces {
        if names.len() >= MANY {
            requests.insert(Request::all(kind, None));
        } else {
            requests.extend(names.into_iter().map(|name| Request::all(kind, Some(name.into()))));
        }
    }
    requests
}

impl Request {
    /// All objects of a kind, in a namespace or everywhere.
    pub(super) fn all(kind: Kind, namespace: Option<String>) -> Self {
        Self { kind, namespace, select: Select::All }
    }

    /// Whether it asks for every object of the kind.
    pub(super) fn is_for_all(&self) -> bool {
        self.namespace.is_none() && self.select == Select::All
    }

    /// Whether it is answered by the object alone. A namespace can be read by who may read what is
    /// in it, but not listed (`k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`: the
    /// namespace that a request is about); and a definition is large.
    pub(super) fn is_for_one(&self) -> bool {
        matches!(self.kind, Kind::Namespace | Kind::Crd) && matches!(self.select, Select::Name(_))
    }

    /// The path of the collection, and the part of the query that selects from it.
    pub(super) fn path(&self, version: &str) -> String {
        let path = Resource::of(self.kind).path(version, self.namespace.as_deref());
        let selector = match &self.select {
            Select::All => String::new(),
            Select::Name(name) if self.is_for_one() => return format!("{path}/{}", escape(name)),
            Select::Name(name) => {
                format!("&fieldSelector={}", escape(&format!("metadata.name={name}")))
            }
            Select::OfServices(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let selector = format!("kubernetes.io/service-name in ({})", names.join(","));
                format!("&labelSelector={}", escape(&selector))
            }
        };
        format!("{path}?limit={PAGE}{selector}")
    }

    /// The parts that it tells all about.
    pub(super) fn parts(&self) -> Vec<Part> {
        let kind = self.kind;
        let object = |name: &String| {
            let namespace = self.namespace.clone().unwrap_or_default();
            Part { kind, within: Within::Object(ObjectName::new(namespace, name)) }
        };
        match (&self.select, &self.namespace) {
            (Select::All, None) => vec![Part::cluster(kind)],
            (Select::All, Some(namespace)) => vec![Part::namespace(kind, namespace)],
            (Select::Name(name), None) if Resource::of(kind).namespaced => {
                vec![Part::named(kind, name)]
            }
            (Select::Name(name), _) => vec![object(name)],
            (Select::OfServices(names), _) => names.iter().map(object).collect(),
        }
    }
}

/// How many objects an answer of the API server holds, as in kubectl (`--chunk-size`).
const PAGE: usize = 500;
