//! A cluster as it will be when objects are applied to it.

use jiff::Timestamp;

use super::{Cluster, Known, Part};
use crate::{kind::Kind, name::ObjectName, route::Route};

impl Cluster {
    /// Lays objects over this cluster, as if they were applied to it: each replaces the one of its
    /// kind and name, and no other goes away.
    ///
    /// What only the API server writes stays: the age and the status of a route, whether a Gateway
    /// is up. A new route is younger than all others. The endpoints of a new Service are not known,
    /// unless they are among the objects: its Pods are yet to come.
    pub fn lay_over(&mut self, objects: &Self) {
        for service in objects.services() {
            let is_new = self.service(&service.name) == Known::Known(None);
            if is_new && !objects.slices.contains_key(&service.name) {
                self.planned.insert(service.name.clone());
            }
            self.services.insert(service.name.clone(), service.clone());
        }
        for route in objects.routes() {
            self.insert_route(self.applied(route));
        }
        for slice in objects.slices.values().flatten() {
            self.remove(Kind::EndpointSlice, &slice.name);
            self.slices.entry(slice.service.clone()).or_default().push(slice.clone());
        }
        for grant in objects.grants.values().flatten() {
            self.remove(Kind::ReferenceGrant, &grant.name);
            self.grants.entry(grant.name.namespace.clone()).or_default().push(grant.clone());
        }
        let namespaces = objects.namespaces.iter();
        self.namespaces.extend(namespaces.map(|(name, it)| (name.clone(), it.clone())));
        for gateway in objects.gateways.values() {
            let mut gateway = gateway.clone();
            if let (Known::Unknown, Some(old)) = (gateway.ready, self.gateways.get(&gateway.name)) {
                gateway.ready = old.ready;
            }
            self.gateways.insert(gateway.name.clone(), gateway);
        }
        for other in objects.overrides.values() {
            self.insert_override(other.clone());
        }
        self.crd_groups.extend(objects.crd_groups.iter().cloned());
        if objects.gateway_api.is_some() {
            self.gateway_api.clone_from(&objects.gateway_api);
        }
    }

    fn applied(&self, route: &Route) -> Route {
        let mut route = route.clone();
        match self.routes.get(&route.id) {
            Some(old) => {
                route.created = old.created;
                if route.statuses.is_empty() {
                    route.statuses.clone_from(&old.statuses);
                }
            }
            None => route.created = Some(Timestamp::MAX),
        }
        route
    }

    /// Whether there is an object of a kind that many Services may depend on.
    pub fn is_about_many(&self) -> bool {
        let routes = self.routes.keys();
        !self.namespaces.is_empty()
            || !self.gateways.is_empty()
            || self.grants.values().any(|grants| !grants.is_empty())
            || !self.overrides.is_empty()
            || !self.crd_groups.is_empty()
            || routes.into_iter().any(|id| id.kind == crate::name::RouteKind::LinkerdHttp)
    }

    /// The Services that have EndpointSlices here.
    pub fn sliced(&self) -> impl Iterator<Item = &ObjectName> {
        self.slices.iter().filter(|(_, slices)| !slices.is_empty()).map(|(service, _)| service)
    }

    /// Whether the Service is not in this cluster, as far as it is known.
    pub fn lacks(&self, service: &ObjectName) -> bool {
        self.knows(&Part::object(Kind::Service, service)) && !self.services.contains_key(service)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{lower::lower, name::RouteKind};

    fn put(cluster: &mut Cluster, kind: Kind, object: &Value) {
        cluster.insert(lower(kind, object, "shop").object.expect("it is well-formed"));
    }

    fn route(name: &str, created: Option<&str>) -> Value {
        json!({"metadata": {"name": name, "creationTimestamp": created}, "spec": {
            "parentRefs": [{"group": "", "kind": "Service", "name": "web"}]}})
    }

    #[test]
    fn what_only_the_server_writes_stays() {
        let http = Kind::Route(RouteKind::Http);
        let mut cluster = Cluster::unread();
        put(&mut cluster, http, &route("old", Some("2026-01-01T00:00:00Z")));
        let mut files = Cluster::default();
        put(&mut files, http, &route("old", None));
        put(&mut files, http, &route("new", None));
        cluster.lay_over(&files);
        let ages: Vec<_> =
            cluster.routes().map(|it| (it.id.name.name.as_str(), it.created)).collect();
        let old: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        assert_eq!(ages, [("new", Some(Timestamp::MAX)), ("old", Some(old))]);
    }

    #[test]
    fn endpoints_of_a_new_service_are_yet_to_come() {
        let service =
            |name: &str| json!({"metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}});
        let mut cluster = Cluster::unread();
        cluster.learn(Part::cluster(Kind::Service));
        cluster.learn(Part::cluster(Kind::EndpointSlice));
        put(&mut cluster, Kind::Service, &service("web"));
        let mut files = Cluster::default();
        put(&mut files, Kind::Service, &service("web"));
        put(&mut files, Kind::Service, &service("web-v2"));
        assert!(cluster.lacks(&ObjectName::new("shop", "web-v2")));
        cluster.lay_over(&files);
        let ready = |name: &str| cluster.ready(&ObjectName::new("shop", name), "");
        assert!(matches!(ready("web"), Known::Known(_)));
        assert_eq!(ready("web-v2"), Known::Unknown);
    }
}
