//! One constant a mesh. What ran was asked of the control plane of the version named; the answers
//! are in `tests/oracle`.

use super::{
    BackendNamespace, Consumers, EqualRules, Evidence, Fact, Filters, Hostnames, Key, Kinds, Mesh,
    Nobody, OddBackend, Parents, Ports, Profile, Protocol, Repeated, Selector, Spelling, Ungranted,
    Unready, Unsupported, Waypoint, WrongPort, Zero,
};
use crate::{
    cluster::OverrideKind,
    dialect::Engine,
    name::{GATEWAY_GROUP, RouteKind},
    route::FilterKind,
};

const fn ran<T>(value: T) -> Fact<T> {
    Fact { value, evidence: Evidence::Ran }
}
const fn read<T>(value: T) -> Fact<T> {
    Fact { value, evidence: Evidence::Read }
}
const fn assumed<T>(value: T) -> Fact<T> {
    Fact { value, evidence: Evidence::Assumed }
}

const CORE: &[&str] = &[""];
const CORE_OR_NAMED: &[&str] = &["", "core"];

/// The engine of Envoy, `safe_regex`.
const ENVOY: &[Engine] = &[Engine::Re2];

const SERVICE_IMPORT: (&str, &str) = ("multicluster.x-k8s.io", "ServiceImport");
const INFERENCE_POOL: (&str, &str) = ("inference.networking.k8s.io", "InferencePool");

const BOTH_KINDS: &[RouteKind] = &[RouteKind::Http, RouteKind::Grpc];

const HEADERS: &[FilterKind] =
    &[FilterKind::RequestHeaderModifier, FilterKind::ResponseHeaderModifier];
const HEADERS_AND_REDIRECT: &[FilterKind] = &[
    FilterKind::RequestHeaderModifier,
    FilterKind::ResponseHeaderModifier,
    FilterKind::RequestRedirect,
];
/// The filters that do not change headers.
const NOT_OF_HEADERS: &[FilterKind] = &[
    FilterKind::RequestMirror,
    FilterKind::RequestRedirect,
    FilterKind::UrlRewrite,
    FilterKind::Cors,
    FilterKind::ExtensionRef,
    FilterKind::ExternalAuth,
];
/// The filters that the API describes itself.
const DESCRIBED: &[FilterKind] = &[
    FilterKind::RequestHeaderModifier,
    FilterKind::ResponseHeaderModifier,
    FilterKind::RequestMirror,
    FilterKind::RequestRedirect,
    FilterKind::UrlRewrite,
    FilterKind::Cors,
];

/// `apis/v1/httproute_types.go`, `HTTPRouteRule.Matches`; the place of regular expressions is
/// implementation-specific.
const SPEC_ORDER: &[Key] = &[
    Key::PathClass,
    Key::PathLength,
    Key::Method,
    Key::Headers,
    Key::Query,
    Key::Age,
    Key::Namespace,
    Key::Name,
    Key::Rule,
];
/// `apis/v1/grpcroute_types.go`, `GRPCRouteRule.Matches`.
const SPEC_GRPC_ORDER: &[Key] = &[
    Key::GrpcService,
    Key::GrpcMethod,
    Key::Headers,
    Key::Age,
    Key::Namespace,
    Key::Name,
    Key::Rule,
];
/// istio, `pilot/pkg/config/kube/gateway/conversion.go`, `sortHTTPRoutes`.
const ISTIO_ORDER: &[Key] = &[
    Key::IstioUri,
    Key::Method,
    Key::Headers,
    Key::Query,
    Key::Age,
    Key::Namespace,
    Key::Name,
    Key::Rule,
];
/// linkerd2-proxy, `linkerd/http/route/src/http/match.rs`, and the controller's order by timestamp,
/// then name.
const LINKERD_ORDER: &[Key] = &[
    Key::HostnameMatch,
    Key::MatchedLength,
    Key::Headers,
    Key::Query,
    Key::Method,
    Key::Age,
    Key::Name,
    Key::Rule,
];
/// linkerd2-proxy, `linkerd/http/route/src/grpc/match.rs`.
const LINKERD_GRPC_ORDER: &[Key] = &[
    Key::HostnameMatch,
    Key::GrpcService,
    Key::GrpcMethod,
    Key::Headers,
    Key::Age,
    Key::Name,
    Key::Rule,
];
const KUMA_ORDER: &[Key] = &[
    Key::PathClass,
    Key::PathLength,
    Key::Method,
    Key::Headers,
    Key::Query,
    Key::Consumer,
    Key::MeshHttpRouteName,
    Key::Rule,
];

