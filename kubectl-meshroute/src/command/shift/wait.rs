//! Waits until the mesh has taken note of a change.

use std::{
    io,
    time::{Duration, Instant},
};

use meshroute::{name::ObjectName, profile::Mesh, shift::Shift};
use serde_json::Value;

use crate::{args::Writing, exit::Failure, source::Live};

/// What the mesh says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Confirmed {
    /// It has taken it.
    Yes(String),
    /// It has not, in time, or it has refused it.
    No(String),
    /// It never says of which change it speaks.
    Never(String),
    /// Nobody was asked.
    Unasked,
}

/// What a controller says of the route and the Service.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    controller: String,
    /// The condition and its generation, its status and its message.
    conditions: Vec<(String, Option<i64>, bool, String)>,
}

/// How long to wait before the status is read again.
const PAUSE: Duration = Duration::from_millis(250);

/// How long nobody asks why nothing happens.
const SILENCE: Duration = Duration::from_secs(1);

/// Waits for the controllers that have said something before, or, if it must be, for any. `notice` is
/// told once whom, where that takes long: what is written has not been told yet.
pub(super) fn wait(
    live: &Live,
    shift: &Shift,
    before: &Value,
    written: &Value,
    writing: &Writing,
    notice: &mut dyn FnMut(&str) -> io::Result<()>,
) -> Result<Confirmed, Failure> {
    let (explicit, limit) = (writing.wait, writing.timeout);
    let (service, route) = (&shift.service, &shift.route);
    let mesh = shift.mesh;
    let known = said(before, service, mesh);
    if explicit == Some(false) || (known.is_empty() && explicit.is_none()) {
        return Ok(Confirmed::Unasked);
    }
    let generation = written["metadata"]["generation"].as_i64().unwrap_or_default();
    if let Some(silent) = without_generations(&known) {
        return Ok(Confirmed::Never(silent));
    }
    let start = Instant::now();
    let mut is_told = false;
    let mut now = said(written, service, mesh);
    loop {
        let settled: Vec<&Said> = now.iter().filter(|it| it.has_seen(generation)).collect();
        let waited_for =
            |it: &Said| known.is_empty() || known.iter().any(|old| old.controller == it.controller);
        let awaited = if known.is_empty() { 1 } else { known.len() };
        if settled.iter().filter(|it| waited_for(it)).count() >= awaited {
            let refusal = settled.iter().find_map(|it| it.refusal());
            if let Some(refusal) = refusal {
                return Ok(Confirmed::No(refusal));
            }
            let names: Vec<&str> = settled.iter().map(|it| it.controller.as_str()).collect();
            return Ok(Confirmed::Yes(format!(
                "accepted by {} (generation {generation})",
                names.join(", ")
            )));
        }
        if let (true, Some(silent)) = (known.is_empty(), without_generations(&now)) {
            return Ok(Confirmed::Never(silent));
        }
        if start.elapsed() >= limit {
            let names: Vec<&str> = known.iter().map(|it| it.controller.as_str()).collect();
            let who = if names.is_empty() {
                "no mesh has said".into()
            } else {
                format!("{} has not said", names.join(", "))
            };
            return Ok(Confirmed::No(format!(
                "{who} anything of generation {generation} within {} s",
                limit.as_secs_f64()
            )));
        }
        if !is_told && start.elapsed() >= SILENCE {
            is_told = true;
            let names: Vec<&str> = known.iter().map(|it| it.controller.as_str()).collect();
            notice(&if names.is_empty() { "a mesh".into() } else { names.join(", ") })?;
        }
        live.pause(PAUSE.min(limit));
        match live.stored(route)? {
            Some(stored) => now = said(&stored.object, service, mesh),
            None => return Ok(Confirmed::No(format!("{route} was deleted"))),
        }
    }
}

/// Why there is nothing to wait for: Linkerd's policy controller leaves `observedGeneration` out.
fn without_generations(said: &[Said]) -> Option<String> {
    let mut conditions = said.iter().flat_map(|it| &it.conditions);
    if said.is_empty() || conditions.any(|it| it.1.is_some()) {
        return None;
    }
    let names: Vec<&str> = said.iter().map(|it| it.controller.as_str()).collect();
    Some(format!("{} does not say which generation it has seen", names.join(", ")))
}

impl Said {
    /// Whether everything that it says is about this generation or a later one.
    fn has_seen(&self, generation: i64) -> bool {
        let mut about = self.conditions.iter();
        !self.conditions.is_empty()
            && about.all(|(_, seen, ..)| seen.is_some_and(|seen| seen >= generation))
    }

    fn refusal(&self) -> Option<String> {
        let (kind, _, _, message) = self.conditions.iter().find(|(_, _, holds, _)| !holds)?;
        Some(format!("{} says {kind} is false: {message}", self.controller))
    }
}

/// What controllers say of the route and the Service. The group is not looked at: Linkerd writes
/// `core` where the route says nothing.
fn said(object: &Value, service: &ObjectName, mesh: Mesh) -> Vec<Said> {
    let own = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let parents = object["status"]["parents"].as_array().into_iter().flatten();
    let of_service = parents.filter(|parent| {
        let parent = &parent["parentRef"];
        parent["name"].as_str() == Some(&service.name)
            && parent["namespace"].as_str().unwrap_or(own) == service.namespace
            && parent["kind"].as_str() != Some("Gateway")
    });
    let said = of_service.map(|parent| {
        let conditions = parent["conditions"].as_array().into_iter().flatten();
        let of_interest = conditions.filter(|it| {
            ["Accepted", "ResolvedRefs"].contains(&it["type"].as_str().unwrap_or_default())
        });
        let conditions = of_interest.map(|condition| {
            let text = |field: &str| condition[field].as_str().unwrap_or_default().to_owned();
            (
                text("type"),
                condition["observedGeneration"].as_i64(),
                condition["status"].as_str() == Some("True"),
                text("message"),
            )
        });
        let controller = parent["controllerName"].as_str().unwrap_or_default().to_owned();
        Said { controller, conditions: conditions.collect() }
    });
    let controllers = mesh.profile().controllers;
    let of_mesh =
        |it: &Said| controllers.is_empty() || controllers.contains(&it.controller.as_str());
    said.filter(|it| !it.conditions.is_empty() && of_mesh(it)).collect()
}
