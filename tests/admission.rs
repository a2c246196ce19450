//! The webhook and `lint --as-admission` find the same: on the examples of all lints, and on the manifests of the tree.
#![expect(clippy::print_stdout, reason = "a test that compares says how much it compared")]

#[path = "admission/json.rs"]
mod json;

use std::{collections::BTreeMap, fs, path::Path};

use meshroute::{
    cluster::{Cluster, Object},
    detect,
    kind::Kind,
    lint::{self, ALL, Channel, Told, Version},
    lower::{Lowered, lower},
    name::RouteId,
};
use meshroute_tests::{findings, manifests, program};
use meshroute_webhook::{
    args::Enforce,
    review::{InUse, Policy, Question, Verdict, View, answer},
};
use serde_json::{Value, json};

/// Code, level and path.
type Found = (String, String, String);

/// Findings of each route that has any, by kind, namespace and name.
type All = BTreeMap<String, Vec<Found>>;

#[test]
fn examples_of_lints_are_judged_alike() {
    let mut compared = Compared::default();
    for lint in ALL {
        for (which, example) in [("bad", lint.bad), ("good", lint.good)] {
            // An admission is never told that it sees a whole cluster.
            let flags = findings::flags(example).filter(|flag| *flag != "--complete");
            let flags: Vec<&str> = flags.collect();
            compared.compare(&format!("{}, {which}", lint.code), example, &flags);
        }
    }
    compared.finish(200, 70);
}

#[test]
fn manifests_of_the_tree_are_judged_alike() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.join("cases"), root.join("oracle"), root.join("../examples")];
    let mut compared = Compared::default();
    for file in folders.iter().flat_map(|folder| manifests::files(folder)) {
        let text = fs::read_to_string(&file).expect("it can be read");
        for flags in [
            &[][..],
            &["--mesh", "istio"],
            &["--mesh", "linkerd,kuma", "--ignore", "all"],
            &["--mesh", "spec,istio,istio-ambient,linkerd,cilium,kuma,kgateway"],
        ] {
            compared.compare(&file.display().to_string(), &text, flags);
        }
    }
    compared.finish(2000, 3000);
}

/// What was compared so far.
#[derive(Default)]
struct Compared {
    problems: Vec<String>,
    routes: usize,
    findings: usize,
}

impl Compared {
    fn compare(&mut self, what: &str, text: &str, flags: &[&str]) {
        let Some(objects) = json::objects(text) else { return };
        let mut linted = linted(&objects, flags);
        let Reviewed { all: reviewed, routes, refused } = reviewed(&objects, flags);
        self.routes += routes;
        // The command knows that the API server refuses these; the webhook only sees what it took.
        for (_, found) in linted.iter_mut().filter(|(thing, _)| refused.contains(thing)) {
            found.iter_mut().for_each(|(_, level, _)| "warning".clone_into(level));
        }
        self.findings += reviewed.values().map(Vec::len).sum::<usize>();
        if linted != reviewed {
            self.problems
                .push(format!("{what} {flags:?}\nlint: {linted:#?}\nwebhook: {reviewed:#?}"));
        }
    }

    fn finish(self, routes: usize, findings: usize) {
        assert!(self.problems.is_empty(), "\n{}", self.problems.join("\n"));
        println!("{} reviews compared, {} findings in them", self.routes, self.findings);
        assert!(self.routes >= routes && self.findings >= findings, "little was compared");
    }
}

