//! The reviews that an API server has sent, as `tests/reviews` keeps them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// A review.
pub(crate) struct Recorded {
    /// The release of the Gateway API, and what was done: `v1.6/http-create`.
    pub(crate) name: String,
    /// The body of the request.
    pub(crate) body: Vec<u8>,
}

/// All of them, in a fixed order.
pub(crate) fn recorded() -> &'static [Recorded] {
    static ALL: LazyLock<Vec<Recorded>> = LazyLock::new(read);
    &ALL
}

fn read() -> Vec<Recorded> {
    let mut all = Vec::new();
    for release in entries(&folder()).iter().filter(|release| release.is_dir()) {
        for file in entries(release) {
            let name = file.strip_prefix(folder()).expect("it is below").with_extension("");
            let body = fs::read(&file).expect("it can be read");
            all.push(Recorded { name: name.display().to_string(), body });
        }
    }
    assert!(all.len() > 40, "{} reviews", all.len());
    all
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/reviews")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the reviews are there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    paths
}
