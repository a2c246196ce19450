//! `split -w` in a pipe shows each change of a real API server, and nothing else.

use std::process::{Command, Stdio};

use meshroute_tests::{
    control_plane::{self, ControlPlane},
    running::Running,
    stage::{self, Stage, endpoints, references, route, routed, service},
};
use serde_json::{Value, json};

const PLUGIN: &str = env!("CARGO_BIN_EXE_meshroute-tests-plugin");

#[test]
fn what_is_followed_is_what_a_new_answer_shows() {
    let Some(cluster) = control_plane::shared("what_is_followed_is_what_a_new_answer_shows") else {
        return;
    };
    let stage = Stage::new(cluster, PLUGIN);
    let other = cluster.namespace();
    cluster.apply(&other, &service("far").to_string());
    let followed = Running::in_pipes(&mut stage.command(&["-w", "-o", "json"]));
    let mut last = same(&followed, &stage, &Value::Null);
    let mut changed = |what: &str| {
        let now = same(&followed, &stage, &last);
        assert_ne!(now, last, "{what} does not show");
        last = now;
    };

    stage.shift(&[("web-v1", 1), ("web-v2", 1)]);
    changed("a weight");
    stage.delete(&["service/web-v2"]);
    changed("a backend that is gone");
    stage.apply(&[service("web-v2")]);
    changed("a backend that is there again");
    stage.apply(&[endpoints("web-v1", &[true, true])]);
    changed("an endpoint");
    stage.apply(&[endpoints("web-v1", &[false, false])]);
    changed("an endpoint that is not ready");
    stage.delete(&["endpointslice/web-v1-1"]);
    changed("an endpoint that is gone");
    stage.shift(&[("web-v1", 1), ("web-v3", 1)]);
    changed("a backend that does not exist");
    stage.apply(&[service("web-v3"), endpoints("web-v3", &[true])]);
    changed("a backend that nobody has read before");
    let label = ["label", "namespace", &stage.namespace, "kuma.io/sidecar-injection=enabled"];
    cluster.kubectl(&label, "").success();
    changed("a mesh");
    stage.shift(&[("web-v1", 1), (&format!("{other}/far"), 1)]);
    changed("a backend of another namespace");
    let grant = json!({"apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "ReferenceGrant",
        "metadata": {"name": "web"}, "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute",
                      "namespace": stage.namespace}],
            "to": [{"group": "", "kind": "Service"}]}});
    cluster.apply(&other, &grant.to_string());
    changed("a permission");
    let mut consumer = route("web", &[("far", 1)]);
    consumer["spec"]["parentRefs"][0]["namespace"] = stage.namespace.clone().into();
    cluster.apply(&other, &consumer.to_string());
    changed("a route of clients");
    cluster.kubectl(&["delete", "httproute", "web", "-n", &other], "").success();
    changed("a route of clients that is gone");
    stage.delete(&["httproute/web"]);
    changed("a route that is gone");
    let rules = [json!({"matches": [{"method": {"service": "a", "method": "b"}}],
                        "backendRefs": references(&[("web-v1", 1)])})];
    stage.apply(&[routed("grpc", "GRPCRoute", &rules)]);
    changed("a route of another kind");
    stage.delete(&["service/web"]);
    let named = |kind: &str, it: &str| it.contains(&format!("{kind} {}/web", stage.namespace));
    followed.until(|_, stderr| named("warning: Service", stderr).then_some(()));
    let documents = followed.stdout().lines().count();
    stage.apply(&[service("web")]);
    // It is said again, though it is the same as before: in between there was no answer.
    followed.until(|stdout, _| (stdout.lines().count() > documents).then_some(()));
    same(&followed, &stage, &Value::Null);
    let stderr = followed.stderr();
    // Where else there is one may change meanwhile, by other tests, and is said then.
    let mut said: Vec<_> = stderr.lines().filter(|it| it.contains("not found")).collect();
    let count = said.len();
    said.sort_unstable();
    said.dedup();
    assert!(count > 0 && said.len() == count, "{stderr}");
    assert!(stderr.lines().all(|it| it.contains("not found") || it.contains("kuma")), "{stderr}");
}

