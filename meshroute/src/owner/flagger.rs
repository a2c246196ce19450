//! Flagger: a Canary that made the route and writes its weights.

use crate::{
    cluster::{Canary, Known, Part},
    kind::Kind,
    name::ObjectName,
    owner::{Evidence, Look, Owner, Standing, Tool, not_found, standing, unread},
};

pub(super) fn owner(look: &mut Look<'_, '_>) -> Option<Owner> {
    let canary = look.signs.canary.as_ref()?;
    let name = ObjectName::new(&look.route.id.name.namespace, canary);
    let (state, reverts) = match look.cluster.canary(&name) {
        Known::Known(Some(canary)) => stands(canary),
        Known::Known(None) => not_found(),
        Known::Unknown => {
            look.want(Part::object(Kind::Canary, &name));
            unread()
        }
    };
    let evidence = Evidence::OwnerReference;
    Some(Owner { tool: Tool::Flagger, name: Some(name), state, reverts, evidence })
}

/// flagger, `pkg/router/gateway_api.go`, `Reconcile`: weights alone are no difference to it.
/// `pkg/controller/scheduler.go`, `advanceCanary`: a run writes them step by step and ends with all
/// for the primary; between runs, in `Finalising` and while it is suspended, nothing is written.
fn stands(canary: &Canary) -> Standing {
    if canary.suspended {
        return standing("suspended", Known::Known(false));
    }
    let Some(phase) = canary.phase.as_deref() else {
        return standing("not started", Known::Unknown);
    };
    let running = || match canary.weight {
        Some(weight) => format!("{phase}, weight {weight}"),
        None => phase.to_owned(),
    };
    match phase {
        "Progressing" | "Promoting" => standing(running(), Known::Known(true)),
        // For somebody to let it go on.
        "Waiting" | "WaitingPromotion" => standing(running(), Known::Unknown),
        "Initialized" | "Succeeded" | "Failed" => standing(phase, Known::Known(false)),
        _ => standing(phase, Known::Unknown),
    }
}
