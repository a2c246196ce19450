//! The arguments of `lint` and `explain`.

use clap::{ValueEnum, builder::PossibleValuesParser};
use meshroute::{lint::Level, profile::Mesh};

/// Check manifests for routes that do nothing, fail requests, or split otherwise than they look.
///
/// Files are taken as a part of a cluster: what is not in them may be there all the same. Exit code
/// 0: nothing at or above --fail-on; 1: findings; 2: anything else.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Lint {
    /// Files, folders, or - for stdin.
    #[arg(value_name = "FILE|DIR|-")]
    pub(crate) paths: Vec<String>,

    /// The same; repeatable.
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-")]
    pub(crate) files: Vec<String>,

    /// Read folders with all that is below them.
    #[arg(short = 'R', long)]
    pub(crate) recursive: bool,

    /// Check what `kubectl kustomize DIR` prints.
    #[arg(short = 'k', long, value_name = "DIR", conflicts_with_all = ["files", "paths"])]
    pub(crate) kustomize: Option<String>,

    /// The namespace of objects that name none; default unless named.
    #[arg(short = 'n', long)]
    pub(crate) namespace: Option<String>,

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

    /// The files are a whole cluster: what is not in them does not exist.
    #[arg(long)]
    pub(crate) complete: bool,

    /// What the annotation meshroute.dev/ignore may silence; warnings unless named.
    #[arg(long, value_name = "WHAT")]
    pub(crate) ignore: Option<Ignore>,

    /// The version of the Gateway API that the cluster has; 1.7 unless named.
    #[arg(long, value_name = "VERSION")]
    pub(crate) gateway_api: Option<Version>,

    /// The release channel of the Gateway API that the cluster has; standard unless named.
    #[arg(long, value_name = "CHANNEL")]
    pub(crate) channel: Option<Channel>,

    /// Findings that are known: they are not shown, and fail nothing.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<String>,

    /// Write the findings of this run to the file of --baseline, or to .meshroute-baseline.json.
    #[arg(long)]
    pub(crate) write_baseline: bool,

    /// The file that says how to check; else .meshroute.yaml in this folder or above it, up to the
    /// top of the repository. Flags say more than it does.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<String>,

    /// Read no .meshroute.yaml.
    #[arg(long, conflicts_with = "config")]
    pub(crate) no_config: bool,

    /// How to print: text, json, sarif, junit, github, gitlab, markdown; with a file, write it
    /// there. Repeatable: text is printed where no format without a file is named.
    #[arg(short = 'o', long, value_name = "FORMAT[=FILE]", value_parser = Target::parse)]
    pub(crate) output: Vec<Target>,
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

const EXAMPLES: &str = "\
Examples:
  meshroute lint apps/ -R                                   all manifests below a folder
  kubectl get httproute -A -o yaml | meshroute lint -       what a cluster has
  meshroute lint apps/ --mesh linkerd --fail-on warning     as strict as Linkerd is
  meshroute lint -k overlays/prod --complete                Services that are missing are errors
  meshroute lint apps/ --level MR052=error,MR017=off        other levels
  meshroute lint apps/ -o sarif=lint.sarif -o junit=lint.xml  files for other tools, text to read
  meshroute lint apps/ --write-baseline                     from now on, only what is new
  meshroute explain MR001                                   what a finding means";
