//! What speaks against a change, what is remembered, and what has changed meanwhile.

use super::*;
use crate::name::RouteId;

fn guards(cluster: &Cluster, words: &[&str]) -> Vec<Guard> {
    ask(cluster, words, &Target::default()).expect("it can be planned").guards
}

fn put(cluster: &mut Cluster, kind: Kind, object: &Value) {
    cluster.insert(lower(kind, object, "shop").object.expect("it is well-formed"));
}

#[test]
fn the_majority_moves_only_where_it_is_named() {
    let cluster = one_rule(&[90, 10]);
    let moves = |from: &str, to: &str| {
        vec![Guard::MajorityMoves { rule: "0".into(), from: from.into(), to: to.into() }]
    };
    assert_eq!(guards(&cluster, &["10/90"]), moves("web-v1", "web-v2"));
    assert_eq!(guards(&cluster, &["v1=10", "v2=90"]), []);
    assert_eq!(guards(&cluster, &["50/50"]), []);
    assert_eq!(guards(&one_rule(&[50, 50]), &["10/90"]), []);
    assert_eq!(guards(&cluster, &["90/10"]), []);
}

#[test]
fn a_share_rises_only_where_somebody_can_serve_it() {
    let mut cluster = one_rule(&[90, 10]);
    put(&mut cluster, Kind::EndpointSlice, &slice("web-v2", false));
    let raises = |why| Guard::Raises { rule: "0".into(), backend: "web-v2".into(), why };
    assert_eq!(guards(&cluster, &["80/20"]), [raises("has no ready endpoint")]);
    assert_eq!(guards(&cluster, &["95/5"]), []);
    // Another scale with the same share raises nothing.
    assert_eq!(guards(&cluster, &["900/100"]), []);
    cluster.remove(Kind::Service, &ObjectName::new("shop", "web-v2"));
    assert_eq!(guards(&cluster, &["80/20"]), [raises("does not exist")]);
    assert_eq!(guards(&one_rule(&[90, 10]), &["0/0"]), [Guard::AllZero { rule: "0".into() }]);
    // What stays as it is hurts nobody anew.
    let zero = |name: &str, path: &str, weight: i64| {
        rule(name, path, &[("web-v1", weight), ("web-v2", weight)])
    };
    let rules = json!([zero("x", "/x", 0), zero("y", "/", 1)]);
    let two = self::cluster(&["web-v1", "web-v2"], &[route("web", &rules)]);
    let all = Target { all_rules: true, ..Target::default() };
    let shift = ask(&two, &["0/0"], &all).expect("it can be planned");
    assert_eq!(shift.guards, [Guard::AllZero { rule: "y".into() }]);
}

#[test]
fn a_port_that_is_not_there_is_minded_where_the_mesh_minds_it() {
    let mut rule = rule("", "/", &[("web-v1", 9), ("web-v2", 1)]);
    rule["backendRefs"][1]["port"] = json!(81);
    let cluster = cluster(&["web-v1", "web-v2"], &[route("web", &json!([rule]))]);
    let service = cluster.services().find(|it| it.name.name == "web").expect("it is there");
    let of = |mesh: Mesh| {
        let question = Question { service, port: None, from: None, host: None };
        let wish = Wish::parse(&["8/2"], false).expect("it is well-formed");
        let splits = splits(&cluster, mesh.profile(), &question);
        shift(&cluster, &splits, &wish, &Target::default()).expect("it can be planned").guards
    };
    let why = "does not have this port";
    let raises = Guard::Raises { rule: "0".into(), backend: "web-v2".into(), why };
    assert_eq!(of(Mesh::Istio), [raises]);
    assert!(
        !of(Mesh::Linkerd)
            .iter()
            .any(|guard| { matches!(guard, Guard::Raises { why: other, .. } if *other == why) })
    );
}

#[test]
fn the_way_back_may_be_one_that_would_be_refused() {
    let mut cluster = one_rule(&[50, 50]);
    let leaves = |cluster: &Cluster, words: &[&str]| {
        ask(cluster, words, &Target::default()).expect("it can be planned").leaves_unready
    };
    assert!(!leaves(&cluster, &["90/10"]));
    put(&mut cluster, Kind::EndpointSlice, &slice("web-v2", false));
    assert!(leaves(&cluster, &["90/10"]));
    assert!(!leaves(&cluster, &["10/90"]));
}

