//! An API server that calls the webhook as in a cluster: through a Service, whose endpoints are processes of the test.
//!
//! A loopback address may not be an endpoint, and an API server speaks otherwise to one: hence the network namespace.
//! No kubelet, no controllers: the test is both, and edits EndpointSlices when they would.

mod api;
mod audit;
mod fake;
mod metrics;
mod release;
mod replica;
mod secret;
mod tunnel;
mod writers;

use std::{
    env, fs,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

pub use api::{Api, mesh_route, route, routes};
pub use audit::Audit;
pub use fake::{Asked, Exchange, Fake, Reply};
pub use metrics::Metrics;
pub use release::{MUTATE, Mode, SERVICE, VALIDATE};
pub use replica::Replica;
pub use secret::Secret;
pub use tunnel::Tunnel;
pub use writers::{Write, Writers, Writes};

use crate::{
    authority::Authority,
    chart::{Chart, RELEASE},
    control_plane::{ControlPlane, Programs, User},
    gateway_api::{self, Channel},
    netns,
    supervised::Folder,
    wait,
};
use release::{CONFIGURATIONS, Release};

/// Longer than an API server takes to learn of an object.
const PATIENCE: Duration = Duration::from_secs(60);

/// The authority of certificates that nobody looks at.
const NOBODY: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/// What the API server writes into its audit log: who asked for which route, and what admission said of it.
const AUDIT_POLICY: &str = r#"{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata", "resources": [{"group": "gateway.networking.k8s.io"}]}, {"level": "None"}]}"#;

/// An API server, and where its audit log is.
struct Server {
    cluster: ControlPlane,
    chart: Chart,
    /// What is installed by default.
    release: Release,
    /// What is installed with certificates in files.
    files: Release,
    /// The account of the webhook.
    account: User,
    log: PathBuf,
    _folder: Folder,
}

/// How the API server of a test differs from that of the others.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Further flags, without their dashes.
    pub flags: &'static [(&'static str, &'static str)],
    /// Whether routes are defined as in the newest version, with all that is experimental.
    pub is_newest: bool,
    /// Whether they are defined with all that is experimental, whatever their version is.
    pub is_experimental: bool,
}

/// An environment variable of this name chooses another program, such as one that was built for a release.
const CHOICE: &str = "MESHROUTE_TESTS_WEBHOOK";

/// The newest version of the Gateway API.
const NEWEST: &str = "v1.7.0";

/// What one test has of the API server: nobody else has it meanwhile.
pub struct Rig<'a> {
    server: &'a mut Server,
    /// The program of the webhook.
    program: String,
    /// The namespace of routes.
    pub namespace: String,
    /// Who has signed the certificates of replicas.
    pub authority: Authority,
    api: Api,
    configured: bool,
}

/// What the API server has counted and written since a moment.
pub struct Since {
    metrics: Metrics,
    audit: u64,
}

/// Runs a test with an API server in a network namespace, or says why there is none.
///
/// # Panics
///
/// Panics if the test fails, or if what it needs is there and does not work.
pub fn run(test: &str, program: &'static str, body: impl FnOnce(&mut Rig<'_>)) {
    if let Some(mut shared) = enter(test) {
        // A test that fails takes the server with it: it may have left it standing still, or worse.
        let mut server = shared.take().unwrap_or_else(|| Server::start(Setup::SHARED));
        body(&mut Rig::new(&mut server, program));
        *shared = Some(server);
    }
}

/// As [`run`], with an API server that no other test has.
///
/// # Panics
///
/// Panics if the test fails, or if what it needs is there and does not work.
pub fn run_with(test: &str, program: &'static str, setup: Setup, body: impl FnOnce(&mut Rig<'_>)) {
    if let Some(_alone) = enter(test) {
        body(&mut Rig::new(&mut Server::start(setup), program));
    }
}

/// Inside, returns the shared server once no other test runs: they would take each other's time, and counts.
fn enter(test: &str) -> Option<MutexGuard<'static, Option<Server>>> {
    static SERVER: Mutex<Option<Server>> = Mutex::new(None);
    if netns::is_inside() {
        return Some(SERVER.lock().unwrap_or_else(PoisonError::into_inner));
    }
    // Inside, nothing can be fetched.
    let newest = Setup { is_newest: true, ..Setup::SHARED };
    netns::run(test, || {
        let programs = Programs::find().and(Chart::find().map(drop));
        programs.and(Setup::SHARED.crds()).and(newest.crds()).map(drop)
    });
    None
}

impl Setup {
    /// The server of most tests.
    pub const SHARED: Self = Self { flags: &[], is_newest: false, is_experimental: false };

    /// The definitions of routes.
    fn crds(self) -> Result<PathBuf, String> {
        if self.is_newest {
            gateway_api::crds(NEWEST, Channel::Experimental)
        } else {
            let is_all = self.is_experimental;
            let channel = if is_all { Channel::Experimental } else { Channel::Standard };
            gateway_api::crds(&gateway_api::version(), channel)
        }
    }
}

