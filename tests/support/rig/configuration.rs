//! How the API server is told of the webhook.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::SERVICE;

/// The name of the validating webhook.
pub const VALIDATE: &str = "validate.meshroute.dev";

/// The name of the mutating webhook.
pub const MUTATE: &str = "mutate.meshroute.dev";

/// The name of both configurations.
const NAME: &str = "meshroute";

/// The condition that sends routes for Services, and near misses, and no others.
const MEANT_FOR_SERVICES: &str = "[object, oldObject].exists(o, o != null \
    && o.?spec.?parentRefs.orValue([]).exists(p, \
    p.?group.orValue('gateway.networking.k8s.io') in ['', 'core'] \
    || p.?kind.orValue('Gateway').lowerAscii() in ['service', 'services', 'svc', 'serviceimport']))";

/// The condition that sends routes whose weights are meant as percentages.
const OPTED_IN: &str =
    "object.metadata.?annotations['meshroute.dev/weights'].orValue('') == 'percent'";

/// The path of a configuration.
pub(super) fn path(plural: &str) -> String {
    format!("/apis/admissionregistration.k8s.io/v1/{plural}/{NAME}")
}

/// Both configurations with the plurals of their kinds, for a Service in this namespace.
pub(super) fn of(
    namespace: &str,
    failure_policy: &str,
    authorities: &str,
) -> [(&'static str, Value); 2] {
    let hook = |name: &str, path: &str, conditions: Value| {
        json!({"name": name, "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "failurePolicy": failure_policy, "matchPolicy": "Equivalent", "timeoutSeconds": 5,
            "matchConditions": conditions,
            "rules": [{"apiGroups": ["gateway.networking.k8s.io"], "apiVersions": ["v1"],
                       "resources": ["httproutes", "grpcroutes"],
                       "operations": ["CREATE", "UPDATE"], "scope": "Namespaced"}],
            "clientConfig": {"caBundle": STANDARD.encode(authorities),
                "service": {"namespace": namespace, "name": SERVICE, "path": path, "port": 443}}})
    };
    let object = |kind: &str, hook: Value| {
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind,
            "metadata": {"name": NAME}, "webhooks": [hook]})
    };
    let meant = json!({"name": "services", "expression": MEANT_FOR_SERVICES});
    let opted_in = json!({"name": "opted-in", "expression": OPTED_IN});
    let mut mutate = hook(MUTATE, "/mutate", json!([meant, opted_in]));
    mutate["reinvocationPolicy"] = "IfNeeded".into();
    let validate = hook(VALIDATE, "/validate", json!([meant]));
    [
        ("mutatingwebhookconfigurations", object("MutatingWebhookConfiguration", mutate)),
        ("validatingwebhookconfigurations", object("ValidatingWebhookConfiguration", validate)),
    ]
}
