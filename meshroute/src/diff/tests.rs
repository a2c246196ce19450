//! Regions, word by word, of small changes.

use serde_json::{Value, json};

use super::{Destination, Ending, Region, Requests, between};
use crate::{
    cluster::{Cluster, Object},
    kind::Kind,
    lower::lower,
    name::RouteKind,
    profile::Mesh,
    route::{Match, PathMatch},
    split::{Answer, Question, Split, splits},
};

/// A route: the port that it is for, and its rules.
type Route<'r> = (Option<u16>, &'r [(&'r str, &'r str)]);

fn put(cluster: &mut Cluster, kind: Kind, object: &Value) {
    let object: Object = lower(kind, object, "shop").object.expect("it is well-formed");
    cluster.insert(object);
}

/// `prefix /a, header x=1 | POST` of a rule, and `v1=90 v2=10`, or `redirect`.
fn rule((matches, backends): &(&str, &str)) -> Value {
    let matched = |text: &str| {
        let mut matched = json!({"headers": [], "queryParams": []});
        for part in text.split(", ") {
            match part.split_once(' ') {
                Some((kind @ ("header" | "query"), condition)) => {
                    let (name, value) = condition.split_once('=').expect(condition);
                    let field = if kind == "header" { "headers" } else { "queryParams" };
                    let list = matched[field].as_array_mut().expect("it is a list");
                    list.push(json!({"name": name, "value": value}));
                }
                Some((kind, path)) => {
                    let kind = match kind {
                        "prefix" => "PathPrefix",
                        "exact" => "Exact",
                        _ => "RegularExpression",
                    };
                    matched["path"] = json!({"type": kind, "value": path});
                }
                None if part == "any" => {}
                None => matched["method"] = part.into(),
            }
        }
        matched
    };
    let matches: Vec<Value> = matches.split(" | ").map(matched).collect();
    if *backends == "redirect" {
        let filter =
            json!({"type": "RequestRedirect", "requestRedirect": {"hostname": "a.example"}});
        return json!({"matches": matches, "filters": [filter]});
    }
    let backend = |text: &str| {
        let (name, weight) = text.split_once('=').unwrap_or((text, "1"));
        let (name, port) = name.split_once(':').unwrap_or((name, "80"));
        let number = |text: &str| text.parse::<u32>().expect("a number");
        json!({"name": name, "port": number(port), "weight": number(weight)})
    };
    let backends: Vec<Value> = backends.split(' ').map(backend).collect();
    json!({"matches": matches, "backendRefs": backends})
}

/// The Service `web` with two ports, its versions, and these routes.
fn cluster(routes: &[Route<'_>]) -> Cluster {
    let mut cluster = Cluster::default();
    for name in ["web", "v1", "v2", "v3"] {
        let ports = json!([{"name": "a", "port": 80}, {"name": "b", "port": 8080}]);
        let service = json!({"metadata": {"name": name}, "spec": {"ports": ports}});
        put(&mut cluster, Kind::Service, &service);
    }
    for (index, (port, rules)) in routes.iter().enumerate() {
        let mut parent = json!({"group": "", "kind": "Service", "name": "web"});
        if let Some(port) = port {
            parent["port"] = (*port).into();
        }
        let rules: Vec<Value> = rules.iter().map(rule).collect();
        let route = json!({"metadata": {"name": format!("r{index}")},
            "spec": {"parentRefs": [parent], "rules": rules}});
        put(&mut cluster, Kind::Route(RouteKind::Http), &route);
    }
    cluster
}

fn answers(cluster: &Cluster, mesh: Mesh) -> Vec<Split<'_>> {
    let service = cluster.services().find(|it| it.name.name == "web");
    let Some(service) = service else { return Vec::new() };
    splits(cluster, mesh.profile(), &Question { service, port: None, from: None, host: None })
}

/// The regions, with the ports before those that are not for all.
fn changed(before: &Cluster, after: &Cluster, mesh: Mesh) -> Vec<String> {
    let (before, after) = (answers(before, mesh), answers(after, mesh));
    let mut said = Vec::new();
    for change in between(&before, &after) {
        let ports = match change.ports.as_slice() {
            [80, 8080] => String::new(),
            ports => format!("{ports:?} "),
        };
        said.extend(change.regions.iter().map(|it| format!("{ports}{}", told(it))));
    }
    said
}

