//! Changed texts go to where they came from.

use crate::{
    args::DryRun,
    edit,
    exit::Failure,
    source::{Input, Origin},
    view::unified::unified,
};

/// A text, and what becomes of it.
#[derive(Debug)]
pub(super) struct Rewrite {
    /// As it was read.
    pub(super) input: Input,
    /// As it is to be.
    pub(super) text: Vec<u8>,
}

impl Rewrite {
    pub(super) fn is_changed(&self) -> bool {
        self.input.text != self.text
    }
}

/// Refuses what cannot be asked of files.
pub(super) fn check(dry_run: DryRun) -> Result<(), Failure> {
    match dry_run {
        DryRun::None | DryRun::Client => Ok(()),
        DryRun::Server => Err(Failure::usage("files have no server to ask: --dry-run=client")),
    }
}

/// Writes the files that are changed. Returns what belongs on stdout: the changed text of stdin,
/// or the patch of a dry run; none where everything is in files.
pub(super) fn finish(rewrites: &[Rewrite], dry_run: DryRun) -> Result<Option<Vec<u8>>, Failure> {
    let changed = || rewrites.iter().filter(|it| it.is_changed());
    if dry_run != DryRun::None {
        return Ok(Some(changed().map(patch).collect::<String>().into_bytes()));
    }
    edit::replace(changed().map(|it| (&it.input, it.text.as_slice())))?;
    let from_stdin = rewrites.iter().filter(|it| it.input.origin == Origin::Stdin);
    let texts: Vec<&[u8]> = from_stdin.map(|it| it.text.as_slice()).collect();
    Ok((!texts.is_empty()).then(|| texts.concat()))
}

fn patch(rewrite: &Rewrite) -> String {
    let name = rewrite.input.origin.to_string();
    let [before, after] =
        [&rewrite.input.text, &rewrite.text].map(|text| String::from_utf8_lossy(text));
    unified((&name, &name), &before, &after)
}
