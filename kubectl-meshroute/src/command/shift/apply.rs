//! Writes a change that is planned, in one request that holds only if nothing has changed meanwhile.

use jiff::Timestamp;
use meshroute::shift::{self, Drift, Shift, by_position};
use serde_json::Value;

use super::{
    Change, guard,
    wait::{self, Confirmed},
};
use crate::{
    Look, Streams,
    args::DryRun,
    exit::{Failure, code},
    history::{self, Author},
    patch,
    source::{Live, Manner, Source, Stored, Written},
    view::{
        clean,
        shift::{Fate, Told},
    },
};

/// How often a change is built anew on what somebody else has written.
const TRIES: usize = 5;

/// Writes it, and tells what has become of it.
pub(super) fn apply(
    change: &Change<'_>,
    source: &Source,
    shift: &Shift,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let writing = change.writing;
    expected(writing.expect.as_deref(), shift)?;
    let mut told = Told { shift, fate: Fate::Unchanged, confirmed: None, undo: None };
    if shift.is_unchanged() {
        return tell(change, &told, streams);
    }
    guard::check(change, &shift.guards, &shift.route, look, streams)?;
    let live = source.writable()?;
    let stored = fresh(live, shift)?;
    for note in shift.notes.iter().map(guard::note).chain(writers(&stored, writing)) {
        writeln!(streams.stderr, "note: {note}")?;
    }
    if writing.dry_run == DryRun::Client {
        told.fate = Fate::Dry;
        return tell(change, &told, streams);
    }
    let reason = writing.reason.clone().or_else(|| writing.override_owner.clone());
    let author = Author { who: live.who(), reason: reason.or_else(|| implied(change)) };
    let Done { before, after, note, is_remembered } = write(change, live, shift, stored, &author)?;
    if let Some(note) = note {
        writeln!(streams.stderr, "note: {note}")?;
    }
    if writing.dry_run == DryRun::Server {
        told.fate = Fate::DryOnServer;
        return tell(change, &told, streams);
    }
    told.fate = Fate::Written;
    told.undo = undo(change, shift, is_remembered);
    let confirmed = wait::wait(live, shift, &before, &after, writing.wait, writing.timeout);
    let mut code = code::DONE;
    match confirmed {
        Ok(Confirmed::Unasked) => {}
        Ok(Confirmed::Yes(text)) => told.confirmed = Some(text),
        Ok(Confirmed::No(why)) => {
            writeln!(streams.stderr, "warning: written, not confirmed: {}", clean(&why))?;
            if writing.wait == Some(true) {
                code = code::UNCONFIRMED;
            }
        }
        // It is written all the same.
        Err(Failure::Said { message, .. }) => {
            writeln!(streams.stderr, "warning: written, not confirmed: {}", clean(&message))?;
            if writing.wait == Some(true) {
                code = code::UNCONFIRMED;
            }
        }
        Err(failure) => return Err(failure),
    }
    tell(change, &told, streams)?;
    Ok(code)
}

fn tell(change: &Change<'_>, told: &Told<'_>, streams: &mut Streams<'_>) -> Result<u8, Failure> {
    let text = crate::view::shift::shift(told, change.output)?;
    streams.stdout.write_all(text.as_bytes())?;
    streams.stdout.flush()?;
    Ok(code::DONE)
}

/// Whether the weights are what the user expects.
fn expected(expect: Option<&str>, shift: &Shift) -> Result<(), Failure> {
    let Some(expect) = expect else { return Ok(()) };
    let read: Result<Vec<u32>, _> = expect.split('/').map(str::parse).collect();
    let Ok(expected) = read else {
        return Err(Failure::usage(format!(
            "cannot read {expect:?} as weights: write --expect 100/0 in the order of the table"
        )));
    };
    match shift.rules.iter().find(|rule| rule.before() != expected) {
        None => Ok(()),
        Some(rule) => Err(Failure::refused(clean(&format!(
            "the weights of rule {} of {} are {}, not {expect}: nothing was written",
            rule.rule.name.clone().unwrap_or_else(|| rule.index.to_string()),
            shift.route,
            by_position(&rule.before())
        )))),
    }
}

/// The reason of a change that says it by itself.
fn implied(change: &Change<'_>) -> Option<String> {
    (change.verb != "split").then(|| change.verb.to_owned())
}

/// What was written.
struct Done {
    before: Value,
    after: Value,
    note: Option<&'static str>,
    /// Whether the history holds it.
    is_remembered: bool,
}

