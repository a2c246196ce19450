//! The admin address: plain HTTP for probes and metrics, apart from admission.

use std::{sync::Arc, time::SystemTime};

use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use tokio::sync::watch;

use crate::{cache::Cache, log::Log, metrics::Metrics, stop::Phase, tls::Current};

/// What the answers depend on.
#[derive(Clone)]
pub struct State {
    /// The certificate, if there is one.
    pub certificate: Current,
    /// Whether the own address shows it.
    pub is_seen: watch::Receiver<bool>,
    /// How far the end of the process is.
    pub phase: watch::Receiver<Phase>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What is known of the cluster; nothing where none is read.
    pub cache: Option<Arc<Cache>>,
    /// The log, for the lines that it lost.
    pub log: Log,
}

impl State {
    /// Whether there is a certificate that clients take now.
    fn has_certificate(&self) -> bool {
        let now = SystemTime::now();
        self.certificate.borrow().as_ref().is_some_and(|it| !it.pair.has_ended(now))
    }

    fn has_synced(&self) -> bool {
        self.cache.as_ref().is_none_or(|cache| cache.is_synced())
    }
}

/// Returns the routes of the admin address.
pub fn router(state: State) -> Router {
    let ready = state.clone();
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(move || async move { readiness(&ready) }))
        .route("/metrics", get(move || async move { metrics(&state) }))
}

/// Whether to send reviews here. The state of the API server does not count: all replicas would be out at once.
fn readiness(state: &State) -> (StatusCode, &'static str) {
    if *state.phase.borrow() > Phase::Serving {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else if !state.has_certificate() {
        (StatusCode::SERVICE_UNAVAILABLE, "no certificate that can be served\n")
    } else if !*state.is_seen.borrow() {
        (StatusCode::SERVICE_UNAVAILABLE, "the own address does not show the certificate\n")
    } else if !state.has_synced() {
        (StatusCode::SERVICE_UNAVAILABLE, "the cluster is still being read\n")
    } else {
        (StatusCode::OK, "ok\n")
    }
}

fn metrics(state: &State) -> impl IntoResponse + use<> {
    let is_draining = *state.phase.borrow() > Phase::Serving;
    let text = state.metrics.text(is_draining, state.log.dropped(), state.cache.as_deref());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}
