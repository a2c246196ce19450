//! Replicas that stop, die and come back while routes are written.

use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use meshroute_tests::{
    https::Target,
    rig::{self, Api, Replica, Rig, Setup, VALIDATE, mesh_route, routes},
    wait,
};
use serde_json::json;

use crate::{PROGRAM, RATE, review, rounds, service};

/// How late a controller of endpoints is.
const LAG: Duration = Duration::from_secs(2);

fn addresses(replicas: &[Replica]) -> Vec<Ipv4Addr> {
    replicas.iter().map(|replica| replica.address).collect()
}

/// Both replicas are replaced, one after the other, as a Deployment does it with `maxUnavailable: 0`.
#[test]
fn a_rolling_restart_loses_no_write() {
    rig::run("a_rolling_restart_loses_no_write", PROGRAM, |rig| {
        let replica = |rig: &mut Rig<'_>| rig.installed_replica(DELAY);
        let replicas = vec![replica(rig), replica(rig)];
        rig.route_to(&addresses(&replicas));
        rig.register_installed("Fail");
        roll(rig, replicas, replica);
    });
}

/// Up to 1.36, an API server chose an endpoint for each connection; since then it does for each request.
#[test]
fn a_rolling_restart_loses_no_write_of_an_older_api_server() {
    let test = "a_rolling_restart_loses_no_write_of_an_older_api_server";
    let flags = &[("feature-gates", "WebhookRoundTripLoadBalancing=false")];
    rig::run_with(test, PROGRAM, Setup { flags, ..Setup::SHARED }, |rig| {
        let replica = |rig: &mut Rig<'_>| rig.replica_with(DELAY);
        let replicas = vec![replica(rig), replica(rig)];
        rig.route_to(&addresses(&replicas));
        rig.register("Fail");
        roll(rig, replicas, replica);
    });
}

/// A replica goes on for longer than the controller of endpoints takes, and an API server that has little time of its machine.
const DELAY: &[(&str, &str)] = &[("--shutdown-delay", "9")];

fn roll(rig: &mut Rig<'_>, mut replicas: Vec<Replica>, replica: impl Fn(&mut Rig<'_>) -> Replica) {
    let trusted = rig.trusted();
    let since = rig.mark();
    let writers = rig.writers(RATE);
    for _ in 0..2 * rounds() {
        replicas.push(replica(rig));
        rig.route_to(&addresses(&replicas));
        wait::pass(LAG);
        let mut old = replicas.remove(0);
        let target = Target::new(&old.listen(), &rig.host(), &trusted);
        let mut open = target.connect().expect("it listens");
        let body = review(&mesh_route("a", &json!([])));
        let mut ask = || {
            let answer = open.ask("POST", "/validate?timeout=5s", "application/json", &body);
            answer.expect("an answer")
        };
        assert_eq!(ask().header("connection"), Vec::<&str>::new());
        old.signal("TERM");
        wait::until(2 * LAG, || match old.get("/readyz") {
            Ok(answer) if answer.starts_with("HTTP/1.1 503 ") => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .expect("probes are told at once");
        assert_eq!(ask().header("connection"), ["close"]);
        wait::pass(LAG);
        rig.route_to(&addresses(&replicas));
        let status = old.until_ended(Duration::from_secs(25));
        assert!(status.success(), "{status}: {}", old.log());
    }
    let writes = writers.stop();
    println!("{writes}");
    writes.all_done(50);
    let counted = rig.counted(&since);
    assert_eq!((counted.failures(), counted.opened()), (0, 0), "{}", counted.text());
    assert!(counted.calls(VALIDATE) >= 50, "{}", counted.text());
    let audited = rig.audited(&since);
    let admitted = audited.iter().filter(|it| it.validated("verdict") == Some("admitted"));
    assert!(admitted.count() >= 50);
}

/// What was asked through its connections is lost, and what is sent to its address until the endpoint is gone.
#[test]
fn a_replica_that_is_killed_costs_what_was_sent_to_it() {
    rig::run("a_replica_that_is_killed_costs_what_was_sent_to_it", PROGRAM, |rig| {
        let mut replicas = vec![rig.replica(), rig.replica()];
        for policy in ["Fail", "Ignore"] {
            rig.route_to(&addresses(&replicas));
            rig.register(policy);
            let since = rig.mark();
            let writers = rig.writers(RATE);
            wait::pass(LAG);
            let mut victim = replicas.remove(0);
            let from = writers.now();
            victim.signal("KILL");
            victim.until_ended(LAG);
            wait::pass(LAG);
            rig.route_to(&addresses(&replicas));
            let until = writers.now();
            let successor = rig.replica();
            println!("ready after {} ms", successor.until_ready().as_millis());
            replicas.push(successor);
            rig.route_to(&addresses(&replicas));
            wait::pass(2 * LAG);
            let writes = writers.stop();
            println!("{policy}: {writes}");
            let counted = rig.counted(&since);
            if policy == "Ignore" {
                writes.all_done(50);
                println!("{} writes went on without a review", counted.opened());
                continue;
            }
            // A moment for the API server to learn of the endpoints, and what was under way.
            let late = until + Duration::from_secs(3);
            for write in writes.failed() {
                assert!(write.text.contains("failed calling webhook"), "{write:?}");
                let is_near = write.answered >= from && write.sent <= late;
                assert!(is_near, "{from:?} to {until:?}: {write:?}");
            }
            assert!(writes.failed().len() < writes.0.len() / 2, "{writes}");
        }
    });
}

/// How many routes there are for each round; seventeen rounds make the 5,000 of a large cluster.
const MANY: usize = 300;

#[test]
fn a_replica_is_ready_soon_where_there_are_many_routes() {
    rig::run("a_replica_is_ready_soon_where_there_are_many_routes", PROGRAM, |rig| {
        let (target, path) = (rig.api().target(), routes(&rig.namespace));
        let count = MANY * rounds();
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut api = Api::new(target.clone());
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        if number >= count {
                            return;
                        }
                        let object = mesh_route(&format!("many-{number}"), &service());
                        let _ = api.create(&path, &object).success();
                    }
                });
            }
        });
        let mut replicas = vec![rig.installed_replica(&[]), rig.installed_replica(&[])];
        rig.route_to(&addresses(&replicas));
        rig.register_installed("Fail");
        // The best of three: other tests share the processors.
        let took = [(); 3].map(|()| {
            replicas.remove(0).signal("KILL");
            let again = rig.installed_replica(&[]);
            let took = again.until_ready();
            println!("ready after {} ms beside {count} routes", took.as_millis());
            replicas.push(again);
            took
        });
        let best = took.iter().min().expect("there are three");
        assert!(*best < Duration::from_secs(3), "{took:?}");
    });
}
