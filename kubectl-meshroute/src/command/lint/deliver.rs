//! Writes a report to a file, as a whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::exit::Failure;

/// Writes the file, or puts a new one in its place; what is no regular file, as `/dev/stderr` or
/// a pipe, is written to.
pub(super) fn deliver(name: &str, text: &str) -> Result<(), Failure> {
    replace(Path::new(name), text)
        .map_err(|error| Failure::no(format!("cannot write {name}: {error}")))
}

fn replace(name: &Path, text: &str) -> io::Result<()> {
    let old = match fs::metadata(name) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return OpenOptions::new().write(true).open(name)?.write_all(text.as_bytes());
    }
    // A link stays a link.
    let target = if old.is_some() { fs::canonicalize(name)? } else { name.to_owned() };
    if old.is_some() {
        // A new file under the old name would get around what protects the old one.
        OpenOptions::new().write(true).open(&target)?;
    }
    let (mut temporary, mut file) = temporary(&target)?;
    file.write_all(text.as_bytes())?;
    if let Some(old) = old {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()?;
    fs::rename(&temporary.0, &target)?;
    temporary.0.clear();
    Ok(())
}

/// A file that goes away unless it gets another name.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            // There is nobody left to tell.
            let _ = fs::remove_file(&self.0);
        }
    }
}

/// Opens a new file beside the target, where a rename cannot cross file systems.
fn temporary(target: &Path) -> io::Result<(Temporary, File)> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let id = std::process::id();
    let mut attempt = 0;
    loop {
        let path = target.with_file_name(format!(".{name}.meshroute-{id}-{attempt}"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((Temporary(path), file)),
            // In containers, a run that was killed had the same number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS => {
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// How many names are tried before the folder is taken for broken.
const ATTEMPTS: u32 = 100;
