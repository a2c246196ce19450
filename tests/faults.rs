//! What an API server does rarely, and what the plugin makes of it: a fake does it at once.

use meshroute_tests::{
    program::{self, Outcome},
    server::{Answer, Asked, Server},
};
use serde_json::{Value, json};

const ROUTES: &str = "/apis/gateway.networking.k8s.io/v1/httproutes";

#[test]
fn a_list_that_expires_while_it_is_read_is_read_as_a_whole() {
    let server = serve(|asked| {
        let path = asked.path();
        Some(match path.strip_prefix(ROUTES)? {
            rest if rest.contains("continue=") => status(410, "Expired"),
            rest if rest.contains("limit=") => {
                Answer::new(list(json!({"continue": "next"}), &[route("a", 90)]).to_string())
            }
            _ => Answer::new(list(json!({}), &[route("a", 90), route("b", 10)]).to_string()),
        })
    });
    let outcome = split(&server, &["-o", "name"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let shown = split(&server, &["-o", "jsonpath={.items[*].rules[*].route.name}"]).success();
    assert_eq!(shown, "a b");
}

#[test]
fn pages_are_put_together() {
    let server = serve(|asked| {
        let path = asked.path();
        Some(match path.strip_prefix(ROUTES)? {
            rest if rest.contains("continue=a%2Fb%3D") => {
                Answer::new(list(json!({}), &[route("b", 10)]).to_string())
            }
            _ => Answer::new(list(json!({"continue": "a/b="}), &[route("a", 90)]).to_string()),
        })
    });
    let shown = split(&server, &["-o", "jsonpath={.items[*].rules[*].route.name}"]).success();
    assert_eq!(shown, "a b");
}

#[test]
fn a_kind_that_the_server_cannot_list_is_unknown() {
    let server = serve(|asked| {
        asked.path().contains("/gateways?").then(|| status(500, "conversion webhook failed"))
    });
    let outcome = split(&server, &[]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.starts_with("SERVICE"), "{}", outcome.stdout);
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("gateways (waypoints"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("conversion webhook failed"), "{}", outcome.stderr);

    let server = serve(|asked| {
        asked.path().contains("/httproutes?").then(|| status(500, "conversion webhook failed"))
    });
    let outcome = split(&server, &[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{}", outcome.stderr);
}

#[test]
fn an_object_that_cannot_be_read_is_left_out_and_said() {
    let mut broken = route("broken", 1);
    broken["spec"]["rules"] = json!("none");
    let mut strange = route("a", 90);
    strange["spec"]["rules"][0]["unheardOf"] = json!(true);
    let routes = list(json!({}), &[strange, broken]).to_string();
    let server =
        serve(move |asked| asked.path().starts_with(ROUTES).then(|| Answer::new(routes.clone())));
    let outcome = split(&server, &["-o", "jsonpath={.items[*].rules[*].route.name}"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, "a"), "{}", outcome.stderr);
    let said: Vec<_> = outcome.stderr.lines().collect();
    assert_eq!(
        said,
        [
            "warning: HTTPRoute default/a: spec.rules[0].unheardOf: unknown field, passed over",
            "warning: HTTPRoute default/broken: spec.rules: expected a list, found the string \"none\"; this object is left out",
        ]
    );
}

fn split(server: &Server, args: &[&str]) -> Outcome {
    let url = format!("http://127.0.0.1:{}", server.port);
    program::run(&[&["split", "--kubeconfig", "/dev/null", "-s", &url], args].concat(), "")
}

/// A cluster with one Service and two routes, but for what `fault` answers.
fn serve(fault: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> Server {
    Server::start(None, move |asked| {
        let path = asked.path();
        fault(asked).unwrap_or_else(|| match path {
            "/apis" => Answer::new(groups().to_string()),
            path if path.starts_with(ROUTES) => {
                Answer::new(list(json!({}), &[route("a", 90), route("b", 10)]).to_string())
            }
            path if path.contains("/services?") => {
                Answer::new(list(json!({}), &[service()]).to_string())
            }
            _ => Answer::new(list(json!({}), &[]).to_string()),
        })
    })
}

fn groups() -> Value {
    let group =
        |name: &str| json!({"name": name, "versions": [{"groupVersion": name, "version": "v1"}]});
    json!({"kind": "APIGroupList",
           "groups": [group("gateway.networking.k8s.io"), group("discovery.k8s.io")]})
}

fn list(mut metadata: Value, items: &[Value]) -> Value {
    metadata["resourceVersion"] = json!("1");
    json!({"kind": "List", "metadata": metadata, "items": items})
}

fn service() -> Value {
    json!({"metadata": {"namespace": "default", "name": "web"}, "spec": {"ports": [{"port": 80}]}})
}

fn route(name: &str, weight: u32) -> Value {
    json!({"metadata": {"namespace": "default", "name": name},
           "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}],
                    "rules": [{"matches": [{"path": {"type": "Exact", "value": format!("/{name}")}}],
                               "backendRefs": [{"name": "web", "port": 80, "weight": weight}]}]}})
}

fn status(code: u16, message: &str) -> Answer {
    let status = json!({"kind": "Status", "status": "Failure", "message": message, "code": code});
    Answer::new(status.to_string()).status(code)
}
