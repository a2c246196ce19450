//! The effective split of a Service: what a client gets that calls it.
//!
//! [`splits`] answers a [`Question`] with one [`Split`] for each set of ports that behaves alike.
//! The work goes through four steps: which routes are in effect (`attach`, `levels`), in which
//! order their matches are tried (`order`), where the requests of a rule go (`fate`), and who sees
//! something else (`exceptions`). Who else writes the routes stands beside it.

mod answer;
mod ask;
mod attach;
mod exceptions;
mod fate;
mod inherit;
mod levels;
mod order;
mod protocol;
mod waypoint;

pub use answer::{
    Answer, Exception, Inert, Inherited, Outcome, Owned, RankedMatch, Reason, Reference, Response,
    Role, RuleId, Seen, Shadowed, Share, Split, SplitRule, TieReason, UndefinedOrder, Unmatched,
};

use std::collections::{BTreeSet, HashMap};

use crate::{
    cluster::{Cluster, Service, ServicePort},
    name::RouteKind,
    owner::owner,
    profile::Profile,
    route::Parent,
};
use ask::Ask;
use protocol::Carries;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The Service that is called.
    pub service: &'a Service,
    /// One port of it; all if none is named.
    pub port: Option<u16>,
    /// The namespace of the client; if none is named, any namespace without routes of its own for
    /// the Service.
    pub from: Option<&'a str>,
    /// The host that is dialled; the Service's full name if none is named. Only Linkerd looks at
    /// it.
    pub host: Option<&'a str>,
}

/// Answers the question; ports with the same answer share one [`Split`], in the order of the
/// Service's ports.
///
/// ```
/// use meshroute::{cluster::{Cluster, Object}, kind::Kind, lower::lower, name::RouteKind};
/// use meshroute::{profile::Mesh, split::{Question, splits}};
/// use serde_json::json;
///
/// let mut cluster = Cluster::default();
/// let objects = [
///     (Kind::Service, json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}})),
///     (Kind::Service, json!({"metadata": {"name": "web-v1"}, "spec": {"ports": [{"port": 80}]}})),
///     (Kind::Route(RouteKind::Http), json!({"metadata": {"name": "web"}, "spec": {
///         "parentRefs": [{"group": "", "kind": "Service", "name": "web"}],
///         "rules": [{"backendRefs": [
///             {"name": "web-v1", "port": 80, "weight": 90}, {"name": "gone", "port": 80, "weight": 10}]}]}})),
/// ];
/// for (kind, object) in &objects {
///     cluster.insert(lower(*kind, object, "shop").object.expect("it is well-formed"));
/// }
/// let service = cluster.services().find(|it| it.name.name == "web").expect("it is there");
/// let question = Question { service, port: None, from: None, host: None };
/// let split = &splits(&cluster, Mesh::Istio.profile(), &question)[0];
/// let shares: Vec<_> = split.rules[0].backends.iter().map(|share| share.outcome.to_string()).collect();
/// assert_eq!(shares, ["ok", "500: Service not found"]);
/// ```
pub fn splits<'a>(
    cluster: &'a Cluster,
    profile: &'static Profile,
    question: &Question<'a>,
) -> Vec<Split<'a>> {
    let ask = Ask::new(cluster, profile, question);
    let ports = question
        .service
        .ports
        .iter()
        .filter(|port| question.port.is_none_or(|number| port.port == number));
    let mut splits: Vec<Split<'a>> = Vec::new();
    for port in ports {
        let mut split = for_port(&ask, port);
        split.exceptions = exceptions::of(&ask, port, &mut split);
        match splits.iter_mut().find(|other| other.is_same_answer(&split)) {
            Some(other) => other.take_port(split),
            None => splits.push(split),
        }
    }
    for split in &mut splits {
        split.owners = owners(cluster, split);
    }
    splits
}

/// Why no route of this kind has an effect on a port of a Service that it names as a parent; none
/// if it has.
pub fn why_not_routed(
    cluster: &Cluster,
    profile: &'static Profile,
    service: &Service,
    port: &ServicePort,
    parent: &Parent,
    kind: RouteKind,
) -> Option<String> {
    let question = Question { service, port: None, from: None, host: None };
    match protocol::carries(&Ask::new(cluster, profile, &question), port, parent) {
        Carries::Routes => None,
        Carries::HttpRoutes if kind != RouteKind::Grpc => None,
        Carries::HttpRoutes => {
            Some(format!("port {} takes HTTPRoutes only, by its appProtocol", port.port))
        }
        Carries::Nothing(why) => Some(why),
    }
}

/// Who else writes each of the routes in effect; what could not be told is wanted.
fn owners<'a>(cluster: &Cluster, split: &mut Split<'a>) -> Vec<Owned<'a>> {
    let mut owners: Vec<Owned<'a>> = Vec::new();
    let mut seen = BTreeSet::new();
    for rule in &split.rules {
        let route = rule.route;
        if seen.insert(&route.id)
            && let Some(owner) = owner(cluster, route, &mut split.wanted)
        {
            owners.push(Owned { route: &route.id, owner });
        }
    }
    owners
}

/// The answer for one port, without the exceptions.
fn for_port<'a>(ask: &Ask<'a>, port: &'a ServicePort) -> Split<'a> {
    let attachment = attach::attach(ask, port);
    let ordered = order::order(ask, &attachment);
    let inherited = inherit::inherit(ask, &attachment);

    let mut rules: Vec<SplitRule<'a>> = Vec::new();
    let mut place_of = HashMap::new();
    for (rank, entry) in ordered.entries.iter().enumerate() {
        let route = entry.attached.route;
        let place = *place_of.entry((&route.id, entry.rule_index)).or_insert_with(|| {
            let effective = inherited.of(ask, route, entry.rule_index);
            let fate = fate::of_rule(ask, port, &effective);
            rules.push(SplitRule {
                id: entry.rule_id(),
                role: entry.attached.role,
                rule: &route.rules[entry.rule_index],
                route,
                inherited: effective.inherited,
                matches: Vec::new(),
                backends: fate.backends,
                respond: fate.respond,
            });
            rules.len() - 1
        });
        let derived = entry.derived;
        rules[place].matches.push(RankedMatch { rank, matched: entry.matched.clone(), derived });
    }

    let unmatched = fate::of_unmatched(ask, port, &attachment, &ordered);
    let mut inert = attachment.inert;
    inert.extend(ordered.inert);
    inert.sort_by(|a, b| a.route.cmp(&b.route));
    Split {
        service: &ask.question.service.name,
        ports: vec![port.port],
        mesh: ask.profile.mesh,
        from: ask.question.from.map(ToOwned::to_owned),
        rules,
        unmatched,
        undefined_order: ordered.undefined,
        shadowed: ordered.shadowed,
        inert,
        exceptions: Vec::new(),
        owners: Vec::new(),
        assumed: ask.take_assumed(),
        wanted: ask.take_wanted(),
    }
}
