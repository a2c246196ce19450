//! What an API server sends to webhooks, and what it makes of their answers: what the webhook is built on.

use std::{collections::BTreeSet, net::Ipv4Addr};

use meshroute_tests::{
    rig::{self, Asked, Fake, MUTATE, Reply, VALIDATE, mesh_route, routes},
    warning,
};
use serde_json::{Value, json};

use crate::{PROGRAM, large, service, warnings};

#[test]
fn a_service_is_asked_over_http_1_by_its_name() {
    rig::run("a_service_is_asked_over_http_1_by_its_name", PROGRAM, |rig| {
        let fake = Fake::start(rig, Reply::allow);
        rig.register_fake("Fail", &[&fake], |_| {});
        let (path, host) = (routes(&rig.namespace), rig.host());
        let object = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": {"name": "one"}, "spec": {"parentRefs": service(),
            "rules": [{"backendRefs": [{"name": "a", "port": 80}]}], "unknown": 1}});
        let _ = rig.api().create(&path, &object).success();
        let asked = of(&fake, "one");
        assert_eq!(asked.len(), 1, "{asked:#?}");
        let asked = &asked[0];
        assert_eq!(asked.head.line, "POST /validate?timeout=5s HTTP/1.1");
        assert_eq!((asked.protocol.as_str(), asked.name.as_str()), ("http/1.1", host.as_str()));
        assert_eq!(asked.head.header("host"), [format!("{host}:443")]);
        assert_eq!(asked.head.header("content-type"), ["application/json"]);
        assert_eq!(asked.head.header("user-agent"), ["kube-apiserver-admission"]);
        assert_eq!(asked.head.header("content-encoding"), Vec::<&str>::new());
        let request = asked.request();
        // Defaults of the definition are there, and what it does not know is not.
        let stored = &request["object"]["spec"];
        assert_eq!(stored["rules"][0]["backendRefs"][0]["weight"], 1, "{request}");
        assert_eq!(stored["unknown"], Value::Null);
        assert_eq!(request["operation"], "CREATE");
        assert_eq!(request["oldObject"], Value::Null);
        assert_eq!(request["dryRun"], false);

        // Connections are kept: what comes one after the other goes through the same.
        let label = |number: usize| json!({"metadata": {"labels": {"number": number.to_string()}}});
        for number in 0..10 {
            let _ = rig.api().merge(&format!("{path}/one"), &label(number)).success();
        }
        let asked = of(&fake, "one");
        assert!(asked.iter().all(|it| it.connection == asked[0].connection), "{asked:#?}");
        // A patch of what has just changed may be asked about twice: the server tries what it remembers first.
        let labels = |it: &Asked| it.request()["object"]["metadata"]["labels"].to_string();
        let labels: BTreeSet<_> = asked.iter().map(labels).collect();
        assert!(labels.len() == 11 && (11..=21).contains(&asked.len()), "{asked:#?}");
        // A write that changes nothing is asked about too; the status of a route and its end are not.
        let _ = rig.api().merge(&format!("{path}/one"), &label(9)).success();
        let before = of(&fake, "one").len();
        assert!(before > asked.len());
        for _ in 0..20 {
            let status = json!({"status": {"parents": []}});
            let _ = rig.api().merge(&format!("{path}/one/status"), &status).success();
        }
        let _ = rig.api().delete(&format!("{path}/one")).success();
        assert_eq!(of(&fake, "one").len(), before);
    });
}

/// Since 1.37; before, each connection stayed with the endpoint that it was opened to.
#[test]
fn every_request_chooses_its_endpoint() {
    rig::run("every_request_chooses_its_endpoint", PROGRAM, |rig| {
        let fakes = [Fake::start(rig, Reply::allow), Fake::start(rig, Reply::allow)];
        rig.register_fake("Fail", &[&fakes[0], &fakes[1]], |_| {});
        let path = format!("{}?dryRun=All", routes(&rig.namespace));
        for _ in 0..100 {
            let _ = rig.api().create(&path, &mesh_route("one", &service())).success();
        }
        let counts: Vec<_> = fakes.iter().map(|fake| of(fake, "one").len()).collect();
        assert!(counts.iter().all(|count| *count >= 25), "{counts:?}");
    });
}

