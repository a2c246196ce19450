//! Many routes: what a large company has in one cluster.

use std::fmt::Write as _;

/// How many Services there are.
pub const SERVICES: usize = 5_000;
/// How many routes there are.
pub const ROUTES: usize = 10_000;
/// How many namespaces they are in, from `ns-0` on.
pub const NAMESPACES: usize = 50;

/// Returns Services and routes as a large company has them: two routes a Service, each with a canary
/// rule and a default.
///
/// # Panics
///
/// Never: a String takes everything.
#[must_use]
pub fn manifests() -> String {
    let mut text = String::new();
    for index in 0..SERVICES {
        let namespace = index % NAMESPACES;
        write!(
            text,
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: svc-{index}\n  namespace: ns-{namespace}\nspec:\n  \
             selector:\n    app: svc-{index}\n  ports:\n    - name: http\n      port: 80\n      targetPort: 8080\n---\n"
        )
        .expect("a String takes everything");
    }
    for index in 0..ROUTES {
        let service = index % SERVICES;
        let (namespace, other) = (service % NAMESPACES, (service + NAMESPACES) % SERVICES);
        write!(
            text,
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: route-{index}\n  \
             namespace: ns-{namespace}\n  labels:\n    app.kubernetes.io/name: route-{index}\nspec:\n  parentRefs:\n    \
             - group: \"\"\n      kind: Service\n      name: svc-{service}\n      port: 80\n  rules:\n    \
             - name: canary\n      matches:\n        - path:\n            type: PathPrefix\n            value: /api/v{}\n          \
             headers:\n            - name: x-canary\n              value: \"{}\"\n      backendRefs:\n        \
             - name: svc-{service}\n          port: 80\n          weight: 90\n        - name: svc-{other}\n          \
             port: 80\n          weight: 10\n      timeouts:\n        request: 10s\n    - matches:\n        - path:\n            \
             type: PathPrefix\n            value: /\n      backendRefs:\n        - name: svc-{service}\n          port: 80\n---\n",
            index % 7,
            index % 3,
        )
        .expect("a String takes everything");
    }
    text
}

/// How many Services [`sharing`] has.
pub const SHARING: usize = 3_000;

/// Returns Services with a route each that all give a part of their requests to the same backend, as
/// to a service that everybody calls.
///
/// # Panics
///
/// Never: a String takes everything.
#[must_use]
pub fn sharing(weight: u32) -> String {
    let mut text = String::from(
        "apiVersion: v1\nkind: Service\nmetadata: {name: shared, namespace: platform}\nspec: {ports: [{port: 80}]}\n---\n",
    );
    for index in 0..SHARING {
        let namespace = index % NAMESPACES;
        write!(
            text,
            "apiVersion: v1\nkind: Service\nmetadata: {{name: svc-{index}, namespace: ns-{namespace}}}\nspec: \
             {{ports: [{{port: 80}}]}}\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: \
             {{name: route-{index}, namespace: ns-{namespace}}}\nspec:\n  parentRefs: [{{group: '', kind: Service, \
             name: svc-{index}}}]\n  rules:\n  - backendRefs:\n    - {{name: svc-{index}, port: 80, weight: 90}}\n    \
             - {{name: shared, namespace: platform, port: 80, weight: {weight}}}\n---\n",
        )
        .expect("a String takes everything");
    }
    text
}
