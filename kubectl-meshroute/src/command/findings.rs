//! What lints say of the routes of a split, as far as the objects at hand tell: nothing more is read
//! for it.

use std::collections::BTreeSet;

use jiff::Zoned;
use meshroute::{
    cluster::Cluster,
    lint::{self, Finding, Level, Need, Settings},
    path::Step,
    route::Route,
    split::Split,
};

use crate::view::{Noted, backend_of};

/// The warnings and errors about the routes of each split: those that decide, and those that name
/// the Service and do nothing.
pub(super) fn of_splits(cluster: &Cluster, splits: &[Split<'_>]) -> Vec<Vec<Noted>> {
    let settings = Settings { today: Some(Zoned::now().date()), ..Settings::default() };
    splits.iter().map(|split| of_split(cluster, split, &settings)).collect()
}

fn of_split(cluster: &Cluster, split: &Split<'_>, settings: &Settings) -> Vec<Noted> {
    let in_effect = split.rules.iter().map(|rule| &rule.id.route);
    let shadowed = split.shadowed.iter().map(|shadowed| &shadowed.rule.route);
    let inert = split.inert.iter().map(|inert| &inert.route);
    let mut seen = BTreeSet::new();
    let ids = in_effect.chain(shadowed).chain(inert).filter(|id| seen.insert(*id));
    let mut noted = Vec::new();
    for route in ids.filter_map(|id| cluster.route(id)) {
        let findings = lint::route(cluster, route, &[split.mesh], settings).findings;
        let own = findings.into_iter().filter(|finding| {
            finding.level >= Level::Warning
                && is_about(finding, route, split)
                && is_settled(finding, route, split)
        });
        noted.extend(own.map(|finding| Noted { route: route.id.clone(), finding }));
    }
    noted
}

/// Whether the finding is the same whatever else happens to be known: it rests on what every split
/// has read, or on a backend whose share this one had to look into.
fn is_settled(finding: &Finding, route: &Route, split: &Split<'_>) -> bool {
    let is_chosen = |need: &Need| matches!(need, Need::Services | Need::Endpoints | Need::Grants);
    if !finding.lint.needs.iter().any(is_chosen) {
        return true;
    }
    let Some((rule, backend)) = backend_of(&finding.path) else {
        // Of Services beside backends, only the one that is asked about is known for certain.
        return matches!(finding.path.steps(), [_, Step::Field(field), ..] if field == "parentRefs");
    };
    let mut rules = split.rules.iter();
    let shown = rules.find(|it| it.id.route == route.id && it.id.rule_index == rule);
    let share = shown.filter(|rule| rule.respond.is_none()).and_then(|it| it.backends.get(backend));
    let written = route.rules.get(rule).and_then(|rule| rule.backends.get(backend));
    let (Some(share), Some(written)) = (share, written) else { return false };
    // Some meshes look for it in another namespace than most.
    let namespace = written.namespace.as_ref().unwrap_or(&route.id.name.namespace);
    share.weight != Some(0) && share.reference.name.namespace == *namespace
}

/// Whether a finding is not about another parent of the route.
fn is_about(finding: &Finding, route: &Route, split: &Split<'_>) -> bool {
    match finding.path.steps() {
        [Step::Field(spec), Step::Field(field), Step::Index(index), ..]
            if spec == "spec" && field == "parentRefs" =>
        {
            route.parents.get(*index).is_none_or(|parent| parent.name == *split.service)
        }
        _ => true,
    }
}
