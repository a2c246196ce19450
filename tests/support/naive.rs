//! The Gateway API's text, followed request by request, slowly and without an ordered list.
//!
//! Nothing is shared with the program under test, nor with the code that reads its answers: each
//! function quotes the sentence that it follows.

use std::cmp::Ordering;

use crate::{
    fate::{Destination, Fate},
    ratio::Ratio,
    request::Request,
    world::{
        Backend, Match, Named, PORTS, PRODUCER, Parent, Route, Rule, SERVICE, SERVICES, UNREADY,
        World,
    },
};

/// What the text says about a request.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The match that takes it.
    pub winner: Option<Place>,
    /// Its fate; undefined where the text says nothing.
    pub fate: Fate,
}

/// A match by its place; the order has no meaning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The namespace of the route.
    pub namespace: String,
    /// The route.
    pub route: String,
    /// The index of the rule.
    pub rule: usize,
    /// The index of the match.
    pub index: usize,
}

/// A match with what precedence looks at.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    route: &'a Route,
    rule: usize,
    index: usize,
    found: &'a Match,
}

/// "If no matches are specified, the default is a prefix path match on "/"."
static DEFAULT_MATCH: Match = Match {
    path: Some(("PathPrefix", "/")),
    method: None,
    call: (None, None),
    headers: Vec::new(),
    query: Vec::new(),
};

/// Returns what the text says about a request from a namespace to a port of the Service.
#[must_use]
pub fn judge(world: &World, client: &str, port: u16, request: &Request) -> Verdict {
    let routes = routes_for(world, client, port);
    if routes.is_empty() {
        // "as if the mesh were not present".
        let fate = backend_fate(world, PRODUCER, SERVICE, port);
        return Verdict { winner: None, fate: Fate::all(fate) };
    }
    let mut best: Option<Candidate<'_>> = None;
    for candidate in candidates(&routes).into_iter().filter(|it| takes(it.found, request)) {
        if best.is_none_or(|best| outranks(&candidate, &best)) {
            best = Some(candidate);
        }
    }
    // "a HTTP 404 status code MUST be returned".
    let fate = best.map_or(Fate::all(Destination::Status(404)), |it| {
        rule_fate(world, it.route.namespace, &it.route.rules[it.rule])
    });
    Verdict { winner: best.map(|it| it.place()), fate }
}

/// Returns the matches that no request reaches, as another rule's match asks for the same and
/// comes first.
#[must_use]
pub fn unreachable(world: &World, client: &str, port: u16) -> Vec<Place> {
    let routes = routes_for(world, client, port);
    let all = candidates(&routes);
    let is_hidden = |it: &Candidate<'_>| {
        all.iter().any(|other| {
            (other.route.name != it.route.name || other.rule != it.rule)
                && asks(other.found) == asks(it.found)
                && outranks(other, it)
        })
    };
    all.iter().filter(|it| is_hidden(it)).map(Candidate::place).collect()
}

/// Returns all that a match asks for, whatever way it is written.
#[must_use]
pub fn asks(found: &Match) -> impl Ord + use<> {
    let (kind, value) = found.path.unwrap_or(("PathPrefix", "/"));
    let value = if kind == "PathPrefix" { value.trim_end_matches('/') } else { value };
    let mut headers: Vec<_> = effective_headers(found)
        .iter()
        .map(|it| (it.name.to_ascii_lowercase(), it.kind.unwrap_or("Exact"), it.value))
        .collect();
    headers.sort();
    let mut query: Vec<_> =
        found.query.iter().map(|it| (it.name, it.kind.unwrap_or("Exact"), it.value)).collect();
    query.sort_unstable();
    (kind, value, found.method, found.call, headers, query)
}

/// "Requests from a namespace with consumer routes will utilize the (possibly merged) set of
/// routes in the consumer namespace; requests from other namespaces will utilize the (possibly
/// merged) set of routes in the producer namespace."
fn routes_for<'a>(world: &'a World, client: &str, port: u16) -> Vec<&'a Route> {
    let attached = |namespace: &str| -> Vec<&'a Route> {
        let mut routes: Vec<&Route> = Vec::new();
        for route in &world.routes {
            if route.namespace == namespace && route.parents.iter().any(|it| selects(it, port)) {
                routes.push(route);
            }
        }
        routes
    };
    let consumer = if client == PRODUCER { Vec::new() } else { attached(client) };
    let mut routes = if consumer.is_empty() { attached(PRODUCER) } else { consumer };
    // "GRPCRoute, HTTPRoute, TLSRoute, TCPRoute (first one wins)".
    if routes.iter().any(|it| it.grpc) {
        routes.retain(|it| it.grpc);
    }
    routes
}

