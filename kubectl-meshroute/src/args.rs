//! The command line. Everything that a command needs to know is read here; of the environment,
//! only what leads to a cluster is read later, by `connect`.

mod connection;
mod diff;
mod fmt;
mod given;
mod lint;
mod writing;

use std::{ffi::OsString, io::Write, path::Path};

use clap::{
    CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, builder::PossibleValuesParser,
};
use meshroute::profile::Mesh;

use self::writing::WRITING;
pub(crate) use self::{
    connection::{Connection, Secret},
    diff::Diff,
    fmt::Fmt,
    given::Given,
    lint::{
        Channel, Configured, Explain, FailOn, Format as LintFormat, Ignore, Lint, Target, Version,
    },
    writing::{DryRun, History, Promote, Undo, Writing},
};
use crate::view::Output;

/// See where the traffic of a Service goes in a mesh.
///
/// Reads HTTPRoutes and GRPCRoutes that have a Service as a parent, and shows the split that the
/// mesh makes of them.
#[derive(Debug, Parser)]
#[command(name = "meshroute", version, max_term_width = 100)]
pub(crate) struct Args {
    /// When to use colours; NO_COLOR turns them off where this says auto.
    #[arg(long = "color", global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) colour: Colour,

    #[command(subcommand)]
    pub(crate) command: Command,

    /// The flags that were given, to be said again.
    #[arg(skip)]
    pub(crate) given: Given,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Split(Box<Split>),
    /// Give all requests to one backend: the only one that is not the majority, unless one is named.
    Promote(Box<Promote>),
    /// Put the weights back that the last change found, or those of an earlier one.
    Undo(Box<Undo>),
    /// Show the changes of weights that a route remembers.
    History(Box<History>),
    Diff(Box<Diff>),
    Lint(Box<Lint>),
    /// Write the defaults of the Gateway API into manifests, as the API server will.
    Fmt(Fmt),
    /// Say what a lint means; without a code, list all of them.
    Explain(Explain),
    /// Print the completion script of a shell.
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the version.
    Version,
}

/// Show the effective split of a Service, or of all that have routes; with weights, change it.
///
/// The split is the one that the mesh makes of its routes. Without a Service: all of the namespace
/// that have routes, one line each; with -A those of every namespace.
#[derive(Debug, clap::Args)]
#[command(after_help = SPLIT_EXAMPLES)]
pub(crate) struct Split {
    /// The Service; also svc/NAME or service/NAME.
    pub(crate) service: Option<String>,

    /// New weights: 90/10 in the order of the table, v1=90 v2=10, or the share v2=10%, v2+=5%,
    /// v2-=5%.
    pub(crate) weights: Vec<String>,

    #[command(flatten)]
    pub(crate) source: Source,

    /// All namespaces.
    #[arg(short = 'A', long)]
    pub(crate) all_namespaces: bool,

    /// Only Services with these labels, as in `kubectl -l`: a=b,c!=d,e,!f,g in (h,i).
    #[arg(short = 'l', long, value_name = "SELECTOR", conflicts_with = "service")]
    pub(crate) selector: Option<String>,

    #[command(flatten)]
    pub(crate) question: Question,

    /// How to print: table, wide, json, yaml, name, markdown, jsonpath=TEMPLATE.
    #[arg(short = 'o', long, default_value = "table", value_name = "FORMAT", value_parser = Output::parse)]
    pub(crate) output: Output,

    /// The same weight for every backend, instead of weights.
    #[arg(help_heading = WRITING, long)]
    pub(crate) equal: bool,

    /// Make the route HTTPRoute/SERVICE where there is none; with --dry-run=client -o yaml, only
    /// print it.
    #[arg(help_heading = WRITING, long)]
    pub(crate) create: bool,

    #[command(flatten)]
    pub(crate) writing: Writing,

    /// Go on showing it each time that it changes, until Ctrl-C.
    #[arg(short = 'w', long, conflicts_with_all = ["files", "kustomize"])]
    pub(crate) watch: bool,

    /// With -w: stop as soon as the shares are those of these weights, in the order of the table.
    #[arg(long, value_name = "WEIGHTS", requires = "watch")]
    pub(crate) until: Option<String>,

    /// Leave the header lines of tables out.
    #[arg(long)]
    pub(crate) no_headers: bool,
}

/// Which split of a Service is meant.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Question {
    /// What clients of this namespace get, which may have routes of their own.
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) from_namespace: Option<String>,

    /// The mesh whose rules apply; auto finds it by status, namespace labels and installed kinds.
    #[arg(long, default_value = "auto", value_name = "MESH", value_parser = meshes())]
    pub(crate) mesh: String,

    /// One port of the Service.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,

    /// The host that is dialled, where a mesh looks at it (Linkerd); the Service's full name
    /// otherwise.
    #[arg(long)]
    pub(crate) host: Option<String>,
}

/// Where objects come from.
#[derive(Debug, clap::Args)]
pub(crate) struct Source {
    /// Read objects from a file, a folder or - for stdin, instead of a cluster, and change weights
    /// there. Repeatable; together they are the whole cluster.
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-")]
    pub(crate) files: Vec<String>,

    /// Read folders with all that is below them.
    #[arg(short = 'R', long)]
    pub(crate) recursive: bool,

