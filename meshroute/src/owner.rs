//! The owner of a route: who else writes its weights, and puts a change by hand back.
//!
//! Tools leave signs on what they write. [`owner`] goes by the first sign in the order of [`Tool`],
//! and asks the tool's own object, where that is known, how it stands. A route can bear the signs of
//! several tools; the one that writes last, and most, comes first.

mod argo_cd;
mod coverage;
mod flagger;
mod flux;
mod managers;
mod rollouts;

use std::{collections::BTreeSet, fmt};

use crate::{
    cluster::{Cluster, Known, Part},
    name::ObjectName,
    route::{Route, Signs},
};

/// The field manager of what this program writes.
pub const FIELD_MANAGER: &str = "kubectl-meshroute";

/// Who else writes the weights of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Which tool.
    pub tool: Tool,
    /// The tool's object, or the release or the field manager, if its name is known; without a
    /// namespace where that is not known, or where there is none.
    pub name: Option<ObjectName>,
    /// How the object stands, in few words; nothing where there is nothing to say. Unknown where
    /// the object is not known.
    pub state: Known<Option<String>>,
    /// Whether a change of the weights by hand is certain to be put back, or to be overwritten,
    /// though nothing else changes; false where it is certain not to be.
    pub reverts: Known<bool>,
    /// What says so.
    pub evidence: Evidence,
}

/// The tools that write routes, in the order in which their signs count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// Argo Rollouts, through its plugin for Gateway API.
    ArgoRollouts,
    /// Flagger.
    Flagger,
    /// Argo CD.
    ArgoCd,
    /// Flux, by a Kustomization.
    FluxKustomization,
    /// Flux, by a HelmRelease.
    FluxHelm,
    /// Helm.
    Helm,
    /// A program that we do not know.
    Manager,
}

/// What says that a tool writes a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The tool's object names the route.
    Named,
    /// A label of the route.
    Label,
    /// An annotation of the route.
    Annotation,
    /// An owner reference of the route.
    OwnerReference,
    /// The field manager of its rules.
    Manager,
}

/// Who else writes the weights of this route, as far as it shows. What would have to be known to
/// say more goes into `wanted`; nothing does for a route without a sign of a tool, except the
/// Rollouts of its namespace where Argo Rollouts may be installed: between canaries they leave no
/// sign.
///
/// ```
/// use std::collections::BTreeSet;
/// use meshroute::{cluster::{Cluster, Object}, kind::Kind, lower::lower, name::RouteKind};
/// use meshroute::owner::{Tool, owner};
/// use serde_json::json;
///
/// let route = json!({"metadata": {"namespace": "shop", "name": "web", "labels": {
///     "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}},
///     "spec": {}});
/// let Some(Object::Route(route)) = lower(Kind::Route(RouteKind::Http), &route, "").object else {
///     panic!("it is well-formed")
/// };
/// let mut wanted = BTreeSet::new();
/// let owner = owner(&Cluster::unread(), &route, &mut wanted).expect("the label is a sign");
/// assert_eq!(owner.tool, Tool::FluxKustomization);
/// assert_eq!(owner.to_string(), "Flux Kustomization/apps (?)");
/// assert_eq!(wanted.len(), 1);
/// ```
pub fn owner(cluster: &Cluster, route: &Route, wanted: &mut BTreeSet<Part>) -> Option<Owner> {
    let unsigned = Signs::default();
    let signs = route.signs.as_deref().unwrap_or(&unsigned);
    let mut look = Look { cluster, route, signs, wanted };
    rollouts::owner(&mut look)
        .or_else(|| flagger::owner(&mut look))
        .or_else(|| argo_cd::owner(&mut look))
        .or_else(|| flux::kustomization(&mut look))
        .or_else(|| flux::helm_release(&mut look))
        .or_else(|| helm(signs))
        .or_else(|| managers::owner(signs))
}

/// Helm writes when somebody lets it, and not on its own.
fn helm(signs: &Signs) -> Option<Owner> {
    Some(Owner {
        tool: Tool::Helm,
        name: Some(signs.release.clone()?),
        state: Known::Known(None),
        reverts: Known::Known(false),
        evidence: Evidence::Annotation,
    })
}

/// What every tool's rules look at.
struct Look<'a, 'w> {
    cluster: &'a Cluster,
    route: &'a Route,
    signs: &'a Signs,
    wanted: &'w mut BTreeSet<Part>,
}

impl Look<'_, '_> {
    fn want(&mut self, part: Part) {
        self.wanted.insert(part);
    }
}

/// How an object stands, and what that means for a change by hand.
type Standing = (Known<Option<String>>, Known<bool>);

fn standing(state: impl Into<String>, reverts: Known<bool>) -> Standing {
    (Known::Known(Some(state.into())), reverts)
}

/// The object is not known.
fn unread() -> Standing {
    (Known::Unknown, Known::Unknown)
}

/// The object does not exist in this cluster. It may in another one, from which tools reach here.
fn not_found() -> Standing {
    standing("not found", Known::Unknown)
}

impl Tool {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ArgoRollouts => "Argo Rollouts",
            Self::Flagger => "Flagger",
            Self::ArgoCd => "Argo CD",
            Self::FluxKustomization => "Flux Kustomization",
            Self::FluxHelm => "Flux HelmRelease",
            Self::Helm => "Helm",
            Self::Manager => "field manager",
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tool.as_str())?;
        if let Some(name) = &self.name {
            write!(f, "/{}", name.name)?;
        }
        match &self.state {
            Known::Known(Some(state)) => write!(f, " ({state})"),
            Known::Known(None) => Ok(()),
            Known::Unknown => f.write_str(" (?)"),
        }
    }
}

#[cfg(test)]
mod tests;