fn told(region: &Region<'_>) -> String {
    let any_of = |requests: &[Requests]| {
        let all = |it: &Requests| it.all.iter().map(conditions).collect::<Vec<_>>().join(" & ");
        requests.iter().map(all).collect::<Vec<_>>().join(" or ")
    };
    let mut text = any_of(&region.requests);
    if !region.except.is_empty() {
        text.push_str(&format!(" except {}", any_of(&region.except)));
    }
    if !region.is_certain {
        text.push('?');
    }
    let fails = if region.starts_to_fail() { " starts to fail" } else { "" };
    format!("{text}: {} -> {}{fails}", ending(&region.before), ending(&region.after))
}

fn conditions(matched: &Match) -> String {
    let Match { path, method, grpc: _, headers, query } = matched;
    let mut parts: Vec<String> = method.iter().cloned().collect();
    if *path != PathMatch::any() {
        parts.push(path.value().into());
    }
    parts.extend(headers.iter().map(|it| format!("{}={}", it.name, it.value)));
    parts.extend(query.iter().map(|it| format!("?{}={}", it.name, it.value)));
    if parts.is_empty() { "any".into() } else { parts.join(" ") }
}

fn ending(ending: &Ending<'_>) -> String {
    let Some(fate) = &ending.fate else { return "nowhere".into() };
    let share = |(to, share): &(Destination, crate::ratio::Ratio)| {
        let to = match to {
            Destination::Backend(reference) => match reference.port {
                Some(80) | None => reference.name.name.clone(),
                Some(port) => format!("{}:{port}", reference.name.name),
            },
            Destination::Answer(Answer::Status(status)) => status.to_string(),
            Destination::Answer(Answer::Redirect) => "redirect".into(),
            Destination::Answer(Answer::Undefined) => "undefined".into(),
        };
        if share.to_string() == "1/1" { to } else { format!("{to}={share}") }
    };
    let shares: Vec<String> = fate.shares().map(share).collect();
    let rule = ending.rule.map(|it| format!("#{}", it.id.rule_index)).unwrap_or_default();
    format!("{}{rule}", shares.join(" "))
}

/// The regions of a change of the rules of one route.
fn of_rules(before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<String> {
    changed(&cluster(&[(None, before)]), &cluster(&[(None, after)]), Mesh::Spec)
}

#[test]
fn another_match_is_another_fate() {
    let regions = of_rules(&[("prefix /a", "v1")], &[("prefix /b", "v1")]);
    assert_eq!(regions, ["/a: v1#0 -> 404 starts to fail", "/b: 404 -> v1#0"]);
}

#[test]
fn only_what_could_be_of_a_region_is_excepted() {
    let rules = |b: &'static str| {
        [("prefix /a", "v1"), ("prefix /b, header x=1", "v3"), ("prefix /b", b), ("any", "v1")]
    };
    let regions = of_rules(&rules("v1"), &rules("v2"));
    assert_eq!(regions, ["/b except /b x=1: v1#2 -> v2#2"]);
    // What is excepted of a later region need not be of an earlier one.
    let rules = |to: &'static str| {
        [("prefix /a", "v3"), ("prefix /b", to), ("header y=1", to), ("any", "v1")]
    };
    let regions = of_rules(&rules("v1"), &rules("v2"));
    assert_eq!(regions, ["/b: v1#1 -> v2#1", "y=1 except /a: v1#2 -> v2#2"]);
}

#[test]
fn rows_of_one_rule_are_one_region_and_those_of_two_are_two() {
    let together = |to| [("prefix /a | prefix /b", to), ("any", "v3")];
    assert_eq!(of_rules(&together("v1"), &together("v2")), ["/a or /b: v1#0 -> v2#0"]);
    let apart = |to| [("prefix /a", to), ("prefix /b", to), ("any", "v3")];
    let regions = of_rules(&apart("v1"), &apart("v2"));
    assert_eq!(regions, ["/a: v1#0 -> v2#0", "/b: v1#1 -> v2#1"]);
}

#[test]
fn what_is_certain_stays_apart_from_what_is_not() {
    // Expressions of which no text is known.
    let regions =
        of_rules(&[("prefix /a | regex (?i)/b", "v1")], &[("prefix /a | regex (?i)/c", "v2")]);
    assert!(regions.contains(&"/a: v1#0 -> v2#0".to_owned()), "{regions:?}");
    assert!(regions.contains(&"(?i)/b & (?i)/c?: v1#0 -> v2#0".to_owned()), "{regions:?}");
}

#[test]
fn a_region_has_what_both_matches_ask_for_once() {
    let rules = |matched, to| [(matched, to), ("any", "v3")];
    let regions = of_rules(&rules("POST, query q=1", "v1"), &rules("POST, query q=1", "v2"));
    assert_eq!(regions, ["POST ?q=1: v1#0 -> v2#0"]);
    let regions = of_rules(&[("any", "v1")], &[("POST", "v2"), ("any", "v1")]);
    assert_eq!(regions, ["POST: v1#0 -> v2#0"]);
    let regions = of_rules(&rules("header x=1", "v1"), &rules("header X=1", "v2"));
    assert_eq!(regions, ["x=1: v1#0 -> v2#0"]);
}

