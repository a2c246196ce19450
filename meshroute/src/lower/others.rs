//! The objects that routes refer to, and those that surround them.

use std::collections::BTreeMap;

use crate::{
    cluster::{
        AllowedRoutes, EndpointSlice, Gateway, GatewayApi, Known, Labels, Namespace, Object,
        Override, OverrideKind, ReferenceGrant, Service, ServiceKind, ServicePort,
    },
    lower::{reader::Reader, route::PORTS},
    name::{GATEWAY_GROUP, ObjectName},
    wire::{self, Found},
};

impl Reader {
    pub(super) fn service(&mut self, service: wire::Service) -> Option<Object> {
        let metadata = self.required("metadata", service.metadata)?;
        let name = self.metadata_name(&metadata, true)?;
        let spec = self.take("spec", service.spec).unwrap_or_default();
        self.field("spec", |r| {
            let external_name = r.take("externalName", spec.external_name);
            let headless = r.take("clusterIP", spec.cluster_ip).as_deref() == Some("None");
            let kind = match r.take("type", spec.kind).as_deref() {
                Some("ExternalName") => {
                    ServiceKind::ExternalName(external_name.unwrap_or_default())
                }
                _ if headless => ServiceKind::Headless,
                Some("NodePort" | "LoadBalancer") => ServiceKind::Exposed,
                _ => ServiceKind::ClusterIp,
            };
            let ports = r.list("ports", spec.ports, |r, port| {
                Some(ServicePort {
                    name: r.take("name", port.name).unwrap_or_default(),
                    port: r.number("port", port.port, PORTS)?,
                    // `core/v1`, `ServicePort.Protocol`: "Default is TCP."
                    protocol: r.take("protocol", port.protocol).unwrap_or_else(|| "TCP".into()),
                    app_protocol: r.take("appProtocol", port.app_protocol),
                    target: r.take("targetPort", port.target_port).map(|target| match target {
                        wire::TargetPort::Number(number) => number.to_string(),
                        wire::TargetPort::Name(name) => name,
                    }),
                })
            });
            let (labels, annotations) = (r.labels(metadata.labels), r.labels(metadata.annotations));
            let selector = r.labels(spec.selector);
            Some(Object::Service(Service { name, labels, annotations, kind, selector, ports }))
        })
    }

    pub(super) fn endpoint_slice(&mut self, slice: wire::EndpointSlice) -> Option<Object> {
        let metadata = self.required("metadata", slice.metadata)?;
        let name = self.metadata_name(&metadata, true)?;
        // `discovery.k8s.io/v1`: the label `kubernetes.io/service-name` names the Service of a
        // slice.
        let service = self.strings(metadata.labels).remove("kubernetes.io/service-name")?;
        let ports = self.list("ports", slice.ports, |r, port| {
            Some(r.take("name", port.name).unwrap_or_default())
        });
        let endpoints = self.list("endpoints", slice.endpoints, |r, endpoint| {
            let ready = r.object("conditions", endpoint.conditions, |r, conditions| {
                r.take("ready", conditions.ready)
            });
            let addresses = r.list("addresses", endpoint.addresses, |_, address| Some(address));
            Some((addresses.into_iter().next()?, ready.flatten().unwrap_or(true)))
        });
        Some(Object::EndpointSlice(EndpointSlice {
            service: ObjectName::new(&name.namespace, service),
            name,
            address_type: self.take("addressType", slice.address_type).unwrap_or_default(),
            ports,
            endpoints,
        }))
    }

    pub(super) fn reference_grant(&mut self, grant: wire::ReferenceGrant) -> Option<Object> {
        let name = self.name(grant.metadata, true)?;
        let spec = self.take("spec", grant.spec).unwrap_or_default();
        self.field("spec", |r| {
            let from = r.list("from", spec.from, |r, from| {
                let group = r.take("group", from.group).unwrap_or_default();
                Some((
                    group,
                    r.required("kind", from.kind)?,
                    r.required("namespace", from.namespace)?,
                ))
            });
            let to = r.list("to", spec.to, |r, to| {
                let group = r.take("group", to.group).unwrap_or_default();
                Some((
                    group,
                    r.required("kind", to.kind)?,
                    r.take("name", to.name).filter(|name| !name.is_empty()),
                ))
            });
            Some(Object::ReferenceGrant(ReferenceGrant { name, from, to }))
        })
    }

    pub(super) fn namespace(&mut self, namespace: wire::Named) -> Option<Object> {
        let metadata = self.required("metadata", namespace.metadata)?;
        let name = self.metadata_name(&metadata, false)?.name;
        let (labels, annotations) =
            (self.labels(metadata.labels), self.labels(metadata.annotations));
        Some(Object::Namespace(Namespace { name, labels, annotations }))
    }

