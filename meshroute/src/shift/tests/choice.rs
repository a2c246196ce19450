//! Which rules are meant.

use super::*;

fn target() -> Target {
    Target::default()
}

fn of_rule(name: &str) -> Target {
    Target { rule: Some(name.into()), ..target() }
}

fn indexes(shift: &Shift) -> Vec<usize> {
    shift.rules.iter().map(|rule| rule.index).collect()
}

#[test]
fn a_rule_with_one_backend_is_no_candidate() {
    let rules = json!([rule("beta", "/beta", &[("a", 1)]), rule("", "/", &[("a", 9), ("b", -1)])]);
    let cluster = cluster(&["a", "b"], &[route("web", &rules)]);
    let shift = ask(&cluster, &["50/50"], &target()).expect("one rule has two backends");
    let changes =
        shift.changes().map(|(rule, backend, old, new)| (rule, backend, **old, old.written, new));
    assert_eq!(changes.collect::<Vec<_>>(), [(1, 0, 9, true, 50), (1, 1, 1, false, 50)]);
    let trouble = ask(&cluster, &["50/50"], &of_rule("beta")).expect_err("it has one");
    assert!(trouble.message.contains("does not have several backends"), "{trouble}");
    assert_eq!(ways(&trouble), ["--rule 1"]);
    let trouble = ask(&cluster, &["50/50"], &of_rule("7")).expect_err("there is none");
    assert!(trouble.message.contains("no such rule"), "{trouble}");
}

#[test]
fn rules_that_are_alike_move_together_and_others_are_named() {
    let rules = |second: i64| {
        json!([rule("x", "/x", &[("a", 9), ("b", 1)]), rule("", "/", &[("a", 90), ("b", second)])])
    };
    let alike = cluster(&["a", "b"], &[route("web", &rules(10))]);
    let shift = ask(&alike, &["b=50%"], &target()).expect("both have the same shares");
    assert_eq!(indexes(&shift), [0, 1]);
    assert_eq!((shift.rules[0].after(), shift.rules[1].after()), (vec![5, 5], vec![50, 50]));

    let others = cluster(&["a", "b"], &[route("web", &rules(20))]);
    let trouble = ask(&others, &["b=50%"], &target()).expect_err("they differ");
    assert_eq!(ways(&trouble), ["--rule x", "--rule 1", "--all-rules"]);
    assert_eq!(indexes(&ask(&others, &["b=50%"], &of_rule("x")).expect("named")), [0]);
    assert_eq!(indexes(&ask(&others, &["b=50%"], &of_rule("web/1")).expect("named")), [1]);
    let all = Target { all_rules: true, ..target() };
    assert_eq!(indexes(&ask(&others, &["b=50%"], &all).expect("all")), [0, 1]);
}

#[test]
fn a_name_beats_an_index_and_one_that_fits_twice_is_none() {
    let two = &[("a", 9), ("b", 1)];
    let rules = json!([rule("1", "/x", two), rule("same", "/y", two), rule("same", "/z", two)]);
    let cluster = cluster(&["a", "b"], &[route("web", &rules)]);
    assert_eq!(indexes(&ask(&cluster, &["1/1"], &of_rule("1")).expect("by name")), [0]);
    assert_eq!(indexes(&ask(&cluster, &["1/1"], &of_rule("2")).expect("by index")), [2]);
    let trouble = ask(&cluster, &["1/1"], &of_rule("same")).expect_err("it fits two");
    assert_eq!(ways(&trouble), ["--rule 1", "--rule 2"]);
    // Where rules differ, a name that two have names neither.
    let rules =
        |second: &[(&str, i64)]| json!([rule("same", "/y", two), rule("same", "/z", second)]);
    let of = |second: &[(&str, i64)], target: &Target| {
        let cluster = self::cluster(&["a", "b"], &[route("web", &rules(second))]);
        ways(&ask(&cluster, &["1/1"], target).expect_err("it fits two"))
    };
    let differ = of(&[("a", 5), ("b", 5)], &target());
    assert_eq!(differ, ["--rule 0", "--rule 1", "--all-rules"]);
    assert_eq!(of(&[("a", 1)], &of_rule("same")), ["--rule 0"]);
}

#[test]
fn one_route_is_written_at_a_time() {
    let two = &[("a", 9), ("b", 1)];
    let routes =
        [route("one", &json!([rule("", "/x", two)])), route("two", &json!([rule("", "/y", two)]))];
    let cluster = cluster(&["a", "b"], &routes);
    let trouble = ask(&cluster, &["1/1"], &target()).expect_err("there are two");
    assert_eq!(ways(&trouble), ["--route one", "--route two"]);
    for name in ["two", "shop/two", "httproute/two", "HTTPRoute.gateway.networking.k8s.io/two"] {
        let of_route = Target { route: Some(name.into()), ..target() };
        let shift = ask(&cluster, &["1/1"], &of_route).expect("one is named");
        assert_eq!(shift.route.name.name, "two");
    }
    let none = Target { route: Some("three".into()), ..target() };
    let trouble = ask(&cluster, &["1/1"], &none).expect_err("there is none");
    assert!(trouble.message.contains("in route three"), "{trouble}");
    let elsewhere = Target { route: Some("pay/two".into()), ..target() };
    assert!(ask(&cluster, &["1/1"], &elsewhere).is_err());
}

