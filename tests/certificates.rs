//! The webhook's own certificates beside a real API server: replicas share an authority, the server trusts it, and both change
//! under writes, without a lost one and with no more rights than that takes.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use meshroute_tests::{
    control_plane::{self, ControlPlane, User},
    running::Running,
    wait,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::{Value, json};

/// Longer than anything takes; only a hang meets it.
const LIMIT: Duration = Duration::from_secs(60);

/// The Secret of the authority.
const SECRET: &str = "meshroute-webhook-ca";

/// How it is said that nobody is asked.
const ABSENT: &str = "error=\"there is none, so no API server asks\"";

/// A namespace with a configuration, and somebody who may do what the webhook has to.
struct Place<'a> {
    cluster: &'a ControlPlane,
    user: User,
    namespace: String,
}

/// A replica of the webhook.
struct Replica {
    running: Running,
    listen: String,
    admin: String,
}

impl<'a> Place<'a> {
    /// The configurations have the name of the namespace, so that tests can share a server.
    fn new(cluster: &'a ControlPlane) -> Self {
        let namespace = cluster.namespace();
        cluster
            .kubectl(&["create", "service", "clusterip", "web", "--tcp=80", "-n", &namespace], "")
            .success();
        let user = cluster.user();
        let secrets =
            |verbs: &[&str]| json!({"apiGroups": [""], "resources": ["secrets"], "verbs": verbs});
        let mut own = secrets(&["get", "update"]);
        own["resourceNames"] = json!([SECRET]);
        cluster.grant(&user, Some(&namespace), &json!([own, secrets(&["create"])]));
        let configurations = json!([{"apiGroups": ["admissionregistration.k8s.io"],
            "resources": ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
            "resourceNames": [namespace], "verbs": ["get", "patch"]},
            {"apiGroups": ["", "gateway.networking.k8s.io", "discovery.k8s.io"],
            "resources": ["services", "namespaces", "endpointslices", "httproutes", "grpcroutes",
                "gateways", "referencegrants"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": ["apiextensions.k8s.io"], "resources": ["customresourcedefinitions"],
            "verbs": ["get", "list", "watch"]}]);
        cluster.grant(&user, None, &configurations);
        Self { cluster, user, namespace }
    }

    fn replica(&self, flags: &[&str]) -> Replica {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meshroute-tests-webhook"));
        command
            .env_clear()
            .env("KUBECONFIG", self.user.kubeconfig())
            .args(["--cluster", "auto", "--tls", "auto", "--namespace", &self.namespace])
            .args(["--webhook-configuration", &self.namespace])
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args(["--shutdown-delay", "0"])
            .args(flags);
        let running = Running::in_pipes(&mut command);
        let addresses = running.until(|_, stderr| {
            let started = stderr.lines().find(|line| line.contains("started"))?;
            let words = started.split([' ', '=']).filter(|word| word.starts_with("127.0.0.1:"));
            let words: Vec<_> = words.map(str::to_owned).collect();
            words.try_into().ok()
        });
        let [listen, admin]: [String; 2] = addresses;
        Replica { running, listen, admin }
    }

    /// What a chart would apply, with these replicas as webhooks; it says nothing of certificates.
    fn configuration(&self, kind: &str, path: &str, replicas: &[&Replica]) -> String {
        let selector = json!({"matchLabels": {"kubernetes.io/metadata.name": self.namespace}});
        let hooks = replicas.iter().enumerate().map(|(idx, replica)| {
            json!({"name": format!("{}{idx}.meshroute.dev", &path[1..]), "sideEffects": "None",
                "admissionReviewVersions": ["v1"], "failurePolicy": "Fail",
                "namespaceSelector": selector, "rules": [{"apiGroups": ["gateway.networking.k8s.io"],
                    "apiVersions": ["v1"], "resources": ["httproutes"],
                    "operations": ["CREATE", "UPDATE"], "scope": "Namespaced"}],
                "clientConfig": {"url": format!("https://{}{path}", replica.listen)}})
        });
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind,
            "metadata": {"name": self.namespace}, "webhooks": hooks.collect::<Vec<_>>()})
        .to_string()
    }

    fn validating(&self, replicas: &[&Replica]) -> String {
        self.configuration("ValidatingWebhookConfiguration", "/validate", replicas)
    }

    /// Applies as a chart does.
    fn install(&self, object: &str) {
        self.kubectl(&["apply", "--server-side", "--field-manager=helm", "-f", "-"], object);
    }

    fn kubectl(&self, args: &[&str], stdin: &str) -> String {
        self.cluster.kubectl(args, stdin).success()
    }

    /// What the webhooks of a configuration trust, each once.
    fn bundles(&self, kind: &str) -> Vec<String> {
        let read = self.kubectl(&["get", kind, &self.namespace, "-o", "json"], "");
        let read: Value = serde_json::from_str(&read).expect("it is JSON");
        let hooks = read["webhooks"].as_array().expect("a list").iter();
        let text = |hook: &Value| {
            let bundle = hook["clientConfig"]["caBundle"].as_str().unwrap_or_default().to_owned();
            String::from_utf8(STANDARD.decode(bundle).expect("base64")).expect("PEM")
        };
        let mut bundles: Vec<_> = hooks.map(text).collect();
        bundles.dedup();
        bundles
    }

    fn until_trusted(&self, kind: &str) -> String {
        let ask = || match self.bundles(kind).as_slice() {
            [bundle] if !bundle.is_empty() => Ok(bundle.clone()),
            other => Err(format!("{other:?}")),
        };
        wait::until(LIMIT, ask).expect("all webhooks trust the same")
    }

    /// Writes the Secret as somebody else would.
    fn put(&self, certificate: &str, key: &str) {
        let data =
            json!({"tls.crt": STANDARD.encode(certificate), "tls.key": STANDARD.encode(key)});
        let secret = json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": SECRET}, "data": data});
        let apply =
            ["apply", "--server-side", "--force-conflicts", "-n", &self.namespace, "-f", "-"];
        self.kubectl(&apply, &secret.to_string());
    }

    /// The certificate of the authority in the Secret, as PEM; nothing where there is none.
    fn authority(&self) -> String {
        let path = "jsonpath={.data.tls\\.crt}";
        let get =
            ["get", "secret", SECRET, "-n", &self.namespace, "--ignore-not-found", "-o", path];
        let text = self.kubectl(&get, "");
        String::from_utf8(STANDARD.decode(text).expect("base64")).expect("PEM")
    }

    /// Whether a route that is wrong is denied for that, or what happens instead.
    fn denied(&self) -> Result<(), String> {
        let route = route("wrong", "gateway.networking.k8s.io").to_string();
        let args = ["create", "--dry-run=server", "-n", &self.namespace, "-f", "-"];
        let outcome = self.cluster.kubectl(&args, &route);
        if outcome.stderr.contains("MR001") { Ok(()) } else { Err(outcome.stderr) }
    }
}