impl Server {
    fn start(setup: Setup) -> Self {
        let folder = Folder::new().expect("a folder");
        let (policy, log) = (folder.path().join("policy"), folder.path().join("audit"));
        fs::write(&policy, AUDIT_POLICY).expect("our own folder");
        let programs = Programs::find().expect("they were found outside");
        let (policy, audit) = (policy.to_string_lossy(), log.to_string_lossy());
        let mut flags = vec![
            // Endpoints are dialled one by one, as there is nobody who would lead the address of a Service to them.
            ("enable-aggregator-routing", "true"),
            ("audit-policy-file", &policy),
            ("audit-log-path", &audit),
        ];
        flags.extend(setup.flags);
        let cluster = ControlPlane::start_with(&programs, &flags).expect("it starts");
        cluster.install_crds(&setup.crds().expect("they were fetched outside"));
        let chart = Chart::find().expect("it was found outside");
        cluster.kubectl(&["create", "namespace", RELEASE], "").success();
        let release = Release::render(&chart, Mode::Default, "Ignore");
        let objects: String =
            release.surroundings().iter().map(|object| format!("---\n{object}\n")).collect();
        cluster.kubectl(&["apply", "--server-side", "-f", "-"], &objects).success();
        let account = cluster.account(RELEASE, SERVICE);
        let files = Release::render(&chart, Mode::Files(NOBODY), "Ignore");
        Self { cluster, chart, release, files, account, log, _folder: folder }
    }
}

impl<'a> Rig<'a> {
    fn new(server: &'a mut Server, program: &'static str) -> Self {
        let program = env::var(CHOICE).unwrap_or_else(|_| program.to_owned());
        let namespace = server.cluster.namespace();
        let api = Api::of(&server.cluster);
        Self {
            server,
            program,
            namespace,
            authority: Authority::new("first"),
            api,
            configured: false,
        }
    }

    /// The API server and etcd.
    pub fn cluster(&mut self) -> &mut ControlPlane {
        &mut self.server.cluster
    }

    /// A client of the API server.
    pub fn api(&mut self) -> &mut Api {
        &mut self.api
    }

