//! A gateway in front of a real API server that loses what it is told to lose.

use std::{
    collections::VecDeque,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::json;

use crate::{
    control_plane::ControlPlane,
    server::{Asked, listen},
    supervised::{Folder, Program},
    wait,
};

/// What becomes of a request that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It never reaches the server.
    Lost,
    /// The server does it, and its answer is lost.
    Unanswered,
    /// The server does it, and the gateway says that it has given up waiting.
    TimedOut,
    /// It never reaches the server, and nothing else does from then on.
    Down,
}

/// The gateway; it lasts as long as the process.
#[derive(Debug)]
pub struct Relay {
    plan: Arc<Mutex<Plan>>,
    folder: Folder,
    _proxy: Program,
}

impl Relay {
    /// Starts one, with kubectl's proxy behind it, which knows the way to the server.
    ///
    /// # Panics
    ///
    /// Panics if kubectl does not start.
    #[must_use]
    pub fn before(cluster: &ControlPlane, kubectl: &Path) -> Self {
        let folder = Folder::new().expect("a folder can be made");
        let log = folder.path().join("log");
        let kubeconfig = cluster.kubeconfig().display().to_string();
        let args = ["proxy", "--port=0", "--kubeconfig", &kubeconfig].map(str::to_owned);
        let proxy = Program::start(kubectl, &args, &log).expect("a shell is there");
        let target = wait::until(Duration::from_secs(30), || {
            let text = fs::read_to_string(&log).unwrap_or_default();
            let port =
                text.rsplit_once("127.0.0.1:").and_then(|(_, port)| port.trim().parse().ok());
            port.ok_or(text)
        });
        let target: u16 = target.expect("kubectl says where it serves");
        let plan = Arc::new(Mutex::new(Plan::default()));
        let planned = Arc::clone(&plan);
        let port = listen(move |stream| serve(stream, target, &planned));
        let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "a",
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "clusters": [{"name": "a", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
            "users": [{"name": "a", "user": {}}]});
        fs::write(folder.path().join("config"), config.to_string()).expect("our own folder");
        Self { plan, folder, _proxy: proxy }
    }

    /// Plans what becomes of the next requests that write.
    pub fn plan(&self, faults: &[Fault]) {
        let faults = faults.iter().copied().collect();
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Plan { faults, is_down: false };
    }

    /// What is planned and has not come yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).faults.len()
    }

    /// A kubeconfig that leads here.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("config")
    }
}

/// What becomes of requests.
#[derive(Debug, Default)]
struct Plan {
    faults: VecDeque<Fault>,
    is_down: bool,
}

impl Plan {
    fn next(&mut self, writes: bool) -> Option<Fault> {
        if self.is_down {
            return Some(Fault::Down);
        }
        let fault = self.faults.pop_front_if(|_| writes);
        self.is_down = fault == Some(Fault::Down);
        fault
    }
}

/// Leads one request to the server, and its answer back.
fn serve(mut stream: TcpStream, target: u16, plan: &Mutex<Plan>) -> io::Result<()> {
    let mut from = BufReader::new(stream.try_clone()?);
    let Some(asked) = Asked::read(&mut from)? else { return Ok(()) };
    let length = asked.header("content-length").first().and_then(|it| it.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    from.read_exact(&mut body)?;
    let writes = asked.path().starts_with("/apis/gateway.networking.k8s.io/")
        && !asked.line.starts_with("GET ");
    let fault = plan.lock().unwrap_or_else(PoisonError::into_inner).next(writes);
    if matches!(fault, Some(Fault::Lost | Fault::Down)) {
        return Ok(());
    }
    let mut server = BufReader::new(TcpStream::connect((Ipv4Addr::LOCALHOST, target))?);
    let mut head = format!("{}\r\n", asked.line);
    for (name, value) in asked.headers.iter().filter(|(name, _)| name != "connection") {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    server.get_mut().write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
    server.get_mut().write_all(&body)?;
    let mut status = String::new();
    server.read_line(&mut status)?;
    let mut rest = Vec::new();
    server.read_to_end(&mut rest)?;
    match fault {
        Some(Fault::Unanswered) => Ok(()),
        Some(Fault::TimedOut) => stream.write_all(
            b"HTTP/1.1 504 Gateway Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        ),
        Some(Fault::Lost | Fault::Down) | None => {
            stream.write_all(status.as_bytes())?;
            stream.write_all(&rest)
        }
    }
}
