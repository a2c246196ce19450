//! A replica of the webhook: a process at an address of its own.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::ExitStatus,
    time::{Duration, Instant},
};

use super::{PATIENCE, Release, Secret};
use crate::{
    control_plane::User,
    supervised::{Folder, Program},
    wait,
};

/// Where it answers reviews.
pub(super) const PORT: u16 = 9443;

/// Where it answers probes.
const ADMIN: u16 = 9444;

/// A replica; it ends with its test.
#[derive(Debug)]
pub struct Replica {
    program: Program,
    /// Where it is.
    pub address: Ipv4Addr,
    /// Its certificate, where it is in files.
    pub secret: Option<Secret>,
    folder: Folder,
    started: Instant,
}

impl Replica {
    /// Starts the program with the arguments of a release, but for where it listens, where its certificate is, and
    /// what the test says.
    pub(super) fn start(
        program: &str,
        release: &Release,
        secret: Option<Secret>,
        account: Option<&User>,
        settings: &[(&str, &str)],
    ) -> Self {
        let (folder, address) = (Folder::new().expect("a folder"), super::address());
        let mut flags: BTreeMap<String, String> = release.args().into_iter().collect();
        let mut set = |flag: &str, value: String| flags.insert(flag.to_owned(), value);
        set("--listen", format!("{address}:{PORT}"));
        set("--admin-listen", format!("{address}:{ADMIN}"));
        if let Some(secret) = &secret {
            set("--tls-cert", secret.path("tls.crt").display().to_string());
            set("--tls-key", secret.path("tls.key").display().to_string());
        }
        for (flag, value) in settings {
            set(flag, (*value).to_owned());
        }
        let kubeconfig = account.map_or(Path::new("/dev/null"), User::kubeconfig);
        let mut args = vec![format!("KUBECONFIG={}", kubeconfig.display()), program.to_owned()];
        args.extend(flags.iter().map(|(flag, value)| format!("{flag}={value}")));
        let started = Instant::now();
        let log = folder.path().join("log");
        let program = Program::start(Path::new("env"), &args, &log).expect("a shell is there");
        Self { program, address, secret, folder, started }
    }

    /// Waits until it is ready, and returns how long it took since its start.
    ///
    /// # Panics
    ///
    /// Panics if it does not become ready.
    pub fn until_ready(&self) -> Duration {
        let ready = wait::until(PATIENCE, || match self.get("/readyz") {
            Ok(answer) if answer.starts_with("HTTP/1.1 200 ") => Ok(()),
            Ok(answer) => Err(answer),
            Err(err) => Err(err.to_string()),
        });
        ready.unwrap_or_else(|reason| panic!("{reason}; its log:\n{}", self.log()));
        self.started.elapsed()
    }

    /// Sends it a signal.
    ///
    /// # Panics
    ///
    /// Panics if it has ended.
    pub fn signal(&mut self, name: &str) {
        self.program.signal(name).expect("it runs");
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// Panics if it does not end in time.
    pub fn until_ended(&mut self, limit: Duration) -> ExitStatus {
        let program = &mut self.program;
        wait::until(limit, || match program.ended() {
            Ok(status) => status.ok_or_else(|| "it runs".to_owned()),
            Err(err) => Err(err.to_string()),
        })
        .expect("it ends in time")
    }

    /// Asks its admin address.
    ///
    /// # Errors
    ///
    /// Returns what the connection says.
    pub fn get(&self, path: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect((self.address, ADMIN))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Where it answers reviews, as host and port.
    #[must_use]
    pub fn listen(&self) -> String {
        format!("{}:{PORT}", self.address)
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}
