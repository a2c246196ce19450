//! Credential plugins: programs that print who we are, `client.authentication.k8s.io`.

use std::{
    io::{self, IsTerminal},
    path::Path,
    process::{Command, Stdio},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    kubeconfig::{Exec, Variable},
    trouble::{Trouble, one_line},
};
use crate::{args::Secret, yaml};

const GROUP: &str = "client.authentication.k8s.io";

/// A plugin that can be run.
#[derive(Debug, Clone)]
pub(super) struct Plugin {
    /// The user that it stands for, for messages.
    pub(super) user: String,
    /// How to run it; a command with a `/` is a path from the working folder.
    pub(super) exec: Exec,
    /// What it is told of the cluster, if it is to be told.
    pub(super) cluster: Option<Cluster>,
}

/// What a plugin is told of the cluster.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Cluster {
    pub(super) server: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tls_server_name: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) insecure_skip_tls_verify: bool,
    /// In base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) certificate_authority_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) proxy_url: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) disable_compression: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) config: Option<Value>,
}

/// What a plugin has printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Printed {
    /// A bearer token.
    pub(super) token: Option<Secret>,
    /// A client certificate and its key, both in PEM.
    pub(super) identity: Option<(String, Secret)>,
    /// When these are no longer good.
    pub(super) expires: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Credential {
    api_version: String,
    kind: String,
    status: Option<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<Timestamp>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

impl Plugin {
    /// Runs the plugin. What it says on stderr, such as where to log in, is seen at once.
    pub(super) fn run(&self) -> Result<Printed, Trouble> {
        let Exec { api_version, command, args, env, .. } = &self.exec;
        let version = api_version.strip_prefix(GROUP).and_then(|it| it.strip_prefix('/'));
        if !matches!(version, Some("v1" | "v1beta1")) {
            return Err(self.trouble(format!(
                "speaks {api_version:?}, and only {GROUP}/v1 and v1beta1 are known; a newer version of the plugin may help"
            )));
        }
        let interactive = self.is_interactive()?;
        let mut spec = serde_json::json!({"interactive": interactive});
        if let Some(cluster) = &self.cluster {
            spec["cluster"] = serde_json::to_value(cluster).unwrap_or_default();
        }
        let info =
            serde_json::json!({"kind": "ExecCredential", "apiVersion": api_version, "spec": spec});
        let mut program = Command::new(command);
        program.args(args.iter().flatten());
        for Variable { name, value } in env.iter().flatten() {
            program.env(name, value);
        }
        let stdin = if interactive { Stdio::inherit() } else { Stdio::null() };
        program.env("KUBERNETES_EXEC_INFO", info.to_string()).stdin(stdin).stderr(Stdio::inherit());
        let output = program.output().map_err(|error| self.not_started(&error))?;
        if !output.status.success() {
            return Err(
                self.trouble(format!("failed with {}; what it says is above", output.status))
            );
        }
        self.read(&output.stdout)
    }

    /// Whether the plugin may ask questions.
    fn is_interactive(&self) -> Result<bool, Trouble> {
        let terminal = io::stdin().is_terminal();
        match self.exec.interactive_mode.as_deref() {
            Some("Never") => Ok(false),
            Some("Always") if terminal => Ok(true),
            Some("Always") => {
                Err(self.trouble("asks questions, and stdin is no terminal".to_owned()))
            }
            // v1 wants the mode to be written; what is missing is what v1beta1 takes.
            Some("IfAvailable") | None => Ok(terminal),
            Some(other) => Err(self.trouble(format!(
                "has the interactiveMode {other:?}; it is Never, IfAvailable or Always"
            ))),
        }
    }

    fn read(&self, stdout: &[u8]) -> Result<Printed, Trouble> {
        let rubbish = |what: &str| {
            self.trouble(format!("printed no credentials: {what}; run it by hand to see"))
        };
        // Written as JSON by most, and read by client-go as YAML as well.
        let credential = match serde_json::from_slice(stdout) {
            Ok(credential) => Ok(credential),
            Err(error) => match yaml::documents(stdout).into_iter().next() {
                Some(Ok(document)) => {
                    Value::deserialize(&document.root).map_err(|error| error.to_string()).and_then(
                        |value| Credential::deserialize(value).map_err(|error| error.to_string()),
                    )
                }
                None => Err("it printed nothing".to_owned()),
                Some(Err(_)) => Err(error.to_string()),
            },
        };
        let credential = credential.map_err(|what: String| rubbish(&what))?;
        if credential.kind != "ExecCredential" {
            return Err(rubbish("it is no ExecCredential"));
        }
        if credential.api_version != self.exec.api_version {
            return Err(rubbish(&format!(
                "it speaks {:?}, and the kubeconfig asks for {:?}",
                credential.api_version, self.exec.api_version
            )));
        }
        let Some(status) = credential.status else { return Err(rubbish("there is no status")) };
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let token = filled(status.token);
        let identity =
            match (filled(status.client_certificate_data), filled(status.client_key_data)) {
                (Some(certificate), Some(key)) => Some((certificate, key.into())),
                (None, None) => None,
                _ => return Err(rubbish("there is a client certificate or a key, not both")),
            };
        if token.is_none() && identity.is_none() {
            return Err(rubbish("there is no token and no client certificate"));
        }
        let token = token.map(|token| token.trim().into());
        Ok(Printed { token, identity, expires: status.expiration_timestamp })
    }

    fn not_started(&self, error: &io::Error) -> Trouble {
        let hint = self.exec.install_hint.as_deref().map(one_line).unwrap_or_default();
        let what = match error.kind() {
            io::ErrorKind::NotFound if Path::new(&self.exec.command).components().count() > 1 => {
                "is not there".to_owned()
            }
            io::ErrorKind::NotFound => "is not on the PATH".to_owned(),
            _ => format!("cannot be started: {error}"),
        };
        match hint.as_str() {
            "" => self.trouble(format!(
                "{what}; install it, or name another user with --user or --token"
            )),
            hint => self.trouble(format!("{what}: {hint}")),
        }
    }

    fn trouble(&self, what: String) -> Trouble {
        let Self { user, exec, .. } = self;
        Trouble::Credentials(format!(
            "{user} gets its credentials from the plugin {}, which {what}",
            one_line(&exec.command)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin() -> Plugin {
        let exec =
            Exec { api_version: format!("{GROUP}/v1"), command: "p".into(), ..Exec::default() };
        Plugin { user: "user a".into(), exec, cluster: None }
    }

    fn read(text: &str) -> Result<Printed, String> {
        plugin().read(text.as_bytes()).map_err(|trouble| trouble.message().to_owned())
    }

    #[test]
    fn what_is_printed_is_json_or_yaml() {
        let json = r#"{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
            "status": {"token": "t", "expirationTimestamp": "2030-01-02T03:04:05Z"}}"#;
        let printed = read(json).expect("credentials");
        assert_eq!(printed.token, Some("t".into()));
        assert_eq!(printed.expires, "2030-01-02T03:04:05Z".parse().ok());
        let yaml =
            "kind: ExecCredential\napiVersion: client.authentication.k8s.io/v1\nstatus: {token: t}";
        assert_eq!(read(yaml).map(|it| it.token), Ok(Some("t".into())));
    }

    #[test]
    fn rubbish_is_refused() {
        let with = |status: &str| {
            let text = format!(
                "{{\"kind\": \"ExecCredential\", \"apiVersion\": \"{GROUP}/v1\", \"status\": {status}}}"
            );
            read(&text).expect_err("no credentials")
        };
        assert!(with("null").contains("there is no status"));
        assert!(with("{}").contains("there is no token and no client certificate"));
        assert!(with(r#"{"clientKeyData": "a"}"#).contains("not both"));
        assert!(read("").expect_err("nothing").contains("it printed nothing"));
        assert!(read("kind: Service").expect_err("no").contains("it is no ExecCredential"));
        let other = "kind: ExecCredential\napiVersion: client.authentication.k8s.io/v1beta1";
        assert!(read(other).expect_err("no").contains("the kubeconfig asks for"));
    }

    #[test]
    fn an_old_version_is_refused_before_the_plugin_runs() {
        let mut plugin = plugin();
        plugin.exec.api_version = format!("{GROUP}/v1alpha1");
        assert!(plugin.run().is_err_and(|trouble| trouble.message().contains("v1alpha1")));
    }
}