#[test]
fn routes_of_one_name_are_told_apart_by_their_kinds() {
    let two = &[("a", 9), ("b", 1)];
    let mut cluster = cluster(&["a", "b"], &[route("web", &json!([rule("", "/x", two)]))]);
    let mut grpc = route("web", &json!([rule("", "/", two)]));
    grpc["spec"]["rules"][0]["matches"] = json!([{"method": {"service": "a.B"}}]);
    cluster.insert(lower(Kind::Route(RouteKind::Grpc), &grpc, "shop").object.expect("well-formed"));
    let ids: Vec<_> = cluster.routes().map(|route| &route.id).collect();
    let all = ids.iter().copied().collect();
    let flags: Vec<String> = ids.iter().map(|id| route_flag(id, &all)).collect();
    assert_eq!(flags, ["httproute/web", "grpcroute/web"]);
}

#[test]
fn what_is_only_read_does_not_keep_others_from_being_written() {
    let two = &[("a", 9), ("b", 1)];
    let mut cluster = cluster(&["a", "b"], &[route("web", &json!([rule("", "/x", two)]))]);
    let read = route("read", &json!([rule("", "/y", two)]));
    let read = lower(Kind::Route(RouteKind::LinkerdHttp), &read, "shop");
    cluster.insert(read.object.expect("it is well-formed"));
    let service = cluster.services().find(|it| it.name.name == "web").expect("it is there");
    let question = Question { service, port: None, from: None, host: None };
    let splits = splits(&cluster, Mesh::Linkerd.profile(), &question);
    let shift = shift(&cluster, &splits, &Wish::Equal, &target()).expect("one is written");
    assert_eq!(shift.route.name.name, "web");
}

#[test]
fn a_rule_serves_the_ports_of_all_answers_that_it_is_in() {
    let two = &[("a", 9), ("b", 1)];
    let mut other = route("other", &json!([rule("", "/x", &[("a", 1)])]));
    other["spec"]["parentRefs"][0]["port"] = json!(81);
    let routes = [route("web", &json!([rule("", "/", two)])), other];
    let mut cluster = cluster(&["a", "b"], &routes);
    let service = json!({"metadata": {"name": "web"}, "spec": {"ports": [
        {"name": "http", "port": 80}, {"name": "other", "port": 81}]}});
    cluster.insert(lower(Kind::Service, &service, "shop").object.expect("it is well-formed"));
    let service = cluster.services().find(|it| it.name.name == "web").expect("it is there");
    let question = Question { service, port: None, from: None, host: None };
    let splits = splits(&cluster, Mesh::Spec.profile(), &question);
    assert_eq!(splits.len(), 2, "the ports have different answers");
    let of_port = Target { port: Some(80), ..target() };
    let trouble = shift(&cluster, &splits, &Wish::Equal, &of_port).expect_err("it serves 81 too");
    assert!(trouble.message.contains("also serves port 81"), "{trouble}");
}

#[test]
fn only_routes_of_the_asked_namespace_and_of_gateway_api_are_written() {
    let two = &[("a", 9), ("b", 1)];
    let mut consumer = route("mine", &json!([rule("", "/", two)]));
    consumer["metadata"]["namespace"] = json!("web");
    consumer["spec"]["parentRefs"][0]["namespace"] = json!("shop");
    for backend in 0..2 {
        consumer["spec"]["rules"][0]["backendRefs"][backend]["namespace"] = json!("shop");
    }
    let cluster = cluster(&["a", "b"], &[route("web", &json!([rule("", "/", two)])), consumer]);
    let service = cluster.services().find(|it| it.name.name == "web").expect("it is there");
    let of = |from| {
        let question = Question { service, port: None, from, host: None };
        let splits = splits(&cluster, Mesh::Istio.profile(), &question);
        let wish = Wish::parse(&["b=50%"], false).expect("it is well-formed");
        shift(&cluster, &splits, &wish, &target()).map(|shift| shift.route.name.to_string())
    };
    assert_eq!(of(None).as_deref(), Ok("shop/web"));
    assert_eq!(of(Some("web")).as_deref(), Ok("web/mine"));
    let trouble = of(Some("elsewhere")).expect_err("it has no route");
    assert!(trouble.message.contains("another namespace than elsewhere"), "{trouble}");

    let mut linkerd = Cluster::default();
    for (kind, object) in [
        (Kind::Service, json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}})),
        (Kind::Route(RouteKind::LinkerdHttp), route("web", &json!([rule("", "/", two)]))),
    ] {
        linkerd.insert(lower(kind, &object, "shop").object.expect("it is well-formed"));
    }
    let service = linkerd.services().next().expect("it is there");
    let question = Question { service, port: None, from: None, host: None };
    let splits = splits(&linkerd, Mesh::Linkerd.profile(), &question);
    let trouble = shift(&linkerd, &splits, &Wish::Equal, &target()).expect_err("read only");
    assert_eq!(trouble.class, Class::Refused);
}

