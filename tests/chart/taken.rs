//! A real API server takes what is rendered, under restricted Pod Security.

use super::*;

/// Kinds of others that the chart may render objects of: any fields will do.
const OTHERS: &[(&str, &str, &str)] = &[
    ("cert-manager.io", "certificates", "Certificate"),
    ("cert-manager.io", "issuers", "Issuer"),
    ("monitoring.coreos.com", "servicemonitors", "ServiceMonitor"),
    ("monitoring.coreos.com", "prometheusrules", "PrometheusRule"),
];

fn install_others(cluster: &control_plane::ControlPlane) {
    let definitions: Vec<String> = OTHERS
        .iter()
        .map(|(group, plural, kind)| {
            let any = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
            json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": format!("{plural}.{group}")},
                "spec": {"group": group, "scope": "Namespaced",
                    "names": {"plural": plural, "kind": kind, "singular": kind.to_lowercase()},
                    "versions": [{"name": "v1", "served": true, "storage": true,
                        "schema": {"openAPIV3Schema": any}}]}})
            .to_string()
        })
        .collect();
    cluster.kubectl(&["apply", "-f", "-"], &definitions.join("\n---\n")).success();
    let established = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"];
    cluster.kubectl(&established, "").success();
}

#[test]
fn an_api_server_takes_every_combination_of_values() {
    let test = "an_api_server_takes_every_combination_of_values";
    let (Some(chart), Some(cluster)) = (chart::open(test), control_plane::shared(test)) else {
        return;
    };
    install_others(cluster);
    let namespace = cluster.namespace();
    let restricted = "pod-security.kubernetes.io/enforce=restricted";
    cluster.kubectl(&["label", "namespace", &namespace, restricted], "").success();
    let take = |text: &str| {
        cluster.kubectl(&["apply", "--dry-run=server", "--validate=strict", "-f", "-"], text)
    };
    for (name, values) in combinations() {
        let text = chart.template(RELEASE, &namespace, &values).success();
        // Of a Deployment Pod Security only warns, and of its pods there are none without controllers.
        let template = one(&chart.objects(&text), "Deployment")["spec"]["template"].clone();
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "replica", "namespace": namespace}});
        merge(&mut pod, &template);
        let taken = take(&format!("{text}\n---\n{pod}"));
        assert_eq!(taken.code, 0, "{name}: {}", taken.stderr);
        assert!(!taken.stderr.contains("Warning"), "{name}: {}", taken.stderr);
        assert!(taken.stdout.contains("pod/replica created"), "{name}: {}", taken.stdout);
    }
    // The judge can say no.
    let values = json!({"hostNetwork": true});
    let objects = chart.objects(&chart.template(RELEASE, &namespace, &values).success());
    let refused = take(&one(&objects, "Deployment").to_string());
    assert!(refused.stderr.contains("would violate PodSecurity"), "{}", refused.stderr);
}
