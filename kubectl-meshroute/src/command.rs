//! What each subcommand does: ask the library, hand the answer to a view.

mod config;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod lint;

mod answer;
mod findings;
pub(crate) mod history;
mod rewrite;
mod select;
mod services;
pub(crate) mod shift;
pub(crate) mod split;
pub(crate) mod undo;
mod watch;

pub(crate) use lint::Mark;
