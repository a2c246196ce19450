//! Judges the routes of a cluster, and reads of it what findings need.

use std::collections::{BTreeMap, BTreeSet};

use meshroute::{
    cluster::{Cluster, Part},
    detect,
    kind::Kind,
    lint::{self, Finding},
    name::{RouteId, RouteKind},
    route::Route,
};

use crate::{
    command::lint::{judge::Judged, plan::Plan},
    exit::Failure,
    source::Source,
    view::{
        clean,
        lint::{Checked, Placed, Thing, Unread},
    },
};

const KINDS: [RouteKind; 3] = [RouteKind::Http, RouteKind::Grpc, RouteKind::LinkerdHttp];

/// Judges the routes of a namespace, or of all, until nothing is lacking that can be read.
pub(super) fn judge(
    source: &mut Source,
    within: Option<&str>,
    plan: &Plan,
) -> Result<Judged, Failure> {
    // Most of what routes name is a Service beside them.
    source.read(&BTreeSet::from([part(Kind::Service, within)]))?;
    loop {
        let (mut judged, wanted) = judge_once(source, within, plan);
        let wanted: BTreeSet<Part> =
            wanted.into_iter().filter(|part| source.can_read(part)).collect();
        if wanted.is_empty() {
            judged.unread = unread(&source.cluster, within);
            return Ok(judged);
        }
        source.read(&wanted)?;
    }
}

fn judge_once(source: &Source, within: Option<&str>, plan: &Plan) -> (Judged, BTreeSet<Part>) {
    let Plan { meshes, settings, .. } = plan;
    let cluster = &source.cluster;
    let shown = detect::Meshes::of(cluster);
    let mut judged = Judged::default();
    let mut wanted = BTreeSet::new();
    let is_within = |id: &RouteId| within.is_none_or(|within| within == id.name.namespace);
    let routes = cluster.routes().filter(|route| is_within(&route.id) && is_for_services(route));
    for (number, route) in routes.enumerate() {
        let read = lint::Read::of(source.problems(&route.id));
        let report = lint::route_as_read(cluster, route, &meshes.of(&shown, route), settings, read);
        let thing = thing(&route.id);
        let is_shown = |finding: &Finding| finding.level >= plan.least();
        let (findings, hidden): (Vec<_>, Vec<_>) = report.findings.into_iter().partition(is_shown);
        judged.hidden += hidden.len();
        judged.findings.extend(findings.into_iter().map(|finding| {
            let placed = Placed::new(finding, "", None, Some(thing.clone()));
            Placed { object: Some(number), ..placed }
        }));
        judged.objects.push(Checked { file: String::new(), line: None, thing });
        wanted.extend(report.wanted);
    }
    (judged, wanted)
}

/// The routes that should have been looked at, and may not be read.
fn unread(cluster: &Cluster, within: Option<&str>) -> Vec<Unread> {
    let kinds = KINDS.into_iter().map(Kind::Route);
    let unknown = kinds.filter(|kind| !cluster.knows(&part(*kind, within)));
    let place = |kind: Kind| match within {
        Some(namespace) => format!("{}s of namespace {namespace}", kind.name()),
        None => format!("{}s of some namespaces", kind.name()),
    };
    unknown.map(|kind| Unread { place: place(kind), why: "may not be read".into() }).collect()
}

/// What to say where there is nothing to look at: `no mesh routes in default (12 in shop, pay; use
/// -A)`.
pub(super) fn nothing(cluster: &Cluster, within: Option<&str>) -> String {
    let mut text = format!("no mesh routes in {}", within.unwrap_or("any namespace"));
    let mut elsewhere: BTreeMap<&str, usize> = BTreeMap::new();
    for route in cluster.routes().filter(|route| is_for_services(route)) {
        *elsewhere.entry(&route.id.name.namespace).or_default() += 1;
    }
    if !elsewhere.is_empty() {
        let names: Vec<&str> = elsewhere.keys().copied().collect();
        let count: usize = elsewhere.values().sum();
        text.push_str(&format!(" ({count} in {}; use -A)", names.join(", ")));
    }
    clean(&text)
}

fn part(kind: Kind, within: Option<&str>) -> Part {
    match within {
        Some(namespace) => Part::namespace(kind, namespace),
        None => Part::cluster(kind),
    }
}

/// Whether a route has a parent that is, or is meant to be, a Service: no other is looked at.
fn is_for_services(route: &Route) -> bool {
    route.parents.iter().any(|parent| lint::concerns(Some(&parent.group), Some(&parent.kind)))
}

fn thing(id: &RouteId) -> Thing {
    Thing {
        group: id.kind.group().to_owned(),
        kind: id.kind.kind().to_owned(),
        namespace: id.name.namespace.clone(),
        name: id.name.name.clone(),
    }
}
