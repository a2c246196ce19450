//! The authority that all replicas share: kept in a Secret, trusted by what the configurations say.
//!
//! Nobody leads: each replica makes what is missing, and whoever is later finds that the object has changed and reads it again.
//! The configurations are read before the Secret, so what is written into them is never older than what is there.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Error,
    api::{ObjectMeta, PostParams},
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    chance,
    kubernetes::{self, Kubernetes},
    log::{Level, Log},
    metrics::Metrics,
    tls::{
        Authority, LOOK, authority,
        bundle::{Configuration, Configurations},
        stored::{self, Rules, Step, Stored},
        turn::{Bundle, Turn},
        validity::seconds,
    },
};

/// How long one look at the API server may take.
const LIMIT: Duration = Duration::from_secs(15);

/// The longest rest after looks that failed.
const REST: Duration = Duration::from_secs(10);

/// How often a look is repeated at once because somebody else was faster.
const ATTEMPTS: usize = 3;

/// What is said of a configuration that is not there, which may be meant so.
const ABSENT: &str = "there is none, so no API server asks";

/// The authority of a cluster.
#[derive(Debug)]
pub struct Shared {
    secrets: Api<Secret>,
    namespace: String,
    secret: String,
    configurations: [Configurations; 2],
    rules: Rules,
    turn: Turn,
    troubles: Troubles,
}

/// Problems that were told of already, by what has them.
#[derive(Debug, Default)]
struct Troubles(BTreeMap<String, String>);

impl Shared {
    /// Names the objects; nothing is asked yet.
    pub fn new(kubernetes: &Kubernetes, secret: &str, configuration: &str, rules: Rules) -> Self {
        let Kubernetes { client, namespace } = kubernetes;
        Self {
            secrets: Api::namespaced(client.clone(), namespace),
            namespace: namespace.clone(),
            secret: secret.to_owned(),
            configurations: Configurations::both(client, configuration),
            rules,
            turn: Turn::default(),
            troubles: Troubles::default(),
        }
    }

    /// How certificates are signed.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Keeps the authority, and tells which one may sign, for as long as the process lives.
    pub async fn keep(
        mut self,
        signing: watch::Sender<Option<Arc<Authority>>>,
        metrics: &Metrics,
        log: &Log,
    ) {
        let mut rest = LOOK;
        loop {
            let look = timeout(LIMIT, self.look(&signing, metrics, log)).await;
            let problem = match look {
                Ok(Ok(())) => None,
                Ok(Err(problem)) => Some(problem),
                Err(_) => Some(format!("no answer in {} s", LIMIT.as_secs())),
            };
            rest = if problem.is_some() { (rest * 2).min(REST) } else { LOOK };
            self.troubles.once("API server", problem, log);
            sleep(chance::about(rest)).await;
        }
    }

    /// One look at everything.
    async fn look(
        &mut self,
        signing: &watch::Sender<Option<Arc<Authority>>>,
        metrics: &Metrics,
        log: &Log,
    ) -> Result<(), String> {
        let now = SystemTime::now();
        let served = signing.borrow().clone();
        let mut found = Vec::new();
        for configurations in &self.configurations {
            let read = configurations.read(&self.rules.names).await;
            found.push(of_object(read)?);
        }
        let place = format!("Secret {}/{}", self.namespace, self.secret);
        let stored = match self.stored(served.as_ref(), now, log).await? {
            Ok(stored) => stored,
            Err(problem) => {
                self.troubles.tell(&place, Some(problem), log);
                return Ok(());
            }
        };
        self.troubles.tell(&place, None, log);
        metrics.authority_ends.set(seconds(stored.authority.until()));
        let bundle = self.trust(&stored, found, metrics, log).await?;
        let is_new = !authority::is_same(Some(&stored.authority), served.as_ref());
        if is_new && self.turn.is(&stored, served.as_ref(), bundle, (now, Instant::now())) {
            signing.send_replace(Some(stored.authority));
        }
        Ok(())
    }

    /// What the Secret holds, once it holds what it should.
    async fn stored(
        &self,
        served: Option<&Arc<Authority>>,
        now: SystemTime,
        log: &Log,
    ) -> Result<Result<Stored, String>, String> {
        let mut attempts = ATTEMPTS;
        loop {
            let secret = match of_object(self.secrets.get_opt(&self.secret).await)? {
                Ok(secret) => secret,
                Err(problem) => return Ok(Err(problem)),
            };
            let (stored, why) = match stored::next(secret.as_ref(), served, &self.rules, now) {
                Ok(Step::Keep(stored)) => return Ok(Ok(stored)),
                Ok(Step::Replace(stored, why)) => (stored, Some(why)),
                Ok(Step::Mark(stored)) => (stored, None),
                Err(problem) => return Ok(Err(problem)),
            };
            attempts -= 1;
            match self.write(secret, &stored, why.is_some()).await {
                Err(error) if is_late(&error) && attempts > 0 => continue,
                written => {
                    if let (Ok(()), Some(why)) = (&written, why) {
                        let fields = [("secret", self.secret.as_str()), ("reason", why.as_str())];
                        log.line(Level::Info, "authority made", &fields);
                    }
                    return of_object(written.map(|()| stored));
                }
            }
        }
    }

