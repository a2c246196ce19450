//! The program as a process.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, Instant},
};

/// Longer than anything takes; only a hang meets it.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// The program, with no setting of whoever runs the tests.
pub(crate) fn webhook() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshroute-webhook"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MESHROUTE_")) {
        command.env_remove(name);
    }
    command
}

/// A running program that does not outlive its test.
pub(crate) struct Running {
    child: Child,
    lines: Mutex<Receiver<String>>,
    /// Where reviews are answered.
    pub(crate) listen: String,
    /// Where probes are answered.
    pub(crate) admin: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts it on ports that the system chooses, and waits until it says which.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .env("MESHROUTE_LISTEN", "127.0.0.1:0")
            .env("MESHROUTE_ADMIN_LISTEN", "127.0.0.1:0")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // The test may have seen enough.
                let _ = sender.send(line);
            }
        });
        let mut running =
            Self { child, lines: Mutex::new(lines), listen: String::new(), admin: String::new() };
        let started = running.line_with("started");
        let mut addresses = started
            .split(['"', ' ', '=', ','])
            .filter(|word| word.strip_prefix("127.0.0.1:").is_some());
        let (first, second) = (addresses.next(), addresses.next());
        let mut pair = [first.expect("an address").to_owned(), second.expect("two").to_owned()];
        if started.starts_with('{') {
            // In JSON, fields stand by name.
            pair.reverse();
        }
        let [listen, admin] = pair;
        running.listen = listen;
        running.admin = admin;
        running
    }

    /// Starts it with a certificate of its own, and returns the authority of that in PEM.
    pub(crate) fn self_signed(flags: &[&str]) -> (Self, String) {
        let folder = Folder::new();
        let file = folder.path("ca.pem");
        let running = Self::start(
            webhook()
                .args(["--tls", "self-signed", "--cluster", "none", "--ca-out"])
                .arg(&file)
                .args(flags),
        );
        let authority = std::fs::read_to_string(file).expect("the authority was written");
        (running, authority)
    }

    /// The next line of the log.
    pub(crate) fn line(&self) -> String {
        let lines = self.lines.lock().expect("no test has failed with it");
        lines.recv_timeout(LIMIT).expect("a line")
    }

    /// The next line of the log with these words in it.
    pub(crate) fn line_with(&self, words: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().expect("sh runs");
        assert!(sent.success());
    }

    /// Asks it to stop, and waits until it has taken that in.
    ///
    /// It was ready before: who has only started is not either, and a second signal may be lost in a first nobody took.
    pub(crate) fn leave(&self) {
        let answers = |status| self.get("/readyz").contains(status).then_some(());
        until("readiness", || answers(" 200 "));
        self.signal("TERM");
        until("probes to see it", || answers(" 503 "));
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        until("the end of the process", || self.child.try_wait().expect("it is ours"))
    }

    /// Asks the admin address.
    pub(crate) fn get(&self, path: &str) -> String {
        get(&self.admin, path)
    }
}

/// Asks an address over plain HTTP.
pub(crate) fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the program listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer arrives");
    answer
}

/// Asks again and again until there is an answer.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < LIMIT, "{what} did not come");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A folder that goes with its test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("serving-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is in the target folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