/// Waits until the last line is what a new answer is, which has changed; returns it.
#[track_caller]
fn same(followed: &Running, stage: &Stage<'_>, before: &Value) -> Value {
    let fresh = document(&stage.fresh(&["-o", "json"]));
    assert_ne!(fresh, *before, "nothing has changed");
    followed.until(|stdout, _| {
        let documents: Vec<_> = stdout.lines().map(document).collect();
        assert!(documents.windows(2).all(|two| two[0] != two[1] || before.is_null()), "{stdout}");
        (documents.last() == Some(&fresh)).then_some(())
    });
    fresh
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|err| panic!("{err}: {text}"))
}

#[test]
fn formats_say_each_change_once() {
    let Some(cluster) = control_plane::shared("formats_say_each_change_once") else { return };
    let stage = Stage::new(cluster, PLUGIN);
    let shares = "jsonpath={.rules[*].backends[*].share}";
    let start = |format| Running::in_pipes(&mut stage.command(&["-w", "-o", format]));
    let [table, yaml, name, jsonpath, markdown] =
        ["table", "yaml", "name", shares, "markdown"].map(start);
    let count = |followed: &Running, what: &str, wanted: usize| {
        followed.until(|stdout, _| (stdout.matches(what).count() >= wanted).then_some(()));
    };
    let all = |wanted: usize| {
        count(&table, "  rule 0  ", wanted);
        count(&yaml, "kind: Split", wanted);
        count(&jsonpath, "\n", wanted);
        count(&markdown, "###", wanted);
    };
    all(1);
    count(&name, "\n", 1);
    stage.shift(&[("web-v1", 3), ("web-v2", 1)]);
    all(2);
    let silent = ["annotate", "httproute", "web", "-n", &stage.namespace, "nothing=shows"];
    cluster.kubectl(&silent, "").success();
    stage.shift(&[("web-v1", 1), ("web-v2", 0)]);
    all(3);
    stage.delete(&["httproute/web"]);
    count(&table, "gone", 1);

    let service = format!("{}/web:80", stage.namespace);
    let lines: Vec<String> = untimed(&table.stdout());
    assert_eq!(
        lines,
        [
            format!("{service}  mesh spec  route web"),
            format!(
                "{service}  rule 0  any  web-v1 90.0% ready 0/0 (503: no ready endpoints), web-v2 10.0% ready 0/0 (503: no ready endpoints)"
            ),
            format!(
                "{service}  rule 0  any  web-v1 75.0% ready 0/0 (503: no ready endpoints), web-v2 25.0% ready 0/0 (503: no ready endpoints)"
            ),
            format!(
                "{service}  rule 0  any  web-v1 100.0% ready 0/0 (503: no ready endpoints), web-v2 0.0% ready 0/0"
            ),
            format!("{service}  mesh spec  no route in effect"),
            format!("{service}  unmatched  web 100.0%  ready 0/0  503: no ready endpoints"),
            format!("{service}  rule 0  gone"),
        ]
    );
    count(&jsonpath, "\n", 4);
    assert_eq!(jsonpath.stdout(), "9/10 1/10\n3/4 1/4\n1/1 0/1\n\n");
    count(&yaml, "kind: Split", 4);
    let yaml = yaml.stdout();
    let documents: Vec<&str> = yaml.split("---\n").skip(1).collect();
    assert_eq!(documents.len(), 4, "{yaml}");
    assert_eq!(documents[3], stage.fresh(&["-o", "yaml"]));
    count(&markdown, "###", 4);
    let markdown = markdown.stdout();
    assert!(
        markdown.ends_with(&format!("|\n\n{}", stage.fresh(&["-o", "markdown"]))),
        "{markdown}"
    );
    assert_eq!(name.stdout(), stage.fresh(&["-o", "name"]));
}

/// The lines without their times, which are those of this minute.
fn untimed(stdout: &str) -> Vec<String> {
    let line = |line: &str| {
        let (time, rest) = line.split_once("  ").expect("a time");
        assert!(time.len() == 20 && time.starts_with("20") && time.ends_with('Z'), "{line}");
        rest.to_owned()
    };
    stdout.lines().map(line).collect()
}

