//! The manifests of the Gateway API's conformance tests, from its Go module.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The module and the version whose manifests the tests expect.
pub const MODULE: &str = "sigs.k8s.io/gateway-api/conformance@v1.6.3";

/// A set environment variable of this name makes a missing tool a failure.
pub const REQUIRE: &str = "MESHROUTE_REQUIRE";

/// The conformance module in Go's cache.
#[derive(Clone, Debug)]
pub struct Conformance(PathBuf);

impl Conformance {
    /// Finds the module, or lets Go fetch it.
    ///
    /// # Errors
    ///
    /// Returns why it is not there and what would bring it.
    pub fn find() -> Result<Self, String> {
        let command = format!("go mod download -json {MODULE}");
        let output = Command::new("go")
            .args(["mod", "download", "-json", MODULE])
            .current_dir(env::temp_dir())
            .output()
            .map_err(|err| format!("go cannot be run ({err}); install Go, then run `{command}`"))?;
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let Some(folder) = answer["Dir"].as_str().filter(|_| output.status.success()) else {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let reason = answer["Error"].as_str().unwrap_or(&stderr).trim().to_owned();
            return Err(format!("`{command}` failed: {reason}"));
        };
        Ok(Self(folder.into()))
    }

    /// Finds the module, or says that the test is skipped.
    ///
    /// # Panics
    ///
    /// Panics if the module is not there and the environment requires it.
    #[must_use]
    #[expect(clippy::print_stdout, reason = "a skipped test says so")]
    pub fn find_or_skip() -> Option<Self> {
        match Self::find() {
            Ok(conformance) => Some(conformance),
            Err(reason) if env::var_os(REQUIRE).is_some() => panic!("{REQUIRE} is set: {reason}"),
            Err(reason) => {
                println!("SKIPPED conformance: {reason}");
                None
            }
        }
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