    async fn write(
        &self,
        secret: Option<Secret>,
        stored: &Stored,
        is_new: bool,
    ) -> Result<(), Error> {
        let params = PostParams {
            field_manager: Some("meshroute-webhook".to_owned()),
            ..PostParams::default()
        };
        let is_there = secret.is_some();
        let mut secret = secret.unwrap_or_else(|| self.empty());
        if is_new {
            stored.write(&mut secret);
        } else {
            stored.mark(&mut secret);
        }
        if is_there {
            // It carries the version that was read.
            self.secrets.replace(&self.secret, &params, &secret).await.map(drop)
        } else {
            self.secrets.create(&params, &secret).await.map(drop)
        }
    }

    /// A Secret without a type and labels: whoever applies one of this name would get into a conflict about them.
    fn empty(&self) -> Secret {
        let (name, namespace) = (Some(self.secret.clone()), Some(self.namespace.clone()));
        Secret {
            metadata: ObjectMeta { name, namespace, ..ObjectMeta::default() },
            ..Secret::default()
        }
    }

    /// Has all configurations trust what is stored.
    async fn trust(
        &mut self,
        stored: &Stored,
        found: Vec<Result<Option<Configuration>, String>>,
        metrics: &Metrics,
        log: &Log,
    ) -> Result<Bundle, String> {
        let text = stored.bundle();
        let mut bundle = Bundle::There;
        for (configurations, found) in self.configurations.iter().zip(found) {
            let mut problem = None;
            match found {
                Ok(Some(found)) if !found.is_ours() => {
                    let names = self.rules.names.join(", ");
                    problem = Some(format!("no webhook in it leads to a name of ours: {names}"));
                }
                Ok(Some(found)) if found.has(&text) => {}
                Ok(Some(found)) => {
                    let written = configurations.write(&found, &text).await;
                    if written.is_ok() {
                        metrics.bundles_written.add();
                        let place = configurations.place();
                        log.line(Level::Info, "bundle written", &[("object", &place)]);
                        bundle = bundle.max(Bundle::Written);
                    } else {
                        metrics.bundles_refused.add();
                        bundle = Bundle::Missing;
                    }
                    // Somebody was faster: that is read at the next look.
                    if !written.as_ref().is_err_and(is_late) {
                        problem = of_object(written)?.err();
                    }
                }
                Ok(None) => problem = Some(ABSENT.to_owned()),
                Err(error) => {
                    problem = Some(error);
                    bundle = Bundle::Missing;
                }
            }
            self.troubles.tell(&configurations.place(), problem, log);
        }
        Ok(bundle)
    }
}

impl Troubles {
    /// Tells of a problem that was not told before, and of its end.
    fn tell(&mut self, place: &str, problem: Option<String>, log: &Log) {
        match problem {
            Some(problem) if self.0.get(place) == Some(&problem) => {}
            Some(problem) => {
                let fields = [("object", place), ("error", problem.as_str())];
                let level = if problem == ABSENT { Level::Warning } else { Level::Error };
                log.line(level, "trouble with certificates", &fields);
                self.0.insert(place.to_owned(), problem);
            }
            None => {
                if self.0.remove(place).is_some() {
                    log.line(
                        Level::Info,
                        "trouble with certificates is over",
                        &[("object", place)],
                    );
                }
            }
        }
    }

    /// As [`Self::tell`], whatever the problem is called meanwhile.
    fn once(&mut self, place: &str, problem: Option<String>, log: &Log) {
        let told = self.0.get(place).cloned();
        self.tell(place, problem.map(|problem| told.unwrap_or(problem)), log);
    }
}

/// Whether somebody else has made, changed or deleted the object meanwhile.
fn is_late(error: &Error) -> bool {
    matches!(error, Error::Api(status) if matches!(status.code, 404 | 409))
}

/// What is wrong with one object, apart from what keeps us from asking for any.
fn of_object<T>(result: Result<T, Error>) -> Result<Result<T, String>, String> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Api(status)) if matches!(status.code, 400 | 403 | 404 | 409 | 413 | 422) => {
            Ok(Err(status.message.clone()))
        }
        Err(error) => Err(kubernetes::cause(&error)),
    }
}
