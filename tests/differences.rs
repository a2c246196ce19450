//! Random pairs of clusters: what `diff` says of a request is what the two splits make of it.
//!
//! `MESHROUTE_CASES=N` tries N pairs a test, `MESHROUTE_SEED=N` other ones.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use meshroute_tests::{
    difference::{Diff, Taker},
    fate::List,
    program::{self, Query},
    request::Request,
    requests,
    world::{self, CONSUMER, Make, PORTS, PRODUCER, SERVICE, World, worlds},
};
use proptest::{
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};

/// How many pairs a test tries unless `MESHROUTE_CASES` says otherwise.
const CASES: u32 = 24;
/// The seed unless `MESHROUTE_SEED` says otherwise: the same pairs on every machine.
const SEED: u64 = 1;

/// Meshes that order, merge and answer in different ways.
const MESHES: [&str; 4] = ["spec", "istio", "linkerd", "kuma"];

#[test]
fn exactly_the_requests_that_end_otherwise_are_in_a_region() {
    let pairs = (worlds(Make::Any), worlds(Make::Any), select(&MESHES[..]));
    for_all(CASES, pairs, |(before, after, mesh)| compare(&before, &after, [mesh, mesh]));
}

#[test]
fn after_a_small_change_so_too() {
    let pairs = (worlds(Make::Any), any::<[Index; 3]>(), 0..6_u8, select(&MESHES[..]));
    for_all(CASES, pairs, |(before, places, change, mesh)| {
        compare(&before, &changed(&before, &places, change), [mesh, mesh])
    });
}

#[test]
fn between_two_meshes_so_too() {
    let pairs = (worlds(Make::Any), select(&MESHES[..]), select(&MESHES[..]));
    for_all(CASES, pairs, |(world, one, other)| compare(&world, &world, [one, other]));
}

#[test]
fn what_changes_no_traffic_is_no_difference() {
    for_all(CASES, worlds(Make::Any), |before| {
        let mut after = before.clone();
        for rule in after.routes.iter_mut().flat_map(|route| &mut route.rules) {
            // The same weights, three times over; and a backend that gets nothing.
            for backend in &mut rule.backends {
                backend.weight = Some(backend.weight.unwrap_or(1).min(1_000) * 3);
            }
            // What comes again in the same rule is shadowed.
            rule.matches.extend(rule.matches.clone());
        }
        let mut before = before;
        for backend in
            before.routes.iter_mut().flat_map(|it| &mut it.rules).flat_map(|it| &mut it.backends)
        {
            backend.weight = Some(backend.weight.unwrap_or(1).min(1_000));
        }
        for mesh in MESHES {
            let diff = diff(&before, &after, [mesh, mesh], None)?;
            if !diff.items.is_empty() {
                return Err(format!("{mesh}: {diff:#?}"));
            }
        }
        Ok(())
    });
}

/// Compares two clusters by all clients and ports, each under a mesh.
fn compare(before: &World, after: &World, meshes: [&str; 2]) -> Result<(), String> {
    let all = diff(before, after, meshes, None)?;
    for client in [None, Some(CONSUMER), Some("other")] {
        let one = diff(before, after, meshes, client)?;
        for (_, port) in PORTS {
            let of_port = |diff: &Diff, from: Option<&str>| {
                let mut items = diff.items.iter();
                let item = items
                    .find(|it| it.ports.contains(&port) && it.from_namespace.as_deref() == from);
                let regions = item.iter().flat_map(|it| &it.regions);
                let takers = regions.map(|it| (it.certain, it.taker(port)));
                let takers: Result<Vec<(bool, Taker)>, String> =
                    takers.map(|(certain, taker)| Ok((certain, taker?))).collect();
                let excepted = item.is_some_and(|it| {
                    client.is_some_and(|it_is| it.not_from_namespaces.iter().any(|it| it == it_is))
                });
                takers.map(|takers| (item.is_some(), excepted, takers))
            };
            let lists = [(before, meshes[0]), (after, meshes[1])].map(|(world, mesh)| {
                let query = Query { mesh, namespace: PRODUCER, service: SERVICE, port, client };
                let manifests = world::stream(&world.documents());
                query.ask(&manifests).and_then(|split| List::of_split(&split))
            });
            let [old, new] = lists;
            let (old, new) = (old?, new?);
            let about = |err: String| {
                let [before, after] = [before, after].map(|it| world::stream(&it.documents()));
                format!("{meshes:?} {client:?} {port}: {err}\nbefore:\n{before}\nafter:\n{after}")
            };
            let (_, _, takers) = of_port(&one, client)?;
            hold(&old, &new, &takers).map_err(about)?;
            // Asked about everybody, a client has an item of its own or counts with the others.
            let (is_there, _, own) = of_port(&all, client)?;
            let (_, is_excepted, others) = of_port(&all, None)?;
            match (is_there, is_excepted) {
                (true, _) => hold(&old, &new, &own).map_err(about)?,
                (false, true) => hold(&old, &new, &[]).map_err(about)?,
                (false, false) => hold(&old, &new, &others).map_err(about)?,
            }
        }
    }
    Ok(())
}