pub(super) static SPEC: Profile = Profile {
    mesh: Mesh::Spec,
    version: "Gateway API 1.6",
    controllers: &[],
    reads: ran(BOTH_KINDS),
    // `apis/v1/shared_types.go`, `ParentReference.Group`: the core group "must be explicitly set to
    // \"\"".
    parent_ref: ran(Spelling { groups: CORE, any_case: false }),
    // GEP-1294, "Ports": "If `port` is set, the implementation MUST associate the route only with
    // that port."
    parent_port: ran(Selector::Honoured),
    // `ParentReference.SectionName`: "Service: Port name."
    section_name: ran(Selector::Honoured),
    // GEP-1294, "Allowed service types": headless and ExternalName "SHOULD NOT be supported as a
    // parentRef".
    parents: ran(Parents::WithClusterIp),
    protocol: read(Protocol::Tcp),
    waypoint: ran(Waypoint::None),
    overridden_by: ran(None),
    // GEP-1294, "Namespace boundaries": "if we have multiple levels of Routes defined, only the
    // first will be used".
    consumers: ran(Consumers::Replace),
    ports: ran(Ports::Union),
    // GEP-1294, "Route types": of different types on one Service and port "only a single route type
    // should be applied".
    kinds: ran(Kinds::GrpcOnly),
    order: ran(SPEC_ORDER),
    grpc_order: ran(SPEC_GRPC_ORDER),
    // `HTTPHeaderMatch.Name`: "only the first entry with an equivalent name MUST be considered for
    // a match".
    engines: read(&[Engine::Re2, Engine::Rust]),
    repeated_header: ran(Repeated::First),
    // GEP-1294: implementations "SHOULD NOT infer any functionality from the `hostnames` field".
    hostnames: ran(Hostnames::Ignored),
    equal_rules: ran(EqualRules::First),
    backend_ref: ran(Spelling { groups: CORE, any_case: false }),
    // `BackendObjectReference.Namespace`: "When unspecified, the local namespace is inferred."
    backend_kinds: read(&[SERVICE_IMPORT, INFERENCE_POOL]),
    backend_namespace: ran(BackendNamespace::Route),
    // `HTTPRouteFilter`: requests of an unsupported filter "MUST receive a HTTP error response".
    rule_filters: ran(Filters { works: DESCRIBED, otherwise: Unsupported::Fails }),
    backend_filters: ran(Filters { works: DESCRIBED, otherwise: Unsupported::Fails }),
    // `HTTPBackendRef.Filters`: "Support: Implementation-specific" beyond the header modifiers.
    open_backend_filters: read(NOT_OF_HEADERS),
    wrong_port: ran(WrongPort::Fails),
    headless_backend: ran(OddBackend::Works),
    // `apis/v1/object_reference_types.go`: "Implementations SHOULD NOT support ExternalName
    // Services" (CVE-2021-25740).
    external_backend: read(OddBackend::Fails),
    // GEP-1294: mesh routes may send to any namespace "without a ReferenceGrant".
    ungranted: ran(Ungranted::Works),
    // `HTTPRouteRule.BackendRefs`: a Service without ready endpoints "SHOULD" be answered 503 for
    // its share.
    unready: ran(Unready::Lost),
    // The API says that no traffic is forwarded, the traffic-splitting guide says all of it.
    lone_zero: ran(Zero::Undefined),
    all_zero: ran(Zero::Undefined),
    // GEP-1294: the implicit backend was removed; `HTTPRouteRule.BackendRefs`: 500.
    empty: ran(Nobody::Answers(500)),
    unmatched: ran(Nobody::Answers(404)),
};

pub(super) static ISTIO: Profile = Profile {
    mesh: Mesh::Istio,
    version: "86c9f01f (2026-08-22)",
    controllers: &["istio.io/gateway-controller", "istio.io/mesh-controller"],
    reads: ran(BOTH_KINDS),
    parent_ref: ran(Spelling { groups: CORE, any_case: false }),
    parent_port: ran(Selector::Honoured),
    section_name: read(Selector::Ignored),
    parents: ran(Parents::All),
    protocol: ran(Protocol::Istio),
    waypoint: ran(Waypoint::None),
    overridden_by: read(Some(OverrideKind::VirtualService)),
    consumers: ran(Consumers::Replace),
    ports: ran(Ports::OldestGroup),
    kinds: ran(Kinds::Merged),
    order: ran(ISTIO_ORDER),
    grpc_order: ran(ISTIO_ORDER),
    engines: read(ENVOY),
    repeated_header: ran(Repeated::All),
    hostnames: ran(Hostnames::Ignored),
    equal_rules: ran(EqualRules::First),
    backend_ref: ran(Spelling { groups: CORE, any_case: false }),
    backend_kinds: read(&[SERVICE_IMPORT, INFERENCE_POOL, ("networking.istio.io", "Hostname")]),
    backend_namespace: ran(BackendNamespace::Route),
    rule_filters: ran(Filters { works: DESCRIBED, otherwise: Unsupported::DropsRoute }),
    backend_filters: read(Filters { works: HEADERS, otherwise: Unsupported::DropsRoute }),
    open_backend_filters: read(&[]),
    wrong_port: ran(WrongPort::Fails),
    headless_backend: ran(OddBackend::Works),
    external_backend: ran(OddBackend::Alias),
    ungranted: ran(Ungranted::Works),
    unready: ran(Unready::Lost),
    lone_zero: ran(Zero::Fails),
    all_zero: ran(Zero::Fails),
    empty: ran(Nobody::Answers(500)),
    unmatched: ran(Nobody::Answers(404)),
};