#[test]
fn an_address_on_loopback_is_asked_over_http_2() {
    rig::run("an_address_on_loopback_is_asked_over_http_2", PROGRAM, |rig| {
        let fake = Fake::at(rig, Ipv4Addr::LOCALHOST, Reply::allow);
        rig.register_fake("Ignore", &[&fake], |hook| {
            hook["clientConfig"]["url"] = "https://127.0.0.1:9443/validate".into();
            hook["clientConfig"].as_object_mut().expect("an object").remove("service");
        });
        let path = routes(&rig.namespace);
        let _ = rig.api().create(&path, &mesh_route("one", &service())).success();
        assert_eq!(fake.until_asked(|_| true).protocol, "h2");
    });
}

#[test]
fn an_old_version_is_asked_about_once_and_in_the_new_one() {
    rig::run("an_old_version_is_asked_about_once_and_in_the_new_one", PROGRAM, |rig| {
        let fake = Fake::start(rig, Reply::allow);
        rig.register_fake("Fail", &[&fake], |_| {});
        let since = rig.mark();
        let mut object = mesh_route("old", &service());
        object["apiVersion"] = "gateway.networking.k8s.io/v1beta1".into();
        let path = routes(&rig.namespace).replace("/v1/", "/v1beta1/");
        let _ = rig.api().create(&path, &object).success();
        let label = json!({"metadata": {"labels": {"a": "b"}}});
        let _ = rig.api().merge(&format!("{path}/old"), &label).success();
        let asked = of(&fake, "old");
        assert_eq!(asked.len(), 2, "{asked:#?}");
        for asked in &asked {
            let request = asked.request();
            assert_eq!(request["kind"]["version"], "v1", "{request}");
            assert_eq!(request["requestKind"]["version"], "v1beta1", "{request}");
            assert_eq!(request["object"]["apiVersion"], "gateway.networking.k8s.io/v1");
        }
        assert_eq!(asked[1].request()["oldObject"]["apiVersion"], "gateway.networking.k8s.io/v1");
        assert_eq!(rig.counted(&since).calls(VALIDATE), 2);
    });
}

#[test]
fn only_routes_for_services_and_near_misses_are_asked_about() {
    rig::run("only_routes_for_services_and_near_misses_are_asked_about", PROGRAM, |rig| {
        let fake = Fake::start(rig, Reply::allow);
        rig.register_fake("Fail", &[&fake], |_| {});
        let (since, path) = (rig.mark(), routes(&rig.namespace));
        let cases = [
            ("service", json!([{"group": "", "kind": "Service", "name": "a"}]), 1),
            ("core", json!([{"group": "core", "kind": "Service", "name": "a"}]), 1),
            ("no-group", json!([{"kind": "Service", "name": "a"}]), 1),
            ("small", json!([{"kind": "service", "name": "a"}]), 1),
            ("import", json!([{"group": "b", "kind": "ServiceImport", "name": "a"}]), 1),
            ("mixed", json!([{"name": "a"}, {"group": "", "kind": "Service", "name": "a"}]), 1),
            ("gateway", json!([{"name": "a"}]), 0),
            ("listeners", json!([{"kind": "ListenerSet", "name": "a"}]), 0),
            ("none", json!([]), 0),
        ];
        for (name, parents, count) in &cases {
            let _ = rig.api().create(&path, &mesh_route(name, parents)).success();
            assert_eq!(of(&fake, name).len(), *count, "{name}");
        }
        let mut bare = mesh_route("bare", &json!([]));
        bare["spec"].as_object_mut().expect("an object").remove("parentRefs");
        let _ = rig.api().create(&path, &bare).success();
        assert_eq!(of(&fake, "bare").len(), 0);
        // A parent that goes, or comes, counts as one that is there.
        let to_gateway = json!({"spec": {"parentRefs": [{"name": "a"}]}});
        let _ = rig.api().merge(&format!("{path}/service"), &to_gateway).success();
        assert_eq!(of(&fake, "service").len(), 2);
        let _ = rig.api().merge(&format!("{path}/service"), &to_gateway).success();
        assert_eq!(of(&fake, "service").len(), 2);
        let counted = rig.counted(&since);
        assert_eq!(counted.sum("match_condition_evaluation_errors_total", &[]), 0);
        assert_eq!(counted.calls(MUTATE), 0, "{}", counted.text());
    });
}

