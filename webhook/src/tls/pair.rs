//! A certificate with its key, checked before it is served.

use std::{sync::Arc, time::SystemTime};

use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::tls::validity::{text, validity};

/// A certificate that can be served.
#[derive(Clone, Debug)]
pub struct Usable {
    config: Arc<ServerConfig>,
    from: SystemTime,
    until: SystemTime,
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
        let (from, until) = validity(first)?;
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .map_err(|error| format!("certificate and key do not go together: {error}"))?;
        // An API server speaks HTTP/1.1 to Services and HTTP/2 to loopback.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let usable = Self { config: Arc::new(config), from, until };
        if until <= now {
            return Err(format!("the certificate has expired on {}", text(until)));
        }
        Ok(usable)
    }

    /// The settings of a server that serves it.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
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
