//! Whatever is in a file or a Secret, it is taken or refused in words: damaged certificates, of all the kinds that are read.

use std::time::SystemTime;

use k8s_openapi::{ByteString, api::core::v1::Secret};
use proptest::{collection::vec, prelude::*};

use crate::tls::{
    Look, Pair, Rules, Signer,
    authority::Authority,
    stored::{self, Step},
    terms,
};

/// A certificate and its key as PEM, those of an authority and those that it has signed.
fn good() -> [(String, String); 2] {
    let now = SystemTime::now();
    let authority = Authority::new(now, rules().life).expect("an authority");
    let leaf = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let own = (super::authority::pem(authority.certificate()), authority.key_pem());
    [own, (leaf.cert.pem(), leaf.signing_key.serialize_pem())]
}

fn rules() -> Rules {
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    Rules::new(vec!["localhost".to_owned()], day * 365, day * 7)
}

/// Changes bytes, in the text or below its base64, and cuts the end off.
fn damaged(text: &str, is_below: bool, changes: &[(usize, u8)], cut: usize) -> Vec<u8> {
    let change = |bytes: &mut Vec<u8>| {
        for (place, byte) in changes {
            let place = place % bytes.len().max(1);
            if let Some(there) = bytes.get_mut(place) {
                *there = *byte;
            }
        }
        bytes.truncate(bytes.len().saturating_sub(cut));
    };
    let mut bytes = text.as_bytes().to_vec();
    if is_below && text.contains("BEGIN CERTIFICATE") {
        use rustls::pki_types::{CertificateDer, pem::PemObject};
        let certificate = CertificateDer::from_pem_slice(&bytes).expect("it is good");
        let mut inside = certificate.to_vec();
        change(&mut inside);
        return super::authority::pem(&CertificateDer::from(inside)).into_bytes();
    }
    change(&mut bytes);
    bytes
}

fn read(certificate: &[u8], key: &[u8]) {
    let now = SystemTime::now();
    let names = ["localhost".to_owned()];
    if let Err(problem) = Pair::from_pem(certificate, key, now)
        .and_then(|pair| pair.check_names(&names).map(|()| pair))
        .and_then(|pair| super::Terms::default().apply(pair))
    {
        assert!(!problem.is_empty() && !problem.contains('\n'), "{problem}");
    }
    if let Err(problem) = terms::verifier(certificate, &names) {
        assert!(!problem.is_empty() && !problem.contains('\n'), "{problem}");
    }
    let mut secret = Secret::default();
    let data = secret.data.get_or_insert_default();
    for (name, bytes) in [("tls.crt", certificate), ("tls.key", key), ("previous.crt", certificate)]
    {
        data.insert(name.to_owned(), ByteString(bytes.to_vec()));
    }
    let (Step::Keep(stored) | Step::Mark(stored) | Step::Replace(stored, _)) =
        stored::next(Some(&secret), None, &rules(), now).expect("the cryptography works");
    // Whatever was there, what comes of it signs.
    let signing = tokio::sync::watch::channel(Some(stored.authority)).1;
    let mut signer = Signer::following(signing, names.to_vec(), rules().leaf);
    assert!(matches!(signer.look(now), Look::New(_)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn damaged_certificates_are_refused_in_words(
        which in 0_usize..2,
        is_below: bool,
        of_certificate in vec((any::<usize>(), any::<u8>()), 0..4),
        of_key in vec((any::<usize>(), any::<u8>()), 0..2),
        cut in prop_oneof![4 => Just(0_usize), 1 => 0_usize..900],
    ) {
        let (certificate, key) = &good()[which];
        read(&damaged(certificate, is_below, &of_certificate, cut), &damaged(key, false, &of_key, 0));
    }

    #[test]
    fn any_bytes_are_refused_in_words(certificate in vec(any::<u8>(), 0..200), key in vec(any::<u8>(), 0..200)) {
        read(&certificate, &key);
    }
}
