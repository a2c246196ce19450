//! Argo Rollouts: a Rollout whose plugin for Gateway API writes the route.

use crate::{
    cluster::{Known, Part, Rollout},
    kind::{ARGO_GROUP, Kind},
    owner::{Evidence, Look, Owner, Standing, Tool, standing, unread},
    route::Route,
};

pub(super) fn owner(look: &mut Look<'_, '_>) -> Option<Owner> {
    let route = &look.route.id;
    if let Some(rollout) = look.cluster.rollouts_of(route).next() {
        return Some(of_rollout(look, rollout, Evidence::Named));
    }
    let namespace = &route.name.namespace;
    let under_way = look.signs.canary_under_way;
    let Known::Known(rollouts) = look.cluster.rollouts(namespace) else {
        if under_way || look.cluster.has_crd_group(ARGO_GROUP) {
            look.want(Part::namespace(Kind::Rollout, namespace));
        }
        return under_way.then(|| unnamed(unread()));
    };
    if !under_way {
        return None;
    }
    // Which routes a selector takes, we do not read: only where there is no other choice.
    let selects = |rollout: &&Rollout| rollout.selects.contains(&(namespace.clone(), route.kind));
    let mut selecting = rollouts.filter(selects);
    match (selecting.next(), selecting.next()) {
        (Some(rollout), None) => Some(of_rollout(look, rollout, Evidence::Label)),
        _ => Some(unnamed(standing("canary under way", Known::Unknown))),
    }
}

/// The label tells that a canary is under way, and not whose.
fn unnamed((state, reverts): Standing) -> Owner {
    Owner { tool: Tool::ArgoRollouts, name: None, state, reverts, evidence: Evidence::Label }
}

fn of_rollout(look: &Look<'_, '_>, rollout: &Rollout, evidence: Evidence) -> Owner {
    let reverts = if is_certain(rollout, look.route) { Known::Known(true) } else { Known::Unknown };
    let (state, reverts) = standing(state(rollout), reverts);
    Owner { tool: Tool::ArgoRollouts, name: Some(rollout.name.clone()), state, reverts, evidence }
}

/// argo-rollouts, `rollout/trafficrouting.go`, `reconcileTrafficRouting`, calls `SetWeight` in every
/// run, when all steps are done as well: a Rollout that is Healthy gives the new version nothing,
/// and a run comes every 15 minutes at the latest (`controller/controller.go`,
/// `DefaultRolloutResyncPeriod`). The plugin writes where a route has both Services
/// (`pkg/plugin/httproute.go`, `setHTTPRouteWeight`), and that it has done so shows in the status.
fn is_certain(rollout: &Rollout, route: &Route) -> bool {
    let names = |service: &str| {
        let mut backends = route.rules.iter().flat_map(|rule| &rule.backends);
        backends.any(|backend| backend.name == service)
    };
    let writes = rollout.services.as_ref().is_some_and(|(new, old)| names(new) && names(old));
    let works = match rollout.phase.as_deref() {
        Some("Healthy" | "Paused" | "Progressing") => true,
        Some("Degraded") => rollout.aborted,
        _ => false,
    };
    writes && works && rollout.weight.is_some() && !rollout.invalid
}

/// `step 3/8, weight 20, paused`, or `Healthy`.
fn state(rollout: &Rollout) -> String {
    let phase = rollout.phase.as_deref();
    let mut words = Vec::new();
    if phase != Some("Healthy") {
        if let Some(step) = rollout.step.filter(|_| rollout.steps > 0) {
            words.push(format!("step {step}/{}", rollout.steps));
        }
        words.extend(rollout.weight.map(|weight| format!("weight {weight}")));
    }
    match phase {
        Some("Paused") => words.push("paused".into()),
        Some("Degraded") if rollout.aborted => words.push("aborted".into()),
        Some("Progressing") if !words.is_empty() => {}
        Some(phase) => words.push(phase.into()),
        None if words.is_empty() => words.push("no status".into()),
        None => {}
    }
    words.join(", ")
}
