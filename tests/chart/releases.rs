//! Releases come, change, stand side by side and go, by the real Helm on a real API server.

use meshroute_tests::{chart::Chart, control_plane::ControlPlane};

use super::*;

const AUTHORITY: &str = "bWluZQ==";

/// Runs Helm as an administrator.
fn helm(chart: &Chart, cluster: &ControlPlane, args: &[&str]) -> String {
    chart.helm(Some(cluster.kubeconfig()), args, "").success()
}

/// All that a server holds of the chart, whatever its kind.
fn left(cluster: &ControlPlane, selector: &str) -> Vec<String> {
    let kinds = ["api-resources", "--verbs=list", "-o", "name"];
    let kinds = cluster.kubectl(&kinds, "").success();
    let kinds = kinds.split_whitespace().collect::<Vec<_>>().join(",");
    let args = ["get", &kinds, "-A", "-l", selector, "-o", "name"];
    cluster.kubectl(&args, "").success().lines().map(str::to_owned).collect()
}

/// Fills in bundles as the webhook does: in its own name, and nothing else.
fn inject(cluster: &ControlPlane, name: &str) {
    for (kind, hooks) in [
        ("ValidatingWebhookConfiguration", &["validate.meshroute.dev"][..]),
        (
            "MutatingWebhookConfiguration",
            &["mutate.meshroute.dev", "namespace.mutate.meshroute.dev"],
        ),
    ] {
        let hook = |hook: &&str| json!({"name": hook, "clientConfig": {"caBundle": AUTHORITY}});
        let hooks: Vec<Value> = hooks.iter().map(hook).collect();
        let patch = json!({"webhooks": hooks}).to_string();
        let args = ["patch", kind, name, "--type=strategic", "--field-manager=meshroute-webhook"];
        cluster.kubectl(&[&args[..], &["-p", &patch]].concat(), "").success();
    }
}

/// The bundles and the time-outs of all webhooks of a release.
fn webhooks(cluster: &ControlPlane, name: &str) -> Vec<(Value, Value)> {
    let mut found = Vec::new();
    for kind in ["validatingwebhookconfiguration", "mutatingwebhookconfiguration"] {
        let object = cluster.kubectl(&["get", kind, name, "-o", "json"], "").success();
        let object: Value = serde_json::from_str(&object).expect("it is JSON");
        let hooks = object["webhooks"].as_array().expect("a list").iter();
        found.extend(hooks.map(|hook| {
            (hook["clientConfig"]["caBundle"].clone(), hook["timeoutSeconds"].clone())
        }));
    }
    found
}

#[test]
fn releases_stand_side_by_side_and_leave_nothing() {
    let test = "releases_stand_side_by_side_and_leave_nothing";
    let (Some(chart), Some(cluster)) = (chart::open(test), control_plane::own(test)) else {
        return;
    };
    let path = chart::path();
    let releases = [("meshroute", "meshroute"), ("meshroute", "other"), ("blue", "other")];
    for (release, namespace) in releases {
        let place = ["-n", namespace, "--create-namespace"];
        let shown = helm(&chart, &cluster, &[&["install", release, &path], &place[..]].concat());
        assert!(shown.contains("STATUS: deployed"), "{shown}");
        // The way out is printed, and works.
        let line = shown.lines().map(str::trim).find(|line| line.starts_with("kubectl delete"));
        let command = line.and_then(|line| line.strip_prefix("kubectl ")).expect("a command");
        let words: Vec<&str> = command.split(' ').chain(["--dry-run=server"]).collect();
        assert_eq!(cluster.kubectl(&words, "").success().lines().count(), 2, "{command}");
    }
    let objects = left(&cluster, "app.kubernetes.io/part-of=meshroute");
    let rendered = chart.render(&json!({})).len();
    assert_eq!(objects.len(), rendered * releases.len(), "{objects:#?}");
    for (release, namespace) in releases {
        helm(&chart, &cluster, &["uninstall", release, "-n", namespace]);
    }
    assert_eq!(left(&cluster, "app.kubernetes.io/part-of=meshroute"), Vec::<String>::new());
    // What Helm remembers of a release goes with it.
    assert_eq!(left(&cluster, "owner=helm"), Vec::<String>::new());
}

#[test]
fn an_upgrade_keeps_the_bundles_that_the_webhook_has_written() {
    let test = "an_upgrade_keeps_the_bundles_that_the_webhook_has_written";
    let (Some(chart), Some(cluster)) = (chart::open(test), control_plane::own(test)) else {
        return;
    };
    let path = chart::path();
    let place = ["-n", "meshroute", "--create-namespace"];
    helm(&chart, &cluster, &[&["install", "meshroute", &path], &place[..]].concat());
    inject(&cluster, "meshroute");
    let filled = webhooks(&cluster, "meshroute");
    assert_eq!(filled, [(5), (3), (3)].map(|seconds| (json!(AUTHORITY), json!(seconds))));

    for (seconds, way) in [(7, "--server-side=true"), (8, "--server-side=false")] {
        let timeouts = format!(
            "webhook.validating.timeoutSeconds={seconds},webhook.mutating.timeoutSeconds={seconds}"
        );
        let args = ["upgrade", "meshroute", &path, "-n", "meshroute", "--set", &timeouts, way];
        helm(&chart, &cluster, &args);
        let found = webhooks(&cluster, "meshroute");
        assert_eq!(found, vec![(json!(AUTHORITY), json!(seconds)); 3], "{way}");
    }
    helm(&chart, &cluster, &["rollback", "meshroute", "1", "-n", "meshroute"]);
    assert_eq!(webhooks(&cluster, "meshroute"), filled);
}

#[test]
fn who_applies_the_chart_sees_no_difference_in_the_bundles() {
    let test = "who_applies_the_chart_sees_no_difference_in_the_bundles";
    let (Some(chart), Some(cluster)) = (chart::open(test), control_plane::shared(test)) else {
        return;
    };
    // As Argo CD and Flux do it, and as kubectl did before.
    for way in [&["--server-side", "--field-manager=argocd"][..], &[]] {
        let namespace = cluster.namespace();
        let name = format!("{RELEASE}.{namespace}");
        let text = |seconds: u32| {
            let values = json!({"webhook": {"mutating": {"timeoutSeconds": seconds}}});
            chart.template(RELEASE, &namespace, &values).success()
        };
        let run =
            |verb: &str, text: &str| cluster.kubectl(&[&[verb, "-f", "-"], way].concat(), text);
        run("apply", &text(3)).success();
        inject(cluster, &name);
        let diff = run("diff", &text(3));
        assert_eq!((diff.code, diff.stdout.as_str()), (0, ""), "{way:?}: {}", diff.stderr);
        run("apply", &text(4)).success();
        let seconds = [5, 4, 4];
        let expected = seconds.map(|seconds| (json!(AUTHORITY), json!(seconds)));
        assert_eq!(webhooks(cluster, &name), expected, "{way:?}");
        cluster.kubectl(&["delete", "-f", "-"], &text(4)).success();
    }
}