    /// Read what `kubectl kustomize DIR` prints.
    #[arg(short = 'k', long, value_name = "DIR", conflicts_with = "files")]
    pub(crate) kustomize: Option<String>,

    /// The namespace; unless named, the context's, and default for files. Also that of objects in
    /// files that name none.
    #[arg(short = 'n', long)]
    namespace: Option<String>,

    #[command(flatten)]
    pub(crate) connection: Connection,
}

impl Source {
    /// The namespace.
    pub(crate) fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or("default")
    }

    /// The namespace, if one was named.
    pub(crate) fn named_namespace(&self) -> Option<&str> {
        self.namespace.as_deref().filter(|name| !name.is_empty())
    }

    /// Whether the namespace was named, so that no other may stand in for it.
    pub(crate) fn names_namespace(&self) -> bool {
        self.namespace.is_some()
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Colour {
    /// Whether to use colours. <https://no-color.org>: a NO_COLOR that is not empty turns them off.
    pub(crate) fn resolve(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let set =
                    |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                let forced = std::env::var_os("CLICOLOR_FORCE")
                    .is_some_and(|value| !value.is_empty() && value != "0");
                !set("NO_COLOR") && (forced || terminal)
            }
        }
    }
}

/// What came of reading the command line.
pub(crate) enum CommandLine {
    /// Something is asked.
    Asked(Box<Args>),
    /// Everything is said already: help, or what is wrong.
    Answered {
        /// The text.
        text: String,
        /// Whether the command line is wrong.
        is_error: bool,
    },
}

/// Reads the command line; usage lines follow the name the program was called by, as krew asks of
/// plugins.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> CommandLine {
    let args: Vec<OsString> = args.into_iter().collect();
    let called = args
        .first()
        .map(Path::new)
        .and_then(Path::file_stem)
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let name = if called.starts_with("kubectl-") { "kubectl meshroute" } else { "meshroute" };
    let mut command = Args::command().bin_name(name);
    let matches = command.try_get_matches_from_mut(args);
    let read = matches.and_then(|matches| {
        let given = Given::of(name, &command, &matches);
        Ok(Args { given, ..Args::from_arg_matches(&matches)? })
    });
    match read {
        Ok(args) => CommandLine::Asked(Box::new(args)),
        Err(error) => {
            CommandLine::Answered { text: error.render().to_string(), is_error: error.use_stderr() }
        }
    }
}

/// Writes the completion script of a shell.
pub(crate) fn completion(shell: clap_complete::Shell, script: &mut dyn Write) {
    clap_complete::generate(shell, &mut Args::command(), "meshroute", &mut { script });
}

fn meshes() -> PossibleValuesParser {
    PossibleValuesParser::new(["auto"].into_iter().chain(Mesh::ALL.map(Mesh::name)))
}

const SPLIT_EXAMPLES: &str = "\
Examples:
  meshroute split reviews -n shop                           the split of shop/reviews in the cluster
  meshroute split reviews 90/10                             changes it: one request in ten goes to the second
  meshroute split reviews v2+=5%                            five points more for reviews-v2
  meshroute split -A                                        of all Services with routes, a line each
  meshroute split reviews -w --until 0/100                  until the shift is done
  meshroute split reviews -f deploy/                        from files, with no cluster at all
  meshroute split reviews -n shop -k overlays/prod          of shop/reviews, as an overlay makes it
  meshroute split reviews 90/10 -f deploy/                  changes the numbers in these files
  meshroute split reviews v2=10% -f - < a.yaml > b.yaml     as a filter
  meshroute split reviews -f deploy/ --from-namespace web   for clients in namespace web
  meshroute split reviews -f deploy/ --mesh linkerd         as Linkerd would do it
  meshroute split -A -R -f deploy/ -o json                  all of them, for a program";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_help_are_command_lines() {
        let mut tried = 0;
        for command in Args::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in help.lines().filter_map(|line| line.strip_prefix("  meshroute ")) {
                // What an example is for stands behind two spaces.
                let (example, why) = line.split_once("  ").expect(line);
                assert!(!why.trim().is_empty(), "{line}");
                let words = ["meshroute"].into_iter().chain(example.split(' '));
                if let CommandLine::Answered { text, .. } = parse(words.map(OsString::from)) {
                    panic!("{example}: {text}");
                }
                tried += 1;
            }
        }
        assert!(tried > 10, "no examples were found");
    }

    #[test]
    fn long_help_is_not_hidden_behind_a_shorter_one() {
        for (command, word) in [("split", "with -A"), ("diff", "Exit code"), ("lint", "Exit code")]
        {
            let args = Args::command();
            let command = args.find_subcommand(command).expect("a command");
            let long = command.get_long_about().map(ToString::to_string).unwrap_or_default();
            assert!(long.contains(word), "{}: {long}", command.get_name());
        }
    }

    #[test]
    fn shared_flags_say_what_they_are_for_in_each_command() {
        let help = |command: &str, flag: &str| {
            let args = Args::command();
            let command = args.find_subcommand(command).expect("a command").clone();
            let found = command.get_arguments().find(|it| it.get_id() == flag).cloned();
            found.and_then(|it| it.get_help().map(ToString::to_string)).expect(flag)
        };
        for flag in ["files", "kustomize", "namespace"] {
            assert_ne!(help("split", flag), help("diff", flag), "{flag}");
        }
    }
}
