//! Where routes are found: by their parents, by their backends, and by the Gateways before these.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    name::{ObjectName, RouteId},
    route::{Parent, Route},
};

/// The names of routes, by what they refer to.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    by_parent: HashMap<ObjectName, BTreeSet<RouteId>>,
    by_backend: HashMap<ObjectName, BTreeSet<RouteId>>,
    /// By backend, then by Gateway: thousands of routes may share a backend, and whoever asks which
    /// Gateways lead to it must not have to look at all of them.
    by_gateway: HashMap<ObjectName, BTreeMap<ObjectName, BTreeSet<RouteId>>>,
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
        self.by_parent.get(parent).into_iter().flatten()
    }

    /// The routes with a backend of this name, whatever its kind.
    pub(super) fn to_backend(&self, backend: &ObjectName) -> impl Iterator<Item = &RouteId> {
        self.by_backend.get(backend).into_iter().flatten()
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

fn forget(index: &mut HashMap<ObjectName, BTreeSet<RouteId>>, name: &ObjectName, id: &RouteId) {
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
