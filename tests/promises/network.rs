//! What lies between an API server and replicas: several of them, addresses that nobody answers, and tunnels that are cut.

use std::time::{Duration, Instant};

use meshroute_tests::{
    rig::{self, Api, Replica, Tunnel, mesh_route, routes},
    wait,
};
use serde_json::json;

use crate::{PROGRAM, RATE, rounds, service};

/// How long writes go on in between.
const WHILE: Duration = Duration::from_secs(2);

/// How long the API server waits for an answer here: long enough for one that has to be asked for again.
const TIMEOUT: Duration = Duration::from_secs(3);

/// How late an API server learns of endpoints and of cut connections at the most.
const LATE: Duration = Duration::from_secs(3);

/// How late it may give up where it has little time of its machine; nobody would tell it to before 30 s.
const SLACK: Duration = Duration::from_secs(12);

#[test]
fn replicas_share_what_there_is_to_do() {
    rig::run("replicas_share_what_there_is_to_do", PROGRAM, |rig| {
        let replicas = [(); 3].map(|()| rig.replica());
        rig.route_to(&replicas.each_ref().map(|replica| replica.address));
        rig.register("Fail");
        let count = |replica: &Replica| -> u64 {
            let metrics = replica.get("/metrics").expect("it answers");
            let lines = metrics
                .lines()
                .filter(|line| line.starts_with("meshroute_admission_reviews_total{"));
            lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
        };
        let before = replicas.each_ref().map(count);
        let writers = rig.writers(RATE);
        // So many that chance does not make it uneven.
        wait::until(Duration::from_secs(60), || {
            let all: u64 = replicas.iter().map(count).sum();
            if all > before.iter().sum::<u64>() + 150 { Ok(()) } else { Err(format!("{all}")) }
        })
        .expect("they are asked");
        writers.stop().all_done(50);
        let asked: Vec<u64> =
            replicas.iter().zip(before).map(|(replica, before)| count(replica) - before).collect();
        println!("asked: {asked:?}");
        let (least, most) = (asked.iter().min(), asked.iter().max());
        assert!(most.expect("three") <= &(3 * least.expect("three")), "{asked:?}");
    });
}

/// An address that has become silent costs what is sent to it, until it is no endpoint any more.
#[test]
fn a_replica_that_is_cut_off_costs_what_was_sent_to_it() {
    rig::run("a_replica_that_is_cut_off_costs_what_was_sent_to_it", PROGRAM, |rig| {
        let replicas = [rig.replica(), rig.replica()];
        let [gone, there] = replicas.each_ref().map(|replica| replica.address);
        for policy in ["Fail", "Ignore"] {
            rig.route_to(&[gone, there]);
            rig.register_with(policy, |hook| hook["timeoutSeconds"] = TIMEOUT.as_secs().into());
            let since = rig.mark();
            let writers = rig.writers(RATE);
            wait::pass(WHILE);
            let from = writers.now();
            rig.cut_off(gone);
            wait::pass(WHILE);
            rig.route_to(&[there]);
            let until = writers.now();
            wait::pass(WHILE + LATE);
            rig.connect_again(gone);
            let writes = writers.stop();
            println!("{policy}: {writes}");
            let counted = rig.counted(&since);
            println!(
                "{} reviews came to nothing, {} were passed over",
                counted.failures(),
                counted.opened()
            );
            for write in writes.failed() {
                assert!(
                    policy == "Fail" && write.text.contains("failed calling webhook"),
                    "{write:?}"
                );
                let is_near = write.answered >= from && write.sent <= until + LATE;
                assert!(is_near, "{from:?} to {until:?}: {write:?}");
            }
            // The API server gives up in time.
            for write in writes.0.iter().filter(|write| write.sent >= from) {
                let took = write.answered - write.sent;
                assert!(took <= TIMEOUT + SLACK, "{write:?}");
            }
            assert!(writes.0.iter().any(|write| write.is_done() && write.sent > until), "{writes}");
        }
    });
}

