//! The arguments of `lint` and `explain`.

use clap::{ValueEnum, builder::PossibleValuesParser};
use meshroute::{lint::Level, profile::Mesh};

use super::{DryRun, Source};

/// Check routes that do nothing, fail requests, or split otherwise than they look: in manifests, or
/// in a cluster where none are named.
///
/// Files are taken as a part of a cluster: what is not in them may be there all the same. Of a
/// cluster, the routes of one namespace are checked, or all with -A.
///
/// Exit code 0: nothing at or above --fail-on. 1: findings. 2: anything else, and where something
/// could not be checked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = EXAMPLES,
    // What is shared with other commands is read for another purpose here.
    mut_arg("files", |it| it.help(FILES)),
    mut_arg("kustomize", |it| it.help(KUSTOMIZE)),
    mut_arg("namespace", |it| it.help(NAMESPACE)),
)]
pub(crate) struct Lint {
    /// Files, folders, or - for stdin; without any, and without -k, the cluster.
    #[arg(value_name = "FILE|DIR|-", conflicts_with = "kustomize")]
    pub(crate) paths: Vec<String>,

    #[command(flatten)]
    pub(crate) source: Source,

    /// All namespaces of the cluster.
    #[arg(short = 'A', long, conflicts_with_all = ["namespace", "paths", "files", "kustomize"])]
    pub(crate) all_namespaces: bool,

    /// The meshes to judge by; auto, which is the default, finds them by namespace labels, waypoints
    /// and installed kinds, and judges by the specification where nothing shows.
    #[arg(
        long, value_name = "MESH[,MESH]", value_delimiter = ',',
        value_parser = PossibleValuesParser::new(["auto"].into_iter().chain(Mesh::ALL.map(Mesh::name)))
    )]
    pub(crate) mesh: Vec<String>,

    /// Give lints another level: off, info, warning or error.
    #[arg(long, value_name = "CODE=LEVEL[,…]")]
    pub(crate) level: Vec<String>,

    /// Show infos too.
    #[arg(long)]
    pub(crate) info: bool,

    /// The lowest level that makes the exit code 1; error unless named.
    #[arg(long, value_name = "LEVEL")]
    pub(crate) fail_on: Option<FailOn>,

    /// The objects are a whole cluster, as far as it can be read: what is not among them does not
    /// exist, and that is an error.
    #[arg(long)]
    pub(crate) complete: bool,

    /// Judge as the webhook would if each route were made now: without infos, and with a warning at
    /// most for what depends on other objects. Before a restore or a move of a cluster.
    #[arg(long, conflicts_with = "info")]
    pub(crate) as_admission: bool,

    /// Mend in the files what can be mended, and report what remains. Infos are mended with --info
    /// only. With -, the mended text is printed, and the report on stderr.
    #[arg(long)]
    pub(crate) fix: bool,

    /// With --fix: write nothing, and print what would change as a patch, and the report on stderr:
    /// client.
    #[arg(
        long,
        value_name = "MODE",
        default_value = "none",
        requires = "fix",
        conflicts_with = "write_baseline"
    )]
    pub(crate) dry_run: DryRun,

    /// What the annotation meshroute.dev/ignore may silence; warnings unless named.
    #[arg(long, value_name = "WHAT")]
    pub(crate) ignore: Option<Ignore>,

    /// The version of the Gateway API that the cluster has; unless named, what the definition of
    /// HTTPRoute says, or 1.7 without one.
    #[arg(long, value_name = "VERSION")]
    pub(crate) gateway_api: Option<Version>,

    /// The release channel of the Gateway API that the cluster has; unless named, what the definition
    /// of HTTPRoute says, or standard without one.
    #[arg(long, value_name = "CHANNEL")]
    pub(crate) channel: Option<Channel>,

    /// Findings that are known: they are not shown, and fail nothing.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<String>,

    /// Write the findings of this run to the file of --baseline, or to .meshroute-baseline.json.
    #[arg(long)]
    pub(crate) write_baseline: bool,

    #[command(flatten)]
    pub(crate) configured: Configured,

    /// How to print: text, json, sarif, junit, github, gitlab, markdown; with a file, write it
    /// there. Repeatable: text is printed where no format without a file is named.
    #[arg(short = 'o', long, value_name = "FORMAT[=FILE]", value_parser = Target::parse)]
    pub(crate) output: Vec<Target>,
}