    /// The name that the webhook has to have a certificate for.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{SERVICE}.{RELEASE}.svc")
    }

    /// A replica of the webhook with a certificate in files, which reads no cluster and is ready.
    pub fn replica(&mut self) -> Replica {
        self.replica_with(&[])
    }

    /// As [`Self::replica`], with other settings.
    pub fn replica_with(&mut self, settings: &[(&str, &str)]) -> Replica {
        let secret = Secret::new(&self.authority.sign(&[&self.host()], 2100));
        let release = &self.server.files;
        let replica = Replica::start(&self.program, release, Some(secret), None, settings);
        replica.until_ready();
        replica
    }

    /// A replica as the chart installs it by default: with the authority that all share, and reading the cluster.
    pub fn installed_replica(&mut self, settings: &[(&str, &str)]) -> Replica {
        let Server { release, account, .. } = &*self.server;
        let replica = Replica::start(&self.program, release, None, Some(account), settings);
        replica.until_ready();
        replica
    }

    /// Makes these addresses the endpoints of the Service, as the controller of endpoints would.
    ///
    /// # Panics
    ///
    /// Panics if the API server refuses it.
    pub fn route_to(&mut self, addresses: &[Ipv4Addr]) {
        let endpoints: Vec<Value> = addresses
            .iter()
            .map(|address| json!({"addresses": [address], "conditions": {"ready": true}}))
            .collect();
        let slice = json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": SERVICE, "labels": {"kubernetes.io/service-name": SERVICE}},
            "addressType": "IPv4", "endpoints": endpoints,
            "ports": [{"name": "admission", "port": replica::PORT}]});
        let slices = format!("/apis/discovery.k8s.io/v1/namespaces/{RELEASE}/endpointslices");
        let _ = self.api.apply(&format!("{slices}/{SERVICE}"), "endpoints", &slice).success();
    }

    /// Has an address answer no more, and none of its neighbours say so: as a node whose cable was pulled.
    ///
    /// # Panics
    ///
    /// Panics if the network cannot be changed.
    pub fn cut_off(&self, address: Ipv4Addr) {
        netns::route("add", address);
    }

    /// Takes [`Self::cut_off`] back.
    ///
    /// # Panics
    ///
    /// Panics if the network cannot be changed.
    pub fn connect_again(&self, address: Ipv4Addr) {
        netns::route("delete", address);
    }

    /// Has the API server ask replicas with certificates in files, and waits until it does.
    ///
    /// # Panics
    ///
    /// Panics if it does not.
    pub fn register(&mut self, failure_policy: &str) {
        self.register_with(failure_policy, |_| {});
    }

    /// As [`Self::register`], with changes to each webhook.
    ///
    /// # Panics
    ///
    /// Panics if the API server does not ask.
    pub fn register_with(&mut self, failure_policy: &str, change: impl Fn(&mut Value)) {
        let authority = self.authority.pem();
        self.configure(Mode::Files(&authority), failure_policy, change);
        self.until_asked();
    }

    /// Has the API server ask replicas that were installed by default, and waits until it does.
    ///
    /// # Panics
    ///
    /// Panics if it does not.
    pub fn register_installed(&mut self, failure_policy: &str) {
        self.configure(Mode::Default, failure_policy, |_| {});
        self.until_asked();
    }

    /// The authorities that the API server trusts, in PEM.
    ///
    /// # Panics
    ///
    /// Panics if nobody has said any.
    pub fn trusted(&mut self) -> String {
        let configuration = self.api.get(CONFIGURATIONS[0]).success().json();
        let bundle = configuration["webhooks"][0]["clientConfig"]["caBundle"].as_str();
        let bundle = STANDARD.decode(bundle.expect("it is said")).expect("base64");
        String::from_utf8(bundle).expect("PEM")
    }

    /// Has the API server trust these authorities in PEM.
    pub fn trust(&mut self, failure_policy: &str, authorities: &str) {
        self.configure(Mode::Files(authorities), failure_policy, |_| {});
    }

    /// Writes the configurations of the webhook as the chart renders them, with changes to each webhook.
    fn configure(&mut self, mode: Mode<'_>, failure_policy: &str, change: impl Fn(&mut Value)) {
        self.configured = true;
        let release = Release::render(&self.server.chart, mode, failure_policy);
        for (path, mut object) in CONFIGURATIONS.iter().zip(release.configurations()) {
            object["webhooks"].as_array_mut().expect("a list").iter_mut().for_each(&change);
            let _ = self.api.apply(path, "helm", &object).success();
        }
    }

    /// Has the API server ask a fake, with changes to each webhook, and waits until it does.
    ///
    /// # Panics
    ///
    /// Panics if it does not.
    pub fn register_fake(
        &mut self,
        failure_policy: &str,
        fakes: &[&Fake],
        change: impl Fn(&mut Value),
    ) {
        let addresses = fakes.iter().map(|fake| fake.address);
        // One on loopback is no endpoint, and is called by its address.
        self.route_to(&addresses.filter(|it| !it.is_loopback()).collect::<Vec<_>>());
        let authority = self.authority.pem();
        self.configure(Mode::Files(&authority), failure_policy, change);
        let path = format!("{}?dryRun=All", routes(&self.namespace));
        let probe = mesh_route("probe", &json!([{"group": "", "kind": "Service", "name": "a"}]));
        let seen = || fakes.iter().map(|fake| fake.asked().len()).sum::<usize>();
        let before = seen();
        wait::until(PATIENCE, || {
            let answer = self.api.create(&path, &probe);
            if seen() > before { Ok(()) } else { Err(answer.text()) }
        })
        .expect("the API server asks the fake");
    }

    /// Waits until a route that does nothing is denied.
    fn until_asked(&mut self) {
        let probe = mesh_route("probe", &json!([{"kind": "Service", "name": "a"}]));
        let path = format!("{}?dryRun=All", routes(&self.namespace));
        let api = &mut self.api;
        wait::until(PATIENCE, || {
            let answer = api.create(&path, &probe);
            if answer.status == 422 { Ok(()) } else { Err(answer.text()) }
        })
        .expect("the API server asks the webhook");
    }

    /// Writes of routes, so many a second, until they are stopped.
    #[must_use]
    pub fn writers(&self, rate: u32) -> Writers {
        Writers::start(self.api.target(), &self.namespace, rate)
    }

    /// What the API server counts, now.
    pub fn metrics(&mut self) -> Metrics {
        Metrics::read(&self.api.get("/metrics").success().text())
    }

    /// From now on.
    pub fn mark(&mut self) -> Since {
        let audit = fs::metadata(&self.server.log).map_or(0, |file| file.len());
        Since { metrics: self.metrics(), audit }
    }

    /// What has been counted since then.
    pub fn counted(&mut self, since: &Since) -> Metrics {
        self.metrics().minus(&since.metrics)
    }

    /// What has been written to the audit log since then, of the routes of this test.
    #[must_use]
    pub fn audited(&self, since: &Since) -> Vec<Audit> {
        Audit::read(&self.server.log, since.audit, &self.namespace)
    }
}

/// An address that nobody has had.
fn address() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(10);
    let [a, b, c] = netns::NETWORK;
    Ipv4Addr::new(a, b, c, NEXT.fetch_add(1, Ordering::SeqCst))
}

impl Drop for Rig<'_> {
    fn drop(&mut self) {
        if !self.configured || thread::panicking() {
            return;
        }
        // Until nobody is asked any more: the next test begins without a webhook.
        let mut api = Api::new(self.api.target());
        for path in CONFIGURATIONS {
            let _ = api.delete(path).success();
        }
        let inert = mesh_route("probe", &json!([{"kind": "Service", "name": "a"}]));
        let path = format!("{}?dryRun=All", routes(&self.namespace));
        wait::until(PATIENCE, || {
            let answer = api.create(&path, &inert);
            if answer.status == 201 { Ok(()) } else { Err(answer.text()) }
        })
        .expect("nobody is asked any more");
    }
}
