//! Others at work on the same route: faster writers, owners, meshes, and those who say no.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, thread, time::Duration};

use meshroute_tests::{
    control_plane::{self, ControlPlane, Programs},
    program::Outcome,
    shop::{Shop, after, canary, define},
    supervised::Folder,
    tools::{Tool, skip_unless},
    wait,
};
use serde_json::{Value, json};

use super::{ROUTE, VERSIONS};

/// A login whose program runs before every request, and can do something then.
struct Hooks {
    folder: Folder,
}

impl Hooks {
    fn new(cluster: &ControlPlane) -> Self {
        let folder = Folder::new().expect("a folder can be made");
        let hooks = Self { folder };
        let config = fs::read_to_string(cluster.kubeconfig()).expect("a kubeconfig can be read");
        let mut config: Value = serde_json::from_str(&config).expect("it is JSON");
        let token =
            config["users"][0]["user"]["token"].as_str().expect("it has a token").to_owned();
        let here = hooks.folder.path().display().to_string();
        let credential = json!({"apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": {"token": token, "expirationTimestamp": "2020-01-01T00:00:00Z"}});
        let script = format!(
            "#!/bin/sh\ncd {here}\nn=$(($(cat count) + 1))\necho $n > count\n\
             if [ -e every ] && [ $n -ge \"$(cat every)\" ]; then sh hook >> log 2>&1; fi\n\
             if [ -e at ] && [ $n -eq \"$(cat at)\" ]; then sh hook >> log 2>&1; fi\n\
             cat <<'EOF'\n{credential}\nEOF\n"
        );
        hooks.write("login", &script);
        let login = hooks.folder.path().join("login");
        fs::set_permissions(&login, fs::Permissions::from_mode(0o700)).expect("it is ours");
        hooks.write("count", "0");
        config["users"][0]["user"] = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1",
            "command": login, "interactiveMode": "Never"}});
        hooks.write("kubeconfig", &config.to_string());
        hooks
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("a folder of our own");
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// How many requests a command sends; the last of a dry run on the server is its patch.
    fn count(&self, run: impl FnOnce() -> Outcome) -> u32 {
        self.write("count", "0");
        run().success();
        let count = fs::read_to_string(self.folder.path().join("count")).expect("it was counted");
        self.write("count", "0");
        count.trim().parse().expect("a number")
    }
}

/// A shell command that patches the route as somebody else.
fn patch(cluster: &ControlPlane, namespace: &str, patch: &Value) -> String {
    let kubectl = Tool::Kubectl.find().expect("the control plane has it");
    format!(
        "{} --kubeconfig {} patch {ROUTE} -n {namespace} --type=json --field-manager=other -p '{patch}'\n",
        kubectl.display(),
        cluster.kubeconfig().display()
    )
}

#[test]
fn a_writer_between_reading_and_writing_is_met() {
    let test = "a_writer_between_reading_and_writing_is_met";
    let Some(cluster) = control_plane::shared(test) else { return };
    let shop = Shop::open(cluster, &VERSIONS);
    shop.create(&canary(9, 1));
    let hooks = Hooks::new(cluster);
    let hooked = shop.seen_by(&hooks.kubeconfig());
    let split = ["split", "web", "v2=20%"];
    let last = hooks.count(|| hooked.run(&[&split[..], &["--dry-run=server"]].concat()));

    // Somebody writes what does not matter: it is tried again, and nothing of theirs is lost.
    let history = r#"[{"rev":7,"who":"x","when":"2026-01-01T00:00:00Z","rules":[]}]"#;
    let theirs = json!([{"op": "add", "path": "/metadata/annotations",
                         "value": {"meshroute.dev/history": history, "a": "b"}}]);
    hooks.write("hook", &patch(cluster, &shop.namespace, &theirs));
    hooks.write("at", &last.to_string());
    let outcome = hooked.run(&split);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{}", outcome.stdout);
    assert_eq!(shop.weights(ROUTE, 0), [8, 2]);
    let revs: Vec<Value> = shop.history(ROUTE).iter().map(|entry| entry["rev"].clone()).collect();
    assert_eq!(revs, [json!(7), json!(8)]);
    assert_eq!(shop.get(ROUTE)["metadata"]["annotations"]["a"], "b");

    // Somebody changes a weight: it is said who, and nothing is written.
    let theirs =
        json!([{"op": "replace", "path": "/spec/rules/0/backendRefs/1/weight", "value": 3}]);
    hooks.write("hook", &patch(cluster, &shop.namespace, &theirs));
    hooks.write("count", "0");
    let outcome = hooked.run(&["split", "web", "v2=50%"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (3, ""), "{}", outcome.stderr);
    let said = ["web-v2 is 3, not 2", "field manager other", "nothing was written"];
    assert!(said.iter().all(|it| outcome.stderr.contains(it)), "{}", outcome.stderr);
    assert_eq!(shop.weights(ROUTE, 0), [8, 3]);

    // A rule is put before ours: the index means another rule then.
    let theirs = json!([{"op": "add", "path": "/spec/rules/0", "value": {
        "matches": [{"path": {"type": "PathPrefix", "value": "/x"}}],
        "backendRefs": [{"name": "web-v1", "port": 80, "weight": 8},
                        {"name": "web-v2", "port": 80, "weight": 3}]}}]);
    hooks.write("hook", &patch(cluster, &shop.namespace, &theirs));
    hooks.write("count", "0");
    let outcome = hooked.run(&["split", "web", "v2=50%"]);
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("rule 0 is another one"), "{}", outcome.stderr);
    assert_eq!((shop.weights(ROUTE, 0), shop.weights(ROUTE, 1)), (vec![8, 3], vec![8, 3]));
}

