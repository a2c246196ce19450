//! A temporary folder of our own, which is gone again however the program ends.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
};

use crate::exit::Failure;

/// How many names are tried before somebody else is taken to be in the way.
const ATTEMPTS: u32 = 100;

/// The folder. Programs that run while it is there end with a signal that would end us, so that
/// there is time to remove it.
#[derive(Debug)]
pub(super) struct Private {
    path: PathBuf,
    runtime: Runtime,
    ends: Ends,
}

impl Private {
    /// Makes an empty folder that nobody else can read.
    pub(super) fn new() -> Result<Self, Failure> {
        let cannot_start = |error: io::Error| Failure::no(format!("cannot start: {error}"));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(cannot_start)?;
        // From now on no signal ends us by itself: it has to be listened to before there is
        // something to remove.
        let ends = runtime.block_on(async { Ends::new() }).map_err(cannot_start)?;
        let within = std::env::temp_dir();
        let made = make(&within).and_then(|path| {
            // What others print is to be found in it, and they may print where links lead.
            path.canonicalize().inspect_err(|_| drop(fs::remove_dir(&path)))
        });
        let path = made.map_err(|error| {
            Failure::no(format!("cannot make a temporary folder in {}: {error}", within.display()))
        })?;
        Ok(Self { path, runtime, ends })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a program to its end, or until a signal ends both.
    pub(super) fn output(
        &mut self,
        command: &mut Command,
        cannot: impl Fn(io::Error) -> Failure,
    ) -> Result<Output, Failure> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(&cannot)?;
        let (stdout, stderr) = (all_of(child.stdout.take()), all_of(child.stderr.take()));
        let ends = &mut self.ends;
        let printed = self.runtime.block_on(async {
            tokio::select! {
                printed = async { Ok::<_, oneshot::error::RecvError>((stdout.await?, stderr.await?)) } => Some(printed),
                () = ends.next() => None,
            }
        });
        let Some(printed) = printed else {
            end(&mut child);
            return Err(Failure::Interrupted);
        };
        let status = child.wait().map_err(&cannot)?;
        let (stdout, stderr) = printed.map_err(|_| cannot(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Output { status, stdout: stdout.map_err(&cannot)?, stderr: stderr.map_err(&cannot)? })
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // Whoever cannot remove what they have made cannot do more about it.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn make(within: &Path) -> io::Result<PathBuf> {
    let mut attempt = 0;
    loop {
        let path = within.join(format!("meshroute-{}-{attempt}", std::process::id()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS => {
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Reads a pipe to its end, beside the other one.
fn all_of(pipe: Option<impl Read + Send + 'static>) -> oneshot::Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        let read = pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut text));
        // Nobody waits for it any more if a signal came first.
        let _ = sender.send(read.map(|_| text));
    });
    receiver
}

/// Ends a program, so that it does not write where we remove.
fn end(child: &mut Child) {
    // It may have ended by the same signal.
    let _ = child.kill();
    let _ = child.wait();
}

/// The signals that end a program.
#[cfg(unix)]
#[derive(Debug)]
struct Ends([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Ends {
    /// Listens from now on; call this within a runtime.
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    /// Waits for one of them.
    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// The signals that end a program.
#[cfg(not(unix))]
#[derive(Debug)]
struct Ends;

#[cfg(not(unix))]
impl Ends {
    /// Listens from now on; call this within a runtime.
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for one of them.
    async fn next(&mut self) {
        // Where nothing can be listened to, nothing ends the wait.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
