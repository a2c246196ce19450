//! What an API server does sooner or later to whoever follows it, and what the webhook makes of it: a fake does it at once.

use std::{
    cell::RefCell,
    fs,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use meshroute_tests::{
    server::{Answer, Asked, Server},
    wait,
    webhook::Webhook,
};
use serde_json::{Value, json};

/// Longer than anything takes.
const LIMIT: Duration = Duration::from_secs(60);

const ROUTES: &str = "/apis/gateway.networking.k8s.io/v1/httproutes";
const SERVICES: &str = "/api/v1/services";

/// Starts a server that has nothing but what `answer` says; watches of it stay open.
fn serve(answer: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> Server {
    Server::start(None, move |asked| {
        answer(asked).unwrap_or_else(|| match asked.path() {
            path if path.contains("watch=1") => silence(""),
            path if path.contains("/services/") => Answer::new("404 page not found\n").status(404),
            _ => Answer::nothing(),
        })
    })
}

/// An answer that begins with this, and does not end.
fn silence(text: &str) -> Answer {
    Answer { cut: Some(text.len()), is_silent: true, ..Answer::new(format!("{text}\n")) }
}

fn list(version: &str, items: &[Value]) -> Answer {
    Answer::new(json!({"metadata": {"resourceVersion": version}, "items": items}).to_string())
}

fn event(kind: &str, object: &Value) -> String {
    format!("{}\n", json!({"type": kind, "object": object}))
}

/// Starts the webhook with this server for a cluster.
fn start(server: &Server) -> Webhook {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = env!("CARGO_TARGET_TMPDIR");
    let path = PathBuf::from(folder).join(format!("news-{}-{count}", std::process::id()));
    let url = format!("http://127.0.0.1:{}", server.port);
    let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "a",
        "clusters": [{"name": "a", "cluster": {"server": url}}], "users": [{"name": "a", "user": {}}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}]});
    fs::write(&path, config.to_string()).expect("the folder can be written");
    let program = env!("CARGO_BIN_EXE_meshroute-tests-webhook");
    let webhook = Webhook::start(program, folder, Some(&path), &[]);
    // It was read.
    let _ = fs::remove_file(&path);
    webhook.until_ready();
    webhook
}

fn service(name: &str) -> Value {
    json!({"metadata": {"namespace": "default", "name": name, "resourceVersion": "2"},
           "spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 80, "appProtocol": "http"}]}})
}

fn route(name: &str, backend: &str) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
           "metadata": {"namespace": "default", "name": name},
           "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web", "port": 80}],
                    "rules": [{"backendRefs": [{"name": backend, "port": 80}]}]}})
}

/// Whether it warns that a backend of a new route is not there.
fn misses(webhook: &Webhook, backend: &str) -> bool {
    let response = webhook.create(&route("new", backend));
    assert_eq!(response["allowed"], true, "{response}");
    response["warnings"].to_string().contains("MR033")
}

fn until(what: &str, is_it: impl Fn() -> bool) {
    let asked = wait::until(LIMIT, || if is_it() { Ok(()) } else { Err(what.to_owned()) });
    asked.expect("it comes");
}

#[test]
fn a_service_that_no_watch_has_brought_yet_is_looked_for_once() {
    let server = serve(|asked| match asked.path() {
        path if path.starts_with(SERVICES) && !path.contains("watch=1") => {
            Some(list("1", &[service("web")]))
        }
        "/api/v1/namespaces/default/services/late" => Some(Answer::new("{}")),
        _ => None,
    });
    let webhook = start(&server);
    let looks = |name: &str| {
        let path = format!("/api/v1/namespaces/default/services/{name}");
        server.asked().iter().filter(|asked| asked.path() == path).count()
    };
    assert!(!misses(&webhook, "late"));
    assert_eq!(looks("late"), 1);
    assert!(misses(&webhook, "never"));
    assert_eq!(looks("never"), 1);
    // What is known is not looked for.
    assert!(!misses(&webhook, "web"));
    assert_eq!(looks("web"), 0);
}

