//! The two configurations that make an API server ask us, and the certificates in them that it trusts us by.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Uri;
use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
};
use kube::{
    Api, Client, Error,
    api::{ApiResource, DynamicObject, Patch, PatchParams},
};
use serde_json::{Value, json};

/// Who owns the certificates in the configurations, and nothing else of them.
const MANAGER: &str = "meshroute-webhook";

/// A kind of configuration, in one cluster.
#[derive(Debug)]
pub(super) struct Configurations {
    resource: ApiResource,
    api: Api<DynamicObject>,
    name: String,
}

/// A configuration as it was read.
#[derive(Debug)]
pub(super) struct Configuration {
    uid: String,
    version: String,
    /// The webhooks that lead to us, and what they trust.
    hooks: Vec<(String, Option<String>)>,
}

impl Configurations {
    /// Both kinds, by the name of the objects.
    pub(super) fn both(client: &Client, name: &str) -> [Self; 2] {
        let validating = ApiResource::erase::<ValidatingWebhookConfiguration>(&());
        let mutating = ApiResource::erase::<MutatingWebhookConfiguration>(&());
        [validating, mutating].map(|resource| Self {
            api: Api::all_with(client.clone(), &resource),
            resource,
            name: name.to_owned(),
        })
    }

    /// The object for people.
    pub(super) fn place(&self) -> String {
        format!("{} {}", self.resource.kind, self.name)
    }

    /// Reads the object; none where there is none. Of its webhooks, those count that are reached by one of the names.
    ///
    /// # Errors
    ///
    /// Returns what the API server, or the way there, says.
    pub(super) async fn read(&self, names: &[String]) -> Result<Option<Configuration>, Error> {
        let Some(object) = self.api.get_opt(&self.name).await? else { return Ok(None) };
        let hooks = object.data["webhooks"].as_array().map(Vec::as_slice).unwrap_or_default();
        let hooks = hooks.iter().filter(|hook| leads_to(&hook["clientConfig"], names));
        let hooks = hooks.filter_map(|hook| {
            let bundle = hook["clientConfig"]["caBundle"].as_str().map(str::to_owned);
            Some((hook["name"].as_str()?.to_owned(), bundle))
        });
        let hooks = hooks.collect();
        let metadata = object.metadata;
        Ok(Some(Configuration {
            uid: metadata.uid.unwrap_or_default(),
            version: metadata.resource_version.unwrap_or_default(),
            hooks,
        }))
    }

    /// Writes the certificates, and nothing else, into the object as it was read.
    ///
    /// With its uid and version, a write that is too late fails: it does not put old certificates over new ones. It makes no
    /// object. And it is no apply, by which we would own each webhook as a whole: the server would refuse a chart that leaves
    /// one out.
    ///
    /// # Errors
    ///
    /// Returns what the API server, or the way there, says.
    pub(super) async fn write(&self, read: &Configuration, bundle: &str) -> Result<(), Error> {
        let bundle = STANDARD.encode(bundle);
        let hooks = read.hooks.iter();
        let hooks =
            hooks.map(|(name, _)| json!({"name": name, "clientConfig": {"caBundle": bundle}}));
        let patch = json!({
            "metadata": {"name": self.name, "uid": read.uid, "resourceVersion": read.version},
            "webhooks": hooks.collect::<Vec<_>>(),
        });
        let params =
            PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        self.api.patch(&self.name, &params, &Patch::Strategic(patch)).await.map(drop)
    }
}

impl Configuration {
    /// Whether any of its webhooks leads to us.
    pub(super) fn is_ours(&self) -> bool {
        !self.hooks.is_empty()
    }

    /// Whether all webhooks that lead to us trust exactly this.
    pub(super) fn has(&self, bundle: &str) -> bool {
        let bundle = STANDARD.encode(bundle);
        self.hooks.iter().all(|(_, there)| there.as_ref() == Some(&bundle))
    }
}

/// Whether an API server that follows these lines asks for one of our names.
fn leads_to(client: &Value, names: &[String]) -> bool {
    let service = &client["service"];
    let host =
        match (client["url"].as_str(), service["namespace"].as_str(), service["name"].as_str()) {
            (Some(url), _, _) => {
                url.parse::<Uri>().ok().and_then(|url| url.host().map(str::to_owned))
            }
            (None, Some(namespace), Some(name)) => Some(format!("{name}.{namespace}.svc")),
            (None, _, _) => None,
        };
    let host = host.map(|host| host.trim_matches(['[', ']']).to_owned());
    host.is_some_and(|host| names.contains(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_ours_if_it_is_reached_by_a_name_of_ours() {
        let names = ["localhost", "::1", "meshroute-webhook.a.svc"].map(str::to_owned);
        for (client, is_ours) in [
            (json!({"url": "https://localhost:9443/validate"}), true),
            (json!({"url": "https://[::1]:9443/validate"}), true),
            (json!({"url": "https://example.com/validate"}), false),
            (json!({"url": "\n"}), false),
            (json!({"service": {"name": "meshroute-webhook", "namespace": "a"}}), true),
            (json!({"service": {"name": "meshroute-webhook", "namespace": "b"}}), false),
            (json!({"service": {"name": "meshroute-webhook"}}), false),
            (json!({}), false),
            (Value::Null, false),
        ] {
            assert_eq!(leads_to(&client, &names), is_ours, "{client}");
        }
    }
}
