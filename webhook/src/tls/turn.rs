//! When the next authority may sign: once API servers have had the time to learn of it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustls::pki_types::CertificateDer;
use tokio::time::Instant;

use crate::tls::{Authority, stored::Stored};

/// How long API servers get to learn of a change in a configuration. They are told of it, which takes far less than a second.
const LEARN: Duration = Duration::from_secs(5);

/// How long ago an authority was made that they certainly know.
const KNOWN: Duration = Duration::from_secs(60);

/// Whether it is the turn of an authority.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// The authority that is waited for, and since when it has been in all configurations.
    waited: Option<(CertificateDer<'static>, Instant)>,
}

/// What was found in the configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bundle {
    /// It was in all of them.
    There,
    /// It is, as we have just written it.
    Written,
    /// It is not.
    Missing,
}

impl Turn {
    /// Whether the stored authority may sign from now on; `served` is the one that does at the moment.
    pub(super) fn is(
        &mut self,
        stored: &Stored,
        served: Option<&Arc<Authority>>,
        bundle: Bundle,
        now: SystemTime,
    ) -> bool {
        // Nothing is lost any more by a change.
        let is_over = served.is_some_and(|served| served.check(now).is_err());
        if bundle == Bundle::Missing {
            self.waited = None;
            return is_over;
        }
        let next = stored.authority.certificate();
        let since = match self.waited.take() {
            Some((other, since)) if other == *next => since,
            _ => Instant::now(),
        };
        self.waited = Some((next.clone(), since));
        // At the start there is nothing to lose either, but others may be serving what is trusted already.
        let is_alone = served.is_none() && stored.previous.is_empty();
        let is_known = served.is_none() && bundle == Bundle::There && now > stored.since + KNOWN;
        is_over || is_alone || is_known || since.elapsed() >= LEARN
    }
}
