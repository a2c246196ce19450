//! An authority of our own, in memory: a certificate without a cluster and without files.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::tls::{Look, Usable};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the authority lasts, and with it the file of --ca-out.
const AUTHORITY: Duration = DAY.saturating_mul(3650);

/// How long a certificate lasts. It is replaced after two thirds of that.
const LEAF: Duration = DAY.saturating_mul(30);

/// The names that the process is reached by: on the same machine, and as a Service in one of the usual namespaces.
const NAMES: [&str; 10] = [
    "localhost",
    "127.0.0.1",
    "::1",
    "meshroute-webhook",
    "meshroute-webhook.default",
    "meshroute-webhook.default.svc",
    "meshroute-webhook.meshroute",
    "meshroute-webhook.meshroute.svc",
    "meshroute-webhook.meshroute-system",
    "meshroute-webhook.meshroute-system.svc",
];

/// The authority.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    renew: Option<SystemTime>,
}

impl Authority {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// Returns what the cryptography says.
    pub fn new(now: SystemTime) -> Result<Self, String> {
        let mut params = lasting(CertificateParams::default(), now, AUTHORITY);
        params.distinguished_name.push(DnType::CommonName, "meshroute self-signed");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(|error| error.to_string())?;
        let issuer =
            CertifiedIssuer::self_signed(params, key).map_err(|error| error.to_string())?;
        Ok(Self { issuer, renew: None })
    }

    /// Writes its certificate, whole or not at all: somebody may be waiting for the file.
    ///
    /// # Errors
    ///
    /// Says why the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let name = path.file_name().ok_or_else(|| format!("{}: not a file", path.display()))?;
        let mut part = name.to_owned();
        part.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(part);
        let written = File::create(&part)
            .and_then(|mut file| {
                file.write_all(self.issuer.pem().as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&part, path));
        written.map_err(|error| {
            // It may not even be there.
            let _ = fs::remove_file(&part);
            format!("cannot write --ca-out {}: {error}", path.display())
        })
    }

    /// Signs a certificate when it is time for one.
    pub fn look(&mut self, now: SystemTime) -> Look {
        if self.renew.is_some_and(|renew| now < renew) {
            return Look::Same;
        }
        match self.sign(now) {
            Ok(usable) => {
                self.renew = Some(now + LEAF * 2 / 3);
                Look::New(usable)
            }
            Err(problem) => Look::Bad(problem),
        }
    }

    fn sign(&self, now: SystemTime) -> Result<Usable, String> {
        let names = NAMES.map(str::to_owned).to_vec();
        let params = CertificateParams::new(names).map_err(|error| error.to_string())?;
        let mut params = lasting(params, now, LEAF);
        params.distinguished_name.push(DnType::CommonName, "meshroute-webhook");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(|error| error.to_string())?;
        let leaf = params.signed_by(&key, &self.issuer).map_err(|error| error.to_string())?;
        let chain: Vec<CertificateDer<'static>> = vec![leaf.der().clone()];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Usable::new(chain, key, now)
    }
}

/// Valid since an hour ago: the clocks of clients differ from ours.
fn lasting(mut params: CertificateParams, now: SystemTime, time: Duration) -> CertificateParams {
    params.not_before = (now - HOUR).into();
    params.not_after = (now + time).into();
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_replaced_before_it_ends() {
        let now = SystemTime::now();
        let mut authority = Authority::new(now).expect("an authority");
        assert!(matches!(authority.look(now), Look::New(_)));
        assert!(matches!(authority.look(now + DAY * 19), Look::Same));
        // A machine may sleep past the end.
        for days in [21, 400] {
            assert!(matches!(authority.look(now + DAY * days), Look::New(_)), "{days}");
        }
    }
}
