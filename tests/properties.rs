//! Random clusters: the ordered list must decide as the Gateway API's text does, request by request.
//!
//! `MESHROUTE_CASES=N` runs N clusters a test, `MESHROUTE_SEED=N` other ones.

use std::{collections::BTreeSet, env};

use meshroute_tests::{
    answer::{Match as Reported, Split},
    evidence,
    fate::{Entry, List},
    naive::{self, Place},
    program::{self, Query},
    request::{Condition, Matcher, PathMatch, Request},
    requests,
    world::{self, CONSUMER, Make, PORTS, PRODUCER, SERVICE, World, worlds},
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};
use serde_json::Value;

/// How many clusters a test tries unless `MESHROUTE_CASES` says otherwise.
const CASES: u32 = 64;
/// The seed unless `MESHROUTE_SEED` says otherwise: the same clusters on every machine.
const SEED: u64 = 1;

/// Clients: where they are, and what the command is told about it.
const CLIENTS: [(&str, Option<&str>); 3] =
    [(PRODUCER, Some(PRODUCER)), (CONSUMER, Some(CONSUMER)), ("elsewhere", None)];

#[test]
fn the_list_decides_as_the_text_does() {
    for_all(CASES, worlds(Make::Any), |world| {
        let requests = requests_for(&world);
        each_question(&world, |question, split| {
            if !split.undefined_order.is_empty() {
                return Err("all ages are known, and an order is called undefined".to_owned());
            }
            let list = List::of_split(split)?;
            requests.iter().try_for_each(|it| decides_as_the_text(&world, question, &list, it))
        })
    });
}

#[test]
fn grpc_routes_put_http_routes_aside() {
    for_all(CASES, worlds(Make::Grpc), |world| {
        each_question(&world, |question, split| {
            let list = List::of_split(split)?;
            calls().iter().try_for_each(|it| decides_as_the_text(&world, question, &list, it))
        })
    });
}

/// Compares the match that takes a request, and the fate.
fn decides_as_the_text(
    world: &World,
    question: Question,
    list: &List,
    request: &Request,
) -> Result<(), String> {
    let verdict = naive::judge(world, question.client, question.port, request);
    let winner = list.winner(request, |_| true).map(|it| &list.entries[it]);
    let ours = winner.map(|it| (it.route.clone(), it.rule_index));
    let text = verdict
        .winner
        .as_ref()
        .map(|it| (Some(format!("{}/{}", it.namespace, it.route)), Some(it.rule)));
    if ours != text {
        return Err(format!("{request}: plugin {ours:?}, text {text:?}"));
    }
    let fate = list.fate(request)?;
    if verdict.fate.is_undefined() || *fate == verdict.fate {
        return Ok(());
    }
    Err(format!("{request}: plugin {fate}, text {}", verdict.fate))
}

#[test]
fn an_unknown_age_is_said_where_it_decides() {
    let ageless = worlds(Make::Any).prop_map(|mut world| {
        world.routes.iter_mut().for_each(|it| it.created = None);
        world
    });
    for_all(CASES, ageless, |world| {
        let requests = requests_for(&world);
        each_question(&world, |question, split| {
            let list = List::of_split(split)?;
            for request in &requests {
                decides_as_the_text(&world, question, &list, request)?;
                let Some(winner) = list.winner(request, |_| true) else { continue };
                for rival in naive::rivals(&world, question.client, question.port, request) {
                    let name = format!("{}/{}", rival.namespace, rival.route);
                    let is_rival = |it: &Entry| {
                        (it.route.as_ref(), it.rule_index) == (Some(&name), Some(rival.rule))
                    };
                    let found = list.winner(request, is_rival);
                    let Some(found) = found else {
                        return Err(format!("{request}: {rival:?} may win, and is not there"));
                    };
                    let differ = list.entries[winner].fate != list.entries[found].fate;
                    let is_said =
                        |it: &BTreeSet<usize>| it.contains(&winner) && it.contains(&found);
                    if differ && !list.open.iter().any(is_said) {
                        return Err(format!("{request}: ranks {winner} and {found} tie silently"));
                    }
                }
            }
            Ok(())
        })
    });
}

