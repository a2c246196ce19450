//! Where the requests of a rule go, and where those go that no rule takes.

use crate::{
    cluster::{Known, Ready, Service, ServiceKind, ServicePort},
    matching,
    name::ObjectName,
    profile::{
        BackendNamespace, Nobody, OddBackend, Ungranted, Unready, Unsupported, WrongPort, Zero,
    },
    ratio::Ratio,
    route::{Backend, Filter, FilterKind, Route},
    split::{
        answer::{Answer, Outcome, Reference, Response, Share, Unmatched},
        ask::Ask,
        attach::Attachment,
        inherit::Effective,
        order::Ordered,
        protocol,
    },
};

/// Where the requests of a rule go.
pub(super) struct Fate {
    pub(super) backends: Vec<Share>,
    pub(super) respond: Option<Response>,
}

/// What stands between a backend and its share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Serves,
    Answers(Response),
    Unready,
    Unknown(&'static str),
    Dropped(&'static str),
}

impl State {
    const fn answers(answer: Answer, why: &'static str) -> Self {
        Self::Answers(Response { answer, why })
    }
}

/// A backend that was looked up.
struct Found {
    reference: Reference,
    alias_of: Option<ObjectName>,
    ready: Known<Ready>,
    state: State,
    weight: u32,
}

/// The fate of a rule's requests.
pub(super) fn of_rule<'a>(ask: &Ask<'a>, port: &'a ServicePort, rule: &Effective<'a>) -> Fate {
    let backends: Vec<Found> =
        rule.backends.iter().map(|backend| look_up(ask, rule.backends_of, backend)).collect();
    if has(rule.filters, FilterKind::Unknown) {
        return answered(backends, Answer::Undefined, "a filter of an unknown type");
    }
    let filters = ask.profile.rule_filters.value;
    let unsupported = rule.filters.iter().any(|filter| !filters.works.contains(&filter.kind()));
    if unsupported && filters.otherwise == Unsupported::Fails {
        ask.fact("filters", &ask.profile.rule_filters);
        return answered(backends, Answer::Status(500), "a filter that the mesh does not take");
    }
    if has(rule.filters, FilterKind::RequestRedirect) {
        return answered(backends, Answer::Redirect, "redirect");
    }
    if backends.iter().all(|backend| matches!(backend.state, State::Dropped(_))) {
        return match ask.fact("rules without backends", &ask.profile.empty) {
            Nobody::Answers(status) => answered(backends, Answer::Status(status), "no backends"),
            Nobody::Service => {
                let mut shares = shares(backends, &[]);
                shares.push(service_itself(ask, port));
                Fate { backends: shares, respond: None }
            }
        };
    }
    weighted(ask, backends)
}

/// A rule whose one fate no backend gives.
fn answered(backends: Vec<Found>, answer: Answer, why: &'static str) -> Fate {
    let mut shares = shares(backends, &[]);
    for share in &mut shares {
        share.outcome = Outcome::RuleAnswered;
    }
    Fate { backends: shares, respond: Some(Response { answer, why }) }
}

