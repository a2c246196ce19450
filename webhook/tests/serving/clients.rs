//! Who may ask: versions of TLS, and certificates of clients.

use std::{fs, io, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use rustls::{
    ClientConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    version::TLS12,
};

use crate::{
    client::{Client, trusting, trusting_with},
    program::{Folder, Running, until},
    reviews,
};

struct Authority(CertifiedIssuer<'static, KeyPair>);

type Shown = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    /// A certificate of a client with this common name, and this name of DNS.
    fn sign(&self, common: &str, dns: &str, usage: ExtendedKeyUsagePurpose) -> Shown {
        let mut params = CertificateParams::new(vec![dns.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, common);
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).expect("a key");
        (vec![certificate.der().clone()], key)
    }
}

/// Asks, and says whether that went on with an earlier session.
fn ask(running: &Running, config: &Arc<ClientConfig>) -> io::Result<bool> {
    let mut client = Client::new(&running.listen, config)?;
    let answer = client.post("/validate", reviews::good().as_bytes())?;
    assert_eq!(answer.status, 200);
    Ok(client.is_resumed())
}

fn is_ready(running: &Running) -> bool {
    running.get("/readyz").starts_with("HTTP/1.1 200 ")
}

#[test]
fn only_clients_with_the_right_certificate_are_heard() {
    let folder = Folder::new();
    let (ours, others) = (Authority::new(), Authority::new());
    let file = folder.path("clients.pem");
    fs::write(&file, ours.0.pem()).expect("it is written");
    let path = file.to_str().expect("UTF-8");
    let flags = ["--client-ca", path, "--client-name", "kube-apiserver,api.example"];
    let (running, authority) = Running::self_signed(&flags);
    let client = ExtendedKeyUsagePurpose::ClientAuth;
    let with = |shown: Option<Shown>| trusting_with(&authority, "http/1.1", shown);
    let right = [
        with(Some(ours.sign("kube-apiserver", "a", client.clone()))),
        with(Some(ours.sign("a", "API.example", client.clone()))),
    ];
    for config in &right {
        for _ in 0..2 {
            // Whoever went on with a session would show no certificate.
            assert!(!ask(&running, config).expect("an answer"));
        }
    }
    let server = ExtendedKeyUsagePurpose::ServerAuth;
    for (shown, what) in [
        (None, "none"),
        (Some(ours.sign("a", "b", client.clone())), "another name"),
        (Some(ours.sign("a", "kube-apiserver.b", client.clone())), "a part of a name"),
        (Some(others.sign("kube-apiserver", "a", client.clone())), "another authority"),
        (Some(ours.sign("kube-apiserver", "a", server)), "that of a server"),
    ] {
        ask(&running, &with(shown)).expect_err(what);
    }
    // Probes are not asked who they are, and our own question is no failed handshake.
    until("it is ready", || is_ready(&running).then_some(()));
    let metrics = running.get("/metrics");
    assert!(metrics.contains("{reason=\"handshake_failed\"} 5\n"), "{metrics}");

    // The file changes: to nothing of use, and to another authority.
    fs::write(&file, "garbage").expect("it is written");
    running.line_with("authorities of clients not taken");
    ask(&running, &right[0]).expect("those before stay");
    fs::write(&file, others.0.pem()).expect("it is written");
    until("the others", || ask(&running, &right[0]).is_err().then_some(()));
    let config = with(Some(others.sign("kube-apiserver", "a", client)));
    ask(&running, &config).expect("an answer");
}

#[test]
fn without_a_file_of_authorities_nobody_is_heard() {
    let folder = Folder::new();
    let file = folder.path("clients.pem");
    let path = file.to_str().expect("UTF-8");
    let (running, authority) = Running::self_signed(&["--client-ca", path]);
    running.line_with("authorities of clients not taken");
    assert!(!is_ready(&running));
    let ours = Authority::new();
    fs::write(&file, ours.0.pem()).expect("it is written");
    until("it is ready", || is_ready(&running).then_some(()));
    // Without names, any certificate of the authority will do.
    let shown = ours.sign("a", "b", ExtendedKeyUsagePurpose::ClientAuth);
    ask(&running, &trusting_with(&authority, "http/1.1", Some(shown))).expect("an answer");
    ask(&running, &trusting(&authority, "http/1.1")).expect_err("it shows none");
}

#[test]
fn an_old_version_of_tls_is_spoken_unless_it_must_not_be() {
    for (flags, is_spoken) in [(&[][..], true), (&["--tls-min", "1.3"], false)] {
        let (running, authority) = Running::self_signed(flags);
        let config = crate::client::speaking(&authority, &[&TLS12]);
        assert_eq!(ask(&running, &config).is_ok(), is_spoken, "{flags:?}");
        let config = trusting(&authority, "http/1.1");
        assert!(!ask(&running, &config).expect("TLS 1.3 is always spoken"));
        assert!(ask(&running, &config).expect("a session is remembered"));
        until("it is ready", || is_ready(&running).then_some(()));
    }
}
