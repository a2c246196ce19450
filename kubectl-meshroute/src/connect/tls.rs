//! TLS for a target: kube's, except that an authority may be the server's own certificate.
//!
//! `openssl req -x509` makes such certificates, and Go accepts them where they are named as the
//! authority; webpki refuses an authority that serves.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::Uri;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use kube::{Config, client::ConfigExt};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use super::{
    login::Identity,
    target::{Target, Trust},
    trouble::Trouble,
};

/// How TLS is spoken to a target.
pub(super) struct Tls {
    config: ClientConfig,
    name: Option<ServerName<'static>>,
}

impl Tls {
    /// Prepares TLS; `identity` is whom it shows.
    pub(super) fn new(target: &Target, identity: Option<&Identity>) -> Result<Self, Trouble> {
        let names = &target.names;
        let failed = |what: String| {
            Trouble::Credentials(format!(
                "TLS to {} cannot be set up with the authorities of {} and the key of {}: {what}",
                names.server, names.origin, names.login
            ))
        };
        let mut config = settings(target, identity).rustls_client_config().map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            failed(cause.unwrap_or_else(|| error.to_string()))
        })?;
        // Where a file is named it is the pod's, and kube reads it again in time.
        if let Trust::Authorities(authorities, None) = &target.trust {
            let verifier = Verifier::new(authorities).map_err(failed)?;
            config.dangerous().set_certificate_verifier(Arc::new(verifier));
        }
        let name = target.tls_name.clone().map(|name| {
            ServerName::try_from(name.clone()).map_err(|_| {
                Trouble::Untrusted(format!("the TLS server name {name:?} is no name of a host"))
            })
        });
        Ok(Self { config, name: name.transpose()? })
    }

    /// Speaks TLS on the connections of another connector.
    pub(super) fn over<C>(&self, connector: C) -> HttpsConnector<C> {
        let builder =
            HttpsConnectorBuilder::new().with_tls_config(self.config.clone()).https_or_http();
        match &self.name {
            Some(name) => builder
                .with_server_name_resolver(FixedServerNameResolver::new(name.clone()))
                .enable_http1()
                .wrap_connector(connector),
            None => builder.enable_http1().wrap_connector(connector),
        }
    }
}

/// The settings in the words of kube.
fn settings(target: &Target, identity: Option<&Identity>) -> Config {
    let mut config = Config::new(Uri::clone(&target.url));
    match &target.trust {
        Trust::System => {}
        Trust::Authorities(certificates, file) => {
            config.root_cert = Some(certificates.clone());
            config.root_cert_file = file.clone();
        }
        Trust::Anyone => {
            config.accept_invalid_certs = true;
            // Without this, the authorities of the machine are read, which takes time, and fails
            // where there are none.
            config.root_cert = Some(Vec::new());
        }
    }
    if let Some(Identity { certificate, key }) = identity {
        let auth = &mut config.auth_info;
        auth.client_certificate_data = Some(BASE64_STANDARD.encode(certificate));
        auth.client_key_data = Some(BASE64_STANDARD.encode(key.reveal()).into());
    }
    config
}

/// Believes authorities, and servers whose certificate is itself named as one.
#[derive(Debug)]
struct Verifier {
    authorities: Vec<Vec<u8>>,
    webpki: Arc<WebPkiServerVerifier>,
}

impl Verifier {
    fn new(authorities: &[Vec<u8>]) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(
            authorities.iter().map(|it| CertificateDer::from(it.as_slice())),
        );
        let webpki = WebPkiServerVerifier::builder(Arc::new(roots)).build();
        Ok(Self {
            authorities: authorities.to_vec(),
            webpki: webpki.map_err(|error| error.to_string())?,
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.webpki.verify_server_cert(certificate, intermediates, name, ocsp, now);
        match verified {
            // webpki says so after it has looked at the time, and before it looks for a signature,
            // which is of no use here: the user has named this very certificate.
            Err(Error::InvalidCertificate(CertificateError::Other(error)))
                if error.to_string() == "CaUsedAsEndEntity"
                    && self.authorities.iter().any(|it| it == certificate.as_ref()) =>
            {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}
