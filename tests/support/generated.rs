//! Files that are made from the programs: held to what would be made now, or written anew.

use std::{env, fs, path::Path};

/// Whether files are to be written rather than compared.
fn is_update() -> bool {
    env::var_os("UPDATE_EXPECT").is_some()
}

/// Holds a file, named as seen from the root of the workspace, to what it should be.
///
/// # Panics
///
/// Panics if it is something else, or cannot be written.
pub fn hold(name: &str, expected: &str) {
    let path = root().join(name);
    let found = fs::read_to_string(&path).unwrap_or_default();
    if found == expected {
        return;
    }
    if is_update() {
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).expect("a folder can be made");
        fs::write(&path, expected).expect("a file can be written");
        return;
    }
    let line = found.lines().zip(expected.lines()).position(|(is, should)| is != should);
    let line = line.unwrap_or_else(|| found.lines().count().min(expected.lines().count()));
    panic!(
        "{name} is not current in line {}\n--- it says\n{}\n--- it should say\n{}\n---\n(UPDATE_EXPECT=1 writes it anew)",
        line + 1,
        found.lines().nth(line).unwrap_or_default(),
        expected.lines().nth(line).unwrap_or_default(),
    );
}

/// Holds the part of a file between `<!-- NAME -->` and `<!-- end of NAME -->`.
///
/// # Panics
///
/// Panics if it is something else, if there are no such marks, or if it cannot be written.
pub fn hold_part(name: &str, part: &str, expected: &str) {
    let text = fs::read_to_string(root().join(name)).expect("the file can be read");
    let (start, end) = (format!("<!-- {part} -->\n"), format!("<!-- end of {part} -->"));
    let marks = "the file has both marks, in this order";
    let (before, rest) = text.split_once(&start).expect(marks);
    let (_, after) = rest.split_once(&end).expect(marks);
    hold(name, &format!("{before}{start}{expected}{end}{after}"));
}

/// The root of the workspace.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the workspace")
}