/// Shares by weight: `weight/(sum of all weights in this BackendRefs list)` (`BackendRef.Weight`).
fn weighted(ask: &Ask<'_>, mut backends: Vec<Found>) -> Fate {
    let weight = |backend: &Found| {
        if matches!(backend.state, State::Dropped(_)) { 0 } else { u64::from(backend.weight) }
    };
    let sum: u64 = backends.iter().map(weight).sum();
    if sum == 0 {
        let lone = backends.len() == 1;
        let zero = if lone { &ask.profile.lone_zero } else { &ask.profile.all_zero };
        let about = if lone { "a single backend of weight 0" } else { "weights that are all 0" };
        return match ask.fact(about, zero) {
            Zero::Fails => answered(backends, Answer::Status(500), "every weight is 0"),
            Zero::Undefined => answered(backends, Answer::Undefined, "every weight is 0"),
            Zero::Everything => {
                let parts = vec![Ratio::ONE];
                settle(ask, &mut backends, &parts);
                Fate { backends: shares(backends, &parts), respond: None }
            }
        };
    }
    let unready = |backend: &Found| backend.state == State::Unready && backend.weight > 0;
    let mut parts: Vec<Ratio> =
        backends.iter().map(|backend| Ratio::new(weight(backend), sum)).collect();
    if backends.iter().any(unready) && ask.profile.unready.value == Unready::Redistributed {
        let live: u64 = backends.iter().filter(|backend| !unready(backend)).map(weight).sum();
        if live > 0 {
            for (part, backend) in parts.iter_mut().zip(&backends) {
                *part =
                    if unready(backend) { Ratio::ZERO } else { Ratio::new(weight(backend), live) };
            }
        }
    }
    settle(ask, &mut backends, &parts);
    Fate { backends: shares(backends, &parts), respond: None }
}

/// Turns backends without a ready endpoint that keep a part into what answers for them.
fn settle(ask: &Ask<'_>, backends: &mut [Found], parts: &[Ratio]) {
    for (backend, part) in backends.iter_mut().zip(parts) {
        if backend.state == State::Unready && !part.is_zero() {
            backend.state = State::Answers(unready_answer(ask));
        }
    }
}

fn unready_answer(ask: &Ask<'_>) -> Response {
    let status = match ask.fact("backends without a ready endpoint", &ask.profile.unready) {
        Unready::Lost => 503,
        Unready::Redistributed => 504,
    };
    Response { answer: Answer::Status(status), why: NO_ENDPOINT }
}

/// Pairs backends with their effective parts; none where the rule is answered as a whole.
fn shares(backends: Vec<Found>, parts: &[Ratio]) -> Vec<Share> {
    let sum: u64 = backends.iter().map(|backend| u64::from(backend.weight)).sum();
    let pairs = backends.into_iter().enumerate();
    let shares = pairs.map(|(index, backend)| {
        let effective = parts.get(index).copied().unwrap_or(Ratio::ZERO);
        let outcome = match backend.state {
            State::Dropped(why) => Outcome::Moved(why),
            State::Unready if backend.weight > 0 => Outcome::Moved(NO_ENDPOINT),
            _ if effective.is_zero() => Outcome::Nothing,
            State::Answers(response) => Outcome::Answered(response),
            State::Unknown(what) => Outcome::Unknown(what),
            State::Serves | State::Unready => Outcome::Served,
        };
        Share {
            reference: backend.reference,
            weight: Some(backend.weight),
            share: Ratio::new(u64::from(backend.weight), sum),
            effective,
            ready: backend.ready,
            implicit: false,
            alias_of: backend.alias_of,
            outcome,
        }
    });
    shares.collect()
}

/// The Service itself, as if there were no routes.
fn service_itself(ask: &Ask<'_>, port: &ServicePort) -> Share {
    let service = ask.question.service;
    let ready = endpoints(ask, service, port);
    let outcome = match ready {
        Known::Known(Ready { ready: 0, .. }) => Outcome::Answered(unready_answer(ask)),
        _ => Outcome::Served,
    };
    Share {
        reference: Reference {
            group: String::new(),
            kind: "Service".into(),
            name: service.name.clone(),
            port: Some(port.port),
        },
        weight: None,
        share: Ratio::ZERO,
        effective: Ratio::ONE,
        ready,
        implicit: true,
        alias_of: None,
        outcome,
    }
}

