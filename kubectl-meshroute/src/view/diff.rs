//! What changes for requests: one file for each format.

mod json;
mod markdown;
mod rows;
mod table;
pub(crate) mod words;

use meshroute::{diff::Change, name::ObjectName, profile::Mesh, ratio::Ratio};

use super::{Noted, Output, to_json, to_jsonpath, to_yaml};
use crate::{Look, exit::Failure};

/// All that changes.
pub(crate) struct Report<'a> {
    /// How many Services that are routed, before or after.
    pub(crate) routed: usize,
    /// How many of them change.
    pub(crate) changed: usize,
    /// By how much shares may change.
    pub(crate) limit: Option<Ratio>,
    /// What changes by more than that, a line each.
    pub(crate) over: Vec<String>,
    /// The changes, by Service.
    pub(crate) items: Vec<Item<'a>>,
    /// What lints say of the routes after the change, and not before.
    pub(crate) introduced: Vec<Noted>,
    /// What they say before, and not after.
    pub(crate) fixed: Vec<Noted>,
}

/// What changes on some ports of a Service.
pub(crate) struct Item<'a> {
    pub(crate) service: &'a ObjectName,
    /// For clients of this namespace; none for all but those of `not_from`.
    pub(crate) from: Option<&'a str>,
    /// The mesh before and after.
    pub(crate) meshes: [Mesh; 2],
    /// Whether the Service had these ports, and has them.
    pub(crate) was_there: bool,
    pub(crate) is_there: bool,
    /// Whether routes decided, and decide.
    pub(crate) was_split: bool,
    pub(crate) is_split: bool,
    /// Whether the order of its rules is one of several that are possible.
    pub(crate) is_one_order: bool,
    pub(crate) change: Change<'a>,
    /// The namespaces whose clients do not see this.
    pub(crate) not_from: Vec<&'a str>,
}

/// Prints a report.
pub(crate) fn diff(
    report: &Report<'_>,
    output: &Output,
    no_headers: bool,
    look: Look,
) -> Result<String, Failure> {
    let value = || json::value(report);
    match output {
        // The command line has no others for this.
        Output::Table | Output::Wide | Output::Name => Ok(table::table(report, no_headers, look)),
        Output::Markdown => Ok(markdown::markdown(report)),
        Output::Json | Output::JsonLine => to_json(&value()),
        Output::Yaml => to_yaml(&value()),
        Output::JsonPath(template) => to_jsonpath(template, &value()),
    }
}
