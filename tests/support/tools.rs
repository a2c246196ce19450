//! Programs that the tests run beside our own: found, or built by Go, at the versions that `tests/tools` pins.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

/// A set environment variable of this name makes a missing tool a failure.
pub const REQUIRE: &str = "MESHROUTE_REQUIRE";

/// Where envtest, whose convention this is, names a folder with the programs of a control plane.
const ASSETS: &str = "KUBEBUILDER_ASSETS";

/// Where envtest looks when nobody names a folder.
const DEFAULT_ASSETS: &str = "/usr/local/kubebuilder/bin";

/// A program that tests need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// `etcd`, where an API server keeps its objects.
    Etcd,
    /// `kube-apiserver`.
    ApiServer,
    /// `kube-controller-manager`.
    ControllerManager,
    /// `kubectl`.
    Kubectl,
    /// `helm`.
    Helm,
}

/// A Go module below `tests/tools`: the only place that says a version.
struct Module {
    folder: &'static str,
    text: &'static str,
    /// What it is there for, and whose version names the folder in the cache.
    main: &'static str,
}

const KUBERNETES: Module = Module {
    folder: "kubernetes",
    text: include_str!("../tools/kubernetes/go.mod"),
    main: "k8s.io/kubernetes",
};

const HELM: Module =
    Module { folder: "helm", text: include_str!("../tools/helm/go.mod"), main: "helm.sh/helm/v4" };

/// How a tool is built, and asked for its version.
struct Recipe {
    program: &'static str,
    module: &'static Module,
    /// The Go module whose version is the tool's.
    versioned: &'static str,
    package: &'static str,
    question: &'static [&'static str],
}

/// Returns what was found, or says that the test is skipped, and why.
///
/// # Panics
///
/// Panics if nothing was found and the environment demands that no test is skipped.
#[must_use]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub fn skip_unless<T>(test: &str, found: Result<T, String>) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(reason) if env::var_os(REQUIRE).is_some() => panic!("{REQUIRE} is set: {reason}"),
        Err(reason) => {
            println!("SKIPPED {test}: {reason}");
            None
        }
    }
}

impl Tool {
    /// Finds the tool at its pinned version, or has Go build it into the cache.
    ///
    /// Building takes minutes, once for all clones of a user, and is announced on standard error.
    ///
    /// # Errors
    ///
    /// Returns why the tool is not there and what would bring it.
    pub fn find(self) -> Result<PathBuf, String> {
        static FOUND: Mutex<BTreeMap<Tool, Result<PathBuf, String>>> = Mutex::new(BTreeMap::new());
        // Whoever comes second waits here for a build that is under way.
        let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
        found.entry(self).or_insert_with(|| self.find_or_build()).clone()
    }

