//! Files that are not to be looked at.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Files that are not to be looked at: patterns as in `.gitignore`, from a folder on.
#[derive(Debug)]
pub(crate) struct Excluded {
    folder: PathBuf,
    patterns: Gitignore,
}

impl Excluded {
    /// Reads the patterns; says what is wrong with one.
    pub(crate) fn new(folder: &Path, patterns: &[String]) -> Result<Self, String> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        // Whoever names a file may come from elsewhere, or by a link.
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let mut builder = GitignoreBuilder::new(&folder);
        for pattern in patterns {
            builder
                .add_line(None, pattern)
                .map_err(|error| format!("{pattern:?} is no pattern: {error}"))?;
        }
        let patterns = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { folder, patterns })
    }

    /// Whether a file or folder is not to be looked at.
    pub(crate) fn has(&self, path: &Path) -> bool {
        let Ok(path) = path.canonicalize() else { return false };
        let is_below = path.starts_with(&self.folder);
        is_below && self.patterns.matched_path_or_any_parents(&path, path.is_dir()).is_ignore()
    }
}
