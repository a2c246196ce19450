//! `split`: the effective split of one Service, or of all that have routes.

use std::collections::BTreeMap;

use meshroute::{
    cluster::{Cluster, Service},
    detect::Meshes,
    name::ObjectName,
    profile::Mesh,
    split::{Question, Split, splits},
};

use crate::{
    Look, Streams, args,
    command::select::Selector,
    exit::{Failure, code},
    source::{self, Loaded},
    view::{self, Scope},
};

/// Runs the command.
pub(crate) fn run(
    args: &args::Split,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    if let Some(weight) = args.weights.first() {
        return Err(Failure::usage(format!(
            "this version shows splits and does not change them: leave {weight:?} out"
        )));
    }
    let named = args.service.as_deref().map(service_name).transpose()?;
    let selector =
        args.selector.as_deref().map(Selector::parse).transpose().map_err(Failure::usage)?;
    if named.is_some() && args.all_namespaces {
        return Err(Failure::usage(
            "a Service is in one namespace: name it with -n, or leave the Service out with -A",
        ));
    }

    let Loaded { cluster, warnings, errors: _ } = source::load(&args.source, streams.stdin)?;
    warn(streams, &warnings)?;
    let namespace = args.source.namespace();
    let services = match named {
        Some(name) => vec![find(&cluster, name, args)?],
        None => {
            let within = if args.all_namespaces { None } else { Some(namespace) };
            warn(streams, &orphans(&cluster, within))?;
            routed(&cluster, within, selector.as_ref(), args.port)
        }
    };

    let named_mesh: Option<Mesh> = args.mesh.parse().ok();
    let meshes = Meshes::of(&cluster);
    let mut answers = Vec::new();
    let mut undecided = BTreeMap::new();
    let mut assumed = BTreeMap::new();
    for service in services {
        let mesh = named_mesh.unwrap_or_else(|| detected(&meshes, service, &mut undecided));
        let question = Question {
            service,
            port: args.port,
            from: args.from_namespace.as_deref(),
            host: args.host.as_deref(),
        };
        let answer = splits(&cluster, mesh.profile(), &question);
        for about in answer.iter().flat_map(|split| &split.assumed) {
            assumed.entry((mesh, *about)).or_insert(());
        }
        answers.extend(answer);
    }
    warn(streams, &undecided.into_values().collect::<Vec<_>>())?;
    warn(streams, &assumptions(&assumed))?;

    if answers.is_empty() {
        writeln!(streams.stderr, "{}", nothing(&cluster, args))?;
    }
    let scope = if named.is_some() { Scope::One } else { Scope::Many };
    let text = view::split(&answers, scope, &args.output, args.no_headers, look)?;
    streams.stdout.write_all(text.as_bytes())?;
    streams.stdout.flush()?;
    Ok(code::DONE)
}

fn warn(streams: &mut Streams<'_>, warnings: &[String]) -> Result<(), Failure> {
    for warning in warnings {
        writeln!(streams.stderr, "warning: {}", view::clean(warning))?;
    }
    Ok(())
}

/// `reviews`, `svc/reviews`, `service/reviews`.
fn service_name(text: &str) -> Result<&str, Failure> {
    let name = match text.split_once('/') {
        None => text,
        Some(("svc" | "service" | "services", name)) => name,
        Some((kind, _)) => {
            return Err(Failure::usage(format!(
                "{text:?} names no Service: write the name alone, or svc/NAME, not {kind}/"
            )));
        }
    };
    if let Some((name, namespace)) = name.split_once('.') {
        let namespace = namespace.split('.').next().unwrap_or_default();
        return Err(Failure::usage(format!(
            "{text:?} is a host name: write {name} -n {namespace}"
        )));
    }
    if name.is_empty() { Err(Failure::usage("the name of the Service is empty")) } else { Ok(name) }
}

/// The Service of this name, and with this port. Files are a whole cluster with no namespace to
/// start from: where none is named, a Service whose name is there once is found in any.
fn find<'a>(cluster: &'a Cluster, name: &str, args: &args::Split) -> Result<&'a Service, Failure> {
    let full_name = ObjectName::new(args.source.namespace(), name);
    let namesakes = || cluster.services().filter(|service| service.name.name == name);
    let only = match namesakes().collect::<Vec<_>>().as_slice() {
        [service] if !args.source.names_namespace() => Some(*service),
        _ => None,
    };
    let Some(service) = cluster.service(&full_name).or(only) else {
        let mut message = format!("Service {full_name} not found");
        let elsewhere: Vec<&str> = namesakes().map(|it| it.name.namespace.as_str()).collect();
        if let Some(namespace) = elsewhere.first() {
            message.push_str(&format!(
                "; there is one in {}: add -n {namespace}",
                elsewhere.join(", ")
            ));
        } else if let Some(route) = cluster.routes_of_parent(&full_name).next() {
            message.push_str(&format!(", though {} names it as a parent", route.id));
        }
        return Err(Failure::no(view::clean(&message)));
    };
    let ports: Vec<String> = service.ports.iter().map(|port| port.port.to_string()).collect();
    let name = &service.name;
    match args.port {
        _ if ports.is_empty() => Err(Failure::no(format!("Service {name} has no port"))),
        Some(port) if !service.ports.iter().any(|other| other.port == port) => Err(Failure::no(
            format!("Service {name} has no port {port}; it has {}", ports.join(", ")),
        )),
        _ => Ok(service),
    }
}

