//! Certificates in files: bad at the start, replaced under load, in all the ways in which they are replaced.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

use crate::{
    client::{Client, trusting},
    program::{Folder, Running, until, webhook},
    reviews,
};

struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key in PEM.
struct Pair(String, String);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    fn sign(&self, last_year: i32) -> Pair {
        self.sign_for(&["localhost"], last_year)
    }

    fn sign_for(&self, names: &[&str], last_year: i32) -> Pair {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(last_year, 12, 31);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Pair(certificate.pem(), key.serialize_pem())
    }
}

/// Replaces a folder of files as a kubelet does: a link above them is moved.
fn swap(folder: &Folder, number: usize, pair: &Pair) {
    let version = format!("..{number}");
    fs::create_dir_all(folder.path(&version)).expect("a folder");
    write(&folder.path(&version), pair);
    let (next, data) = (folder.path("..next"), folder.path("..data"));
    symlink(&version, &next).expect("a link");
    fs::rename(&next, &data).expect("it is moved");
    for name in ["tls.crt", "tls.key"] {
        if !folder.path(name).is_symlink() {
            symlink(format!("..data/{name}"), folder.path(name)).expect("a link");
        }
    }
}

fn write(folder: &Path, pair: &Pair) {
    fs::write(folder.join("tls.crt"), &pair.0).expect("it is written");
    fs::write(folder.join("tls.key"), &pair.1).expect("it is written");
}

fn start(folder: &Folder, flags: &[&str]) -> Running {
    Running::start(
        webhook()
            .args(["--cluster", "none", "--tls", "files", "--tls-cert"])
            .arg(folder.path("tls.crt"))
            .arg("--tls-key")
            .arg(folder.path("tls.key"))
            .args(flags),
    )
}

fn is_ready(running: &Running) -> bool {
    running.get("/readyz").starts_with("HTTP/1.1 200 ")
}

#[test]
fn files_are_replaced_under_load_without_a_lost_review() {
    let (folder, authority) = (Folder::new(), Authority::new());
    swap(&folder, 0, &authority.sign(2100));
    let running = start(&folder, &[]);
    let config = trusting(&authority.0.pem(), "http/1.1");
    let shown = || {
        let client = Client::shaken(&running.listen, &config).expect("a handshake");
        client.certificate()
    };
    let mut before = shown();
    let (is_over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for is_kept in [true, false] {
            let (is_over, answered, running, config) = (&is_over, &answered, &running, &config);
            scope.spawn(move || {
                let body = reviews::good();
                let connect = || Client::new(&running.listen, config).expect("it listens");
                let mut client = connect();
                while !is_over.load(Ordering::SeqCst) {
                    let answer = client.post("/validate", body.as_bytes()).expect("an answer");
                    assert_eq!(answer.status, 200);
                    answered.fetch_add(1, Ordering::SeqCst);
                    if !is_kept {
                        client = connect();
                    }
                }
            });
        }
        for number in 1..=5 {
            swap(&folder, number, &authority.sign(2100));
            before = until("the new certificate", || Some(shown()).filter(|it| *it != before));
        }
        // The key of another certificate, an expired one, and half of one: the old one stays.
        let (pair, expired) = (authority.sign(2100), authority.sign(2020));
        let half = pair.0[..pair.0.len() / 2].to_owned();
        let other = Pair(pair.0.clone(), expired.1.clone());
        for (number, pair) in [other, expired, Pair(half, pair.1.clone())].iter().enumerate() {
            swap(&folder, 10 + number, pair);
            running.line_with("certificate not taken");
            assert_eq!(shown(), before);
            assert!(is_ready(&running));
        }
        // Written in place, one file after the other.
        write(&folder.path("..data"), &authority.sign(2100));
        before = until("the new certificate", || Some(shown()).filter(|it| *it != before));
        // Written in place, and first only the half.
        let Pair(certificate, key) = authority.sign(2100);
        let half = certificate[..certificate.len() / 2].to_owned();
        write(&folder.path("..data"), &Pair(half, key.clone()));
        running.line_with("certificate not taken");
        assert_eq!(shown(), before);
        write(&folder.path("..data"), &Pair(certificate, key));
        before = until("the new certificate", || Some(shown()).filter(|it| *it != before));
        // Gone for a while.
        fs::remove_file(folder.path("..data/tls.crt")).expect("it was there");
        running.line_with("certificate not taken");
        assert_eq!(shown(), before);
        write(&folder.path("..data"), &authority.sign(2100));
        until("the new certificate", || Some(shown()).filter(|it| *it != before));
        is_over.store(true, Ordering::SeqCst);
    });
    assert!(answered.load(Ordering::SeqCst) > 100, "{answered:?}");
}

#[test]
fn bad_files_at_the_start_are_no_end() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let good = authority.sign(2100);
    let running = start(&folder, &[]);
    assert!(running.line_with("certificate not taken").contains("tls.crt: "));
    assert!(!is_ready(&running));
    for (pair, problem) in [
        (Pair(String::new(), good.1.clone()), "there is no certificate"),
        (Pair(good.0.clone(), String::new()), "there is no private key"),
        (authority.sign(2020), "has expired on 2020-12-31T00:00:00Z"),
        (authority.sign_for(&[], 2100), "no subject alternative name"),
    ] {
        write(&folder.path(""), &pair);
        until(problem, || running.line().contains(problem).then_some(()));
        assert!(!is_ready(&running));
    }
    write(&folder.path(""), &good);
    until("the certificate", || is_ready(&running).then_some(()));
    let config = trusting(&authority.0.pem(), "http/1.1");
    let mut client = Client::new(&running.listen, &config).expect("it listens");
    let answer = client.post("/validate", reviews::good().as_bytes()).expect("an answer");
    assert_eq!(answer.status, 200);
}

#[test]
fn a_certificate_has_to_have_the_names_that_were_given() {
    let (folder, authority) = (Folder::new(), Authority::new());
    write(&folder.path(""), &authority.sign_for(&["localhost", "a.shop.svc"], 2100));
    let running = start(&folder, &["--tls-name", "a.shop.svc,b.shop.svc"]);
    running.line_with("the certificate is not for b.shop.svc");
    assert!(!is_ready(&running));
    write(&folder.path(""), &authority.sign_for(&["*.shop.svc"], 2100));
    until("the certificate", || is_ready(&running).then_some(()));
}
