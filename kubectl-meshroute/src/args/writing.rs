//! The flags of what changes weights.

use std::time::Duration;

use clap::ValueEnum;

use super::{Question, Source, connection::timeout};
use crate::view::Output;

/// What help prints above the flags.
pub(super) const WRITING: &str = "Changing weights";

/// How weights are changed.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Writing {
    /// The rule, by its name or its index.
    #[arg(help_heading = WRITING, long, value_name = "NAME|N", conflicts_with = "all_rules")]
    pub(crate) rule: Option<String>,

    /// All rules of the route that have several backends.
    #[arg(help_heading = WRITING, long)]
    pub(crate) all_rules: bool,

    /// The route, where several have such rules.
    #[arg(help_heading = WRITING, long, value_name = "NAME")]
    pub(crate) route: Option<String>,

    /// With --port: also where the rule serves other ports.
    #[arg(help_heading = WRITING, long, requires = "port")]
    pub(crate) all_ports: bool,

    /// Ask nothing: the majority may move to another backend.
    #[arg(help_heading = WRITING, short = 'y', long)]
    pub(crate) yes: bool,

    /// Also raise the share of a backend that is missing or has no ready endpoint.
    #[arg(help_heading = WRITING, long)]
    pub(crate) allow_unready: bool,

    /// Also write weights that are all 0.
    #[arg(help_heading = WRITING, long)]
    pub(crate) allow_zero: bool,

    /// Also where an owner is certain to put the weights back: why.
    #[arg(help_heading = WRITING, long, value_name = "REASON")]
    pub(crate) override_owner: Option<String>,

    /// Only if the weights of now are these, in the order of the table.
    #[arg(help_heading = WRITING, long, value_name = "WEIGHTS")]
    pub(crate) expect: Option<String>,

    /// Why, for the history.
    #[arg(help_heading = WRITING, long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,

    /// Write nothing: client sends nothing, server lets the server check it.
    #[arg(help_heading = WRITING, long, value_name = "MODE", default_value = "none")]
    pub(crate) dry_run: DryRun,

    /// The name under which the weights are written.
    #[arg(help_heading = WRITING, long, value_name = "NAME", default_value = meshroute::owner::FIELD_MANAGER)]
    pub(crate) field_manager: String,

    /// Wait until the mesh has confirmed it, and exit with 4 if it does not. Without the flag, up to
    /// 30 s where the mesh has written a status before, and exit with 0.
    #[arg(
        help_heading = WRITING,
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) wait: Option<bool>,

    /// How long to wait: seconds, or 500ms, 1s, 2m.
    #[arg(help_heading = WRITING, long, value_name = "TIME", default_value = "30s", value_parser = timeout)]
    pub(crate) timeout: Duration,
}

impl Writing {
    /// The flags of a command that changes nothing.
    pub(crate) fn nothing(dry_run: DryRun) -> Self {
        Self {
            rule: None,
            all_rules: false,
            route: None,
            all_ports: false,
            yes: false,
            allow_unready: false,
            allow_zero: false,
            override_owner: None,
            expect: None,
            reason: None,
            dry_run,
            field_manager: String::new(),
            wait: None,
            timeout: Duration::ZERO,
        }
    }
}

/// Whether something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DryRun {
    /// It is.
    None,
    /// Nothing is sent.
    Client,
    /// The server says what it would do.
    Server,
}

/// Give all requests to one backend.
#[derive(Debug, clap::Args)]
pub(crate) struct Promote {
    /// The Service; also svc/NAME or service/NAME.
    pub(crate) service: String,

    /// The backend; the only one that is not the majority, unless one is named.
    pub(crate) backend: Option<String>,

    #[command(flatten)]
    pub(crate) source: Source,

    #[command(flatten)]
    pub(crate) question: Question,

    #[command(flatten)]
    pub(crate) writing: Writing,

    /// How to print: table, json, yaml, name, jsonpath=TEMPLATE.
    #[arg(short = 'o', long, default_value = "table", value_name = "FORMAT", value_parser = Output::parse)]
    pub(crate) output: Output,
}

/// Put weights back that the history of the route remembers.
#[derive(Debug, clap::Args)]
pub(crate) struct Undo {
    /// The Service; also svc/NAME or service/NAME.
    pub(crate) service: String,

    /// To what this revision of the history has written; 0 is what was before the first.
    #[arg(long, value_name = "N")]
    pub(crate) to: Option<u64>,

    #[command(flatten)]
    pub(crate) source: Source,

    #[command(flatten)]
    pub(crate) question: Question,

    #[command(flatten)]
    pub(crate) writing: Writing,

    /// How to print: table, json, yaml, name, jsonpath=TEMPLATE.
    #[arg(short = 'o', long, default_value = "table", value_name = "FORMAT", value_parser = Output::parse)]
    pub(crate) output: Output,
}

/// Show the changes of weights that a route remembers, the last one first.
#[derive(Debug, clap::Args)]
pub(crate) struct History {
    /// The Service; also svc/NAME or service/NAME.
    pub(crate) service: String,

    /// The route, where several have a history.
    #[arg(long, value_name = "NAME")]
    pub(crate) route: Option<String>,

    #[command(flatten)]
    pub(crate) source: Source,

    #[command(flatten)]
    pub(crate) question: Question,

    /// How to print: table, json, yaml, jsonpath=TEMPLATE.
    #[arg(short = 'o', long, default_value = "table", value_name = "FORMAT", value_parser = Output::parse)]
    pub(crate) output: Output,

    /// Leave the header line of the table out.
    #[arg(long)]
    pub(crate) no_headers: bool,
}
