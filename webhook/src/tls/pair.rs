//! A certificate with its key, checked before it is served.

use std::{sync::Arc, time::SystemTime};

use rustls::{
    client::verify_server_name,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    server::ParsedCertificate,
    sign::CertifiedKey,
};
use x509_parser::parse_x509_certificate;

use crate::tls::validity::{text, validity};

/// A certificate that can be served.
#[derive(Clone, Debug)]
pub struct Pair {
    key: Arc<CertifiedKey>,
    leaf: CertificateDer<'static>,
    from: SystemTime,
    until: SystemTime,
}

impl Pair {
    /// Takes a chain and its key, both in PEM.
    ///
    /// # Errors
    ///
    /// Says what is wrong with which of them.
    pub fn from_pem(chain: &[u8], key: &[u8], now: SystemTime) -> Result<Self, String> {
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("the certificate is no PEM: {error}"))?;
        if chain.is_empty() {
            return Err("there is no certificate in the file of certificates".to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| format!("there is no private key in the file of the key: {error}"))?;
        Self::new(chain, key, now)
    }

    /// Takes a chain and its key.
    ///
    /// # Errors
    ///
    /// Says what is wrong with which of them.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        now: SystemTime,
    ) -> Result<Self, String> {
        let leaf = chain.first().ok_or("there is no certificate")?.clone();
        let (from, until) = validity(&leaf)?;
        let key = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())
            .map_err(|error| format!("certificate and key do not go together: {error}"))?;
        if until <= now {
            return Err(format!("the certificate has expired on {}", text(until)));
        }
        Ok(Self { key: Arc::new(key), leaf, from, until })
    }

    /// Says which name the certificate lacks.
    ///
    /// # Errors
    ///
    /// One without any alternative name is refused too: API servers look at nothing else.
    pub fn check_names(&self, names: &[String]) -> Result<(), String> {
        let (_, read) = parse_x509_certificate(&self.leaf)
            .map_err(|error| format!("the certificate cannot be read: {error}"))?;
        if !matches!(read.subject_alternative_name(), Ok(Some(_))) {
            return Err(
                "the certificate has no subject alternative name, and API servers look at no other"
                    .to_owned(),
            );
        }
        let leaf = ParsedCertificate::try_from(&self.leaf).map_err(|error| error.to_string())?;
        for name in names {
            let has = ServerName::try_from(name.as_str())
                .is_ok_and(|name| verify_server_name(&leaf, &name).is_ok());
            if !has {
                return Err(format!("the certificate is not for {name}"));
            }
        }
        Ok(())
    }

    /// What signs in a handshake.
    pub fn key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.key)
    }

    /// The first certificate, which is that of the server.
    pub fn leaf(&self) -> &CertificateDer<'static> {
        &self.leaf
    }

    /// When it begins.
    pub fn from(&self) -> SystemTime {
        self.from
    }

    /// When it ends.
    pub fn until(&self) -> SystemTime {
        self.until
    }

    /// Whether it has expired. One that is not valid yet is served: the clock of the client decides, and ours may be late.
    pub fn has_ended(&self, now: SystemTime) -> bool {
        now >= self.until
    }
}