#[test]
fn what_a_watch_has_forgotten_is_read_again() {
    for by_event in [true, false] {
        let lists = AtomicUsize::new(0);
        let gone = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure",
            "code": 410, "reason": "Expired", "message": "too old"});
        let server = serve(move |asked| match asked.path() {
            path if !path.starts_with(SERVICES) => None,
            path if path.contains("watch=1") && path.ends_with("resourceVersion=1") => {
                Some(match by_event {
                    true => Answer::new(event("ERROR", &gone)),
                    false => Answer::new(gone.to_string()).status(410),
                })
            }
            path if path.contains("watch=1") => None,
            _ => Some(match lists.fetch_add(1, Ordering::Relaxed) {
                0 => list("1", &[service("web"), service("old")]),
                _ => list("2", &[service("web"), service("new")]),
            }),
        });
        let webhook = start(&server);
        until("what is gone", || misses(&webhook, "old"));
        assert!(!misses(&webhook, "new"));
    }
}

#[test]
fn what_nobody_understands_hides_nothing_else() {
    let odd = [
        json!({"metadata": {"namespace": "default", "name": "odd"},
               "spec": {"parentRefs": 7, "rules": [{"filters": [{"type": "Teleport"}]}]}}),
        json!({"metadata": {"namespace": "default", "name": "newer"},
               "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}],
                        "rules": [{"matches": [{"path": {"type": "Dream", "value": "/"}}]}]}}),
        json!({"metadata": "none"}),
        json!(null),
    ];
    let server = serve(move |asked| match asked.path() {
        path if path.starts_with(ROUTES) && path.contains("watch=1") => {
            let all = odd.iter().map(|object| event("MODIFIED", object)).collect::<String>();
            let unknown = event("INVENTED", &json!({"metadata": {"resourceVersion": "9"}}));
            let last = event("ADDED", &route("last", "nowhere"));
            Some(silence(&(all + &unknown + &last)))
        }
        path if path.starts_with(ROUTES) => Some(list("1", &odd)),
        path if path.starts_with(SERVICES) && path.contains("watch=1") => {
            Some(silence(&event("ADDED", &service("web"))))
        }
        _ => None,
    });
    let webhook = start(&server);
    until("the last of all", || {
        let start = "meshroute_findings{code=\"MR033\",level=\"warning\",namespace=\"default\"}";
        webhook.metric(start).is_some()
    });
    let broken = webhook.log().into_iter().filter(|line| line.contains("panic"));
    assert_eq!(broken.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn kinds_that_cannot_be_read_are_unknown_and_keep_nobody_waiting() {
    let refused = |code: u16| {
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure",
            "code": code, "message": "no"});
        Answer::new(status.to_string()).status(code)
    };
    let server = serve(move |asked| match asked.path() {
        path if path.starts_with(SERVICES) => Some(refused(403)),
        path if path.contains("/gateways") => Some(refused(500)),
        path if path.contains("/virtualservices") => Some(Answer::new("<html>a proxy</html>")),
        path if path.contains("/grpcroutes") => {
            Some(Answer::new("404 page not found\n").status(404))
        }
        _ => None,
    });
    let webhook = start(&server);
    for kind in ["Service", "Gateway", "VirtualService"] {
        let metric = webhook.metric(&format!("meshroute_cache_unread{{kind=\"{kind}\"}}"));
        assert_eq!(metric, Some(1.0), "{kind}");
    }
    assert!(webhook.metric("meshroute_cache_age_seconds{kind=\"GRPCRoute\"}").is_some());
    assert!(!misses(&webhook, "anything"), "nobody knows");
    let lines = RefCell::new(webhook.log());
    for kind in ["Service", "Gateway", "VirtualService"] {
        let count = || {
            lines.borrow_mut().extend(webhook.log());
            let of = |line: &&String| line.contains(&format!("cannot follow kind={kind} "));
            lines.borrow().iter().filter(of).count()
        };
        until("the line", || count() > 0);
        assert_eq!(count(), 1, "{kind}: {lines:#?}");
    }
}

#[test]
fn a_server_that_ends_each_watch_at_once_is_not_asked_without_a_pause() {
    let server = serve(|asked| asked.path().contains("watch=1").then(|| Answer::new("")));
    let webhook = start(&server);
    let watches = || {
        let all = server.asked();
        all.iter()
            .filter(|it| it.path().starts_with(SERVICES) && it.path().contains("watch=1"))
            .count()
    };
    // Some there were before it was ready.
    let (before, start) = (watches(), std::time::Instant::now());
    until("some watches", || watches() > before + 3);
    assert!(start.elapsed() > Duration::from_millis(500), "{:?}", start.elapsed());
    assert_eq!(webhook.log().iter().filter(|line| line.contains("cannot")).count(), 0);
}
