//! What clients have to bring: a version of TLS, and, if it is asked for, a certificate.

use std::{path::PathBuf, sync::Arc};

use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, UnixTime, pem::PemObject},
    server::{
        NoServerSessionStorage, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::SingleCertAndKey,
    version::{TLS12, TLS13},
};
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

use crate::tls::{files::read, pair::Pair};

/// The oldest version of TLS that is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Version {
    /// TLS 1.2
    #[default]
    #[value(name = "1.2")]
    Two,
    /// TLS 1.3
    #[value(name = "1.3")]
    Three,
}

/// The terms.
#[derive(Debug, Default)]
pub struct Terms {
    version: Version,
    clients: Option<Clients>,
}

/// Who may ask: those with a certificate of an authority in a file.
#[derive(Debug)]
struct Clients {
    file: PathBuf,
    names: Vec<String>,
    seen: Option<Result<Vec<u8>, String>>,
    verifier: Option<Arc<dyn ClientCertVerifier>>,
}

/// A certificate that can be served, on the terms of the moment.
#[derive(Clone, Debug)]
pub struct Usable {
    /// The certificate.
    pub pair: Pair,
    config: Arc<ServerConfig>,
}

/// What a look at the terms brought.
#[derive(Debug)]
pub(super) enum Change {
    /// Nothing new.
    None,
    /// Others may ask.
    New,
    /// Something new that cannot be used, and why.
    Bad(String),
}

impl Terms {
    /// Anybody may ask in this version of TLS, or a later one.
    pub fn new(version: Version) -> Self {
        Self { version, clients: None }
    }

    /// Only clients with a certificate of an authority in this file, and with one of these names if there are any, may ask.
    #[must_use]
    pub fn only(self, file: PathBuf, names: Vec<String>) -> Self {
        let clients = Clients { file, names, seen: None, verifier: None };
        Self { clients: Some(clients), ..self }
    }

    /// Reads the file of authorities again.
    pub(super) fn look(&mut self) -> Change {
        self.clients.as_mut().map_or(Change::None, Clients::look)
    }

    /// Puts a certificate on these terms; none as long as it is not known who may ask.
    ///
    /// # Errors
    ///
    /// Returns what the cryptography says.
    pub fn apply(&self, pair: Pair) -> Result<Option<Usable>, String> {
        let versions = match self.version {
            Version::Two => &[&TLS13, &TLS12][..],
            Version::Three => &[&TLS13],
        };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(|error| error.to_string())?;
        let resolver = Arc::new(SingleCertAndKey::from(pair.key()));
        let mut config = match &self.clients {
            None => builder.with_no_client_auth().with_cert_resolver(resolver),
            Some(Clients { verifier: None, .. }) => return Ok(None),
            Some(Clients { verifier: Some(verifier), .. }) => {
                let builder = builder.with_client_cert_verifier(Arc::clone(verifier));
                let mut config = builder.with_cert_resolver(resolver);
                // Whoever goes on with an old session shows no certificate.
                config.session_storage = Arc::new(NoServerSessionStorage {});
                config.send_tls13_tickets = 0;
                config
            }
        };
        // An API server speaks HTTP/1.1 to Services and HTTP/2 to loopback.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Some(Usable { pair, config: Arc::new(config) }))
    }
}

impl Usable {
    /// The settings of a server that serves it.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

impl Clients {
    fn look(&mut self) -> Change {
        let read = read(&self.file);
        if self.seen.as_ref() == Some(&read) {
            return Change::None;
        }
        let verifier = match &read {
            Ok(text) => verifier(text, &self.names)
                .map_err(|problem| format!("{}: {problem}", self.file.display())),
            Err(problem) => Err(problem.clone()),
        };
        self.seen = Some(read);
        match verifier {
            Ok(verifier) => {
                self.verifier = Some(verifier);
                Change::New
            }
            Err(problem) => Change::Bad(problem),
        }
    }
}

/// Reads who may ask.
pub(super) fn verifier(
    text: &[u8],
    names: &[String],
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(text) {
        let certificate = certificate.map_err(|error| format!("this is no PEM: {error}"))?;
        roots.add(certificate).map_err(|error| format!("this is no authority: {error}"))?;
    }
    if roots.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let inner = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(Named { inner, names: names.to_vec() }))
}

/// A verifier that also looks at the name.
#[derive(Debug)]
struct Named {
    inner: Arc<dyn ClientCertVerifier>,
    names: Vec<String>,
}

impl ClientCertVerifier for Named {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.inner.verify_client_cert(end_entity, intermediates, now)?;
        if self.names.is_empty() || has_name(end_entity, &self.names) {
            Ok(verified)
        } else {
            Err(rustls::CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Whether a certificate has one of these as its common name, or as a name of DNS.
fn has_name(certificate: &CertificateDer<'_>, names: &[String]) -> bool {
    let Ok((_, read)) = parse_x509_certificate(certificate) else { return false };
    let common = read.subject().iter_common_name().filter_map(|name| name.as_str().ok());
    if common.into_iter().any(|common| names.iter().any(|name| name == common)) {
        return true;
    }
    let Ok(Some(others)) = read.subject_alternative_name() else { return false };
    others.value.general_names.iter().any(|other| match other {
        GeneralName::DNSName(other) => names.iter().any(|name| name.eq_ignore_ascii_case(other)),
        _ => false,
    })
}
