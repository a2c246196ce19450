//! What is wrong with a route that is to be stored, and was not wrong before.

use std::collections::BTreeSet;

use jiff::civil::Date;
use meshroute::{
    cluster::{Object, Part},
    kind::Kind,
    lint::{self, Finding, Level, Read, Settings},
    lower::{Lowered, lower},
    name::RouteKind,
    profile::Mesh,
    route::Route,
};
use serde::Deserialize as _;

use crate::review::{InUse, Policy, View, strict::Value};

/// A route as somebody wrote it, and as it was read.
pub(super) struct Written<'a> {
    raw: Value<'a>,
    pub(super) lowered: Lowered,
}

impl<'a> Written<'a> {
    /// Reads a route; one that names no namespace is in that of the request.
    pub(super) fn read(kind: RouteKind, raw: Value<'a>, namespace: &str) -> Self {
        Self { raw, lowered: lower(Kind::Route(kind), raw, namespace) }
    }
}

/// By what routes are judged: made once a review.
pub(super) struct Bench<'a> {
    policy: &'a Policy,
    view: &'a View<'a>,
    settings: Settings,
}

/// What is wrong with a route.
#[derive(Default)]
pub(super) struct Judged {
    /// By place.
    pub(super) findings: Vec<Finding>,
    /// What of the cluster findings rest on that is not there.
    pub(super) absent: BTreeSet<Part>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(policy: &'a Policy, view: &'a View<'a>, today: Option<Date>) -> Self {
        let settings = Settings {
            api: policy.api,
            complete: false,
            admission: true,
            levels: policy.levels.clone(),
            ignore: policy.ignore,
            today,
            alone: !view.held.is_reliable(),
            found: view.found.clone(),
        };
        Self { policy, view, settings }
    }

    /// What is wrong with the object: only what the old one did not have, if there is one.
    pub(super) fn findings<'o>(
        &self,
        object: &Written<'_>,
        old: impl FnOnce() -> Option<Written<'o>>,
    ) -> Judged {
        let mut judged = self.judge(object);
        if judged.findings.is_empty() {
            return Judged::default();
        }
        let mut is_understood = object.lowered.object.is_some();
        if let Some(old) = old() {
            judged.findings = lint::new_since(judged.findings, &self.judge(&old).findings);
            // What the old object had in full is not known then.
            is_understood &= old.lowered.object.is_some();
        }
        if !is_understood {
            // The API server has taken what we cannot read: it knows more than we do.
            judged.findings.iter_mut().for_each(|it| it.level = it.level.min(Level::Warning));
        }
        if !judged.findings.iter().any(|finding| finding.lint.is_of_others()) {
            judged.absent.clear();
        }
        judged
    }

    fn judge(&self, object: &Written<'_>) -> Judged {
        let Written { raw, lowered: Lowered { object, draft, problems } } = object;
        let read = Read::of(problems);
        match object.as_ref().or(draft.as_ref()) {
            Some(Object::Route(route)) if is_ours(route, *raw) => {
                let (cluster, settings) = (self.view.cluster, &self.settings);
                let report =
                    lint::route_as_read(cluster, route, &self.meshes(route), settings, read);
                Judged { findings: report.findings, absent: report.absent }
            }
            None if names_a_service(*raw) => {
                let mut findings = read.findings;
                self.settings.levels.apply(&mut findings);
                findings.retain(|finding| finding.level > Level::Info);
                Judged { findings, absent: BTreeSet::new() }
            }
            Some(_) | None => Judged::default(),
        }
    }

    fn meshes(&self, route: &Route) -> Vec<Mesh> {
        match &self.policy.meshes {
            InUse::Named(meshes) => meshes.clone(),
            InUse::Shown if self.view.meshes.is_empty() => Mesh::ALL.to_vec(),
            InUse::Shown => lint::narrowed(self.view.cluster, self.view.meshes, route),
        }
    }
}

/// Whether a parent is, or is meant to be, a Service.
fn is_ours(route: &Route, object: Value<'_>) -> bool {
    route.parents.iter().any(|parent| match parent.kind.as_str() {
        // It is empty in a draft, where something in it would be refused.
        "" => names_a_service(object),
        kind => lint::concerns(Some(&parent.group), Some(kind)),
    })
}

/// As [`is_ours`], of an object that cannot be read otherwise.
fn names_a_service(object: Value<'_>) -> bool {
    let parents = object.get("spec").and_then(|spec| spec.get("parentRefs"));
    let parents = parents.and_then(|parents| serde_json::Value::deserialize(parents).ok());
    parents.as_ref().and_then(serde_json::Value::as_array).is_some_and(|parents| {
        parents
            .iter()
            .any(|parent| lint::concerns(parent["group"].as_str(), parent["kind"].as_str()))
    })
}
