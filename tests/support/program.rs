//! Runs the plugin in process.

use std::{
    ffi::OsString,
    panic::{self, AssertUnwindSafe},
};

use crate::answer::{self, ObjectName, Split};

/// What one run gave back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code.
    pub code: u8,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// Returns the standard output of a run that had to succeed.
    ///
    /// # Panics
    ///
    /// Panics with the standard error if it did not.
    #[track_caller]
    pub fn success(self) -> String {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.stdout
    }
}

/// The exit code of a program that panicked.
const PANICKED: u8 = 101;

/// Runs the plugin with these arguments after its name; a panic is an outcome as any other.
#[must_use]
pub fn run(args: &[&str], stdin: &str) -> Outcome {
    let args = std::iter::once("kubectl-meshroute").chain(args.iter().copied());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let code = panic::catch_unwind(AssertUnwindSafe(|| {
        let args = args.map(OsString::from);
        kubectl_meshroute::run(args, &mut stdin.as_bytes(), &mut stdout, &mut stderr)
    }));
    let code = code.unwrap_or(PANICKED);
    let text = |bytes| String::from_utf8(bytes).unwrap_or_else(|err| format!("not UTF-8: {err}"));
    Outcome { code, stdout: text(stdout), stderr: text(stderr) }
}

/// The question "where do requests to this port go?".
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// A mesh by the plugin's name for it.
    pub mesh: &'a str,
    /// The namespace of the Service.
    pub namespace: &'a str,
    /// The Service.
    pub service: &'a str,
    /// A port of the Service.
    pub port: u16,
    /// The namespace of the client; none is one without routes of its own.
    pub client: Option<&'a str>,
}

impl Query<'_> {
    /// Returns the arguments of the command.
    #[must_use]
    pub fn args(&self) -> Vec<String> {
        let mut args = vec!["split", self.service, "-n", self.namespace];
        if let Some(client) = self.client {
            args.extend(["--from-namespace", client]);
        }
        let port = self.port.to_string();
        args.extend(["--port", &port, "--mesh", self.mesh, "-o", "json", "-f", "-"]);
        args.into_iter().map(str::to_owned).collect()
    }

    /// Returns the command as one would type it.
    #[must_use]
    pub fn command(&self) -> String {
        format!("kubectl-meshroute {}", self.args().join(" "))
    }

    /// Runs the command on these manifests.
    #[must_use]
    pub fn run(&self, manifests: &str) -> Outcome {
        let args = self.args();
        run(&args.iter().map(String::as_str).collect::<Vec<_>>(), manifests)
    }

    /// Asks the plugin, and checks what holds of every answer.
    ///
    /// # Errors
    ///
    /// Returns what is wrong: an exit code, JSON that cannot be read, a broken promise.
    pub fn ask(&self, manifests: &str) -> Result<Split, String> {
        let outcome = self.run(manifests);
        if outcome.code != 0 {
            return Err(format!("exit code {}: {}", outcome.code, outcome.stderr.trim()));
        }
        let split = answer::read(&outcome.stdout, self.port)?;
        let mut problems = split.problems();
        let asked = (self.namespace, self.service, self.mesh, self.client);
        let ObjectName { namespace, name } = &split.service;
        let from = split.from_namespace.as_deref();
        if (namespace.as_str(), name.as_str(), split.mesh.as_str(), from) != asked {
            problems.push(format!("asked {asked:?}, answered {namespace}/{name} for {from:?}"));
        }
        if problems.is_empty() { Ok(split) } else { Err(problems.join("; ")) }
    }
}
