//! Files as they are at a Git ref, read through git itself: the working tree is left alone.

mod tree;

use std::{
    io::Write,
    path::{Component, Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
};

pub(super) use self::tree::{Tree, tree};
use crate::{
    exit::Failure,
    source::{Source, documents, files},
};

/// A path of the command line, seen from a folder that is there: git wants one to start from.
struct Place {
    folder: PathBuf,
    within: PathBuf,
}

/// A file at a ref.
struct Blob {
    path: PathBuf,
    id: String,
}

/// Reads one `-f` as it is at the ref, and says whether it was there; what was not holds nothing.
pub(super) fn read(
    reference: &str,
    name: &str,
    recursive: bool,
    source: &mut Source,
) -> Result<bool, Failure> {
    let Place { folder, within: path } = Place::of(Path::new(name));
    let folder = folder.as_path();
    let commit = commit(folder, reference)?;
    let named = path.to_string_lossy().into_owned();
    let mut args = vec!["ls-tree", "-r", "-z", &commit];
    if !named.is_empty() {
        args.extend(["--", &named]);
    }
    let listing = succeed(folder, git(folder, &args, Vec::new())?)?;
    let mut blobs = Vec::new();
    for entry in String::from_utf8_lossy(&listing).split_terminator('\0') {
        let Some((about, entry_path)) = entry.split_once('\t') else { continue };
        let about: Vec<&str> = about.split(' ').collect();
        let entry_path = PathBuf::from(entry_path);
        // What was a file then, or is one now, is named by itself.
        let is_named = entry_path == path;
        let within = entry_path.strip_prefix(&path).unwrap_or(&entry_path);
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
    Ok(!listing.is_empty())
}

impl Place {
    /// The path may be one of a file, and need not be there any more.
    fn of(path: &Path) -> Self {
        if path.is_dir() {
            return Self { folder: path.to_owned(), within: PathBuf::new() };
        }
        let mut above = path.ancestors().skip(1);
        let folder = above.find(|it| it.as_os_str().is_empty() || it.is_dir());
        let folder = folder.unwrap_or(Path::new(""));
        let within = plain(path.strip_prefix(folder).unwrap_or(path));
        let is_here = folder.as_os_str().is_empty();
        Self { folder: if is_here { ".".into() } else { folder.to_owned() }, within }
    }

    /// As [`Place::of`], but a link stands for itself: it may have led elsewhere.
    fn of_link(path: &Path) -> Self {
        // Without what may follow the name, as `/.`, which would follow the link.
        let path: PathBuf = path.components().collect();
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) if path.is_symlink() => {
                Self { within: name.into(), ..Self::of(&Path::new(".").join(folder)) }
            }
            _ => Self::of(&path),
        }
    }
}

/// A path without `.` and `..`, as far as it has names to take back.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            component => plain.push(component),
        }
    }
    plain
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
    let mut child = command(folder)
        .args(args)
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

/// git, without anything to do yet.
fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).env("GIT_LITERAL_PATHSPECS", "1").env("LC_ALL", "C");
    match ["GIT_DIR", "GIT_WORK_TREE"].map(|name| (name, std::env::var_os(name))) {
        // A hook of a linked working tree names the repository alone, and git would take the folder
        // for its root.
        [(name, Some(_)), (_, None)] => {
            command.env_remove(name);
        }
        named => {
            for (name, path) in named {
                // They are meant as seen from here, not from the folder.
                if let Some(Ok(path)) = path.map(std::path::absolute) {
                    command.env(name, path);
                }
            }
        }
    }
    command
}

fn succeed(folder: &Path, output: Output) -> Result<Vec<u8>, Failure> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches("fatal: ").lines().next().unwrap_or_default();
    Err(Failure::no(format!("git does not read {}: {said}", folder.display())))
}
