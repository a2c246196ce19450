//! Faults that are the webhook's own: never a denial, always what `failurePolicy` says.

use std::{
    collections::BTreeMap,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use meshroute_tests::rig::{self, Api, Fake, Reply, mesh_route, routes};

use crate::{PROGRAM, service};

/// How a webhook can fail, by the name of the route that it is asked about.
fn failure(name: &str) -> Option<Reply> {
    let plain = "content-type: text/plain\r\n";
    let again = "content-type: text/plain\r\nretry-after: 1\r\nconnection: close\r\n";
    Some(match name {
        // What ours answers: to a panic, to what is no review, and without enough time.
        "panic" => Reply::new(500, plain, "the review broke"),
        "no-review" => Reply::new(400, plain, "no review"),
        "too-large" => Reply::new(413, plain, "too large"),
        "too-busy" => Reply::new(503, again, "too many reviews are under way"),
        // What others would see of a process that dies, hangs, or is none of ours.
        "cut" => Reply::cut(),
        "hang" => Reply { delay: Duration::from_secs(12), ..Reply::new(200, plain, "late") },
        "text" => Reply::new(200, plain, "ok"),
        "empty" => Reply::new(200, "content-type: application/json\r\n", "{}"),
        _ => return None,
    })
}

const FAILURES: [&str; 8] =
    ["panic", "no-review", "too-large", "too-busy", "cut", "hang", "text", "empty"];

#[test]
fn what_is_no_answer_is_what_the_failure_policy_says() {
    rig::run("what_is_no_answer_is_what_the_failure_policy_says", PROGRAM, |rig| {
        let fake = Fake::start(rig, |asked| {
            let request = asked.request();
            let name = request["name"].as_str().unwrap_or_default();
            failure(name).unwrap_or_else(|| Reply::allow(asked))
        });
        let path = routes(&rig.namespace);
        for policy in ["Fail", "Ignore"] {
            rig.register_fake(policy, &[&fake], |hook| hook["timeoutSeconds"] = 1.into());
            let since = rig.mark();
            for name in FAILURES {
                let start = Instant::now();
                let answer = rig.api().create(&path, &mesh_route(name, &service()));
                let took = start.elapsed();
                assert!(took < Duration::from_secs(10), "{name}: {took:?}");
                if policy == "Fail" {
                    assert_eq!(answer.status, 500, "{name}: {}", answer.text());
                    let message = answer.message();
                    assert!(message.contains("failed calling webhook"), "{name}: {message}");
                } else {
                    assert_eq!(answer.status, 201, "{name}: {}", answer.text());
                }
            }
            // Nothing is sent again but what asks for it.
            let asked = fake.asked();
            let count = |name| asked.iter().filter(|it| it.request()["name"] == name).count();
            for name in FAILURES.iter().filter(|name| **name != "too-busy") {
                assert_eq!(count(*name), if policy == "Fail" { 1 } else { 2 }, "{name}");
            }
            let counted = rig.counted(&since);
            let (failures, opened) = (counted.failures(), counted.opened());
            let all = FAILURES.len() as u64;
            assert_eq!((failures, opened), if policy == "Fail" { (all, 0) } else { (0, all) });
            let opened = rig.audited(&since).iter().filter(|it| it.failed_open()).count();
            assert_eq!(opened, if policy == "Fail" { 0 } else { FAILURES.len() });
        }
    });
}

/// A replica that has too much to do says so, and the API server asks again a second later: at either of the two.
#[test]
fn a_request_that_is_turned_away_is_sent_again() {
    rig::run("a_request_that_is_turned_away_is_sent_again", PROGRAM, |rig| {
        let busy = Fake::start(rig, |asked| {
            failure(if asked.request()["dryRun"] == true { "" } else { "too-busy" })
                .unwrap_or_else(|| Reply::allow(asked))
        });
        let free = Fake::start(rig, Reply::allow);
        rig.register_fake("Fail", &[&busy, &free], |_| {});
        let (target, path) = (rig.api().target(), routes(&rig.namespace));
        let outcomes = Mutex::new(BTreeMap::new());
        thread::scope(|scope| {
            for number in 0..20 {
                let (target, path, outcomes) = (target.clone(), &path, &outcomes);
                scope.spawn(move || {
                    let name = format!("busy-{number}");
                    let start = Instant::now();
                    let answer = Api::new(target).create(path, &mesh_route(&name, &service()));
                    let outcome = (answer.status, start.elapsed(), answer.message());
                    outcomes.lock().expect("nobody panics").insert(name, outcome);
                });
            }
        });
        let count = |fake: &Fake, name: &str| {
            fake.asked().iter().filter(|asked| asked.request()["name"] == name).count()
        };
        let (mut handed, mut lost) = (0, 0);
        for (name, (status, took, message)) in outcomes.into_inner().expect("nobody panics") {
            let (turned, answered) = (count(&busy, &name), count(&free, &name));
            // A second for each time that it was turned away.
            assert!(
                took >= Duration::from_secs(1) * u32::try_from(turned).expect("few")
                    || answered == 0
            );
            if status == 201 {
                assert_eq!(answered, 1, "{name}");
                handed += usize::from(turned > 0);
            } else {
                // Up to five tries in five seconds, all of them at the same replica.
                assert!(answered == 0 && turned >= 2, "{name}: {turned} {answered} {message}");
                lost += 1;
            }
        }
        println!(
            "of 20 writes, {handed} were turned away and then taken by the other, {lost} lost"
        );
        assert!(handed > 0);
    });
}
