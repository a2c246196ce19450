//! What the webhook may do is a list.

use std::{collections::BTreeSet, time::Duration};

use meshroute_tests::{control_plane::ControlPlane, wait};

use super::*;

/// What is read, to know where requests go.
const READS: &[&str] = &[
    "get,list,watch httproutes.gateway.networking.k8s.io",
    "get,list,watch grpcroutes.gateway.networking.k8s.io",
    "get,list,watch referencegrants.gateway.networking.k8s.io",
    "get,list,watch gateways.gateway.networking.k8s.io",
    "get,list,watch services",
    "get,list,watch namespaces",
    "get,list,watch endpointslices.discovery.k8s.io",
    "get,list,watch virtualservices.networking.istio.io",
    "get,list,watch serviceprofiles.linkerd.io",
    "get,list,watch httproutes.policy.linkerd.io",
    "get customresourcedefinitions.apiextensions.k8s.io/httproutes.gateway.networking.k8s.io",
];

/// With an own authority, this as well: the bundle in both configurations.
const WRITES: &[&str] = &[
    "get,patch validatingwebhookconfigurations.admissionregistration.k8s.io/CONFIGURATION",
    "get,patch mutatingwebhookconfigurations.admissionregistration.k8s.io/CONFIGURATION",
];

/// And this, in the namespace of the release only.
const AT_HOME: &[&str] = &["get,update secrets/meshroute-webhook-ca", "create secrets"];

/// What the server says that somebody may do in a namespace, one verb, resource and name each.
fn rules(cluster: &ControlPlane, who: &str, namespace: &str) -> BTreeSet<String> {
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace}});
    let args = ["create", "--as", who, "--validate=false", "-f", "-", "-o", "json"];
    let answer = cluster.kubectl(&args, &review.to_string()).success();
    let status = serde_json::from_str::<Value>(&answer).expect("it is JSON")["status"].take();
    let texts = |value: &Value| -> Vec<String> {
        let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let mut found = BTreeSet::new();
    for rule in status["resourceRules"].as_array().expect("a list") {
        let names = texts(&rule["resourceNames"]);
        let names = if names.is_empty() { vec![String::new()] } else { names };
        for (verb, group) in pairs(&texts(&rule["verbs"]), &texts(&rule["apiGroups"])) {
            for (resource, name) in pairs(&texts(&rule["resources"]), &names) {
                found.insert(rule_of(verb, group, resource, name));
            }
        }
    }
    for rule in status["nonResourceRules"].as_array().into_iter().flatten() {
        for (verb, url) in pairs(&texts(&rule["verbs"]), &texts(&rule["nonResourceURLs"])) {
            found.insert(format!("{verb} {url}"));
        }
    }
    found
}

fn pairs<'a>(first: &'a [String], second: &'a [String]) -> Vec<(&'a str, &'a str)> {
    first.iter().flat_map(|one| second.iter().map(|two| (one.as_str(), two.as_str()))).collect()
}

fn rule_of(verb: &str, group: &str, resource: &str, name: &str) -> String {
    let group = if group.is_empty() { String::new() } else { format!(".{group}") };
    let name = if name.is_empty() { String::new() } else { format!("/{name}") };
    format!("{verb} {resource}{group}{name}")
}

/// One verb a line, with the name of the configurations.
fn expanded(lines: &[&[&str]], configuration: &str) -> BTreeSet<String> {
    let lines = lines.iter().copied().flatten();
    let expanded = lines.flat_map(|line| {
        let (verbs, what) = line.split_once(' ').expect("verbs and what they are for");
        let what = what.replace("CONFIGURATION", configuration);
        verbs.split(',').map(|verb| format!("{verb} {what}")).collect::<Vec<_>>()
    });
    expanded.collect()
}

#[test]
fn the_webhook_may_do_what_is_listed_and_nothing_else() {
    let test = "the_webhook_may_do_what_is_listed_and_nothing_else";
    let (Some(chart), Some(cluster)) = (chart::open(test), control_plane::shared(test)) else {
        return;
    };
    let elsewhere = cluster.namespace();
    let nobody = "system:serviceaccount:default:nobody";
    let existing = json!({"mode": "existingSecret",
        "existingSecret": {"name": "web", "caBundle": PEM}});
    for (values, writes, at_home) in [
        (json!({}), WRITES, AT_HOME),
        (json!({"tls": existing}), &[][..], &[][..]),
        (json!({"tls": {"mode": "certManager"}}), &[], &[]),
    ] {
        let namespace = cluster.namespace();
        let text = chart.template(RELEASE, &namespace, &values).success();
        for object in chart.objects(&text) {
            let kind = object["kind"].as_str().expect("an object has a kind");
            if kind.contains("Role") || kind == "ServiceAccount" {
                cluster.kubectl(&["apply", "-f", "-"], &object.to_string()).success();
            }
        }
        let configuration = format!("{RELEASE}.{namespace}");
        let who = format!("system:serviceaccount:{namespace}:meshroute-webhook");
        for (place, expected) in [
            (namespace.as_str(), expanded(&[READS, writes, at_home], &configuration)),
            (elsewhere.as_str(), expanded(&[READS, writes], &configuration)),
            ("kube-system", expanded(&[READS, writes], &configuration)),
        ] {
            // The server learns of roles a little later than of other objects.
            wait::until(Duration::from_secs(60), || {
                let common = rules(cluster, nobody, place);
                let all = rules(cluster, &who, place);
                let own: BTreeSet<String> = all.difference(&common).cloned().collect();
                if own == expected { Ok(()) } else { Err(format!("{own:#?}\n{expected:#?}")) }
            })
            .unwrap_or_else(|differs| panic!("{values} in {place}: {differs}"));
        }
    }
}

#[test]
fn without_a_cluster_the_webhook_may_do_nothing() {
    let Some(chart) = chart::open("without_a_cluster_the_webhook_may_do_nothing") else { return };
    let values = json!({"cluster": "none", "tls": {"mode": "certManager"},
        "rbac": {"people": false}});
    let objects = chart.render(&values);
    let kinds: BTreeSet<&str> = objects.iter().filter_map(|it| it["kind"].as_str()).collect();
    assert!(!kinds.iter().any(|kind| kind.contains("Role")), "{kinds:?}");
    let pod = &one(&objects, "Deployment")["spec"]["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
}
