//! The chart as the real Helm renders it, and webhooks that are registered with what it renders.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    generated::root,
    program::Outcome,
    supervised::Folder,
    tools::{self, Tool},
};

/// The name of the release, and of its namespace, where a test does not care.
pub const RELEASE: &str = "meshroute";

/// The chart, and the programs that read it.
#[derive(Debug)]
pub struct Chart {
    helm: PathBuf,
    kubectl: PathBuf,
    /// Helm's home: nothing of the home of who runs the tests is read or written.
    folder: Folder,
}

/// Returns the chart, or says that the test is skipped, as there is no Helm.
#[must_use]
pub fn open(test: &str) -> Option<Chart> {
    tools::skip_unless(test, Chart::find())
}

impl Chart {
    /// Finds the programs that read the chart.
    ///
    /// # Errors
    ///
    /// Returns which one is missing, and what would bring it.
    ///
    /// # Panics
    ///
    /// Panics if there is nowhere to put Helm's home.
    pub fn find() -> Result<Self, String> {
        let (helm, kubectl) = (Tool::Helm.find()?, Tool::Kubectl.find()?);
        Ok(Self { helm, kubectl, folder: Folder::new().expect("a folder for temporary files") })
    }

    /// Renders the objects of a release of these values.
    ///
    /// # Panics
    ///
    /// Panics if Helm refuses the values.
    #[must_use]
    pub fn render(&self, values: &Value) -> Vec<Value> {
        self.objects(&self.template(RELEASE, RELEASE, values).success())
    }

    /// Has Helm render a release in a namespace, as text.
    #[must_use]
    pub fn template(&self, release: &str, namespace: &str, values: &Value) -> Outcome {
        let args = ["template", release, &path(), "--namespace", namespace, "--values", "-"];
        self.helm(None, &args, &values.to_string())
    }

    /// Runs Helm; with a kubeconfig, on the cluster that it names.
    #[must_use]
    pub fn helm(&self, kubeconfig: Option<&Path>, args: &[&str], stdin: &str) -> Outcome {
        let mut command = Command::new(&self.helm);
        command.args(args).env("KUBECONFIG", kubeconfig.unwrap_or_else(|| Path::new("/dev/null")));
        self.ended(&mut command, stdin)
    }

    /// Reads manifests as kubectl does, without a server.
    ///
    /// # Panics
    ///
    /// Panics if they are none.
    #[must_use]
    pub fn objects(&self, manifests: &str) -> Vec<Value> {
        let mut command = Command::new(&self.kubectl);
        // A patch that changes nothing: no other command reads kinds that it does not know.
        command.args(["patch", "--local", "-f", "-", "--type=merge", "-p", "{}", "-o", "json"]);
        command.env("KUBECONFIG", "/dev/null");
        let stdout = self.ended(&mut command, manifests).success();
        let objects = serde_json::Deserializer::from_str(&stdout).into_iter();
        objects.collect::<Result<_, _>>().expect("kubectl prints JSON")
    }

    fn ended(&self, command: &mut Command, stdin: &str) -> Outcome {
        let home = self.folder.path();
        let mut child = command
            .env("HELM_CACHE_HOME", home.join("cache"))
            .env("HELM_CONFIG_HOME", home.join("config"))
            .env("HELM_DATA_HOME", home.join("data"))
            .env("KUBECACHEDIR", home.join("kubectl"))
            .env("KUBERC", "off")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was found");
        let mut pipe = child.stdin.take().expect("it is a pipe");
        let output = thread::scope(|scope| {
            // A command that refuses its arguments reads nothing.
            scope.spawn(move || drop(pipe.write_all(stdin.as_bytes())));
            child.wait_with_output().expect("it ends")
        });
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Outcome {
            code: output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// Returns the folder of the chart.
#[must_use]
pub fn path() -> String {
    root().join("charts/meshroute").to_string_lossy().into_owned()
}

/// Returns the objects of a kind, in the order in which they were rendered.
#[must_use]
pub fn of_kind(objects: &[Value], kind: &str) -> Vec<Value> {
    objects.iter().filter(|object| object["kind"] == kind).cloned().collect()
}

/// Returns both configurations of webhooks, pointed at a webhook that is no Service but listens here,
/// with a certificate of this authority. Nothing else of them is changed.
///
/// # Panics
///
/// Panics if there are none.
#[must_use]
pub fn configurations_at(objects: &[Value], address: &str, authority: &str) -> Vec<Value> {
    let mut configurations = of_kind(objects, "ValidatingWebhookConfiguration");
    configurations.extend(of_kind(objects, "MutatingWebhookConfiguration"));
    assert!(!configurations.is_empty(), "the chart renders no webhooks");
    for configuration in &mut configurations {
        let webhooks = configuration["webhooks"].as_array_mut().expect("a list of webhooks");
        for webhook in webhooks {
            let path = webhook["clientConfig"]["service"]["path"].as_str().expect("a path");
            let url = format!("https://{address}{path}");
            webhook["clientConfig"] = json!({"url": url, "caBundle": STANDARD.encode(authority)});
        }
    }
    configurations
}
