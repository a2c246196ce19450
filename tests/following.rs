//! What an API server does to a watch sooner or later, and what `split -w` makes of it: a fake does it at once.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use meshroute_tests::{
    running::Running,
    server::{Answer, Asked, Server},
    stage,
    terminal::{Outputs, Terminal},
    wait,
};
use serde_json::{Value, json};

const PLUGIN: &str = env!("CARGO_BIN_EXE_meshroute-tests-plugin");

const SESSION: &str = env!("CARGO_BIN_EXE_meshroute-tests-session");

const ROUTES: &str = "/apis/gateway.networking.k8s.io/v1/httproutes";

#[test]
fn what_a_watch_has_forgotten_is_read_again() {
    let gone = json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"});
    for by_event in [true, false] {
        let is_expired = AtomicBool::new(false);
        let gone = gone.clone();
        let server = serve(move |asked| match Ask::of(asked)? {
            Ask::List if is_expired.load(Ordering::Relaxed) => Some(list("2", &[route(1)])),
            Ask::List => None,
            Ask::Watch("2") => Some(silence("")),
            Ask::Watch(_) => {
                is_expired.store(true, Ordering::Relaxed);
                Some(if by_event {
                    Answer::new(event("ERROR", &gone))
                } else {
                    Answer::new(gone.to_string()).status(410)
                })
            }
        });
        let followed = follow(&server);
        followed.until(|stdout, _| (stdout == "90\n1\n").then_some(()));
        until_asked(&server, "resourceVersion=2");
        assert_eq!(followed.stderr(), "");
    }
}

#[test]
fn a_watch_goes_on_where_the_last_one_has_ended() {
    let bookmark = json!({"metadata": {"resourceVersion": "7"}});
    let server = serve(move |asked| match Ask::of(asked)? {
        Ask::List => None,
        Ask::Watch("1") => {
            // Half of the last event does not come: it is asked for again.
            let whole = event("MODIFIED", &route(2)) + &event("BOOKMARK", &bookmark);
            Some(Answer::new(whole + &event("MODIFIED", &route(3))[..20]))
        }
        Ask::Watch("7") => Some(silence(&event("MODIFIED", &route(4)))),
        Ask::Watch(other) => panic!("{other}"),
    });
    let followed = follow(&server);
    followed.until(|stdout, _| stdout.ends_with("4\n").then_some(()));
    assert_eq!((followed.stdout().as_str(), followed.stderr().as_str()), ("90\n2\n4\n", ""));
}

#[test]
fn a_server_that_ends_each_watch_at_once_is_not_asked_without_a_pause() {
    let server = serve(|asked| match Ask::of(asked)? {
        Ask::List => None,
        Ask::Watch(_) => Some(Answer::new("")),
    });
    let start = Instant::now();
    let followed = follow(&server);
    let asked = || server.asked().iter().filter(|it| Ask::of(it).is_some()).count();
    followed.until(|_, _| (asked() > 4).then_some(()));
    assert!(start.elapsed() > Duration::from_millis(1_500), "{:?}", start.elapsed());
    assert_eq!((followed.stdout().as_str(), followed.stderr().as_str()), ("90\n", ""));
}

#[test]
fn what_a_watch_says_wrongly_is_said_and_tried_again() {
    let is_well = Arc::new(AtomicBool::new(false));
    let well = Arc::clone(&is_well);
    let server = serve(move |asked| match Ask::of(asked)? {
        Ask::List => None,
        Ask::Watch(_) if well.load(Ordering::Relaxed) => {
            Some(silence(&event("MODIFIED", &route(5))))
        }
        Ask::Watch(_) => Some(Answer::new("<html>a proxy</html>\n")),
    });
    let followed = follow(&server);
    followed.until(|_, stderr| stderr.contains("not up to date").then_some(()));
    is_well.store(true, Ordering::Relaxed);
    followed.until(|stdout, _| stdout.ends_with("5\n").then_some(()));
    followed.until(|_, stderr| stderr.contains("there again").then_some(()));
}

