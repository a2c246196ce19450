//! Lets a planned change pass or not, has it written, and tells what has become of it.

use meshroute::shift::{Shift, by_position};

use super::{Change, cluster, files, guard};
use crate::{
    Look, Streams,
    exit::{Failure, code},
    source::{Place, Source},
    view::{
        clean,
        shift::{Fate, Told},
    },
};

/// Writes it, and tells what has become of it.
pub(super) fn apply(
    change: &Change<'_>,
    source: &Source,
    place: &Place,
    shift: &Shift,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    expected(change.writing.expect.as_deref(), shift)?;
    let held = shift.held();
    let mut shift = shift;
    if matches!(place, Place::Cluster) && cluster::is_repeated(change, source, shift)? {
        writeln!(
            streams.stderr,
            "note: this was promoted already, and is still so: name a backend to promote another"
        )?;
        shift = &held;
    }
    let (told, code) = if shift.is_unchanged() {
        (Told::new(shift, Fate::Unchanged), code::DONE)
    } else {
        let (guards, notes) = match place {
            Place::Cluster => (shift.guards.clone(), shift.notes.clone()),
            Place::Files(_) | Place::Kustomization(_) => files::guards(shift),
        };
        guard::check(change, &guards, &shift.route, look, streams)?;
        for note in notes.iter().map(guard::note) {
            writeln!(streams.stderr, "note: {note}")?;
        }
        match place {
            Place::Cluster => cluster::write(change, source, shift, streams)?,
            Place::Files(inputs) => (files::write(change, source, inputs, shift)?, code::DONE),
            Place::Kustomization(folder) => {
                return Err(files::advice(change, source, folder, shift));
            }
        }
    };
    let text = crate::view::shift::shift(&told, change.output, look)?;
    match files::filtered(change, source, place, shift)? {
        // The answer is the text, and what is told of it goes where it is not in the way.
        Some(edited) => {
            streams.stderr.write_all(text.as_bytes())?;
            streams.stdout.write_all(&edited)?;
        }
        None => streams.stdout.write_all(text.as_bytes())?,
    }
    streams.stdout.flush()?;
    Ok(code)
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
