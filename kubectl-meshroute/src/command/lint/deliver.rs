//! Writes a report to a file, as a whole or not at all.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use crate::{exit::Failure, temporary::Temporary};

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
    let (mut temporary, mut file) = Temporary::beside(&target, &mut OpenOptions::new())?;
    file.write_all(text.as_bytes())?;
    if let Some(old) = old {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()?;
    temporary.become_target(&target)
}