/// What becomes of a request that no rule takes.
pub(super) fn of_unmatched<'a>(
    ask: &Ask<'a>,
    port: &'a ServicePort,
    attachment: &Attachment<'a>,
    ordered: &Ordered<'a>,
) -> Option<Unmatched> {
    if ordered.entries.iter().any(|entry| matching::takes_everything(&entry.matched)) {
        return None;
    }
    if attachment.overridden {
        return Some(Unmatched::Respond(Answer::Undefined));
    }
    if attachment.attached.is_empty() {
        return Some(Unmatched::Backend(Box::new(service_itself(ask, port))));
    }
    Some(match ask.fact("requests that no rule takes", &ask.profile.unmatched) {
        Nobody::Answers(status) => Unmatched::Respond(Answer::Status(status)),
        Nobody::Service => Unmatched::Backend(Box::new(service_itself(ask, port))),
    })
}

/// Whether a backend is left out as if it were not written.
pub(super) fn is_dropped(ask: &Ask<'_>, route: &Route, backend: &Backend) -> bool {
    ask.profile.ungranted.value == Ungranted::Dropped
        && refusal(ask, route, &backend_name(ask, route, backend)).is_some()
}

fn backend_name(ask: &Ask<'_>, route: &Route, backend: &Backend) -> ObjectName {
    let inferred = match ask.profile.backend_namespace.value {
        BackendNamespace::Route => &route.id.name.namespace,
        BackendNamespace::Parent => &ask.question.service.name.namespace,
    };
    ObjectName::new(backend.namespace.as_ref().unwrap_or(inferred), &backend.name)
}

/// Why a route may not refer to the Service, if it may not.
///
/// Without a single grant in the view nobody said whether there are any. The fate is then the one
/// without a grant, since that is what the objects given lead to, and its reason says what it
/// rests on.
fn refusal(ask: &Ask<'_>, route: &Route, name: &ObjectName) -> Option<&'static str> {
    if name.namespace == route.id.name.namespace {
        return None;
    }
    match ask.granted(&route.id, name) {
        Known::Known(true) => None,
        Known::Known(false) => Some("no ReferenceGrant permits it"),
        Known::Unknown => Some("? no ReferenceGrant was given"),
    }
}

fn look_up<'a>(ask: &Ask<'a>, route: &Route, backend: &Backend) -> Found {
    let name = backend_name(ask, route, backend);
    let known = if is_service(ask, backend) { ask.service(&name) } else { Known::Known(None) };
    let service = match known {
        Known::Known(service) => service,
        Known::Unknown => {
            // Whoever goes and finds the Service may bring its endpoints with it.
            ask.ready(&name, "");
            None
        }
    };
    let state = state(ask, route, backend, &name, known);
    let port = service
        .and_then(|service| service.ports.iter().find(|port| Some(port.port) == backend.port));
    let ready = match (service, port) {
        (Some(service), Some(port)) => endpoints(ask, service, port),
        _ => Known::Unknown,
    };
    let state = match (state, ready) {
        (State::Serves, Known::Known(Ready { ready: 0, .. })) => State::Unready,
        (state, _) => state,
    };
    let alias_of = match (state, service.map(|service| &service.kind)) {
        (State::Serves, Some(ServiceKind::ExternalName(host))) => match local_service(ask, host) {
            Known::Known(name) => name,
            Known::Unknown => None,
        },
        _ => None,
    };
    let reference = Reference {
        group: backend.group.value.clone(),
        kind: backend.kind.value.clone(),
        name,
        port: backend.port,
    };
    Found { reference, alias_of, ready, state, weight: *backend.weight }
}

fn is_service(ask: &Ask<'_>, backend: &Backend) -> bool {
    let spelling = ask.fact("spelling of backendRefs", &ask.profile.backend_ref);
    spelling.is_service(&backend.group, &backend.kind)
}

