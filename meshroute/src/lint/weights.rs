//! Lints about the weights of backends.

pub(super) mod all_zero;
pub(super) mod default_one;
pub(super) mod invalid;
pub(super) mod lone_zero;
pub(super) mod not_explicit;
pub(super) mod rules_disagree;
pub(super) mod sum;

pub(super) use invalid::MR055;
