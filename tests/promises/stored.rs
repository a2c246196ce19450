//! Routes that are stored through the webhook, or were before it was there.

use std::time::Duration;

use meshroute_tests::{
    https::{Answer, Target},
    random::Random,
    rig::{self, Api, Fake, MUTATE, Rig, VALIDATE, mesh_route, route, routes},
    wait,
};
use serde_json::{Value, json};

use crate::{PROGRAM, rounds, service, warnings};

/// A route that has no effect: its parent is of the group of Gateways.
fn inert(name: &str) -> Value {
    mesh_route(name, &json!([{"kind": "Service", "name": "a"}]))
}

/// A replica that is asked.
fn asked(rig: &mut Rig<'_>) -> rig::Replica {
    let replica = rig.replica();
    rig.route_to(&[replica.address]);
    rig.register("Fail");
    replica
}

#[test]
fn what_was_there_before_can_be_changed_and_deleted() {
    rig::run("what_was_there_before_can_be_changed_and_deleted", PROGRAM, |rig| {
        let (path, ending) = (routes(&rig.namespace), route(&rig.namespace, "ending"));
        for name in ["old", "ending"] {
            let mut object = inert(name);
            object["metadata"]["finalizers"] = json!(["example.com/a"]);
            let _ = rig.api().create(&path, &object).success();
        }
        let _replica = asked(rig);
        let since = rig.mark();
        assert_eq!(rig.api().create(&path, &inert("new")).status, 422);

        // What is not made worse is let pass, and what is, is not.
        let old = route(&rig.namespace, "old");
        let patches = [
            json!({"metadata": {"labels": {"team": "a"}}}),
            json!({"metadata": {"annotations": {"a": "b"}}}),
            json!({"spec": {"hostnames": ["a.example"]}}),
        ];
        for patch in patches {
            let _ = rig.api().merge(&old, &patch).success();
        }
        let worse = json!({"spec": {"rules": [{"backendRefs": [{"name": "a"}]}]}});
        let worse = rig.api().merge(&old, &worse);
        assert_eq!(worse.status, 422, "{}", worse.text());
        assert!(!worse.message().contains("MR001"), "{}", worse.text());

        // A route that ends is let go, whatever it is.
        let _ = rig.api().delete(&ending).success();
        let stored = rig.api().get(&ending).success().json();
        assert_ne!(stored["metadata"]["deletionTimestamp"], Value::Null);
        let _ = rig.api().merge(&ending, &json!({"metadata": {"finalizers": null}})).success();
        assert_eq!(rig.api().get(&ending).status, 404);

        let audited = rig.audited(&since);
        let verdicts: Vec<_> =
            audited.iter().filter_map(|it| Some((it.name(), it.validated("verdict")?))).collect();
        assert!(verdicts.contains(&("new", "denied")), "{verdicts:?}");
        assert!(verdicts.contains(&("old", "admitted")), "{verdicts:?}");
        let denied = audited.iter().find(|it| it.name() == "new").expect("it was asked about");
        assert!(denied.validated("errors").is_some_and(|codes| codes.contains("MR001")));
        assert_eq!(denied.validated("version"), Some(env!("CARGO_PKG_VERSION")));
        assert!(!audited.iter().any(|it| it.failed_open()));
    });
}

#[test]
fn a_dry_run_is_judged_and_keeps_nothing() {
    rig::run("a_dry_run_is_judged_and_keeps_nothing", PROGRAM, |rig| {
        let replica = asked(rig);
        let path = routes(&rig.namespace);
        let dry = format!("{path}?dryRun=All");
        let answer = rig.api().create(&dry, &mesh_route("dry", &service())).success();
        assert_eq!(answer.status, 201);
        assert_eq!(rig.api().create(&dry, &inert("dry")).status, 422);
        assert_eq!(rig.api().get(&format!("{path}/dry")).status, 404);
        let line =
            "path=\"/validate\",operation=\"CREATE\",verdict=\"admitted\",dry_run=\"true\"} 1";
        let metrics = replica.get("/metrics").expect("it answers");
        assert!(metrics.contains(line), "{metrics}");
    });
}

