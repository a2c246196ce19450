//! All files of a commit, written to a folder of our own: a kustomization reads what is around it.

use std::path::{Path, PathBuf};

use super::{Place, command, commit, git, succeed};
use crate::{exit::Failure, source::private::Private};

/// The files of a commit, for as long as this is there.
#[derive(Debug)]
pub(in crate::source) struct Tree {
    /// What holds them.
    pub(in crate::source) private: Private,
    /// The root of the repository.
    pub(in crate::source) root: PathBuf,
    /// The folder that was named, which need not be there.
    pub(in crate::source) folder: PathBuf,
    /// The ref.
    pub(in crate::source) reference: String,
}

/// Writes what a repository holds at the ref; `name` is a folder of it.
pub(in crate::source) fn tree(reference: &str, name: &str) -> Result<Tree, Failure> {
    let Place { folder, within } = Place::of_link(Path::new(name));
    let commit = commit(&folder, reference)?;
    let told = |args: &[&str]| -> Result<String, Failure> {
        let said = succeed(&folder, git(&folder, args, Vec::new())?)?;
        let said = String::from_utf8_lossy(&said).into_owned();
        Ok(said.strip_suffix('\n').unwrap_or(&said).to_owned())
    };
    let top = PathBuf::from(told(&["rev-parse", "--show-toplevel"])?);
    let prefix = told(&["rev-parse", "--show-prefix"])?;

    let mut private = Private::new()?;
    let (index, root) = (private.path().join("index"), private.path().join("tree"));
    let mut files = root.clone().into_os_string();
    files.push("/");
    let mut prefixed = std::ffi::OsString::from("--prefix=");
    prefixed.push(&files);
    let cannot = |error: std::io::Error| {
        Failure::no(format!("cannot run git in {}: {error}", top.display()))
    };
    // An index of our own: neither that of the repository nor its folder is touched.
    let steps = [
        vec!["read-tree".as_ref(), commit.as_ref()],
        vec!["checkout-index".as_ref(), "--all".as_ref(), prefixed.as_os_str()],
    ];
    for step in steps {
        let mut command = command(&top);
        command.args(["-c", "core.splitIndex=false", "-c", "core.fsmonitor=false"]).args(step);
        command.env("GIT_INDEX_FILE", &index).env("GIT_LFS_SKIP_SMUDGE", "1");
        let output = private.output(&mut command, cannot)?;
        succeed(&top, output)?;
    }
    let folder = root.join(prefix).join(within);
    Ok(Tree { private, root, folder, reference: reference.into() })
}
