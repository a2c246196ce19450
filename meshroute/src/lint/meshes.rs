//! Lints about what a mesh needs, and about the tools beside it.

pub(super) mod foreign_waypoint;
pub(super) mod gitops;
pub(super) mod grpc_headers_only;
pub(super) mod kind_unread;
pub(super) mod linkerd_retries;
pub(super) mod not_meshed;
pub(super) mod policy_route_beside;
pub(super) mod progressive_delivery;
pub(super) mod service_profile;
pub(super) mod virtual_service;
pub(super) mod waypoint_missing;