pub(super) static ISTIO_AMBIENT: Profile = Profile {
    mesh: Mesh::IstioAmbient,
    parents: ran(Parents::WithClusterIp),
    waypoint: ran(Waypoint::Istio),
    consumers: ran(Consumers::WaypointNamespace),
    ports: ran(Ports::Concatenated),
    external_backend: ran(OddBackend::Fails),
    ..ISTIO
};

pub(super) static LINKERD: Profile = Profile {
    mesh: Mesh::Linkerd,
    version: "b24cd405 (2026-08-21)",
    controllers: &["linkerd.io/policy-controller"],
    reads: ran(&[RouteKind::Http, RouteKind::Grpc, RouteKind::LinkerdHttp]),
    parent_ref: ran(Spelling { groups: CORE_OR_NAMED, any_case: true }),
    parent_port: ran(Selector::Honoured),
    section_name: ran(Selector::Ignored),
    parents: ran(Parents::WithClusterIp),
    protocol: ran(Protocol::Linkerd),
    waypoint: ran(Waypoint::None),
    overridden_by: read(Some(OverrideKind::ServiceProfile)),
    consumers: ran(Consumers::Merge),
    ports: ran(Ports::Union),
    kinds: ran(Kinds::PerParent),
    order: ran(LINKERD_ORDER),
    grpc_order: read(LINKERD_GRPC_ORDER),
    engines: read(&[Engine::Rust]),
    repeated_header: read(Repeated::All),
    hostnames: ran(Hostnames::Matched),
    equal_rules: ran(EqualRules::First),
    backend_ref: read(Spelling { groups: CORE_OR_NAMED, any_case: true }),
    backend_kinds: read(&[SERVICE_IMPORT, ("policy.linkerd.io", "EgressNetwork")]),
    backend_namespace: ran(BackendNamespace::Parent),
    rule_filters: ran(Filters { works: HEADERS_AND_REDIRECT, otherwise: Unsupported::DropsRoute }),
    backend_filters: ran(Filters { works: HEADERS_AND_REDIRECT, otherwise: Unsupported::Fails }),
    open_backend_filters: read(&[]),
    wrong_port: ran(WrongPort::Unchecked),
    headless_backend: ran(OddBackend::Works),
    external_backend: ran(OddBackend::Works),
    ungranted: ran(Ungranted::Works),
    unready: read(Unready::Redistributed),
    lone_zero: ran(Zero::Everything),
    all_zero: read(Zero::Undefined),
    empty: ran(Nobody::Service),
    unmatched: ran(Nobody::Answers(404)),
};

pub(super) static CILIUM: Profile = Profile {
    mesh: Mesh::Cilium,
    version: "1.20 (documentation and operator source)",
    controllers: &["io.cilium/gateway-controller"],
    reads: read(BOTH_KINDS),
    parent_ref: read(Spelling { groups: CORE_OR_NAMED, any_case: false }),
    parent_port: read(Selector::Honoured),
    section_name: assumed(Selector::Ignored),
    parents: read(Parents::ClusterIpOnly),
    protocol: read(Protocol::AppProtocolOrPort),
    waypoint: read(Waypoint::None),
    overridden_by: assumed(None),
    consumers: read(Consumers::Reject),
    ports: assumed(Ports::Union),
    kinds: read(Kinds::Merged),
    order: assumed(SPEC_ORDER),
    grpc_order: assumed(SPEC_ORDER),
    engines: read(ENVOY),
    repeated_header: assumed(Repeated::All),
    hostnames: read(Hostnames::Ignored),
    equal_rules: assumed(EqualRules::First),
    backend_ref: assumed(Spelling { groups: CORE, any_case: false }),
    backend_kinds: read(&[SERVICE_IMPORT]),
    backend_namespace: assumed(BackendNamespace::Route),
    rule_filters: assumed(Filters { works: DESCRIBED, otherwise: Unsupported::Fails }),
    backend_filters: assumed(Filters { works: HEADERS, otherwise: Unsupported::Fails }),
    open_backend_filters: read(&[]),
    wrong_port: assumed(WrongPort::Fails),
    headless_backend: assumed(OddBackend::Works),
    external_backend: assumed(OddBackend::Fails),
    ungranted: read(Ungranted::Fails),
    unready: assumed(Unready::Lost),
    lone_zero: assumed(Zero::Fails),
    all_zero: assumed(Zero::Undefined),
    empty: assumed(Nobody::Answers(500)),
    unmatched: assumed(Nobody::Answers(404)),
};