fn state(
    ask: &Ask<'_>,
    route: &Route,
    backend: &Backend,
    name: &ObjectName,
    service: Known<Option<&Service>>,
) -> State {
    const fn fails(why: &'static str) -> State {
        State::answers(Answer::Status(500), why)
    }
    if !is_service(ask, backend) {
        return fails("unsupported kind of backend");
    }
    if let Some(why) = refusal(ask, route, name) {
        match ask.fact("backends in other namespaces", &ask.profile.ungranted) {
            Ungranted::Works => {}
            Ungranted::Fails => return fails(why),
            Ungranted::Dropped => return State::Dropped(why),
        }
    }
    let service = match service {
        Known::Known(Some(service)) => service,
        Known::Known(None) => return fails("Service not found"),
        Known::Unknown => return State::Unknown("whether the Service exists is not known"),
    };
    let Some(number) = backend.port else { return fails("no port") };
    let odd = match &service.kind {
        ServiceKind::Headless => ask.fact("headless backends", &ask.profile.headless_backend),
        ServiceKind::ExternalName(_) => {
            ask.fact("ExternalName backends", &ask.profile.external_backend)
        }
        ServiceKind::ClusterIp | ServiceKind::Exposed => OddBackend::Works,
    };
    match (&service.kind, odd) {
        (ServiceKind::ExternalName(host), OddBackend::Alias) => match local_service(ask, host) {
            Known::Known(Some(_)) => {}
            Known::Known(None) => return fails("ExternalName outside the cluster"),
            Known::Unknown => {
                return State::Unknown("whether the ExternalName is of this cluster is not known");
            }
        },
        (ServiceKind::ExternalName(_), OddBackend::Fails) => return fails("ExternalName Service"),
        (_, OddBackend::Fails) => return fails("headless Service"),
        _ => {}
    }
    match service.ports.iter().find(|port| port.port == number) {
        None if ask.fact("wrong ports", &ask.profile.wrong_port) == WrongPort::Fails => {
            return fails("port not in Service");
        }
        Some(port) if !protocol::is_http_backend(ask, port) => {
            return fails("port has no appProtocol: http");
        }
        _ => {}
    }
    if let Some(state) = filtered(ask, &backend.filters) {
        return state;
    }
    State::Serves
}

/// What filters of the backend make of its share.
fn filtered(ask: &Ask<'_>, filters: &[Filter]) -> Option<State> {
    if filters.is_empty() {
        return None;
    }
    if has(filters, FilterKind::Unknown) {
        return Some(State::answers(Answer::Undefined, "unknown filter"));
    }
    let fact = ask.fact("filters of backends", &ask.profile.backend_filters);
    let unsupported = filters.iter().any(|filter| !fact.works.contains(&filter.kind()));
    if unsupported && fact.otherwise == Unsupported::Fails {
        return Some(State::answers(Answer::Status(500), "unsupported filter"));
    }
    let redirects = fact.works.contains(&FilterKind::RequestRedirect)
        && has(filters, FilterKind::RequestRedirect);
    redirects.then_some(State::answers(Answer::Redirect, "redirect"))
}

fn has(filters: &[Filter], kind: FilterKind) -> bool {
    filters.iter().any(|filter| filter.kind() == kind)
}

/// The Service of the cluster that an ExternalName is another name for.
fn local_service(ask: &Ask<'_>, host: &str) -> Known<Option<ObjectName>> {
    let host = host.trim_end_matches('.');
    let short = host
        .strip_suffix(".svc.cluster.local")
        .or_else(|| host.strip_suffix(".svc"))
        .unwrap_or(host);
    let Some((name, namespace)) = short.split_once('.') else { return Known::Known(None) };
    let name = ObjectName::new(namespace, name);
    match ask.service(&name) {
        Known::Known(service) => Known::Known(service.map(|_| name)),
        Known::Unknown => Known::Unknown,
    }
}

/// The endpoints of a port; of no interest for an alias, which has none.
fn endpoints(ask: &Ask<'_>, service: &Service, port: &ServicePort) -> Known<Ready> {
    match service.kind {
        ServiceKind::ExternalName(_) => Known::Unknown,
        _ => ask.ready(&service.name, &port.name),
    }
}

const NO_ENDPOINT: &str = "no ready endpoints";
