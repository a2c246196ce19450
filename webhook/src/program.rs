//! The process once everything is open: its tasks, and how it ends.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::watch, time::sleep};

use crate::{
    admin, admission,
    admission::Judge,
    cache::{Cache, Looker},
    kubernetes::Kubernetes,
    log::{Level, Log},
    metrics::Metrics,
    review::Policy,
    serve::{self, Limits, Service, Transport},
    stop::Phase,
    supervise::Tasks,
    tls::{self, Source, Terms},
};

/// How often connections that came to nothing are told of: one line, however many they were.
const TELL: Duration = Duration::from_secs(60);

/// How connections end that nobody has to hear of.
const USUAL: [&str; 2] = ["closed", "probe"];

/// Everything that the process needs.
pub struct Program {
    /// Where reviews come in.
    pub admission: TcpListener,
    /// Where probes come in.
    pub admin: TcpListener,
    /// Where the certificate comes from.
    pub source: Source,
    /// What clients have to bring.
    pub terms: Terms,
    /// Who judges.
    pub judge: Judge,
    /// What the judge sees of a cluster; none where no cluster is read.
    pub sight: Option<Sight>,
    /// What clients may take.
    pub limits: Limits,
    /// The time between a request to stop and the end of accepting.
    pub pause: Duration,
    /// Where events go.
    pub log: Log,
}

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was asked, and has finished what was under way.
    Stopped,
    /// It was asked twice.
    Cut,
    /// This task ended, and nobody had asked.
    Broke(&'static str),
}

/// A cluster that is read.
pub struct Sight {
    /// Where it is read.
    pub kubernetes: Kubernetes,
    /// What is known of it.
    pub cache: Arc<Cache>,
    /// By what its routes are judged.
    pub policy: Policy,
}

impl Program {
    /// Serves until `follow`, which moves the phase, says that it ends.
    pub async fn run<F>(self, follow: impl FnOnce(watch::Sender<Phase>, Duration) -> F) -> Outcome
    where
        F: Future<Output = ()>,
    {
        let (phase, follower) = watch::channel(Phase::Serving);
        let (certificate, current) = watch::channel(None);
        let (seen, is_seen) = watch::channel(false);
        let metrics = Arc::new(Metrics::default());

        let state = admin::State {
            certificate: current.clone(),
            is_seen,
            phase: follower.clone(),
            metrics: Arc::clone(&metrics),
            cache: self.sight.as_ref().map(|sight| Arc::clone(&sight.cache)),
            log: self.log.clone(),
        };
        let admin = Service {
            transport: Transport::Plain,
            router: admin::router(state),
            limits: Limits { connections: 128, ..self.limits },
            metrics: None,
            phase: follower.clone(),
        };
        let look = |it: &Sight| Looker::new(&it.kubernetes, Arc::clone(&it.cache));
        let router = admission::router(
            self.judge,
            self.sight.as_ref().map(look),
            self.limits,
            Arc::clone(&metrics),
            self.log.clone(),
        );
        let admission = Service {
            transport: Transport::Tls(current.clone()),
            router,
            limits: self.limits,
            metrics: Some(Arc::clone(&metrics)),
            phase: follower.clone(),
        };

        let mut tasks = Tasks::default();
        let keep =
            tls::keep(self.source, self.terms, certificate, Arc::clone(&metrics), self.log.clone());
        tasks.spawn("certificate", keep);
        if let Ok(address) = self.admission.local_addr() {
            let (metrics, log) = (Arc::clone(&metrics), self.log.clone());
            tasks.spawn("probe", tls::probe(address, current.clone(), seen, metrics, log));
        }
        if let Some(Sight { kubernetes, cache, policy }) = self.sight {
            for (name, task) in cache.tasks(&kubernetes, &policy, &metrics, &self.log) {
                tasks.spawn(name, task);
            }
        }
        tasks.spawn("connections", tell(metrics, self.log));
        tasks.spawn("admin", serve::serve(self.admin, admin));
        tasks.spawn("admission", serve::serve(self.admission, admission));
        let limit = self.limits.drain + Duration::from_secs(1);
        tokio::select! {
            ended = tasks.run(follower, &["admission"], limit) => match ended {
                Ok(()) => Outcome::Stopped,
                Err(task) => Outcome::Broke(task),
            },
            () = follow(phase, self.pause) => Outcome::Cut,
        }
    }
}

/// Tells now and then of connections that came to nothing: whoever sends rubbish must not fill the log with it.
async fn tell(metrics: Arc<Metrics>, log: Log) {
    let mut told = BTreeMap::new();
    loop {
        sleep(TELL).await;
        let ends = metrics.ends();
        let mut fields = Vec::new();
        for (reason, count) in &ends {
            let more = count - told.get(reason).copied().unwrap_or(0);
            if more > 0 && !USUAL.contains(reason) {
                fields.push((*reason, more.to_string()));
            }
        }
        if !fields.is_empty() {
            let fields = fields.iter().map(|(reason, more)| (*reason, more.as_str()));
            log.line(Level::Warning, "connections came to nothing", &fields.collect::<Vec<_>>());
        }
        told = ends;
    }
}