fn write(
    change: &Change<'_>,
    live: &Live,
    shift: &Shift,
    mut stored: Stored,
    author: &Author,
) -> Result<Done, Failure> {
    let writing = change.writing;
    let manner = Manner { manager: &writing.field_manager, dry: writing.dry_run == DryRun::Server };
    for _ in 0..TRIES {
        let annotations = patch::annotations(&stored.object);
        let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let grown = history::grown(&annotations, shift, author, &now);
        let patch = patch::patch(shift, &stored.object, grown.value.as_deref());
        match live.patch(&stored, &patch, manner)? {
            Written::Done(after) => {
                let is_remembered = grown.value.is_some();
                return Ok(Done { before: stored.object, after, note: grown.note, is_remembered });
            }
            Written::Stale => stored = fresh(live, shift)?,
        }
    }
    Err(Failure::refused(format!(
        "{} changes all the time: {TRIES} tries met another writer each; nothing was written",
        shift.route
    )))
}

/// The route as it is stored, if it still is what the plan was made for.
fn fresh(live: &Live, shift: &Shift) -> Result<Stored, Failure> {
    let Some(stored) = live.stored(&shift.route)? else {
        return Err(Failure::refused(format!(
            "{} was deleted meanwhile: nothing was written",
            shift.route
        )));
    };
    let drifts = shift::drift(shift, &stored.route);
    if drifts.is_empty() {
        return Ok(stored);
    }
    let said: Vec<String> = drifts.iter().map(drift).collect();
    Err(Failure::refused(clean(&format!(
        "{} was changed meanwhile: {}{}; nothing was written",
        shift.route,
        said.join(", "),
        last_writer(&stored.object)
    ))))
}

fn drift(drift: &Drift) -> String {
    match drift {
        Drift::Weight { backend, read, now } => format!("{backend} is {now}, not {read}"),
        Drift::Backends { rule } => format!("rule {rule} has other backends"),
        Drift::Rule { rule } => format!("rule {rule} is another one, or gone"),
    }
}

/// Who wrote the rules last, as far as the object says.
fn last_writer(object: &Value) -> String {
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let of_rules = entries.filter(|entry| writes_rules(entry));
    let time = |entry: &Value| entry["time"].as_str().unwrap_or_default().to_owned();
    let Some(last) = of_rules.max_by_key(|entry| time(entry)) else { return String::new() };
    let manager = last["manager"].as_str().unwrap_or("?");
    let annotations = patch::annotations(object);
    let entries = history::read(annotations.get(history::ANNOTATION).map(String::as_str));
    let who =
        entries.unwrap_or_default().pop().filter(|_| manager == meshroute::owner::FIELD_MANAGER);
    let who = who.map(|entry| format!(" by {}", entry.who)).unwrap_or_default();
    format!(" (field manager {manager}{who}, {})", time(last))
}

fn writes_rules(entry: &Value) -> bool {
    let is_of_status = entry["subresource"].as_str().is_some_and(|it| !it.is_empty());
    !is_of_status && !entry["fieldsV1"]["f:spec"]["f:rules"].is_null()
}

/// Who will write the route otherwise than the server lets us know by an owner.
fn writers(stored: &Stored, writing: &crate::args::Writing) -> Vec<String> {
    let object = &stored.object;
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let appliers = entries.filter(|entry| {
        writes_rules(entry)
            && entry["operation"].as_str() == Some("Apply")
            && entry["manager"].as_str() != Some(&writing.field_manager)
    });
    let mut notes: Vec<String> = appliers
        .map(|entry| {
            clean(&format!(
                "{} applies spec.rules server-side: unless it forces them, its next apply conflicts with \"{}\"",
                entry["manager"].as_str().unwrap_or("?"),
                writing.field_manager
            ))
        })
        .collect();
    if object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
        .is_string()
    {
        notes.push(
            "the route was made by kubectl apply, which puts back the weights of its file".into(),
        );
    }
    notes
}

/// The command that takes a change back.
fn undo(change: &Change<'_>, shift: &Shift, is_remembered: bool) -> Option<String> {
    let again = || {
        let words = [change.service.to_owned()];
        is_remembered.then(|| change.given.about_route("undo", &words))
    };
    let mut changed = shift.rules.iter();
    let first = changed.next()?;
    let labels = first.labels(&shift.service);
    let is_alike = changed
        .all(|other| other.labels(&shift.service) == labels && other.before() == first.before());
    let is_unique =
        labels.iter().enumerate().all(|(index, label)| !labels[..index].contains(label));
    let sum: u64 = first.before().iter().map(|weight| u64::from(*weight)).sum();
    let is_writable = sum > 0 && (!shift.percent || sum == 100);
    if !is_alike || !is_unique || !is_writable || change.verb == "undo" {
        return again();
    }
    let weights = labels.iter().zip(first.before());
    let words = weights.map(|(label, weight)| format!("{label}={weight}"));
    let words: Vec<String> = std::iter::once(change.service.to_owned()).chain(words).collect();
    Some(change.given.about_same("split", &words))
}