/// Where the settings of a repository are.
#[derive(Debug, clap::Args)]
pub(crate) struct Configured {
    /// The file that says how to check; else .meshroute.yaml in this folder or above it, up to the
    /// top of the repository. Flags say more than it does.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<String>,

    /// Read no .meshroute.yaml.
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,
}

/// Say what a lint means and what to do about it; without a code, list all of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// The code, as MR001, or the name.
    pub(crate) code: Option<String>,
}

/// The lowest level that makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors only.
    Error,
    /// Warnings and errors.
    Warning,
    /// All findings.
    Info,
    /// Nothing.
    Never,
}

/// What the annotation may silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ignore {
    /// All but errors.
    Warnings,
    /// Everything.
    All,
    /// Nothing.
    None,
}

/// The versions of the Gateway API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Version {
    /// 1.6.
    #[value(name = "1.6")]
    V1_6,
    /// 1.7.
    #[value(name = "1.7")]
    V1_7,
}

/// The release channels of the Gateway API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Channel {
    /// Only what is settled.
    Standard,
    /// All that there is.
    Experimental,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For code scanning and editors.
    Sarif,
    /// For what shows test results.
    Junit,
    /// For the log of a GitHub workflow, which shows findings beside their lines.
    Github,
    /// For the code quality report of GitLab.
    Gitlab,
    /// For a comment on a pull request.
    Markdown,
}

/// What is printed or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// In which format.
    pub(crate) format: Format,
    /// To which file; stdout if to none.
    pub(crate) file: Option<String>,
}

impl Target {
    /// Reads `FORMAT` or `FORMAT=FILE`.
    fn parse(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("name a file after the =".into()),
            Some((format, file)) => (format, Some(file.to_owned())),
            None => (text, None),
        };
        let names = || Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let format = Format::from_str(format, false).map_err(|_| {
            let names: Vec<String> = names().map(|it| it.get_name().to_owned()).collect();
            format!("there is no format {format:?}: {}", names.join(", "))
        })?;
        Ok(Self { format, file })
    }
}

impl FailOn {
    /// The level; none where nothing fails.
    pub(crate) fn level(self) -> Option<Level> {
        match self {
            Self::Error => Some(Level::Error),
            Self::Warning => Some(Level::Warning),
            Self::Info => Some(Level::Info),
            Self::Never => None,
        }
    }
}

impl Lint {
    /// The files and folders that are named; none where the cluster is meant.
    pub(crate) fn files(&self) -> Vec<String> {
        self.paths.iter().chain(&self.source.files).cloned().collect()
    }
}

const FILES: &str = "As FILE. Repeatable";

const KUSTOMIZE: &str = "Check what `kubectl kustomize DIR` prints";

const NAMESPACE: &str = "Of a cluster, the namespace whose routes are checked; unless named, the \
    context's. Of files, the namespace of objects that name none; unless named, that of \
    .meshroute.yaml, or default";

const EXAMPLES: &str = "\
Examples:
  meshroute lint apps/ -R                                   all manifests below a folder
  meshroute lint -A                                         all routes of the cluster
  meshroute lint -n shop --complete                         those of a namespace; what is missing is an error
  meshroute lint -A --as-admission                          which of them the webhook would let in again
  helm template shop | meshroute lint -                     what a chart makes
  meshroute lint apps/ --mesh linkerd --fail-on warning     as strict as Linkerd is
  meshroute lint -k overlays/prod --complete                Services that are missing are errors
  meshroute lint apps/ --level MR052=error,MR017=off        other levels
  meshroute lint apps/ -o sarif=lint.sarif -o junit=lint.xml  files for other tools, text to read
  meshroute lint apps/ --write-baseline                     from now on, only what is new
  meshroute lint apps/ -R --fix                             mends what can be mended, in place
  meshroute lint apps/ --fix --dry-run=client               prints that as a patch
  meshroute lint - --fix < in.yaml > out.yaml               as a filter
  meshroute explain MR001                                   what a finding means";
