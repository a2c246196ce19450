//! Lints about filters.

pub(super) mod backend_portability;
pub(super) mod header_name;
pub(super) mod header_noop;
pub(super) mod header_twice;
pub(super) mod hop_by_hop;
pub(super) mod mirror;
pub(super) mod prefix_without_prefix;
pub(super) mod redirect_in_backend;
pub(super) mod redirect_loop;
pub(super) mod unsupported;
