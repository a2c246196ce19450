//! The webhook as a process, which ends with its test.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    chart::{self, Chart},
    control_plane::ControlPlane,
    https::Target,
    process::Process,
    wait,
};

/// Longer than anything takes.
const LIMIT: Duration = Duration::from_secs(90);

/// A webhook that runs.
pub struct Webhook {
    child: Child,
    lines: Mutex<Receiver<String>>,
    /// Where it answers reviews.
    pub address: String,
    /// Where it answers probes.
    pub admin: String,
    /// Who has signed its certificate, in PEM, where it is an own authority.
    pub authority: String,
    _folder: Process,
}

impl Drop for Webhook {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Webhook {
    /// Starts this program with an authority of its own, and with these flags; it reads the cluster of the kubeconfig, if
    /// there is one.
    ///
    /// # Panics
    ///
    /// Panics if it does not start.
    #[must_use]
    pub fn start(program: &str, folder: &str, kubeconfig: Option<&Path>, flags: &[&str]) -> Self {
        let folder = Process::new(program, folder);
        let path = folder.folder().join("ca.pem");
        let authority = path.to_string_lossy();
        let address = "127.0.0.1:0";
        let own = ["--tls", "self-signed", "--listen", address, "--admin-listen", address];
        let own = [&own[..], &["--ca-out", &authority]].concat();
        let cluster = if kubeconfig.is_none() { &["--cluster", "none"][..] } else { &[] };
        let mut webhook = Self::told(program, folder, kubeconfig, &[&own, cluster, flags].concat());
        webhook.authority = fs::read_to_string(path).expect("the authority was written");
        webhook
    }

    /// Starts this program with these flags and no others, which have it listen on loopback.
    ///
    /// # Panics
    ///
    /// Panics if it does not start.
    #[must_use]
    pub fn told(program: &str, folder: Process, kubeconfig: Option<&Path>, flags: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(flags).envs(kubeconfig.map(|kubeconfig| ("KUBECONFIG", kubeconfig)));
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // The test may have seen enough.
                let _ = sender.send(line);
            }
        });
        let started = loop {
            let line = lines.recv_timeout(LIMIT).expect("it says that it is up");
            if line.contains("started") {
                break line;
            }
        };
        // As text or as JSON, in any order.
        let words: Vec<&str> = started
            .split(['"', ' ', '=', ',', ':', '{', '}'])
            .filter(|word| !word.is_empty())
            .collect();
        let after = |name: &str| {
            let index = words.iter().position(|word| *word == name).expect("both addresses");
            format!("{}:{}", words[index + 1], words[index + 2])
        };
        let (address, admin) = (after("listen"), after("admin"));
        let (lines, authority) = (Mutex::new(lines), String::new());
        Self { child, lines, address, admin, authority, _folder: folder }
    }

    /// The lines of its log since they were asked for last.
    ///
    /// # Panics
    ///
    /// Panics if another test has.
    pub fn log(&self) -> Vec<String> {
        self.lines.lock().expect("nobody breaks here").try_iter().collect()
    }

    /// What it answers on the admin address.
    ///
    /// # Panics
    ///
    /// Panics if it does not answer.
    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.admin).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    /// What it says of an object that is to be made: `response` of its answer.
    ///
    /// # Panics
    ///
    /// Panics if there is no answer with the status 200.
    #[must_use]
    pub fn create(&self, object: &Value) -> Value {
        let api_version = object["apiVersion"].as_str().expect("an object has a version");
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {"uid": "1", "operation": "CREATE", "namespace": "default", "object": object,
                        "kind": {"group": group, "version": version, "kind": object["kind"]}}});
        let body = review.to_string();
        let target = Target::new(&self.address, "localhost", &self.authority);
        let mut connection = target.connect().expect("it listens");
        let asked =
            connection.ask("POST", "/validate?timeout=10s", "application/json", body.as_bytes());
        let review = asked.expect("it answers").success().json();
        review["response"].clone()
    }

    /// Waits until it is ready.
    ///
    /// # Panics
    ///
    /// Panics if it never is.
    pub fn until_ready(&self) {
        let is_ready = || match self.get("/readyz") {
            answer if answer.starts_with("HTTP/1.1 200") => Ok(()),
            answer => Err(answer),
        };
        wait::until(LIMIT, is_ready).expect("it becomes ready");
    }

    /// The value of a metric whose line starts so.
    #[must_use]
    pub fn metric(&self, start: &str) -> Option<f64> {
        let text = self.get("/metrics");
        let line = text.lines().find(|line| line.starts_with(start))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Has the server ask it, as the chart says.
    ///
    /// # Panics
    ///
    /// Panics if there is no Helm, if the server refuses the configurations, or if it never asks.
    pub fn register(&self, cluster: &ControlPlane, failure_policy: &str) {
        let chart = Chart::find().unwrap_or_else(|problem| panic!("{problem}"));
        let values = json!({"webhook": {"validating": {"failurePolicy": failure_policy}}});
        let objects = chart.render(&values);
        for object in chart::configurations_at(&objects, &self.address, &self.authority) {
            cluster.kubectl(&["apply", "-f", "-"], &object.to_string()).success();
        }
        let probe = broken("probe").to_string();
        let is_asked = || {
            let outcome = cluster.kubectl(&["apply", "--dry-run=server", "-f", "-"], &probe);
            if outcome.code == 0 { Err("it is admitted".to_owned()) } else { Ok(()) }
        };
        wait::until(LIMIT, is_asked).expect("the server asks it");
    }
}

/// A route that is denied whatever mesh is in use.
#[must_use]
pub fn broken(name: &str) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
           "metadata": {"name": name},
           "spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "web"}],
                    "rules": [{"backendRefs": [{"name": "web", "port": 80, "weight": 0},
                                                {"name": "v2", "port": 80, "weight": 0}]}]}})
}