#[test]
fn a_route_that_never_rests_is_given_up() {
    let Some(cluster) = control_plane::shared("a_route_that_never_rests_is_given_up") else {
        return;
    };
    let shop = Shop::open(cluster, &VERSIONS);
    shop.create(&canary(9, 1));
    let hooks = Hooks::new(cluster);
    let hooked = shop.seen_by(&hooks.kubeconfig());
    let split = ["split", "web", "v2=20%"];
    let last = hooks.count(|| hooked.run(&[&split[..], &["--dry-run=server"]].concat()));
    let kubectl = Tool::Kubectl.find().expect("the control plane has it");
    // Each time another history, so that no patch ever fits.
    hooks.write(
        "hook",
        &format!(
            "{} --kubeconfig {} annotate {ROUTE} -n {} --overwrite \"meshroute.dev/history=[{{\\\"rev\\\":$(cat count),\\\"who\\\":\\\"x\\\",\\\"when\\\":\\\"\\\",\\\"rules\\\":[]}}]\"\n",
            kubectl.display(),
            cluster.kubeconfig().display(),
            shop.namespace
        ),
    );
    hooks.write("every", &last.to_string());
    let outcome = hooked.run(&split);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (3, ""), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("5 tries"), "{}", outcome.stderr);
    assert_eq!(shop.weights(ROUTE, 0), [9, 1]);
}

