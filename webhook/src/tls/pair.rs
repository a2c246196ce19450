//! A certificate with its key, checked before it is served.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use x509_parser::parse_x509_certificate;

/// A certificate that can be served.
#[derive(Clone, Debug)]
pub struct Usable {
    config: Arc<ServerConfig>,
    /// In seconds since 1970.
    not_after: i64,
}

impl Usable {
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
        let first = chain.first().ok_or("there is no certificate")?;
        let (_, leaf) = parse_x509_certificate(first)
            .map_err(|error| format!("the certificate cannot be read: {error}"))?;
        let not_after = leaf.validity().not_after.timestamp();
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .map_err(|error| format!("certificate and key do not go together: {error}"))?;
        // An API server speaks HTTP/1.1 to Services and HTTP/2 to loopback.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let usable = Self { config: Arc::new(config), not_after };
        if !usable.is_valid(now) {
            return Err(format!("the certificate has expired on {}", usable.not_after_text()));
        }
        Ok(usable)
    }

    /// The settings of a server that serves it.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// When it ends, in seconds since 1970.
    pub fn not_after(&self) -> i64 {
        self.not_after
    }

    /// When it ends, for people.
    pub fn not_after_text(&self) -> String {
        jiff::Timestamp::from_second(self.not_after)
            .map_or_else(|_| "a time too far away".to_owned(), |time| time.to_string())
    }

    /// Whether it has not expired. One that is not valid yet is served: the clock of the client decides, and ours may be late.
    pub fn is_valid(&self, now: SystemTime) -> bool {
        let Ok(not_after) = u64::try_from(self.not_after) else { return false };
        now < UNIX_EPOCH + Duration::from_secs(not_after)
    }
}
