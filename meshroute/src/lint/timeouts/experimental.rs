//! MR096: a field that the definitions do not have.

use crate::{
    lint::{Channel, Check, Findings, Level, Lint, Need, Subject, Version},
    name::RouteKind,
    path::FieldPath,
    route::FilterKind,
};

pub(in crate::lint) static MR096: Lint = Lint {
    code: "MR096",
    name: "experimental-field-on-standard",
    level: Level::Error,
    needs: &[Need::Text, Need::Channel],
    summary: "a field of the experimental channel, which the standard channel drops or refuses",
    docs: r#"
The definitions of the standard channel lack the field: the API server drops it, and kubectl complains.
In Gateway API 1.7 `retry` is standard.

Install the experimental channel and say `--channel experimental`, or take the field out.

Gateway API, "Versioning", release channels.
"#,
    bad: r#"
# lint: --channel standard
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - sessionPersistence: {type: Cookie} # MR096
    backendRefs: [{name: web, port: 80}]
"#,
    good: r#"
# lint: --channel standard --gateway-api 1.7
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: web}
  rules:
  - retry: {attempts: 2}
    backendRefs: [{name: web, port: 80}]
"#,
    check: Check::Once(check),
    ..Lint::DEFAULT
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    // What is about to be stored has lost it already, and Linkerd's own routes are another API.
    if subject.settings.admission || subject.route.id.kind == RouteKind::LinkerdHttp {
        return;
    }
    let mut say = |path: FieldPath, field: &str, verb: &str| {
        let api = subject.api();
        let is_settled = field == "retry" && api.version >= Version::V1_7;
        if is_settled || api.channel == Channel::Experimental {
            return;
        }
        let message = format!("the standard channel {verb} {field}: use the experimental one");
        let found = findings.push(path, field, message);
        if !api.is_told {
            found.at_most(Level::Warning);
        }
    };
    if subject.route.has_default_gateways {
        say(at!["spec", "useDefaultGateways"], "useDefaultGateways", "drops");
    }
    for (index, rule) in subject.rules() {
        if rule.retry.is_some() {
            say(at!["spec", "rules", index, "retry"], "retry", "drops");
        }
        if rule.has_session_persistence {
            say(at!["spec", "rules", index, "sessionPersistence"], "sessionPersistence", "drops");
        }
    }
    for listed in subject.filters() {
        if listed.filter.kind() == FilterKind::ExternalAuth {
            say(listed.part(&["type"]), "ExternalAuth", "refuses");
        }
    }
}
