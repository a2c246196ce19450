//! Clients that hold on to connections, beside an API server that has something to ask.

use std::{
    collections::BTreeMap,
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use meshroute_tests::{
    https::Target,
    rig::{self, mesh_route},
    slow::{self, Manner},
    wait,
};
use serde_json::{Value, json};

use crate::{PROGRAM, RATE, review, rounds, service};

/// How long nobody is slow, at first.
const BEFORE: Duration = Duration::from_secs(3);

/// How long a connection may be of no use.
const LONGEST: Duration = Duration::from_secs(10);

/// How late its end may be seen on a machine that does other work.
const SLACK: Duration = Duration::from_secs(8);

/// Five manners, and more clients than there are places.
#[test]
fn slow_clients_keep_nobody_out() {
    rig::run("slow_clients_keep_nobody_out", PROGRAM, |rig| {
        let replica = rig.replica();
        rig.route_to(&[replica.address]);
        rig.register("Fail");
        let target = Target::new(&replica.listen(), &rig.host(), &rig.authority.pem());
        let since = rig.mark();
        let writers = rig.writers(RATE);
        let count = if rounds() > 1 { 1250 } else { 300 };
        let counts = Manner::ALL.map(|manner| match manner {
            // Each of these has many reviews made before nobody takes the answers.
            Manner::Unread => (manner, count / 100),
            _ => (manner, count),
        });
        let is_over = AtomicBool::new(false);
        let (ends, from, asked) = thread::scope(|scope| {
            let asked = [true, false].map(|keeps| {
                let (target, is_over) = (&target, &is_over);
                scope.spawn(move || ask(target, keeps, is_over))
            });
            wait::pass(BEFORE);
            let from = Instant::now();
            let ends = slow::attack(&target, &counts, &much(), 4 * LONGEST);
            is_over.store(true, Ordering::SeqCst);
            (ends, from, asked.map(|thread| thread.join().expect("it has not panicked")))
        });
        let writes = writers.stop();
        println!("{writes}");
        for (asked, through) in asked.iter().zip(["one connection", "new connections"]) {
            let (before, during) = asked.split(from);
            println!("through {through}, before: {before}; during: {during}");
            assert_eq!((before.lost(), during.lost()), (0, 0));
            // Other work on the machine takes as long.
            let most = 2 * before.within(99) + Duration::from_secs(2);
            assert!(during.within(99) < most, "{before}; {during}");
        }
        let mut longest = BTreeMap::new();
        for end in &ends {
            let (begun, most) = longest.entry(end.manner).or_insert((0, Duration::ZERO));
            *begun += usize::from(end.is_begun);
            if end.manner != Manner::Shaken {
                let open = end.open.unwrap_or_else(|| panic!("{end:?}: {}", replica.log()));
                *most = open.max(*most);
            }
        }
        println!("of each manner, and the longest: {longest:?}");
        assert!(longest.values().all(|(_, most)| *most < LONGEST + SLACK), "{longest:?}");
        assert_eq!(rig.counted(&since).failures(), 0);
        writes.all_done(50);
    });
}

/// What came of asking, each time from when on, and how long it took, if there was an answer.
struct Asked(Vec<(Instant, Option<Duration>)>);

/// Asks again and again, through one connection or each time through a new one.
fn ask(target: &Target, keeps: bool, is_over: &AtomicBool) -> Asked {
    let body = review(&mesh_route("asked", &service()));
    let (mut asked, mut open) = (Vec::new(), None);
    while !is_over.load(Ordering::SeqCst) {
        let start = Instant::now();
        let connection = open.take().map_or_else(|| target.connect(), Ok);
        let answered = connection.and_then(|mut connection| {
            let path = "/validate?timeout=5s";
            let answer = connection.ask("POST", path, "application/json", &body)?;
            Ok((answer, connection))
        });
        let took = start.elapsed();
        match answered {
            Ok((answer, connection)) if answer.status == 200 => {
                asked.push((start, Some(took)));
                open = keeps.then_some(connection);
            }
            // A machine that has too much to do says so, and an API server asks again.
            Ok((answer, _)) if answer.header("retry-after") == ["1"] => {}
            _ => asked.push((start, None)),
        }
        wait::pass(Duration::from_millis(20));
    }
    Asked(asked)
}

impl Asked {
    /// What was asked before then, and later.
    fn split(&self, then: Instant) -> (Self, Self) {
        let (before, later) = self.0.iter().partition(|(start, _)| *start < then);
        (Self(before), Self(later))
    }

    fn lost(&self) -> usize {
        self.0.iter().filter(|(_, took)| took.is_none()).count()
    }

    fn within(&self, percent: usize) -> Duration {
        let mut times: Vec<_> = self.0.iter().filter_map(|(_, took)| *took).collect();
        times.sort();
        let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(index).copied().unwrap_or_default()
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [half, most, all] = [50, 99, 100].map(|percent| self.within(percent));
        let (count, lost) = (self.0.len(), self.lost());
        write!(
            f,
            "{count} reviews, {lost} lost, 50 % within {half:?}, 99 % within {most:?}, all within {all:?}"
        )
    }
}

/// A request whose answer is larger than most.
fn much() -> Vec<u8> {
    let mut object = mesh_route("much", &service());
    let backend = |number| json!({"name": format!("b{number}"), "port": 80});
    let backends: Vec<Value> = (0..16).map(backend).collect();
    object["spec"]["rules"] = vec![json!({"backendRefs": backends}); 16].into();
    let body = review(&object);
    let head = "POST /mutate?timeout=5s HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    [format!("{head}content-length: {}\r\n\r\n", body.len()).into_bytes(), body].concat()
}
