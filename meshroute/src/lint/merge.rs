//! One lint over one route, under several meshes: what each of them says, made one.

use crate::{
    lint::{
        Check, Finding, Level, Lint,
        findings::{Findings, Found},
        subject::Subject,
    },
    profile::Mesh,
};

/// Runs a lint, and adds what it finds.
pub(super) fn run(
    lint: &'static Lint,
    subject: &Subject<'_>,
    meshes: &[Mesh],
    findings: &mut Vec<Finding>,
) {
    let level = |mesh: &Mesh| lint.level_in(*mesh, subject.settings);
    match lint.check {
        Check::OfReader => {}
        Check::Once(check) => {
            let mut found = Vec::new();
            check(subject, &mut Findings { lint, found: &mut found });
            for found in found {
                let levels = meshes.iter().map(|mesh| level(mesh).min(found.at_most));
                findings.extend(finding(lint, merged(levels), found));
            }
        }
        Check::EachMesh(check) => {
            let mut seen: Vec<Seen> = Vec::new();
            let mut found = Vec::new();
            for mesh in meshes {
                let level = level(mesh);
                if level == Level::Off {
                    continue;
                }
                check(subject, mesh.profile(), &mut Findings { lint, found: &mut found });
                for found in found.drain(..) {
                    take(&mut seen, level.min(found.at_most), found);
                }
            }
            for seen in seen {
                // A mesh that finds nothing says off.
                let silent = meshes.len().saturating_sub(seen.levels.len());
                let levels = seen.levels.into_iter().chain(std::iter::repeat_n(Level::Off, silent));
                findings.extend(finding(lint, merged(levels), seen.found));
            }
        }
    }
}

/// What some of the meshes found at the same place.
struct Seen {
    found: Found,
    levels: Vec<Level>,
}

/// Adds what a mesh found; of different words for it, those of the worst are kept.
fn take(seen: &mut Vec<Seen>, level: Level, found: Found) {
    let same = |seen: &&mut Seen| seen.found.path == found.path && seen.found.value == found.value;
    match seen.iter_mut().find(same) {
        Some(seen) => {
            if seen.levels.iter().all(|other| *other < level) {
                seen.found = found;
            }
            seen.levels.push(level);
        }
        None => seen.push(Seen { found, levels: vec![level] }),
    }
}

fn merged(levels: impl Iterator<Item = Level>) -> Level {
    let mut lowest = Level::Error;
    let mut highest = Level::Off;
    for level in levels {
        lowest = lowest.min(level);
        highest = highest.max(level);
    }
    match (lowest, highest) {
        (Level::Error, Level::Error) => Level::Error,
        (_, Level::Off | Level::Info) => highest,
        (_, Level::Warning | Level::Error) => Level::Warning,
    }
}

fn finding(lint: &'static Lint, level: Level, found: Found) -> Option<Finding> {
    let Found { at_most: _, message, path, value, fix } = found;
    (level != Level::Off).then_some(Finding { lint, level, message, path, value, fix })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_in_every_mesh() {
        use Level::{Error, Info, Off, Warning};
        for (levels, expected) in [
            (&[Error, Error][..], Error),
            (&[Error, Warning], Warning),
            (&[Error, Off], Warning),
            (&[Error, Info], Warning),
            (&[Info, Off], Info),
            (&[Off, Off], Off),
            (&[Warning, Off], Warning),
            (&[], Off),
        ] {
            assert_eq!(merged(levels.iter().copied()), expected, "{levels:?}");
        }
    }
}
