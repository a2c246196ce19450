//! The reviews in `tests/reviews` are those that an API server sends: they are held to it, or written anew.

use std::collections::BTreeMap;

use meshroute_tests::{
    gateway_api, generated,
    rig::{self, Asked, Fake, Reply, Rig, Setup, routes},
};
use regex::Regex;
use serde_json::{Value, json};

use crate::PROGRAM;

/// What is recorded of every release of the Gateway API; the rest, of the one that we follow.
const OF_ALL: [&str; 4] = ["http-create", "http-update", "http-old-create", "grpc-create"];

#[test]
fn the_recorded_reviews_are_those_of_an_api_server() {
    let setup = Setup { is_experimental: true, ..Setup::SHARED };
    rig::run_with("the_recorded_reviews_are_those_of_an_api_server", PROGRAM, setup, |rig| {
        let fake = Fake::start(rig, Reply::allow);
        rig.register_fake("Fail", &[&fake], |webhook| {
            webhook["rules"][0]["apiVersions"] = json!(["v1", "v1alpha2"]);
            webhook["rules"][0]["operations"] = json!(["CREATE", "UPDATE", "DELETE"]);
            let resources = json!(["httproutes", "httproutes/status", "grpcroutes"]);
            webhook["rules"][0]["resources"] = resources;
            webhook.as_object_mut().expect("an object").remove("matchConditions");
        });
        let minor = minor(&gateway_api::version());
        let is_all = minor == self::minor(gateway_api::VERSION);
        let recorded = record(rig, &fake, &minor, is_all);
        for (name, asked) in &recorded {
            let text = String::from_utf8(asked.body.clone()).expect("it is JSON");
            let text = plain(&text, &rig.namespace);
            generated::hold(&format!("tests/reviews/{minor}/{name}.json"), &text);
        }
        if is_all {
            generated::hold("tests/reviews/head", &head(&recorded["http-create"]));
        }
    });
}

/// `v1.6` of `v1.6.3`.
fn minor(version: &str) -> String {
    version.rsplit_once('.').map_or(version, |(minor, _)| minor).to_owned()
}