#[test]
fn every_mesh_keeps_the_promises_of_an_answer() {
    for_all(CASES, worlds(Make::Grpc), |world| {
        let manifests = world::stream(&world.documents());
        for mesh in ["istio", "istio-ambient", "linkerd", "cilium", "kuma", "kgateway"] {
            for question in questions() {
                let query = Query { mesh, ..question.query() };
                let answer = query.ask(&manifests).and_then(|split| List::of_split(&split));
                let list = answer
                    .map_err(|err| format!("{}\n{err}\non:\n{manifests}", query.command()))?;
                for request in &calls() {
                    list.fate(request)
                        .map_err(|err| format!("{}\n{request}: {err}", query.command()))?;
                }
            }
        }
        Ok(())
    });
}

#[test]
fn exactly_the_matches_that_nobody_reaches_are_shadowed() {
    for_all(CASES, worlds(Make::Exact), |world| {
        each_question(&world, |question, split| {
            let shadowed = shadowed(&world, split)?;
            let expected = naive::unreachable(&world, question.client, question.port);
            let expected: BTreeSet<Place> =
                expected.into_iter().map(first_of_its_kind(&world)).collect();
            if shadowed == expected {
                return Ok(());
            }
            Err(format!("plugin {shadowed:?}, text {expected:?}"))
        })
    });
}

#[test]
fn a_shadowed_match_never_wins() {
    for_all(CASES, worlds(Make::Any), |world| {
        let requests = requests_for(&world);
        each_question(&world, |question, split| {
            let shadowed = shadowed(&world, split)?;
            for request in &requests {
                let verdict = naive::judge(&world, question.client, question.port, request);
                let winner = verdict.winner.map(first_of_its_kind(&world));
                if let Some(place) = winner.filter(|it| shadowed.contains(it)) {
                    return Err(format!("{request}: {place:?} wins, and is called shadowed"));
                }
            }
            Ok(())
        })
    });
}

#[test]
fn the_order_of_documents_does_not_matter() {
    let shuffled = worlds(Make::Any)
        .prop_flat_map(|world| (Just(world.documents()).prop_shuffle(), Just(world)));
    for_all(CASES, shuffled, |(shuffled, world)| {
        let (sorted, shuffled) = (world::stream(&world.documents()), world::stream(&shuffled));
        for question in questions() {
            let query = question.query();
            let first = query.run(&sorted);
            if first != query.run(&sorted) {
                return Err(format!("{}: twice the same input, two answers", query.command()));
            }
            let second = query.run(&shuffled);
            if first != second {
                let (first, second) =
                    (first.stdout + &first.stderr, second.stdout + &second.stderr);
                return Err(format!("{}\n{first}\nshuffled:\n{second}", query.command()));
            }
        }
        Ok(())
    });
}

#[test]
fn who_else_writes_a_route_changes_nothing_but_its_owner() {
    for_all(CASES, worlds(Make::Grpc), |world| {
        let plain = world.documents();
        let mut signed = evidence::tools();
        let routes = plain.iter().cloned().enumerate();
        signed.extend(routes.map(|(index, document)| evidence::signed(document, index)));
        for mesh in ["spec", "istio", "istio-ambient", "linkerd", "cilium", "kuma", "kgateway"] {
            let args = ["split", "-A", "-o", "json", "--mesh", mesh, "-f", "-"];
            let answer = |documents: &[Value]| -> Result<(Value, String), String> {
                let outcome = program::run(&args, &world::stream(documents));
                let answer = serde_json::from_str(&outcome.stdout);
                Ok((answer.map_err(|_| outcome.stderr.clone())?, outcome.stderr))
            };
            let (without, with) = (answer(&plain)?, answer(&signed)?);
            let (bare, nobody) = evidence::removed(without.0);
            let (rest, owners) = evidence::removed(with.0);
            if (&bare, &without.1) != (&rest, &with.1) {
                return Err(format!("{mesh}: {bare:#}\n{}\n{rest:#}\n{}", without.1, with.1));
            }
            if nobody.iter().any(|owner| !owner.is_null()) {
                return Err(format!("{mesh}: owners without a sign: {nobody:?}"));
            }
            if owners.iter().any(Value::is_null) {
                return Err(format!("{mesh}: signs without an owner: {owners:?}"));
            }
        }
        Ok(())
    });
}

