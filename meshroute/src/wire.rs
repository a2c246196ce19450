//! The JSON of the objects we read, field by field, without judgement.
//!
//! Reading never fails on a shape: a field of the wrong shape becomes [`Found::Odd`], a field that
//! we do not know is named in `unknown`. Only fields that some answer needs are here; `lower` gives
//! them their meaning and their defaults.

pub mod filters;
mod found;
pub mod signs;
pub mod tools;

pub use found::{Any, Found};

use std::collections::BTreeMap;

use filters::Filter;
use found::{Key, wire};

/// A list whose entries may each have the wrong shape.
pub type List<T> = Vec<Found<T>>;

wire! {
    /// `metadata`, as far as any answer needs it.
    open Metadata {
        name "name": String,
        namespace "namespace": String,
        creation_timestamp "creationTimestamp": String,
        labels "labels": BTreeMap<String, String>,
        annotations "annotations": BTreeMap<String, String>,
    }
}

wire! {
    /// HTTPRoute, of Gateway API and of policy.linkerd.io (Gateway API,
    /// `apis/v1/httproute_types.go`), and GRPCRoute (`apis/v1/grpcroute_types.go`): they differ in
    /// their matches only.
    open Route {
        metadata "metadata": signs::RouteMetadata,
        spec "spec": RouteSpec,
        status "status": RouteStatus,
    }
}

wire! {
    /// `spec` of a route.
    closed RouteSpec {
        parent_refs "parentRefs": List<ParentRef>,
        hostnames "hostnames": List<String>,
        rules "rules": List<Rule>,
        use_default_gateways "useDefaultGateways": Any,
    }
}

wire! {
    /// One entry of `parentRefs`.
    closed ParentRef {
        group "group": String,
        kind "kind": String,
        namespace "namespace": String,
        name "name": String,
        section_name "sectionName": String,
        port "port": i64,
    }
}

wire! {
    /// One entry of `rules`.
    closed Rule {
        name "name": String,
        matches "matches": List<Match>,
        filters "filters": List<Filter>,
        backend_refs "backendRefs": List<BackendRef>,
        timeouts "timeouts": Timeouts,
        retry "retry": Retry,
        session_persistence "sessionPersistence": Any,
    }
}

wire! {
    /// One entry of `matches`; `method` is a string in an HTTPRoute and an object in a GRPCRoute.
    closed Match {
        path "path": PathMatch,
        method "method": MethodMatch,
        headers "headers": List<ValueMatch>,
        query_params "queryParams": List<ValueMatch>,
    }
}

wire! {
    /// `path` of a match.
    closed PathMatch {
        kind "type": String,
        value "value": String,
    }
}

wire! {
    /// One entry of `headers` or `queryParams` of a match.
    closed ValueMatch {
        kind "type": String,
        name "name": String,
        value "value": String,
    }
}

wire! {
    /// `method` of a GRPCRoute's match.
    closed GrpcMethod {
        kind "type": String,
        service "service": String,
        method "method": String,
    }
}

/// `method` of a match, in either of its two shapes.
#[derive(Debug, Clone)]
pub enum MethodMatch {
    /// HTTPRoute: `GET`.
    Http(String),
    /// GRPCRoute: service and method.
    Grpc(GrpcMethod),
}

wire! {
    /// One entry of `backendRefs`.
    closed BackendRef {
        group "group": String,
        kind "kind": String,
        namespace "namespace": String,
        name "name": String,
        port "port": i64,
        weight "weight": i64,
        filters "filters": List<Filter>,
    }
}

/// `targetPort` of a Service's port: a number, or the name of a container's port.
#[derive(Debug, Clone)]
pub enum TargetPort {
    /// A number.
    Number(i64),
    /// A name.
    Name(String),
}

wire! {
    /// `timeouts` of a rule.
    closed Timeouts {
        request "request": String,
        backend_request "backendRequest": String,
    }
}

wire! {
    /// `retry` of a rule.
    closed Retry {
        attempts "attempts": i64,
        backoff "backoff": String,
        codes "codes": List<i64>,
    }
}

wire! {
    /// `status` of a route.
    open RouteStatus {
        parents "parents": List<ParentStatus>,
    }
}

wire! {
    /// What one controller says of one parent.
    open ParentStatus {
        parent_ref "parentRef": ParentRef,
        controller_name "controllerName": String,
        conditions "conditions": List<Condition>,
    }
}

