//! Files on the disk: replaced as a whole, or left alone.

use std::{fs, path::Path};

use super::{super::write, HEAD, edits, folder::Folder, weight};
use crate::{
    exit::Failure,
    source::{Input, Origin},
};

fn route(weight: u32) -> String {
    format!("{HEAD}\n    - {{name: b, weight: {weight}}}\n")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("the file can be read")
}

/// Sets the weight of route `a` in these files to 7; `meanwhile` happens between reading and
/// writing.
fn set(paths: &[&Path], meanwhile: impl FnOnce()) -> Result<(), (u8, String)> {
    let input = |path: &&Path| Input {
        origin: Origin::File(path.to_path_buf()),
        text: fs::read(path).expect("the file can be read"),
    };
    let inputs: Vec<Input> = paths.iter().map(input).collect();
    let edited = edits(&inputs, "default", &[weight(0, Some(1), 7)]).expect("it is possible");
    meanwhile();
    write(&edited).map_err(|failure| match failure {
        Failure::Said { code, message } => (code, message),
        Failure::Lost(_) | Failure::Interrupted | Failure::Pipe => panic!("it is about files"),
    })
}

#[test]
fn a_file_is_replaced_and_nothing_is_left_behind() {
    let folder = Folder::new();
    let (a, other) = (folder.put("a.yaml", &route(1)), folder.put("other.yaml", "a: b\n"));
    assert_eq!(set(&[&a, &other], || {}), Ok(()));
    assert_eq!((read(&a), read(&other)), (route(7), "a: b\n".to_owned()));
    assert_eq!(folder.names(), ["a.yaml", "other.yaml"]);
}

#[test]
fn a_file_that_has_changed_meanwhile_is_left_alone() {
    let folder = Folder::new();
    let a = folder.put("a.yaml", &route(1));
    let (code, message) =
        set(&[&a], || drop(folder.put("a.yaml", &route(2)))).expect_err("refused");
    assert_eq!((code, message.contains("has changed since it was read")), (3, true));
    assert_eq!((read(&a), folder.names()), (route(2), vec!["a.yaml".to_owned()]));
}

#[cfg(unix)]
#[test]
fn permissions_and_links_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    let (a, link) = (folder.put("a.yaml", &route(1)), folder.0.join("link.yaml"));
    symlink("a.yaml", &link).expect("a link can be made");
    fs::set_permissions(&a, fs::Permissions::from_mode(0o640)).expect("it is ours");
    assert_eq!(set(&[&link], || {}), Ok(()));
    assert_eq!(read(&a), route(7));
    assert!(link.is_symlink());
    assert_eq!(fs::metadata(&a).expect("it is there").permissions().mode() & 0o7777, 0o640);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_read_only_keeps_all_others_from_being_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let second = route(1).replace("{name: a}", "{name: c}");
    let (a, c) = (folder.put("a.yaml", &route(1)), folder.put("c.yaml", &second));
    fs::set_permissions(&c, fs::Permissions::from_mode(0o444)).expect("it is ours");
    let inputs = [&a, &c].map(|path| Input {
        origin: Origin::File(path.clone()),
        text: fs::read(path).expect("the file can be read"),
    });
    let mut other = weight(0, Some(1), 7);
    other.route.name.name = "c".to_owned();
    let edited = edits(&inputs, "default", &[weight(0, Some(1), 7), other]).expect("possible");
    let Err(Failure::Said { code, message }) = write(&edited) else { panic!("it is refused") };
    assert_eq!((code, message.ends_with("c.yaml: it is read-only")), (1, true), "{message}");
    assert_eq!((read(&a), folder.names().len()), (route(1), 2));
}

#[test]
fn what_is_no_file_is_not_written() {
    let folder = Folder::new();
    let a = folder.put("a.yaml", &route(1));
    let result = set(&[&a], || {
        fs::remove_file(&a).expect("it is ours");
        fs::create_dir(&a).expect("a folder can be made");
    });
    assert!(result.is_err_and(|(code, message)| code == 1 && message.contains("it is no file")));
}
