//! What is wrong with a route that is to be stored, and was not wrong before.

use jiff::civil::Date;
use meshroute::{
    cluster::{Cluster, Object},
    kind::Kind,
    lint::{self, Finding, Level, Read, Settings},
    lower::{Lowered, lower},
    name::RouteKind,
    profile::Mesh,
    route::Route,
};
use serde_json::{Value, value::RawValue};

use crate::review::Policy;

/// By what routes are judged: made once a review.
pub(super) struct Bench<'a> {
    policy: &'a Policy,
    cluster: &'a Cluster,
    settings: Settings,
    /// The namespace of the request.
    namespace: &'a str,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        policy: &'a Policy,
        cluster: &'a Cluster,
        today: Option<Date>,
        namespace: &'a str,
    ) -> Self {
        let settings = Settings {
            api: policy.api,
            complete: false,
            admission: true,
            levels: policy.levels.clone(),
            ignore: policy.ignore,
            today,
            ..Settings::default()
        };
        Self { policy, cluster, settings, namespace }
    }

    /// What is wrong with the object, by place: only what the old one did not have, if there is one.
    pub(super) fn findings(
        &self,
        kind: RouteKind,
        object: &RawValue,
        old: Option<&RawValue>,
    ) -> Vec<Finding> {
        let Judged { mut findings, mut is_understood } = self.judge(kind, object);
        if findings.is_empty() {
            return findings;
        }
        if let Some(old) = old {
            let old = self.judge(kind, old);
            findings = lint::new_since(findings, &old.findings);
            // What the old object had in full is not known then.
            is_understood &= old.is_understood;
        }
        if !is_understood {
            // The API server has taken what we cannot read: it knows more than we do.
            findings.iter_mut().for_each(|it| it.level = it.level.min(Level::Warning));
        }
        findings
    }

    fn judge(&self, kind: RouteKind, object: &RawValue) -> Judged {
        let Lowered { object: lowered, draft, problems } = read(kind, object, self.namespace);
        let is_understood = lowered.is_some();
        let read = Read::of(&problems);
        let findings = match lowered.or(draft) {
            Some(Object::Route(route)) if is_ours(&route, object) => {
                let meshes = self.meshes(&route);
                lint::route_as_read(self.cluster, &route, &meshes, &self.settings, read).findings
            }
            None if names_a_service(object) => {
                let mut findings = read.findings;
                self.settings.levels.apply(&mut findings);
                findings.retain(|finding| finding.level > Level::Info);
                findings
            }
            Some(_) | None => Vec::new(),
        };
        Judged { findings, is_understood }
    }

    fn meshes(&self, route: &Route) -> Vec<Mesh> {
        let Policy { meshes, narrow, .. } = self.policy;
        if meshes.is_empty() {
            return Mesh::ALL.to_vec();
        }
        if *narrow { lint::narrowed(self.cluster, meshes, route) } else { meshes.clone() }
    }
}

/// What is wrong with one object.
struct Judged {
    findings: Vec<Finding>,
    /// Whether all of it was read that the API server would refuse otherwise.
    is_understood: bool,
}

/// Reads a route; one that names no namespace is in that of the request.
pub(super) fn read(kind: RouteKind, object: &RawValue, namespace: &str) -> Lowered {
    lower(Kind::Route(kind), &mut serde_json::Deserializer::from_str(object.get()), namespace)
}

/// Whether a parent is, or is meant to be, a Service.
fn is_ours(route: &Route, object: &RawValue) -> bool {
    route.parents.iter().any(|parent| match parent.kind.as_str() {
        // It is empty in a draft, where something in it would be refused.
        "" => names_a_service(object),
        kind => lint::concerns(Some(&parent.group), Some(kind)),
    })
}

/// As [`is_ours`], of an object that cannot be read otherwise.
fn names_a_service(object: &RawValue) -> bool {
    let object: Value = serde_json::from_str(object.get()).unwrap_or_default();
    object.pointer("/spec/parentRefs").and_then(Value::as_array).is_some_and(|parents| {
        parents
            .iter()
            .any(|parent| lint::concerns(parent["group"].as_str(), parent["kind"].as_str()))
    })
}
