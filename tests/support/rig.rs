//! An API server that calls the webhook as in a cluster: through a Service, whose endpoints are processes of the test.
//!
//! A loopback address may not be an endpoint, and an API server speaks otherwise to one: hence the network namespace.
//! No kubelet, no controllers: the test is both, and edits EndpointSlices when they would.

mod api;
mod audit;
mod configuration;
mod fake;
mod metrics;
mod replica;
mod secret;
mod writers;

use std::{
    fs,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};

pub use api::{Api, mesh_route, route, routes};
pub use audit::Audit;
pub use configuration::{MUTATE, VALIDATE};
pub use fake::{Asked, Fake, Reply};
pub use metrics::Metrics;
pub use replica::Replica;
pub use secret::Secret;
pub use writers::{Write, Writers, Writes};

use crate::{
    authority::Authority,
    control_plane::{ControlPlane, Programs},
    gateway_api::{self, Channel},
    netns,
    supervised::Folder,
    wait,
};

/// The Service of the webhook.
pub const SERVICE: &str = "meshroute-webhook";

/// Longer than an API server takes to learn of an object.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the API server writes into its audit log: who asked for which route, and what admission said of it.
const AUDIT_POLICY: &str = r#"{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata", "resources": [{"group": "gateway.networking.k8s.io"}]}, {"level": "None"}]}"#;

/// An API server, and where its audit log is.
struct Server {
    cluster: ControlPlane,
    log: PathBuf,
    _folder: Folder,
}

/// What one test has of the API server: nobody else has it meanwhile.
pub struct Rig {
    server: MutexGuard<'static, Server>,
    /// The program of the webhook.
    program: &'static str,
    /// The namespace of the Service.
    pub system: String,
    /// The namespace of routes.
    pub namespace: String,
    /// Who has signed the certificates of replicas.
    pub authority: Authority,
    api: Api,
    next: u8,
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
pub fn run(test: &str, program: &'static str, body: impl FnOnce(&mut Rig)) {
    if !netns::is_inside() {
        return netns::run(test, || Programs::find().and(crds()).map(drop));
    }
    static SERVER: OnceLock<Mutex<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| Mutex::new(Server::start()));
    // A test that has failed has not broken the server of others; if it has, they say so.
    let server = server.lock().unwrap_or_else(PoisonError::into_inner);
    body(&mut Rig::new(server, program));
}

/// The definitions of routes.
fn crds() -> Result<PathBuf, String> {
    gateway_api::crds(&gateway_api::version(), Channel::Standard)
}

impl Server {
    fn start() -> Self {
        let folder = Folder::new().expect("a folder");
        let (policy, log) = (folder.path().join("policy"), folder.path().join("audit"));
        fs::write(&policy, AUDIT_POLICY).expect("our own folder");
        let programs = Programs::find().expect("they were found outside");
        let flags = [
            // Endpoints are dialled one by one, as there is nobody who would lead the address of a Service to them.
            ("enable-aggregator-routing", "true"),
            ("audit-policy-file", &policy.to_string_lossy()),
            ("audit-log-path", &log.to_string_lossy()),
        ];
        let cluster = ControlPlane::start_with(&programs, &flags).expect("it starts");
        cluster.install_crds(&crds().expect("they were fetched outside"));
        Self { cluster, log, _folder: folder }
    }
}

impl Rig {
    fn new(server: MutexGuard<'static, Server>, program: &'static str) -> Self {
        let (system, namespace) = (server.cluster.namespace(), server.cluster.namespace());
        let api = Api::of(&server.cluster);
        let authority = Authority::new("first");
        let mut rig = Self {
            server,
            program,
            system,
            namespace,
            authority,
            api,
            next: 10,
            configured: false,
        };
        let services = format!("/api/v1/namespaces/{}/services", rig.system);
        let service = json!({"metadata": {"name": SERVICE}, "spec": {"ports": [
            {"name": "admission", "port": 443, "targetPort": "admission"}]}});
        let _ = rig.api.create(&services, &service).success();
        rig
    }

    /// The API server and etcd.
    pub fn cluster(&mut self) -> &mut ControlPlane {
        &mut self.server.cluster
    }

    /// A client of the API server.
    pub fn api(&mut self) -> &mut Api {
        &mut self.api
    }

    /// The address that comes next: no two processes of a test share one.
    pub(crate) fn address(&mut self) -> Ipv4Addr {
        self.next += 1;
        let [a, b, c] = netns::NETWORK;
        Ipv4Addr::new(a, b, c, self.next)
    }

    /// The name that the webhook has to have a certificate for.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{SERVICE}.{}.svc", self.system)
    }

    /// A replica of the webhook at an address of its own, which is ready.
    pub fn replica(&mut self) -> Replica {
        self.replica_with(&[])
    }

    /// As [`Self::replica`], with further flags.
    pub fn replica_with(&mut self, flags: &[&str]) -> Replica {
        let address = self.address();
        let secret = Secret::new(&self.authority.sign(&[&self.host()], 2100));
        let replica = Replica::start(self.program, address, secret, flags);
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
        let slices = format!("/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices", self.system);
        let _ = self.api.apply(&format!("{slices}/{SERVICE}"), "endpoints", &slice).success();
    }

    /// Has the API server ask the webhook, and waits until it does.
    ///
    /// # Panics
    ///
    /// Panics if it does not.
    pub fn register(&mut self, failure_policy: &str) {
        let authority = self.authority.pem();
        self.configure(failure_policy, &authority);
        self.until_asked();
    }

    /// Writes the configurations of the webhook, which trust these authorities in PEM.
    pub fn configure(&mut self, failure_policy: &str, authorities: &str) {
        self.configured = true;
        for (plural, object) in configuration::of(&self.system, failure_policy, authorities) {
            let path = configuration::path(plural);
            let _ = self.api.apply(&path, "chart", &object).success();
        }
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

impl Drop for Rig {
    fn drop(&mut self) {
        if !self.configured {
            return;
        }
        // Where the test has broken the server, there is nobody to tell; the next test then fails too, and says why.
        for (plural, _) in configuration::of(&self.system, "Ignore", "") {
            let _ = self.api.ask("DELETE", &configuration::path(plural), "application/json", b"");
        }
        let inert = mesh_route("probe", &json!([{"kind": "Service", "name": "a"}]));
        let path = format!("{}?dryRun=All", routes(&self.namespace));
        let api = &mut self.api;
        let _ = wait::until(PATIENCE, || {
            let body = inert.to_string();
            match api.ask("POST", &path, "application/json", body.as_bytes()) {
                Ok(answer) if answer.status == 201 => Ok(()),
                Ok(answer) => Err(answer.text()),
                Err(_) => Ok(()),
            }
        });
    }
}
