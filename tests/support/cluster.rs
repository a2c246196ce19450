//! A server on loopback with TLS that answers as an API server does, and kubeconfigs for it.

use crate::{
    authority::Authority,
    process::Process,
    server::{Answer, Asked, Server},
};

/// The name of the cluster's host: nobody can look it up, only a proxy leads there.
pub const HOST: &str = "cluster.example";

/// A year in which nobody runs these tests any more.
pub const FAR: i32 = 2200;

/// A cluster.
pub struct Cluster {
    /// Who has signed its certificate.
    pub authority: Authority,
    /// Its server.
    pub server: Server,
}

impl Cluster {
    /// Starts a cluster that only knows its version.
    #[must_use]
    pub fn start() -> Self {
        Self::answering(|_| Answer::nothing())
    }

    /// Starts a cluster with these answers.
    #[must_use]
    pub fn answering(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let authority = Authority::new("authority");
        let signed = authority.sign(&["127.0.0.1", HOST], FAR);
        let server = Server::start(Some(authority.server(&signed)), answer);
        Self { authority, server }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.server.port)
    }

    /// Writes a kubeconfig with this user, in YAML's flow style.
    pub fn configure(&self, process: &Process, user: &str) {
        let server = self.url();
        self.configure_at(
            process,
            &format!("server: '{server}', certificate-authority: ca.pem"),
            user,
        );
    }

    /// Writes a kubeconfig with this cluster and user, in YAML's flow style.
    pub fn configure_at(&self, process: &Process, cluster: &str, user: &str) {
        process.file(".kube/ca.pem", &self.authority.pem());
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: a\n\
             contexts: [{{name: a, context: {{cluster: b, user: c, namespace: d}}}}]\n\
             clusters: [{{name: b, cluster: {{{cluster}}}}}]\n\
             users: [{{name: c, user: {{{user}}}}}]\n"
        );
        process.file(".kube/config", &text);
    }
}
