//! The API server that the process reads from, and writes its certificates to.

use std::{env, error::Error, time::Duration};

use kube::{Client, Config, config::KubeConfigOptions};

/// How long a connection to the API server may take.
const CONNECT: Duration = Duration::from_secs(5);

/// An API server, and where we are in its cluster.
#[derive(Clone)]
pub struct Kubernetes {
    /// Asks it.
    pub client: Client,
    /// The namespace of the process: as it was told, that of its account, or that of the kubeconfig's context outside of a cluster.
    pub namespace: String,
}

impl Kubernetes {
    /// Takes the account of the Pod, or else what the kubeconfig names; nothing is asked yet.
    ///
    /// # Errors
    ///
    /// Says that there is neither, or what is wrong with it, and the way without a cluster.
    pub async fn open(namespace: Option<&str>) -> Result<Self, String> {
        let mut config = config().await?;
        config.connect_timeout = Some(CONNECT);
        // Whoever asks decides what is asked again, and until when.
        config.default_retry = false;
        let namespace = namespace.unwrap_or(&config.default_namespace).to_owned();
        let client = Client::try_from(config).map_err(|error| no_cluster(&error))?;
        Ok(Self { client, namespace })
    }
}

/// A kubeconfig that somebody names is what they mean, also in a Pod.
async fn config() -> Result<Config, String> {
    let is_named = env::var_os("KUBECONFIG").is_some_and(|path| !path.is_empty());
    if !is_named && env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
        return Config::incluster().map_err(|error| no_cluster(&error));
    }
    let options = KubeConfigOptions::default();
    Config::from_kubeconfig(&options).await.map_err(|error| no_cluster(&error))
}

fn no_cluster(error: &dyn Error) -> String {
    format!("cannot find a cluster: {}; --cluster none needs none", chain(error))
}

/// What the API server, or the way there, says, in one line.
pub fn cause(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        error => chain(error),
    }
}

/// An error with all that is behind it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
