//! Signs certificates when it is time for another one, by an authority that may change.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

use crate::{
    chance,
    tls::{Authority, Look, authority},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long an authority of our own lasts, and with it the file of --ca-out.
const AUTHORITY: Duration = DAY.saturating_mul(3650);

/// How long its certificates last.
const LEAF: Duration = DAY.saturating_mul(30);

/// Who signs, what, and for how long.
#[derive(Debug)]
pub struct Signer {
    authority: watch::Receiver<Option<Arc<Authority>>>,
    names: Vec<String>,
    life: Duration,
    last: Option<Last>,
}

/// The certificate that was signed last, or the problem.
#[derive(Debug)]
struct Last {
    by: Arc<Authority>,
    from: SystemTime,
    renew: SystemTime,
    problem: Option<String>,
}

impl Signer {
    /// Makes an authority of our own to sign by.
    ///
    /// # Errors
    ///
    /// Returns what the cryptography says.
    pub fn own(names: Vec<String>, now: SystemTime) -> Result<Self, String> {
        let authority = Arc::new(Authority::new(now, AUTHORITY)?);
        // Whoever follows it finds the authority also when the sender is gone.
        Ok(Self::following(watch::channel(Some(authority)).1, names, LEAF))
    }

    /// Signs by the authority of the moment; not at all while there is none.
    pub fn following(
        authority: watch::Receiver<Option<Arc<Authority>>>,
        names: Vec<String>,
        life: Duration,
    ) -> Self {
        Self { authority, names, life, last: None }
    }

    /// How long nothing is to be signed, unless there is another authority.
    pub fn rest(&self, now: SystemTime) -> Duration {
        let renew = self.last.as_ref().filter(|it| it.problem.is_none()).map(|it| it.renew);
        let left = renew.map(|renew| renew.duration_since(now).unwrap_or_default());
        left.unwrap_or(Duration::MAX)
    }

    /// Writes the certificate of its authority to a file.
    ///
    /// # Errors
    ///
    /// Says why the file cannot be written.
    pub fn write_authority(&self, path: &Path) -> Result<(), String> {
        let authority = self.authority.borrow().clone();
        authority.map_or(Ok(()), |authority| authority.write(path))
    }

    /// Signs a certificate when it is time for one.
    pub fn look(&mut self, now: SystemTime) -> Look {
        let Some(authority) = self.authority.borrow().clone() else { return Look::Same };
        let last = self.last.as_ref();
        let is_same = last.is_some_and(|it| authority::is_same(Some(&it.by), Some(&authority)));
        // A clock that was set back has signed for times that have not come yet.
        if is_same && last.is_some_and(|it| it.from <= now && now < it.renew) {
            return Look::Same;
        }
        let told = if is_same { self.last.take().and_then(|it| it.problem) } else { None };
        let (look, renew, problem) = match authority.sign(&self.names, self.life, now) {
            Ok(pair) => {
                let until = pair.until();
                let left = until.duration_since(now).unwrap_or_default();
                // One that ends with its authority is not replaced by another that does.
                let renew = if until < authority.until() { now + chance::due(left) } else { until };
                (Look::New(pair), renew, None)
            }
            Err(problem) if told.as_ref() == Some(&problem) => (Look::Same, now, told),
            Err(problem) => (Look::Bad(problem.clone()), now, Some(problem)),
        };
        self.last = Some(Last { by: authority, from: now, renew, problem });
        look
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn signer(now: SystemTime) -> Signer {
        let authority = Arc::new(Authority::new(now, DAY * 365).expect("an authority"));
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        Signer::following(watch::channel(Some(authority)).1, names, DAY * 7)
    }

    fn signed(look: Look) -> crate::tls::Pair {
        let Look::New(pair) = look else { panic!("{look:?}") };
        pair
    }

    #[test]
    fn a_certificate_is_replaced_before_it_ends() {
        let now = SystemTime::now();
        let mut signer = signer(now);
        signed(signer.look(now));
        assert!(matches!(signer.look(now + DAY * 4), Look::Same));
        assert!(signer.rest(now) > DAY * 4 && signer.rest(now) < DAY * 6);
        let second = signed(signer.look(now + DAY * 6));
        assert!(second.until() > now + DAY * 12);
        // A machine may sleep past the end.
        signed(signer.look(now + DAY * 46));
    }

    #[test]
    fn clocks_may_differ_by_half_an_hour() {
        let now = SystemTime::now();
        let pair = signed(signer(now).look(now));
        assert!(pair.from() < now - 59 * MINUTE && pair.from() > now - 61 * MINUTE);
        assert!(!pair.has_ended(now + 30 * MINUTE) && pair.has_ended(now + DAY * 7));
    }

    #[test]
    fn a_clock_that_was_set_back_signs_anew() {
        let now = SystemTime::now();
        let mut signer = signer(now);
        signed(signer.look(now + DAY * 40));
        assert!(signed(signer.look(now)).from() < now);
    }

    #[test]
    fn an_authority_that_ends_signs_to_its_end_and_then_says_so_once() {
        let now = SystemTime::now();
        let mut signer = signer(now);
        let last = signed(signer.look(now + DAY * 364));
        assert!(last.until() <= now + DAY * 365);
        assert!(matches!(signer.look(now + DAY * 364 + DAY / 2), Look::Same));
        let Look::Bad(problem) = signer.look(now + DAY * 400) else { panic!("it has ended") };
        assert!(problem.starts_with("the authority has ended on "), "{problem}");
        assert!(matches!(signer.look(now + DAY * 401), Look::Same));
    }
}
