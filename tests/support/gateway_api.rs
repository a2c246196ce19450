//! The Gateway API's CRDs and the manifests of its conformance tests, from its Go modules.

use std::{
    collections::BTreeSet,
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

use crate::tools;

/// The version whose CRDs a control plane gets, and whose conformance manifests are judged.
pub const VERSION: &str = "v1.6.3";

/// An environment variable of this name chooses another version of the CRDs.
pub const CHOICE: &str = "MESHROUTE_GATEWAY_API";

/// How far the API's fields have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Only what is settled.
    Standard,
    /// All that there is.
    Experimental,
}

/// The conformance module in Go's cache.
#[derive(Clone, Debug)]
pub struct Conformance(PathBuf);

/// Returns the version of the CRDs: the environment's choice, or the one that we follow.
#[must_use]
pub fn version() -> String {
    env::var(CHOICE).unwrap_or_else(|_| VERSION.to_owned())
}

/// Finds the folder of a channel's CRDs, a kustomization.
///
/// # Errors
///
/// Returns why it is not there and what would bring it.
pub fn crds(version: &str, channel: Channel) -> Result<PathBuf, String> {
    let crds = module("sigs.k8s.io/gateway-api", version)?.join("config/crd");
    Ok(match channel {
        Channel::Standard => crds,
        Channel::Experimental => crds.join("experimental"),
    })
}

/// Finds a Go module in Go's cache, or lets Go fetch it.
///
/// # Errors
///
/// Returns why it is not there and what would bring it.
pub fn module(path: &str, version: &str) -> Result<PathBuf, String> {
    let name = format!("{path}@{version}");
    let command = format!("go mod download -json {name}");
    let output = go(&["mod", "download", "-json", &name])
        .map_err(|err| format!("go cannot be run ({err}); install Go, then run `{command}`"))?;
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    if let Some(folder) = answer["Dir"].as_str() {
        return Ok(folder.into());
    }
    // Go unpacks even what it is too old to build, and then says neither where nor that it did.
    let cache = go(&["env", "GOMODCACHE"]).map_err(|err| format!("go cannot be run: {err}"))?;
    let folder = Path::new(String::from_utf8_lossy(&cache.stdout).trim()).join(&name);
    if folder.is_dir() {
        return Ok(folder);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let reason = answer["Error"].as_str().unwrap_or(&stderr).trim();
    Err(format!("`{command}` failed: {reason}"))
}

/// Runs Go outside of any module. As these modules are only data, no other version of Go is fetched for them.
fn go(args: &[&str]) -> io::Result<Output> {
    Command::new("go").args(args).current_dir(env::temp_dir()).env("GOTOOLCHAIN", "local").output()
}

impl Conformance {
    /// Finds the module, or lets Go fetch it.
    ///
    /// # Errors
    ///
    /// Returns why it is not there and what would bring it.
    pub fn find() -> Result<Self, String> {
        module("sigs.k8s.io/gateway-api/conformance", VERSION).map(Self)
    }

    /// Finds the module, or says that the test is skipped.
    ///
    /// # Panics
    ///
    /// Panics if the module is not there and the environment requires it.
    #[must_use]
    pub fn find_or_skip() -> Option<Self> {
        tools::skip_unless("conformance", Self::find())
    }

    /// Returns the folder of the module.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Returns the names of the mesh cases' manifests, without their ending.
    ///
    /// # Panics
    ///
    /// Panics if the module has no mesh cases.
    #[must_use]
    pub fn mesh_manifests(&self) -> BTreeSet<String> {
        let folder = fs::read_dir(self.0.join("tests/mesh")).expect("the module has mesh cases");
        let names = folder.map(|entry| entry.expect("a readable folder").file_name());
        let names = names.filter_map(|name| name.into_string().ok());
        names.filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned)).collect()
    }

    /// Reads a manifest of the module.
    ///
    /// # Panics
    ///
    /// Panics if the module has no such file.
    #[must_use]
    pub fn manifest(&self, path: &str) -> String {
        let path = self.0.join(Path::new(path));
        fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
    }
}
