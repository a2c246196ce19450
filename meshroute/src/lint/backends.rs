//! Lints about where requests are sent.

pub(super) mod not_found;
