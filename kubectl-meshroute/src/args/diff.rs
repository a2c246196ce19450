//! The arguments of `diff`.

use meshroute::ratio::Ratio;

use super::{Source, meshes};
use crate::view::Output;

/// Show which requests end otherwise after a change: traffic, not text.
///
/// Compared are OLD and NEW; with --base, what -f or -k names at a Git ref and now; with -f or -k
/// alone, a cluster before and after applying it; with --mesh a,b, what two meshes make of the
/// same objects.
///
/// Exit code 0: no difference, or with --max-shift none beyond it. 1: a difference. 2: anything
/// else.
#[derive(Debug, clap::Args)]
#[command(
    after_help = EXAMPLES,
    // What is shared with other commands is read for another purpose here.
    mut_arg("files", |it| it.help(FILES)),
    mut_arg("kustomize", |it| it.help(KUSTOMIZE)),
    mut_arg("namespace", |it| it.help(NAMESPACE)),
)]
pub(crate) struct Diff {
    /// A file or folder: what was before.
    #[arg(requires = "new", conflicts_with_all = ["files", "kustomize", "base"])]
    pub(crate) old: Option<String>,

    /// A file or folder: what comes after.
    pub(crate) new: Option<String>,

    #[command(flatten)]
    pub(crate) source: Source,

    /// Compare with the same paths at a Git ref, such as origin/main, read through git.
    #[arg(long, value_name = "GITREF")]
    pub(crate) base: Option<String>,

    /// All namespaces, as without -n.
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub(crate) all_namespaces: bool,

    /// Only what clients of this namespace get.
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) from_namespace: Option<String>,

    /// The mesh whose rules apply; two, as linkerd,istio, to compare what they do.
    #[arg(
        long, default_value = "auto", value_name = "MESH[,MESH]", value_parser = meshes(),
        value_delimiter = ',', num_args = 1
    )]
    pub(crate) mesh: Vec<String>,

    /// One port of each Service.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,

    /// The host that is dialled, where a mesh looks at it (Linkerd); the Service's full name
    /// otherwise.
    #[arg(long)]
    pub(crate) host: Option<String>,

    /// Exit with 1 only if the share of a destination changes by more than this, or requests start
    /// to fail.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(crate) max_shift: Option<Ratio>,

    /// How to print: table, json, yaml, markdown, jsonpath=TEMPLATE.
    #[arg(short = 'o', long, default_value = "table", value_name = "FORMAT", value_parser = output)]
    pub(crate) output: Output,

    /// Leave the header lines of tables out.
    #[arg(long)]
    pub(crate) no_headers: bool,
}

fn output(text: &str) -> Result<Output, String> {
    match Output::parse(text) {
        Ok(Output::Wide | Output::Name) | Err(_) => {
            Err("one of table, json, yaml, markdown, jsonpath=TEMPLATE".into())
        }
        output => output,
    }
}

/// Reads `25%`, `25` and `12.5%`.
fn percent(text: &str) -> Result<Ratio, String> {
    let broken = || "write a percentage from 0% to 100%, such as 25%".to_owned();
    let number = text.strip_suffix('%').unwrap_or(text);
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(decimals) || decimals.len() > 6 {
        return Err(broken());
    }
    let scale: u64 = decimals.bytes().fold(100, |scale, _| scale * 10);
    match format!("{whole}{decimals}").parse() {
        Ok(part) if part <= scale => Ok(Ratio::new(part, scale)),
        _ => Err(broken()),
    }
}

const FILES: &str = "A file, a folder or - for stdin with what comes after: compared with the same \
    path at --base, or else with the cluster it is for. With --mesh a,b and no --base, what both \
    meshes read instead of a cluster. Repeatable";

const KUSTOMIZE: &str = "As -f, of what `kubectl kustomize DIR` prints; with --base, DIR is built \
    at the ref too";

const NAMESPACE: &str = "Only Services of this namespace; of all, unless named. Also that of \
    objects in files that name none, which is else default or, of files for a cluster, the context's";

const EXAMPLES: &str = "\
Examples:
  meshroute diff old/ new/                                  two folders
  meshroute diff -f deploy/ --base origin/main -o markdown  a pull request, for a comment on it
  meshroute diff -k overlays/prod --base origin/main        the same of a kustomization
  meshroute diff -f deploy/shop.yaml                        what applying it to the cluster changes
  meshroute diff -f deploy/ --mesh linkerd,istio            what a change of mesh changes
  meshroute diff old/ new/ --max-shift 25%                  fail only if more than that moves";

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_percentage_is_exact() {
        for (text, ratio) in
            [("25%", "1/4"), ("0", "0/1"), ("12.5%", "1/8"), ("100%", "1/1"), ("0.1", "1/1000")]
        {
            assert_eq!(percent(text).map(|it| it.to_string()).as_deref(), Ok(ratio), "{text}");
        }
        for text in ["", "%", "101%", "-1", "1e2", "a", ".5", "1/4", "100.01%"] {
            assert!(percent(text).is_err(), "{text}");
        }
    }
}
