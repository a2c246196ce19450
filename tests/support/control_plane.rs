//! A real control plane for tests: an API server and etcd on loopback, which end with the process.

mod user;

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::BuildHasher as _,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

pub use user::User;

use crate::{
    gateway_api::{self, Channel},
    program::Outcome,
    rehome::rehome,
    supervised::{Folder, Program},
    tools::{self, Tool},
    wait,
};

/// How long anything may take on a machine that does other work too.
const PATIENCE: Duration = Duration::from_secs(90);

/// The file of users who are known from the start, in the folder of a server.
const TOKENS: &str = "tokens";

/// Where a server keeps the certificates that it makes for itself.
const CERTIFICATES: &str = "certificates";

/// The namespace of the accounts of users; every server has it.
const USERS: &str = "default";

/// What a control plane is made of.
#[derive(Clone, Debug)]
pub struct Programs {
    etcd: PathBuf,
    api_server: PathBuf,
    kubectl: PathBuf,
}

/// A running control plane, with RBAC and without controllers.
///
/// So nothing ends a namespace, makes EndpointSlices for selectors, or fills the roles `view`, `edit`
/// and `admin`, unless [`Self::start_controller_manager`] is called.
/// Service accounts are not added to pods.
#[derive(Debug)]
pub struct ControlPlane {
    programs: Programs,
    /// From the start of etcd until the API server was ready.
    pub time_to_ready: Duration,
    admin: User,
    etcd_port: u16,
    port: u16,
    /// Flags of the API server beside our own, or instead of them.
    flags: Vec<(String, String)>,
    // In this order they end; the folder, which they write to, comes last.
    controller_manager: Option<Server>,
    api_server: Option<Server>,
    _etcd: Server,
    folder: Folder,
}

/// A running program of the control plane.
#[derive(Debug)]
struct Server {
    program: Program,
    name: String,
    log: PathBuf,
}

/// Returns the control plane that the tests of this process share, with the CRDs of the standard channel.
///
/// Each test takes namespaces of its own. Without the programs, the test says that it is skipped.
///
/// # Panics
///
/// Panics if the programs are there and do not run.
#[must_use]
pub fn shared(test: &str) -> Option<&'static ControlPlane> {
    static SHARED: OnceLock<Result<ControlPlane, String>> = OnceLock::new();
    let shared = SHARED.get_or_init(start_with_crds).as_ref();
    tools::skip_unless(test, shared.map_err(String::clone))
}

/// Starts a control plane like the shared one, for a test that takes away what others rely on.
///
/// # Panics
///
/// Panics if the programs are there and do not run.
#[must_use]
pub fn own(test: &str) -> Option<ControlPlane> {
    tools::skip_unless(test, start_with_crds())
}

/// Fails where something is missing, and panics where what is there does not work.
fn start_with_crds() -> Result<ControlPlane, String> {
    let crds = gateway_api::crds(&gateway_api::version(), Channel::Standard)?;
    let programs = Programs::find()?;
    let control_plane = ControlPlane::start(&programs).unwrap_or_else(|err| panic!("{err}"));
    control_plane.install_crds(&crds);
    Ok(control_plane)
}

impl Programs {
    /// Finds or builds the programs.
    ///
    /// # Errors
    ///
    /// Returns why one of them is not there and what would bring it.
    pub fn find() -> Result<Self, String> {
        Ok(Self {
            etcd: Tool::Etcd.find()?,
            api_server: Tool::ApiServer.find()?,
            kubectl: Tool::Kubectl.find()?,
        })
    }
}

impl ControlPlane {
    /// Starts a control plane without CRDs and waits until it is ready.
    ///
    /// # Errors
    ///
    /// Returns which program does not run, and the end of its log.
    pub fn start(programs: &Programs) -> Result<Self, String> {
        Self::start_with(programs, &[])
    }

    /// As [`Self::start`], with further flags of the API server, whose names stand without dashes.
    ///
    /// # Errors
    ///
    /// Returns which program does not run, and the end of its log.
    pub fn start_with(programs: &Programs, flags: &[(&str, &str)]) -> Result<Self, String> {
        // Nobody can reserve a port for a program that is about to start.
        let mut attempts = 3;
        loop {
            attempts -= 1;
            match Self::start_once(programs, flags) {
                Err(reason) if attempts > 0 && reason.contains("address already in use") => {}
                result => return result,
            }
        }
    }

