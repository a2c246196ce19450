//! `diff`: which requests end otherwise, between two sets of objects or under two meshes.

mod compare;
mod lints;
mod scope;
mod sides;
mod verdict;

use std::{collections::BTreeSet, io};

use self::{compare::Compared, scope::Scope, sides::Sides};
use crate::{Look, Streams, args, command::split::warn, exit::Failure, view};

/// Runs the command; its exit code says whether there is a difference.
pub(crate) fn run(args: &args::Diff, look: Look, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let meshes = compare::meshes(args)?;
    let mut sides = sides::open(args, streams.stdin)?;
    let compared = settled(&mut sides, args, meshes, |compared| {
        let report = compared.report(args.max_shift);
        let text = view::diff::diff(&report, &args.output, args.no_headers, look)?;
        let notes = (compared.warnings.clone(), report.over.clone());
        Ok((text, notes, compared.routes.clone(), verdict::code(&report)))
    });
    // What could not be read may be why there is no answer.
    let warnings = match &compared {
        Ok((_, _, routes, _)) => sides.warnings(|id| routes.contains(id)),
        Err(_) => sides.warnings(|_| true),
    };
    warn(streams, &warnings)?;
    let (text, (warnings, over), _, code) = compared?;
    warn(streams, &warnings)?;
    for line in sides.notes.iter().chain(&over) {
        writeln!(streams.stderr, "{}", view::clean(line))?;
    }
    let written = streams.stdout.write_all(text.as_bytes()).and_then(|()| streams.stdout.flush());
    match written {
        // Whoever went away may still look at the exit code.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(code),
        written => written.map(|()| code).map_err(Failure::from),
    }
}

/// Compares, and hands what was found to `then` as soon as nothing is missing that can be read.
fn settled<T>(
    sides: &mut Sides,
    args: &args::Diff,
    meshes: [Option<meshroute::profile::Mesh>; 2],
    then: impl FnOnce(&Compared<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    sides.start()?;
    loop {
        let wanted: BTreeSet<_> = {
            let laid = sides.laid();
            let (before, after) = sides.clusters(laid.as_ref());
            let scope = Scope::new(args, before, after, sides.files());
            let wanted = scope.wanted(|part| sides.can_read(part));
            if wanted.is_empty() {
                let compared = compare::compare(args, meshes, before, after, &scope)?;
                let wanted = compared.wanted(|part| sides.can_read(part));
                if wanted.is_empty() {
                    return then(&compared);
                }
                wanted
            } else {
                wanted
            }
        };
        sides.read(&wanted)?;
    }
}
