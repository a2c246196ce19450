//! Argo CD: an Application that applies the route from Git.

use crate::{
    cluster::{Application, Known, Part, Sync},
    kind::Kind,
    name::{ObjectName, RouteId},
    owner::{
        Evidence, Look, Owner, Standing, Tool,
        coverage::{Coverage, coverage},
        managers, not_found, standing, unread,
    },
};

pub(super) fn owner(look: &mut Look<'_, '_>) -> Option<Owner> {
    let route = &look.route.id;
    if let Some(instance) =
        look.signs.tracking_id.as_deref().and_then(|tracking| tracked_by(tracking, route))
    {
        let found = find(look, instance);
        if let Found::Unknown(part) = &found {
            look.want(part.clone());
        }
        return Some(tracked(look, instance, &found));
    }
    labelled(look)
}

/// The Application that the tracking id names. One that was copied from another object names that
/// object, and nobody then goes by it (argo-cd, `util/argo/resource_tracking.go`,
/// `ParseAppInstanceValue`; `controller/state.go`, `isSelfReferencedObj`).
fn tracked_by<'a>(tracking: &'a str, route: &RouteId) -> Option<&'a str> {
    let mut parts = tracking.splitn(3, ':');
    let instance = parts.next().filter(|instance| !instance.is_empty())?;
    let is_own_kind =
        parts.next()?.split_once('/') == Some((route.kind.group(), route.kind.kind()));
    let name = parts.next()?.split_once('/')?;
    let is_own_name = name == (route.name.namespace.as_str(), route.name.name.as_str());
    (is_own_kind && is_own_name).then_some(instance)
}

/// The label of an instance is also that of many a chart: it counts where an Application of that
/// name says that it manages the route.
fn labelled(look: &mut Look<'_, '_>) -> Option<Owner> {
    let instance = look.signs.instance.as_deref()?;
    match find(look, instance) {
        Found::One(application) if application.routes.contains_key(&look.route.id) => {
            Some(of_application(look, application, Evidence::Label))
        }
        Found::Unknown(part) => {
            // Nobody asks for what a chart may have written.
            if managers::has(look.signs, Tool::ArgoCd) {
                look.want(part);
            }
            None
        }
        Found::One(_) | Found::Several | Found::Absent => None,
    }
}

/// What was found of an Application.
enum Found<'a> {
    One(&'a Application),
    Several,
    Absent,
    Unknown(Part),
}

/// The Application of this name: `NAMESPACE_NAME`, and in the namespace of Argo CD itself, which
/// nothing tells, `NAME` (argo-cd, `pkg/apis/application/v1alpha1/types.go`, `InstanceName`).
fn find<'a>(look: &Look<'a, '_>, instance: &str) -> Found<'a> {
    let named = full_name(instance);
    if !named.namespace.is_empty() {
        return match look.cluster.application(&named) {
            Known::Known(Some(application)) => Found::One(application),
            Known::Known(None) => Found::Absent,
            Known::Unknown => Found::Unknown(Part::object(Kind::Application, &named)),
        };
    }
    let Known::Known(applications) = look.cluster.applications_named(instance) else {
        return Found::Unknown(Part::named(Kind::Application, instance));
    };
    let lists = |it: &&Application| it.routes.contains_key(&look.route.id);
    let listing: Vec<&Application> = applications.iter().copied().filter(lists).collect();
    match (listing.as_slice(), applications.as_slice()) {
        ([application], _) | ([], [application]) => Found::One(application),
        ([], []) => Found::Absent,
        _ => Found::Several,
    }
}

fn full_name(instance: &str) -> ObjectName {
    match instance.split_once('_') {
        Some((namespace, name)) => ObjectName::new(namespace, name),
        None => ObjectName::new("", instance),
    }
}

fn tracked(look: &Look<'_, '_>, instance: &str, found: &Found<'_>) -> Owner {
    let (state, reverts) = match found {
        Found::One(application) => {
            return of_application(look, application, Evidence::Annotation);
        }
        Found::Absent => not_found(),
        Found::Several | Found::Unknown(_) => unread(),
    };
    let name = Some(full_name(instance));
    Owner { tool: Tool::ArgoCd, name, state, reverts, evidence: Evidence::Annotation }
}

fn of_application(look: &Look<'_, '_>, application: &Application, evidence: Evidence) -> Owner {
    let (state, reverts) = stands(look, application);
    let name = Some(application.name.clone());
    Owner { tool: Tool::ArgoCd, name, state, reverts, evidence }
}

/// argo-cd, `controller/appcontroller.go`, `autoSync`: what differs from Git is applied again only
/// with `selfHeal`, and not after a sync that failed. Windows in which nothing is synced put it
/// off. Differences that are ignored start no sync, whether or not a sync then respects them.
fn stands(look: &Look<'_, '_>, application: &Application) -> Standing {
    let manages = application.routes.get(&look.route.id) == Some(&false) && !application.elsewhere;
    let certain = |reverts| if manages { Known::Known(reverts) } else { Known::Unknown };
    if application.skipped {
        return standing("skip-reconcile", certain(false));
    }
    match application.sync {
        Sync::Manual => standing("manual sync", certain(false)),
        Sync::Automated => standing("auto-sync", certain(false)),
        Sync::SelfHeal => match coverage(&application.ignores, look.route) {
            Coverage::All => standing("self-heal, weights ignored", certain(false)),
            Coverage::Unclear => standing("self-heal, some fields ignored", Known::Unknown),
            Coverage::None if application.failing => standing("self-heal, failing", Known::Unknown),
            Coverage::None => standing("self-heal", certain(true)),
        },
    }
}
