//! Who sees another split: client namespaces with routes of their own, and those who reach the
//! Service, or its backends, past its routes.

use std::collections::BTreeMap;

use crate::{
    cluster::ServicePort,
    name::ObjectName,
    ratio,
    route::{Parent, Route},
    split::{
        answer::{Answer, Exception, Seen, Split, SplitRule, Unmatched},
        ask::Ask,
        attach, for_port,
    },
};

/// The exceptions from the split, which then also wants what they would have needed.
pub(super) fn of<'a>(
    ask: &Ask<'a>,
    port: &'a ServicePort,
    split: &mut Split<'a>,
) -> Vec<Exception> {
    let mut exceptions = BTreeMap::new();
    if ask.question.from.is_none() {
        for namespace in attach::attach(ask, port).consumers {
            let theirs = for_port(&ask.from(Some(namespace)), port);
            if !theirs.is_same_answer(split) {
                exceptions.insert(Seen::Namespace(namespace.into()), summary(&theirs));
            }
            split.wanted.extend(theirs.wanted);
        }
    }
    // A backendRef goes to endpoints, past the routes of its Service (GEP-1294): through a Gateway to
    // the Service or to what is behind it, through the route of another Service to this one.
    let service = &ask.question.service.name;
    for target in targets(ask, split) {
        let message = || format!("straight to {}", short(ask, &target));
        for (gateway, mut routes) in ask.cluster.gateways_to_backend(&target) {
            if routes.any(|route| goes_past(route, service)) {
                exceptions.entry(Seen::Gateway(gateway.clone())).or_insert_with(message);
            }
        }
        if target != *service {
            continue;
        }
        for route in ask.cluster.routes_to_backend(&target) {
            if goes_past(route, service) && route.parents.iter().any(is_service) {
                exceptions.entry(Seen::Route(route.id.clone())).or_insert_with(message);
            }
        }
    }
    exceptions.into_iter().map(|(from, message)| Exception { from, message }).collect()
}

/// The Service, and the backends of its split.
fn targets(ask: &Ask<'_>, split: &Split<'_>) -> Vec<ObjectName> {
    let mut targets = vec![ask.question.service.name.clone()];
    // Without routes of its own there is nothing to go past.
    if split.rules.is_empty() {
        return Vec::new();
    }
    for share in split.rules.iter().flat_map(|rule| &rule.backends) {
        if !targets.contains(&share.reference.name) {
            targets.push(share.reference.name.clone());
        }
    }
    targets
}

/// Whether a route goes past those of the Service. One that has the Service as a parent as well is
/// no way past it: it splits there as here.
fn goes_past(route: &Route, service: &ObjectName) -> bool {
    !route.parents.iter().any(|parent| is_service(parent) && parent.name == *service)
}

fn is_service(parent: &Parent) -> bool {
    *parent.kind == "Service"
}

/// A split in a few words.
fn summary(split: &Split<'_>) -> String {
    let routes = |rules: &[SplitRule<'_>]| {
        let mut names: Vec<String> =
            rules.iter().map(|rule| rule.route.id.name.to_string()).collect();
        names.dedup();
        let what = if names.len() == 1 { "route" } else { "routes" };
        format!("{what} {}", names.join(", "))
    };
    match (split.rules.as_slice(), &split.unmatched) {
        ([], Some(Unmatched::Backend(_))) => "straight to the Service".into(),
        ([], Some(Unmatched::Respond(answer))) => format!("{} for every request", said(*answer)),
        ([rule], None) => format!("{} ({})", shares(rule), routes(&split.rules)),
        (rules, _) => {
            let count =
                if rules.len() == 1 { "1 rule".into() } else { format!("{} rules", rules.len()) };
            let by_default = split.rules.iter().find(|rule| {
                rule.matches.iter().any(|m| crate::matching::takes_everything(&m.matched))
            });
            let rest = match (by_default, &split.unmatched) {
                (Some(rule), _) => format!(", by default {}", shares(rule)),
                (None, Some(Unmatched::Respond(answer))) => format!(", else {}", said(*answer)),
                (None, _) => ", else straight to the Service".into(),
            };
            format!("{count}{rest} ({})", routes(rules))
        }
    }
}

fn shares(rule: &SplitRule<'_>) -> String {
    if let Some(response) = rule.respond {
        return said(response.answer);
    }
    let parts: Vec<_> = rule.backends.iter().map(|share| share.effective).collect();
    let percents = ratio::percentages(&parts);
    let named = rule.backends.iter().zip(percents).filter(|(share, _)| !share.effective.is_zero());
    named
        .map(|(share, percent)| format!("{percent}% {}", share.reference.name.name))
        .collect::<Vec<_>>()
        .join(", ")
}

fn said(answer: Answer) -> String {
    match answer {
        Answer::Status(status) => status.to_string(),
        Answer::Redirect => "a redirect".into(),
        Answer::Undefined => "undefined".into(),
    }
}

fn short(ask: &Ask<'_>, name: &ObjectName) -> String {
    if name.namespace == ask.question.service.name.namespace {
        name.name.clone()
    } else {
        name.to_string()
    }
}
