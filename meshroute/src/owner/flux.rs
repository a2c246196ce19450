//! Flux: a Kustomization or a HelmRelease that applies the route.

use crate::{
    cluster::{Drift, FluxObject, Known, Part},
    kind::Kind,
    name::ObjectName,
    owner::{
        Evidence, Look, Owner, Standing, Tool,
        coverage::{Coverage, coverage},
        not_found, standing, unread,
    },
    route::Applied,
};

pub(super) fn kustomization(look: &mut Look<'_, '_>) -> Option<Owner> {
    let name = look.signs.kustomization.as_ref()?;
    let found = look.cluster.kustomization(name);
    // fluxcd/pkg, `ssa/manager_apply.go`, `shouldSkipApply`: the object that is there decides.
    let standing = if look.signs.applied == Applied::Never {
        standing("not applied", Known::Known(false))
    } else {
        of_object(look, found, Part::object(Kind::Kustomization, name), applies)
    };
    Some(labelled(Tool::FluxKustomization, name, standing))
}

pub(super) fn helm_release(look: &mut Look<'_, '_>) -> Option<Owner> {
    let name = look.signs.helm_release.as_ref()?;
    let found = look.cluster.helm_release(name);
    // fluxcd/pkg, `ssa/jsondiff/unstructured.go`, `Unstructured`: the object that is there decides.
    let standing = if look.signs.uncompared {
        standing("drift detection off", Known::Known(false))
    } else {
        of_object(look, found, Part::object(Kind::HelmRelease, name), corrects)
    };
    Some(labelled(Tool::FluxHelm, name, standing))
}

fn labelled(tool: Tool, name: &ObjectName, (state, reverts): Standing) -> Owner {
    Owner { tool, name: Some(name.clone()), state, reverts, evidence: Evidence::Label }
}

fn of_object(
    look: &mut Look<'_, '_>,
    found: Known<Option<&FluxObject>>,
    part: Part,
    stands: impl FnOnce(&Look<'_, '_>, &FluxObject) -> Standing,
) -> Standing {
    match found {
        Known::Known(Some(object)) if object.suspended => {
            standing("suspended", certain(object, false))
        }
        Known::Known(Some(object)) => stands(look, object),
        Known::Known(None) => not_found(),
        Known::Unknown => {
            look.want(part);
            unread()
        }
    }
}

/// kustomize-controller, `internal/controller/kustomization_controller.go`, `apply`: every run
/// applies what it holds over all field managers, but for what `spec.ignore` names; what is marked
/// `ssa: IfNotPresent` in its source is left as it is, and the mark on the object does not tell
/// whether it stands there.
fn applies(look: &Look<'_, '_>, object: &FluxObject) -> Standing {
    let every = object
        .interval
        .as_ref()
        .map_or_else(|| "at an interval".to_owned(), |interval| format!("every {interval}"));
    if look.signs.applied == Applied::IfAbsent {
        return standing("if not present", Known::Unknown);
    }
    // An inventory is as old as the controller's labels.
    let lists = matches!(&object.routes, Known::Known(routes) if routes.contains(&look.route.id));
    runs(look, object, every, lists)
}

/// helm-controller, `internal/reconcile/state.go`, `DetermineReleaseState`, and
/// `internal/reconcile/correct_cluster_drift.go`: differences are looked for and put back only with
/// `driftDetection.mode: enabled`.
fn corrects(look: &Look<'_, '_>, object: &FluxObject) -> Standing {
    match object.drift {
        Drift::Unseen => standing("no drift detection", certain(object, false)),
        Drift::Reported => standing("drift reported", certain(object, false)),
        Drift::Corrected => {
            // Older controllers write no inventory: the label is all there is then.
            let lists = match &object.routes {
                Known::Known(routes) => routes.contains(&look.route.id),
                Known::Unknown => true,
            };
            runs(look, object, "drift corrected".into(), lists)
        }
    }
}

fn runs(look: &Look<'_, '_>, object: &FluxObject, state: String, lists: bool) -> Standing {
    match coverage(&object.ignores, look.route) {
        Coverage::All => standing(state + ", weights ignored", certain(object, false)),
        Coverage::Unclear => standing(state + ", some fields ignored", Known::Unknown),
        Coverage::None => match object.ready {
            Known::Known(true) if lists => standing(state, certain(object, true)),
            Known::Known(true) | Known::Unknown => standing(state, Known::Unknown),
            Known::Known(false) => standing(state + ", not ready", Known::Unknown),
        },
    }
}

/// One of this name that is for another cluster is not the one that wrote here.
fn certain(object: &FluxObject, reverts: bool) -> Known<bool> {
    if object.elsewhere { Known::Unknown } else { Known::Known(reverts) }
}