/// The Services that some route names as a parent.
fn routed<'a>(
    cluster: &'a Cluster,
    namespace: Option<&str>,
    selector: Option<&Selector>,
    port: Option<u16>,
) -> Vec<&'a Service> {
    let services = cluster.services().filter(|service| {
        namespace.is_none_or(|namespace| service.name.namespace == namespace)
            && selector.is_none_or(|selector| selector.takes(&service.labels))
            && port.is_none_or(|port| service.ports.iter().any(|other| other.port == port))
            && is_routed(cluster, &service.name)
    });
    services.collect()
}

/// Whether a route has the Service as a parent, or seems to mean it.
fn is_routed(cluster: &Cluster, name: &ObjectName) -> bool {
    cluster.routes_of_parent(name).any(|route| {
        let mut parents = route.parents.iter().filter(|parent| parent.name == *name);
        parents.any(|parent| {
            parent.kind.to_ascii_lowercase().starts_with("s") || parent.group.is_empty()
        })
    })
}

/// Routes whose parent Service is not there.
fn orphans(cluster: &Cluster, namespace: Option<&str>) -> Vec<String> {
    let mut orphans = Vec::new();
    for route in cluster.routes() {
        for parent in route.parents.iter().filter(|parent| *parent.kind == "Service") {
            let within = namespace.is_none_or(|namespace| parent.name.namespace == namespace);
            if within && cluster.service(&parent.name).is_none() {
                orphans.push(format!("{}: its parent Service {} not found", route.id, parent.name));
            }
        }
    }
    orphans.sort();
    orphans.dedup();
    orphans
}

/// The mesh that the Service is in, as far as the objects show.
fn detected(
    meshes: &Meshes<'_>,
    service: &Service,
    undecided: &mut BTreeMap<Vec<Mesh>, String>,
) -> Mesh {
    let detected = meshes.mesh_of(service);
    if !detected.undecided.is_empty() {
        let names: Vec<&str> = detected.undecided.iter().map(|mesh| mesh.name()).collect();
        let message = format!(
            "several meshes show ({}) and nothing says which one {} is in: computed by the specification; --mesh decides",
            names.join(", "),
            service.name
        );
        undecided.entry(detected.undecided).or_insert(message);
    }
    detected.mesh
}

fn assumptions(assumed: &BTreeMap<(Mesh, &'static str), ()>) -> Vec<String> {
    let mut by_mesh: BTreeMap<Mesh, Vec<&str>> = BTreeMap::new();
    for (mesh, about) in assumed.keys() {
        by_mesh.entry(*mesh).or_default().push(about);
    }
    let said = by_mesh.into_iter().map(|(mesh, about)| {
        format!(
            "{mesh}: this rests on assumptions, not on a run of the mesh ({})",
            about.join(", ")
        )
    });
    said.collect()
}

/// What to say where nothing is shown: `no mesh routes in default (12 in shop, pay; use -A)`.
fn nothing(cluster: &Cluster, args: &args::Split) -> String {
    let everywhere = routed(cluster, None, None, None);
    let within = if args.all_namespaces { "any namespace" } else { args.source.namespace() };
    let mut text = format!("no mesh routes in {within}");
    if args.selector.is_some() || args.port.is_some() {
        text.push_str(" for what is asked");
    }
    let mut elsewhere: BTreeMap<&str, usize> = BTreeMap::new();
    for service in
        everywhere.iter().filter(|service| service.name.namespace != args.source.namespace())
    {
        *elsewhere.entry(&service.name.namespace).or_default() +=
            cluster.routes_of_parent(&service.name).count();
    }
    if !args.all_namespaces && !elsewhere.is_empty() {
        let count: usize = elsewhere.values().sum();
        let names: Vec<&str> = elsewhere.into_keys().collect();
        text.push_str(&format!(" ({count} in {}; use -A)", names.join(", ")));
    }
    text
}

/// One [`Split`] after the other; a Service with ports that behave differently has several.
pub(crate) type Answers<'a> = [Split<'a>];
