//! `history`: the changes of weights that a route remembers.

use std::collections::BTreeSet;

use jiff::Timestamp;
use meshroute::{
    name::{RouteId, RouteKind},
    shift,
};

use super::shift::Change;
use crate::{
    Look, Streams,
    args::{self, DryRun},
    exit::{Failure, code},
    history::{self, Entry},
    patch,
    source::Source,
    view,
};

/// Runs the command.
pub(crate) fn run(
    args: &args::History,
    given: &args::Given,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let writing = args::Writing::nothing(DryRun::Client);
    let change = Change {
        verb: "history",
        service: &args.service,
        words: &[],
        source: &args.source,
        question: &args.question,
        writing: &writing,
        creates: false,
        output: &args.output,
        given,
    };
    let mut source = change.open_cluster()?;
    let (id, entries) = remembered(&change, &mut source, args.route.as_deref(), streams)?;
    let text = view::history::history(
        &id,
        &entries,
        Timestamp::now(),
        args.no_headers,
        &args.output,
        look,
    )?;
    streams.stdout.write_all(text.as_bytes())?;
    streams.stdout.flush()?;
    Ok(code::DONE)
}

/// The route of the Service that has a history, and its changes, the oldest first.
pub(super) fn remembered(
    change: &Change<'_>,
    source: &mut Source,
    name: Option<&str>,
    streams: &mut Streams<'_>,
) -> Result<(RouteId, Vec<Entry>), Failure> {
    let routes = change.plan(source, streams, &|answer, _| {
        let mut routes = BTreeSet::new();
        for split in &answer.splits {
            let home = split.from.as_ref().unwrap_or(&split.service.namespace);
            let ids = answer.cluster.routes_of_parent(split.service).map(|route| route.id.clone());
            routes.extend(
                ids.filter(|id| id.name.namespace == *home && id.kind != RouteKind::LinkerdHttp),
            );
        }
        routes
    })?;
    let wanted = |id: &&RouteId| name.is_none_or(|name| shift::is_named(id, name));
    let live = source.writable()?;
    let mut found = Vec::new();
    for id in routes.iter().filter(wanted) {
        let Some(stored) = live.stored(id)? else { continue };
        let annotations = patch::annotations(&stored.object);
        let annotation = annotations.get(history::ANNOTATION).map(String::as_str);
        let entries = history::read(annotation).map_err(|error| {
            Failure::no(view::clean(&format!("the history of {id} cannot be read: {error}")))
        })?;
        if !entries.is_empty() {
            found.push((id.clone(), entries));
        }
    }
    if found.len() > 1 {
        let mut message = format!("{} routes have a history", found.len());
        let all: BTreeSet<&RouteId> = found.iter().map(|(id, _)| id).collect();
        for id in &all {
            let flags = ["--route".to_owned(), shift::route_flag(id, &all)];
            message.push_str(&format!("\n  try: {}", change.with_flag(&flags)));
        }
        return Err(Failure::usage(message));
    }
    found.pop().ok_or_else(|| {
        Failure::usage(format!("no route of {} remembers a change of weights", change.service))
    })
}
