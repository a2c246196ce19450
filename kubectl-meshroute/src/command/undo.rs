//! `undo`: puts weights back that the history of a route remembers.

use meshroute::{
    name::RouteId,
    shift::{self, Trouble},
};

use super::{
    history::remembered,
    shift::{Change, apply},
};
use crate::{Look, Streams, args, exit::Failure, history};

/// Runs the command.
pub(crate) fn run(
    args: &args::Undo,
    given: &args::Given,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let mut writing = args.writing.clone();
    if writing.rule.is_some() || writing.all_rules || writing.all_ports {
        return Err(Failure::usage(
            "a change is undone as a whole: leave --rule, --all-rules and --all-ports out",
        ));
    }
    let mut change = Change {
        verb: "undo",
        service: &args.service,
        words: &[],
        source: &args.source,
        question: &args.question,
        writing: &args.writing,
        creates: false,
        output: &args.output,
        given,
    };
    let mut source = change.open_cluster()?;
    let route = args.writing.route.as_deref();
    let (id, entries) = remembered(&change, &mut source, route, streams)?;
    let Some(memories) = history::memories(&entries, args.to) else {
        let revs: Vec<String> = entries.iter().map(|entry| entry.rev.to_string()).collect();
        return Err(Failure::usage(match args.to {
            Some(to) => format!("{id} does not remember revision {to}; it has {}", revs.join(", ")),
            None => format!("{id} has no history: nothing can be undone"),
        }));
    };
    let rev = args.to.map_or_else(
        || format!("undo of {}", entries.last().map_or(0, |entry| entry.rev)),
        |to| format!("undo to {to}"),
    );
    writing.reason = Some(match writing.reason.or_else(|| writing.override_owner.clone()) {
        Some(reason) => format!("{rev}: {reason}"),
        None => rev,
    });
    change.writing = &writing;
    let name = route_name(&id);
    let planned: Result<_, Trouble> = change.plan(&mut source, streams, &|answer, _| {
        shift::undo(answer.cluster, &answer.splits, &memories, &name)
    })?;
    let shift = planned.map_err(|trouble| change.failure(&trouble))?;
    if let Some(entry) = entries.last().filter(|entry| !entry.is_still_in(&shift)) {
        let rev = entry.rev;
        writeln!(
            streams.stderr,
            "note: the weights are not those that revision {rev} has written: somebody has changed them since"
        )?;
    }
    apply(&change, &source, &shift, look, streams)
}

/// A name that fits this route only.
fn route_name(id: &RouteId) -> String {
    format!("{}.{}/{}", id.kind.kind(), id.kind.group(), id.name.name)
}
