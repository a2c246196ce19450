//! The program as a process: settings from the environment, signals, exit codes.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStderr, Command, Output, Stdio},
};

fn webhook() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshroute-webhook"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MESHROUTE_")) {
        command.env_remove(name);
    }
    command
}

fn output(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the program prints text")
}

/// A running program that does not outlive its test.
struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        Self { child, stderr }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).expect("stderr can be read");
        line
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().expect("sh runs");
        assert!(sent.success());
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the program listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer arrives");
    answer
}

#[test]
fn it_lives_until_a_signal_and_says_what_it_does_not_serve() {
    for signal in ["TERM", "INT"] {
        let mut running = Running::start(
            webhook()
                .args(["--log", "text", "--tls", "self-signed", "--cluster", "none"])
                .env("MESHROUTE_ADMIN_LISTEN", "127.0.0.1:0")
                .env("MESHROUTE_LISTEN", "127.0.0.1:0")
                .env("MESHROUTE_LOG", "json"),
        );
        assert!(
            running
                .line()
                .starts_with("warning: admission is not served yet, only GET /livez admin=")
        );
        let started = running.line();
        let address = started.trim_end().strip_prefix("info: started admin=").expect(&started);
        assert!(get(address, "/livez").ends_with("\r\n\r\nok"));
        running.signal(signal);
        assert_eq!(running.child.wait().expect("it ends").code(), Some(0));
        assert_eq!(running.line(), "info: stopped\n");
    }
}

#[test]
fn log_lines_can_be_json() {
    let mut running =
        Running::start(webhook().args(["--log", "json", "--admin-listen", "127.0.0.1:0"]));
    let warning: serde_json::Value = serde_json::from_str(&running.line()).expect("JSON");
    assert_eq!(warning["level"], "warning");
    assert_eq!(warning["unserved"], "0.0.0.0:9443");
}

#[test]
fn an_address_in_use_is_one_line_and_exit_2() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback can be bound");
    let address = taken.local_addr().expect("a bound listener has an address").to_string();
    let output = output(webhook().args(["--admin-listen", &address]));
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        format!(
            "error: cannot listen on {address}: the address is in use; choose another with --admin-listen\n"
        )
    );
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn a_bad_setting_is_one_line_and_exit_2() {
    for (flags, problem) in [
        (["--tls", "files"], "error: --tls files needs --tls-cert\n"),
        (
            ["--enforce", "maybe"],
            "error: invalid value 'maybe' for '--enforce <MODE>' [possible values: deny, warn] (see --help)\n",
        ),
    ] {
        let output = output(webhook().args(flags));
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert_eq!(text(&output.stderr), problem);
    }
}

#[test]
fn help_is_on_stdout() {
    let output = output(webhook().arg("--help"));
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("MESHROUTE_ADMIN_LISTEN"));
    assert_eq!(text(&output.stderr), "");
}
