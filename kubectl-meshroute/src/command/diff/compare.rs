//! The splits of both sides, Service by Service, and what changes between them.

use std::collections::{BTreeMap, BTreeSet};

use meshroute::{
    cluster::{Cluster, Known, Part},
    detect::Meshes,
    diff,
    kind::Kind,
    name::{ObjectName, RouteId},
    profile::Mesh,
    ratio::Ratio,
    split::{Question, Split, splits},
};

use super::{lints, scope::Scope, verdict};
use crate::{
    args,
    command::answer::{assumptions, detected},
    exit::Failure,
    view::{
        clean,
        diff::{Item, Report},
    },
};

/// Both answers about some clients of a Service.
struct Pair<'a> {
    service: &'a ObjectName,
    from: Option<&'a str>,
    meshes: [Mesh; 2],
    splits: [Vec<Split<'a>>; 2],
}

/// The answers about all Services.
pub(super) struct Compared<'a> {
    pairs: Vec<Pair<'a>>,
    routed: usize,
    clusters: [&'a Cluster; 2],
    named: [Option<Mesh>; 2],
    /// What the answers rest on.
    pub(super) warnings: Vec<String>,
    /// The routes that they are about.
    pub(super) routes: BTreeSet<RouteId>,
}

/// The mesh before and after; none where it has to be found.
pub(super) fn meshes(args: &args::Diff) -> Result<[Option<Mesh>; 2], Failure> {
    let named: Vec<Option<Mesh>> = args.mesh.iter().map(|name| name.parse().ok()).collect();
    match named.as_slice() {
        [both] => Ok([*both, *both]),
        [before, after] => Ok([*before, *after]),
        _ => Err(Failure::usage("two meshes are compared: --mesh linkerd,istio")),
    }
}

/// Computes both answers about each Service and its clients.
pub(super) fn compare<'a>(
    args: &'a args::Diff,
    named: [Option<Mesh>; 2],
    before: &'a Cluster,
    after: &'a Cluster,
    scope: &Scope<'a>,
) -> Result<Compared<'a>, Failure> {
    let clusters = [before, after];
    let shown = clusters.map(Meshes::of);
    let mut undecided = BTreeMap::new();
    let mut assumed = BTreeSet::new();
    let mut pairs = Vec::new();
    for service in &scope.touched {
        let found = clusters.map(|cluster| cluster.service(service));
        let [Known::Known(old), Known::Known(new)] = found else {
            // Not known is not the same as unchanged.
            return Err(Failure::no(clean(&format!("Service {service} cannot be read"))));
        };
        let found = [old, new];
        let mut meshes = [Mesh::Spec; 2];
        for side in 0..2 {
            // A Service that is not there has no mesh; it takes the other side's, as that side
            // shows it: where all is new or gone, this one shows nothing.
            let (there, shown) = match (found[side], found[1 - side]) {
                (Some(there), _) => (there, &shown[side]),
                (None, Some(there)) => (there, &shown[1 - side]),
                (None, None) => continue,
            };
            meshes[side] = named[side].unwrap_or_else(|| detected(shown, there, &mut undecided));
        }
        let clients: Vec<Option<&str>> = match &args.from_namespace {
            Some(namespace) => vec![Some(namespace)],
            None => {
                [None].into_iter().chain(scope.consumers(service).into_iter().map(Some)).collect()
            }
        };
        for from in clients {
            let splits = [0, 1].map(|side| match found[side] {
                Some(service) => {
                    let host = args.host.as_deref();
                    let question = Question { service, port: args.port, from, host };
                    splits(clusters[side], meshes[side].profile(), &question)
                }
                None => Vec::new(),
            });
            for (mesh, of_side) in meshes.into_iter().zip(&splits) {
                let about = of_side.iter().flat_map(|split| &split.assumed);
                assumed.extend(about.map(|about| (mesh, *about)));
            }
            pairs.push(Pair { service, from, meshes, splits });
        }
    }
    let mut warnings = scope.orphans();
    warnings.extend(undecided.into_values());
    warnings.extend(assumptions(&assumed));
    let (routed, routes) = (scope.routed.len(), scope.routes());
    Ok(Compared { pairs, routed, clusters, named, warnings, routes })
}

