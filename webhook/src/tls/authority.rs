//! An authority: a certificate that others trust, its key, and what it signs.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::Write as _,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    RootCertStore,
    client::{verify_server_cert_signed_by_trust_anchor, verify_server_name},
    crypto::aws_lc_rs,
    pki_types::{
        CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime, pem::PemObject,
    },
    server::ParsedCertificate,
};
use x509_parser::parse_x509_certificate;

use crate::tls::{
    Pair,
    validity::{text, validity},
};

/// What we sign is valid since an hour ago: the clocks of clients differ from ours.
const EARLY: Duration = Duration::from_secs(60 * 60);

/// The authority.
#[derive(Debug)]
pub struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    from: SystemTime,
    until: SystemTime,
}

impl Authority {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// Returns what the cryptography says.
    pub fn new(now: SystemTime, life: Duration) -> Result<Self, String> {
        let mut params = lasting(CertificateParams::default(), now, now + life);
        // Two that are trusted at once are told apart by their names.
        let name = format!("meshroute-webhook, {}", text(now));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(|error| error.to_string())?;
        let certificate = params.self_signed(&key).map_err(|error| error.to_string())?;
        let certificate = certificate.der().clone();
        let (from, until) = validity(&certificate)?;
        Ok(Self { certificate, issuer: Issuer::new(params, key), from, until })
    }

    /// Takes one that was kept as PEM.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, String> {
        let certificate = CertificateDer::from_pem_slice(certificate)
            .map_err(|error| format!("there is no certificate: {error}"))?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| format!("there is no private key: {error}"))?;
        let key = KeyPair::try_from(&key)
            .map_err(|error| format!("the private key cannot be used: {error}"))?;
        let (from, until) = validity(&certificate)?;
        let (_, read) = parse_x509_certificate(&certificate)
            .map_err(|error| format!("the certificate cannot be read: {error}"))?;
        if !is_authority(&certificate) {
            return Err("the certificate is not that of an authority".to_owned());
        }
        if *read.public_key().subject_public_key.data != *key.public_key_raw() {
            return Err("certificate and key do not go together".to_owned());
        }
        let issuer =
            Issuer::from_ca_cert_der(&certificate, key).map_err(|error| error.to_string())?;
        Ok(Self { certificate, issuer, from, until })
    }

    /// Its certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Its key as PEM.
    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// When it ends.
    pub fn until(&self) -> SystemTime {
        self.until
    }

    /// When it was made, by the clock of whoever did.
    pub fn since(&self) -> SystemTime {
        self.from + EARLY
    }

    /// The part of its life at `now`, in thousandths.
    pub fn age(&self, now: SystemTime) -> u128 {
        let since = self.since();
        let whole = self.until.duration_since(since).unwrap_or_default().as_millis();
        let passed = now.duration_since(since).unwrap_or_default().as_millis();
        (passed * 1000).checked_div(whole).unwrap_or(1000)
    }

    /// Says why it cannot be used at `now`.
    ///
    /// # Errors
    ///
    /// One that is not valid yet is of no use: it comes from a clock that was wrong by hours.
    pub fn check(&self, now: SystemTime) -> Result<(), String> {
        if now >= self.until {
            Err(format!("the authority has ended on {}", text(self.until)))
        } else if now < self.from {
            Err(format!("the authority begins on {}", text(self.from)))
        } else {
            Ok(())
        }
    }

    /// Signs a certificate with these names; it does not outlive the authority.
    ///
    /// # Errors
    ///
    /// Says why nobody who trusts the authority would take it.
    pub fn sign(&self, names: &[String], life: Duration, now: SystemTime) -> Result<Pair, String> {
        self.check(now)?;
        let params = CertificateParams::new(names).map_err(|error| error.to_string())?;
        let mut params = lasting(params, now, self.until.min(now + life));
        params.distinguished_name.push(DnType::CommonName, "meshroute-webhook");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(|error| error.to_string())?;
        let leaf = params.signed_by(&key, &self.issuer).map_err(|error| error.to_string())?;
        let chain: Vec<CertificateDer<'static>> = vec![leaf.der().clone()];
        self.verify(leaf.der(), names, now)
            .map_err(|error| format!("the authority signs what no client takes: {error}"))?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Pair::new(chain, key, now)
    }

    /// Somebody may have given us an authority that may not sign for our names.
    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        names: &[String],
        now: SystemTime,
    ) -> Result<(), rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone())?;
        let leaf = ParsedCertificate::try_from(leaf)?;
        let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or_default());
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&leaf, &roots, &[], now, algorithms)?;
        for name in names {
            let name = ServerName::try_from(name.as_str())
                .map_err(|error| rustls::Error::General(error.to_string()))?;
            verify_server_name(&leaf, &name)?;
        }
        Ok(())
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
                file.write_all(pem(&self.certificate).as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&part, path));
        written.map_err(|error| {
            // It may not even be there.
            let _ = fs::remove_file(&part);
            format!("cannot write --ca-out {}: {error}", path.display())
        })
    }
}

/// An authority is shared by those who keep it and those who sign with it, and is the same as long as its certificate is.
pub(super) fn is_same(a: Option<&Arc<Authority>>, b: Option<&Arc<Authority>>) -> bool {
    a.map(|it| &it.certificate) == b.map(|it| &it.certificate)
}

/// Whether a certificate is that of an authority.
pub(super) fn is_authority(certificate: &CertificateDer<'_>) -> bool {
    parse_x509_certificate(certificate).is_ok_and(|(_, read)| read.is_ca())
}

/// A certificate as PEM.
pub(super) fn pem(certificate: &CertificateDer<'_>) -> String {
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let body = STANDARD.encode(certificate);
    for (idx, c) in body.chars().enumerate() {
        if idx > 0 && idx % 64 == 0 {
            text.push('\n');
        }
        text.push(c);
    }
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\n-----END CERTIFICATE-----");
    text
}

fn lasting(mut params: CertificateParams, now: SystemTime, until: SystemTime) -> CertificateParams {
    params.not_before = (now - EARLY).into();
    params.not_after = until.into();
    params
}
