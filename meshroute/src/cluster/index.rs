//! Where routes are found: by their parents, by their backends, and by the Gateways before these.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    name::{ObjectName, RouteId},
    route::{Parent, Route},
};

/// The names of routes, by what they refer to.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    by_parent: HashMap<ObjectName, Ids>,
    by_backend: HashMap<ObjectName, Ids>,
    /// By backend, then by Gateway: thousands of routes may share a backend, and whoever asks which
    /// Gateways lead to it must not have to look at all of them.
    by_gateway: HashMap<ObjectName, BTreeMap<ObjectName, Ids>>,
}

/// Names of routes in their order. Most often there is one, and a set of one takes ten times its room.
#[derive(Debug, Clone)]
enum Ids {
    One(RouteId),
    Several(BTreeSet<RouteId>),
}

impl Default for Ids {
    fn default() -> Self {
        Self::Several(BTreeSet::new())
    }
}

impl Ids {
    fn insert(&mut self, id: RouteId) {
        match self {
            Self::Several(ids) if ids.is_empty() => *self = Self::One(id),
            Self::Several(ids) => {
                ids.insert(id);
            }
            Self::One(one) if *one == id => {}
            Self::One(one) => *self = Self::Several(BTreeSet::from([one.clone(), id])),
        }
    }

    fn remove(&mut self, id: &RouteId) {
        match self {
            Self::Several(ids) => {
                ids.remove(id);
            }
            Self::One(one) if one == id => *self = Self::default(),
            Self::One(_) => {}
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Several(ids) if ids.is_empty())
    }

    fn iter(&self) -> impl Iterator<Item = &RouteId> {
        let (one, several) = match self {
            Self::One(one) => (Some(one), None),
            Self::Several(ids) => (None, Some(ids)),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }
}

impl Index {
    pub(super) fn insert(&mut self, route: &Route) {
        for parent in &route.parents {
            self.by_parent.entry(parent.name.clone()).or_default().insert(route.id.clone());
        }
        for backend in backends(route) {
            for gateway in gateways(route) {
                let gateways = self.by_gateway.entry(backend.clone()).or_default();
                gateways.entry(gateway.clone()).or_default().insert(route.id.clone());
            }
            self.by_backend.entry(backend).or_default().insert(route.id.clone());
        }
    }

    pub(super) fn remove(&mut self, route: &Route) {
        for parent in &route.parents {
            forget(&mut self.by_parent, &parent.name, &route.id);
        }
        for backend in backends(route) {
            forget(&mut self.by_backend, &backend, &route.id);
            let Some(of_backend) = self.by_gateway.get_mut(&backend) else { continue };
            for gateway in gateways(route) {
                if let Some(ids) = of_backend.get_mut(gateway) {
                    ids.remove(&route.id);
                    if ids.is_empty() {
                        of_backend.remove(gateway);
                    }
                }
            }
            if of_backend.is_empty() {
                self.by_gateway.remove(&backend);
            }
        }
    }

    /// The routes with a parent of this name, whatever its kind.
    pub(super) fn of_parent(&self, parent: &ObjectName) -> impl Iterator<Item = &RouteId> {
        self.by_parent.get(parent).into_iter().flat_map(Ids::iter)
    }

    /// The routes with a backend of this name, whatever its kind.
    pub(super) fn to_backend(&self, backend: &ObjectName) -> impl Iterator<Item = &RouteId> {
        self.by_backend.get(backend).into_iter().flat_map(Ids::iter)
    }

    /// The Gateways that have routes with a backend of this name, each with these.
    pub(super) fn before_backend(
        &self,
        backend: &ObjectName,
    ) -> impl Iterator<Item = (&ObjectName, impl Iterator<Item = &RouteId>)> {
        let gateways = self.by_gateway.get(backend).into_iter().flatten();
        gateways.map(|(gateway, ids)| (gateway, ids.iter()))
    }
}

fn forget(index: &mut HashMap<ObjectName, Ids>, name: &ObjectName, id: &RouteId) {
    if let Some(ids) = index.get_mut(name) {
        ids.remove(id);
        if ids.is_empty() {
            // Names come and go for as long as a view is kept up to date.
            index.remove(name);
        }
    }
}

/// The Services that a route names as backends.
fn backends(route: &Route) -> impl Iterator<Item = ObjectName> {
    route.rules.iter().flat_map(|rule| &rule.backends).map(|backend| {
        let namespace = backend.namespace.as_ref().unwrap_or(&route.id.name.namespace);
        ObjectName::new(namespace, &backend.name)
    })
}

/// The Gateways that a route names as parents.
fn gateways(route: &Route) -> impl Iterator<Item = &ObjectName> {
    let is_gateway = |it: &&Parent| *it.kind == "Gateway" && !it.group.is_empty();
    route.parents.iter().filter(is_gateway).map(|parent| &parent.name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{cluster::Object, kind::Kind, lower::lower, name::RouteKind};

    #[test]
    fn gateways_are_found_for_as_long_as_their_routes_lead_to_a_backend() {
        let route = |name: &str, gateway: &str, backend: &str| {
            let object = json!({"metadata": {"name": name}, "spec": {
                "parentRefs": [{"name": gateway}, {"group": "", "kind": "Gateway", "name": "no"},
                               {"group": "", "kind": "Service", "name": "web"}],
                "rules": [{"backendRefs": [{"name": backend, "port": 80}]}]}});
            match lower(Kind::Route(RouteKind::Http), &object, "shop").object {
                Some(Object::Route(route)) => route,
                _ => panic!("it is a route"),
            }
        };
        let mut index = Index::default();
        let found = |index: &Index| {
            let backend = ObjectName::new("shop", "db");
            let found = index.before_backend(&backend).map(|(gateway, ids)| {
                format!(
                    "{}: {}",
                    gateway.name,
                    ids.map(|id| id.name.name.as_str()).collect::<Vec<_>>().join(" ")
                )
            });
            found.filter(|it| !it.ends_with(": ")).collect::<Vec<_>>()
        };
        for it in [
            route("a", "edge", "db"),
            route("b", "edge", "db"),
            route("c", "inner", "db"),
            route("d", "edge", "cache"),
        ] {
            index.insert(&it);
        }
        assert_eq!(found(&index), ["edge: a b", "inner: c"]);
        index.remove(&route("a", "edge", "db"));
        index.remove(&route("c", "inner", "db"));
        assert_eq!(found(&index), ["edge: b"]);
    }
}
