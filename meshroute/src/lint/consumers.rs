//! Lints about routes for a Service of another namespace.

pub(super) mod consumer;
pub(super) mod implicit_namespace;
pub(super) mod no_catch_all;
pub(super) mod overrides;
pub(super) mod unsupported;