impl Compared<'_> {
    /// What the answers would have needed and can still be read. Who writes a route is of no
    /// interest here.
    pub(super) fn wanted(&self, can_read: impl Fn(&Part) -> bool) -> BTreeSet<Part> {
        let splits = self.pairs.iter().flat_map(|pair| pair.splits.iter().flatten());
        let decides = |part: &&Part| match part.kind {
            Kind::Application
            | Kind::Rollout
            | Kind::Kustomization
            | Kind::HelmRelease
            | Kind::Canary => false,
            Kind::Route(_)
            | Kind::ReferenceGrant
            | Kind::Gateway
            | Kind::Service
            | Kind::Namespace
            | Kind::EndpointSlice
            | Kind::VirtualService
            | Kind::ServiceProfile
            | Kind::Crd => true,
        };
        let wanted = splits.flat_map(|split| &split.wanted).filter(decides);
        wanted.filter(|part| can_read(part)).cloned().collect()
    }

    /// What changes. Clients of a namespace are named only where they see something else than all
    /// others.
    pub(super) fn report(&self, limit: Option<Ratio>) -> Report<'_> {
        let mut items: Vec<Item<'_>> = Vec::new();
        // What clients of no namespace in particular see of the last Service, and where its items
        // begin.
        let mut general: Option<(&ObjectName, usize, Vec<diff::Change<'_>>)> = None;
        for pair in &self.pairs {
            let [before, after] = &pair.splits;
            let changes = diff::between(before, after);
            let of_service = general.as_ref().filter(|(service, ..)| *service == pair.service);
            let is_general = of_service.is_some_and(|(_, _, all)| is_same(&changes, all));
            if pair.from.is_some() && is_general {
                continue;
            }
            let first = items.len();
            let begin = of_service.map_or(first, |(_, begin, _)| *begin);
            for change in &changes {
                items.push(Item {
                    service: pair.service,
                    from: pair.from,
                    meshes: pair.meshes,
                    was_there: is_there(before, &change.ports),
                    is_there: is_there(after, &change.ports),
                    was_split: is_split(before, &change.ports),
                    is_split: is_split(after, &change.ports),
                    is_one_order: is_undefined(before, &change.ports)
                        || is_undefined(after, &change.ports),
                    change: change.clone(),
                    not_from: Vec::new(),
                });
            }
            match pair.from {
                None => general = Some((pair.service, first, changes)),
                Some(namespace) => {
                    let others = items[begin..first].iter_mut();
                    others
                        .filter(|item| item.from.is_none())
                        .for_each(|item| item.not_from.push(namespace));
                }
            }
        }
        let changed: BTreeSet<&ObjectName> = items.iter().map(|item| item.service).collect();
        let over = limit.map(|limit| verdict::over(&items, limit)).unwrap_or_default();
        let [introduced, fixed] = lints::turned(self.clusters, self.named, &self.routes);
        Report {
            changed: changed.len(),
            routed: self.routed,
            limit,
            over,
            items,
            introduced,
            fixed,
        }
    }
}

/// Whether the Service has these ports.
fn is_there(splits: &[Split<'_>], ports: &[u16]) -> bool {
    splits.iter().any(|split| split.ports.iter().any(|port| ports.contains(port)))
}

/// Whether nobody may rely on the order of the rules for these ports.
fn is_undefined(splits: &[Split<'_>], ports: &[u16]) -> bool {
    let mut of_ports =
        splits.iter().filter(|split| split.ports.iter().any(|port| ports.contains(port)));
    of_ports.any(|split| !split.undefined_order.is_empty())
}

/// Whether routes decide on any of these ports.
fn is_split(splits: &[Split<'_>], ports: &[u16]) -> bool {
    splits
        .iter()
        .any(|split| !split.rules.is_empty() && split.ports.iter().any(|port| ports.contains(port)))
}

fn is_same(a: &[diff::Change<'_>], b: &[diff::Change<'_>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
}
