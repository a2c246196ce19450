//! What each subcommand does: ask the library, hand the answer to a view.

pub(crate) mod diff;

mod answer;
pub(crate) mod history;
mod select;
mod services;
pub(crate) mod shift;
pub(crate) mod split;
pub(crate) mod undo;
mod watch;