#[test]
fn the_status_of_a_route_is_nobodys_business() {
    rig::run("the_status_of_a_route_is_nobodys_business", PROGRAM, |rig| {
        let path = routes(&rig.namespace);
        let _ = rig.api().create(&path, &inert("old")).success();
        let _replica = asked(rig);
        let since = rig.mark();
        let status = route(&rig.namespace, "old") + "/status";
        for number in 0..200 {
            let condition = json!({"type": "Accepted", "status": "True", "reason": "Accepted",
                "message": number.to_string(), "lastTransitionTime": "2026-01-01T00:00:00Z"});
            let parent = json!({"controllerName": "example.com/a", "conditions": [condition],
                "parentRef": {"name": "a"}});
            let _ = rig.api().merge(&status, &json!({"status": {"parents": [parent]}})).success();
        }
        let counted = rig.counted(&since);
        assert_eq!((counted.calls(VALIDATE), counted.calls(MUTATE)), (0, 0), "{}", counted.text());
    });
}

/// Texts that break lines, headers, terminals and JSON.
const ODD: [&str; 9] = [
    "plain",
    "two\nlines",
    "tab\tand\u{7}bell",
    "\"quoted\" \\ and \\\"",
    "é ☃ 🦀 \u{202e}moves",
    "<script>&amp;",
    "\u{85}\u{2028}",
    "%0a%00",
    "a, b; c=\"d\"",
];

#[test]
fn every_warning_arrives() {
    rig::run("every_warning_arrives", PROGRAM, |rig| {
        let replica = rig.replica();
        let tap = Fake::before(rig, &replica);
        rig.register_fake("Fail", &[&tap], |_| {});
        let path = routes(&rig.namespace);
        let (mut said, mut random) = (0, Random::new(7));
        for number in 0..40 * rounds() {
            let mut texts = || -> String { (0..3).map(|_| *random.pick(&ODD)).collect() };
            let name = format!("odd-{number}");
            let mut object = mesh_route(&name, &service());
            object["metadata"]["annotations"] = json!({"meshroute.dev/ignore": texts()});
            object["spec"]["rules"][0]["matches"] = json!([
                {"headers": [{"name": "a", "value": texts()}, {"name": "A", "value": texts()}]},
                {"headers": [{"name": "a", "type": "RegularExpression", "value": texts() + "("}]}]);
            let answer = rig.api().create(&path, &object);
            let review = response(&tap, &name);
            assert_eq!(answer.status < 300, review["allowed"] == true, "{}", answer.text());
            let sent: Vec<String> =
                serde_json::from_value(review["warnings"].clone()).unwrap_or_default();
            assert_eq!(warnings(&answer), sent, "{object}");
            said += sent.len();
        }
        println!("{said} warnings arrived");
        assert!(said >= 40, "{said}");
    });
}

/// What was answered about a route.
fn response(tap: &Fake, name: &str) -> Value {
    let exchanges = tap.exchanges();
    let exchange = exchanges.iter().rfind(|(asked, _)| {
        asked.request()["name"] == name && asked.head.path().starts_with("/validate")
    });
    let (_, answer) = exchange.expect("it was asked about");
    let (_, _, body) = answer.as_ref().expect("it was answered");
    let review: Value = serde_json::from_str(body).expect("it is JSON");
    review["response"].clone()
}

/// The largest object that etcd takes, updated: its review holds it twice.
#[test]
fn the_largest_route_passes() {
    rig::run("the_largest_route_passes", PROGRAM, |rig| {
        let _replica = asked(rig);
        let since = rig.mark();
        let path = routes(&rig.namespace);
        let object = crate::large("large", "a", 1_450_000);
        let _ = rig.api().create(&path, &object).success();
        let mut stored = rig.api().get(&format!("{path}/large")).success().json();
        stored["metadata"]["labels"] = json!({"a": "b"});
        stored["spec"]["rules"].as_array_mut().expect("a list").reverse();
        let _ = rig.api().replace(&format!("{path}/large"), &stored).success();
        let counted = rig.counted(&since);
        assert_eq!((counted.failures(), counted.opened()), (0, 0), "{}", counted.text());
        assert!(counted.calls(VALIDATE) >= 2);
    });
}

/// A route whose weights are percentages, some of which are left out, as kubectl applies it.
fn percent(name: &str, weights: &[Option<u32>]) -> Value {
    let backend = |(index, weight): (usize, &Option<u32>)| {
        let mut backend = json!({"name": format!("b{index}"), "port": 80});
        if let Some(weight) = weight {
            backend["weight"] = json!(weight);
        }
        backend
    };
    let backends: Vec<Value> = weights.iter().enumerate().map(backend).collect();
    let mut object = mesh_route(name, &service());
    object["spec"]["rules"] = json!([{"backendRefs": backends}]);
    object["metadata"]["annotations"] = json!({"meshroute.dev/weights": "percent"});
    let applied = object.to_string();
    object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
        applied.into();
    object
}

