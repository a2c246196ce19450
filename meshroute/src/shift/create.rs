//! The route that a Service without one gets.

use crate::{
    cluster::{Cluster, Known, Service},
    name::ObjectName,
};

use super::{
    Amount, Guard, Note, Percent, Term, Trouble, Way, Wish, guard::trouble_of_service,
    weights::whole,
};

/// A route to make: it has the name of the Service and one rule, which takes every request.
#[derive(Debug, Clone)]
pub struct New {
    /// The Service that is called, and the name of the route.
    pub service: ObjectName,
    /// The port that the route is for; all, where none is named.
    pub port: Option<u16>,
    /// Its backends, in their order.
    pub backends: Vec<NewBackend>,
    /// What speaks against it.
    pub guards: Vec<Guard>,
    /// What else there is to know.
    pub notes: Vec<Note>,
}

/// A backend of a route to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBackend {
    /// The Service.
    pub name: ObjectName,
    /// Its port.
    pub port: u16,
    /// Its weight.
    pub weight: u32,
}

/// Plans a route for a Service that has none. The Services of its namespace should be known.
///
/// # Errors
///
/// What is not clear, or cannot be, with the ways out.
pub fn create(
    cluster: &Cluster,
    service: &Service,
    wish: &Wish,
    port: Option<u16>,
) -> Result<New, Trouble> {
    let terms = match wish {
        Wish::Terms(terms) => terms,
        Wish::Positions(weights) => {
            let trouble = Trouble::usage(format!(
                "a new route has no backends yet: name them, as in {}-v1=90",
                service.name.name
            ));
            return Err(trouble.ways(guessed(cluster, service, weights)));
        }
        Wish::Equal | Wish::Promote => {
            return Err(Trouble::usage(
                "a new route has no backends yet: give each a weight, as in v1=90 v2=10",
            ));
        }
    };
    let mut backends = Vec::new();
    for term in terms {
        let (name, port) = named(cluster, service, term, port)?;
        if backends.iter().any(|(other, other_port)| (other, other_port) == (&name, &port)) {
            return Err(Trouble::usage(format!("{} is named twice", name.name)));
        }
        backends.push((name, port));
    }
    let weights = weights(terms)?;
    let mut new = New {
        service: service.name.clone(),
        port,
        backends: Vec::new(),
        guards: Vec::new(),
        notes: Vec::new(),
    };
    if weights.iter().all(|weight| *weight == 0) {
        new.guards.push(Guard::AllZero { rule: "0".into() });
    }
    for ((name, port), weight) in backends.into_iter().zip(weights) {
        if weight > 0 {
            let backend = name.name.clone();
            match trouble_of_service(cluster, &name, port) {
                Known::Known(Some(why)) => {
                    new.guards.push(Guard::Raises { rule: "0".into(), backend, why });
                }
                Known::Known(None) => {}
                Known::Unknown => new.notes.push(Note::ReadyUnknown { backend }),
            }
        }
        new.backends.push(NewBackend { name, port, weight });
    }
    Ok(new)
}

/// The Services whose names begin with that of this one, if they are as many as the weights.
fn guessed(cluster: &Cluster, service: &Service, weights: &[u32]) -> Option<Way> {
    let own = &service.name;
    let prefix = format!("{}-", own.name);
    let kin = cluster.services().filter(|other| {
        other.name.namespace == own.namespace && other.name.name.starts_with(&prefix)
    });
    let names: Vec<&str> = kin.map(|other| other.name.name.as_str()).collect();
    (names.len() == weights.len()).then(|| {
        let words = names.iter().zip(weights).map(|(name, weight)| format!("{name}={weight}"));
        Way { flags: vec!["--create".into()], ..Way::weights(words) }
    })
}

/// The Service and port that a term means.
fn named(
    cluster: &Cluster,
    service: &Service,
    term: &Term,
    port: Option<u16>,
) -> Result<(ObjectName, u16), Trouble> {
    let (base, written) = match term.name.rsplit_once(':') {
        Some((base, port)) => (base, port.parse().ok()),
        None => (term.name.as_str(), None),
    };
    let namespace = &service.name.namespace;
    let exact = ObjectName::new(namespace, base);
    let longer = ObjectName::new(namespace, format!("{}-{base}", service.name.name));
    let found = [&exact, &longer]
        .into_iter()
        .find_map(|name| cluster.services().find(|other| other.name == *name));
    let Some(found) = found else {
        let port = written.or(port).or_else(|| only_port(service));
        let Some(port) = port else { return Err(no_port(base, service)) };
        return Ok((exact, port));
    };
    let wanted = written.or(port).or_else(|| only_port(service));
    let has = |port: &u16| found.ports.iter().any(|it| it.port == *port);
    let chosen = match written {
        Some(port) => Some(port),
        None => wanted.filter(has).or_else(|| only_port(found)),
    };
    match chosen {
        Some(port) => Ok((found.name.clone(), port)),
        None => Err(no_port(&found.name.name, found)),
    }
}

fn only_port(service: &Service) -> Option<u16> {
    match service.ports.as_slice() {
        [port] => Some(port.port),
        _ => None,
    }
}

fn no_port(name: &str, service: &Service) -> Trouble {
    let ports: Vec<String> = service.ports.iter().map(|port| port.port.to_string()).collect();
    Trouble::usage(format!(
        "which port of {name} is meant is not clear: write {name}:PORT=WEIGHT with one of {}",
        ports.join(", ")
    ))
}

fn weights(terms: &[Term]) -> Result<Vec<u32>, Trouble> {
    let mut weights = Vec::new();
    let mut shares = Vec::new();
    for term in terms {
        match term.amount {
            Amount::Weight(weight) => weights.push(weight),
            Amount::Share(percent) => shares.push(percent.parts().unsigned_abs()),
            Amount::More(_) | Amount::Less(_) => {
                return Err(Trouble::usage(format!(
                    "{term} is more or less than nothing yet: a new route has no shares"
                )));
            }
        }
    }
    if shares.is_empty() {
        return Ok(weights);
    }
    if shares.iter().sum::<u128>() != Percent::ALL.parts().unsigned_abs() {
        return Err(Trouble::usage("the shares of a new route have to add up to 100%"));
    }
    whole(&shares, 100)
        .ok_or_else(|| Trouble::usage("no weights have exactly these shares: write weights"))
}
