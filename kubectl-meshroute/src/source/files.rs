//! Files, folders and stdin, as `kubectl apply -f` takes them.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use crate::{
    exit::Failure,
    source::{Excluded, Input, Inputs, Origin, Unreadable},
};

/// The endings that a folder is searched for (kubectl, `cli-runtime/pkg/resource`,
/// `FileExtensions`).
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// Reads one `-f`.
pub(super) fn read(
    name: &str,
    recursive: bool,
    excluded: Option<&Excluded>,
    stdin: &mut dyn Read,
    inputs: &mut Inputs,
) -> Result<(), Failure> {
    if name == "-" {
        let mut text = Vec::new();
        stdin
            .read_to_end(&mut text)
            .map_err(|error| Failure::no(format!("cannot read stdin: {error}")))?;
        inputs.texts.push(Input { origin: Origin::Stdin, text });
        return Ok(());
    }
    if name.starts_with("https://") || name.starts_with("http://") {
        return Err(Failure::usage(format!(
            "{name} is not read: fetch it first, then -f FILE or -f -"
        )));
    }
    let path = Path::new(name);
    if excluded.is_some_and(|excluded| excluded.has(path)) {
        inputs.warnings.push(format!("{name} is excluded, and passed over"));
        return Ok(());
    }
    if !path.is_dir() {
        let text = fs::read(path).map_err(|error| cannot_read(path, &error))?;
        inputs.texts.push(Input { origin: Origin::File(path.to_owned()), text });
        return Ok(());
    }
    let mut files = Vec::new();
    find(path, recursive, excluded, &mut files)?;
    if files.is_empty() {
        let hint = if recursive { "" } else { "; -R reads the folders below it too" };
        inputs.warnings.push(format!("{name} holds no .yaml, .yml or .json file{hint}"));
    }
    for file in files {
        // A pipe that nobody writes to would be waited for without an end.
        if fs::metadata(&file).is_ok_and(|it| !it.is_file()) {
            let file = file.display();
            inputs.warnings.push(format!("{file} is neither a file nor a folder, and passed over"));
            continue;
        }
        match fs::read(&file) {
            Ok(text) => inputs.texts.push(Input { origin: Origin::File(file), text }),
            Err(error) => inputs.unread.push(Unreadable {
                name: file.to_string_lossy().into_owned(),
                why: error.to_string(),
            }),
        }
    }
    Ok(())
}

/// The manifests of a folder, by name.
fn find(
    folder: &Path,
    recursive: bool,
    excluded: Option<&Excluded>,
    files: &mut Vec<PathBuf>,
) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| cannot_read(folder, &error))?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            // A link to a folder above would never end.
            if recursive && !path.is_symlink() && !excluded.is_some_and(|it| it.has(&path)) {
                find(&path, recursive, excluded, files)?;
            }
        } else if is_manifest(&path) && !excluded.is_some_and(|it| it.has(&path)) {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file of a folder is read.
pub(super) fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    Failure::no(format!("cannot read {}: {error}", path.display()))
}
