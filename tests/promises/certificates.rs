//! Certificates and authorities that change while routes are written.

use std::time::Duration;

use meshroute_tests::{
    authority::Authority,
    https::Target,
    rig::{self, Api, Replica, Rig},
    wait,
};

use crate::{PROGRAM, RATE, rounds};

/// How long a replica may take to serve another certificate; a kubelet takes longer to bring it.
const SOON: Duration = Duration::from_secs(20);

/// How much later than another a kubelet may bring a certificate.
const LAG: Duration = Duration::from_secs(90);

/// Each change of the trusted authorities makes the API server open new connections, so that what is served counts.
#[test]
fn certificates_change_without_a_failed_write() {
    rig::run("certificates_change_without_a_failed_write", PROGRAM, |rig| {
        let replicas = [rig.replica(), rig.replica()];
        rig.route_to(&[replicas[0].address, replicas[1].address]);
        rig.register("Fail");
        let since = rig.mark();
        let writers = rig.writers(RATE);
        // Other certificates of the same authority, which do not reach all replicas at once.
        for number in 0..2 * rounds() {
            for replica in &replicas {
                replace(rig, replica);
                let other = Authority::new(&format!("other-{number}")).pem();
                rig.trust("Fail", &(rig.authority.pem() + &other));
            }
        }
        // Another authority: it is trusted before it is used, and the first one until nobody uses it.
        for number in 0..rounds() {
            let next = Authority::new(&format!("next-{number}"));
            let old = std::mem::replace(&mut rig.authority, next);
            rig.trust("Fail", &(old.pem() + &rig.authority.pem()));
            for (place, replica) in replicas.iter().enumerate() {
                // So late a kubelet may be.
                if place > 0 && rounds() > 1 {
                    wait::pass(LAG);
                    // Our own connection may have been closed for that.
                    *rig.api() = Api::new(rig.api().target());
                }
                replace(rig, replica);
            }
            rig.trust("Fail", &rig.authority.pem());
        }
        wait::pass(Duration::from_secs(2));
        let writes = writers.stop();
        println!("{writes}");
        writes.all_done(50);
        let counted = rig.counted(&since);
        assert_eq!((counted.failures(), counted.opened()), (0, 0), "{}", counted.text());
    });
}

/// Brings a replica a new certificate of the current authority, and waits until it is served.
fn replace(rig: &Rig<'_>, replica: &Replica) {
    let taken = || {
        let metrics = replica.get("/metrics").expect("it answers");
        let line = "meshroute_tls_reload_total{result=\"taken\"} ";
        let count = metrics.lines().find_map(|line_| line_.strip_prefix(line));
        count.and_then(|count| count.parse::<u64>().ok()).expect("it counts")
    };
    let before = taken();
    let secret = replica.secret.as_ref().expect("it has files");
    secret.put(&rig.authority.sign(&[&rig.host()], 2100));
    wait::until(SOON, || if taken() > before { Ok(()) } else { Err("not taken".to_owned()) })
        .unwrap_or_else(|reason| panic!("{reason}: {}", replica.log()));
    let target = Target::new(&replica.listen(), &rig.host(), &rig.authority.pem());
    target.connect().expect("it is served");
}

/// The authority that replicas share lasts for less than a minute here, and a certificate for a third of one.
#[test]
fn an_authority_of_our_own_changes_without_a_failed_write() {
    let test = "an_authority_of_our_own_changes_without_a_failed_write";
    rig::run(test, PROGRAM, |rig| {
        let short = &[("--tls-authority-life", "48"), ("--tls-leaf-life", "20")];
        let replicas = [rig.installed_replica(short), rig.installed_replica(short)];
        rig.route_to(&[replicas[0].address, replicas[1].address]);
        rig.register_installed("Fail");
        let since = rig.mark();
        let writers = rig.writers(RATE);
        for _ in 0..rounds() {
            let before = newest(&rig.trusted());
            // Another one is trusted, and then used by all.
            wait::until(Duration::from_secs(90), || {
                let authority = newest(&rig.trusted());
                let (host, mut targets) = (rig.host(), replicas.iter().map(Replica::listen));
                let uses =
                    |address: String| Target::new(&address, &host, &authority).connect().is_ok();
                if authority != before && targets.all(uses) {
                    Ok(())
                } else {
                    Err("as before".into())
                }
            })
            .unwrap_or_else(|reason: String| panic!("{reason}: {}", replicas[0].log()));
        }
        wait::pass(Duration::from_secs(2));
        let writes = writers.stop();
        println!("{writes}");
        writes.all_done(50);
        let counted = rig.counted(&since);
        assert_eq!((counted.failures(), counted.opened()), (0, 0), "{}", counted.text());
    });
}

/// The first of several certificates in PEM.
fn newest(bundle: &str) -> String {
    let marker = "-----END CERTIFICATE-----";
    bundle.split_inclusive(marker).next().unwrap_or_default().trim().to_owned()
}

/// The judge sees what goes wrong: a certificate that nobody trusts yet.
#[test]
fn a_certificate_before_its_authority_fails_writes() {
    rig::run("a_certificate_before_its_authority_fails_writes", PROGRAM, |rig| {
        let replica = rig.replica();
        rig.route_to(&[replica.address]);
        rig.register("Ignore");
        let since = rig.mark();
        let old = std::mem::replace(&mut rig.authority, Authority::new("next"));
        replace(rig, &replica);
        rig.trust("Ignore", &(old.pem() + &Authority::new("other").pem()));
        let writers = rig.writers(RATE);
        writers.until_sent(Duration::ZERO, 50);
        writers.stop().all_done(50);
        assert!(rig.counted(&since).opened() > 0);
        assert!(rig.audited(&since).iter().any(|it| it.failed_open()));
    });
}
