//! The certificate that is served: where it comes from, and when it changes.

mod authority;
mod files;
mod pair;

pub use authority::Authority;
pub use files::Files;
pub use pair::Usable;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{sync::watch, task::spawn_blocking, time::sleep};

use crate::{
    log::{Level, Log},
    metrics::Metrics,
};

/// How often is looked for a new certificate. By the wall clock: other clocks stand still while a machine sleeps.
const LOOK: Duration = Duration::from_secs(2);

/// The certificate at this moment; none while there is none that can be served.
pub type Current = watch::Receiver<Option<Usable>>;

/// Where certificates come from.
#[derive(Debug)]
pub enum Source {
    /// Files that somebody else writes.
    Files(Files),
    /// An authority of our own.
    Own(Box<Authority>),
}

/// What a look at a source brought.
#[derive(Debug)]
pub enum Look {
    /// Nothing new.
    Same,
    /// Another certificate.
    New(Usable),
    /// Something new that cannot be served, and why.
    Bad(String),
}

impl Source {
    fn look(&mut self, now: SystemTime) -> Look {
        match self {
            Self::Files(files) => files.look(now),
            Self::Own(authority) => authority.look(now),
        }
    }
}

/// Keeps the certificate current, for as long as the process lives.
///
/// A new one is checked before it is served, and the old one stays while the new one is bad, until it has expired itself.
pub async fn keep(
    source: Source,
    current: watch::Sender<Option<Usable>>,
    metrics: Arc<Metrics>,
    log: Log,
) {
    let mut source = Some(source);
    loop {
        let Some(mut looking) = source.take() else { return };
        // A file may lie on a disk that does not answer.
        let looked = spawn_blocking(move || {
            let look = looking.look(SystemTime::now());
            (looking, look)
        });
        let Ok((looking, look)) = looked.await else { return };
        source = Some(looking);
        take(look, &current, &metrics, &log);
        expire(&current, &metrics, &log);
        sleep(LOOK).await;
    }
}

fn take(look: Look, current: &watch::Sender<Option<Usable>>, metrics: &Metrics, log: &Log) {
    match look {
        Look::Same => {}
        Look::New(usable) => {
            metrics.certificates_taken.add();
            metrics.certificate_ends.set(usable.not_after());
            let until = usable.not_after_text();
            log.line(Level::Info, "certificate taken", &[("until", &until)]);
            current.send_replace(Some(usable));
        }
        Look::Bad(problem) => {
            metrics.certificates_refused.add();
            let kept = if current.borrow().is_some() { "the one before" } else { "none" };
            let fields = [("error", problem.as_str()), ("served", kept)];
            log.line(Level::Error, "certificate not taken", &fields);
        }
    }
}

/// An expired certificate is not served: a client would refuse it anyway, and a probe has to see it.
fn expire(current: &watch::Sender<Option<Usable>>, metrics: &Metrics, log: &Log) {
    let now = SystemTime::now();
    let expired = current.borrow().as_ref().is_some_and(|usable| !usable.is_valid(now));
    if expired {
        current.send_replace(None);
        metrics.certificate_ends.set(0);
        log.line(Level::Error, "certificate expired", &[]);
    }
}