impl Replica {
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.admin).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    fn is_ready(&self) -> Result<(), String> {
        let answer = self.get("/readyz");
        if answer.starts_with("HTTP/1.1 200 ") {
            Ok(())
        } else {
            Err(format!("{answer}\n{}", self.running.stderr()))
        }
    }

    fn until_ready(&self) {
        wait::until(LIMIT, || self.is_ready()).expect("it becomes ready");
    }

    /// The certificate that is served to somebody who trusts these authorities.
    fn served(&self, authorities: &str) -> Result<Vec<u8>, String> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
            roots.add(authority.expect("PEM")).expect("an authority");
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let mut tls = ClientConnection::new(Arc::new(config), name).expect("a client");
        let mut stream = TcpStream::connect(&self.listen).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(LIMIT)).expect("a time");
        while tls.is_handshaking() {
            tls.complete_io(&mut stream).map_err(|error| error.to_string())?;
        }
        Ok(tls.peer_certificates().expect("it was shown")[0].to_vec())
    }

    /// How many lines of the log have these words in them.
    fn lines(&self, words: &[&str]) -> usize {
        let stderr = self.running.stderr();
        stderr.lines().filter(|line| words.iter().all(|word| line.contains(word))).count()
    }
}

/// A route whose parent has this group; with another one than none it is wrong.
fn route(name: &str, group: &str) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": name}, "spec": {
        "parentRefs": [{"group": group, "kind": "Service", "name": "web"}],
        "rules": [{"backendRefs": [{"name": "web", "port": 80, "weight": 1}]}]}})
}

