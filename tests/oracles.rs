//! The plugin's split against what real control planes answered.
//!
//! `oracle/README.md` says what was recorded. Requests are sent through the recorded list and
//! through the plugin's; every request must have the same fate in both.
#![expect(clippy::print_stdout, reason = "a test that compares says how much it compared")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
};

use meshroute_tests::{
    compare::{self, Measure},
    fate::{Destination, Fate, List},
    program::Query,
    recorded::{self, Manifests, Recorded, Set},
    request::{Condition, Matcher, PathMatch},
};

/// Differences that are known and right, each with its reason.
///
/// An entry that no longer differs fails the test. What the recording itself leaves open is not
/// here but in `measure`.
const EXPLAINED: &[Explained] = &[
    Explained {
        mesh: "kuma",
        case: "b",
        service: "qp/b-both",
        port: 80,
        client: "qp",
        reason: "port 80: the API server refuses two parentRefs to one Service of which only one \
                 has a port, so the mesh never saw the route; `split` takes files as applied",
    },
    Explained {
        mesh: "kuma",
        case: "b",
        service: "qp/b-both",
        port: 8081,
        client: "qp",
        reason: "port 8081: as for port 80",
    },
];

/// Probes on Linkerd whose order the controller draws at random: case and client.
const RANDOM_TIES: &[(&str, &str)] =
    &[("qo2", "qo2-prod"), ("qo2", "qo2-cons"), ("qo2", "qo2-other"), ("qt3", "qt3-cons")];

/// A port of the random cases that no Service has; Linkerd passes it on unchecked.
const UNCHECKED_PORT: u16 = 4444;

/// How many differing requests of one question are printed.
const PRINTED: usize = 3;

/// One question whose answer differs, and why that is right.
struct Explained {
    mesh: &'static str,
    case: &'static str,
    service: &'static str,
    port: u16,
    client: &'static str,
    reason: &'static str,
}

impl Explained {
    fn fits(&self, mesh: &str, recorded: &Recorded) -> bool {
        (self.mesh, self.case, self.service, self.port, self.client)
            == (mesh, &recorded.case, &recorded.service, recorded.port, &recorded.client)
    }
}

#[test]
fn istio() {
    judge("istio");
}

#[test]
fn istio_ambient() {
    judge("istio-ambient");
}

#[test]
fn linkerd() {
    judge("linkerd");
}

#[test]
fn kuma() {
    judge("kuma");
}

#[test]
fn kgateway() {
    judge("kgateway");
}

#[test]
fn a_mesh_that_nobody_knows_is_a_usage_error() {
    let query = Query { mesh: "nosuch", namespace: "a", service: "b", port: 80, client: None };
    assert_eq!(query.run("").code, 2);
}

/// Asks the plugin all that the mesh was asked.
fn judge(mesh: &str) {
    let (mut queries, mut requests, mut stale) = (0, 0, BTreeSet::new());
    let (mut report, mut differing, mut explained) = (String::new(), 0, 0);
    stale.extend(EXPLAINED.iter().filter(|it| it.mesh == mesh).map(|it| it.reason));
    for set in [Set::Random, Set::Probes] {
        let mut manifests = Manifests::default();
        for recorded in set.answers(mesh) {
            let manifests = manifests.of(set, mesh, &recorded.case);
            let (count, differences) = ask_and_compare(mesh, &recorded, manifests);
            queries += 1;
            requests += count;
            if differences.is_empty() {
                continue;
            }
            if let Some(entry) = EXPLAINED.iter().find(|it| it.fits(mesh, &recorded)) {
                stale.remove(entry.reason);
                explained += 1;
                continue;
            }
            differing += 1;
            let text = describe(mesh, &recorded, manifests, &differences);
            report.push_str(&text);
        }
    }
    println!(
        "{mesh}: {queries} queries, {requests} requests, {differing} differ, {explained} explained"
    );
    assert!(differing == 0, "{mesh}: {differing} of {queries} answers differ\n{report}");
    assert!(stale.is_empty(), "{mesh}: explained, but no longer different: {stale:?}");
}

fn query<'a>(mesh: &'a str, recorded: &'a Recorded) -> Query<'a> {
    let (namespace, service) = recorded.service();
    Query { mesh, namespace, service, port: recorded.port, client: Some(&recorded.client) }
}

fn ask_and_compare(mesh: &str, recorded: &Recorded, manifests: &str) -> (usize, Vec<String>) {
    let theirs = recorded.list(mesh).expect("the recording is as described");
    // Some meshes name an ExternalName backend, others the Service that it stands for.
    let aliases = recorded::aliases(manifests);
    let theirs = theirs.renamed(&aliases);
    let ours = query(mesh, recorded).ask(manifests).and_then(|split| List::of_split(&split));
    match ours {
        Err(err) => (0, vec![err]),
        Ok(ours) => {
            let ours = ours.renamed(&aliases);
            let (count, differences) = compare::compare(&ours, &theirs, measure(mesh, recorded));
            (count, differences.iter().map(ToString::to_string).collect())
        }
    }
}

