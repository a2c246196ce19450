//! What each subcommand does: ask the library, hand the answer to a view.

pub(crate) mod diff;
pub(crate) mod split;

mod answer;
mod select;
mod services;
mod watch;
