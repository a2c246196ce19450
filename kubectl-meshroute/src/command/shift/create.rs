//! Makes the route of a Service that has none.

use std::collections::BTreeSet;

use meshroute::{
    cluster::{Known, Part},
    kind::Kind,
    name::{ObjectName, RouteId, RouteKind},
    shift::{self, Class, New, Trouble, Way, Wish},
};
use serde_json::{Value, json};

use super::{Change, guard};
use crate::{
    Look, Streams,
    args::DryRun,
    command::services::service_name,
    exit::{Failure, code},
    source::{Live, Manner, Place, Source, Written},
    view::{self, Output},
};

/// The flag.
const CREATE: &str = "--create";

/// What has a new route printed.
const PRINTING: [&str; 3] = ["--dry-run=client", "-o", "yaml"];

/// Whether a route is all that is missing.
pub(super) fn is_way(trouble: &Trouble) -> bool {
    trouble.ways.iter().any(|way| way.flags.iter().any(|flag| flag == CREATE))
}

/// The trouble, where no route is to be made.
pub(super) fn without_create(mut trouble: Trouble) -> Trouble {
    trouble.ways.retain(|way| way.flags.iter().all(|flag| flag != CREATE));
    trouble
}

/// Makes the route, or says how to.
pub(super) fn run(
    change: &Change<'_>,
    source: &mut Source,
    place: &Place,
    wish: &Wish,
    trouble: Trouble,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let home = source.namespace.clone();
    let name = ObjectName::new(&home, service_name(change.service)?);
    let kin = [Kind::Service, Kind::EndpointSlice].map(|kind| Part::namespace(kind, &home));
    source.read(&BTreeSet::from(kin))?;
    let Known::Known(Some(service)) = source.cluster.service(&name) else {
        return Err(change.failure(&trouble));
    };
    let planned = shift::create(&source.cluster, service, wish, change.question.port);
    let new = match planned {
        Ok(new) if change.creates => new,
        Ok(_) => return Err(change.failure(&printing(trouble, place))),
        Err(other) if change.creates => {
            let ways = other.ways.iter().map(|way| Way { flags: Vec::new(), ..way.clone() });
            return Err(change.failure(&Trouble { ways: ways.collect(), ..other.clone() }));
        }
        Err(other) => {
            let message = format!("{}; {}", trouble.message, other.message);
            let class = Class::Usage;
            let ways = [without_create(trouble).ways, other.ways].concat();
            let trouble = Trouble { class, message, ways };
            return Err(change.failure(&printing(trouble, place)));
        }
    };
    let id = RouteId { kind: RouteKind::Http, name };
    let dry = change.writing.dry_run;
    let is_printed = dry == DryRun::Client;
    if !matches!(place, Place::Cluster) && !is_printed {
        let flags = PRINTING.map(str::to_owned);
        return Err(Failure::usage(format!(
            "no file is made for a new route: print it, and put it where you want it\n  try: {}",
            view::clean(&change.with_flag(&flags))
        )));
    }
    guard::check(change, &new.guards, &id, look, streams)?;
    // Of files nobody expects to hold endpoints.
    let notes = new.notes.iter().filter(|_| matches!(place, Place::Cluster));
    for note in notes.map(guard::note) {
        writeln!(streams.stderr, "note: {note}")?;
    }
    let object = object(&new);
    let made = match dry {
        DryRun::Client => object,
        DryRun::Server | DryRun::None => make(change, source.writable()?, &id, &object)?,
    };
    let word = match dry {
        DryRun::None => "created",
        DryRun::Client => "created (dry run)",
        DryRun::Server => "created (server dry run)",
    };
    let text = match change.output {
        Output::Table | Output::Wide => format!("{} {word}\n", view::shift::resource(&id)),
        Output::Name => format!("{}\n", view::shift::resource(&id)),
        Output::Json | Output::JsonLine => view::to_json(&made)?,
        Output::Yaml => view::to_yaml(&made)?,
        Output::JsonPath(template) => view::to_jsonpath(template, &made)?,
        Output::Markdown => return view::shift::check(change.output).map(|()| code::DONE),
    };
    streams.stdout.write_all(text.as_bytes())?;
    streams.stdout.flush()?;
    Ok(code::DONE)
}

/// The trouble, whose ways to make a route print it where no cluster takes it.
fn printing(mut trouble: Trouble, place: &Place) -> Trouble {
    if matches!(place, Place::Cluster) {
        return trouble;
    }
    for way in &mut trouble.ways {
        if way.flags.iter().any(|flag| flag == CREATE) {
            way.flags.extend(PRINTING.map(str::to_owned));
        }
    }
    trouble
}

/// Sends it, and looks where no answer comes.
fn make(change: &Change<'_>, live: &Live, id: &RouteId, object: &Value) -> Result<Value, Failure> {
    let is_dry = change.writing.dry_run == DryRun::Server;
    let manner = Manner { manager: &change.writing.field_manager, dry: is_dry };
    let (why, is_lost) = match live.create(id, object, manner)? {
        Written::Done(made) => return Ok(made),
        Written::Stale => (format!("{id} is there already"), false),
        Written::Unanswered(why) => (why, true),
    };
    let words = [change.service.to_owned()];
    let look = view::clean(&change.given.about_service("split", &words));
    if !is_lost {
        return Err(Failure::refused(format!("{why}: nothing was written\n  try: {look}")));
    }
    // The server may have done it, and lost its answer.
    match live.stored(id) {
        Ok(Some(stored)) if !is_dry && is_made(&stored.object, object) => Ok(stored.object),
        Ok(_) => Err(Failure::no(format!("{why}; {id} was not made"))),
        Err(Failure::Lost(_) | Failure::Said { .. }) => {
            Err(Failure::no(format!("{why}; whether {id} was made is not known\n  try: {look}")))
        }
        Err(failure) => Err(failure),
    }
}

/// Whether a stored object is the one that was sent.
fn is_made(stored: &Value, object: &Value) -> bool {
    stored["spec"]["rules"] == object["spec"]["rules"]
}

/// The route with every default written, so that nobody has to know them.
fn object(new: &New) -> Value {
    let ObjectName { namespace, name } = &new.service;
    let mut parent = json!({"group": "", "kind": "Service", "name": name});
    if let Some(port) = new.port {
        parent["port"] = json!(port);
    }
    let backends: Vec<Value> = new
        .backends
        .iter()
        .map(|backend| {
            json!({"group": "", "kind": "Service", "name": backend.name.name,
                   "port": backend.port, "weight": backend.weight})
        })
        .collect();
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "parentRefs": [parent],
            "rules": [{
                "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                "backendRefs": backends,
            }],
        },
    })
}
