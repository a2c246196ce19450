//! Lints about the conditions of matches.

pub(super) mod glob;
pub(super) mod header_twice;
pub(super) mod host_header;
pub(super) mod regex_invalid;
pub(super) mod regex_portability;
