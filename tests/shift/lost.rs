//! Requests and answers that are lost on the way: nothing is done twice, and nobody is told
//! something that is not so.

use meshroute_tests::{
    control_plane,
    relay::{Fault, Relay},
    shop::{Shop, after, canary},
    tools::{Tool, skip_unless},
};
use serde_json::json;

use super::{ROUTE, VERSIONS};

#[test]
fn a_lost_answer_is_looked_up_and_nothing_is_done_twice() {
    let test = "a_lost_answer_is_looked_up_and_nothing_is_done_twice";
    let Some(cluster) = control_plane::shared(test) else { return };
    let Some(kubectl) = skip_unless(test, Tool::Kubectl.find()) else { return };
    let relay = Relay::before(cluster, &kubectl);
    let shop = Shop::open(cluster, &VERSIONS);
    shop.create(&canary(100, 0));
    let away = shop.seen_by(&relay.kubeconfig());
    let plans: [&[Fault]; 5] = [
        &[],
        &[Fault::Lost],
        &[Fault::Unanswered],
        &[Fault::TimedOut],
        &[Fault::Lost, Fault::Lost, Fault::Unanswered],
    ];
    for (number, plan) in (1..).zip(plans) {
        relay.plan(plan);
        let weights = format!("{}/{number}", 100 - number);
        let moved = away.run(&["split", "web", &weights]);
        assert_eq!((moved.code, moved.stderr.as_str()), (0, ""), "{plan:?}");
        assert!(after(&moved.stdout, "undo: ").is_some(), "{plan:?}: {}", moved.stdout);
        assert_eq!(relay.left(), 0, "{plan:?}");
        assert_eq!(shop.weights(ROUTE, 0), [100 - number, number], "{plan:?}");
        let history = shop.history(ROUTE);
        let last = &history.last().expect("a change")["rules"][0];
        assert_eq!(history.len() as u64, number, "{plan:?}");
        assert_eq!(last["to"], json!([100 - number, number]), "{plan:?}");
        assert_eq!(last["from"], json!([101 - number, number - 1]), "{plan:?}");
    }
    // Nothing gets through: it is as it was, and that is what is said.
    relay.plan(&[Fault::Lost; 5]);
    let none = away.run(&["split", "web", "50/50"]);
    assert_eq!((none.code, none.stdout.as_str()), (1, ""), "{}", none.stderr);
    assert!(none.stderr.contains("is as it was"), "{}", none.stderr);
    assert_eq!(shop.weights(ROUTE, 0), [95, 5]);
    // The server is gone: nobody knows.
    relay.plan(&[Fault::Down]);
    let gone = away.run(&["split", "web", "50/50"]);
    assert_eq!((gone.code, gone.stdout.as_str()), (1, ""), "{}", gone.stderr);
    assert!(gone.stderr.contains("was written is not known"), "{}", gone.stderr);
    relay.plan(&[]);
    let look = after(&gone.stderr, "try: ").expect("it says how");
    assert!(away.printed(look).success().contains("95.0%"));
}

#[test]
fn a_new_route_whose_answer_is_lost_is_there() {
    let test = "a_new_route_whose_answer_is_lost_is_there";
    let Some(cluster) = control_plane::shared(test) else { return };
    let Some(kubectl) = skip_unless(test, Tool::Kubectl.find()) else { return };
    let relay = Relay::before(cluster, &kubectl);
    let shop = Shop::open(cluster, &VERSIONS);
    let away = shop.seen_by(&relay.kubeconfig());
    let create = ["split", "web", "v1=9", "v2=1", "--create"];
    relay.plan(&[Fault::Lost]);
    let none = away.run(&create);
    assert_eq!((none.code, none.stdout.as_str()), (1, ""), "{}", none.stderr);
    assert!(none.stderr.contains("was not made"), "{}", none.stderr);
    relay.plan(&[Fault::Unanswered]);
    let made = away.run(&create).success();
    assert_eq!(made, "httproute.gateway.networking.k8s.io/web created\n");
    assert_eq!(shop.weights(ROUTE, 0), [9, 1]);
}