pub(super) static KUMA: Profile = Profile {
    mesh: Mesh::Kuma,
    version: "348b6528bc (2026-08-21)",
    controllers: &["gateways.kuma.io/controller"],
    reads: ran(&[RouteKind::Http]),
    parent_ref: ran(Spelling { groups: &["", GATEWAY_GROUP], any_case: false }),
    parent_port: ran(Selector::Honoured),
    section_name: ran(Selector::Honoured),
    parents: ran(Parents::WithClusterIp),
    protocol: ran(Protocol::AppProtocol),
    waypoint: ran(Waypoint::None),
    overridden_by: assumed(None),
    consumers: ran(Consumers::Merge),
    ports: ran(Ports::Union),
    kinds: ran(Kinds::Merged),
    order: ran(KUMA_ORDER),
    grpc_order: ran(KUMA_ORDER),
    engines: read(ENVOY),
    repeated_header: ran(Repeated::First),
    hostnames: ran(Hostnames::Ignored),
    equal_rules: ran(EqualRules::Inherit),
    backend_ref: read(Spelling { groups: CORE, any_case: false }),
    backend_kinds: read(&[
        ("kuma.io", "MeshService"),
        ("kuma.io", "MeshExternalService"),
        ("kuma.io", "MeshMultiZoneService"),
    ]),
    backend_namespace: ran(BackendNamespace::Route),
    rule_filters: ran(Filters {
        works: &[
            FilterKind::RequestHeaderModifier,
            FilterKind::ResponseHeaderModifier,
            FilterKind::RequestMirror,
            FilterKind::RequestRedirect,
            FilterKind::UrlRewrite,
        ],
        otherwise: Unsupported::Ignored,
    }),
    backend_filters: ran(Filters { works: &[], otherwise: Unsupported::Ignored }),
    open_backend_filters: read(&[]),
    wrong_port: ran(WrongPort::Fails),
    headless_backend: ran(OddBackend::Fails),
    external_backend: ran(OddBackend::Fails),
    ungranted: ran(Ungranted::Dropped),
    unready: assumed(Unready::Lost),
    lone_zero: ran(Zero::Fails),
    all_zero: ran(Zero::Fails),
    empty: ran(Nobody::Service),
    unmatched: ran(Nobody::Service),
};

pub(super) static KGATEWAY: Profile = Profile {
    mesh: Mesh::Kgateway,
    version: "48460f7f9e (2026-08-20)",
    controllers: &["kgateway.dev/kgateway"],
    reads: ran(BOTH_KINDS),
    parent_ref: ran(Spelling { groups: CORE, any_case: false }),
    parent_port: ran(Selector::Ignored),
    section_name: ran(Selector::Ignored),
    parents: ran(Parents::WithClusterIp),
    protocol: ran(Protocol::Declared),
    waypoint: ran(Waypoint::Kgateway),
    overridden_by: assumed(None),
    consumers: ran(Consumers::AllNamespaces),
    ports: ran(Ports::Union),
    kinds: ran(Kinds::Merged),
    order: ran(&[]),
    grpc_order: ran(&[]),
    engines: read(ENVOY),
    repeated_header: ran(Repeated::All),
    hostnames: ran(Hostnames::Ignored),
    equal_rules: ran(EqualRules::First),
    backend_ref: ran(Spelling { groups: CORE, any_case: false }),
    backend_kinds: read(&[
        SERVICE_IMPORT,
        INFERENCE_POOL,
        ("gateway.kgateway.dev", "Backend"),
        ("networking.istio.io", "Hostname"),
        ("networking.istio.io", "ServiceEntry"),
    ]),
    backend_namespace: ran(BackendNamespace::Route),
    rule_filters: ran(Filters { works: DESCRIBED, otherwise: Unsupported::Fails }),
    backend_filters: ran(Filters { works: DESCRIBED, otherwise: Unsupported::Fails }),
    open_backend_filters: read(&[]),
    wrong_port: ran(WrongPort::Fails),
    headless_backend: ran(OddBackend::Works),
    external_backend: ran(OddBackend::Works),
    ungranted: ran(Ungranted::Fails),
    unready: assumed(Unready::Lost),
    lone_zero: ran(Zero::Everything),
    all_zero: ran(Zero::Fails),
    empty: ran(Nobody::Answers(500)),
    unmatched: ran(Nobody::Answers(404)),
};
