//! A release of the chart, without its Pods: what is tested is what it installs.

use serde_json::{Value, json};

use crate::chart::{self, Chart, RELEASE};

/// The name of the validating webhook.
pub const VALIDATE: &str = "validate.meshroute.dev";

/// The name of the mutating webhook.
pub const MUTATE: &str = "mutate.meshroute.dev";

/// The Service of the webhook, and its account.
pub const SERVICE: &str = "meshroute-webhook";

/// The kinds of the configurations in paths, and the name of both.
pub(super) const CONFIGURATIONS: [&str; 2] = [
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/meshroute",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/meshroute",
];

/// How the chart is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode<'a> {
    /// As by default: with an authority of its own, and reading the cluster.
    Default,
    /// With certificates in a Secret, signed by these authorities in PEM, and without a cluster.
    Files(&'a str),
}

/// What the chart renders.
#[derive(Clone, Debug)]
pub(super) struct Release(Vec<Value>);

impl Release {
    /// Has Helm render it.
    pub(super) fn render(chart: &Chart, mode: Mode<'_>, failure_policy: &str) -> Self {
        let mut values = json!({"webhook": {"validating": {"failurePolicy": failure_policy}}});
        if let Mode::Files(authorities) = mode {
            values["cluster"] = json!("none");
            values["tls"] = json!({"mode": "existingSecret",
                "existingSecret": {"name": "web", "caBundle": authorities}});
        }
        Self(chart.render(&values))
    }

    /// Everything but what takes controllers: Pods, and what is about them.
    pub(super) fn surroundings(&self) -> Vec<Value> {
        let kinds = [
            "ServiceAccount",
            "Service",
            "ClusterRole",
            "ClusterRoleBinding",
            "Role",
            "RoleBinding",
        ];
        kinds.iter().flat_map(|kind| chart::of_kind(&self.0, kind)).collect()
    }

    /// The configurations, in the order of their paths.
    pub(super) fn configurations(&self) -> [Value; 2] {
        ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"].map(|kind| {
            let mut found = chart::of_kind(&self.0, kind);
            assert_eq!((found.len(), &found[0]["metadata"]["name"]), (1, &json!(RELEASE)));
            found.remove(0)
        })
    }

    /// The arguments of the program, each a flag and its value.
    pub(super) fn args(&self) -> Vec<(String, String)> {
        let deployment = chart::of_kind(&self.0, "Deployment").remove(0);
        let args = &deployment["spec"]["template"]["spec"]["containers"][0]["args"];
        let args = args.as_array().expect("the program has arguments").iter();
        let pair = |arg: &Value| {
            let (flag, value) = arg.as_str()?.split_once('=')?;
            Some((flag.to_owned(), value.to_owned()))
        };
        args.map(|arg| pair(arg).expect("a flag and its value")).collect()
    }
}