wire! {
    /// A status condition.
    open Condition {
        kind "type": String,
        status "status": String,
        reason "reason": String,
    }
}

wire! {
    /// Service (`core/v1`).
    open Service {
        metadata "metadata": Metadata,
        spec "spec": ServiceSpec,
    }
}

wire! {
    /// `spec` of a Service.
    open ServiceSpec {
        kind "type": String,
        cluster_ip "clusterIP": String,
        external_name "externalName": String,
        selector "selector": BTreeMap<String, String>,
        ports "ports": List<ServicePort>,
    }
}

wire! {
    /// One port of a Service.
    open ServicePort {
        name "name": String,
        port "port": i64,
        protocol "protocol": String,
        app_protocol "appProtocol": String,
        target_port "targetPort": TargetPort,
    }
}

wire! {
    /// EndpointSlice (`discovery.k8s.io/v1`).
    open EndpointSlice {
        metadata "metadata": Metadata,
        address_type "addressType": String,
        ports "ports": List<EndpointPort>,
        endpoints "endpoints": List<Endpoint>,
    }
}

wire! {
    /// One port of an EndpointSlice.
    open EndpointPort {
        name "name": String,
    }
}

wire! {
    /// One endpoint.
    open Endpoint {
        addresses "addresses": List<String>,
        conditions "conditions": EndpointConditions,
    }
}

wire! {
    /// `conditions` of an endpoint.
    open EndpointConditions {
        ready "ready": bool,
    }
}

wire! {
    /// ReferenceGrant (Gateway API, `apis/v1/referencegrant_types.go`).
    open ReferenceGrant {
        metadata "metadata": Metadata,
        spec "spec": GrantSpec,
    }
}

wire! {
    /// `spec` of a ReferenceGrant.
    open GrantSpec {
        from "from": List<GrantFrom>,
        to "to": List<GrantTo>,
    }
}

wire! {
    /// Who may refer.
    open GrantFrom {
        group "group": String,
        kind "kind": String,
        namespace "namespace": String,
    }
}

wire! {
    /// What may be referred to.
    open GrantTo {
        group "group": String,
        kind "kind": String,
        name "name": String,
    }
}

wire! {
    /// An object of which only the metadata matters: Namespace, ServiceProfile.
    open Named {
        metadata "metadata": Metadata,
    }
}

wire! {
    /// Gateway, as a waypoint and as an entrance (Gateway API, `apis/v1/gateway_types.go`).
    open Gateway {
        metadata "metadata": Metadata,
        spec "spec": GatewaySpec,
        status "status": GatewayStatus,
    }
}

wire! {
    /// `spec` of a Gateway.
    open GatewaySpec {
        class "gatewayClassName": String,
        listeners "listeners": List<Listener>,
    }
}

wire! {
    /// One listener.
    open Listener {
        allowed_routes "allowedRoutes": AllowedRoutes,
    }
}

wire! {
    /// `allowedRoutes` of a listener.
    open AllowedRoutes {
        namespaces "namespaces": RouteNamespaces,
    }
}

wire! {
    /// From which namespaces a listener takes routes.
    open RouteNamespaces {
        from "from": String,
        selector "selector": LabelSelector,
    }
}

wire! {
    /// A label selector.
    open LabelSelector {
        match_labels "matchLabels": BTreeMap<String, String>,
        match_expressions "matchExpressions": Any,
    }
}

wire! {
    /// `status` of a Gateway.
    open GatewayStatus {
        addresses "addresses": List<Any>,
        conditions "conditions": List<Condition>,
    }
}

wire! {
    /// VirtualService (`networking.istio.io`): which hosts it takes over.
    open VirtualService {
        metadata "metadata": Metadata,
        spec "spec": VirtualServiceSpec,
    }
}

wire! {
    /// `spec` of a VirtualService.
    open VirtualServiceSpec {
        hosts "hosts": List<String>,
        gateways "gateways": List<String>,
    }
}

wire! {
    /// CustomResourceDefinition: the group, which tells what is installed, and what it says of itself.
    open Crd {
        metadata "metadata": Metadata,
        spec "spec": CrdSpec,
    }
}

wire! {
    /// `spec` of a CustomResourceDefinition.
    open CrdSpec {
        group "group": String,
    }
}