    fn start_once(programs: &Programs, flags: &[(&str, &str)]) -> Result<Self, String> {
        let start = Instant::now();
        let folder = Folder::new().map_err(|err| format!("no folder for a server: {err}"))?;
        let token = format!("{:016x}{:016x}", random(), random());
        fs::write(folder.path().join(TOKENS), format!("{token},admin,admin,system:masters\n"))
            .map_err(|err| format!("a folder of our own cannot be written: {err}"))?;
        let (etcd_port, port) = (free_port(), free_port());
        let mut control_plane = Self {
            programs: programs.clone(),
            time_to_ready: Duration::ZERO,
            admin: User::new(&programs.kubectl, folder.path(), port, "admin", &token),
            etcd_port,
            port,
            flags: flags.iter().map(|(flag, value)| ((*flag).into(), (*value).into())).collect(),
            controller_manager: None,
            api_server: None,
            _etcd: start_etcd(&programs.etcd, folder.path(), etcd_port)?,
            folder,
        };
        control_plane.start_api_server()?;
        control_plane.time_to_ready = start.elapsed();
        Ok(control_plane)
    }

    /// Returns the kubeconfig of an administrator.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        self.admin.kubeconfig()
    }

    /// Runs kubectl as an administrator.
    #[must_use]
    pub fn kubectl(&self, args: &[&str], stdin: &str) -> Outcome {
        self.admin.kubectl(args, stdin)
    }

    /// Applies manifests to a namespace; an object of another one is refused.
    ///
    /// # Panics
    ///
    /// Panics if an object is refused.
    pub fn apply(&self, namespace: &str, manifests: &str) {
        self.kubectl(&["apply", "--server-side", "-n", namespace, "-f", "-"], manifests).success();
    }

    /// Applies files or folders with their namespaces renamed, and returns the objects as they were sent.
    ///
    /// # Panics
    ///
    /// Panics if a file cannot be read, or an object is refused.
    pub fn apply_moved(&self, files: &[&str], moves: &[(&str, &str)]) -> Vec<Value> {
        let mut read = vec!["create", "--dry-run=client", "-o", "json"];
        read.extend(files.iter().flat_map(|file| ["-f", file]));
        let stdout = self.kubectl(&read, "").success();
        let objects = serde_json::Deserializer::from_str(&stdout).into_iter();
        let mut objects: Vec<_> = objects.collect::<Result<_, _>>().expect("kubectl prints JSON");
        objects.iter_mut().for_each(|object| rehome(object, moves));
        let manifests: String = objects.iter().map(|object| format!("---\n{object}\n")).collect();
        self.kubectl(&["apply", "--server-side", "-f", "-"], &manifests).success();
        objects
    }

    /// Makes a namespace that no other test of this server has.
    ///
    /// # Panics
    ///
    /// Panics if the server refuses it.
    #[must_use]
    pub fn namespace(&self) -> String {
        let name = format!("test-{}", next());
        self.kubectl(&["create", "namespace", &name], "").success();
        name
    }

    /// Makes a user who may do what every user may, which is to learn which kinds there are.
    ///
    /// It is a service account: no other kind of user can be made while a server runs.
    ///
    /// # Panics
    ///
    /// Panics if the server refuses it.
    #[must_use]
    pub fn user(&self) -> User {
        let account = format!("user-{}", next());
        self.kubectl(&["create", "serviceaccount", &account, "-n", USERS], "").success();
        self.account(USERS, &account)
    }

    /// Returns the user that a service account is.
    ///
    /// # Panics
    ///
    /// Panics if there is none.
    #[must_use]
    pub fn account(&self, namespace: &str, account: &str) -> User {
        let token = &["create", "token", account, "-n", namespace, "--duration", "24h"];
        let token = self.kubectl(token, "").success();
        self.admin.other(account, token.trim())
    }

    /// Lets a user do what these rules of a Role say, in one namespace or, without one, everywhere.
    ///
    /// # Panics
    ///
    /// Panics if the server refuses the rules.
    pub fn grant(&self, user: &User, namespace: Option<&str>, rules: &Value) {
        let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
        let name = format!("{}-{}", user.name(), next());
        let group = "rbac.authorization.k8s.io";
        // The server learns of roles a little later than of other objects. This rule says when it has.
        let learnt = json!({"apiGroups": [""], "resources": ["roles-learnt"], "resourceNames": [name],
            "verbs": ["get"]});
        let mut rules = rules.as_array().expect("rules are a list").clone();
        rules.push(learnt);
        let role = json!({"apiVersion": format!("{group}/v1"), "kind": kind,
            "metadata": {"name": name}, "rules": rules});
        let binding = json!({"apiVersion": format!("{group}/v1"), "kind": format!("{kind}Binding"),
            "metadata": {"name": name},
            "roleRef": {"apiGroup": group, "kind": kind, "name": name},
            "subjects": [{"kind": "ServiceAccount", "namespace": USERS, "name": user.name()}]});
        let namespace = namespace.unwrap_or(USERS);
        self.apply(namespace, &format!("{role}\n---\n{binding}"));
        let learnt = format!("roles-learnt/{name}");
        wait::until(PATIENCE, || user.may(&["get", &learnt, "-n", namespace]))
            .expect("a role and its binding count");
    }

    /// Installs a kustomization of CRDs and waits until the server serves them.
    ///
    /// # Panics
    ///
    /// Panics if the server does not take them.
    pub fn install_crds(&self, folder: &Path) {
        let folder = folder.to_string_lossy();
        self.kubectl(&["apply", "--server-side", "-k", &folder], "").success();
        let established = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"];
        self.kubectl(&established, "").success();
    }

    /// Starts the API server, again after [`Self::kill_api_server`], on the same port and with the same objects.
    ///
    /// # Errors
    ///
    /// Returns that it does not become ready, and the end of its log.
    pub fn start_api_server(&mut self) -> Result<(), String> {
        let certificates = self.path(CERTIFICATES);
        // The server makes this key when it starts for the first time; accounts' tokens need one too.
        let key = format!("{certificates}/apiserver.key");
        let etcd = format!("http://127.0.0.1:{}", self.etcd_port);
        let tokens = self.path(TOKENS);
        let secure_port = self.port.to_string();
        let mut flags = vec![
            ("advertise-address", "127.0.0.1"),
            ("authorization-mode", "RBAC"),
            ("bind-address", "127.0.0.1"),
            ("cert-dir", &certificates),
            // It would refuse every pod as long as nobody makes the accounts of namespaces.
            ("disable-admission-plugins", "ServiceAccount"),
            // The default one refuses loopback addresses.
            ("endpoint-reconciler-type", "none"),
            ("etcd-servers", &etcd),
            ("secure-port", &secure_port),
            ("service-account-issuer", "https://kubernetes.default.svc"),
            ("service-account-key-file", &key),
            ("service-account-signing-key-file", &key),
            ("service-cluster-ip-range", "10.96.0.0/12"),
            ("token-auth-file", &tokens),
        ];
        // Of a flag that is there twice, the last counts.
        flags.extend(self.flags.iter().map(|(flag, value)| (flag.as_str(), value.as_str())));
        let mut program = start_program(&self.programs.api_server, self.folder.path(), &flags)?;
        let port = self.port;
        program.until_ready(|| {
            listens(port)?;
            let outcome = self.kubectl(&["get", "--raw", "/readyz", "--request-timeout=5s"], "");
            if outcome.code == 0 { Ok(()) } else { Err(outcome.stderr) }
        })?;
        self.api_server = Some(program);
        Ok(())
    }

    /// Kills the API server without a farewell to its clients; etcd goes on.
    pub fn kill_api_server(&mut self) {
        self.api_server = None;
    }

    /// Makes the API server stand still, so that connections stay open and nothing is answered.
    ///
    /// # Panics
    ///
    /// Panics if it does not run.
    pub fn pause_api_server(&mut self) {
        self.signal_api_server("STOP");
    }

    /// Lets the API server go on.
    ///
    /// # Panics
    ///
    /// Panics if it does not run.
    pub fn resume_api_server(&mut self) {
        self.signal_api_server("CONT");
    }

    /// Finds or builds the controller manager, and starts it.
    ///
    /// # Errors
    ///
    /// Returns why it is not there, or that it does not become ready.
    pub fn start_controller_manager(&mut self) -> Result<(), String> {
        let port = free_port();
        let kubeconfig = self.kubeconfig().to_string_lossy().into_owned();
        let certificates = self.path(CERTIFICATES);
        let mut program = start_program(
            &Tool::ControllerManager.find()?,
            self.folder.path(),
            &[
                ("authentication-kubeconfig", &kubeconfig),
                ("authorization-kubeconfig", &kubeconfig),
                ("bind-address", "127.0.0.1"),
                ("kubeconfig", &kubeconfig),
                ("leader-elect", "false"),
                ("root-ca-file", &format!("{certificates}/apiserver.crt")),
                ("secure-port", &port.to_string()),
                ("service-account-private-key-file", &format!("{certificates}/apiserver.key")),
            ],
        )?;
        program.until_ready(|| listens(port))?;
        self.controller_manager = Some(program);
        Ok(())
    }

    fn signal_api_server(&mut self, name: &str) {
        let api_server = self.api_server.as_mut().expect("the test has not killed the API server");
        api_server.program.signal(name).expect("the API server runs");
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }
}