#[test]
fn following_ends_where_the_goal_is_reached() {
    let Some(cluster) = control_plane::shared("following_ends_where_the_goal_is_reached") else {
        return;
    };
    let stage = Stage::new(cluster, PLUGIN);
    let until = |goal| Running::in_pipes(&mut stage.command(&["-w", "--until", goal]));
    for reached in ["90/10", "9/1"] {
        let mut followed = until(reached);
        assert_eq!(followed.code(), 0, "{}", followed.stderr());
        assert_eq!(untimed(&followed.stdout()).len(), 2);
    }
    let mut followed = until("50/50");
    followed.until(|stdout, _| stdout.contains("90.0%").then_some(()));
    stage.shift(&[("web-v1", 1), ("web-v2", 3)]);
    followed.until(|stdout, _| stdout.contains("25.0%").then_some(()));
    stage.shift(&[("web-v1", 7), ("web-v2", 7)]);
    assert_eq!(followed.code(), 0, "{}", followed.stderr());
    assert!(followed.stdout().contains("web-v2 50.0%"), "{}", followed.stdout());
    assert_eq!(followed.stderr(), "");
    let mut followed = until("50");
    assert_eq!(followed.code(), 2);
    assert!(followed.stderr().contains("--until 90/10"), "{}", followed.stderr());
}

#[test]
fn all_services_of_a_namespace_are_followed() {
    let Some(cluster) = control_plane::shared("all_services_of_a_namespace_are_followed") else {
        return;
    };
    let stage = Stage::new(cluster, PLUGIN);
    stage.delete(&["httproute/web"]);
    let all = |format| {
        let args = ["split", "-n", &stage.namespace, "-w", "-o", format];
        Running::in_pipes(&mut stage::command(PLUGIN, cluster.kubeconfig(), &args))
    };
    let (table, json) = (all("table"), all("json"));
    table.until(|stdout, _| stdout.contains("no mesh routes in").then_some(()));
    json.until(|_, stderr| stderr.contains("no mesh routes in").then_some(()));
    stage.apply(&[route("web", &[("web-v1", 1)])]);
    table.until(|stdout, _| stdout.contains("web-v1 100.0%").then_some(()));
    json.until(|stdout, _| stdout.contains("web-v1").then_some(()));
    let lengths: Vec<_> = json
        .stdout()
        .lines()
        .map(|line| document(line)["items"].as_array().map(Vec::len))
        .collect();
    assert_eq!(lengths, [Some(0), Some(1)]);
    assert!(untimed(&table.stdout()).iter().all(|line| !line.contains("gone")));
}

#[test]
fn who_may_not_watch_sees_changes_a_little_later() {
    let Some(cluster) = control_plane::shared("who_may_not_watch_sees_changes_a_little_later")
    else {
        return;
    };
    let stage = Stage::new(cluster, PLUGIN);
    let user = cluster.user();
    let rules = json!([
        {"apiGroups": ["gateway.networking.k8s.io"],
         "resources": ["httproutes", "grpcroutes", "referencegrants", "gateways"],
         "verbs": ["get", "list"]},
        {"apiGroups": ["", "discovery.k8s.io"], "resources": ["services", "endpointslices", "namespaces"],
         "verbs": ["get", "list"]}]);
    cluster.grant(&user, Some(&stage.namespace), &rules);
    let args = ["split", "web", "-n", &stage.namespace, "-w", "-v", "6"];
    let followed = Running::in_pipes(&mut stage::command(PLUGIN, user.kubeconfig(), &args));
    followed.until(|stdout, _| stdout.contains("90.0%").then_some(()));
    stage.shift(&[("web-v1", 1), ("web-v2", 1)]);
    followed.until(|stdout, _| stdout.contains("50.0%").then_some(()));
    stage.delete(&["httproute/web"]);
    followed.until(|stdout, _| stdout.contains("no route in effect").then_some(()));
    let stderr = followed.stderr();
    let asked = |what: &str| stderr.lines().filter(|line| line.contains(what)).count();
    // Each collection, and the namespace, which is read by itself, is read again every 5 s.
    let path = format!("/namespaces/{} ", stage.namespace);
    for what in ["/httproutes?", "/services?", &path] {
        assert!((1..20).contains(&asked(what)), "{what} {} times\n{stderr}", asked(what));
    }
    assert!(!stderr.contains("not up to date"), "{stderr}");
    assert_eq!(asked("warning:"), 1, "{stderr}");
}