/// Sends requests through both lists and the regions between them.
fn hold(old: &List, new: &List, regions: &[(bool, Taker)]) -> Result<(), String> {
    let entries = old.entries.iter().chain(&new.entries).map(|it| &it.matcher);
    let matchers = entries.chain(regions.iter().flat_map(|(_, it)| it.matchers()));
    let mut met = BTreeSet::new();
    for request in requests::telling(matchers).into_iter().chain(words()) {
        let (before, after) = (old.fate(&request)?, new.fate(&request)?);
        let region = regions.iter().position(|(_, it)| it.fits(&request));
        let region = region.filter(|it| !regions[*it].1.excepts(&request));
        match region {
            None if before == after => {}
            Some(region) if regions[region].1.fates == [before.clone(), after.clone()] => {
                met.insert(region);
            }
            region => {
                let said = region.map(|it| regions[it].1.to_string());
                return Err(format!("{request}: {before} -> {after}, said is {said:?}"));
            }
        }
    }
    let is_in = |index: usize, request: &Request| {
        let first = regions.iter().position(|(_, it)| it.fits(request));
        first == Some(index) && !regions[index].1.excepts(request)
    };
    let unmet = |index: &usize| !met.contains(index);
    for index in (0..regions.len()).filter(unmet) {
        let (certain, region) = &regions[index];
        if *certain && !all_words().any(|request| is_in(index, &request)) {
            return Err(format!("no request is in {region}"));
        }
    }
    Ok(())
}

/// Asks for the difference.
fn diff(
    before: &World,
    after: &World,
    meshes: [&str; 2],
    client: Option<&str>,
) -> Result<Diff, String> {
    let [before, after] = [before, after].map(|it| world::stream(&it.documents()));
    let old = scratch();
    let old_file = old.to_string_lossy().into_owned();
    fs::write(&old, &before).expect("the target folder can be written");
    let mesh = meshes.join(",");
    let mut args = vec!["diff", "-n", PRODUCER, "--mesh", &mesh, "-o", "json"];
    if before == after && meshes[0] != meshes[1] {
        args.extend(["-f", "-"]);
    } else {
        args.extend([&old_file, "-"]);
    }
    args.extend(client.iter().flat_map(|client| ["--from-namespace", client]));
    let outcome = program::run(&args, &after);
    let diff: Diff = serde_json::from_str(&outcome.stdout)
        .map_err(|err| format!("{args:?}: {}: {err}: {}", outcome.code, outcome.stderr))?;
    let code = u8::from(!diff.items.is_empty());
    if outcome.code == code { Ok(diff) } else { Err(format!("exit code {}", outcome.code)) }
}

/// A file for one thread.
fn scratch() -> PathBuf {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or_default().replace(':', "-");
    let name = format!("differences-{name}-{}.json", std::process::id());
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A change as somebody would make it.
fn changed(world: &World, places: &[Index; 3], change: u8) -> World {
    let mut world = world.clone();
    let count = world.routes.len();
    let place = places[0].index(count);
    let route = &mut world.routes[place];
    let rule = places[1].index(route.rules.len());
    match change {
        0 => {
            route.rules.remove(rule);
            if route.rules.is_empty() {
                world.routes.remove(place);
            }
        }
        1 => route.rules.reverse(),
        2 => {
            if let Some(backend) = route.rules[rule].backends.first_mut() {
                backend.weight = Some(backend.weight.unwrap_or(1) % 1_000_000 + 1);
            }
        }
        3 => {
            let copy = route.rules[rule].clone();
            route.rules.push(copy);
        }
        4 => {
            let rule = &mut route.rules[rule];
            let matched = places[2].index(rule.matches.len().max(1));
            if matched < rule.matches.len() {
                rule.matches.remove(matched);
            }
        }
        _ => route.created = route.created.map(|created| 4 - created),
    }
    world
}

/// All requests over the words of the clusters.
fn words() -> impl Iterator<Item = Request> {
    let paths = ["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/b", "/A", "/c"];
    let rests = ["", " x-a:1", " x-a:2", " x-b:1", " x-a:1 x-b:1", " x-a:2 x-b:2", " x-a:3 x-b:3"];
    let queries = ["", "?q=1", "?Q=1", "?q=2&p=1", "?q=1&Q=1", "?p=2"];
    paths.into_iter().flat_map(move |path| {
        ["GET", "POST", "PUT"].into_iter().flat_map(move |method| {
            rests.into_iter().flat_map(move |rest| {
                queries
                    .into_iter()
                    .map(move |query| Request::parse(&format!("{method} {path}{query}{rest}")))
            })
        })
    })
}

/// All requests with any values of all headers and parameters that clusters ask for.
fn all_words() -> impl Iterator<Item = Request> {
    let values = ["", "1", "2"];
    let count = values.len().pow(5);
    let paths = [
        "/", "/a", "/a/", "/a/b", "/a/b/c", "/a/c", "/ab", "/ab/c", "/b", "/b/c", "/A", "/A/c",
        "/c",
    ];
    let with = move |number: usize, path: &str, method: &str| {
        let mut request = Request { method: method.to_owned(), ..Request::get(path) };
        for (place, name) in ["x-a", "x-b", "q", "Q", "p"].into_iter().enumerate() {
            let value = values[number / values.len().pow(u32::try_from(place).expect("few")) % 3];
            let of = if place < 2 { &mut request.headers } else { &mut request.query };
            if !value.is_empty() {
                of.insert(name.to_owned(), value.to_owned());
            }
        }
        request
    };
    paths.into_iter().flat_map(move |path| {
        ["GET", "POST", "PUT"]
            .into_iter()
            .flat_map(move |method| (0..count).map(move |number| with(number, path, method)))
    })
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