#[test]
fn a_rule_without_weight_sends_nobody_to_a_backend() {
    let all_zero = worlds(Make::Exact).prop_map(|mut world| {
        for rule in world.routes.iter_mut().flat_map(|it| &mut it.rules) {
            rule.backends.iter_mut().for_each(|it| it.weight = Some(0));
        }
        world
    });
    for_all(CASES / 4, all_zero, |world| {
        each_question(&world, |_, split| {
            let answered = |it: &meshroute_tests::answer::Rule| it.respond.is_some();
            let odd: Vec<_> = split.rules.iter().filter(|it| !answered(it)).collect();
            if odd.is_empty() {
                Ok(())
            } else {
                Err(format!("no answer for the whole rule: {odd:?}"))
            }
        })
    });
}

/// Who asks about which port.
#[derive(Clone, Copy, Debug)]
struct Question {
    client: &'static str,
    told: Option<&'static str>,
    port: u16,
}

impl Question {
    fn query(&self) -> Query<'static> {
        let (client, port) = (self.told, self.port);
        Query { mesh: "spec", namespace: PRODUCER, service: SERVICE, port, client }
    }
}

fn questions() -> impl Iterator<Item = Question> {
    CLIENTS.into_iter().flat_map(|(client, told)| {
        PORTS.into_iter().map(move |(_, port)| Question { client, told, port })
    })
}

/// Asks every question about the cluster.
fn each_question(
    world: &World,
    check: impl Fn(Question, &Split) -> Result<(), String>,
) -> Result<(), String> {
    let manifests = world::stream(&world.documents());
    for question in questions() {
        let query = question.query();
        let answer = query.ask(&manifests).and_then(|split| check(question, &split));
        answer.map_err(|err| format!("{}\n{err}\non:\n{manifests}", query.command()))?;
    }
    Ok(())
}

/// Runs a check on many values; a failure prints the smallest that was found.
fn for_all<S: Strategy>(cases: u32, strategy: S, check: impl Fn(S::Value) -> Result<(), String>) {
    let number = |name| env::var(name).ok().map(|it| it.parse::<u64>().expect("a number"));
    let cases =
        number("MESHROUTE_CASES").map_or(cases, |it| u32::try_from(it).expect("not so many"));
    let seed = RngSeed::Fixed(number("MESHROUTE_SEED").unwrap_or(SEED));
    let config = Config { cases, rng_seed: seed, failure_persistence: None, ..Config::default() };
    let outcome =
        TestRunner::new(config).run(&strategy, |value| check(value).map_err(TestCaseError::fail));
    if let Err(err) = outcome {
        panic!("{err}");
    }
}

/// Returns all gRPC calls over the words of the clusters.
fn calls() -> Vec<Request> {
    let mut requests = Vec::new();
    for service in ["s", "s.t", "other"] {
        for method in ["m", "mm", "other"] {
            for headers in ["", " x-a:1", " x-a:2", " x-b:1", " x-a:1 x-b:1", " x-a:2 x-b:2"] {
                requests.push(Request::parse(&format!("POST /{service}/{method}{headers}")));
            }
        }
    }
    requests
}

