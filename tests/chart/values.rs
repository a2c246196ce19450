//! What is rendered of which values, and which values are refused.

use std::{fs, path::Path};

use super::*;

#[test]
fn the_same_values_render_the_same_bytes() {
    let Some(chart) = chart::open("the_same_values_render_the_same_bytes") else { return };
    for Rendered { name, values, text, .. } in rendered(&chart) {
        assert_eq!(&chart.template(RELEASE, RELEASE, values).success(), text, "{name}");
    }
}

/// What would make a rendering depend on a cluster, on chance or on the time, or run beside the webhook.
#[test]
fn nothing_is_rendered_that_changes_by_itself() {
    let Some(chart) = chart::open("nothing_is_rendered_that_changes_by_itself") else { return };
    let folder = Path::new(&chart::path()).join("templates");
    for entry in fs::read_dir(folder).expect("the chart has templates") {
        let path = entry.expect("a folder can be listed").path();
        let text = fs::read_to_string(&path).expect("a template can be read");
        for word in [
            "lookup",
            "genCA",
            "genSelfSigned",
            "genSigned",
            "genPrivateKey",
            "derivePassword",
            "rand",
            "uuidv4",
            "now",
            "date",
            "htpasswd",
            "getHostByName",
        ] {
            let mut actions = text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
            let has_word = |action: &str| {
                !action.trim_start_matches(['-', ' ']).starts_with("/*")
                    && action.split(|c: char| !c.is_alphanumeric()).any(|it| it.starts_with(word))
            };
            assert!(!actions.any(has_word), "{word} in {}", path.display());
        }
    }
    let never = ["Job", "CronJob", "Namespace", "CustomResourceDefinition", "Pod"];
    for Rendered { name, objects, .. } in rendered(&chart) {
        for object in objects {
            assert!(!object.to_string().contains("helm.sh/hook"), "{name}: {object}");
            let kind = object["kind"].as_str().expect("an object has a kind");
            assert!(!never.contains(&kind), "{name}: {object}");
            let keys: Vec<&String> = object.as_object().expect("an object").keys().collect();
            let is_empty = keys == ["apiVersion", "kind", "metadata", "type"];
            assert!(kind != "Secret" || is_empty, "{name}: {object}");
        }
    }
}

#[test]
fn wrong_values_are_refused_by_name() {
    let Some(chart) = chart::open("wrong_values_are_refused_by_name") else { return };
    for (values, words) in [
        (json!({"replicas": 2}), "'replicas'"),
        (json!({"webhook": {"validating": {"failure_policy": "Fail"}}}), "'failure_policy'"),
        (json!({"webhook": {"validating": {"failurePolicy": "fail"}}}), "/failurePolicy'"),
        (json!({"webhook": {"mutating": {"failurePolicy": "Fail"}}}), "'failurePolicy'"),
        (json!({"webhook": {"port": 443}}), "'/webhook/port'"),
        (json!({"webhook": null}), "'webhook'"),
        (json!({"replicaCount": "2"}), "'/replicaCount'"),
        (json!({"enforce": "denny"}), "'/enforce'"),
        (json!({"mesh": ["envoy"]}), "'/mesh/0'"),
        (json!({"mesh": ["kuma", "kuma"]}), "'/mesh'"),
        (json!({"levels": {"MR52": "off"}}), "MR52"),
        (json!({"levels": {"MR052": "warn"}}), "'/levels/MR052'"),
        (json!({"tls": {"mode": "manual"}}), "'/tls/mode'"),
        (json!({"tls": {"minVersion": 1.3}}), "'/tls/minVersion'"),
        (
            json!({"tls": {"existingSecret": {"caBundle": "MIIB"}}}),
            "'/tls/existingSecret/caBundle'",
        ),
        (json!({"image": {"digest": "abc"}}), "'/image/digest'"),
        (json!({"mutation": {"scope": "some"}}), "'/mutation/scope'"),
        (json!({"shutdown": {"delaySeconds": 121}}), "'/shutdown/delaySeconds'"),
        (json!({"fullnameOverride": "a.b"}), "'/fullnameOverride'"),
        // Fine by themselves, and not together.
        (
            json!({"replicaCount": 1, "webhook": {"validating": {"failurePolicy": "Fail"}}}),
            "failurePolicy Fail needs replicaCount 2 or more",
        ),
        (json!({"tls": {"mode": "existingSecret"}}), "needs tls.existingSecret.name"),
        (
            json!({"tls": {"mode": "existingSecret", "existingSecret": {"name": "a"}}}),
            "needs tls.existingSecret.caBundle",
        ),
        (json!({"tls": {"existingSecret": {"name": "a"}}}), "set tls.mode existingSecret"),
        (json!({"tls": {"clientCA": {"names": ["a"]}}}), "needs tls.clientCA.configMap"),
        (json!({"cluster": "none"}), "cluster none needs tls.mode"),
        (json!({"webhook": {"adminPort": 9443}}), "both 9443"),
    ] {
        let outcome = chart.template(RELEASE, RELEASE, &values);
        assert_ne!(outcome.code, 0, "{values}");
        assert!(outcome.stderr.contains(words), "{values}: {}", outcome.stderr);
    }
    let outcome = chart.template(RELEASE, "kube-system", &json!({}));
    assert!(outcome.stderr.contains("does not go into kube-system"), "{}", outcome.stderr);
    let outcome = chart.template("a.b", "a", &json!({}));
    assert!(outcome.stderr.contains("set fullnameOverride"), "{}", outcome.stderr);
    let outcome = chart.template("a.b", "a", &json!({"fullnameOverride": "a-b"}));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
}

#[test]
fn helm_finds_nothing_to_say_of_the_chart() {
    let Some(chart) = chart::open("helm_finds_nothing_to_say_of_the_chart") else { return };
    let lint = ["lint", &chart::path(), "--strict", "--quiet"];
    let outcome = chart.helm(None, &lint, "");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""), "{}", outcome.stderr);
}

#[test]
fn the_preset_spreads_over_nodes_and_stops_nobody() {
    let Some(chart) = chart::open("the_preset_spreads_over_nodes_and_stops_nobody") else { return };
    let preset = format!("{}/values-ha.yaml", chart::path());
    let args = ["template", RELEASE, &chart::path(), "-n", RELEASE, "-f", &preset];
    let objects = chart.objects(&chart.helm(None, &args, "").success());
    let deployment = one(&objects, "Deployment");
    assert_eq!(deployment["spec"]["replicas"], 3);
    let affinity = &deployment["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"];
    let required = &affinity["requiredDuringSchedulingIgnoredDuringExecution"][0];
    assert_eq!(required["topologyKey"], "kubernetes.io/hostname");
    assert_eq!(required["labelSelector"], deployment["spec"]["selector"]);
    let webhook = &one(&objects, "ValidatingWebhookConfiguration")["webhooks"][0];
    assert_eq!(webhook["failurePolicy"], "Ignore");
    assert_eq!(one(&objects, "PodDisruptionBudget")["spec"]["maxUnavailable"], 1);
}
