//! Linkerd's proxy has no list: it weighs all matches for each request. The list that we make of
//! them must decide as the proxy does, also where regular expressions meet prefixes.
//!
//! The proxy: `linkerd/http/route/src/lib.rs` and `http/match.rs` of linkerd2-proxy. A route with a
//! matching hostname goes before any without; then counts the length of the path that matched, then
//! the number of headers, the number of query parameters, the method; of equals the first in the
//! controller's order, which is by age, then by name.

use std::collections::BTreeSet;

use meshroute_tests::{
    fate::List,
    program::Query,
    request::{Condition, Matcher, PathMatch, Request},
    requests,
};
use proptest::{
    prelude::Rng,
    test_runner::{RngAlgorithm, TestRng},
};
use serde_json::{Value, json};

const HOSTS: [&[&str]; 6] = [
    &[],
    &[],
    &[],
    &["web.shop.svc.cluster.local"],
    &["*.svc.cluster.local", "other.example"],
    &["other.example"],
];
const PATHS: [(&str, &str); 14] = [
    ("PathPrefix", "/"),
    ("PathPrefix", "/a"),
    ("PathPrefix", "/a/"),
    ("PathPrefix", "/a/b"),
    ("PathPrefix", "/ab"),
    ("Exact", "/"),
    ("Exact", "/a"),
    ("Exact", "/a/"),
    ("Exact", "/a/b"),
    ("RegularExpression", "/[ab]"),
    ("RegularExpression", "/a.*"),
    ("RegularExpression", "/"),
    ("RegularExpression", "/a/[^/]+"),
    ("RegularExpression", "/.*"),
];
const METHODS: [Option<&str>; 5] = [None, None, None, Some("GET"), Some("POST")];
const NAMED: [&[(&str, &str)]; 5] =
    [&[], &[], &[("x", "1")], &[("y", "1")], &[("x", "1"), ("y", "1")]];

/// A match of a rule, and what the proxy compares it by besides the request.
struct Candidate {
    route: String,
    rule_index: usize,
    host: (u8, usize),
    matcher: Matcher,
}

#[test]
fn the_list_decides_as_the_proxy_does() {
    let cases = std::env::var("MESHROUTE_CASES").ok().and_then(|it| it.parse().ok());
    let mut random =
        Random::new(std::env::var("MESHROUTE_SEED").ok().and_then(|it| it.parse().ok()));
    let (mut compared, mut derived) = (0, 0);
    for case in 0..cases.unwrap_or(400) {
        let (documents, candidates) = cluster(&mut random);
        let manifests: String = documents.iter().map(|it| format!("---\n{it}\n")).collect();
        let query =
            Query { mesh: "linkerd", namespace: "shop", service: "web", port: 80, client: None };
        let split = query.ask(&manifests).expect("an answer");
        derived += usize::from(split.rules.iter().flat_map(|it| &it.matches).any(|it| it.derived));
        let list = List::of_split(&split).expect("a list");
        for request in requests::telling(candidates.iter().map(|it| &it.matcher)) {
            let ours = list.winner(&request, |_| true).map(|index| {
                let entry = &list.entries[index];
                (entry.route.clone().unwrap_or_default(), entry.rule_index.unwrap_or_default())
            });
            let theirs = weigh(&candidates, &request).map(|it| (it.route.clone(), it.rule_index));
            assert_eq!(ours, theirs, "case {case}, {request}\n{manifests}");
            compared += 1;
        }
    }
    assert!(
        compared > 10_000 && derived > 40,
        "{compared} requests, {derived} lists with derived matches"
    );
}

/// The proxy's choice. Candidates are in the controller's order.
fn weigh<'a>(candidates: &'a [Candidate], request: &Request) -> Option<&'a Candidate> {
    let mut best: Option<(&Candidate, _)> = None;
    for candidate in candidates.iter().filter(|it| it.host.0 > 0 && it.matcher.takes(request)) {
        let matcher = &candidate.matcher;
        let length = match &matcher.path {
            PathMatch::Exact(_) | PathMatch::Regex(_) => request.path.len(),
            PathMatch::Prefix(prefix) if prefix == "/" => 1,
            PathMatch::Prefix(prefix) => prefix.trim_end_matches('/').len(),
        };
        let weight = (
            candidate.host,
            length,
            matcher.headers.len(),
            matcher.query.len(),
            matcher.method.is_some(),
        );
        if best.as_ref().is_none_or(|(_, heaviest)| weight > *heaviest) {
            best = Some((candidate, weight));
        }
    }
    best.map(|(candidate, _)| candidate)
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

/// A Service and some routes; their matches in the controller's order.
fn cluster(random: &mut Random) -> (Vec<Value>, Vec<Candidate>) {
    let service = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": name},
               "spec": {"ports": [{"name": "http", "port": 80}]}})
    };
    let mut documents = vec![service("web"), service("v1")];
    let mut candidates = Vec::new();
    let mut ages = BTreeSet::new();
    for index in 0..1 + random.below(3) {
        // Names and ages disagree about the order, and no two ages are equal.
        let (name, age) = (format!("r{}", 9 - index), random.below(20));
        if !ages.insert(age) {
            continue;
        }
        let hostnames = random.pick(&HOSTS);
        let mut rules = Vec::new();
        for rule_index in 0..1 + random.below(4) {
            let mut matches = Vec::new();
            for _ in 0..1 + random.below(2) {
                let (kind, path) = *random.pick(&PATHS);
                let method = *random.pick(&METHODS);
                let (headers, query) = (*random.pick(&NAMED), *random.pick(&NAMED));
                let value = |named: &[(&str, &str)]| -> Vec<Value> {
                    named
                        .iter()
                        .map(|(name, value)| json!({"name": name, "value": value}))
                        .collect()
                };
                let mut matched = json!({"path": {"type": kind, "value": path},
                                         "headers": value(headers), "queryParams": value(query)});
                if let Some(method) = method {
                    matched["method"] = method.into();
                }
                matches.push(matched);
                let conditions = |named: &[(&str, &str)]| {
                    let exact = |(name, value): &(&str, &str)| Condition::new("Exact", name, value);
                    named.iter().map(exact).collect::<Result<Vec<_>, _>>().expect("conditions")
                };
                let matcher = Matcher {
                    path: PathMatch::new(kind, path).expect("a path"),
                    method: method.map(str::to_owned),
                    headers: conditions(headers),
                    query: conditions(query),
                };
                let route = format!("shop/{name}");
                let host = host(hostnames);
                candidates.push((age, Candidate { route, rule_index, host, matcher }));
            }
            rules.push(json!({"matches": matches, "backendRefs": [{"name": "v1", "port": 80}]}));
        }
        documents.push(json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": {"namespace": "shop", "name": name,
                         "creationTimestamp": format!("2026-01-01T00:00:{age:02}Z")},
            "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}],
                     "hostnames": hostnames, "rules": rules}}));
    }
    candidates.sort_by_key(|(age, _)| *age);
    (documents, candidates.into_iter().map(|(_, candidate)| candidate).collect())
}

/// Numbers that are the same in every run.
struct Random(TestRng);

impl Random {
    fn new(seed: Option<u64>) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.unwrap_or(1).to_le_bytes());
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.0.next_u32()).map_or(0, |number| number % limit.max(1))
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
