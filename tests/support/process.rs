//! Runs the plugin as a process, with a folder and an environment of its own.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::program::Outcome;

/// A folder, an environment, and the program.
pub struct Process {
    program: PathBuf,
    folder: PathBuf,
    variables: Vec<(String, String)>,
}

impl Process {
    /// Makes an empty folder below `within`.
    #[must_use]
    pub fn new(program: &str, within: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(within).join(format!("connect-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("the target folder can be written");
        Self { program: program.into(), folder, variables: Vec::new() }
    }

    /// Writes a file, and returns its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        fs::write(&path, text).expect("the target folder can be written");
        path.to_string_lossy().into_owned()
    }

    /// Writes a program of the shell, and returns its path.
    pub fn script(&self, name: &str, text: &str) -> String {
        let path = self.file(name, &format!("#!/bin/sh\n{text}\n"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our own file");
        }
        path
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a file holds; nothing if it is not there.
    #[must_use]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }

    /// Has git apply a patch to the files of the folder.
    ///
    /// # Panics
    ///
    /// Panics if there is no git, or if it refuses the patch.
    pub fn patch(&self, patch: &str) {
        self.file("a.patch", patch);
        let applied = Command::new("git")
            .args(["apply", "-p0", "a.patch"])
            .current_dir(&self.folder)
            // The folder is within a repository, which is none of its business.
            .env("GIT_CEILING_DIRECTORIES", self.folder.parent().expect("it is in another"))
            .output()
            .expect("git is there");
        assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    }

    /// Sets a variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Runs the program with these arguments, in the folder, which is also the home.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.ended(Command::new(&self.program).args(args), "")
    }

    /// Runs the program with this on its stdin.
    #[must_use]
    pub fn feed(&self, args: &[&str], stdin: &str) -> Outcome {
        self.ended(Command::new(&self.program).args(args), stdin)
    }

    /// Has a shell run a line, as if it were pasted; `meshroute` is the program.
    ///
    /// # Panics
    ///
    /// Panics if there is no shell.
    #[must_use]
    pub fn shell(&self, line: &str) -> Outcome {
        let line = format!("meshroute() {{ '{}' \"$@\"; }}\n{line}", self.program.display());
        self.ended(Command::new("sh").args(["-c", &line]), "")
    }

    fn ended(&self, command: &mut Command, stdin: &str) -> Outcome {
        let mut child = command
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.folder)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let mut pipe = child.stdin.take().expect("it is piped");
        let output = thread::scope(|scope| {
            // A program that does not read it closes the pipe.
            scope.spawn(move || drop(pipe.write_all(stdin.as_bytes())));
            child.wait_with_output().expect("it ends")
        });
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().and_then(|code| u8::try_from(code).ok());
        Outcome {
            code: code.unwrap_or(u8::MAX),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What stays behind is in the target folder.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
