//! `lint`: what is wrong with the routes of manifests, or of a cluster.

mod baseline;
mod deliver;
mod fix;
mod judge;
mod live;
mod place;
mod plan;
mod read;
mod swaps;

pub(crate) use place::Mark;

use std::{collections::BTreeSet, fs, io, path::PathBuf};

use crate::{
    Look, Streams,
    args::{self, LintFormat, Target},
    command::split::warn,
    exit::{Failure, code},
    progress,
    source::{self, Unreadable},
    view::{
        self,
        lint::{Report, Unread},
    },
};
use baseline::Baseline;
use plan::Plan;

/// Runs the command; its exit code says whether there are findings.
pub(crate) fn run(args: &args::Lint, look: Look, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let (printed, reports) = (printed(&args.output)?, files(&args.output)?);
    let mut plan = Plan::of(args)?;
    let baseline = Known::of(args, plan.baseline.take())?;
    let files = args.files();
    let Looked { names, built_from, is_live, mut judged, mut warnings, nothing, mended } =
        if !args.fix && files.is_empty() && args.source.kustomize.is_none() {
            in_cluster(args, &plan, streams)?
        } else {
            in_files(args, &files, &plan, streams)?
        };
    let known = baseline.take(&mut judged, &plan, &mut warnings)?;
    let templates = judged.templates.into_iter();
    let templates =
        templates.map(|place| Unread { place, why: "a Helm template, not checked".into() });
    let report = Report {
        names,
        built_from,
        is_live,
        objects: judged.objects,
        unread: templates.chain(judged.unread).collect(),
        findings: judged.findings,
        known,
        hidden: judged.hidden,
        info: plan.info,
        fail_on: plan.fail_on,
    };
    let text = view::lint::lint(&report, printed, look)?;
    warn(streams, &warnings)?;
    if let Some(nothing) = nothing {
        writeln!(streams.stderr, "{nothing}")?;
    }
    if let Some((_, file)) = reports.iter().find(|(_, file)| is_one_of(file, &report.names)) {
        let why = format!("-o: {file} is one of the files that are checked: name another");
        return Err(Failure::usage(why));
    }
    let mended = mended.map(|mended| mended.finish(args.dry_run, streams)).transpose()?;
    // Before anything is printed: whoever reads that may go away.
    for (format, file) in reports {
        let plain = Look { colour: false, ..look };
        deliver::deliver(file, &view::lint::lint(&report, format, plain)?)?;
    }
    let is_left = mended.as_ref().is_some_and(|mended| mended.is_left);
    // A pipeline that checks nothing should not be green.
    let is_void = !is_live && report.names.is_empty() && plan.exclude.is_none();
    let is_whole = report.unread.is_empty() && !is_left && !is_void;
    let code = match (is_whole, report.has_failed()) {
        (false, _) => code::TROUBLE,
        (true, true) => code::FINDINGS,
        (true, false) => code::CLEAN,
    };
    let mut answer = text.into_bytes();
    if let Some(changed) = mended.and_then(|mended| mended.printed) {
        // Then the report is what is said beside the answer.
        streams.stderr.write_all(&answer)?;
        answer = changed;
    }
    let written = streams.stdout.write_all(&answer).and_then(|()| streams.stdout.flush());
    match written {
        // Whoever went away may still look at the exit code.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(code),
        written => written.map(|()| code).map_err(Failure::from),
    }
}

/// What was looked at.
struct Looked {
    /// The files.
    names: Vec<String>,
    /// The file of the kustomization that made them.
    built_from: Option<String>,
    /// Whether it was a cluster.
    is_live: bool,
    judged: judge::Judged,
    /// What a user should know about it.
    warnings: Vec<String>,
    /// What to say where there is nothing to look at.
    nothing: Option<String>,
    /// What was mended before.
    mended: Option<fix::Mended>,
}

/// Looks at files.
fn in_files(
    args: &args::Lint,
    files: &[String],
    plan: &Plan,
    streams: &mut Streams<'_>,
) -> Result<Looked, Failure> {
    let (texts, mended) = match args.fix {
        true => {
            let (texts, mended) = fix::mend(args, files, plan, streams.stdin)?;
            (texts, Some(mended))
        }
        false => {
            let folder = args.source.kustomize.as_deref();
            let (recursive, excluded) = (args.source.recursive, plan.exclude.as_ref());
            (source::texts(folder, files, recursive, excluded, streams.stdin)?, None)
        }
    };
    let source::Texts { named: texts, built_from, mut warnings, unread } = texts;
    let mut judged = progress::of(so_far, |progress| {
        let sheets: Vec<read::Sheet<'_>> = texts.iter().map(read::Sheet::of).collect();
        judge::judge(&sheets, plan, progress)
    });
    judged.unread.extend(unread.into_iter().map(|Unreadable { name, why }| Unread {
        place: name,
        why: format!("cannot be read, not checked: {why}").into(),
    }));
    warnings.extend(judged.unread.iter().map(Unread::to_string));
    warnings.extend(judged.templates.iter().map(|template| {
        format!(
            "{template}: a Helm template, not checked: lint what `helm template` prints, and \
             exclude the chart in .meshroute.yaml"
        )
    }));
    let names = texts.iter().map(|(name, _)| name.clone()).collect();
    let built_from = built_from.map(|file| file.to_string_lossy().into_owned());
    Ok(Looked { names, built_from, is_live: false, judged, warnings, nothing: None, mended })
}

/// Looks at a cluster.
fn in_cluster(
    args: &args::Lint,
    plan: &Plan,
    streams: &mut Streams<'_>,
) -> Result<Looked, Failure> {
    let mut source = source::live(&args.source, None)?;
    let namespace = source.namespace.clone();
    let within = Some(namespace.as_str()).filter(|_| !args.all_namespaces);
    let judged = live::judge(&mut source, within, plan);
    // What is wrong with routes are findings.
    let warnings = source.warnings(|_| false);
    let judged = match judged {
        Ok(judged) => judged,
        Err(failure) => {
            // What could not be read may be why there is no answer.
            warn(streams, &warnings)?;
            return Err(failure);
        }
    };
    let nothing = judged.objects.is_empty().then(|| live::nothing(&source.cluster, within));
    let (names, built_from) = (Vec::new(), None);
    Ok(Looked { names, built_from, is_live: true, judged, warnings, nothing, mended: None })
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

/// Whether a file that is there goes by one of these names too.
fn is_one_of(file: &str, names: &[String]) -> bool {
    let Ok(file) = fs::canonicalize(file) else { return false };
    file.is_file() && names.iter().any(|name| fs::canonicalize(name).is_ok_and(|it| it == file))
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