/// "If `port` is set, the implementation MUST associate the route only with that port. If `port`
/// is not set, the implementation MUST associate the route with all ports"; "When both Port and
/// SectionName are specified, the name and port of the selected port must match both".
fn selects(parent: &Parent, port: u16) -> bool {
    PORTS.iter().any(|(name, number)| {
        *number == port
            && (parent.port.is_none() || parent.port == Some(*number))
            && (parent.section.is_none() || parent.section == Some(*name))
    })
}

fn candidates<'a>(routes: &[&'a Route]) -> Vec<Candidate<'a>> {
    let mut all = Vec::new();
    for route in routes {
        for (rule, content) in route.rules.iter().enumerate() {
            if content.matches.is_empty() {
                all.push(Candidate { route, rule, index: 0, found: &DEFAULT_MATCH });
            }
            for (index, found) in content.matches.iter().enumerate() {
                all.push(Candidate { route, rule, index, found });
            }
        }
    }
    all
}

impl Candidate<'_> {
    fn place(&self) -> Place {
        Place {
            namespace: self.route.namespace.to_owned(),
            route: self.route.name.clone(),
            rule: self.rule,
            index: self.index,
        }
    }
}

/// "each match is satisfied only if all of its conditions are".
fn takes(found: &Match, request: &Request) -> bool {
    let path = match found.path.unwrap_or(("PathPrefix", "/")) {
        ("Exact", value) => value == request.path,
        (_, value) => {
            // "Matching is case-sensitive and done on a path element by element basis"; "When
            // specified, a trailing `/` is ignored".
            let elements: Vec<_> = value.split('/').skip(1).filter(|it| !it.is_empty()).collect();
            let path: Vec<_> = request.path.split('/').skip(1).collect();
            path.starts_with(&elements)
        }
    };
    let method = found.method.is_none_or(|it| it == request.method);
    let headers = effective_headers(found).iter().all(|it| {
        // "matching [names] is case-insensitive".
        let mut values = request.headers.iter();
        values.any(|(name, value)| name.eq_ignore_ascii_case(it.name) && value_fits(it, value))
    });
    let query = found.query.iter().all(|it| {
        request.query.iter().any(|(name, value)| name == it.name && value_fits(it, value))
    });
    path && method && headers && query && calls(found.call, &request.path)
}

/// "Value of the service to match against"; a call is a request for `/service/method`.
fn calls((service, method): (Option<&str>, Option<&str>), path: &str) -> bool {
    let called = path.strip_prefix('/').and_then(|it| it.split_once('/'));
    let (called_service, called_method) = called.unwrap_or((path, ""));
    service.is_none_or(|it| it == called_service) && method.is_none_or(|it| it == called_method)
}

fn value_fits(named: &Named, value: &str) -> bool {
    match (named.kind, named.value) {
        // The one expression that clusters have.
        (Some("RegularExpression"), "[12]") => value == "1" || value == "2",
        (Some("RegularExpression"), other) => unreachable!("no cluster has the expression {other}"),
        (_, expected) => value == expected,
    }
}

/// "If multiple entries specify equivalent header names, only the first entry with an equivalent
/// name MUST be considered for a match."
fn effective_headers(found: &Match) -> Vec<&Named> {
    let mut headers: Vec<&Named> = Vec::new();
    for header in &found.headers {
        if !headers.iter().any(|it| it.name.eq_ignore_ascii_case(header.name)) {
            headers.push(header);
        }
    }
    headers
}

