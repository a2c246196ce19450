//! A program that goes on, and what it has printed so far.

use std::{
    io::Read,
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait;

/// How long anything may take on a machine that does other work too.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program; it is killed where a test ends without it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Printed,
    stderr: Printed,
    readers: Vec<JoinHandle<()>>,
}

/// What has come out of a pipe so far.
#[derive(Clone, Debug, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Running {
    /// Starts a program, and reads those of its outputs that are pipes.
    ///
    /// # Panics
    ///
    /// Panics if it cannot be started.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the program was built");
        let (stdout, stderr) = (Printed::default(), Printed::default());
        let mut readers = Vec::new();
        readers.extend(child.stdout.take().map(|pipe| stdout.read(pipe)));
        readers.extend(child.stderr.take().map(|pipe| stderr.read(pipe)));
        Self { child, stdout, stderr, readers }
    }

    /// As [`Self::start`], with nothing to read and both outputs in pipes.
    ///
    /// # Panics
    ///
    /// Panics if it cannot be started.
    pub fn in_pipes(command: &mut Command) -> Self {
        Self::start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))
    }

    /// Returns what is on standard output, if that is a pipe.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// Returns what is on standard error, if that is a pipe.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits until the outputs are as wanted, and returns what `ask` makes of them.
    ///
    /// # Panics
    ///
    /// Panics with both outputs if that takes too long.
    #[track_caller]
    pub fn until<T>(&self, ask: impl Fn(&str, &str) -> Option<T>) -> T {
        let answer = wait::until(PATIENCE, || {
            let (stdout, stderr) = (self.stdout(), self.stderr());
            ask(&stdout, &stderr).ok_or(format!("\n{stdout}\n--- stderr\n{stderr}"))
        });
        answer.unwrap_or_else(|err| panic!("{err}"))
    }

    /// Sends a signal.
    ///
    /// # Panics
    ///
    /// Panics if the program has ended.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it runs");
    }

    /// Waits for the end and returns the exit code; that of a signal is the one that a shell shows.
    ///
    /// # Panics
    ///
    /// Panics with both outputs if the program goes on for too long.
    #[track_caller]
    pub fn code(&mut self) -> i32 {
        let status = wait::until(PATIENCE, || match self.child.try_wait() {
            Ok(Some(status)) => Ok(status),
            Ok(None) => Err(format!("it runs\n{}\n{}", self.stdout.text(), self.stderr.text())),
            Err(err) => Err(err.to_string()),
        });
        let status = status.unwrap_or_else(|err| panic!("{err}"));
        for reader in self.readers.drain(..) {
            reader.join().expect("reading cannot panic");
        }
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Printed {
    fn read(&self, mut pipe: impl Read + Send + 'static) -> JoinHandle<()> {
        let printed = self.clone();
        thread::spawn(move || {
            let mut buffer = [0; 8_192];
            while let Ok(length @ 1..) = pipe.read(&mut buffer) {
                printed.bytes().extend_from_slice(&buffer[..length]);
            }
        })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