/// Writes again and again while something is done, and panics with what is said of a write that fails.
fn writing(place: &Place<'_>, act: impl FnOnce()) -> usize {
    let (is_over, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    let routes: Vec<_> = (0..20).map(|number| route(&format!("a-{number}"), "")).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": routes}).to_string();
    let write = || {
        let args = ["create", "--dry-run=server", "-n", &place.namespace, "-f", "-"];
        while !is_over.load(Ordering::SeqCst) {
            let outcome = place.cluster.kubectl(&args, &list);
            if outcome.code != 0 {
                is_over.store(true, Ordering::SeqCst);
                panic!("a write was lost: {}", outcome.stderr);
            }
            count.fetch_add(routes.len(), Ordering::SeqCst);
        }
    };
    thread::scope(|scope| {
        scope.spawn(write);
        // What breaks in here ends the writers too.
        let _over = Over(&is_over);
        act();
    });
    count.into_inner()
}

/// Says that it is over when it goes.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// An authority with its key, both as PEM, which ends with the given year.
fn authority(last_year: i32) -> (String, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(last_year, 12, 31);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    (certificate, key.serialize_pem())
}

#[test]
fn replicas_share_an_authority_and_the_server_trusts_it() {
    let test = "replicas_share_an_authority_and_the_server_trusts_it";
    let Some(cluster) = control_plane::shared(test) else { return };
    let place = Place::new(cluster);
    let replicas = [place.replica(&[]), place.replica(&[])];
    let [a, b] = &replicas;
    let chart = place.validating(&[a, b]);
    place.install(&chart);
    replicas.iter().for_each(Replica::until_ready);
    let bundle = place.until_trusted("validatingwebhookconfiguration");
    assert_eq!(bundle, place.authority());
    replicas.iter().for_each(|it| drop(it.served(&bundle).expect("it is trusted")));
    wait::until(LIMIT, || place.denied()).expect("the server asks");
    // What is not there is not made.
    let missing =
        place.cluster.kubectl(&["get", "mutatingwebhookconfiguration", &place.namespace], "");
    assert!(missing.stderr.contains("NotFound"), "{}", missing.stderr);
    assert_eq!(a.lines(&["MutatingWebhook", ABSENT]), 1, "{}", a.running.stderr());
    place.install(&place.configuration("MutatingWebhookConfiguration", "/mutate", &[a]));
    assert_eq!(place.until_trusted("mutatingwebhookconfiguration"), bundle);

    // Whoever applies the chart again neither removes the certificates, nor sees a difference.
    let versions = || {
        let path = "jsonpath={.metadata.resourceVersion}";
        place.kubectl(&["get", "validatingwebhookconfiguration", &place.namespace, "-o", path], "")
    };
    let before = versions();
    for manager in ["helm", "argocd"] {
        let diff = ["diff", "--server-side", &format!("--field-manager={manager}"), "-f", "-"];
        let outcome = cluster.kubectl(&diff, &chart);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""), "{}", outcome.stderr);
    }
    place.install(&chart);
    assert_eq!(versions(), before);

    // A chart may leave out a webhook, and add one.
    for replicas in [&[b][..], &[a, b]] {
        let chart = place.validating(replicas);
        place.install(&chart);
        assert_eq!(place.until_trusted("validatingwebhookconfiguration"), bundle);
    }

    // Whoever takes them away gets them back.
    let wiped = Instant::now();
    place.kubectl(&["replace", "-f", "-"], &chart);
    assert_eq!(place.until_trusted("validatingwebhookconfiguration"), bundle);
    assert!(wiped.elapsed() < Duration::from_secs(30), "{:?}", wiped.elapsed());
    wait::until(LIMIT, || place.denied()).expect("the server asks");

    // Whoever deletes the object has deleted it.
    let before = a.lines(&["ValidatingWebhook", ABSENT]);
    place.kubectl(&["delete", "validatingwebhookconfiguration", &place.namespace], "");
    let said = || {
        if a.lines(&["ValidatingWebhook", ABSENT]) > before {
            Ok(())
        } else {
            Err(a.running.stderr())
        }
    };
    wait::until(LIMIT, said).expect("it is said");
    let gone = cluster.kubectl(&["get", "validatingwebhookconfiguration", &place.namespace], "");
    assert!(gone.stderr.contains("NotFound"), "{}", gone.stderr);
}

#[test]
fn a_secret_that_is_of_no_use_is_made_anew_before_anybody_is_asked() {
    let test = "a_secret_that_is_of_no_use_is_made_anew_before_anybody_is_asked";
    let Some(cluster) = control_plane::shared(test) else { return };
    let ((certificate, key), (_, other)) = (authority(2100), authority(2100));
    let (expired, its_key) = authority(2020);
    for (certificate, key, reason) in [
        ("", "", "there is no certificate"),
        ("garbage", "garbage", "there is no certificate"),
        (certificate.as_str(), other.as_str(), "certificate and key do not go together"),
        (certificate.as_str(), "garbage", "there is no private key"),
        (expired.as_str(), its_key.as_str(), "the authority has ended on 2020-12-31T00:00:00Z"),
    ] {
        let place = Place::new(cluster);
        place.put(certificate, key);
        let replica = place.replica(&[]);
        place.install(&place.validating(&[&replica]));
        replica.until_ready();
        assert_eq!(replica.lines(&["authority made", reason]), 1, "{}", replica.running.stderr());
        assert_ne!(place.authority(), certificate);
        replica.served(&place.authority()).expect("it is trusted");
        wait::until(LIMIT, || place.denied()).expect("the server asks");
    }
    // One that somebody else has made is as good as ours.
    let place = Place::new(cluster);
    place.put(&certificate, &key);
    let replica = place.replica(&[]);
    replica.until_ready();
    assert_eq!(place.authority(), certificate);
    replica.served(&certificate).expect("it is trusted");
}

