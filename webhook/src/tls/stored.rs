//! What the Secret of the authority holds, and what it should hold next.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::{
    chance,
    tls::{
        Authority,
        authority::{is_authority, pem},
        validity::{text, validity},
    },
};

/// Where the certificate of the authority is; the names are those of every Secret with a certificate.
const CERTIFICATE: &str = "tls.crt";

/// Where its key is.
const KEY: &str = "tls.key";

/// Where the certificates of the authorities before it are.
const PREVIOUS: &str = "previous.crt";

/// The annotation that says since when the authority is this one.
const SINCE: &str = "meshroute.dev/authority-since";

/// So many certificates are read of a text.
const MOST: usize = 64;

/// How much longer than all certificates of an authority it stays trusted: for replicas that learn late of another.
const LATE: Duration = Duration::from_secs(30);

/// How an authority is to be.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The names that it has to be able to sign for.
    pub names: Vec<String>,
    /// How long a new one lasts.
    pub life: Duration,
    /// How long its certificates last.
    pub leaf: Duration,
    /// The part of its life after which another one follows, in thousandths.
    pub due: u32,
}

/// An authority, and those before it whose certificates may still be served.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    /// Who signs.
    pub(super) authority: Arc<Authority>,
    /// Those before, newest first.
    pub(super) previous: Vec<CertificateDer<'static>>,
    /// Since when the authority is this one.
    pub(super) since: SystemTime,
}

/// What to do with the Secret.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// It is as it should be.
    Keep(Stored),
    /// Another authority goes into it, and why.
    Replace(Stored, String),
    /// Only those before change.
    Mark(Stored),
}

impl Rules {
    /// Draws when the next authority follows: replicas need not all try at once.
    pub fn new(names: Vec<String>, life: Duration, leaf: Duration) -> Self {
        Self { names, life, leaf, due: chance::due_part() }
    }
}

impl Stored {
    /// All that clients have to trust, as PEM.
    pub(super) fn bundle(&self) -> String {
        let mut bundle = pem(self.authority.certificate());
        bundle.extend(self.previous.iter().map(pem));
        bundle
    }

    /// Puts it into a Secret, and leaves there whatever else there is.
    pub(super) fn write(&self, secret: &mut Secret) {
        self.mark(secret);
        let data = secret.data.get_or_insert_default();
        let certificate = pem(self.authority.certificate());
        data.insert(CERTIFICATE.to_owned(), ByteString(certificate.into_bytes()));
        data.insert(KEY.to_owned(), ByteString(self.authority.key_pem().into_bytes()));
    }

    /// Puts only those before into a Secret.
    pub(super) fn mark(&self, secret: &mut Secret) {
        let annotations = secret.metadata.annotations.get_or_insert_default();
        annotations.insert(SINCE.to_owned(), text(self.since));
        let data = secret.data.get_or_insert_default();
        let previous: String = self.previous.iter().map(pem).collect();
        data.insert(PREVIOUS.to_owned(), ByteString(previous.into_bytes()));
    }
}

/// Says what is to be done with a Secret; none where there is none.
///
/// `served` is the authority by which the certificate is signed that is served at the moment: as long as it is, clients have
/// to trust it, whatever others have made of the Secret.
///
/// # Errors
///
/// Returns what the cryptography says.
pub(super) fn next(
    secret: Option<&Secret>,
    served: Option<&Arc<Authority>>,
    rules: &Rules,
    now: SystemTime,
) -> Result<Step, String> {
    let none = BTreeMap::new();
    let data = secret.and_then(|secret| secret.data.as_ref()).unwrap_or(&none);
    let bytes = |key| data.get(key).map_or(&[][..], |bytes| &bytes.0);
    let served = served.map(|it| it.certificate());
    let before = certificates(bytes(PREVIOUS));
    let authority = match usable(bytes(CERTIFICATE), bytes(KEY), rules, now) {
        Ok(authority) => authority,
        Err(_) if secret.is_none() => {
            return replace(
                served.cloned().into_iter().collect(),
                "there is no Secret",
                rules,
                now,
            );
        }
        Err(problem) => {
            // Others may be serving a certificate of what is there, even if nobody can sign by it any more.
            let mut previous: Vec<_> = served.cloned().into_iter().collect();
            previous.extend(certificates(bytes(CERTIFICATE)).into_iter().chain(before));
            return replace(previous, &problem, rules, now);
        }
    };
    let own = authority.certificate().clone();
    if authority.age(now) >= u128::from(rules.due) {
        let previous = std::iter::once(own).chain(before).collect();
        return replace(previous, "it is time for another one", rules, now);
    }
    let since = secret.and_then(since).unwrap_or_else(|| authority.since());
    let mut stored = Stored { authority: Arc::new(authority), previous: before.clone(), since };
    if now > since + rules.leaf * 2 + LATE {
        stored.previous.clear();
    }
    if let Some(served) = served.filter(|served| !before.contains(served) && **served != own) {
        stored.previous.insert(0, served.clone());
        stored.since = now;
    }
    stored.previous = trusted(stored.previous, &own, now);
    Ok(if stored.previous == before { Step::Keep(stored) } else { Step::Mark(stored) })
}

fn usable(
    certificate: &[u8],
    key: &[u8],
    rules: &Rules,
    now: SystemTime,
) -> Result<Authority, String> {
    let authority = Authority::from_pem(certificate, key)?;
    // Nothing tells better whether it can sign.
    authority.sign(&rules.names, rules.leaf, now)?;
    Ok(authority)
}

fn replace(
    previous: Vec<CertificateDer<'static>>,
    why: &str,
    rules: &Rules,
    now: SystemTime,
) -> Result<Step, String> {
    let authority = Arc::new(Authority::new(now, rules.life)?);
    let previous = trusted(previous, authority.certificate(), now);
    Ok(Step::Replace(Stored { authority, previous, since: now }, why.to_owned()))
}

/// Those authorities that are valid and not the one itself, each once.
fn trusted(
    all: Vec<CertificateDer<'static>>,
    own: &CertificateDer<'_>,
    now: SystemTime,
) -> Vec<CertificateDer<'static>> {
    let mut previous = Vec::new();
    for certificate in all {
        let is_valid = validity(&certificate).is_ok_and(|(_, until)| now < until);
        if is_valid
            && is_authority(&certificate)
            && certificate != *own
            && !previous.contains(&certificate)
        {
            previous.push(certificate);
        }
    }
    previous
}

/// The certificates in a text, without what is none.
fn certificates(text: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(text).take(MOST).filter_map(Result::ok).collect()
}

fn since(secret: &Secret) -> Option<SystemTime> {
    let text = secret.metadata.annotations.as_ref()?.get(SINCE)?;
    text.parse::<Timestamp>().ok().map(SystemTime::from)
}

#[cfg(test)]
mod tests;
