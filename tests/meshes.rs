//! Each mesh's list decides as a naive reading of what that mesh does, request by request.
//!
//! The readings follow what the meshes' control planes answered and their sources say, one function
//! a mesh, with nothing shared with the product. Linkerd's is that of its proxy, which has no list.
//!
//! `MESHROUTE_CASES` sets how many clusters are tried for each mesh, `MESHROUTE_SEED` which.

use std::cmp::Reverse;

use meshroute_tests::{
    fate::List,
    program::Query,
    random::Random,
    request::{Matcher, Request},
    requests,
    tangle::{self, CONSUMER, PORTS, PRODUCER, Route, Shape},
};

/// A match, and where it stands.
struct Candidate<'a> {
    route: &'a Route,
    rule_index: usize,
    shape: &'a Shape,
    matcher: Matcher,
}

/// The matches in the order in which a mesh tries them for a request.
type Tried<'a> = Vec<&'a Candidate<'a>>;

#[test]
fn istio_lets_one_group_win() {
    judge("istio", |candidates, client, port, _| {
        let of = |namespace| {
            let attached = |it: &&Candidate<'_>| it.route.namespace == namespace && takes(it, port);
            candidates.iter().filter(attached).collect::<Tried<'_>>()
        };
        let consumers = if client == PRODUCER { Vec::new() } else { of(client) };
        let level = if consumers.is_empty() { of(PRODUCER) } else { consumers };
        let Some(oldest) = level.iter().min_by_key(|it| it.route.age) else { return Vec::new() };
        let wins = oldest.route.port.is_some();
        by_specificity(level.into_iter().filter(|it| it.route.port.is_some() == wins).collect())
    });
}

#[test]
fn a_waypoint_tries_group_after_group() {
    judge("istio-ambient", |candidates, _, port, _| {
        let group = |has_port: bool| {
            let attached = |it: &&Candidate<'_>| {
                it.route.namespace == PRODUCER
                    && it.route.port.is_some() == has_port
                    && takes(it, port)
            };
            candidates.iter().filter(attached).collect::<Tried<'_>>()
        };
        let mut groups = [group(true), group(false)];
        groups.sort_by_key(|group| group.iter().map(|it| it.route.age).min());
        groups.into_iter().flat_map(by_specificity).collect()
    });
}

#[test]
fn kuma_goes_by_names() {
    judge("kuma", |candidates, client, port, _| {
        let attached = |it: &&Candidate<'_>| {
            takes(it, port) && (it.route.namespace == PRODUCER || it.route.namespace == client)
        };
        let mut tried: Tried<'_> = candidates.iter().filter(attached).collect();
        tried.sort_by_key(|it| {
            let name = format!("{}-{}-web.{PRODUCER}", it.route.name, it.route.namespace);
            (specificity(it), it.route.namespace == PRODUCER, name, it.rule_index)
        });
        tried
    });
}

#[test]
fn kgateway_keeps_the_order_of_a_route() {
    judge("kgateway", |candidates, _, _, _| candidates.iter().collect());
}

/// linkerd2-proxy, `linkerd/http/route/src/lib.rs` and `http/match.rs`: a route with a matching
/// hostname goes before any without; then counts the length of the path that matched, then the
/// number of headers, the number of query parameters, the method; of equals the first in the
/// controller's order, which is by age.
#[test]
fn linkerd_weighs_all_matches() {
    judge("linkerd", |candidates, client, port, request| {
        let attached = |it: &&Candidate<'_>| {
            takes(it, port) && (it.route.namespace == PRODUCER || it.route.namespace == client)
        };
        let mut tried: Tried<'_> = candidates.iter().filter(attached).collect();
        tried.retain(|it| host(it.route.hostnames).0 > 0);
        tried.sort_by_key(|it| (it.route.age, it.rule_index));
        tried.sort_by_key(|it| {
            let length = match it.shape.path {
                ("PathPrefix", "/") => 1,
                ("PathPrefix", prefix) => prefix.trim_end_matches('/').len(),
                _ => request.path.len(),
            };
            let shape = it.shape;
            let (headers, query) = (shape.headers.len(), shape.query.len());
            Reverse((host(it.route.hostnames), length, headers, query, shape.method.is_some()))
        });
        tried
    });
}

