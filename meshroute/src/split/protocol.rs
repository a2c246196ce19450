//! Whether a port carries HTTP, so that routes have an effect there.

use crate::{cluster::ServicePort, profile::Protocol, route::Parent, split::ask::Ask};

/// What a port lets through.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Carries {
    /// Routes of every kind.
    Routes,
    /// HTTPRoutes, and no GRPCRoutes.
    HttpRoutes,
    /// No route has an effect; says why.
    Nothing(String),
}

/// What the port of the Service lets through for a route with this parentRef.
pub(super) fn carries(ask: &Ask<'_>, port: &ServicePort, parent: &Parent) -> Carries {
    if port.protocol != "TCP" {
        return Carries::Nothing(format!("port {} is {}", port.port, port.protocol));
    }
    match ask.fact("which ports carry HTTP", &ask.profile.protocol) {
        Protocol::Tcp => Carries::Routes,
        Protocol::Istio => istio(port, true),
        Protocol::Declared => istio(port, false),
        Protocol::Linkerd => linkerd(ask, port),
        Protocol::AppProtocolOrPort if parent.port.is_some() => Carries::Routes,
        Protocol::AppProtocol | Protocol::AppProtocolOrPort => match port.app_protocol.as_deref() {
            Some(name) if HTTP_PROTOCOLS.contains(&name) => Carries::Routes,
            _ => Carries::Nothing(format!("port {} has no appProtocol: http", port.port)),
        },
    }
}

/// Whether a backend's port carries HTTP, for a mesh that asks for it.
pub(super) fn is_http_backend(ask: &Ask<'_>, port: &ServicePort) -> bool {
    ask.profile.protocol.value != Protocol::AppProtocol
        || port.app_protocol.as_deref().is_some_and(|name| HTTP_PROTOCOLS.contains(&name))
}

/// Istio, "Protocol Selection": `appProtocol`, else the port's name up to the first `-`; neither
/// known: detected, except for ports on which the server speaks first.
fn istio(port: &ServicePort, detects: bool) -> Carries {
    let by_name = port.name.split('-').next().unwrap_or_default();
    let said = port
        .app_protocol
        .as_deref()
        .map(|name| name.strip_prefix("kubernetes.io/").unwrap_or(name));
    let lower = |name: &str| name.to_ascii_lowercase();
    let declared = said.map(lower).filter(|name| known(name)).unwrap_or_else(|| lower(by_name));
    if HTTP_NAMES.contains(&declared.as_str()) || port.name.eq_ignore_ascii_case("grpc-web") {
        return Carries::Routes;
    }
    if TCP_NAMES.contains(&declared.as_str()) {
        return Carries::Nothing(format!(
            "port {} is {declared} by its {}",
            port.port,
            whence(port)
        ));
    }
    if !detects {
        return Carries::Nothing(format!(
            "port {} is not HTTP by its name or appProtocol",
            port.port
        ));
    }
    if SERVER_FIRST_PORTS.contains(&port.port) {
        return Carries::Nothing(format!(
            "port {} is known for a protocol in which the server speaks first",
            port.port
        ));
    }
    Carries::Routes
}

fn known(name: &str) -> bool {
    HTTP_NAMES.contains(&name) || TCP_NAMES.contains(&name)
}

fn whence(port: &ServicePort) -> &'static str {
    if port.app_protocol.is_some() { "appProtocol" } else { "name" }
}

/// Linkerd, `policy-controller/k8s/index/src/outbound/index.rs`: `appProtocol`, else the annotation
/// `config.linkerd.io/opaque-ports` of Service or namespace, else the default opaque ports.
fn linkerd(ask: &Ask<'_>, port: &ServicePort) -> Carries {
    let nothing = |why: String| Carries::Nothing(format!("port {} is opaque: {why}", port.port));
    match port.app_protocol.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("http") => return Carries::HttpRoutes,
        Some("kubernetes.io/h2c") => return Carries::Routes,
        Some(other) => return nothing(format!("appProtocol {other}")),
        None => {}
    }
    let service = ask.question.service;
    let annotated = service.annotations.get(OPAQUE_PORTS).or_else(|| {
        ask.service_namespace().and_then(|namespace| namespace.annotations.get(OPAQUE_PORTS))
    });
    match annotated {
        Some(ports) if names_port(ports, port) => nothing(format!("annotation {OPAQUE_PORTS}")),
        Some(_) => Carries::Routes,
        None if DEFAULT_OPAQUE_PORTS.contains(&port.port) => {
            nothing("by Linkerd's defaults".into())
        }
        None => Carries::Routes,
    }
}

/// A list of numbers, ranges and port names: `25,4000-4100,db`.
fn names_port(ports: &str, port: &ServicePort) -> bool {
    ports.split(',').map(str::trim).any(|entry| match entry.split_once('-') {
        Some((from, to)) => {
            matches!((from.parse::<u16>(), to.parse::<u16>()), (Ok(from), Ok(to)) if (from..=to).contains(&port.port))
        }
        None => entry.parse() == Ok(port.port) || (!entry.is_empty() && entry == port.name),
    })
}

const OPAQUE_PORTS: &str = "config.linkerd.io/opaque-ports";
/// Linkerd's chart, `proxy.opaquePorts`.
const DEFAULT_OPAQUE_PORTS: &[u16] = &[25, 587, 3306, 4444, 5432, 6379, 9300, 11211];
/// Istio, `pkg/config/kube/conversion.go`: SMTP, MySQL, MongoDB.
const SERVER_FIRST_PORTS: &[u16] = &[25, 3306, 27017];
const HTTP_PROTOCOLS: &[&str] = &["http", "http2", "grpc"];
const HTTP_NAMES: &[&str] = &["http", "http2", "h2c", "ws", "grpc"];
const TCP_NAMES: &[&str] =
    &["tcp", "tls", "https", "wss", "mongo", "mysql", "redis", "udp", "hbone"];

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, port: u16, app_protocol: Option<&str>) -> ServicePort {
        ServicePort {
            name: name.into(),
            port,
            protocol: "TCP".into(),
            app_protocol: app_protocol.map(Into::into),
            target: None,
        }
    }

    #[test]
    fn istio_goes_by_app_protocol_then_name_then_detects() {
        assert_eq!(istio(&port("http-alt", 80, None), true), Carries::Routes);
        assert_eq!(istio(&port("web", 80, None), true), Carries::Routes);
        assert_eq!(istio(&port("tcp", 80, Some("kubernetes.io/h2c")), true), Carries::Routes);
        assert!(matches!(istio(&port("tcp", 80, None), true), Carries::Nothing(_)));
        assert!(matches!(istio(&port("http", 80, Some("https")), true), Carries::Nothing(_)));
        assert!(matches!(istio(&port("db", 3306, None), true), Carries::Nothing(_)));
        assert!(matches!(istio(&port("web", 80, None), false), Carries::Nothing(_)));
    }

    #[test]
    fn a_list_of_ports_has_numbers_ranges_and_names() {
        assert!(names_port("25, 4000-4100", &port("x", 4050, None)));
        assert!(names_port("db", &port("db", 1, None)));
        assert!(!names_port("25", &port("", 80, None)));
    }
}