fn start_etcd(program: &Path, folder: &Path, port: u16) -> Result<Server, String> {
    let client = format!("http://127.0.0.1:{port}");
    let data = folder.join("etcd").to_string_lossy().into_owned();
    let mut etcd = start_program(
        program,
        folder,
        &[
            ("advertise-client-urls", &client),
            ("data-dir", &data),
            ("listen-client-urls", &client),
            ("listen-peer-urls", "http://127.0.0.1:0"),
            // The data need not outlive the machine.
            ("unsafe-no-fsync", "true"),
        ],
    )?;
    etcd.until_ready(|| listens(port))?;
    Ok(etcd)
}

fn start_program(path: &Path, folder: &Path, flags: &[(&str, &str)]) -> Result<Server, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let log = folder.join(format!("{name}.log"));
    let flags: Vec<_> = flags.iter().map(|(flag, value)| format!("--{flag}={value}")).collect();
    let program = Program::start(path, &flags, &log);
    let program = program.map_err(|err| format!("{name} cannot be started: {err}"))?;
    Ok(Server { program, name, log })
}

impl Server {
    /// Waits until the server answers; one that has ended never will.
    fn until_ready(&mut self, ask: impl Fn() -> Result<(), String>) -> Result<(), String> {
        let ready = wait::until(PATIENCE, || match self.program.ended() {
            Ok(None) => ask().map(|()| None),
            Ok(Some(status)) => Ok(Some(format!("it ended with {status}"))),
            Err(err) => Ok(Some(err.to_string())),
        });
        let reason = match ready {
            Ok(None) => return Ok(()),
            Ok(Some(reason)) | Err(reason) => reason,
        };
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let end = lines[lines.len().saturating_sub(10)..].join("\n");
        Err(format!("{} does not become ready: {reason}; its log ends with\n{end}", self.name))
    }
}

fn listens(port: u16) -> Result<(), String> {
    TcpStream::connect(("127.0.0.1", port)).map(drop).map_err(|err| err.to_string())
}

/// Returns a port that nobody listens on, below those that systems give to outgoing connections.
///
/// Otherwise such a connection could take the port while a killed server is away.
fn free_port() -> u16 {
    loop {
        let port = u16::try_from(20_000 + random() % 12_000).expect("it is below 32000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Returns a number that no other process gets: what Rust seeds its maps with.
fn random() -> u64 {
    RandomState::new().hash_one(next())
}

fn next() -> usize {
    static COUNT: AtomicUsize = AtomicUsize::new(1);
    COUNT.fetch_add(1, Ordering::Relaxed)
}