/// Writes routes, and returns what was asked about each, by name.
fn record(rig: &mut Rig<'_>, fake: &Fake, minor: &str, is_all: bool) -> BTreeMap<String, Asked> {
    let (http, old) = (routes(&rig.namespace), routes(&rig.namespace).replace("/v1/", "/v1beta1/"));
    // The first release had them in a version that was an experiment.
    let version = if minor == "v1.0" { "v1alpha2" } else { "v1" };
    let grpc = http.replace("/v1/", &format!("/{version}/")).replace("httproutes", "grpcroutes");
    let mut recorded = BTreeMap::new();
    let mut keep = |name: &str| {
        if is_all || OF_ALL.contains(&name) {
            // A write may be asked about twice, when it is tried with what is remembered first.
            let path = if name.ends_with("mutate") { "/mutate" } else { "/validate" };
            let asked = fake.asked().into_iter().rfind(|asked| asked.head.path().starts_with(path));
            recorded.insert(name.to_owned(), asked.expect("it was asked"));
        }
    };
    let label = json!({"metadata": {"labels": {"a": "b"}}});
    let api = rig.api();
    let _ = api.create(&http, &http_route("web")).success();
    keep("http-create");
    let backends =
        json!([{"name": "v1", "port": 80, "weight": 50}, {"name": "v2", "port": 80, "weight": 50}]);
    let rules = json!({"spec": {"rules": [{"backendRefs": backends}]}});
    let _ = api.merge(&format!("{http}/web"), &rules).success();
    keep("http-update");
    let _ = api.create(&old, &of_version("v1beta1", http_route("old"))).success();
    keep("http-old-create");
    let _ = api.create(&grpc, &of_version(version, grpc_route("grpc"))).success();
    keep("grpc-create");
    if !is_all {
        return recorded;
    }
    let _ = api.merge(&format!("{old}/old"), &label).success();
    keep("http-old-update");
    let _ = api.merge(&format!("{grpc}/grpc"), &label).success();
    keep("grpc-update");
    let _ = api.delete(&format!("{grpc}/grpc")).success();
    keep("grpc-delete");
    let _ = api.create(&format!("{http}?dryRun=All"), &malformed("dry")).success();
    keep("http-dry-run");
    let _ = api.create(&http, &malformed("malformed")).success();
    let _ = api.merge(&format!("{http}/malformed"), &label).success();
    keep("http-update-malformed");
    let _ = api.merge(&format!("{http}/web/status"), &status()).success();
    keep("http-status");
    let mut applied = malformed("applied");
    let _ = api.apply(&format!("{http}/applied"), "a", &applied).success();
    applied["metadata"]["labels"] = label["metadata"]["labels"].clone();
    let _ = api.apply(&format!("{http}/applied"), "a", &applied).success();
    keep("http-apply");
    let mut escaped = http_route("escaped");
    escaped["metadata"]["annotations"] =
        json!({"a.example/note": "<é>& \u{2028}\"\\\u{7f}\n\u{1f980}"});
    let _ = api.create(&http, &escaped).success();
    keep("http-escaped");
    let mut generated = http_route("");
    generated["metadata"] = json!({"generateName": "named-"});
    let _ = api.create(&http, &generated).success();
    keep("http-generated-name");
    let _ = api.create(&http, &newest("newest")).success();
    keep("http-newest");
    let mut kept = http_route("kept");
    kept["metadata"]["finalizers"] = json!(["a.example/b"]);
    let _ = api.create(&http, &kept).success();
    let _ = api.delete(&format!("{http}/kept")).success();
    keep("http-delete");
    let _ =
        api.merge(&format!("{http}/kept"), &json!({"metadata": {"finalizers": null}})).success();
    keep("http-update-deleted");
    // kubectl keeps what was written, so that is seen which weights were left out.
    let namespace = rig.namespace.clone();
    let args = ["apply", "-n", &namespace, "-f", "-"];
    let mut written = http_route("kubectl");
    // Nor does it take what this release does not define.
    written["spec"]["rules"][0]["sessionPersistence"]
        .as_object_mut()
        .expect("an object")
        .remove("cookie");
    let written = written.to_string();
    for written in [written.clone(), written.replace("/old", "/older")] {
        let _ = rig.cluster().kubectl(&args, &written).success();
    }
    keep("http-kubectl");
    keep("http-kubectl-mutate");
    recorded
}

/// What a controller says of a route.
fn status() -> Value {
    json!({"status": {"parents": [{"parentRef": {"kind": "Service", "group": "", "name": "web"},
        "controllerName": "a.example/b", "conditions": [{"type": "Accepted", "status": "True",
            "reason": "Accepted", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}]}})
}

/// A route with a bit of everything that all releases know; a later one keeps more of it.
fn http_route(name: &str) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": name, "labels": {"app": "web"},
            "annotations": {"meshroute.dev/weights": "percent", "meshroute.dev/ignore": "MR052 on its way"}},
        "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web", "port": 80}],
        "rules": [{"name": "first",
            "matches": [{"path": {"type": "RegularExpression", "value": "/a/[0-9]+"},
                "headers": [{"name": "x-user", "value": "a"}], "method": "GET",
                "queryParams": [{"name": "q", "type": "RegularExpression", "value": "b.*"}]}, {}],
            "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {
                    "set": [{"name": "x-a", "value": "1"}], "remove": ["x-b"]}},
                {"type": "RequestMirror", "requestMirror": {"percent": 5,
                    "backendRef": {"name": "shadow", "port": 80}}},
                {"type": "URLRewrite", "urlRewrite": {"hostname": "a.example",
                    "path": {"type": "ReplaceFullPath", "replaceFullPath": "/"}}}],
            "timeouts": {"request": "10s", "backendRequest": "3s"},
            "retry": {"attempts": 2, "codes": [503], "backoff": "1s"},
            "sessionPersistence": {"type": "Cookie", "sessionName": "s",
                "cookieConfig": {"lifetimeType": "Session"}, "cookie": {"name": "s"}},
            "backendRefs": [{"name": "v1", "port": 80, "weight": 90}, {"name": "v2", "port": 80}]},
            {"matches": [{"path": {"type": "Exact", "value": "/old"}}],
            "filters": [{"type": "RequestRedirect", "requestRedirect": {"statusCode": 301,
                "hostname": "b.example"}}]}]}})
}