#[test]
fn what_is_not_known_is_a_note() {
    let mut cluster = Cluster::default();
    let two = route("web", &json!([rule("", "/", &[("a", 9), ("b", 1)])]));
    for name in ["web", "a", "b"] {
        let service = json!({"metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}});
        put(&mut cluster, Kind::Service, &service);
    }
    put(&mut cluster, Kind::Route(RouteKind::Http), &two);
    let shift = ask(&cluster, &["8/2"], &Target::default()).expect("it can be planned");
    assert_eq!(shift.guards, []);
    assert_eq!(shift.notes, [Note::ReadyUnknown { backend: "b".into() }]);
    let both = json!([rule("", "/", &[("a", 9), ("b", 1)]), rule("", "/x", &[("a", 9), ("b", 1)])]);
    put(&mut cluster, Kind::Route(RouteKind::Http), &route("web", &both));
    let shift = ask(&cluster, &["8/2"], &Target::default()).expect("it can be planned");
    assert_eq!(shift.rules.len(), 2);
    assert_eq!(shift.notes, [Note::ReadyUnknown { backend: "b".into() }]);
    // What is no Service is not missing among them.
    let mut foreign = route("web", &json!([rule("", "/", &[("a", 9), ("c", 1)])]));
    let backend = &mut foreign["spec"]["rules"][0]["backendRefs"][1];
    (backend["group"], backend["kind"]) = (json!("example.com"), json!("Elsewhere"));
    put(&mut cluster, Kind::Route(RouteKind::Http), &foreign);
    let shift = ask(&cluster, &["8/2"], &Target::default()).expect("it can be planned");
    assert_eq!(shift.guards, []);
}

#[test]
fn other_parents_are_a_note() {
    let mut web = route("web", &json!([rule("", "/", &[("web-v1", 9), ("web-v2", 1)])]));
    let service =
        |name: &str, port: u16| json!({"group": "", "kind": "Service", "name": name, "port": port});
    web["spec"]["parentRefs"] =
        json!([service("web", 80), {"name": "edge"}, service("a", 80), service("a", 81)]);
    let cluster = cluster(&["web-v1", "web-v2"], &[web]);
    let shift = ask(&cluster, &["8/2"], &Target::default()).expect("it can be planned");
    let parents = vec!["Gateway shop/edge".into(), "Service shop/a".into()];
    assert_eq!(shift.notes, [Note::Shared { parents }]);
}

#[test]
fn a_certain_revert_is_a_guard_and_any_other_owner_a_note() {
    let mut web = route("web", &json!([rule("", "/", &[("web-v1", 9), ("web-v2", 1)])]));
    web["metadata"]["labels"] = json!({"kustomize.toolkit.fluxcd.io/name": "apps",
        "kustomize.toolkit.fluxcd.io/namespace": "flux"});
    let mut cluster = cluster(&["web-v1", "web-v2"], &[web]);
    let shift = ask(&cluster, &["8/2"], &Target::default()).expect("it can be planned");
    assert!(matches!(&shift.notes[..], [Note::Owned(_)]) && shift.guards.is_empty());
    let apps = json!({"metadata": {"namespace": "flux", "name": "apps"}, "spec": {}, "status": {
        "conditions": [{"type": "Ready", "status": "True"}],
        "inventory": {"entries": [{"id": "shop_web_gateway.networking.k8s.io_HTTPRoute", "v": "v1"}]}}});
    put(&mut cluster, Kind::Kustomization, &apps);
    let shift = ask(&cluster, &["8/2"], &Target::default()).expect("it can be planned");
    assert!(matches!(&shift.guards[..], [Guard::Reverts(_)]), "{:?}", shift.guards);
    assert_eq!(shift.notes, []);
    let unchanged = ask(&cluster, &["9/1"], &Target::default()).expect("it can be planned");
    assert!(unchanged.is_unchanged() && unchanged.guards.is_empty());
}

#[test]
fn promoting_takes_the_only_other_one() {
    let promote = |weights: &[i64]| {
        let cluster = one_rule(weights);
        shift(&cluster, &splits_of(&cluster), &Wish::Promote, &Target::default())
            .map(|shift| shift.rules[0].after())
    };
    assert_eq!(promote(&[90, 10]), Ok(vec![0, 100]));
    assert_eq!(promote(&[9, 1]), Ok(vec![0, 10]));
    assert_eq!(ways(&promote(&[8, 1, 1]).expect_err("two could be")), ["web-v2", "web-v3"]);
    assert_eq!(ways(&promote(&[5, 5]).expect_err("two could be")), ["web-v1", "web-v2"]);
}

#[test]
fn remembered_weights_come_back_where_the_backends_are_the_same() {
    let cluster = one_rule(&[90, 10]);
    let splits = splits_of(&cluster);
    let memory = |index: usize, second: &str| Memory {
        index,
        name: None,
        backends: vec![
            ("shop".into(), "web-v1".into(), Some(80), 7),
            ("shop".into(), second.into(), Some(80), 3),
        ],
    };
    let back = undo(&cluster, &splits, &[memory(0, "web-v2")], "web").expect("it is there");
    assert_eq!(back.rules[0].after(), [7, 3]);
    // The rule has moved, and is the only one with these backends.
    let back = undo(&cluster, &splits, &[memory(4, "web-v2")], "web").expect("it is there");
    assert_eq!((back.rules[0].index, back.rules[0].after()), (0, vec![7, 3]));
    let trouble = undo(&cluster, &splits, &[memory(0, "web-v3")], "web").expect_err("it is gone");
    assert!(trouble.message.contains("not there any more"), "{trouble}");
}

#[test]
fn what_the_plan_rests_on_is_compared() {
    let cluster = one_rule(&[90, 10]);
    let shift = ask(&cluster, &["80/20"], &Target::default()).expect("it can be planned");
    let now = |rules: &Value| {
        let cluster = self::cluster(&[], &[route("web", rules)]);
        let name = ObjectName::new("shop", "web");
        let id = RouteId { kind: RouteKind::Http, name };
        let route = cluster.routes().find(|it| it.id == id).expect("it is there").clone();
        drift(&shift, &route)
    };
    let two =
        |second: &str, weight: i64| json!([rule("", "/", &[("web-v1", 90), (second, weight)])]);
    assert_eq!(now(&two("web-v2", 10)), []);
    let moved = Drift::Weight { backend: "web-v2".into(), read: 10, now: 25 };
    assert_eq!(now(&two("web-v2", 25)), [moved]);
    assert_eq!(now(&two("web-v3", 10)), [Drift::Backends { rule: 0 }]);
    let other = json!([rule("", "/x", &[("web-v1", 90), ("web-v2", 10)])]);
    assert_eq!(now(&other), [Drift::Rule { rule: 0 }]);
    // Without rules there is the one of the API, which has no backends.
    assert_eq!(now(&Value::Null), [Drift::Backends { rule: 0 }]);
}