    /// Returns the version that the tests run, with its `v`.
    #[must_use]
    pub fn version(self) -> &'static str {
        let recipe = self.recipe();
        recipe.module.version(recipe.versioned)
    }

    const fn recipe(self) -> Recipe {
        let kubernetes = Recipe {
            program: "",
            module: &KUBERNETES,
            versioned: KUBERNETES.main,
            package: "",
            question: &["--version"],
        };
        match self {
            Self::Etcd => Recipe {
                program: "etcd",
                versioned: "go.etcd.io/etcd/server/v3",
                package: "go.etcd.io/etcd/server/v3",
                ..kubernetes
            },
            Self::ApiServer => Recipe {
                program: "kube-apiserver",
                package: "k8s.io/kubernetes/cmd/kube-apiserver",
                ..kubernetes
            },
            Self::ControllerManager => Recipe {
                program: "kube-controller-manager",
                package: "k8s.io/kubernetes/cmd/kube-controller-manager",
                ..kubernetes
            },
            Self::Kubectl => Recipe {
                program: "kubectl",
                package: "k8s.io/kubernetes/cmd/kubectl",
                question: &["version", "--client"],
                ..kubernetes
            },
            Self::Helm => Recipe {
                program: "helm",
                module: &HELM,
                versioned: HELM.main,
                package: "helm.sh/helm/v4/cmd/helm",
                question: &["version", "--template={{.Version}}"],
            },
        }
    }

    fn find_or_build(self) -> Result<PathBuf, String> {
        let Recipe { program, module, .. } = self.recipe();
        let key = format!("{}-{}", module.folder, module.version(module.main));
        let cache = cache().map(|cache| cache.join(key));
        let mut folders: Vec<_> = env::var_os(ASSETS).map(PathBuf::from).into_iter().collect();
        folders.push(DEFAULT_ASSETS.into());
        folders.extend(cache.clone());
        let mut reasons = Vec::new();
        for folder in &folders {
            let path = folder.join(program);
            match self.check(&path) {
                Ok(()) => return Ok(path),
                Err(reason) => reasons.push(reason),
            }
        }
        cache.and_then(|cache| self.build(&cache)).map_err(|why| {
            format!(
                "no {program} {}: {}; {why}; install Go, or put the program into ${ASSETS}",
                self.version(),
                reasons.join("; "),
            )
        })
    }

    /// Holds a program to the pinned version: another one could refuse, default or print otherwise.
    fn check(self, path: &Path) -> Result<(), String> {
        let shown = path.display();
        if !path.exists() {
            return Err(format!("{shown} does not exist"));
        }
        let output = Command::new(path)
            .args(self.recipe().question)
            .output()
            .map_err(|err| format!("{shown} cannot be run: {err}"))?;
        let answer = String::from_utf8_lossy(&output.stdout);
        if self.is_pinned(&answer) {
            return Ok(());
        }
        Err(format!("{shown} says {:?}", answer.lines().next().unwrap_or_default()))
    }

    fn is_pinned(self, answer: &str) -> bool {
        let number = self.version().trim_start_matches('v');
        answer.split_whitespace().any(|word| word.trim_start_matches('v') == number)
    }

    /// Builds the tool into a folder of the cache, unless another process just did.
    fn build(self, folder: &Path) -> Result<PathBuf, String> {
        let Recipe { program, module, package, .. } = self.recipe();
        let io_error = |err: io::Error| format!("{} cannot be written: {err}", folder.display());
        fs::create_dir_all(folder).map_err(io_error)?;
        let lock = File::create(folder.join(".lock")).map_err(io_error)?;
        lock.lock().map_err(io_error)?;
        let path = folder.join(program);
        if self.check(&path).is_ok() {
            return Ok(path);
        }
        announce(&format!("building {program} {} with Go, once; it takes minutes", self.version()));
        let new = folder.join(format!(".{program}.new"));
        let mut link = OsString::from("-ldflags=-s -w");
        for (variable, value) in self.link_variables() {
            link.push(format!(" -X {variable}={value}"));
        }
        let output = Command::new("go")
            .args(["build", "-trimpath", "-o"])
            .args([new.as_os_str(), &link, package.as_ref()])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools").join(module.folder))
            .env("CGO_ENABLED", "0")
            .env("GOWORK", "off")
            // If we are killed, Go goes on; as it has the lock too, whoever comes next waits for it.
            .stdin(lock.try_clone().map_err(io_error)?)
            .output()
            .map_err(|err| format!("go, which would build it, cannot be run: {err}"))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let last = stderr.lines().last().unwrap_or("no reason given");
            return Err(format!("`go build {package}` failed: {last}"));
        }
        fs::rename(&new, &path).map_err(io_error)?;
        self.check(&path).map(|()| path)
    }

    /// Returns what a release sets when it links: without it the programs do not know their version.
    fn link_variables(self) -> Vec<(&'static str, &'static str)> {
        let version = self.version();
        match self {
            Self::Etcd => Vec::new(),
            Self::Helm => vec![("helm.sh/helm/v4/internal/version.version", version)],
            Self::ApiServer | Self::ControllerManager | Self::Kubectl => {
                let mut numbers = version.trim_start_matches('v').split('.');
                let mut number = || numbers.next().unwrap_or_default();
                vec![
                    ("k8s.io/component-base/version.gitVersion", version),
                    ("k8s.io/component-base/version.gitMajor", number()),
                    ("k8s.io/component-base/version.gitMinor", number()),
                ]
            }
        }
    }
}

impl Module {
    fn version(&self, required: &str) -> &'static str {
        let mut lines = self.text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        lines
            .find_map(|words| match words.as_slice() {
                ["require", path, version, ..] | [path, version, ..] if *path == required => {
                    Some(*version)
                }
                _ => None,
            })
            .expect("the module requires what its tools are built from")
    }
}

/// The folder for what is built once for all clones.
fn cache() -> Result<PathBuf, String> {
    let of_user = |name, below: &str| {
        env::var_os(name).filter(|it| !it.is_empty()).map(|it| PathBuf::from(it).join(below))
    };
    of_user("XDG_CACHE_HOME", "meshroute/tools")
        .or_else(|| of_user("HOME", ".cache/meshroute/tools"))
        .ok_or_else(|| "neither XDG_CACHE_HOME nor HOME is set".to_owned())
}

/// Tells whoever waits why; the test's own output would only be shown when it is over.
fn announce(text: &str) {
    // Nobody is there to be told that standard error is closed.
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pinned_version_will_do() {
        let version = Tool::Kubectl.version();
        let answer = |version: &str| format!("Client Version: {version}\nKustomize Version: v5");
        assert!(Tool::Kubectl.is_pinned(&answer(version)));
        for other in [&format!("{version}0"), &format!("{version}-dirty"), "v1.0.0", ""] {
            assert!(!Tool::Kubectl.is_pinned(&answer(other)), "{other}");
        }
        let etcd = Tool::Etcd.version().trim_start_matches('v');
        assert!(Tool::Etcd.is_pinned(&format!("etcd Version: {etcd}\nGit SHA: Not provided")));
    }

    #[test]
    fn modules_say_the_versions() {
        let module = Module { folder: "", text: "require a v1 // indirect\n\tb v2\n", main: "a" };
        assert_eq!((module.version("a"), module.version("b")), ("v1", "v2"));
        for tool in [Tool::Etcd, Tool::ApiServer, Tool::Helm] {
            assert!(tool.version().starts_with('v'), "{tool:?}");
        }
    }
}
