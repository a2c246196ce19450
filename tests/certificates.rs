//! The webhook's own certificates beside a real API server: replicas share an authority, the server trusts it, and both change
//! under writes, without a lost one and with no more rights than that takes.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use meshroute_tests::{
    authority::Authority,
    control_plane::{self, ControlPlane, User},
    running::Running,
    wait,
};
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
        let user = cluster.user();
        let secrets =
            |verbs: &[&str]| json!({"apiGroups": [""], "resources": ["secrets"], "verbs": verbs});
        let mut own = secrets(&["get", "update"]);
        own["resourceNames"] = json!([SECRET]);
        cluster.grant(&user, Some(&namespace), &json!([own, secrets(&["create"])]));
        let configurations = json!([{"apiGroups": ["admissionregistration.k8s.io"],
            "resources": ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
            "resourceNames": [namespace], "verbs": ["get", "patch"]}]);
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
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": {"name": SECRET}, "data": data});
        self.kubectl(
            &["delete", "secret", SECRET, "-n", &self.namespace, "--ignore-not-found"],
            "",
        );
        self.kubectl(&["create", "-n", &self.namespace, "-f", "-"], &secret.to_string());
    }

    /// The certificate of the authority in the Secret, as PEM.
    fn authority(&self) -> String {
        let path = "jsonpath={.data.tls\\.crt}";
        let text = self.kubectl(&["get", "secret", SECRET, "-n", &self.namespace, "-o", path], "");
        String::from_utf8(STANDARD.decode(text).expect("base64")).expect("PEM")
    }

    /// Whether a route that is wrong is denied for that, or what happens instead.
    fn denied(&self) -> Result<(), String> {
        let route = route("wrong", "Service");
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

fn route(name: &str, kind: &str) -> String {
    let group = if kind == "Service" { json!({}) } else { json!({"group": ""}) };
    let mut parent = json!({"kind": "Service", "name": "web"});
    parent.as_object_mut().expect("one").extend(group.as_object().expect("one").clone());
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": name}, "spec": {"parentRefs": [parent],
        "rules": [{"backendRefs": [{"name": "web", "port": 80, "weight": 1}]}]}})
    .to_string()
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

    // Whoever takes them away gets them back.
    let wiped = Instant::now();
    place.kubectl(&["replace", "-f", "-"], &chart);
    assert_eq!(place.until_trusted("validatingwebhookconfiguration"), bundle);
    assert!(wiped.elapsed() < Duration::from_secs(10), "{:?}", wiped.elapsed());
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
