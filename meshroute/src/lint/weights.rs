//! Lints about the weights of backends.

pub(super) mod all_zero;
pub(super) mod invalid;

pub(super) use invalid::MR055;