fn grpc_route(name: &str) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GRPCRoute", "metadata": {"name": name},
        "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web", "port": 80}],
        "rules": [{"matches": [{"method": {"service": "shop.Cart", "method": "Add"},
                "headers": [{"name": "x-user", "value": "a"}]}],
            "filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": {
                "add": [{"name": "x-a", "value": "1"}]}}],
            "backendRefs": [{"name": "v1", "port": 80, "weight": 9}, {"name": "v2", "port": 80}]}]}})
}

/// One whose parent is of the wrong group, and all of whose weights are 0.
fn malformed(name: &str) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": name},
        "spec": {"parentRefs": [{"kind": "Service", "name": "web"}],
        "rules": [{"matches": [{"path": {"value": "/cart"}}],
            "backendRefs": [{"name": "v1", "port": 80, "weight": 0}, {"name": "v2", "port": 80, "weight": 0}]}]}})
}

/// One with what came last.
fn newest(name: &str) -> Value {
    let mut route = http_route(name);
    route["spec"]["rules"][0]["filters"] = json!([
        {"type": "CORS", "cors": {"allowOrigins": ["https://*.a.example"], "allowMethods": ["GET"], "maxAge": 5}},
        {"type": "ExternalAuth", "externalAuth": {"protocol": "GRPC", "grpc": {"allowedHeaders": ["x-a"]},
            "backendRef": {"name": "auth", "port": 80}}}]);
    route
}

fn of_version(version: &str, mut route: Value) -> Value {
    route["apiVersion"] = format!("gateway.networking.k8s.io/{version}").into();
    route
}

/// A review without what is different each time.
fn plain(text: &str, namespace: &str) -> String {
    let text = text.replace(&format!("\"{namespace}\""), "\"shop\"");
    let text = text.replace(&format!("\\\"{namespace}\\\""), "\\\"shop\\\"");
    let text = numbered(&text, r#""uid":"([0-9a-f]{8}-[0-9a-f-]{27})""#, |number| {
        format!("00000000-0000-0000-0000-{number:012}")
    });
    let text = numbered(&text, r#""resourceVersion":"([0-9]+)""#, |number| number.to_string());
    let text = numbered(&text, r#""named-([a-z0-9]{5})""#, |_| "abcde".to_owned());
    numbered(&text, r#""([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z)""#, |_| {
        "2026-01-01T00:00:00Z".to_owned()
    })
}

/// The text with other words in the place of these: the same one for the same.
fn numbered(text: &str, pattern: &str, other: impl Fn(usize) -> String) -> String {
    let pattern = Regex::new(pattern).expect("it is one");
    let mut found: Vec<String> = Vec::new();
    for captures in pattern.captures_iter(text) {
        if !found.iter().any(|it| *it == captures[1]) {
            found.push(captures[1].to_owned());
        }
    }
    pattern
        .replace_all(text, |captures: &regex::Captures<'_>| {
            let number = found.iter().position(|it| *it == captures[1]).expect("it was found");
            captures[0].replace(&captures[1], &other(number + 1))
        })
        .into_owned()
}

/// The head of a request, but for the length of its body.
fn head(asked: &Asked) -> String {
    let headers = asked.head.headers.iter().filter(|(name, _)| name != "content-length");
    let lines: String = headers.map(|(name, value)| format!("{name}: {value}\n")).collect();
    format!("{}\n{lines}", asked.head.line)
}
