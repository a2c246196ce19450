//! Lints about where requests are sent.

pub(super) mod app_protocol;
pub(super) mod core_group;
pub(super) mod cross_namespace;
pub(super) mod duplicate;
pub(super) mod external_name;
pub(super) mod has_routes;
pub(super) mod name_invalid;
pub(super) mod no_endpoints;
pub(super) mod not_found;
pub(super) mod parent_not_in_backends;
pub(super) mod port_missing;
pub(super) mod port_not_in_service;
pub(super) mod selector_overlap;
pub(super) mod unsupported_kind;