/// What the command finds.
fn linted(objects: &[Value], flags: &[&str]) -> All {
    let text: Vec<String> = objects.iter().map(Value::to_string).collect();
    let mut args =
        vec!["lint", "-", "--as-admission", "--no-config", "-o", "json", "--fail-on", "never"];
    args.extend(flags);
    let outcome = program::run(&args, &text.join("\n---\n"));
    assert!(outcome.code < 3 && outcome.stdout.starts_with('{'), "{args:?}: {outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).expect("it is JSON");
    let mut all = All::new();
    for finding in report["findings"].as_array().expect("a list of findings") {
        let text =
            |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let thing =
            ["group", "kind", "namespace", "name"].map(|part| text(&format!("/object/{part}")));
        if thing[1].ends_with("Route") {
            let found = ["/code", "/level", "/path"].map(|part| text(part).to_owned());
            all.entry(thing.join(" ")).or_default().push(found.into());
        }
    }
    sorted(all)
}

/// What the webhook finds.
struct Reviewed {
    all: All,
    /// How many routes there are.
    routes: usize,
    /// Those of them that the API server refuses.
    refused: Vec<String>,
}

/// What the webhook finds when each route is made in a cluster that has all the other objects.
fn reviewed(objects: &[Value], flags: &[&str]) -> Reviewed {
    let read: Vec<Option<(Kind, Lowered)>> = objects.iter().map(lowered).collect();
    let mut cluster = Cluster::unread();
    for (_, lowered) in read.iter().flatten() {
        if let Some(object) = &lowered.object {
            cluster.insert(object.clone());
        }
    }
    let policy = policy(flags);
    let shown = detect::Meshes::of(&cluster).all();
    let mut all = All::new();
    let (mut routes, mut refused) = (0, Vec::new());
    for (object, read) in objects.iter().zip(&read) {
        let Some((Kind::Route(kind), lowered)) = read else { continue };
        let mut others = cluster.clone();
        let id = match &lowered.object {
            Some(Object::Route(route)) => Some(route.id.clone()),
            _ => None,
        };
        let is_last = id.as_ref().is_none_or(|id| is_last(objects, object, id));
        if !is_last {
            // Another document of this name comes after it, and is what is stored.
            continue;
        }
        if let Some(RouteId { kind, name }) = &id {
            others.remove(Kind::Route(*kind), name);
        }
        routes += 1;
        let body = review(object).to_string();
        let view = View { meshes: &shown, ..View::fixed(&others) };
        let answer = answer(Question::Validate, body.as_bytes(), &policy, &view, None);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        let is_error = |it: &meshroute_webhook::review::Said| it.level == lint::Level::Error;
        assert_eq!(answer.verdict == Verdict::Denied, answer.findings.iter().any(is_error));
        let metadata = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
        let namespace =
            Some(metadata("namespace")).filter(|it| !it.is_empty()).unwrap_or("default");
        let thing = format!("{} {} {namespace} {}", kind.group(), kind.kind(), metadata("name"));
        if id.is_none() {
            refused.push(thing.clone());
        }
        let found = answer.findings.into_iter();
        let found = found.map(|it| (it.code.to_owned(), it.level.to_string(), it.path));
        all.entry(thing).or_default().extend(found);
    }
    all.retain(|_, found| !found.is_empty());
    Reviewed { all: sorted(all), routes, refused }
}

fn is_last(objects: &[Value], object: &Value, id: &RouteId) -> bool {
    let mut same = objects.iter().filter(|other| {
        let lowered = lowered(other).and_then(|(_, lowered)| lowered.object);
        matches!(lowered, Some(Object::Route(route)) if route.id == *id)
    });
    same.next_back().is_some_and(|last| std::ptr::eq(last, object))
}

fn lowered(object: &Value) -> Option<(Kind, Lowered)> {
    let kind = Kind::of(object["apiVersion"].as_str()?, object["kind"].as_str()?)?;
    Some((kind, lower(kind, object, "default")))
}

fn sorted(mut all: All) -> All {
    all.values_mut().for_each(|found| found.sort());
    all
}

fn review(object: &Value) -> Value {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    let (group, version) = api_version.split_once('/').unwrap_or_default();
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "1", "operation": "CREATE", "namespace": "default",
            "kind": {"group": group, "version": version, "kind": object["kind"]}, "object": object}})
}

/// The policy that the flags of the command mean.
fn policy(flags: &[&str]) -> Policy {
    let mut policy = Policy {
        meshes: InUse::Shown,
        enforce: Enforce::Deny,
        ignore: lint::Ignore::Warnings,
        levels: lint::Levels::default(),
        api: Told::default(),
    };
    for flag in flags.chunks(2) {
        match flag {
            ["--mesh", names] => {
                let meshes = names.split(',').map(|name| name.parse().expect("a mesh"));
                policy.meshes = InUse::Named(meshes.collect());
            }
            ["--level", level] => policy.levels.set(level).expect("a level"),
            ["--ignore", "all"] => policy.ignore = lint::Ignore::All,
            ["--gateway-api", "1.7"] => policy.api.version = Some(Version::V1_7),
            ["--channel", "standard"] => policy.api.channel = Some(Channel::Standard),
            ["--channel", "experimental"] => policy.api.channel = Some(Channel::Experimental),
            other => panic!("{other:?} is not known here"),
        }
    }
    policy
}