#[test]
fn what_stands_before_takes_its_requests_away() {
    let before = [("any", "v1"), ("exact /a", "v2")];
    let after = [("any", "v1"), ("exact /a", "v3")];
    assert_eq!(of_rules(&before, &after), ["/a: v2#1 -> v3#1"]);
    // The matches of a rule need not be tried one after the other.
    let rules = |to: &'static str| [("exact /a | any", "v1"), ("prefix /a", to)];
    assert_eq!(of_rules(&rules("v2"), &rules("v3")), ["/a except /a: v2#1 -> v3#1"]);
    let before = [("header x=1", "v1"), ("any", "v2")];
    let after = [("prefix /a", "v1"), ("any", "v2")];
    let regions = of_rules(&before, &after);
    assert_eq!(regions, ["x=1 except /a x=1: v1#0 -> v2#1", "/a except /a x=1: v2#1 -> v1#0"]);
}

#[test]
fn shares_of_one_destination_are_added_up() {
    assert_eq!(of_rules(&[("any", "v1=1 v1=1 v2=0")], &[("any", "v1")]), Vec::<String>::new());
    let regions = of_rules(&[("any", "v1=1 v2=2 v1=1")], &[("any", "v1")]);
    assert_eq!(regions, ["any: v1=1/2 v2=1/2#0 -> v1#0"]);
}

#[test]
fn the_service_itself_is_told_apart_by_ports_that_were_not_dialled() {
    let regions = of_rules(&[("any", "web:80")], &[("any", "web:8080")]);
    assert_eq!(regions, ["[80] any: web#0 -> web:8080#0", "[8080] any: web#0 -> web#0"]);
    // Without a rule it is the Service, at the port that was dialled.
    let kuma = |rules: &[(&str, &str)]| cluster(&[(Some(80), rules)]);
    let (open, closed) =
        (&[("prefix /a", "v1")][..], &[("prefix /a", "v1"), ("any", "web:80")][..]);
    let regions = changed(&kuma(open), &kuma(closed), Mesh::Kuma);
    assert_eq!(regions, Vec::<String>::new());
}

#[test]
fn another_name_of_a_backend_is_the_same_backend() {
    let with = |backend: &str| {
        let mut cluster = cluster(&[(None, &[("any", backend)])]);
        let name = "v1.shop.svc.cluster.local";
        let spec = json!({"type": "ExternalName", "externalName": name, "ports": [{"port": 80}]});
        let alias = json!({"metadata": {"name": "alias"}, "spec": spec});
        put(&mut cluster, Kind::Service, &alias);
        cluster
    };
    assert_eq!(changed(&with("v1"), &with("alias"), Mesh::Istio), Vec::<String>::new());
    let other = changed(&with("v2"), &with("alias"), Mesh::Istio);
    assert_eq!(other, ["any: v2#0 -> v1#0"]);
}

#[test]
fn a_redirect_is_no_failure_and_an_end_is_one() {
    assert_eq!(of_rules(&[("any", "v1")], &[("any", "redirect")]), ["any: v1#0 -> redirect#0"]);
    let gone = of_rules(&[("any", "v1")], &[("any", "gone")]);
    assert_eq!(gone, ["any: v1#0 -> 500#0 starts to fail"]);
    let (nothing, fails) = (Cluster::default(), cluster(&[(None, &[("any", "gone")])]));
    let works = cluster(&[(None, &[("any", "v1")])]);
    let of = |before: &Cluster, after: &Cluster| changed(before, after, Mesh::Spec);
    assert_eq!(of(&nothing, &fails), ["any: nowhere -> 500#0 starts to fail"]);
    assert_eq!(of(&nothing, &works), ["any: nowhere -> v1#0"]);
    assert_eq!(of(&works, &nothing), ["any: v1#0 -> nowhere starts to fail"]);
    assert_eq!(of(&fails, &nothing), ["any: 500#0 -> nowhere"]);
}

#[test]
fn ports_that_differ_in_what_is_excepted_are_told_apart() {
    let routes = |to| cluster(&[(None, &[("any", to)]), (Some(80), &[("prefix /a", "v3")])]);
    let regions = changed(&routes("v1"), &routes("v2"), Mesh::Spec);
    assert_eq!(regions, ["[80] any except /a: v1#0 -> v2#0", "[8080] any: v1#0 -> v2#0"]);
}