#[test]
fn an_owner_by_server_side_apply_conflicts_as_the_note_says() {
    let test = "an_owner_by_server_side_apply_conflicts_as_the_note_says";
    let Some(cluster) = control_plane::shared(test) else { return };
    let shop = Shop::open(cluster, &VERSIONS);
    let apply = |manifest: &Value| {
        let args =
            ["apply", "--server-side", "--field-manager=team", "-n", &shop.namespace, "-f", "-"];
        cluster.kubectl(&args, &manifest.to_string())
    };
    apply(&canary(9, 1)).success();
    let outcome = shop.run(&["split", "web", "v2=20%"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let note = after(&outcome.stderr, "note: team applies spec.rules").expect("it is a note");
    assert!(note.ends_with("conflicts with \"kubectl-meshroute\""), "{note}");
    let conflict = apply(&canary(9, 1));
    assert_ne!(conflict.code, 0);
    assert!(
        conflict.stderr.contains("conflict with \"kubectl-meshroute\"")
            && conflict.stderr.contains(".spec.rules"),
        "{}",
        conflict.stderr
    );
    // Even with the weights of now: the rules are one value, and the API's defaults are a part of it.
    assert_ne!(apply(&canary(8, 2)).code, 0);
}

#[test]
fn who_may_not_write_is_told() {
    let Some(cluster) = control_plane::shared("who_may_not_write_is_told") else { return };
    let shop = Shop::open(cluster, &VERSIONS);
    shop.create(&canary(9, 1));
    let reader = cluster.user();
    let read = json!([{"apiGroups": ["", "discovery.k8s.io", "gateway.networking.k8s.io"],
                       "resources": ["*"], "verbs": ["list"]}]);
    cluster.grant(&reader, None, &read);
    let as_reader = shop.seen_by(reader.kubeconfig());
    let outcome = as_reader.run(&["split", "web", "v2=20%"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("cannot patch resource \"httproutes\""), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.matches("error: ").count(), 1, "{}", outcome.stderr);
    assert_eq!(shop.weights(ROUTE, 0), [9, 1]);

    // To list and to patch is all that is needed; endpoints that may not be read are a note.
    let writer = cluster.user();
    let write = json!([
        {"apiGroups": ["gateway.networking.k8s.io"], "resources": ["httproutes"],
         "verbs": ["list", "patch"]},
        {"apiGroups": [""], "resources": ["services"], "verbs": ["list"]}]);
    cluster.grant(&writer, None, &write);
    let outcome = shop.seen_by(writer.kubeconfig()).run(&["split", "web", "v2=20%"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let note = "note: whether web-v2 has a ready endpoint is not known";
    assert!(outcome.stderr.contains(note), "{}", outcome.stderr);
    let who = shop.history(ROUTE)[0]["who"].clone();
    assert_eq!(who, format!("system:serviceaccount:default:{}", writer.name()));
}

#[test]
fn admission_says_no() {
    let Some(cluster) = control_plane::shared("admission_says_no") else { return };
    let shop = Shop::open(cluster, &VERSIONS);
    shop.create(&canary(9, 1));
    let name = format!("frozen-{}", shop.namespace);
    let group = "admissionregistration.k8s.io/v1";
    let policy = json!({"apiVersion": group, "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name}, "spec": {
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": shop.namespace}},
                "resourceRules": [{"apiGroups": ["gateway.networking.k8s.io"], "apiVersions": ["*"],
                                   "operations": ["UPDATE"], "resources": ["httproutes"]}]},
            "validations": [{"expression": "false", "message": "weights are frozen"}]}});
    let binding = json!({"apiVersion": group, "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name}, "spec": {"policyName": name, "validationActions": ["Deny"]}});
    cluster.apply("default", &format!("{policy}\n---\n{binding}"));
    let touch =
        ["annotate", ROUTE, "-n", &shop.namespace, "--overwrite", "--dry-run=server", "a=b"];
    wait::until(Duration::from_secs(60), || {
        let outcome = cluster.kubectl(&touch, "");
        if outcome.code == 0 { Err("it is let through".to_owned()) } else { Ok(()) }
    })
    .expect("the policy counts");
    for mode in ["none", "server"] {
        let outcome = shop.run(&["split", "web", "v2=20%", "--dry-run", mode]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("weights are frozen"), "{}", outcome.stderr);
    }
    assert_eq!(shop.weights(ROUTE, 0), [9, 1]);
}

/// What a mesh writes about this generation; without one, as Linkerd does it.
fn status(shop: &Shop<'_>, generation: Option<i64>, accepted: bool) {
    let condition = |kind: &str| {
        let mut condition = json!({"type": kind, "status": if accepted { "True" } else { "False" },
            "reason": "Some", "message": "as told", "lastTransitionTime": "2026-01-01T00:00:00Z"});
        if let Some(generation) = generation {
            condition["observedGeneration"] = json!(generation);
        }
        condition
    };
    let status = json!({"status": {"parents": [{
        "parentRef": {"group": "core", "kind": "Service", "name": "web", "namespace": shop.namespace},
        "controllerName": "linkerd.io/policy-controller",
        "conditions": [condition("Accepted"), condition("ResolvedRefs")]}]}});
    let status = status.to_string();
    let args = [
        "patch",
        ROUTE,
        "-n",
        &shop.namespace,
        "--subresource=status",
        "--type=merge",
        "-p",
        &status,
    ];
    shop.cluster.kubectl(&args, "").success();
}

#[test]
fn a_mesh_confirms_in_its_time_or_not_at_all() {
    let test = "a_mesh_confirms_in_its_time_or_not_at_all";
    let Some(cluster) = control_plane::shared(test) else { return };
    let shop = Shop::open(cluster, &VERSIONS);
    shop.create(&canary(9, 1));
    let generation = || shop.get(ROUTE)["metadata"]["generation"].as_i64().expect("a number");
    let split =
        |words: &[&str]| shop.run(&[&["split", "web", "--mesh", "linkerd"], words].concat());

    // No mesh has said anything: nobody waits, unless that is asked for.
    let outcome = split(&["v2=20%"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let outcome = split(&["v2=10%", "--wait", "--timeout", "300ms"]);
    assert_eq!(outcome.code, 4, "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("written, not confirmed: no mesh has said anything of"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stdout.contains("undo: "), "{}", outcome.stdout);

    // One that lags, and writes another group than the route has.
    let seen = generation();
    status(&shop, Some(seen), true);
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            let next = wait::until(Duration::from_secs(60), || match generation() {
                now if now > seen => Ok(now),
                now => Err(now.to_string()),
            });
            status(&shop, Some(next.expect("it is written")), true);
        });
        split(&["v2=30%"])
    });
    assert!(outcome.code == 0 && !outcome.stderr.contains("warning"), "{}", outcome.stderr);
    let line = format!("accepted by linkerd.io/policy-controller (generation {})", seen + 1);
    assert!(outcome.stdout.contains(&line), "{}", outcome.stdout);

    // One that stays behind: whoever ends the waiting knows that it is written.
    let outcome = split(&["v2=40%", "--timeout", "1500ms"]);
    let note = "note: written; linkerd.io/policy-controller has 1.5 s to confirm it\n";
    assert!(outcome.stderr.starts_with(note), "{}", outcome.stderr);
    for (flags, code) in [(&["--timeout", "300ms"][..], 0), (&["--wait", "--timeout", "300ms"], 4)]
    {
        let outcome = split(&[&["v2+=1%"], flags].concat());
        assert_eq!(outcome.code, code, "{}", outcome.stderr);
        assert!(outcome.stderr.contains("written, not confirmed"), "{}", outcome.stderr);
    }
    let outcome = split(&["v2=50%", "--wait=false"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
}

#[test]
fn a_mesh_that_names_no_generation_is_not_waited_for() {
    let test = "a_mesh_that_names_no_generation_is_not_waited_for";
    let Some(cluster) = control_plane::shared(test) else { return };
    let shop = Shop::open(cluster, &VERSIONS);
    shop.create(&canary(9, 1));
    // The time is one that no test has.
    let split = |words: &[&str]| {
        let more = ["--mesh", "linkerd", "--wait", "--timeout", "1h"];
        shop.run(&[&["split", "web"], words, &more].concat())
    };
    let said = "warning: written, not confirmed: linkerd.io/policy-controller does not say which generation it has seen\n";

    // It says something for the first time while it is waited for.
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            let written = wait::until(Duration::from_secs(60), || {
                let weights = shop.weights(ROUTE, 0);
                if weights == [4, 1] { Ok(()) } else { Err(format!("{weights:?}")) }
            });
            written.expect("it is written");
            status(&shop, None, true);
        });
        split(&["v1=4", "v2=1"])
    });
    assert!(outcome.code == 4 && outcome.stderr.ends_with(said), "{}", outcome.stderr);
    let outcome = split(&["v2=30%"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (4, said));
    // Where nobody has asked to wait, it is as always, and no warning.
    let unasked = shop.run(&["split", "web", "v2=40%", "--mesh", "linkerd"]);
    assert_eq!((unasked.code, unasked.stderr), (0, said.replace("warning", "note")));
}

/// A CRD without defaults stores a weight that nobody wrote as one that is absent.
#[test]
fn a_weight_that_is_not_written_is_added() {
    let test = "a_weight_that_is_not_written_is_added";
    let Some(programs) = skip_unless(test, Programs::find()) else { return };
    let cluster = ControlPlane::start(&programs).expect("it starts");
    let group = "gateway.networking.k8s.io";
    define(&cluster, group, "v1beta1", "HTTPRoute", "httproutes");
    let shop = Shop::open(&cluster, &VERSIONS);
    let mut web = canary(9, -1);
    web["apiVersion"] = json!(format!("{group}/v1beta1"));
    shop.create(&web);
    assert_eq!(shop.weights(ROUTE, 0), [9]);
    let moved = shop.run(&["split", "web", "v2=20%"]).success();
    assert_eq!(shop.weights(ROUTE, 0), [8, 2]);
    shop.printed(after(&moved, "undo: ").expect("it says how")).success();
    assert_eq!(shop.weights(ROUTE, 0), [9, 1]);
    // What is as good as written already is left as it is.
    cluster.kubectl(&["delete", ROUTE, "-n", &shop.namespace], "").success();
    shop.create(&web);
    let same = shop.run(&["split", "web", "9/1"]).success();
    assert!(same.ends_with("unchanged\n"), "{same}");
}

#[test]
fn a_certain_revert_is_refused_and_can_be_had_for_a_reason() {
    let test = "a_certain_revert_is_refused_and_can_be_had_for_a_reason";
    let Some(cluster) = control_plane::own(test) else { return };
    define(&cluster, "kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations");
    let shop = Shop::open(&cluster, &VERSIONS);
    let mut web = canary(9, 1);
    web["metadata"]["labels"] = json!({"kustomize.toolkit.fluxcd.io/name": "apps",
        "kustomize.toolkit.fluxcd.io/namespace": shop.namespace});
    shop.create(&web);
    let id = format!("{}_web_gateway.networking.k8s.io_HTTPRoute", shop.namespace);
    let mut apps = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "apps"}, "spec": {"interval": "10m"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}],
                   "inventory": {"entries": [{"id": id, "v": "v1"}]}}});
    shop.put(&apps);
    let refused = shop.run(&["split", "web", "v2=20%"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (3, ""), "{}", refused.stderr);
    let hand_over = format!("flux suspend kustomization apps -n {}", shop.namespace);
    assert!(refused.stderr.contains(&hand_over), "{}", refused.stderr);
    let command = after(&refused.stderr, "all the same: ").expect("it says how");
    shop.printed(&command.replace("REASON", "'we are on fire'")).success();
    assert_eq!(shop.history(ROUTE)[0]["reason"], "we are on fire");

    apps["spec"]["suspend"] = json!(true);
    shop.put(&apps);
    let outcome = shop.run(&["split", "web", "v2=30%"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("note: Flux Kustomization/apps"), "{}", outcome.stderr);
}

#[test]
fn one_route_is_written_at_a_time_and_clients_may_have_their_own() {
    let test = "one_route_is_written_at_a_time_and_clients_may_have_their_own";
    let Some(cluster) = control_plane::shared(test) else { return };
    let shop = Shop::open(cluster, &VERSIONS);
    let clients = Shop::open(cluster, &[]);
    for (name, path) in [("one", "/one"), ("two", "/two")] {
        let mut made = canary(9, 1);
        made["metadata"]["name"] = json!(name);
        made["spec"]["rules"][0]["matches"] =
            json!([{"path": {"type": "PathPrefix", "value": path}}]);
        shop.create(&made);
    }
    let mut own = canary(9, 1);
    own["spec"]["parentRefs"][0]["namespace"] = json!(shop.namespace);
    for backend in 0..2 {
        own["spec"]["rules"][0]["backendRefs"][backend]["namespace"] = json!(shop.namespace);
    }
    clients.create(&own);

    let unclear = shop.run(&["split", "web", "v2=20%", "--mesh", "istio"]);
    assert_eq!(unclear.code, 2, "{}", unclear.stderr);
    let commands = unclear.stderr.lines().filter_map(|line| line.trim().strip_prefix("try: "));
    for command in commands {
        shop.printed(command).success();
    }
    for name in ["httproute/one", "httproute/two"] {
        assert_eq!(shop.weights(name, 0), [8, 2]);
    }
    for verb in ["undo", "history"] {
        let unclear = shop.run(&[verb, "web", "--mesh", "istio"]);
        assert_eq!(unclear.code, 2, "{}", unclear.stderr);
        shop.printed(after(&unclear.stderr, "try: ").expect("it says how")).success();
    }
    assert_eq!(shop.weights("httproute/one", 0), [9, 1]);
    assert_eq!(shop.weights("httproute/two", 0), [8, 2]);

    let words =
        ["split", "web", "v2=50%", "--mesh", "istio", "--from-namespace", &clients.namespace];
    let moved = shop.run(&words).success();
    assert_eq!(clients.weights(ROUTE, 0), [5, 5]);
    shop.printed(after(&moved, "undo: ").expect("it says how")).success();
    assert_eq!(clients.weights(ROUTE, 0), [9, 1]);
}