/// Returns how strictly a recorded answer binds, as `oracle/README.md` says.
fn measure(mesh: &str, recorded: &Recorded) -> Measure {
    let tie = (recorded.case.as_str(), recorded.client.as_str());
    match mesh {
        "linkerd" if RANDOM_TIES.contains(&tie) => Measure::RandomTie,
        "linkerd" => Measure::ExceptPort(UNCHECKED_PORT),
        "kuma" if recorded.is_rounded() => Measure::Near,
        "kgateway" => Measure::EachRoute,
        _ => Measure::Exact,
    }
}

/// Describes a difference and leaves its cluster where the command can read it.
fn describe(mesh: &str, recorded: &Recorded, manifests: &str, differences: &[String]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oracles");
    let file = folder.join(format!("{mesh}-{}.yaml", recorded.case));
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&file, manifests))
        .expect("a folder to write to");
    let command = query(mesh, recorded).command();
    let Recorded { case, client, service, port, .. } = recorded;
    let mut text = format!(
        "\n{mesh} case {case}: {client} -> {service}:{port}, {} requests\n  {command} < {}\n",
        differences.len(),
        file.display(),
    );
    for difference in differences.iter().take(PRINTED) {
        writeln!(text, "    {difference}").expect("writing to a String");
    }
    text
}

/// A judge that cannot see a wrong answer proves nothing: each rule of each recorded answer is
/// given another fate, and the comparison must notice, unless no request reaches the rule.
#[test]
fn a_wrong_fate_of_any_rule_is_noticed() {
    let mut tried = 0;
    for mesh in ["istio", "istio-ambient", "linkerd", "kuma", "kgateway"] {
        let answers = [Set::Random, Set::Probes].map(|set| set.answers(mesh));
        for recorded in answers.iter().flatten() {
            let theirs = recorded.list(mesh).expect("the recording is as described");
            for idx in (0..theirs.entries.len()).filter(|idx| !is_hidden(&theirs, *idx)) {
                let mut wrong = theirs.clone();
                wrong.entries[idx].fate = Fate::all(Destination::Status(418));
                let (_, differences) = compare::compare(&wrong, &theirs, Measure::Exact);
                let undefined = theirs.entries[idx].fate.is_undefined();
                assert!(
                    undefined || !differences.is_empty(),
                    "{mesh} {}: rule {idx}",
                    recorded.case
                );
                tried += 1;
            }
        }
    }
    println!("{tried} wrong answers were noticed");
}

/// Returns whether no request reaches a rule: an earlier one covers it, or it contradicts itself.
fn is_hidden(list: &List, idx: usize) -> bool {
    let matcher = &list.entries[idx].matcher;
    let names: BTreeSet<_> =
        matcher.headers.iter().map(|it| it.name.to_ascii_lowercase()).collect();
    names.len() < matcher.headers.len()
        || list.entries[..idx].iter().any(|it| covers(&it.matcher, matcher))
}

/// Returns whether all requests of one match are surely requests of the other too.
fn covers(all: &Matcher, some: &Matcher) -> bool {
    let within = |few: &[Condition], many: &[Condition]| {
        let many: BTreeSet<_> = many.iter().map(|it| format!("{it:?}")).collect();
        few.iter().all(|it| many.contains(&format!("{it:?}")))
    };
    let path = match &some.path {
        PathMatch::Exact(value) | PathMatch::Prefix(value) => value.as_str(),
        PathMatch::Regex(pattern) => pattern.source.split('[').next().unwrap_or_default(),
    };
    let path_is_covered = match (&all.path, &some.path) {
        (PathMatch::Prefix(_), _) => all.path.takes(path),
        (all, some) => format!("{all:?}") == format!("{some:?}"),
    };
    path_is_covered
        && (all.method.is_none() || all.method == some.method)
        && within(&all.headers, &some.headers)
        && within(&all.query, &some.query)
}

#[test]
fn a_lost_rule_a_swapped_pair_and_a_shifted_weight_are_noticed() {
    let answers = Set::Random.answers("istio");
    let mut noticed = BTreeMap::from([("lost", 0), ("swapped", 0), ("shifted", 0)]);
    for recorded in &answers {
        let theirs = recorded.list("istio").expect("the recording is as described");
        let mut count = |kind, ours: &List| {
            let (_, differences) = compare::compare(ours, &theirs, Measure::Exact);
            *noticed.entry(kind).or_default() += usize::from(!differences.is_empty());
        };
        if let [_, .., last] = theirs.entries.as_slice() {
            let mut lost = theirs.clone();
            lost.entries.remove(0);
            count("lost", &lost);
            let mut swapped = theirs.clone();
            swapped.entries.pop();
            swapped.entries.insert(0, last.clone());
            count("swapped", &swapped);
        }
        let mut shifted = recorded.clone();
        let weighted = shifted.rules.iter_mut().filter_map(|it| it.backends.as_mut());
        let Some(weight) = weighted.flat_map(|it| it.first_mut()).map(|it| &mut it.weight).next()
        else {
            continue;
        };
        *weight = (weight.as_u64().expect("a whole weight") + 1).into();
        count("shifted", &shifted.list("istio").expect("the recording is as described"));
    }
    println!("of {} answers: {noticed:?} noticed", answers.len());
    // A lost first rule shows unless the next one does the same; a shifted weight unless its
    // backend is the only one.
    assert!(noticed.values().all(|it| *it >= 80), "{noticed:?}");
}