#[test]
fn warnings_arrive_unless_they_hold_control_characters() {
    rig::run("warnings_arrive_unless_they_hold_control_characters", PROGRAM, |rig| {
        let said = ["plain", "é ☃ \"quoted\" \\", "a\nb", "a\tb", "a\u{7f}b", "", "plain", "<&>"];
        let odd = [
            "a\u{85}b",
            "\u{202e}a",
            "\u{2028}",
            "\u{feff}",
            "\u{ad}",
            " a ",
            "\u{10ffff}",
            "\\\"",
        ];
        let long: Vec<String> = (0..20).map(|number| format!("{number} é ").repeat(90)).collect();
        let many: Vec<String> = (0..40).map(|number| format!("{number} ").repeat(45)).collect();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let cases: Vec<Vec<String>> = vec![texts(&said), texts(&odd), long, many];
        let shown = cases.clone();
        let fake = Fake::start(rig, move |asked| {
            let name = asked.request()["name"].as_str().unwrap_or_default().to_owned();
            let case =
                name.strip_prefix("case-").map(|case| case.parse::<usize>().expect("a number"));
            let warnings = case.map(|case| shown[case].clone()).unwrap_or_default();
            Reply::review(asked, json!({"allowed": true, "warnings": warnings}))
        });
        rig.register_fake("Fail", &[&fake], |_| {});
        let path = routes(&rig.namespace);
        for (number, case) in cases.iter().enumerate() {
            let object = mesh_route(&format!("case-{number}"), &service());
            let answer = rig.api().create(&path, &object).success();
            let case: Vec<&str> = case.iter().map(String::as_str).collect();
            assert_eq!(warnings(&answer), warning::passed_on(&case), "case {number}");
        }
        let plain = warning::passed_on(&said);
        assert_eq!(plain, ["plain", "é ☃ \"quoted\" \\", "<&>"]);
    });
}

#[test]
fn a_denial_keeps_its_code_and_counts_where_failures_are_ignored() {
    rig::run("a_denial_keeps_its_code_and_counts_where_failures_are_ignored", PROGRAM, |rig| {
        let fake = Fake::start(rig, |asked| {
            let name = asked.request()["name"].as_str().unwrap_or_default().to_owned();
            let code =
                name.strip_prefix("code-").map(|code| code.parse::<u16>().expect("a number"));
            match code {
                Some(0) => Reply::review(asked, json!({"allowed": false})),
                Some(code) => Reply::review(
                    asked,
                    json!({"allowed": false,
                    "status": {"code": code, "message": "because", "reason": "Invalid",
                    "details": {"causes": [{"message": "a", "field": "spec"}]}}}),
                ),
                None => Reply::allow(asked),
            }
        });
        rig.register_fake("Ignore", &[&fake], |_| {});
        let path = routes(&rig.namespace);
        for (code, status) in [(0, 400), (200, 400), (403, 403), (422, 422)] {
            let object = mesh_route(&format!("code-{code}"), &service());
            let answer = rig.api().create(&path, &object);
            assert_eq!(answer.status, status, "{}", answer.text());
            let start = format!("admission webhook \"{VALIDATE}\" denied the request");
            assert!(answer.message().starts_with(&start), "{}", answer.text());
            if code > 0 {
                assert_eq!(answer.json()["details"]["causes"][0]["field"], "spec");
            }
        }
    });
}

/// 3 MiB is what the API server reads, and less than 1.5 MiB what etcd stores, as JSON in which `<` takes six bytes.
#[test]
fn whatever_can_be_stored_fits_into_a_review() {
    rig::run("whatever_can_be_stored_fits_into_a_review", PROGRAM, |rig| {
        let fake = Fake::start(rig, Reply::allow);
        rig.register_fake("Fail", &[&fake], |_| {});
        let path = routes(&rig.namespace);
        let mut largest = 0;
        for (text, size, status) in [
            ("a", 3_300_000, 413),
            ("a", 2_800_000, 500),
            ("a", 1_300_000, 201),
            ("<", 3_300_000, 413),
            ("<", 2_800_000, 500),
            ("<", 1_300_000, 500),
            ("<", 220_000, 201),
        ] {
            let name = format!("{}-{size}", if text == "a" { "plain" } else { "escaped" });
            let object = large(&name, text, size);
            let answer = rig.api().create(&path, &object);
            assert_eq!(answer.status, status, "{name}: {}", answer.message());
            if answer.status == 201 {
                let label = json!({"metadata": {"labels": {"a": "b"}}});
                let _ = rig.api().merge(&format!("{path}/{name}"), &label).success();
            }
            let sizes: Vec<_> = of(&fake, &name).iter().map(|it| it.body.len()).collect();
            if answer.status == 201 {
                largest = largest.max(sizes.into_iter().max().unwrap_or(0));
            }
        }
        println!("the largest review of what was stored has {largest} bytes");
        assert!(largest > 2_500_000 && largest < 7 << 20, "{largest}");
    });
}

/// What a fake was asked about a route.
fn of(fake: &Fake, name: &str) -> Vec<Asked> {
    fake.asked().into_iter().filter(|asked| asked.request()["name"] == name).collect()
}
