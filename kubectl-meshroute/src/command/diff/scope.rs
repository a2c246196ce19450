//! Which Services a comparison is about, and whose clients.

use std::collections::BTreeSet;

use meshroute::{
    cluster::{Cluster, Known, Part},
    kind::Kind,
    name::ObjectName,
};

use crate::{args, command::services::means_a_service};

/// The Services that routes name as parents, before or after.
pub(super) struct Scope<'a> {
    /// All of them.
    pub(super) routed: BTreeSet<&'a ObjectName>,
    /// Those that can differ.
    pub(super) touched: BTreeSet<&'a ObjectName>,
    clusters: [&'a Cluster; 2],
}

impl<'a> Scope<'a> {
    /// Finds the Services that the command line lets in; where `files` are laid over a cluster, only
    /// those differ that they have to do with.
    pub(super) fn new(
        args: &args::Diff,
        before: &'a Cluster,
        after: &'a Cluster,
        _files: Option<&'a Cluster>,
    ) -> Self {
        let is_within = |name: &&ObjectName| {
            args.source.named_namespace().is_none_or(|within| within == name.namespace)
        };
        let routed: BTreeSet<&ObjectName> =
            [before, after].into_iter().flat_map(parents).filter(is_within).collect();
        Self { touched: routed.clone(), routed, clusters: [before, after] }
    }

    /// The namespaces whose clients have routes of their own for a Service.
    pub(super) fn consumers(&self, service: &ObjectName) -> BTreeSet<&'a str> {
        let routes = self.clusters.into_iter().flat_map(|it| it.routes_of_parent(service));
        let namespaces = routes.map(|route| route.id.name.namespace.as_str());
        namespaces.filter(|namespace| *namespace != service.namespace).collect()
    }

    /// The Services that have to be known before anything can be said.
    pub(super) fn wanted(&self, can_read: impl Fn(&Part) -> bool) -> BTreeSet<Part> {
        let parts = self.touched.iter().map(|name| Part::object(Kind::Service, name));
        parts.filter(can_read).collect()
    }

    /// What is wrong with routes whose parent Service is nowhere.
    pub(super) fn orphans(&self) -> Vec<String> {
        let [_, after] = self.clusters;
        let mut orphans = Vec::new();
        for name in &self.touched {
            let is_nowhere = |it: &Cluster| it.service(name) == Known::Known(None);
            let mut routes = after.routes_of_parent(name);
            if let Some(route) = routes.next()
                && self.clusters.into_iter().all(is_nowhere)
            {
                orphans.push(format!("{}: its parent Service {name} not found", route.id));
            }
        }
        orphans
    }
}

/// The Services that the routes of a cluster have as parents.
fn parents(cluster: &Cluster) -> impl Iterator<Item = &ObjectName> {
    let parents = cluster.routes().flat_map(|route| &route.parents);
    parents.filter(|parent| means_a_service(parent)).map(|parent| &parent.name)
}
