//! Which findings come and go with a change.

use std::collections::BTreeSet;

use jiff::Zoned;
use meshroute::{
    cluster::Cluster,
    detect::Meshes,
    lint::{self, Finding, Level, Settings},
    name::RouteId,
    profile::Mesh,
};

use crate::view::Noted;

/// The findings that a change of the objects, or of the mesh, introduces, and those that it fixes.
pub(super) fn turned(
    clusters: [&Cluster; 2],
    named: [Option<Mesh>; 2],
    routes: &BTreeSet<RouteId>,
) -> [Vec<Noted>; 2] {
    let settings = Settings { today: Some(Zoned::now().date()), ..Settings::default() };
    let shown = clusters.map(Meshes::of);
    let findings = |side: usize, id: &RouteId| -> Vec<Finding> {
        let Some(route) = clusters[side].route(id) else { return Vec::new() };
        let meshes = match named[side] {
            Some(mesh) => vec![mesh],
            None => lint::in_use(&shown[side], route),
        };
        let findings = lint::route(clusters[side], route, &meshes, &settings).findings;
        findings.into_iter().filter(|finding| finding.level >= Level::Warning).collect()
    };
    let (mut introduced, mut fixed) = (Vec::new(), Vec::new());
    for id in routes {
        let (before, after) = (findings(0, id), findings(1, id));
        let noted = |finding| Noted { route: id.clone(), finding };
        introduced.extend(lint::new_since(after.clone(), &before).into_iter().map(noted));
        fixed.extend(lint::new_since(before, &after).into_iter().map(noted));
    }
    [introduced, fixed]
}
