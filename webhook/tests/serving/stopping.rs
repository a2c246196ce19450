//! The end of the process, with reviews under way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use meshroute_webhook::{program::Outcome, serve::Limits};

use crate::{
    client::{Client, request, trusting},
    inside::{Inside, Judge, Opens, hold},
    program::{LIMIT, Running, until},
    reviews,
};

#[test]
fn what_is_under_way_is_finished() {
    let judge = Arc::new(Judge::default());
    let mut inside = Inside::start(Limits::default(), &judge);
    let mut under_way = Client::new(&inside.listen, &inside.config).expect("it listens");
    under_way.send(&request("/validate", "application/json", &hold())).expect("it is sent");
    until("the review", || (judge.held() == 1).then_some(()));
    let mut idle = Client::new(&inside.listen, &inside.config).expect("it listens");
    idle.post("/validate", b"{}").expect("an answer");
    let mut silent = Client::shaken(&inside.listen, &inside.config).expect("it listens");
    inside.stop();
    assert!(idle.rest().expect("it ends").is_empty());
    assert!(silent.rest().expect("it ends").is_empty());
    judge.open();
    let answer = under_way.answer().expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(answer.has("connection: close"), "{answer:?}");
    assert_eq!(inside.outcome(), Outcome::Stopped);
}

/// Where all threads judge, who connects waits in the system. An API server does not try again what is cut off there.
#[test]
fn who_has_connected_before_is_answered() {
    let judge = Arc::new(Judge::default());
    let mut inside = Inside::start(Limits::default(), &judge);
    let (listen, config) = (inside.listen.clone(), Arc::clone(&inside.config));
    let connect = || Client::new(&listen, &config).expect("it listens");
    thread::scope(|scope| {
        // More than there are threads: one may have to wait itself, behind a thread that judges already.
        let busy = [(); 4].map(|()| {
            let mut client = connect();
            scope.spawn(move || client.post("/validate", b"hold"))
        });
        // Whatever comes of it, they are let go.
        let held = Opens(Arc::clone(&judge));
        until("both threads judge", || (judge.held() == 2).then_some(()));
        let mut waiting = connect();
        inside.stop();
        drop(held);
        assert_eq!(waiting.post("/validate", b"{}").expect("an answer").status, 200);
        let answers = busy.map(|client| client.join().expect("it has not panicked"));
        let answered = answers.iter().flatten().filter(|answer| answer.status == 200);
        assert!(answered.count() >= 2, "{answers:?}");
    });
    assert_eq!(inside.outcome(), Outcome::Stopped);
}

#[test]
fn what_never_ends_is_cut() {
    let judge = Arc::new(Judge::default());
    let limits = Limits { drain: Duration::from_millis(200), ..Limits::default() };
    let mut inside = Inside::start(limits, &judge);
    let mut client = Client::new(&inside.listen, &inside.config).expect("it listens");
    client.send(&request("/validate", "application/json", &hold())).expect("it is sent");
    until("the review", || (judge.held() == 1).then_some(()));
    inside.stop();
    assert_eq!(inside.outcome(), Outcome::Stopped);
    judge.open();
}

/// As an API server does: it keeps connections until they are closed, and opens others, here even at the same replica.
#[test]
fn a_stop_under_load_loses_nothing() {
    let (mut running, authority) = Running::self_signed(&["--shutdown-delay", "5"]);
    let config = trusting(&authority, "http/1.1");
    let is_over = AtomicBool::new(false);
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let body = reviews::good();
                let mut client = None;
                while !is_over.load(Ordering::SeqCst) {
                    let mut open = match client.take() {
                        Some(open) => open,
                        None => Client::new(&running.listen, &config).expect("it accepts"),
                    };
                    let answer = open.post("/validate", body.as_bytes()).expect("an answer");
                    assert_eq!(answer.status, 200, "{answer:?}");
                    answered.fetch_add(1, Ordering::SeqCst);
                    if !answer.has("connection: close") {
                        client = Some(open);
                    }
                }
            });
        }
        until("some answers", || (answered.load(Ordering::SeqCst) > 100).then_some(()));
        running.leave();
        let before = answered.load(Ordering::SeqCst);
        until("more answers", || (answered.load(Ordering::SeqCst) > before + 40).then_some(()));
        is_over.store(true, Ordering::SeqCst);
    });
    assert_eq!(running.wait().code(), Some(0));
    running.line_with("stopped");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let (mut running, _) = Running::self_signed(&["--shutdown-delay", "120"]);
    let start = Instant::now();
    running.leave();
    running.signal("TERM");
    assert_eq!(running.wait().code(), Some(0));
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
    running.line_with("stopped at once");
}
