//! Somebody who asks an API server, by kubectl or with a kubeconfig.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde_json::json;

use super::CERTIFICATES;
use crate::program::Outcome;

/// Somebody who asks the API server.
#[derive(Clone, Debug)]
pub struct User {
    name: String,
    kubectl: PathBuf,
    folder: PathBuf,
    server: u16,
    kubeconfig: PathBuf,
}

impl User {
    /// Writes the kubeconfig of a user into the folder of the server at this port.
    pub(super) fn new(kubectl: &Path, folder: &Path, server: u16, name: &str, token: &str) -> Self {
        let kubeconfig = folder.join(format!("{name}.kubeconfig"));
        let content = json!({"apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": format!("https://127.0.0.1:{server}"),
                "certificate-authority": folder.join(CERTIFICATES).join("apiserver.crt")}}],
            "users": [{"name": name, "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": name}}]});
        fs::write(&kubeconfig, content.to_string()).expect("a folder of our own can be written");
        let (kubectl, folder) = (kubectl.to_owned(), folder.to_owned());
        Self { name: name.to_owned(), kubectl, folder, server, kubeconfig }
    }

    /// Writes the kubeconfig of another user of the same server.
    pub(super) fn other(&self, name: &str, token: &str) -> Self {
        Self::new(&self.kubectl, &self.folder, self.server, name, token)
    }

    /// Returns the name of the account.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the file that makes a client this user.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Runs kubectl as this user.
    ///
    /// # Panics
    ///
    /// Panics if kubectl cannot be started.
    #[must_use]
    pub fn kubectl(&self, args: &[&str], stdin: &str) -> Outcome {
        let mut child = Command::new(&self.kubectl)
            .args(args)
            .env("KUBECONFIG", &self.kubeconfig)
            // Nothing of the home of who runs the tests is read or written.
            .env("KUBECACHEDIR", self.kubeconfig.with_extension("cache"))
            .env("KUBERC", "off")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl was found");
        let mut pipe = child.stdin.take().expect("it is a pipe");
        let output = thread::scope(|scope| {
            // A command that refuses its arguments reads nothing.
            scope.spawn(move || drop(pipe.write_all(stdin.as_bytes())));
            child.wait_with_output().expect("kubectl can be waited for")
        });
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Outcome {
            code: output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Returns whether the server would let the user do this, or what it says instead.
    pub(super) fn may(&self, action: &[&str]) -> Result<(), String> {
        let outcome = self.kubectl(&[&["auth", "can-i"], action].concat(), "");
        if outcome.code == 0 { Ok(()) } else { Err(outcome.stdout + &outcome.stderr) }
    }
}