/// Compares the match that takes each request, from every client and on every port.
fn judge(
    mesh: &str,
    order: impl for<'a> Fn(&'a [Candidate<'a>], &str, u16, &Request) -> Tried<'a>,
) {
    let number = |name: &str, default| {
        std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(default)
    };
    let mut random = Random::new(number("MESHROUTE_SEED", 1));
    let mut compared = 0;
    for case in 0..number("MESHROUTE_CASES", 150) {
        let mut routes = tangle::routes(&mut random);
        if mesh == "kgateway" {
            // The order between routes is random there.
            routes.truncate(1);
        }
        let manifests = tangle::manifests(&routes);
        let candidates = candidates(&routes);
        let requests = requests::telling(candidates.iter().map(|it| &it.matcher));
        for (client, port) in [PRODUCER, CONSUMER, "elsewhere"]
            .into_iter()
            .flat_map(|client| PORTS.map(|port| (client, port)))
        {
            let query =
                Query { mesh, namespace: PRODUCER, service: "web", port, client: Some(client) };
            let split = query.ask(&manifests).expect("an answer");
            let list = List::of_split(&split).expect("a list");
            for request in &requests {
                let ours = list.winner(request, |_| true).map(|index| {
                    let entry = &list.entries[index];
                    (entry.route.clone().unwrap_or_default(), entry.rule_index.unwrap_or_default())
                });
                let tried = order(&candidates, client, port, request);
                let theirs = tried.iter().find(|it| it.matcher.takes(request));
                let theirs = theirs.map(|it| (it.route.full_name(), it.rule_index));
                assert_eq!(
                    ours, theirs,
                    "{mesh}, case {case}, from {client} to {port}: {request}\n{manifests}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 10_000, "{compared} requests are few");
}

fn candidates(routes: &[Route]) -> Vec<Candidate<'_>> {
    let rules =
        routes.iter().flat_map(|route| route.rules.iter().enumerate().map(move |it| (route, it)));
    let shapes = rules.flat_map(|(route, (rule_index, shapes))| {
        let candidate =
            move |shape| Candidate { route, rule_index, shape, matcher: Shape::matcher(shape) };
        shapes.iter().map(candidate)
    });
    shapes.collect()
}

fn takes(candidate: &Candidate<'_>, port: u16) -> bool {
    candidate.route.port.is_none_or(|own| own == port)
}

/// Istio, `sortHTTPRoutes`: by specificity, then by age, then as written.
fn by_specificity(mut tried: Tried<'_>) -> Tried<'_> {
    tried.sort_by_key(|it| (specificity(it), it.route.age, it.rule_index));
    tried
}

/// Exact before prefix before regular expression, longer before shorter, with a method before
/// without, more headers before fewer, more query parameters before fewer.
fn specificity(candidate: &Candidate<'_>) -> impl Ord + use<> {
    let Shape { path: (kind, path), method, headers, query } = candidate.shape;
    let class = ["Exact", "PathPrefix", "RegularExpression"].iter().position(|it| it == kind);
    let length = match *kind {
        "PathPrefix" if path.len() > 1 => path.trim_end_matches('/').len(),
        _ => path.len(),
    };
    (class, Reverse(length), method.is_none(), Reverse(headers.len()), Reverse(query.len()))
}

/// How well hostnames fit the Service's full name: 0 not at all, 1 none are wanted, 2 by a wildcard,
/// 3 to the letter; then the length of what fits.
fn host(hostnames: &[&str]) -> (u8, usize) {
    let dialled = "web.shop.svc.cluster.local";
    let rank = |name: &&str| match name.strip_prefix('*') {
        Some(suffix) => dialled.ends_with(suffix).then_some((2, suffix.len())),
        None => (*name == dialled).then_some((3, name.len())),
    };
    if hostnames.is_empty() {
        (1, 0)
    } else {
        hostnames.iter().filter_map(rank).max().unwrap_or((0, 0))
    }
}
