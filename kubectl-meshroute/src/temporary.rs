//! Files that are complete before they get their name, and go away if they do not.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// A file that goes away unless it gets another name.
pub(crate) struct Temporary(PathBuf);

/// How many names are tried before the folder is taken for broken.
const ATTEMPTS: u32 = 100;

impl Temporary {
    /// Opens a new file beside the target, where a rename cannot cross file systems; `options` say
    /// who may read it.
    pub(crate) fn beside(target: &Path, options: &mut OpenOptions) -> io::Result<(Self, File)> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let id = std::process::id();
        options.write(true).create_new(true);
        let mut attempt = 0;
        loop {
            let path = target.with_file_name(format!(".{name}.meshroute-{id}-{attempt}"));
            match options.open(&path) {
                Ok(file) => return Ok((Self(path), file)),
                // In containers, a run that was killed had the same number.
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives it the name of the target, in whose place it comes.
    pub(crate) fn become_target(&mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.0, target)?;
        self.0.clear();
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            // There is nobody left to tell.
            let _ = fs::remove_file(&self.0);
        }
    }
}
