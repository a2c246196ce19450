//! Reviews as an API server sends them.

/// A review of a route that nothing is wrong with, of about the size of a usual one.
pub(crate) fn good() -> String {
    review(r#"{"group": "", "kind": "Service", "name": "reviews"}"#)
}

/// A review of a route whose parent has lost its group.
pub(crate) fn bad() -> String {
    review(r#"{"kind": "Service", "name": "reviews"}"#)
}

fn review(parent: &str) -> String {
    let note = "a".repeat(1500);
    format!(
        r#"{{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {{
  "uid": "11111111-2222-3333-4444-555555555555",
  "kind": {{"group": "gateway.networking.k8s.io", "version": "v1", "kind": "HTTPRoute"}},
  "resource": {{"group": "gateway.networking.k8s.io", "version": "v1", "resource": "httproutes"}},
  "name": "reviews", "namespace": "shop", "operation": "CREATE",
  "userInfo": {{"username": "a"}}, "dryRun": false, "oldObject": null, "options": null,
  "object": {{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
    "metadata": {{"name": "reviews", "namespace": "shop", "annotations": {{"a.b/c": "{note}"}}}},
    "spec": {{"parentRefs": [{parent}],
      "rules": [{{"matches": [{{"path": {{"type": "PathPrefix", "value": "/"}}}}], "backendRefs": [
        {{"group": "", "kind": "Service", "name": "reviews-v1", "port": 9080, "weight": 90}},
        {{"group": "", "kind": "Service", "name": "reviews-v2", "port": 9080, "weight": 10}}]}}]}}}}}}}}"#
    )
}
