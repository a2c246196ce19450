//! Lints about rules, and about rules of other routes beside them.

pub(super) mod conflict;
pub(super) mod grpc_clash;
pub(super) mod name_duplicate;
pub(super) mod no_backends;
pub(super) mod no_catch_all;
pub(super) mod omitted;
pub(super) mod redundant;
pub(super) mod tie;
pub(super) mod unreachable;
