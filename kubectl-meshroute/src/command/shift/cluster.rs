//! Writes a change to a cluster, in one request that holds only if nothing has changed meanwhile.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use meshroute::shift::{self, Drift, Shift};
use serde_json::Value;

use super::{
    Change, back,
    wait::{self, Confirmed},
};
use crate::{
    Streams,
    args::DryRun,
    exit::{Failure, code},
    history::{self, Author, Grown},
    patch,
    source::{Live, Manner, Source, Stored, Written},
    view::{
        clean,
        shift::{Fate, Told},
        unified::difference,
    },
};

/// How often a change is built anew on what somebody else has written.
const TRIES: usize = 5;

/// How long a server may take to come back after it has left a request without an answer, and how
/// often it is asked.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(500);

/// Writes it, and says what is to be told and the exit code.
pub(super) fn write<'s>(
    change: &Change<'_>,
    source: &Source,
    shift: &'s Shift,
    streams: &mut Streams<'_>,
) -> Result<(Told<'s>, u8), Failure> {
    let writing = change.writing;
    let mut told = Told::new(shift, Fate::Written);
    let live = source.writable()?;
    let stored = fresh(live, shift)?;
    for note in writers(&stored, writing) {
        writeln!(streams.stderr, "note: {note}")?;
    }
    let author = Author { who: live.who(), reason: reason(change) };
    if writing.dry_run == DryRun::Client {
        let request = Request::new(shift, stored, &author);
        let before = &request.on.object;
        told.fate = Fate::Dry;
        told.lines = difference(&shift.route, before, &patch::patched(before, &request.patch)?)?;
        return Ok((told, code::DONE));
    }
    let Done { before, after, note, is_remembered } = send(change, live, shift, stored, &author)?;
    if let Some(note) = note {
        writeln!(streams.stderr, "note: {note}")?;
    }
    if writing.dry_run == DryRun::Server {
        told.fate = Fate::DryOnServer;
        told.lines = difference(&shift.route, &before, &after)?;
        return Ok((told, code::DONE));
    }
    told.undo = back::in_cluster(change, shift, is_remembered);
    let limit = writing.timeout.as_secs_f64();
    let mut notice = |who: &str| {
        let who = clean(who);
        writeln!(streams.stderr, "note: written; {who} has {limit} s to confirm it")
    };
    let confirmed = wait::wait(live, shift, &before, &after, writing, &mut notice);
    let why = match confirmed {
        Ok(Confirmed::Unasked) => None,
        Ok(Confirmed::Yes(text)) => {
            told.confirmed = Some(text);
            None
        }
        // It is written all the same.
        Ok(Confirmed::No(message))
        | Err(Failure::Said { message, .. } | Failure::Lost(message)) => Some((message, "warning")),
        // It is so with every change, and no reason to look closer, unless that was asked for.
        Ok(Confirmed::Never(message)) => {
            Some((message, if writing.wait == Some(true) { "warning" } else { "note" }))
        }
        Err(failure) => return Err(failure),
    };
    let Some((why, word)) = why else { return Ok((told, code::DONE)) };
    writeln!(streams.stderr, "{word}: written, not confirmed: {}", clean(&why))?;
    let code = if writing.wait == Some(true) { code::UNCONFIRMED } else { code::DONE };
    Ok((told, code))
}

/// What a promotion without a name says for itself: of the backends, it has taken the other one.
const PROMOTE: &str = "promote";

/// The reason of a change, as the history keeps it.
fn reason(change: &Change<'_>) -> Option<String> {
    let reason = change.writing.reason.clone().or_else(|| change.writing.override_owner.clone());
    match (change.verb, change.words, reason) {
        (PROMOTE, [], Some(reason)) => Some(format!("{PROMOTE}: {reason}")),
        (PROMOTE, [], None) => Some(PROMOTE.into()),
        (PROMOTE, [backend, ..], None) => Some(format!("{PROMOTE} {backend}")),
        (_, _, reason) => reason,
    }
}

/// Whether a promotion without a name is the same command again, with the weights still as it has
/// written them: done once more, it would take back what it did.
pub(super) fn is_repeated(
    change: &Change<'_>,
    source: &Source,
    shift: &Shift,
) -> Result<bool, Failure> {
    if change.verb != PROMOTE || !change.words.is_empty() {
        return Ok(false);
    }
    let Some(stored) = source.writable()?.stored(&shift.route)? else { return Ok(false) };
    let annotations = patch::annotations(&stored.object);
    let history = history::read(annotations.get(history::ANNOTATION).map(String::as_str));
    let Some(last) = history.unwrap_or_default().pop() else { return Ok(false) };
    let reason = last.reason.as_deref().unwrap_or_default();
    let is_promotion = reason == PROMOTE || reason.starts_with(&format!("{PROMOTE}: "));
    Ok(is_promotion && last.is_still_in(shift))
}