#[test]
fn a_kind_that_comes_later_is_followed() {
    let is_there = Arc::new(AtomicBool::new(false));
    let there = Arc::clone(&is_there);
    let server = serve(move |asked| match Ask::of(asked) {
        None if asked.path() == "/apis" && !there.load(Ordering::Relaxed) => {
            Some(groups(&["discovery.k8s.io"]))
        }
        None | Some(Ask::List) => None,
        Some(Ask::Watch(_)) => Some(silence(&event("MODIFIED", &route(6)))),
    });
    let terminal = Terminal::open(80, 24);
    let _followed = terminal.run(SESSION, &command(&server, &[]), Outputs::Both);
    terminal.until(|picture| picture.shows("not installed"));
    is_there.store(true, Ordering::Relaxed);
    terminal.until(|picture| picture.shows("route a") && !picture.shows("not installed"));
}

/// What is asked about routes.
enum Ask<'a> {
    List,
    /// From this version on.
    Watch(&'a str),
}

impl<'a> Ask<'a> {
    fn of(asked: &'a Asked) -> Option<Self> {
        let (_, query) = asked.path().strip_prefix(ROUTES)?.split_once('?')?;
        let parts = || query.split('&');
        if !parts().any(|part| part == "watch=1") {
            return Some(Self::List);
        }
        Some(Self::Watch(parts().find_map(|part| part.strip_prefix("resourceVersion="))?))
    }
}

fn follow(server: &Server) -> Running {
    let weights = "jsonpath={.rules[*].backends[*].weight}";
    Running::in_pipes(&mut command(server, &["-o", weights]))
}

fn command(server: &Server, args: &[&str]) -> Command {
    let url = format!("http://127.0.0.1:{}", server.port);
    let args = [&["split", "web", "-w", "-s", &url], args].concat();
    stage::command(PLUGIN, "/dev/null".as_ref(), &args)
}

fn until_asked(server: &Server, what: &str) {
    let asked = || server.asked().iter().any(|asked| asked.path().contains(what));
    let limit = Duration::from_secs(60);
    let found =
        wait::until(
            limit,
            || {
                if asked() { Ok(()) } else { Err(format!("nobody asks for {what}")) }
            },
        );
    found.unwrap_or_else(|err| panic!("{err}"));
}

/// A cluster with one Service and one route, whose watches are silent, but for what `fault` answers.
fn serve(fault: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> Server {
    Server::start(None, move |asked| {
        let path = asked.path();
        fault(asked).unwrap_or_else(|| match path {
            "/apis" => groups(&["gateway.networking.k8s.io", "discovery.k8s.io"]),
            path if path.contains("watch=1") => silence(""),
            path if path.starts_with(ROUTES) => list("1", &[route(90)]),
            path if path.contains("/services?") => list("1", &[service()]),
            _ => list("1", &[]),
        })
    })
}

fn groups(names: &[&str]) -> Answer {
    let group = |name: &&str| json!({"name": name, "versions": [{"version": "v1"}]});
    let groups: Vec<_> = names.iter().map(group).collect();
    Answer::new(json!({"groups": groups}).to_string())
}

/// A watch that goes on after these events.
fn silence(events: &str) -> Answer {
    let mut answer = Answer::new(format!("{events}\n\n"));
    (answer.cut, answer.is_silent) = (Some(answer.body.len() - 1), true);
    answer
}

fn event(kind: &str, object: &Value) -> String {
    format!("{}\n", json!({"type": kind, "object": object}))
}

fn list(version: &str, items: &[Value]) -> Answer {
    let list = json!({"metadata": {"resourceVersion": version}, "items": items});
    Answer::new(list.to_string())
}

fn service() -> Value {
    json!({"metadata": {"namespace": "default", "name": "web"}, "spec": {"ports": [{"port": 80}]}})
}

fn route(weight: u32) -> Value {
    json!({"metadata": {"namespace": "default", "name": "a"},
           "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}],
                    "rules": [{"backendRefs": [{"name": "web", "port": 80, "weight": weight}]}]}})
}
