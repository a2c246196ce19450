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
    exit::{Failure, code},
    source::{Manner, Source},
    view::{self, Output},
};

/// The flag.
const CREATE: &str = "--create";

/// Whether a route is all that is missing.
pub(super) fn is_way(trouble: &Trouble) -> bool {
    trouble.ways.iter().any(|way| way.flags.iter().any(|flag| flag == CREATE))
}

/// Makes the route, or says how to.
pub(super) fn run(
    change: &Change<'_>,
    source: &mut Source,
    wish: &Wish,
    is_asked: bool,
    trouble: Trouble,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let home = source.namespace.clone();
    let name = ObjectName::new(&home, service_name(change.service));
    let kin = [Kind::Service, Kind::EndpointSlice].map(|kind| Part::namespace(kind, &home));
    source.read(&BTreeSet::from(kin))?;
    let Known::Known(Some(service)) = source.cluster.service(&name) else {
        return Err(change.failure(&trouble));
    };
    let planned = shift::create(&source.cluster, service, wish, change.question.port);
    let new = match planned {
        Ok(new) if is_asked => new,
        Ok(_) => return Err(change.failure(&trouble)),
        Err(other) if is_asked => {
            let ways = other.ways.iter().map(|way| Way { flags: Vec::new(), ..way.clone() });
            return Err(change.failure(&Trouble { ways: ways.collect(), ..other.clone() }));
        }
        Err(other) => {
            let message = format!("{}; {}", trouble.message, other.message);
            let class = Class::Usage;
            return Err(change.failure(&Trouble { class, message, ways: other.ways }));
        }
    };
    let id = RouteId { kind: RouteKind::Http, name };
    guard::check(change, &new.guards, &id, look, streams)?;
    for note in new.notes.iter().map(guard::note) {
        writeln!(streams.stderr, "note: {note}")?;
    }
    let object = object(&new);
    let dry = change.writing.dry_run;
    let made = match dry {
        DryRun::Client => object,
        DryRun::Server | DryRun::None => {
            let manager = &change.writing.field_manager;
            let manner = Manner { manager, dry: dry == DryRun::Server };
            source.writable()?.create(&id, &object, manner)?
        }
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
        Output::Markdown | Output::JsonPath(_) => {
            return Err(Failure::usage("a new route is printed as table, json, yaml or name"));
        }
    };
    streams.stdout.write_all(text.as_bytes())?;
    streams.stdout.flush()?;
    Ok(code::DONE)
}

fn service_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
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