/// Returns all requests over the words of the clusters, and some around each match.
fn requests_for(world: &World) -> Vec<Request> {
    let mut requests = BTreeSet::new();
    for path in ["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/b", "/A", "/c"] {
        for method in ["GET", "POST", "PUT"] {
            for headers in ["", " x-a:1", " x-a:2", " x-b:1", " x-a:1 x-b:1", " x-a:2 x-b:2"] {
                for query in ["", "?q=1", "?Q=1", "?q=2&p=1", "?q=1&Q=1"] {
                    requests.insert(Request::parse(&format!("{method} {path}{query}{headers}")));
                }
            }
        }
    }
    let rules = world.routes.iter().flat_map(|it| &it.rules);
    let matchers: Vec<_> = rules.flat_map(|it| &it.matches).map(matcher).collect();
    requests.extend(requests::telling(&matchers));
    requests.into_iter().collect()
}

fn matcher(found: &world::Match) -> Matcher {
    let conditions = |named: &[world::Named]| {
        let condition =
            |it: &world::Named| Condition::new(it.kind.unwrap_or("Exact"), it.name, it.value);
        named.iter().map(|it| condition(it).expect("a type")).collect()
    };
    let path = found.path.map(|(kind, value)| PathMatch::new(kind, value).expect("a type"));
    Matcher {
        path: path.unwrap_or_else(PathMatch::any),
        method: found.method.map(str::to_owned),
        headers: conditions(&found.headers),
        query: conditions(&found.query),
    }
}

/// Returns the shadowed matches that the answer names by their places in the cluster.
///
/// A match that its own rule has twice is redundant, not unreachable, and left out.
fn shadowed(world: &World, split: &Split) -> Result<BTreeSet<Place>, String> {
    let mut places = BTreeSet::new();
    for entry in split.shadowed.iter().filter(|it| !it.is_by_own_rule()) {
        let reported: Reported = serde_json::from_value(entry.found.clone())
            .map_err(|err| format!("shadowed.match is not as in matches: {err}"))?;
        let rule =
            &route(world, &entry.route.namespace, &entry.route.name)?.rules[entry.rule_index];
        let text = format!("{:?}", canonical(reported.matcher()?));
        let same = |it: &world::Match| format!("{:?}", canonical(matcher(it))) == text;
        let index =
            if rule.matches.is_empty() { Some(0) } else { rule.matches.iter().position(same) };
        places.insert(Place {
            namespace: entry.route.namespace.clone(),
            route: entry.route.name.clone(),
            rule: entry.rule_index,
            index: index.ok_or_else(|| format!("shadowed.match is none of the rule's: {text}"))?,
        });
    }
    Ok(places)
}

/// Returns a function that takes a match to the first of its rule that asks for the same.
fn first_of_its_kind(world: &World) -> impl Fn(Place) -> Place {
    move |place| {
        let route = route(world, &place.namespace, &place.route).expect("a place in this cluster");
        let matches = &route.rules[place.rule].matches;
        let same = |it: &world::Match| naive::asks(it) == naive::asks(&matches[place.index]);
        Place { index: matches.iter().position(same).unwrap_or(0), ..place }
    }
}

/// Writes a match in one way only.
fn canonical(mut matcher: Matcher) -> Matcher {
    if let PathMatch::Prefix(value) = &mut matcher.path {
        value.truncate(value.trim_end_matches('/').len());
    }
    let mut seen = BTreeSet::new();
    for header in &mut matcher.headers {
        header.name.make_ascii_lowercase();
    }
    matcher.headers.retain(|it| seen.insert(it.name.clone()));
    matcher.headers.sort_by(|a, b| a.name.cmp(&b.name));
    matcher.query.sort_by(|a, b| a.name.cmp(&b.name));
    matcher
}

fn route<'a>(world: &'a World, namespace: &str, name: &str) -> Result<&'a world::Route, String> {
    let mut routes = world.routes.iter();
    let found = routes.find(|it| it.namespace == namespace && it.name == name);
    found.ok_or_else(|| format!("no route is called {namespace}/{name}"))
}
