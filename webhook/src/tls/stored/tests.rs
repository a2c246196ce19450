//! What the Secret holds next, at times that the tests choose.

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn rules() -> Rules {
    let names = ["localhost", "meshroute-webhook.a.svc"].map(str::to_owned).to_vec();
    Rules::new(names, DAY * 365, DAY * 7)
}

fn step(secret: Option<&Secret>, served: Option<&Arc<Authority>>, now: SystemTime) -> Step {
    next(secret, served, &rules(), now).expect("the cryptography works")
}

/// Does what a step says.
fn done(step: Step, secret: &mut Secret) -> Stored {
    match step {
        Step::Keep(stored) => stored,
        Step::Replace(stored, _) => {
            stored.write(secret);
            stored
        }
        Step::Mark(stored) => {
            stored.mark(secret);
            stored
        }
    }
}

/// A Secret with an authority that was made at `now`.
fn made(now: SystemTime) -> (Secret, Arc<Authority>) {
    let mut secret = Secret::default();
    let stored = done(step(None, None, now), &mut secret);
    assert!(stored.previous.is_empty());
    (secret, stored.authority)
}

fn is_kept(step: &Step, authority: &Arc<Authority>) -> bool {
    matches!(step, Step::Keep(stored)
        if stored.authority.certificate() == authority.certificate() && stored.previous.is_empty())
}

fn put(secret: &mut Secret, key: &str, text: &[u8]) {
    secret.data.get_or_insert_default().insert(key.to_owned(), ByteString(text.to_vec()));
}

#[test]
fn an_authority_is_kept_for_more_than_half_of_its_life() {
    let now = SystemTime::now();
    let (secret, authority) = made(now);
    // A replica whose clock is late, or early, agrees.
    for time in [now, now - MINUTE * 30, now + MINUTE * 30, now + DAY * 40, now + DAY * 210] {
        assert!(is_kept(&step(Some(&secret), None, time), &authority));
        assert!(is_kept(&step(Some(&secret), Some(&authority), time), &authority));
    }
}

#[test]
fn the_next_authority_is_trusted_beside_the_one_before() {
    let now = SystemTime::now();
    let (mut secret, first) = made(now);
    let later = now + DAY * 280;
    let step_taken = step(Some(&secret), Some(&first), later);
    let Step::Replace(_, why) = &step_taken else { panic!("{step_taken:?}") };
    assert_eq!(why, "it is time for another one");
    let second = done(step_taken, &mut secret);
    assert_eq!(second.previous, [first.certificate().clone()]);
    assert_eq!(second.bundle(), pem(second.authority.certificate()) + &pem(first.certificate()));
    // It stays for twice the life of its certificates, and is gone then.
    for (after, left) in [(0, 1), (13, 1), (15, 0), (20, 0)] {
        let then = later + DAY * after;
        let stored = done(step(Some(&secret), Some(&second.authority), then), &mut secret);
        assert_eq!(stored.previous.len(), left, "{after} days");
        assert_eq!(stored.authority.certificate(), second.authority.certificate());
    }
}

#[test]
fn whoever_still_signs_by_another_one_has_it_trusted() {
    let now = SystemTime::now();
    let (_, first) = made(now);
    // Somebody has put another authority there.
    let (mut secret, second) = made(now);
    let before = secret.clone();
    let stored = done(step(Some(&secret), Some(&first), now), &mut secret);
    assert_eq!(stored.previous, [first.certificate().clone()]);
    assert_eq!(secret.data.as_ref().map(|it| &it[KEY]), before.data.as_ref().map(|it| &it[KEY]));
    // Once is enough, and those who sign by the other one leave it there.
    for served in [&first, &second] {
        assert!(matches!(step(Some(&secret), Some(served), now + DAY), Step::Keep(_)));
    }
    // A Secret that was deleted.
    let stored = done(step(None, Some(&first), now), &mut Secret::default());
    assert_eq!(stored.previous, [first.certificate().clone()]);
}

#[test]
fn a_machine_that_slept_for_more_than_a_year_makes_another_one() {
    let now = SystemTime::now();
    let (mut secret, first) = made(now);
    let later = now + DAY * 400;
    let stored = done(step(Some(&secret), Some(&first), later), &mut secret);
    // Nobody takes what the first one has signed.
    assert!(stored.previous.is_empty());
    assert!(stored.authority.check(later).is_ok());
}

#[test]
fn what_cannot_be_used_is_made_anew_and_stays_trusted_if_it_can_be() {
    let now = SystemTime::now();
    let (good, authority) = made(now);
    let (other, _) = made(now);
    let of = |secret: &Secret, key: &str| secret.data.as_ref().expect("data")[key].0.clone();
    let leaf = rcgen::generate_simple_self_signed(["a".to_owned()]).expect("a certificate");
    for (certificate, key, left) in [
        (Vec::new(), Vec::new(), 0),
        (b"garbage".to_vec(), of(&good, KEY), 0),
        (of(&good, CERTIFICATE), b"-----BEGIN PRIVATE KEY-----\nAA==\n".to_vec(), 1),
        (of(&good, CERTIFICATE)[..200].to_vec(), of(&good, KEY), 0),
        (of(&good, CERTIFICATE), of(&other, KEY), 1),
        (leaf.cert.pem().into_bytes(), leaf.signing_key.serialize_pem().into_bytes(), 0),
    ] {
        let mut secret = Secret::default();
        put(&mut secret, CERTIFICATE, &certificate);
        put(&mut secret, KEY, &key);
        put(&mut secret, "ours", b"kept");
        let taken = step(Some(&secret), None, now);
        assert!(matches!(taken, Step::Replace(..)), "{taken:?}");
        let stored = done(taken, &mut secret);
        assert_eq!(stored.previous.len(), left, "{}", String::from_utf8_lossy(&certificate));
        assert_eq!(of(&secret, "ours"), b"kept");
        let again = done(step(Some(&secret), None, now), &mut secret);
        assert_eq!(again.authority.certificate(), stored.authority.certificate());
        assert_ne!(again.authority.certificate(), authority.certificate());
    }
}

#[test]
fn an_authority_of_somebody_else_has_to_be_able_to_sign_for_our_names() {
    use rcgen::{
        BasicConstraints, CertificateParams, GeneralSubtree, IsCa, KeyPair, NameConstraints,
    };
    let now = SystemTime::now();
    let make = |name: &str| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let permitted_subtrees = vec![GeneralSubtree::DnsName(name.to_owned())];
        params.name_constraints =
            Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
        let key = KeyPair::generate().expect("a key");
        let mut secret = Secret::default();
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        put(&mut secret, CERTIFICATE, certificate.as_bytes());
        put(&mut secret, KEY, key.serialize_pem().as_bytes());
        secret
    };
    let rules = Rules { names: vec!["a.shop.svc".to_owned()], ..rules() };
    let taken = |secret: &Secret| next(Some(secret), None, &rules, now).expect("it works");
    assert!(matches!(taken(&make("svc")), Step::Keep(_)));
    assert!(matches!(taken(&make("example.com")), Step::Replace(..)));
}
