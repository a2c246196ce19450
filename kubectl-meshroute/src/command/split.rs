//! `split`: the effective split of one Service, or of all that have routes.

use std::collections::BTreeSet;

use crate::{
    Look, Streams, args,
    command::{
        answer,
        services::{self, Asked},
    },
    exit::{Failure, code},
    source,
    view::{self, Scope},
};

/// Runs the command.
pub(crate) fn run(
    args: &args::Split,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    if let Some(weight) = args.weights.first() {
        return Err(Failure::usage(format!(
            "this version shows splits and does not change them: leave {weight:?} out"
        )));
    }
    services::check(args)?;
    let mut source = source::open(&args.source, streams.stdin)?;
    let asked = Asked::new(args, &source)?;
    let scope = if asked.name.is_some() { Scope::One } else { Scope::Many };
    source.read(&BTreeSet::from([asked.wanted()]))?;
    let shown = answer::settled(&mut source, &asked, args, |answer| {
        let text = view::split(&answer.splits, scope, &args.output, args.no_headers, look)?;
        Ok((text, answer.warnings.clone(), answer.nothing.clone()))
    });
    // What could not be read may be why there is no answer.
    warn(streams, &source.take_warnings())?;
    let (text, warnings, nothing) = shown?;
    warn(streams, &warnings)?;
    if let Some(nothing) = nothing {
        writeln!(streams.stderr, "{nothing}")?;
    }
    streams.stdout.write_all(text.as_bytes())?;
    streams.stdout.flush()?;
    Ok(code::DONE)
}

fn warn(streams: &mut Streams<'_>, warnings: &[String]) -> Result<(), Failure> {
    for warning in warnings {
        writeln!(streams.stderr, "warning: {}", view::clean(warning))?;
    }
    Ok(())
}
