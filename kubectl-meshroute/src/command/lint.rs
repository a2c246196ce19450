//! `lint`: what is wrong with manifests.

mod baseline;
mod config;
mod deliver;
mod judge;
mod mend;
mod place;
mod plan;
mod read;

pub(crate) use place::Mark;

use std::{collections::BTreeSet, io, path::PathBuf};

use crate::{
    Look, Streams,
    args::{self, LintFormat, Target},
    command::split::warn,
    exit::{Failure, code},
    progress, source,
    view::{self, lint::Report},
};
use baseline::Baseline;
use plan::Plan;

/// Runs the command; its exit code says whether there are findings.
pub(crate) fn run(args: &args::Lint, look: Look, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let (printed, reports) = (printed(&args.output)?, files(&args.output)?);
    let mut plan = Plan::of(args)?;
    let baseline = Known::of(args, plan.baseline.take())?;
    let files: Vec<String> = args.paths.iter().chain(&args.files).cloned().collect();
    let source::Texts { named: texts, mut warnings } = source::texts(
        args.kustomize.as_deref(),
        &files,
        args.recursive,
        plan.exclude.as_ref(),
        streams.stdin,
    )?;
    let mut judged = progress::of(so_far, |progress| {
        let sheets: Vec<read::Sheet<'_>> = texts.iter().map(read::Sheet::of).collect();
        judge::judge(&sheets, &plan.namespace, &plan.meshes, &plan.settings, progress)
    });
    warnings.extend(judged.templates.iter().map(|template| {
        format!("{template}: a Helm template, not checked: lint what `helm template` prints")
    }));
    let known = baseline.take(&mut judged, &plan, &mut warnings)?;
    let report = Report {
        names: texts.iter().map(|(name, _)| name.clone()).collect(),
        objects: judged.objects,
        unread: judged.templates,
        findings: judged.findings,
        known,
        info: plan.info,
        fail_on: plan.fail_on,
    };
    let text = view::lint::lint(&report, printed, look)?;
    warn(streams, &warnings)?;
    // Before anything is printed: whoever reads that may go away.
    for (format, file) in reports {
        let plain = Look { colour: false, ..look };
        deliver::deliver(file, &view::lint::lint(&report, format, plain)?)?;
    }
    let code = match (report.unread.is_empty(), report.has_failed()) {
        (false, _) => code::TROUBLE,
        (true, true) => code::FINDINGS,
        (true, false) => code::CLEAN,
    };
    let written = streams.stdout.write_all(text.as_bytes()).and_then(|()| streams.stdout.flush());
    match written {
        // Whoever went away may still look at the exit code.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(code),
        written => written.map(|()| code).map_err(Failure::from),
    }
}

/// What is said where it takes long.
fn so_far(done: usize, of: usize) -> String {
    if of == 0 { "reading the files".into() } else { format!("checked {done} of {of} objects") }
}

/// The format to print.
fn printed(targets: &[Target]) -> Result<LintFormat, Failure> {
    let mut printed = targets.iter().filter(|target| target.file.is_none());
    let format = printed.next().map_or(LintFormat::Text, |target| target.format);
    match printed.next() {
        None => Ok(format),
        Some(_) => {
            let why = "one format can be printed: give the others a file, -o FORMAT=FILE";
            Err(Failure::usage(format!("-o: {why}")))
        }
    }
}

/// The formats to write, and to which files.
fn files(targets: &[Target]) -> Result<Vec<(LintFormat, &str)>, Failure> {
    let mut names = BTreeSet::new();
    let mut files = Vec::new();
    for target in targets {
        if let Some(file) = &target.file {
            if !names.insert(file) {
                return Err(Failure::usage(format!("-o: {file} cannot hold two formats")));
            }
            files.push((target.format, file.as_str()));
        }
    }
    Ok(files)
}

/// What is done about findings that are known.
enum Known {
    /// There is no file of them.
    None,
    /// Those of the file are not shown.
    Of(PathBuf, Baseline),
    /// All are from now on, and the file says which.
    AllNow(PathBuf),
}

impl Known {
    fn of(args: &args::Lint, file: Option<PathBuf>) -> Result<Self, Failure> {
        if args.write_baseline {
            return Ok(Self::AllNow(file.unwrap_or_else(|| baseline::NAME.into())));
        }
        let Some(file) = file else { return Ok(Self::None) };
        let baseline = Baseline::read(&file)?;
        Ok(Self::Of(file, baseline))
    }

    /// Takes the known findings out, and says how many there were.
    fn take(
        self,
        judged: &mut judge::Judged,
        plan: &Plan,
        warnings: &mut Vec<String>,
    ) -> Result<usize, Failure> {
        let (file, mut baseline) = match self {
            Self::None => return Ok(0),
            Self::Of(file, baseline) => (file, baseline),
            Self::AllNow(file) => {
                let baseline = Baseline::of(&judged.findings, plan.least());
                baseline.write(&file)?;
                (file, baseline)
            }
        };
        let known = baseline.take(&mut judged.findings);
        let gone = baseline.count(&judged.objects);
        if gone > 0 {
            let findings = if gone == 1 { "finding is" } else { "findings are" };
            let file = file.display();
            warnings.push(format!(
                "{file}: {gone} {findings} there no more: write it anew with --write-baseline"
            ));
        }
        Ok(known)
    }
}
