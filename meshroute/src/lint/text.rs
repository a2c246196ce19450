//! Lints about the text of manifests, and about our own annotation.

pub(super) mod duplicate_object;
pub(super) mod ignore_unused;
pub(super) mod ignore_without_reason;
pub(super) mod key_twice;
pub(super) mod odd_boolean;
pub(super) mod odd_number;
pub(super) mod unknown_field;
pub(super) mod unreadable;

pub(super) use self::{
    ignore_unused::MR901, ignore_without_reason::MR900, odd_boolean::MR905, unknown_field::MR056,
    unreadable::MR902,
};
