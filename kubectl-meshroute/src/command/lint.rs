//! `lint`: what is wrong with manifests.

mod judge;
mod place;
mod read;

pub(crate) use place::Mark;

use std::io;

use jiff::Zoned;
use meshroute::lint::{Levels, Settings};

use crate::{
    Look, Streams, args,
    command::split::warn,
    exit::{Failure, code},
    source,
    view::{self, lint::Report},
};

/// Runs the command; its exit code says whether there are findings.
pub(crate) fn run(args: &args::Lint, look: Look, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let settings = settings(args)?;
    let meshes = judge::Meshes::parse(&args.mesh)?;
    let files: Vec<String> = args.paths.iter().chain(&args.files).cloned().collect();
    let source::Texts { named: texts, mut warnings } =
        source::texts(args.kustomize.as_deref(), &files, args.recursive, streams.stdin)?;
    let sheets: Vec<read::Sheet<'_>> = texts.iter().map(read::Sheet::of).collect();
    let judged = judge::judge(&sheets, &args.namespace, args.complete, &meshes, &settings);
    warnings.extend(judged.templates.iter().map(|template| {
        format!("{template}: a Helm template, not checked: lint what `helm template` prints")
    }));
    let report = Report { files: texts.len(), findings: judged.findings, info: args.info };
    let text = view::lint::lint(&report, args.output, look)?;
    warn(streams, &warnings)?;
    let fails = args.fail_on.level().is_some_and(|level| report.has(level));
    let code = match (judged.templates.is_empty(), fails) {
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
