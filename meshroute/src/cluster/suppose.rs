//! A cluster of which only a part is written down.

use std::collections::BTreeMap;

use super::{Cluster, Labels, Object, Service, ServiceKind, ServicePort};
use crate::{name::ObjectName, route::Route};

/// What a port of a Service is supposed to be where nothing tells: that of plain HTTP.
const HTTP: u16 = 80;

impl Cluster {
    /// Takes what is here for a part of a cluster, in which there is also this Service, with the
    /// ports that the routes of it speak of, and this one. What else is not here may be elsewhere:
    /// it is unknown.
    pub fn suppose(&mut self, service: &ObjectName, port: Option<u16>) {
        let of_routes = self.routes_of_parent(service).flat_map(|route| ports(route, service));
        // One number is one port, under the name that a route has for it.
        let mut ports: BTreeMap<u16, String> = BTreeMap::new();
        for (number, name) in of_routes.chain(port.map(|port| (port, String::new()))) {
            let known = ports.entry(number).or_default();
            if known.is_empty() {
                *known = name;
            }
        }
        let ports = ports.into_iter().map(|(port, name)| ServicePort {
            name,
            port,
            protocol: "TCP".into(),
            app_protocol: None,
            target: None,
        });
        let service = Service {
            name: service.clone(),
            labels: Labels::default(),
            annotations: Labels::default(),
            kind: ServiceKind::ClusterIp,
            selector: Labels::default(),
            ports: ports.collect(),
        };
        self.whole = false;
        self.insert(Object::Service(service));
    }
}

/// The ports that a route speaks of: where it names none, its backends tell what the Service serves.
fn ports(route: &Route, service: &ObjectName) -> Vec<(u16, String)> {
    let backends = route.rules.iter().flat_map(|rule| &rule.backends);
    let of_backends = backends.filter_map(|backend| backend.port).next().unwrap_or(HTTP);
    let parents = route.parents.iter().filter(|parent| parent.name == *service);
    parents
        .map(|parent| {
            (parent.port.unwrap_or(of_backends), parent.section.clone().unwrap_or_default())
        })
        .collect()
}