/// What was written.
struct Done {
    before: Value,
    after: Value,
    note: Option<&'static str>,
    /// Whether the history holds it.
    is_remembered: bool,
}

/// A request that is on its way.
struct Request {
    /// What it was built on.
    on: Stored,
    patch: Value,
    history: Grown,
}

impl Request {
    fn new(shift: &Shift, on: Stored, author: &Author) -> Self {
        let annotations = patch::annotations(&on.object);
        let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let history = history::grown(&annotations, shift, author, &now);
        let patch = patch::patch(shift, &on.object, history.value.as_deref());
        Self { on, patch, history }
    }

    /// Whether the route shows that this very request was done.
    fn is_done(&self, shift: &Shift, now: &Stored) -> bool {
        let Some(value) = &self.history.value else {
            return shift.rules.iter().all(|rule| {
                let now = now.route.rules.get(rule.index);
                now.is_some_and(|now| {
                    now.backends.iter().map(|backend| *backend.weight).eq(rule.after())
                })
            });
        };
        let annotations = patch::annotations(&now.object);
        let read = |text: Option<&str>| history::read(text).unwrap_or_default();
        let written = read(annotations.get(history::ANNOTATION).map(String::as_str));
        read(Some(value)).last().is_some_and(|own| written.contains(own))
    }

    fn done(self, after: Value) -> Done {
        let Self { on, history, .. } = self;
        let is_remembered = history.value.is_some();
        Done { before: on.object, after, note: history.note, is_remembered }
    }
}

fn send(
    change: &Change<'_>,
    live: &Live,
    shift: &Shift,
    mut stored: Stored,
    author: &Author,
) -> Result<Done, Failure> {
    let writing = change.writing;
    let manner = Manner { manager: &writing.field_manager, dry: writing.dry_run == DryRun::Server };
    // The last request that nobody has answered: it may have been done all the same.
    let mut lost: Option<(Request, String)> = None;
    for _ in 0..TRIES {
        let request = Request::new(shift, stored, author);
        let now = match live.patch(&request.on, &request.patch, manner)? {
            Written::Done(after) => return Ok(request.done(after)),
            Written::Stale => live.stored(&shift.route)?,
            Written::Unanswered(why) => {
                let now = looked(change, live, shift, &why)?;
                lost = Some((request, why));
                now
            }
        };
        match (
            lost.take_if(|(request, _)| now.as_ref().is_some_and(|it| request.is_done(shift, it))),
            now,
        ) {
            (Some((request, _)), Some(now)) => return Ok(request.done(now.object)),
            (_, now) => stored = unchanged(shift, now)?,
        }
    }
    Err(match lost {
        Some((_, why)) => {
            Failure::no(clean(&format!("{why}; after {TRIES} tries {} is as it was", shift.route)))
        }
        None => Failure::refused(format!(
            "{} changes all the time: {TRIES} tries met another writer each; nothing was written",
            shift.route
        )),
    })
}

/// The route, as soon as the server is there again.
fn looked(
    change: &Change<'_>,
    live: &Live,
    shift: &Shift,
    why: &str,
) -> Result<Option<Stored>, Failure> {
    let start = Instant::now();
    loop {
        match live.stored(&shift.route) {
            Ok(stored) => return Ok(stored),
            Err(Failure::Lost(_)) if start.elapsed() < PATIENCE => live.pause(PAUSE),
            Err(Failure::Lost(_) | Failure::Said { .. }) => {
                let words = [change.service.to_owned()];
                let look = clean(&change.given.about_service("split", &words));
                let why =
                    clean(&format!("{why}; whether {} was written is not known", shift.route));
                return Err(Failure::no(format!("{why}\n  try: {look}")));
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// The route as it is stored, if it still is what the plan was made for.
fn fresh(live: &Live, shift: &Shift) -> Result<Stored, Failure> {
    unchanged(shift, live.stored(&shift.route)?)
}

fn unchanged(shift: &Shift, stored: Option<Stored>) -> Result<Stored, Failure> {
    let Some(stored) = stored else {
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