#[test]
fn a_server_that_is_away_is_said_and_waited_for() {
    let Some(mut cluster) = control_plane::own("a_server_that_is_away_is_said_and_waited_for")
    else {
        return;
    };
    let namespace = {
        let stage = Stage::new(&cluster, PLUGIN);
        stage.apply(&[service("web-v3")]);
        stage.namespace
    };
    let start = |cluster: &ControlPlane, args: &[&str]| {
        let args = [&["split", "web", "-n", &namespace, "-w"], args].concat();
        Running::in_pipes(&mut stage::command(PLUGIN, cluster.kubeconfig(), &args))
    };
    let table = start(&cluster, &[]);
    let json = start(&cluster, &["-o", "json", "--request-timeout=1s"]);
    let both = [&table, &json];
    let shift = |cluster: &ControlPlane, weights: [(&str, u32); 2]| {
        cluster.apply(&namespace, &route("web", &weights).to_string());
    };
    for followed in both {
        followed.until(|stdout, _| stdout.contains("90").then_some(()));
    }

    cluster.kill_api_server();
    for followed in both {
        followed.until(|_, stderr| stderr.contains("trying again: https://").then_some(()));
    }
    cluster.start_api_server().expect("it starts again");
    // A backend that was not read before, at once: some watches are not back yet.
    shift(&cluster, [("web-v1", 1), ("web-v3", 1)]);
    for followed in both {
        followed.until(|stdout, _| stdout.contains("web-v3").then_some(()));
        followed.until(|_, stderr| stderr.contains("there again").then_some(()));
    }
    shift(&cluster, [("web-v1", 3), ("web-v3", 1)]);
    table.until(|stdout, _| stdout.contains("75.0%").then_some(()));
    json.until(|stdout, _| stdout.contains("3/4").then_some(()));
    for followed in both {
        let stderr = followed.stderr();
        let lines: Vec<&str> = stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{stderr}");
        assert!(lines[0].starts_with("warning: not up to date, trying again: "), "{stderr}");
        assert!(
            ["refuses", "hangs up", "broke", "ended"].iter().any(|it| lines[0].contains(it)),
            "{stderr}"
        );
        assert_eq!(lines[1], "the API server is there again");
    }
    let lines = untimed(&table.stdout());
    assert!(lines.windows(2).all(|two| two[0] != two[1]), "{lines:#?}");
    assert_eq!(json.stdout().lines().count(), 3, "{}", json.stdout());

    // Nothing tells of this but that nobody answers.
    cluster.pause_api_server();
    json.until(|_, stderr| stderr.contains("within 1 s").then_some(()));
    cluster.resume_api_server();
    json.until(|_, stderr| (stderr.matches("there again").count() == 2).then_some(()));
    shift(&cluster, [("web-v1", 0), ("web-v3", 1)]);
    json.until(|stdout, _| stdout.contains("0/1").then_some(()));

    // Kinds come and go as well.
    let crd = "crd/httproutes.gateway.networking.k8s.io";
    cluster.kubectl(&["delete", crd, "--wait=false"], "").success();
    json.until(|stdout, _| (document(stdout.lines().last()?)["rules"] == json!([])).then_some(()));
}

#[test]
fn a_server_that_is_not_there_at_the_start_is_an_error() {
    let mut command = Command::new(PLUGIN);
    command.args(["split", "web", "-w", "--server", "http://127.0.0.1:1"]);
    let mut followed = Running::in_pipes(command.env("KUBECONFIG", "/dev/null"));
    assert_eq!(followed.code(), 1);
    assert!(followed.stderr().starts_with("error: "), "{}", followed.stderr());
}

#[test]
fn a_reader_that_goes_away_ends_it() {
    let Some(cluster) = control_plane::shared("a_reader_that_goes_away_ends_it") else { return };
    let stage = Stage::new(cluster, PLUGIN);
    let mut command = stage.command(&["-w"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it is ours").code(), Some(0));
}
