//! Lints about timeouts, retries and sessions.

pub(super) mod contradiction;
pub(super) mod duration;
pub(super) mod experimental;
pub(super) mod retry_budget;
pub(super) mod retry_codes;
pub(super) mod retry_post;
pub(super) mod session;
