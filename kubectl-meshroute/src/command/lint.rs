//! `lint`: what is wrong with manifests.

mod deliver;
mod judge;
mod mend;
mod place;
mod read;

pub(crate) use place::Mark;

use std::{collections::BTreeSet, io};

use jiff::Zoned;
use meshroute::lint::{Levels, Settings};

use crate::{
    Look, Streams,
    args::{self, LintFormat, Target},
    command::split::warn,
    exit::{Failure, code},
    source,
    view::{self, lint::Report},
};

/// Runs the command; its exit code says whether there are findings.
pub(crate) fn run(args: &args::Lint, look: Look, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let settings = settings(args)?;
    let (printed, reports) = (printed(&args.output)?, files(&args.output)?);
    let meshes = judge::Meshes::parse(&args.mesh)?;
    let files: Vec<String> = args.paths.iter().chain(&args.files).cloned().collect();
    let source::Texts { named: texts, mut warnings } =
        source::texts(args.kustomize.as_deref(), &files, args.recursive, streams.stdin)?;
    let sheets: Vec<read::Sheet<'_>> = texts.iter().map(read::Sheet::of).collect();
    let judged = judge::judge(&sheets, &args.namespace, args.complete, &meshes, &settings);
    warnings.extend(judged.templates.iter().map(|template| {
        format!("{template}: a Helm template, not checked: lint what `helm template` prints")
    }));
    let report = Report {
        names: texts.iter().map(|(name, _)| name.clone()).collect(),
        objects: judged.objects,
        unread: judged.templates,
        findings: judged.findings,
        info: args.info,
        fail_on: args.fail_on.level(),
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

fn settings(args: &args::Lint) -> Result<Settings, Failure> {
    let mut levels = Levels::default();
    for level in &args.level {
        levels.set(level).map_err(|why| Failure::usage(format!("--level: {why}")))?;
    }
    Ok(Settings {
        api: args.api(),
        complete: args.complete,
        admission: false,
        levels,
        ignore: args.ignored(),
        today: Some(Zoned::now().date()),
    })
}
