//! What ends with the process of the tests, however that ends: programs, and folders.
//!
//! Even a killed process closes its pipes. So a shell between us and each program waits for the
//! end of a pipe, and then does what is left to do.

use std::{
    env,
    fs::{DirBuilder, File},
    io::{self, Write as _},
    os::unix::{fs::DirBuilderExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio, id},
    sync::atomic::{AtomicUsize, Ordering},
};

/// Runs the program, passes on the signals that it reads by name, and kills it at the end of the pipe.
///
/// The loop gets the pipe as descriptor 3: what runs in the background has no standard input.
const KEEP_PROGRAM: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- & program=$!
{ while read -r signal <&3; do kill -s "$signal" $program; done; kill -s KILL $program; } &
loop=$!
exec 3<&-
wait $program; code=$?
kill $loop; wait $loop
exit $code
"#;

/// Removes a folder at the end of the pipe; programs that write to it may be about to end.
const KEEP_FOLDER: &str = r#"
read -r _
for attempt in 1 2 3 4 5; do rm -rf "$1" && exit; sleep 1; done
"#;

/// A running program.
#[derive(Debug)]
pub struct Program(Keeper);

/// A new and empty folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _keeper: Keeper,
}

/// A shell that waits for the end of its standard input.
#[derive(Debug)]
struct Keeper(Child);

impl Program {
    /// Starts a program whose output goes to a file.
    ///
    /// # Errors
    ///
    /// Returns what keeps the shell from being started; a program that does not exist is one that ends at once.
    pub fn start(program: &Path, args: &[String], log: &Path) -> io::Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new("sh");
        command.args(["-c", KEEP_PROGRAM, "sh"]).arg(program).args(args);
        command.stdout(log.try_clone()?).stderr(log);
        Keeper::start(command).map(Self)
    }

    /// Sends a signal, such as `STOP`.
    ///
    /// # Errors
    ///
    /// Returns that the program has ended.
    pub fn signal(&mut self, name: &str) -> io::Result<()> {
        let stdin = self.0.0.stdin.as_mut().expect("only the end of the keeper takes the pipe");
        writeln!(stdin, "{name}")
    }

    /// Returns how the program ended, if it did.
    ///
    /// # Errors
    ///
    /// Returns what the system says.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.0.try_wait()
    }
}

impl Folder {
    /// Makes a folder among the system's temporary files.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be made.
    pub fn new() -> io::Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let mut make = DirBuilder::new();
        // A server's folder holds the token of its administrator.
        make.mode(0o700);
        let path = loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = env::temp_dir().join(format!("meshroute-tests-{}-{count}", id()));
            match make.create(&path) {
                Ok(()) => break path,
                // Of an earlier process with our number, whose shell was killed too.
                Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
                Err(err) => return Err(err),
            }
        };
        let mut command = Command::new("sh");
        command.args(["-c", KEEP_FOLDER, "sh"]).arg(&path);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self { path, _keeper: Keeper::start(command)? })
    }

    /// Returns where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Keeper {
    /// Starts a shell in a group of its own, so that the interrupt of a terminal ends us first.
    fn start(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::piped()).process_group(0).spawn().map(Self)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // It cannot fail: nobody else waits for this child.
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;
    use crate::wait;

    /// Set in the process that is killed; says where to write what it leaves behind.
    const VICTIM: &str = "MESHROUTE_TEST_VICTIM";

    #[test]
    fn programs_and_folders_end_with_a_killed_process() {
        if let Some(report) = env::var_os(VICTIM) {
            return be_killed(Path::new(&report));
        }
        let folder = Folder::new().expect("a folder");
        let report = folder.path().join("report");
        let mut victim = Command::new(env::current_exe().expect("this program"))
            .args(["--exact", "supervised::tests::programs_and_folders_end_with_a_killed_process"])
            .env(VICTIM, &report)
            .spawn()
            .expect("it runs");
        let limit = Duration::from_secs(20);
        let lines = wait::until(limit, || {
            let text = fs::read_to_string(&report).map_err(|err| err.to_string())?;
            let lines: Vec<_> = text.lines().map(str::to_owned).collect();
            if lines.len() == 2 { Ok(lines) } else { Err(text) }
        });
        victim.kill().expect("it is ours");
        victim.wait().expect("it is ours");
        let lines = lines.expect("the other process has started a program");
        let gone = |is_there: bool| if is_there { Err("it is there".to_owned()) } else { Ok(()) };
        wait::until(limit, || gone(runs(&lines[0]))).expect("the program has ended");
        wait::until(limit, || gone(Path::new(&lines[1]).exists())).expect("the folder is removed");
    }

    fn be_killed(report: &Path) {
        let folder = Folder::new().expect("a folder");
        let report = report.to_string_lossy();
        let place = folder.path().to_string_lossy();
        let script = format!("echo $$ >{report}; echo {place} >>{report}; exec sleep 600");
        let log = folder.path().join("log");
        let mut program =
            Program::start(Path::new("sh"), &["-c".to_owned(), script], &log).expect("sh runs");
        while program.ended().expect("it is ours").is_none() {
            std::thread::park_timeout(Duration::from_secs(1));
        }
    }

    fn runs(process: &str) -> bool {
        let status = Command::new("sh")
            .args(["-c", "kill -0 $1", "sh", process])
            .stderr(Stdio::null())
            .status();
        status.expect("sh runs").success()
    }
}
