//! `split`: the effective split of one Service, or of all that have routes.

use std::collections::BTreeSet;

use crate::{
    Look, Streams, args,
    command::{
        answer::{self, Answer},
        findings,
        services::{self, Asked},
        shift, watch,
    },
    exit::{Failure, code},
    source::{self, Source},
    view::{self, Output, Scope},
};

/// Runs the command.
pub(crate) fn run(
    args: &args::Split,
    given: &args::Given,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    services::check(args)?;
    if args.equal || !args.weights.is_empty() {
        return shift::split(args, given, look, streams);
    }
    if let Some(flag) = given.write_flag() {
        return Err(Failure::usage(format!(
            "{flag} is for a change: name the weights, as in 90/10, or leave it out"
        )));
    }
    let goal = args.until.as_deref().map(watch::Goal::parse).transpose()?;
    let clients = args.question.from_namespace.as_deref();
    let mut source = source::open(&args.source, clients, streams.stdin)?;
    if let (Some(service), true) = (&args.service, source.is_files())
        && let Some(name) = services::suppose(service, args.question.port, &mut source)?
    {
        warn(
            streams,
            &[format!(
                "Service {name} is not in these files, though routes name it: its ports are guessed, and what else is not in them is taken for unknown"
            )],
        )?;
    }
    let asked = Asked::new(args, &source)?;
    source.read(&BTreeSet::from([asked.wanted()]))?;
    if args.watch {
        return watch::run(&mut source, &asked, args, given, goal.as_ref(), look, streams);
    }
    let shown = answer::settled(&mut source, &asked, &args.question, |answer| {
        let text = text(answer, &asked, args, given, &args.output, look)?;
        Ok((text, answer.warnings.clone(), answer.nothing.clone()))
    });
    // What could not be read may be why there is no answer.
    warn(streams, &warnings(&source, &asked))?;
    let (text, warnings, nothing) = shown?;
    warn(streams, &warnings)?;
    if let Some(nothing) = nothing {
        writeln!(streams.stderr, "{nothing}")?;
    }
    streams.stdout.write_all(text.as_bytes())?;
    streams.stdout.flush()?;
    Ok(code::DONE)
}

/// The answer in a format.
pub(super) fn text(
    answer: &Answer<'_>,
    asked: &Asked,
    args: &args::Split,
    given: &args::Given,
    output: &Output,
    look: Look,
) -> Result<String, Failure> {
    let scope = if asked.name.is_some() { Scope::One } else { Scope::Many };
    let findings = match (output, scope) {
        // They have no room for any.
        (Output::Name, _) | (Output::Table | Output::Wide, Scope::Many) => Vec::new(),
        _ => findings::of_splits(answer.cluster, &answer.splits),
    };
    let noted = view::Findings { of_splits: &findings, all: given.lint() };
    view::split(&answer.splits, &noted, scope, output, args.no_headers, look)
}

/// What there is to say about the source, as far as it concerns the answer.
pub(super) fn warnings(source: &Source, asked: &Asked) -> Vec<String> {
    let Some(name) = &asked.name else { return source.warnings(|_| true) };
    let routes = source.cluster.routes_of_parent(name).map(|route| route.id.clone());
    let routes: BTreeSet<_> = routes.collect();
    source.warnings(|id| routes.contains(id))
}

pub(super) fn warn(streams: &mut Streams<'_>, warnings: &[String]) -> Result<(), Failure> {
    for warning in warnings {
        writeln!(streams.stderr, "warning: {}", view::clean(warning))?;
    }
    Ok(())
}
