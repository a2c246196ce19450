//! An API server that dies, stands still, and comes back.

use std::time::{Duration, Instant};

use meshroute_tests::{
    https::Target,
    rig,
    rig::{Api, mesh_route, routes},
    wait,
};
use serde_json::{Value, json};

use crate::{PROGRAM, RATE, review, rounds, warnings};

const WHILE: Duration = Duration::from_secs(2);

#[test]
fn an_api_server_that_comes_back_is_answered_at_once_and_followed_soon() {
    let test = "an_api_server_that_comes_back_is_answered_at_once_and_followed_soon";
    rig::run(test, PROGRAM, |rig| {
        let replica = rig.installed_replica(&[]);
        rig.route_to(&[replica.address]);
        rig.register_installed("Fail");
        let writers = rig.writers(RATE);
        wait::pass(WHILE);
        rig.cluster().pause_api_server();
        wait::pass(WHILE);
        rig.cluster().resume_api_server();
        wait::pass(WHILE);
        rig.cluster().kill_api_server();
        wait::pass(WHILE);
        assert!(replica.get("/readyz").expect("it answers").starts_with("HTTP/1.1 200 "));
        rig.cluster().start_api_server().expect("it comes back");
        let (back, returned) = (writers.now(), Instant::now());
        *rig.api() = Api::new(rig.api().target());
        // It counts from 0 again.
        let since = rig.mark();
        // What is new is known, and what is not there is not: for a Service and for one that nobody has made.
        let services = format!("/api/v1/namespaces/{}/services", rig.namespace);
        let _ = rig.api().create(&services, &service("new")).success();
        let path = format!("{}?dryRun=All", routes(&rig.namespace));
        let followed = wait::until(Duration::from_secs(70), || {
            let answer = rig.api().create(&path, &of("a", "new", "missing"));
            assert!(answer.status < 300 || answer.status >= 500, "{}", answer.text());
            let said = warnings(&answer).join("; ");
            if said.contains("missing") && !said.contains("new") { Ok(()) } else { Err(said) }
        });
        followed.unwrap_or_else(|reason| panic!("{reason}: {}", replica.log()));
        println!("followed {} ms after the return", returned.elapsed().as_millis());
        writers.until_sent(back, 50);
        let writes = writers.stop();
        println!("{writes}");
        // A connection to an API server that dies is no failure of ours; nor is what it says while it starts.
        for write in writes.failed() {
            assert!(!write.text.contains("webhook"), "{write:?}");
            assert!(write.sent < back, "{back:?}: {write:?}");
        }
        assert!(writes.0.iter().filter(|write| write.sent > back).count() > 50, "{writes}");
        let counted = rig.counted(&since);
        assert_eq!((counted.failures(), counted.opened()), (0, 0), "{}", counted.text());
        assert!(!replica.log().contains("panic"), "{}", replica.log());
    });
}

/// A server that stands still tells nobody that it does. What it has said is used for a minute and a half, and no longer.
#[test]
fn what_is_old_is_not_relied_on() {
    rig::run("what_is_old_is_not_relied_on", PROGRAM, |rig| {
        let replica = rig.installed_replica(&[]);
        rig.route_to(&[replica.address]);
        rig.register_installed("Fail");
        let target = Target::new(&replica.listen(), &rig.host(), &rig.trusted());
        let missing = review(&of("a", "a", "missing"));
        let broken = review(&mesh_route("a", &json!([{"kind": "Service", "name": "a"}])));
        let ask = |body: &[u8]| {
            let mut connection = target.connect().expect("it listens");
            let answer = connection.ask("POST", "/validate?timeout=5s", "application/json", body);
            answer.expect("an answer").json()["response"].clone()
        };
        assert!(ask(&missing)["warnings"].to_string().contains("missing"));
        rig.cluster().pause_api_server();
        // While it may still be so, it is said; in any case nobody waits, and what is wrong by itself is wrong.
        let patience = Duration::from_secs(if rounds() > 1 { 95 } else { 3 });
        wait::pass(patience);
        let start = Instant::now();
        let answer = ask(&missing);
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
        assert_eq!(answer["allowed"], true, "{answer}");
        if rounds() > 1 {
            assert!(!answer["warnings"].to_string().contains("missing"), "{answer}");
        }
        assert_eq!(ask(&broken)["allowed"], false);
        assert!(replica.get("/readyz").expect("it answers").starts_with("HTTP/1.1 200 "));
        rig.cluster().resume_api_server();
        // The limits of the API server may count the time that it stood still.
        wait::until(Duration::from_secs(70), || {
            let said = ask(&missing)["warnings"].to_string();
            if said.contains("missing") { Ok(()) } else { Err(said) }
        })
        .expect("it is followed again");
    });
}

/// A Service and its route are applied together: the watch that brings the Service may be later than the review.
#[test]
fn what_is_made_together_is_not_denied() {
    rig::run("what_is_made_together_is_not_denied", PROGRAM, |rig| {
        let replica = rig.installed_replica(&[]);
        rig.route_to(&[replica.address]);
        rig.register_installed("Fail");
        let services = format!("/api/v1/namespaces/{}/services", rig.namespace);
        let path = routes(&rig.namespace);
        let mut said = Vec::new();
        for number in 0..100 * rounds() {
            let (name, canary) = (format!("a{number}"), format!("a{number}-canary"));
            let _ = rig.api().create(&services, &service(&name)).success();
            let _ = rig.api().create(&services, &service(&canary)).success();
            let answer = rig.api().create(&path, &of(&name, &name, &canary)).success();
            said.extend(warnings(&answer));
        }
        println!("{} warnings: {:#?}", said.len(), said.iter().take(3).collect::<Vec<_>>());
        // What is there is looked for before anybody is told that it is not.
        assert!(said.len() <= 5 * rounds(), "{said:#?}");
    });
}

fn service(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"ports": [{"name": "http", "port": 80}]}})
}

/// A route of a Service to two others.
fn of(parent: &str, first: &str, second: &str) -> Value {
    let mut route =
        mesh_route(parent, &json!([{"group": "", "kind": "Service", "name": parent, "port": 80}]));
    for (index, name) in [first, second].into_iter().enumerate() {
        route["spec"]["rules"][0]["backendRefs"][index]["name"] = name.into();
    }
    route
}