/// Returns the matches of other routes that would take the request too if they were older.
#[must_use]
pub fn rivals(world: &World, client: &str, port: u16, request: &Request) -> Vec<Place> {
    let routes = routes_for(world, client, port);
    let taking: Vec<_> =
        candidates(&routes).into_iter().filter(|it| takes(it.found, request)).collect();
    let beats = |one: &&Candidate<'_>, two: &Candidate<'_>| outranks(one, two);
    let Some(best) = taking.iter().find(|it| !taking.iter().any(|other| beats(&other, it))) else {
        return Vec::new();
    };
    // Of a route's own matches only the first may win.
    let is_first = |it: &Candidate<'_>| {
        !taking.iter().any(|other| other.route.name == it.route.name && outranks(other, it))
    };
    let is_tied = |it: &&Candidate<'_>| {
        it.route.name != best.route.name
            && by_content(it.found, best.found) == Ordering::Equal
            && is_first(it)
    };
    taking.iter().filter(is_tied).map(Candidate::place).collect()
}

/// Returns whether one match has precedence over another.
fn outranks(one: &Candidate<'_>, two: &Candidate<'_>) -> bool {
    match by_content(one.found, two.found) {
        Ordering::Greater => return true,
        Ordering::Less => return false,
        Ordering::Equal => {}
    }
    // "The oldest Route based on creation timestamp."
    if one.route.created != two.route.created {
        return one.route.created < two.route.created;
    }
    // "The Route appearing first in alphabetical order by "{namespace}/{name}"."
    if one.route.name != two.route.name {
        return one.route.name < two.route.name;
    }
    // "matching precedence MUST be granted to the FIRST matching rule (in list order)".
    (one.rule, one.index) < (two.rule, two.index)
}

/// Compares what two matches ask for; the greater one has precedence.
fn by_content(one: &Match, two: &Match) -> Ordering {
    let by = |facts: fn(&Match) -> usize| facts(one).cmp(&facts(two));
    let prefix_length = |it: &Match| match it.path {
        Some(("PathPrefix", value)) => value.trim_end_matches('/').chars().count(),
        _ => 0,
    };
    let clauses = [
        // Of a GRPCRoute: "Characters in a matching service. Characters in a matching method."
        by(|it| it.call.0.map_or(0, str::len)),
        by(|it| it.call.1.map_or(0, str::len)),
        // ""Exact" path match. "Prefix" path match with largest number of characters. Method
        // match. Largest number of header matches. Largest number of query param matches."
        by(|it| usize::from(it.path.is_some_and(|(kind, _)| kind == "Exact"))),
        by(prefix_length),
        by(|it| usize::from(it.method.is_some())),
        by(|it| effective_headers(it).len()),
        by(|it| it.query.len()),
    ];
    clauses.into_iter().fold(Ordering::Equal, Ordering::then)
}

/// "Weight is computed as weight/(sum of all weights in this BackendRefs list)."
fn rule_fate(world: &World, namespace: &str, rule: &Rule) -> Fate {
    if rule.redirect {
        return Fate::all(Destination::Redirect);
    }
    if rule.backends.is_empty() {
        // "requests receive a 500".
        return Fate::all(Destination::Status(500));
    }
    let weight = |it: &Backend| i128::from(it.weight.unwrap_or(1));
    let sum: i128 = rule.backends.iter().map(weight).sum();
    if sum == 0 {
        // The text does not define 0/0, and contradicts itself on a single backend.
        return Fate::all(Destination::Undefined);
    }
    Fate::shares(rule.backends.iter().map(|backend| {
        let namespace = backend.namespace.unwrap_or(namespace);
        let destination = if backend.kind.is_some() {
            Destination::Status(500)
        } else {
            backend_fate(world, namespace, backend.name, backend.port)
        };
        (destination, Ratio::new(weight(backend), sum))
    }))
}

/// "When a HTTPBackendRef is invalid, 500 status codes MUST be returned"; "When a HTTPBackendRef
/// refers to a Service that has no ready endpoints, implementations SHOULD return a 503".
fn backend_fate(world: &World, namespace: &str, name: &str, port: u16) -> Destination {
    let exists = SERVICES.contains(&(namespace, name)) && PORTS.iter().any(|(_, it)| *it == port);
    if !exists {
        return Destination::Status(500);
    }
    if world.endpoints && (namespace, name) == UNREADY {
        return Destination::Status(503);
    }
    Destination::backend(namespace, name, Some(port))
}
