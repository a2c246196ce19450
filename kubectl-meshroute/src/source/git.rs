//! Files as they are at a Git ref, read through git itself: nothing is checked out.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
};

use crate::{
    exit::Failure,
    source::{Source, documents, files},
};

/// A file at a ref.
struct Blob {
    path: PathBuf,
    id: String,
}

/// Reads one `-f` as it is at the ref; a path that is not there holds nothing.
pub(super) fn read(
    reference: &str,
    name: &str,
    recursive: bool,
    source: &mut Source,
) -> Result<(), Failure> {
    if name == "-" || name.starts_with("https://") || name.starts_with("http://") {
        return Err(Failure::usage(format!("{name} is in no repository: --base needs files")));
    }
    let path = Path::new(name);
    let (folder, file) = if path.is_dir() {
        (path, None)
    } else {
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        (folder.unwrap_or(Path::new(".")), path.file_name())
    };
    let commit = commit(folder, reference)?;
    let mut args = vec!["ls-tree", "-r", "-z", &commit];
    let file = file.map(|file| file.to_string_lossy().into_owned());
    args.extend(file.iter().flat_map(|file| ["--", file]));
    let listing = succeed(folder, git(folder, &args, Vec::new())?)?;
    let mut blobs = Vec::new();
    for entry in String::from_utf8_lossy(&listing).split_terminator('\0') {
        let Some((about, entry_path)) = entry.split_once('\t') else { continue };
        let about: Vec<&str> = about.split(' ').collect();
        let entry_path = PathBuf::from(entry_path);
        // What was a file then, or is one now, is named by itself.
        let is_named = file.as_ref().is_some_and(|file| entry_path == Path::new(file));
        let within = match &file {
            Some(file) => entry_path.strip_prefix(file).unwrap_or(&entry_path),
            None => &entry_path,
        };
        let is_near = recursive || within.components().count() == 1;
        let is_read = is_named || (is_near && files::is_manifest(within));
        if !is_read {
            continue;
        }
        match about.as_slice() {
            ["120000", ..] => source.warnings.push(format!(
                "{}: a link, which is not followed at a ref",
                origin(reference, folder, &entry_path)
            )),
            [_, "blob", id] => blobs.push(Blob { path: entry_path, id: (*id).to_owned() }),
            _ => {}
        }
    }
    blobs.sort_by(|a, b| a.path.cmp(&b.path));
    for (blob, text) in blobs.iter().zip(contents(folder, &blobs)?) {
        documents::read(&origin(reference, folder, &blob.path), &text, source);
    }
    Ok(())
}

fn origin(reference: &str, folder: &Path, path: &Path) -> String {
    let path = if folder == Path::new(".") { path.to_owned() } else { folder.join(path) };
    format!("{reference}:{}", path.display())
}

/// The commit that a ref names.
fn commit(folder: &Path, reference: &str) -> Result<String, Failure> {
    succeed(folder, git(folder, &["rev-parse", "--show-prefix"], Vec::new())?)?;
    if reference.is_empty() || reference.starts_with('-') {
        return Err(Failure::usage(format!("{reference:?} is no name of a commit")));
    }
    let wanted = format!("{reference}^{{commit}}");
    let found = git(folder, &["rev-parse", "--verify", "--quiet", &wanted], Vec::new())?;
    if found.status.success() {
        return Ok(String::from_utf8_lossy(&found.stdout).trim().to_owned());
    }
    Err(Failure::no(format!(
        "git knows no commit {reference}: fetch it first; a pipeline may have cloned the last commit only"
    )))
}

/// What the files hold, in their order.
fn contents(folder: &Path, blobs: &[Blob]) -> Result<Vec<Vec<u8>>, Failure> {
    if blobs.is_empty() {
        return Ok(Vec::new());
    }
    let ids: String = blobs.iter().map(|blob| format!("{}\n", blob.id)).collect();
    let printed = succeed(folder, git(folder, &["cat-file", "--batch"], ids.into_bytes())?)?;
    let mut rest = printed.as_slice();
    let mut contents = Vec::with_capacity(blobs.len());
    for blob in blobs {
        let content = object(&mut rest).ok_or_else(|| {
            Failure::no(format!("git cannot read {} of {}", blob.id, blob.path.display()))
        })?;
        contents.push(content.to_vec());
    }
    Ok(contents)
}

/// `ID blob SIZE`, a line break, the content, a line break.
fn object<'r>(rest: &mut &'r [u8]) -> Option<&'r [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (line, after) = rest.split_at(end);
    let size = String::from_utf8_lossy(line).rsplit_once(' ')?.1.parse().ok()?;
    let content = after.get(1..)?.get(..size)?;
    *rest = after.get(size + 2..)?;
    Some(content)
}

/// Runs git in a folder.
fn git(folder: &Path, args: &[&str], stdin: Vec<u8>) -> Result<Output, Failure> {
    let cannot = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound if folder.is_dir() => {
            Failure::no("git is not on the PATH, and --base reads through it")
        }
        _ => Failure::no(format!("cannot run git in {}: {error}", folder.display())),
    };
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(args).env("GIT_LITERAL_PATHSPECS", "1").env("LC_ALL", "C");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    // git answers while it still reads.
    let pipe = child.stdin.take();
    let writer = thread::spawn(move || pipe.map(|mut pipe| pipe.write_all(&stdin)));
    let output = child.wait_with_output().map_err(cannot)?;
    // A git that does not read to the end has said why.
    let _ = writer.join();
    Ok(output)
}

fn succeed(folder: &Path, output: Output) -> Result<Vec<u8>, Failure> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches("fatal: ").lines().next().unwrap_or_default();
    Err(Failure::no(format!("git does not read {}: {said}", folder.display())))
}
