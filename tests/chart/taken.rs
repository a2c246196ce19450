//! A real API server takes what is rendered, under restricted Pod Security.

use meshroute_tests::shop::define;

use super::*;

/// Kinds of others that the chart may render objects of: any fields will do.
const OTHERS: &[(&str, &str, &str)] = &[
    ("cert-manager.io", "Certificate", "certificates"),
    ("cert-manager.io", "Issuer", "issuers"),
    ("monitoring.coreos.com", "ServiceMonitor", "servicemonitors"),
    ("monitoring.coreos.com", "PrometheusRule", "prometheusrules"),
];

#[test]
fn an_api_server_takes_every_combination_of_values() {
    let test = "an_api_server_takes_every_combination_of_values";
    let (Some(chart), Some(cluster)) = (chart::open(test), control_plane::shared(test)) else {
        return;
    };
    for (group, kind, plural) in OTHERS {
        define(cluster, group, "v1", kind, plural);
    }
    cluster.kubectl(&["create", "namespace", RELEASE], "").success();
    let restricted = "pod-security.kubernetes.io/enforce=restricted";
    cluster.kubectl(&["label", "namespace", RELEASE, restricted], "").success();
    let take = |text: &str| {
        cluster.kubectl(&["apply", "--dry-run=server", "--validate=strict", "-f", "-"], text)
    };
    for Rendered { name, text, objects, .. } in rendered(&chart) {
        // Of a Deployment Pod Security only warns, and of its pods there are none without controllers.
        let template = one(objects, "Deployment")["spec"]["template"].clone();
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "replica", "namespace": RELEASE}});
        merge(&mut pod, &template);
        let taken = take(&format!("{text}\n---\n{pod}"));
        assert_eq!(taken.code, 0, "{name}: {}", taken.stderr);
        assert!(!taken.stderr.contains("Warning"), "{name}: {}", taken.stderr);
        assert!(taken.stdout.contains("pod/replica created"), "{name}: {}", taken.stdout);
    }
    // The judge can say no.
    let values = json!({"hostNetwork": true});
    let refused = take(&one(&chart.render(&values), "Deployment").to_string());
    assert!(refused.stderr.contains("would violate PodSecurity"), "{}", refused.stderr);
}
