//! What benches measure: time, memory, and where the program is.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Returns the program of this name beside this one, where cargo puts release builds.
#[must_use]
pub fn program(name: &str) -> Option<PathBuf> {
    let folder = std::env::current_exe().ok()?.parent()?.parent()?.to_path_buf();
    let program = folder.join(name);
    program.is_file().then_some(program)
}

/// Returns how long some work takes.
pub fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Returns a time in milliseconds, as it is printed.
#[must_use]
pub fn shown(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1_000.0)
}

/// Asks a server for a page, and returns its answer with its head.
///
/// # Errors
///
/// Returns what the connection says.
pub fn get(address: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// What a process has used.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// From its start to its end.
    pub time: Duration,
    /// The most memory that it held at a time, in KiB, where the system tells.
    pub memory: Option<u64>,
}

/// Runs a command to its end, without its output.
///
/// # Errors
///
/// Returns why it cannot be run, or that it fails.
pub fn used(command: &mut Command) -> io::Result<Used> {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let (mut memory, mut delay) = (None, Duration::from_micros(200));
    let code = loop {
        // The peak so far; the last look before the end tells nearly all.
        let seen = fs::read_to_string(&status).ok();
        memory = seen.as_deref().and_then(peak).or(memory);
        if let Some(code) = child.try_wait()? {
            break code;
        }
        thread::sleep(delay);
        delay = (delay * 2).min(Duration::from_millis(5));
    };
    if code.success() {
        Ok(Used { time: start.elapsed(), memory })
    } else {
        Err(io::Error::other(format!("it ends with {code}")))
    }
}

/// `proc_pid_status(5)`: VmHWM, "Peak resident set size".
fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
