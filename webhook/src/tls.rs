//! The certificate that is served: where it comes from, and when it changes.

mod authority;
mod bundle;
mod files;
#[cfg(test)]
mod hostile;
pub mod names;
mod pair;
mod probe;
mod shared;
mod signer;
mod stored;
mod terms;
mod turn;
mod validity;

pub use authority::Authority;
pub use files::Files;
pub use pair::Pair;
pub use probe::probe;
pub use shared::Shared;
pub use signer::Signer;
pub use stored::Rules;
pub use terms::{Terms, Usable, Version};

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{sync::watch, task::spawn_blocking, time::sleep};

use terms::Change;

use crate::{
    log::{Level, Log},
    metrics::Metrics,
};

/// How often is looked for a new certificate. By the wall clock: other clocks stand still while a machine sleeps.
const LOOK: Duration = Duration::from_secs(2);

/// The shortest time between two looks.
const SOON: Duration = Duration::from_millis(100);

/// The certificate at this moment; none while there is none that can be served.
pub type Current = watch::Receiver<Option<Usable>>;

/// Where certificates come from.
#[derive(Debug)]
pub enum Source {
    /// Files that somebody else writes.
    Files(Files),
    /// An authority of our own.
    Own(Box<Signer>),
    /// The authority that all replicas share.
    Shared(Box<Shared>),
}

/// What a look at a source brought.
#[derive(Debug)]
pub enum Look {
    /// Nothing new.
    Same,
    /// Another certificate.
    New(Pair),
    /// Something new that cannot be served, and why.
    Bad(String),
}

/// Where a certificate comes from, as far as no API server is asked for it.
enum Near {
    Files(Files),
    Own(Box<Signer>),
}

impl Near {
    fn look(&mut self, now: SystemTime) -> Look {
        match self {
            Self::Files(files) => files.look(now),
            Self::Own(signer) => signer.look(now),
        }
    }

    /// How long to wait until the next look: one that is due does not wait for the usual time.
    fn rest(&self, now: SystemTime) -> Duration {
        match self {
            Self::Files(_) => LOOK,
            Self::Own(signer) => signer.rest(now).clamp(SOON, LOOK),
        }
    }
}

/// Keeps the certificate current, for as long as the process lives.
///
/// A new one is checked before it is served, and the old one stays while the new one is bad, until it has expired itself.
pub async fn keep(
    source: Source,
    terms: Terms,
    current: watch::Sender<Option<Usable>>,
    metrics: Arc<Metrics>,
    log: Log,
) {
    let (signing, mut authority) = watch::channel(None);
    let (near, shared) = match source {
        Source::Files(files) => (Near::Files(files), None),
        Source::Own(signer) => (Near::Own(signer), None),
        Source::Shared(shared) => {
            let Rules { names, leaf, .. } = shared.rules().clone();
            let signer = Signer::following(authority.clone(), names, leaf);
            (Near::Own(Box::new(signer)), Some(shared))
        }
    };
    let ask = async {
        match shared {
            Some(shared) => shared.keep(signing, &metrics, &log).await,
            None => pending().await,
        }
    };
    let look = keep_near((near, terms), &mut authority, &current, &metrics, &log);
    tokio::select! {
        () = ask => {}
        () = look => {}
    }
}

/// Looks now and then, and when there is another authority.
async fn keep_near(
    start: (Near, Terms),
    authority: &mut watch::Receiver<Option<Arc<Authority>>>,
    current: &watch::Sender<Option<Usable>>,
    metrics: &Metrics,
    log: &Log,
) {
    let mut start = Some(start);
    let mut taken = None;
    loop {
        let Some((mut near, mut terms)) = start.take() else { return };
        // A file may lie on a disk that does not answer.
        let looked = spawn_blocking(move || {
            let looks = (terms.look(), near.look(SystemTime::now()));
            (near, terms, looks)
        });
        let Ok((near, terms, (change, look))) = looked.await else { return };
        let is_new = match look {
            Look::Same => false,
            Look::New(pair) => {
                taken = Some(pair);
                true
            }
            Look::Bad(problem) => {
                metrics.certificates_refused.add();
                let kept = if taken.is_some() { "the one before" } else { "none" };
                let fields = [("error", problem.as_str()), ("served", kept)];
                log.line(Level::Error, "certificate not taken", &fields);
                false
            }
        };
        let is_changed = match change {
            Change::None => false,
            Change::New => {
                log.line(Level::Info, "authorities of clients taken", &[]);
                true
            }
            Change::Bad(problem) => {
                log.line(Level::Error, "authorities of clients not taken", &[("error", &problem)]);
                false
            }
        };
        if is_new || is_changed {
            match taken.clone().map_or(Ok(None), |pair| terms.apply(pair)) {
                Ok(usable) => drop(current.send_replace(usable)),
                Err(problem) => {
                    log.line(Level::Error, "certificate not served", &[("error", &problem)]);
                }
            }
        }
        if let Some(pair) = taken.as_ref().filter(|_| is_new) {
            metrics.certificates_taken.add();
            metrics.certificate_ends.set(validity::seconds(pair.until()));
            log.line(Level::Info, "certificate taken", &[("until", &validity::text(pair.until()))]);
        }
        // An expired certificate is not served: a client would refuse it anyway, and a probe has to see it.
        if taken.take_if(|pair| pair.has_ended(SystemTime::now())).is_some() {
            current.send_replace(None);
            metrics.certificate_ends.set(0);
            log.line(Level::Error, "certificate expired", &[]);
        }
        let rest = near.rest(SystemTime::now());
        start = Some((near, terms));
        tokio::select! {
            () = sleep(rest) => {}
            Ok(()) = authority.changed() => {}
        }
    }
}