    pub(super) fn gateway(&mut self, gateway: wire::Gateway) -> Option<Object> {
        let metadata = self.required("metadata", gateway.metadata)?;
        let name = self.metadata_name(&metadata, true)?;
        let ready = match self.take("status", gateway.status) {
            Some(status) => Known::Known(self.field("status", |r| r.is_up(status))),
            None => Known::Unknown,
        };
        let spec = self.take("spec", gateway.spec).unwrap_or_default();
        self.field("spec", |r| {
            let listeners =
                r.list("listeners", spec.listeners, |r, listener| Some(r.allowed_routes(listener)));
            let class = r.take("gatewayClassName", spec.class).unwrap_or_default();
            Some(Object::Gateway(Gateway {
                name,
                class,
                labels: r.labels(metadata.labels),
                listeners,
                ready,
            }))
        })
    }

    /// A Gateway is up with an address, unless its controller says that it is not programmed.
    fn is_up(&mut self, status: wire::GatewayStatus) -> bool {
        let addresses = self.list("addresses", status.addresses, |_, address| Some(address));
        let conditions = self.list("conditions", status.conditions, |r, condition| {
            Some((r.take("type", condition.kind)?, r.take("status", condition.status)?))
        });
        let programmed = conditions
            .iter()
            .find(|(kind, _)| kind == "Programmed")
            .is_none_or(|(_, status)| status == "True");
        !addresses.is_empty() && programmed
    }

    /// `apis/v1/gateway_types.go`, `RouteNamespaces.From`: `+kubebuilder:default=Same`.
    fn allowed_routes(&mut self, listener: wire::Listener) -> AllowedRoutes {
        let allowed = self.take("allowedRoutes", listener.allowed_routes).unwrap_or_default();
        let namespaces = self.take("namespaces", allowed.namespaces).unwrap_or_default();
        match self.take("from", namespaces.from).as_deref() {
            None | Some("Same") => AllowedRoutes::Same,
            Some("All") => AllowedRoutes::All,
            Some("None") => AllowedRoutes::None,
            Some("Selector") => {
                let selector = self.take("selector", namespaces.selector).unwrap_or_default();
                match selector.match_expressions {
                    Found::Absent => AllowedRoutes::Labelled(self.strings(selector.match_labels)),
                    _ => AllowedRoutes::Unread,
                }
            }
            Some(_) => AllowedRoutes::Unread,
        }
    }

    pub(super) fn virtual_service(&mut self, service: wire::VirtualService) -> Option<Object> {
        let name = self.name(service.metadata, true)?;
        let spec = self.take("spec", service.spec).unwrap_or_default();
        let gateways = self.list("gateways", spec.gateways, |_, gateway| Some(gateway));
        // Istio, VirtualService `gateways`: without any it applies to the sidecars, with some only
        // if `mesh` is among them.
        if !gateways.is_empty() && !gateways.iter().any(|gateway| gateway == "mesh") {
            return None;
        }
        let hosts =
            self.list("hosts", spec.hosts, |_, host| Some(qualified(host, &name.namespace)));
        Some(Object::Override(Override { kind: OverrideKind::VirtualService, name, hosts }))
    }

    pub(super) fn service_profile(&mut self, profile: wire::Named) -> Option<Object> {
        let name = self.name(profile.metadata, true)?;
        // Linkerd, ServiceProfile: its name is the full name of the Service.
        let hosts = vec![name.name.clone()];
        Some(Object::Override(Override { kind: OverrideKind::ServiceProfile, name, hosts }))
    }

    pub(super) fn crd(&mut self, crd: wire::Crd) -> Option<Object> {
        let spec = self.take("spec", crd.spec)?;
        let group = self.take("group", spec.group)?;
        // Without a name it is a definition all the same.
        let metadata = self.take("metadata", crd.metadata).unwrap_or_default();
        let is_of_routes =
            matches!(&metadata.name, Found::Read(it) if *it == GatewayApi::DEFINITION);
        let gateway_api = is_of_routes.then(|| {
            let mut annotations = self.strings(metadata.annotations);
            let mut of = |name: &str| annotations.remove(&format!("{GATEWAY_GROUP}/{name}"));
            GatewayApi { version: of("bundle-version"), channel: of("channel") }
        });
        Some(Object::Crd { group, gateway_api })
    }

    /// What nobody reads is not kept: it is as large as the object.
    fn labels(&mut self, labels: Found<BTreeMap<String, String>>) -> Labels {
        let mut labels = self.strings(labels);
        labels.remove(wire::signs::LAST_APPLIED);
        labels.into()
    }

    fn strings(&mut self, strings: Found<BTreeMap<String, String>>) -> BTreeMap<String, String> {
        match strings {
            Found::Read(strings) => strings,
            Found::Absent | Found::Odd(_) => BTreeMap::new(),
        }
    }
}

/// Istio completes a host without a dot with the namespace of the object that names it.
fn qualified(host: String, namespace: &str) -> String {
    if host.contains('.') || host.contains('*') {
        host
    } else {
        format!("{host}.{namespace}.svc.cluster.local")
    }
}
