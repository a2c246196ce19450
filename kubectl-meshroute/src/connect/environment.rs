//! What the environment says about clusters; nothing else of `connect` reads it.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Where Kubernetes puts the service account of a pod.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The part of the environment that leads to a cluster.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment {
    /// `KUBECONFIG`, unless it is empty.
    pub(super) kubeconfig: Option<OsString>,
    /// The home folder.
    pub(super) home: Option<PathBuf>,
    /// `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, where both are set.
    pub(super) service: Option<(String, String)>,
    /// `POD_NAMESPACE`.
    pub(super) pod_namespace: Option<String>,
    /// The folder of the service account.
    pub(super) service_account: PathBuf,
    /// The proxies.
    pub(super) proxies: Proxies,
}

/// The variables that name proxies. Of two spellings the one in small letters counts, as in Go.
#[derive(Debug, Clone, Default)]
pub(super) struct Proxies {
    /// `HTTPS_PROXY`.
    pub(super) https: Option<String>,
    /// `HTTP_PROXY`.
    pub(super) http: Option<String>,
    /// `ALL_PROXY`.
    pub(super) all: Option<String>,
    /// `NO_PROXY`.
    pub(super) none: Option<String>,
}

impl Environment {
    /// Reads the environment of this process.
    pub(super) fn read() -> Self {
        let host = text("KUBERNETES_SERVICE_HOST");
        let proxy = |small: &str| text(small).or_else(|| text(&small.to_ascii_uppercase()));
        Self {
            kubeconfig: env::var_os("KUBECONFIG").filter(|value| !value.is_empty()),
            home: env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            service: host.zip(text("KUBERNETES_SERVICE_PORT")),
            pod_namespace: text("POD_NAMESPACE"),
            service_account: PathBuf::from(SERVICE_ACCOUNT),
            proxies: Proxies {
                https: proxy("https_proxy"),
                http: proxy("http_proxy"),
                all: proxy("all_proxy"),
                none: proxy("no_proxy"),
            },
        }
    }

    /// The kubeconfigs that are read where no flag names one, in the order of their precedence.
    pub(super) fn kubeconfigs(&self) -> Vec<PathBuf> {
        let Some(list) = &self.kubeconfig else {
            return self.default_kubeconfig().into_iter().collect();
        };
        let mut files: Vec<PathBuf> = Vec::new();
        for file in env::split_paths(list).filter(|file| !file.as_os_str().is_empty()) {
            if !files.contains(&file) {
                files.push(file);
            }
        }
        files
    }

    /// `~/.kube/config`.
    fn default_kubeconfig(&self) -> Option<PathBuf> {
        self.home.as_deref().map(|home| home.join(Path::new(".kube").join("config")))
    }
}

/// A variable that says something.
fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubeconfig_is_a_list_without_empty_and_repeated_names() {
        let env = Environment { home: Some("/home/a".into()), ..Environment::default() };
        assert_eq!(env.kubeconfigs(), [PathBuf::from("/home/a/.kube/config")]);
        let list = env::join_paths(["a", "", "b", "a"]).expect("no colons in names");
        let env = Environment { kubeconfig: Some(list), ..env };
        assert_eq!(env.kubeconfigs(), [PathBuf::from("a"), PathBuf::from("b")]);
    }
}
