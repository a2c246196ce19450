//! When the next authority may sign: once API servers have had the time to learn of it.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use crate::tls::{Authority, stored::Stored};
use rustls::pki_types::CertificateDer;

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
    ///
    /// The time is what the wall clock says and what another one does, which never jumps.
    pub(super) fn is(
        &mut self,
        stored: &Stored,
        served: Option<&Arc<Authority>>,
        bundle: Bundle,
        (now, clock): (SystemTime, Instant),
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
            _ => clock,
        };
        self.waited = Some((next.clone(), since));
        // At the start there is nothing to lose either, but others may be serving what is trusted already.
        let is_alone = served.is_none() && stored.previous.is_empty();
        let is_known = served.is_none() && bundle == Bundle::There && now > stored.since + KNOWN;
        is_over || is_alone || is_known || clock.duration_since(since) >= LEARN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const SECOND: Duration = Duration::from_secs(1);

    fn stored(since: SystemTime, previous: &[&Arc<Authority>]) -> Stored {
        let authority = Arc::new(Authority::new(since, DAY * 365).expect("an authority"));
        let previous = previous.iter().map(|it| it.certificate().clone()).collect();
        Stored { authority, previous, since }
    }

    #[test]
    fn the_next_one_signs_when_all_have_had_time_to_learn_of_it() {
        let now = SystemTime::now();
        let served = stored(now, &[]).authority;
        let next = stored(now, &[&served]);
        let other = stored(now, &[&served]);
        let (mut turn, start) = (Turn::default(), Instant::now());
        for (second, next, bundle, is) in [
            (0, &next, Bundle::Written, false),
            (4, &next, Bundle::There, false),
            // Somebody takes it away: the time begins anew.
            (5, &next, Bundle::Missing, false),
            (6, &next, Bundle::Written, false),
            (10, &next, Bundle::There, false),
            // So it does for yet another one.
            (11, &other, Bundle::Written, false),
            (12, &next, Bundle::There, false),
            (16, &next, Bundle::There, false),
            (17, &next, Bundle::There, true),
        ] {
            let time = (now, start + SECOND * second);
            assert_eq!(turn.is(next, Some(&served), bundle, time), is, "{second} s");
        }
    }

    #[test]
    fn one_that_has_ended_keeps_nobody_waiting() {
        let now = SystemTime::now();
        let served = stored(now, &[]).authority;
        let later = now + DAY * 400;
        let next = stored(later, &[]);
        assert!(Turn::default().is(&next, Some(&served), Bundle::Missing, (later, Instant::now())));
    }

    #[test]
    fn at_the_start_only_those_wait_whose_authority_is_new_to_others() {
        let now = SystemTime::now();
        let before = stored(now, &[]).authority;
        let time = (now, Instant::now());
        let is = |stored: &Stored, bundle| Turn::default().is(stored, None, bundle, time);
        assert!(is(&stored(now, &[]), Bundle::Written));
        assert!(!is(&stored(now, &[]), Bundle::Missing));
        assert!(!is(&stored(now, &[&before]), Bundle::Written));
        assert!(!is(&stored(now, &[&before]), Bundle::There));
        let known = stored(now - SECOND * 90, &[&before]);
        assert!(is(&known, Bundle::There));
        assert!(!is(&known, Bundle::Written));
    }
}