fn weights(object: &Value) -> Vec<u64> {
    let backends = object["spec"]["rules"][0]["backendRefs"].as_array().expect("a list");
    backends.iter().map(|backend| backend["weight"].as_u64().expect("a default is there")).collect()
}

#[test]
fn weights_are_completed_once_and_no_tool_has_to_fight_for_them() {
    rig::run("weights_are_completed_once_and_no_tool_has_to_fight_for_them", PROGRAM, |rig| {
        let replica = rig.replica();
        let tap = Fake::before(rig, &replica);
        rig.register_fake("Fail", &[&tap], |_| {});
        let since = rig.mark();
        let mut random = Random::new(11);
        for number in 0..15 * rounds() {
            let name = format!("percent-{number}");
            let path = route(&rig.namespace, &name);
            let count = 2 + random.below(3);
            let mut parts: Vec<Option<u32>> = (0..count).map(|_| Some(5)).collect();
            let left_out = random.below(count + 1);
            match parts.get_mut(left_out) {
                Some(part) => *part = None,
                // Nothing is left out.
                None => parts[0] = Some(100 - 5 * (u32::try_from(count).expect("few") - 1)),
            }
            let object = percent(&name, &parts);
            let expected: Vec<u64> = {
                let known: u32 = parts.iter().flatten().sum();
                parts.iter().map(|part| part.unwrap_or(100 - known).into()).collect()
            };
            let first = rig.api().apply(&path, "flux", &object).success().json();
            assert_eq!(weights(&first), expected, "{first}");
            // The API server has made of our patch what the patch says.
            assert_eq!(patched(&tap, &name)["spec"], first["spec"], "{first}");
            // Whoever applies the same again and again changes nothing, nor does a write of what is stored.
            for _ in 0..if number == 0 { 50 } else { 2 } {
                let again = rig.api().apply(&path, "flux", &object).success().json();
                assert_eq!(
                    again["metadata"]["resourceVersion"],
                    first["metadata"]["resourceVersion"]
                );
            }
            let again = rig.api().replace(&path, &first).success().json();
            assert_eq!(again["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
        }
        let audited = rig.audited(&since);
        let mutated = audited.iter().filter(|it| it.mutated()).count();
        println!("{mutated} of {} writes were completed", audited.len());
        assert!(mutated > 0);
        let replaced = audited.iter().filter(|it| it.verb() == "update").collect::<Vec<_>>();
        assert!(!replaced.is_empty() && !replaced.iter().any(|it| it.mutated()));
    });
}

/// What becomes of an object by the first patch that it was answered with: a naive reading of RFC 6902.
fn patched(tap: &Fake, name: &str) -> Value {
    let exchanges = tap.exchanges();
    let first = exchanges.iter().find(|(asked, _)| {
        asked.head.path().starts_with("/mutate") && asked.request()["name"] == name
    });
    let (asked, answer) = first.expect("it was asked about");
    let mut object = asked.request()["object"].clone();
    let review: Value =
        serde_json::from_str(&answer.as_ref().expect("an answer").2).expect("it is JSON");
    let Some(patch) = review["response"]["patch"].as_str() else { return object };
    for step in serde_json::from_slice::<Vec<Value>>(&crate::decoded(patch)).expect("a patch") {
        let path = step["path"].as_str().expect("a path");
        let (parent, field) = path.rsplit_once('/').expect("a pointer");
        let parent = object.pointer_mut(parent).expect("it is there");
        match step["op"].as_str() {
            Some("add") => {}
            Some("replace") => assert!(parent.get(field).is_some(), "{step}"),
            other => panic!("{other:?}"),
        }
        parent[field] = step["value"].clone();
    }
    object
}

/// The label of a namespace counts for routes that say nothing themselves; only one of the two webhooks is asked.
#[test]
fn a_namespace_asks_for_percentages() {
    rig::run("a_namespace_asks_for_percentages", PROGRAM, |rig| {
        let replica = rig.installed_replica(&[]);
        rig.route_to(&[replica.address]);
        rig.register_installed("Fail");
        let namespace = format!("/api/v1/namespaces/{}", rig.namespace);
        let label = json!({"metadata": {"labels": {"meshroute.dev/weights": "percent"}}});
        let _ = rig.api().merge(&namespace, &label).success();
        let path = routes(&rig.namespace);
        let dry = format!("{path}?dryRun=All");
        let mut object = percent("a", &[Some(90), None]);
        object["metadata"]["annotations"]
            .as_object_mut()
            .expect("an object")
            .remove("meshroute.dev/weights");
        wait::until(Duration::from_secs(60), || {
            let answer = rig.api().create(&dry, &object);
            let is_done = answer.status == 201 && weights(&answer.json()) == [90, 10];
            if is_done { Ok(()) } else { Err(answer.text()) }
        })
        .expect("the label is learnt");
        let by_namespace = format!("namespace.{MUTATE}");
        for (object, asked) in [
            (&object, [by_namespace.as_str(), MUTATE]),
            (&percent("a", &[Some(90), None]), [MUTATE, by_namespace.as_str()]),
        ] {
            let since = rig.mark();
            let answer = rig.api().create(&dry, object).success();
            assert_eq!(weights(&answer.json()), [90, 10]);
            let counted = rig.counted(&since);
            assert_eq!(asked.map(|name| counted.calls(name)), [1, 0], "{}", counted.text());
        }
    });
}

#[test]
fn grpc_routes_are_judged_too() {
    rig::run("grpc_routes_are_judged_too", PROGRAM, |rig| {
        let _replica = asked(rig);
        let path = routes(&rig.namespace).replace("httproutes", "grpcroutes");
        for (parents, status) in
            [(service(), 201), (json!([{"kind": "Service", "name": "a"}]), 422)]
        {
            let mut object = mesh_route(&format!("grpc-{status}"), &parents);
            object["kind"] = "GRPCRoute".into();
            let answer = rig.api().create(&path, &object);
            assert_eq!(answer.status, status, "{}", answer.message());
        }
    });
}

#[test]
fn the_same_review_has_the_same_answer_everywhere() {
    rig::run("the_same_review_has_the_same_answer_everywhere", PROGRAM, |rig| {
        let (replica, other) = (rig.replica(), rig.replica());
        let tap = Fake::before(rig, &replica);
        rig.register_fake("Fail", &[&tap], |_| {});
        let path = routes(&rig.namespace);
        for object in [
            inert("inert"),
            mesh_route("good", &service()),
            percent("percent", &[Some(90), None]),
            percent("wrong", &[Some(90), Some(20), None]),
            crate::large("large", "a", 100_000),
        ] {
            let _ = rig.api().create(&path, &object);
        }
        let exchanges = tap.exchanges();
        assert!(exchanges.len() >= 7, "{}", exchanges.len());
        for (asked, answered) in &exchanges {
            let (_, _, answered) = answered.as_ref().expect("it was answered");
            for replica in [&replica, &other] {
                let target = Target::new(&replica.listen(), &rig.host(), &rig.authority.pem());
                let mut connection = target.connect().expect("it listens");
                let path = asked.head.path();
                let mut ask = || -> Answer {
                    connection
                        .ask("POST", path, "application/json", &asked.body)
                        .expect("an answer")
                };
                let (first, second) = (ask(), ask());
                assert_eq!(first.body, second.body);
                assert_eq!(&first.text(), answered);
            }
        }
    });
}

/// Connections of which nothing is heard for so long as an API server keeps them, and a little less, and more.
#[test]
fn an_idle_connection_is_no_trap() {
    rig::run("an_idle_connection_is_no_trap", PROGRAM, |rig| {
        let _replica = asked(rig);
        let since = rig.mark();
        let path = routes(&rig.namespace);
        let pauses: &[u64] = if rounds() > 1 { &[89, 90, 91, 95, 179, 181] } else { &[3] };
        for (number, seconds) in pauses.iter().enumerate() {
            let object = mesh_route(&format!("idle-{number}"), &service());
            let _ = rig.api().create(&path, &object).success();
            wait::pass(Duration::from_secs(*seconds));
            // Our own connection may have been closed for that.
            *rig.api() = Api::new(rig.api().target());
            let label = json!({"metadata": {"labels": {"a": "b"}}});
            let _ = rig.api().merge(&format!("{path}/idle-{number}"), &label).success();
        }
        assert_eq!(rig.counted(&since).failures(), 0);
    });
}
