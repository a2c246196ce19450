//! What a check reports to: it knows its lint, so that nothing can be said under another code.

use crate::{
    lint::{Edit, Fix, Level, Lint},
    path::FieldPath,
};

/// The findings of one lint, in one mesh or in all.
#[derive(Debug)]
pub struct Findings<'f> {
    pub(super) lint: &'static Lint,
    pub(super) found: &'f mut Vec<Found>,
}

/// What a check has found, before its level is known.
#[derive(Debug)]
pub struct Found {
    pub(super) at_most: Level,
    pub(super) message: String,
    pub(super) path: FieldPath,
    pub(super) value: String,
    pub(super) fix: Option<Fix>,
}

impl Findings<'_> {
    /// Reports what is wrong, at this place, with this value.
    pub(super) fn push(
        &mut self,
        path: FieldPath,
        value: impl Into<String>,
        message: impl Into<String>,
    ) -> &mut Found {
        let (value, message) = (value.into(), message.into());
        debug_assert!(!self.lint.code.is_empty());
        self.found.push(Found { at_most: Level::Error, message, path, value, fix: None });
        self.found.last_mut().expect("it was just put there")
    }
}

impl Found {
    /// It is no worse than this, whatever the lint says.
    pub(super) fn at_most(&mut self, level: Level) -> &mut Self {
        self.at_most = self.at_most.min(level);
        self
    }

    /// What would mend it, in words; `edits` do it.
    pub(super) fn fix(&mut self, hint: impl Into<String>, edits: Vec<Edit>) -> &mut Self {
        self.fix = Some(Fix { hint: hint.into(), edits });
        self
    }
}