/// A firewall that lets nothing through, such as that of a private cluster.
#[test]
fn a_replica_that_cannot_be_reached_is_what_the_failure_policy_says() {
    let test = "a_replica_that_cannot_be_reached_is_what_the_failure_policy_says";
    rig::run(test, PROGRAM, |rig| {
        let replica = rig.replica();
        rig.route_to(&[replica.address]);
        let path = routes(&rig.namespace);
        for (policy, status) in [("Fail", 500), ("Ignore", 201)] {
            rig.register_with(policy, |hook| hook["timeoutSeconds"] = TIMEOUT.as_secs().into());
            rig.cut_off(replica.address);
            let start = Instant::now();
            let answer = rig.api().create(&path, &mesh_route("unreached", &service()));
            let took = start.elapsed();
            assert_eq!(answer.status, status, "{}", answer.text());
            assert!(took >= TIMEOUT && took < TIMEOUT + SLACK, "{took:?}");
            if status == 500 {
                let message = answer.message();
                assert!(message.contains("failed calling webhook"), "{message}");
            }
            // Nothing else is in the way.
            let since = rig.mark();
            let gateways = mesh_route("of-gateways", &json!([{"name": "a"}]));
            let _ = rig.api().create(&format!("{path}?dryRun=All"), &gateways).success();
            let counted = rig.counted(&since);
            assert_eq!((counted.failures(), counted.opened()), (0, 0), "{}", counted.text());
            rig.connect_again(replica.address);
        }
    });
}

/// The way from a control plane outside of a cluster; each of its restarts cuts the connections that are kept.
#[test]
fn a_tunnel_that_is_cut_costs_what_is_under_way() {
    rig::run("a_tunnel_that_is_cut_costs_what_is_under_way", PROGRAM, |rig| {
        let replica = rig.replica();
        let tunnel = Tunnel::to(rig, &replica);
        rig.route_to(&[tunnel.address]);
        for policy in ["Fail", "Ignore"] {
            rig.register(policy);
            let since = rig.mark();
            let writers = rig.writers(RATE);
            let mut cuts = Vec::new();
            for _ in 0..3 * rounds() {
                wait::pass(WHILE / 2);
                let (from, count) = (writers.now(), tunnel.cut());
                cuts.push((from, writers.now(), count));
            }
            wait::pass(WHILE / 2);
            let writes = writers.stop();
            let counted = rig.counted(&since);
            println!(
                "{policy}: {writes}; {cuts:?}; {} reviews came to nothing, {} were passed over",
                counted.failures(),
                counted.opened()
            );
            assert!(cuts.iter().any(|(_, _, count)| *count > 0), "{cuts:?}");
            for write in writes.failed() {
                assert!(
                    policy == "Fail" && write.text.contains("failed calling webhook"),
                    "{write:?}"
                );
                // It was under way, or on its way through what the API server did not know to be cut.
                let is_near = |(from, until, _): &(Duration, Duration, usize)| {
                    write.answered >= *from && write.sent <= *until + LATE / 3
                };
                assert!(cuts.iter().any(is_near), "{write:?}; {cuts:?}");
            }
            let cut: usize = cuts.iter().map(|(_, _, count)| count).sum();
            assert!(writes.failed().len() <= cut, "{writes}; {cuts:?}");
            assert!(writes.0.iter().filter(|write| write.is_done()).count() >= 50, "{writes}");
        }
        // The connections that are opened then are kept.
        let since = rig.mark();
        let mut api = Api::new(rig.api().target());
        for number in 0..20 {
            let object = mesh_route(&format!("after-{number}"), &service());
            let _ = api.create(&routes(&rig.namespace), &object).success();
        }
        let counted = rig.counted(&since);
        assert_eq!((counted.failures(), counted.opened()), (0, 0), "{}", counted.text());
    });
}