#[test]
fn certificates_change_under_writes_and_none_is_lost() {
    let test = "certificates_change_under_writes_and_none_is_lost";
    let Some(cluster) = control_plane::shared(test) else { return };
    let place = Place::new(cluster);
    let flags = ["--tls-leaf-life", "8", "--tls-authority-life", "48", "--max-connection-age", "1"];
    let (a, b) = (place.replica(&flags), place.replica(&flags));
    place.install(&place.validating(&[&a, &b]));
    a.until_ready();
    b.until_ready();
    wait::until(LIMIT, || place.denied()).expect("the server asks");
    // Both sign by another authority than before, and only once it was in the configuration for a while.
    let change = |act: &dyn Fn()| {
        let before = place.authority();
        act();
        // It was not there yet when we began to look: we may see it much later than it came.
        let mut start = Instant::now();
        let bundled = || {
            let looked = Instant::now();
            let now = place.authority();
            let bundles = place.bundles("validatingwebhookconfiguration");
            let is_there = !now.is_empty() && bundles.iter().all(|bundle| bundle.contains(&now));
            if now != before && is_there {
                return Ok(now);
            }
            start = looked;
            Err(now)
        };
        let now = wait::until(LIMIT, bundled).expect("another authority is trusted");
        let signs = || a.served(&now).or(b.served(&now)).map(drop);
        wait::until(LIMIT, signs).expect("it signs");
        assert!(start.elapsed() > Duration::from_secs(3), "{:?}", start.elapsed());
        let sign = || a.served(&now).and(b.served(&now)).map(drop);
        wait::until(LIMIT, sign).expect("both sign by it");
    };
    let writes = writing(&place, || {
        change(&|| ());
        change(&|| {
            place.kubectl(&["delete", "secret", SECRET, "-n", &place.namespace], "");
        });
        change(&|| place.put("garbage", "garbage"));
        let (certificate, key) = authority(2100);
        change(&|| place.put(&certificate, &key));
        assert_eq!(place.authority(), certificate);
    });
    for replica in [&a, &b] {
        assert!(replica.lines(&["certificate taken"]) > 8, "{}", replica.running.stderr());
        assert!(!replica.get("/metrics").contains("reload_total{result=\"refused\"} 1"));
    }
    assert!(writes > 200, "{writes}");
}

#[test]
fn without_an_api_server_what_is_there_is_served() {
    let test = "without_an_api_server_what_is_there_is_served";
    let Some(mut cluster) = control_plane::own(test) else { return };
    let place = Place::new(&cluster);
    let (namespace, user) = (place.namespace.clone(), place.user.clone());
    cluster.kill_api_server();
    let place = Place { cluster: &cluster, user: user.clone(), namespace: namespace.clone() };
    let replica = place.replica(&["--tls-leaf-life", "5"]);
    let trouble = &["trouble with certificates object=\"API server\""];
    wait::until(LIMIT, || match replica.lines(trouble) {
        1 => Ok(()),
        _ => Err(replica.running.stderr()),
    })
    .expect("it is said");
    assert!(replica.is_ready().is_err());
    cluster.start_api_server().expect("it starts");
    replica.until_ready();
    let place = Place { cluster: &cluster, user, namespace };
    let authority = place.authority();
    cluster.kill_api_server();
    // Certificates go on to be signed, and one line says what is wrong.
    let taken = replica.lines(&["certificate taken"]);
    let more = || match replica.lines(&["certificate taken"]) {
        now if now > taken + 3 => Ok(()),
        _ => Err(replica.running.stderr()),
    };
    wait::until(LIMIT, more).expect("certificates are signed");
    replica.served(&authority).expect("it is trusted");
    assert!(replica.is_ready().is_ok());
    assert_eq!(replica.lines(trouble), 2, "{}", replica.running.stderr());
    assert_eq!(replica.lines(&["trouble with certificates is over", "API server"]), 1);
}
