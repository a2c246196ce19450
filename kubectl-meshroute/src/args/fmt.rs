//! The arguments of `fmt`.

use super::{Configured, DryRun};

/// Write the defaults of the Gateway API into the routes of manifests, as the API server does when
/// it stores them: what is in Git is then what is in the cluster.
///
/// Nothing else changes: comments, quotes, order and line endings stay. The defaults are those of
/// the standard channel of the Gateway API 1.6.3. What `.meshroute.yaml` excludes is passed over.
///
/// Exit code 0: done, or nothing to do. 1: with --check, files would change. 2: anything else, such
/// as a Helm template, which stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Fmt {
    /// Files and folders, which are changed in place, or - for stdin, which is printed changed.
    #[arg(value_name = "FILE|DIR|-")]
    pub(crate) paths: Vec<String>,

    /// The same; repeatable.
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-")]
    pub(crate) files: Vec<String>,

    /// Read folders with all that is below them.
    #[arg(short = 'R', long)]
    pub(crate) recursive: bool,

    /// Write nothing, and print the names of the files that would change.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) check: bool,

    /// Write nothing, and print what would change as a patch: client.
    #[arg(long, value_name = "MODE", default_value = "none")]
    pub(crate) dry_run: DryRun,

    #[command(flatten)]
    pub(crate) configured: Configured,
}

const EXAMPLES: &str = "\
Examples:
  meshroute fmt apps/ -R                    all manifests below a folder, in place
  meshroute fmt apps/ -R --check            names the files that would change, for a pipeline
  meshroute fmt apps/ --dry-run=client      prints the change as a patch
  meshroute fmt - < in.yaml > out.yaml      as a filter";