#[test]
fn a_port_that_is_not_asked_for_moves_only_if_that_is_said() {
    let mut cluster =
        cluster(&["a", "b"], &[route("web", &json!([rule("", "/", &[("a", 1), ("b", 1)])]))]);
    let service = json!({"metadata": {"name": "web"}, "spec": {"ports": [
        {"name": "http", "port": 80}, {"name": "other", "port": 81}]}});
    cluster.insert(lower(Kind::Service, &service, "shop").object.expect("it is well-formed"));
    let of_port = Target { port: Some(80), ..target() };
    let trouble = ask(&cluster, &["9/1"], &of_port).expect_err("it also serves 81");
    assert!(trouble.message.contains("also serves port 81"), "{trouble}");
    assert_eq!(ways(&trouble), ["--all-ports"]);
    let all = Target { all_ports: true, ..of_port };
    assert!(ask(&cluster, &["9/1"], &all).is_ok() && ask(&cluster, &["9/1"], &target()).is_ok());
}

#[test]
fn a_service_without_routes_is_told_how_to_get_one() {
    let cluster = cluster(&["web-v1", "web-v2"], &[]);
    let trouble = ask(&cluster, &["v1=9", "v2=1"], &target()).expect_err("there is no route");
    assert_eq!(ways(&trouble), ["--create"]);
    let service = cluster.services().find(|it| it.name.name == "web").expect("it is there");
    let new = |words: &[&str]| {
        create(&cluster, service, &Wish::parse(words, false).expect("well-formed"), None)
    };
    let made = new(&["v1=90%", "v2:80=10%"]).expect("both are there");
    let backends: Vec<_> =
        made.backends.iter().map(|it| (it.name.name.as_str(), it.port, it.weight)).collect();
    assert_eq!(backends, [("web-v1", 80, 90), ("web-v2", 80, 10)]);
    let trouble = new(&["90/10"]).expect_err("nothing is named");
    assert_eq!(ways(&trouble), ["web-v1=90 web-v2=10 --create"]);
    let missing = new(&["v1=1", "gone=1"]).expect("it is planned");
    assert!(matches!(&missing.guards[..], [Guard::Raises { backend, .. }] if backend == "gone"));
}

#[test]
fn clients_with_a_route_of_their_own_are_named() {
    let mut theirs = route("web", &json!([rule("", "/", &[("web-v1", 9), ("web-v2", 1)])]));
    theirs["metadata"]["namespace"] = json!("client");
    theirs["spec"]["parentRefs"][0]["namespace"] = json!("shop");
    let cluster = cluster(&["web-v1", "web-v2"], &[theirs]);
    let trouble = ask(&cluster, &["8/2"], &target()).expect_err("the owner has no route");
    assert!(trouble.message.ends_with("except for clients in client"), "{trouble}");
    assert_eq!(ways(&trouble), ["--from-namespace client", "--create"]);
}

#[test]
fn backends_with_the_same_name_are_told_apart_or_counted() {
    let mut cluster = cluster(&["a"], &[]);
    let service = json!({"metadata": {"name": "a"}, "spec": {"ports": [{"name": "x", "port": 80}, {"name": "y", "port": 81}]}});
    let mut rule = rule("", "/", &[("a", 1), ("a", 1), ("web-a", 1)]);
    rule["backendRefs"][1]["port"] = json!(81);
    for (kind, object) in
        [(Kind::Service, service), (Kind::Route(RouteKind::Http), route("web", &json!([rule])))]
    {
        cluster.insert(lower(kind, &object, "shop").object.expect("it is well-formed"));
    }
    let new = |words: &[&str]| ask(&cluster, words, &target()).map(|shift| shift.rules[0].after());
    assert_eq!(new(&["a:81=50%"]), Ok(vec![1, 2, 1]));
    assert_eq!(new(&["shop/a:80=100%"]), Ok(vec![3, 0, 0]));
    let trouble = new(&["a=50%"]).expect_err("it is the first and the second");
    assert_eq!(ways(&trouble), ["1/1/1"]);
    assert!(trouble.message.contains("place 1 and at place 2"), "{trouble}");
}
