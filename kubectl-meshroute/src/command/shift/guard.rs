//! Refuses what would hurt, unless it is said that it shall be, and asks what may be a slip.

use std::io::{BufRead, BufReader};

use meshroute::{
    cluster::Known,
    name::RouteId,
    owner::{Owner, Tool},
    shift::{Guard, Note},
};

use super::Change;
use crate::{Look, Streams, args::DryRun, exit::Failure, view::clean};

/// Lets a change pass, or says why not.
pub(super) fn check(
    change: &Change<'_>,
    guards: &[Guard],
    route: &RouteId,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    let writing = change.writing;
    let mut refusals = Vec::new();
    let mut flags: Vec<String> = Vec::new();
    let mut questions = Vec::new();
    for guard in guards {
        match guard {
            Guard::Raises { rule, backend, why } if change.verb == "undo" => {
                writeln!(streams.stderr, "warning: {}", raises(rule, backend, why))?;
            }
            Guard::Raises { .. } if writing.allow_unready => {}
            Guard::Raises { rule, backend, why } => {
                refusals.push(raises(rule, backend, why));
                flags.push("--allow-unready".into());
            }
            Guard::AllZero { .. } if writing.allow_zero => {}
            Guard::AllZero { rule } => {
                refusals.push(clean(&format!(
                    "every weight of rule {rule} would be 0: its requests fail"
                )));
                flags.push("--allow-zero".into());
            }
            Guard::Reverts(_) if writing.override_owner.is_some() => {}
            Guard::Reverts(owner) => {
                refusals.push(clean(&format!(
                    "{owner} puts the weights back: {}",
                    hand_over(owner, route)
                )));
                flags.extend(["--override-owner".into(), "REASON".into()]);
            }
            Guard::MajorityMoves { .. } if writing.yes => {}
            Guard::MajorityMoves { rule, from, to } => questions
                .push(clean(&format!("the majority of rule {rule} moves from {from} to {to}"))),
        }
    }
    let question = questions.join("; ");
    if !questions.is_empty() && writing.dry_run == DryRun::None && !look.asks {
        refusals.push(format!(
            "{question}, and the weights are given by position; nobody can be asked here"
        ));
        flags.push("--yes".into());
    }
    if !refusals.is_empty() {
        flags.dedup();
        let command = clean(&change.with_flag(&flags));
        return Err(Failure::refused(format!(
            "refused: {}\n  all the same: {command}",
            refusals.join("\n  and: ")
        )));
    }
    if questions.is_empty() {
        return Ok(());
    }
    if writing.dry_run != DryRun::None {
        writeln!(
            streams.stderr,
            "note: {question}; without --dry-run that is asked, or wants --yes"
        )?;
        return Ok(());
    }
    write!(streams.stderr, "{question}. Go on? [y/N] ")?;
    streams.stderr.flush()?;
    let mut line = String::new();
    BufReader::new(&mut *streams.stdin).read_line(&mut line)?;
    if ["y", "yes"].contains(&line.trim().to_ascii_lowercase().as_str()) {
        Ok(())
    } else {
        Err(Failure::refused("nothing was written"))
    }
}

fn raises(rule: &str, backend: &str, why: &str) -> String {
    clean(&format!("{backend} {why}, and its share in rule {rule} would rise"))
}

/// How the owner is told to let go.
fn hand_over(owner: &Owner, route: &RouteId) -> String {
    let name = owner.name.as_ref().map_or("NAME", |name| name.name.as_str());
    let namespace = owner.name.as_ref().map(|name| name.namespace.as_str());
    let namespace = namespace.filter(|it| !it.is_empty()).unwrap_or(&route.name.namespace);
    match owner.tool {
        Tool::ArgoRollouts => {
            format!("use kubectl argo rollouts promote {name} -n {namespace}, or abort")
        }
        Tool::Flagger => format!("let Canary {namespace}/{name} finish, or delete it"),
        Tool::ArgoCd => format!(
            "change the weights in Git, or let Application {name} ignore them with ignoreDifferences"
        ),
        Tool::FluxKustomization => format!(
            "change the weights in Git, or flux suspend kustomization {name} -n {namespace}"
        ),
        Tool::FluxHelm => format!(
            "change the values of the release, or flux suspend helmrelease {name} -n {namespace}"
        ),
        Tool::Helm | Tool::Manager => "change them there".into(),
    }
}

/// What else there is to know, in a line.
pub(super) fn note(note: &Note) -> String {
    clean(&match note {
        Note::ReadyUnknown { backend } => {
            format!("whether {backend} has a ready endpoint is not known")
        }
        Note::Owned(owner) if owner.reverts == Known::Known(false) => {
            format!(
                "{owner} also writes this route, and leaves the weights alone until it is told to"
            )
        }
        Note::Owned(owner) => {
            format!("{owner} also writes this route, and may put the weights back")
        }
        Note::Shared { parents } => {
            format!(
                "the route has other parents, whose requests are shifted too: {}",
                parents.join(", ")
            )
        }
    })
}
