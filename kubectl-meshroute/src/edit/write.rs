//! Writes edited files, each as a whole or not at all.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::Edited;
use crate::{
    exit::Failure,
    source::{Input, Origin},
    temporary::Temporary,
};

/// Writes the files whose weights are changed.
pub(crate) fn write(edited: &[Edited<'_>]) -> Result<(), Failure> {
    let changed = edited.iter().filter(|it| !it.places.is_empty());
    replace(changed.map(|it| (it.input, it.text.as_ref())))
}

/// Gives files new texts. All are prepared before the first one is replaced, so what can go wrong
/// does so while nothing is written. What came from stdin is left to the caller.
pub(crate) fn replace<'e>(
    texts: impl IntoIterator<Item = (&'e Input, &'e [u8])>,
) -> Result<(), Failure> {
    let mut prepared = Vec::new();
    for (input, text) in texts {
        if let Origin::File(path) = &input.origin {
            prepared.push(prepare(path, input, text)?);
        }
    }
    // The last look is as late as it can be.
    for new in &prepared {
        unchanged(new.name, &new.target, new.old)?;
    }
    let mut written: Vec<&Path> = Vec::new();
    for new in &mut prepared {
        if let Err(error) = new.temporary.become_target(&new.target) {
            let mut message = format!("cannot replace {}: {error}", new.name.display());
            if !written.is_empty() {
                let names: Vec<String> =
                    written.iter().map(|it| it.display().to_string()).collect();
                message.push_str(&format!("; these are written already: {}", names.join(", ")));
            }
            return Err(Failure::no(message));
        }
        written.push(new.name);
        // The name is safe on the disk only with its folder. Not every file system can do that,
        // and the file is complete in any case.
        if let Some(folder) = new.target.parent() {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
    }
    Ok(())
}

/// A file that is complete and waits for its name.
struct Prepared<'e> {
    /// As the command line leads to it.
    name: &'e Path,
    /// The file itself, behind all links.
    target: PathBuf,
    temporary: Temporary,
    old: &'e [u8],
}

fn prepare<'e>(name: &'e Path, input: &'e Input, text: &[u8]) -> Result<Prepared<'e>, Failure> {
    let cannot =
        |error: &io::Error| Failure::no(format!("cannot write {}: {error}", name.display()));
    // What these lead to was opened to be read.
    if ["/dev/stdin", "/dev/fd", "/proc"].iter().any(|it| name.starts_with(it)) {
        return Err(no_file(name));
    }
    // A link stays a link.
    let target = fs::canonicalize(name).map_err(|error| cannot(&error))?;
    let metadata = fs::metadata(&target).map_err(|error| cannot(&error))?;
    if !metadata.is_file() {
        return Err(no_file(name));
    }
    // A new file under the old name would get around what protects the old one.
    if metadata.permissions().readonly() {
        return Err(Failure::no(format!("cannot write {}: it is read-only", name.display())));
    }
    OpenOptions::new().write(true).open(&target).map_err(|error| cannot(&error))?;
    unchanged(name, &target, &input.text)?;
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut options = OpenOptions::new();
    // Nobody else reads it before it has its permissions.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let (temporary, mut file) = Temporary::beside(&target, &mut options).map_err(|error| {
        let folder = folder.display();
        Failure::no(format!("cannot write {} anew in {folder}: {error}", name.display()))
    })?;
    let filled = file
        .write_all(text)
        .and_then(|()| keep_owner(&file, &metadata))
        .and_then(|()| file.set_permissions(metadata.permissions()))
        .and_then(|()| file.sync_all());
    filled.map_err(|error| cannot(&error))?;
    Ok(Prepared { name, target, temporary, old: &input.text })
}

fn no_file(name: &Path) -> Failure {
    Failure::no(format!("cannot write {}: it is no file; use -f -", name.display()))
}

fn unchanged(name: &Path, target: &Path, old: &[u8]) -> Result<(), Failure> {
    match fs::read(target) {
        Ok(now) if now == old => Ok(()),
        Ok(_) => Err(Failure::refused(format!(
            "{} has changed since it was read, and nothing is written: run the command again",
            name.display()
        ))),
        Err(error) => Err(Failure::no(format!("cannot read {}: {error}", name.display()))),
    }
}

/// Gives the new file the owner and the group of the old one, as far as the system lets us.
#[cfg(unix)]
fn keep_owner(file: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.metadata()?;
    if new.gid() != old.gid() {
        // Who may write a file need not be able to give one away.
        let _ = fchown(file, None, Some(old.gid()));
    }
    if new.uid() != old.uid() {
        let _ = fchown(file, Some(old.uid()), None);
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}
