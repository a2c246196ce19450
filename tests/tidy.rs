//! The shape of the source tree: who may import whom, and what a file may hold.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The modules of the library, lowest row first: a module imports from its own row and from the rows above it.
const LAYERS: &[&[&str]] = &[
    &["name", "kind", "path", "ratio"],
    &["route", "cluster"],
    &["wire"],
    &["lower", "defaulting", "served"],
    &["profile", "matching", "dialect", "owner", "waypoint"],
    &["detect", "split"],
    &["diff", "shift"],
    &["lint"],
];

/// The modules that read `wire`: what the API's JSON means is decided once.
const WIRE_READERS: &[&str] = &["lower", "defaulting"];

/// All that the library may depend on.
const LIBRARY_DEPENDENCIES: &[&str] = &["jiff", "regex", "serde", "serde_json"];

/// Parts of the standard library that reach out of the process.
const OUTSIDE: &[&str] = &["env", "fs", "net", "os", "process", "thread"];

/// Words for the present time.
const CLOCKS: &[&str] = &["SystemTime", "Instant", "Timestamp::now", "Zoned::now"];

/// The packages of the workspace, by folder.
const PACKAGES: &[&str] = &["kubectl-meshroute", "meshroute", "tests", "webhook"];

/// A file longer than this has more than one job.
const MAX_LINES: usize = 500;

#[test]
fn modules_import_only_from_rows_above() {
    let row = |module: &str| LAYERS.iter().position(|row| row.contains(&module));
    hold(sources("meshroute/src"), |source| {
        let Some(module) = source.module() else { return Vec::new() };
        let Some(own) = row(module) else {
            return vec![format!("{module} has no row in LAYERS")];
        };
        let imports = firsts(source.code(), "crate").into_iter().filter(|import| import != module);
        imports
            .filter_map(|import| match row(&import) {
                _ if import == "wire" && !WIRE_READERS.contains(&module) => {
                    Some(format!("{module} imports wire, which only lower reads"))
                }
                Some(other) if other <= own => None,
                Some(_) => Some(format!("{module} imports {import}, which is in a row below it")),
                None => Some(format!("crate::{import} is no module in LAYERS")),
            })
            .collect()
    });
}

#[test]
fn the_library_depends_on_little() {
    let manifest = read(&root().join("meshroute/Cargo.toml"));
    let others = dependencies(&manifest);
    assert!(!others.is_empty(), "no dependency was found at all");
    let unknown = others.iter().filter(|name| !LIBRARY_DEPENDENCIES.contains(&name.as_str()));
    assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn programs_do_not_depend_on_each_other() {
    for (package, other) in
        [("webhook", "kubectl-meshroute"), ("kubectl-meshroute", "meshroute-webhook")]
    {
        let manifest = read(&root().join(package).join("Cargo.toml"));
        assert!(!dependencies(&manifest).contains(other), "{package} depends on {other}");
    }
}

#[test]
fn the_library_reaches_nothing_outside() {
    hold(sources("meshroute/src"), |source| {
        let code = source.code();
        let outside =
            firsts(code, "std").into_iter().filter(|part| OUTSIDE.contains(&part.as_str()));
        let clocks = CLOCKS.iter().filter(|clock| has_word(code, clock));
        outside
            .map(|part| format!("std::{part}: the library does no I/O"))
            .chain(clocks.map(|clock| format!("{clock}: the library has no clock")))
            .collect()
    });
}

/// Output formats have structs of their own, so that a model can change and an output does not.
#[test]
fn nothing_in_the_library_is_serialized() {
    hold(sources("meshroute/src"), |source| {
        let found = has_word(source.code(), "Serialize");
        found
            .then(|| "Serialize: output structs belong to the programs".to_owned())
            .into_iter()
            .collect()
    });
}

#[test]
fn every_file_has_one_job_and_says_it() {
    hold(all_sources(), |source| {
        let mut problems = Vec::new();
        let lines = source.text.lines().count();
        if lines > MAX_LINES {
            problems.push(format!("{lines} lines, at most {MAX_LINES}"));
        }
        if !source.text.starts_with("//! ") {
            problems.push("does not start with a //! line".to_owned());
        }
        if source.path.ends_with("mod.rs") {
            problems.push("is called mod.rs: name it after its module".to_owned());
        }
        problems
    });
}

#[test]
fn nothing_is_silenced_without_a_trace() {
    hold(all_sources(), |source| {
        let silences = |line: &&str| {
            let line = line.trim_start();
            ["#[allow(", "#![allow(", "#[ignore", "#[should_panic"]
                .iter()
                .any(|attribute| line.starts_with(attribute))
        };
        source.text.lines().filter(silences).map(|line| line.trim().to_owned()).collect()
    });
}

#[test]
fn imports_of_every_form_are_seen() {
    let seen = |text| firsts(text, "crate").into_iter().collect::<Vec<_>>();
    assert_eq!(seen("use crate::wire;"), ["wire"]);
    assert_eq!(
        seen("use crate::{\n    name::{Kind, self},\n    path::FieldPath,\n};"),
        ["name", "path"]
    );
    assert_eq!(seen("fn f(a: &crate::split::Split) -> crate::lint::Finding {}"), ["lint", "split"]);
    assert_eq!(seen("$crate::lint!(a)"), ["lint"]);
    assert_eq!(seen("mycrate::wire; crate_::wire"), Vec::<String>::new());
}

#[test]
fn comments_and_tests_are_no_code() {
    let text = "//! a std::fs\nuse std::fmt; // not std::net\n/// std::env\n#[cfg(test)]\nmod tests {\n std::fs::read }\n";
    let source = Source::new(PathBuf::from("meshroute/src/a.rs"), text.to_owned());
    assert_eq!(firsts(source.code(), "std").into_iter().collect::<Vec<_>>(), ["fmt"]);
}

#[test]
fn dependencies_of_every_form_are_seen() {
    let manifest = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\nc = \"1\"\n\
        [dependencies.d]\nversion = \"1\"\n[target.'cfg(unix)'.dependencies]\ne = \"1\"\n\
        [build-dependencies]\nf = \"1\"\n[dev-dependencies]\ng = \"1\"\n";
    assert_eq!(dependencies(manifest).into_iter().collect::<Vec<_>>(), ["b", "c", "d", "e", "f"]);
}

/// A source file, named as seen from the root.
struct Source {
    path: PathBuf,
    text: String,
    code: String,
}

impl Source {
    fn new(path: PathBuf, text: String) -> Self {
        let code = code(&text);
        Self { path, text, code }
    }

    /// What is compiled into the program: no comments, and no tests at the end of the file.
    fn code(&self) -> &str {
        &self.code
    }

    /// The module of the library that the file belongs to; none for the root of the crate.
    fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("meshroute/src").ok()?;
        let first = inside.iter().next()?.to_str()?;
        Some(first.strip_suffix(".rs").unwrap_or(first)).filter(|module| *module != "lib")
    }
}

fn code(text: &str) -> String {
    let production = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = production.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// Fails with everything that the sources break, each with its file.
fn hold(sources: Vec<Source>, rule: impl Fn(&Source) -> Vec<String>) {
    assert!(!sources.is_empty(), "no source file was found");
    let mut problems = Vec::new();
    for source in &sources {
        let found = rule(source);
        problems
            .extend(found.iter().map(|problem| format!("{}: {problem}", source.path.display())));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the workspace")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn all_sources() -> Vec<Source> {
    PACKAGES.iter().flat_map(|package| sources(package)).collect()
}

/// The Rust files of a folder and everything below it, in a fixed order.
fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
        for entry in entries {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = read(&path);
                let path = path.strip_prefix(root()).expect("below the root").to_owned();
                found.push(Source::new(path, text));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The names of everything that goes into a package, dependencies of its tests left out.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let words = table.split('.').collect::<Vec<_>>();
            let last = words.iter().rposition(|word| word.ends_with("dependencies"));
            let counts = last.filter(|idx| words[*idx] != "dev-dependencies");
            names.extend(counts.and_then(|idx| words.get(idx + 1)).map(|name| (*name).to_owned()));
            inside = counts.is_some_and(|idx| idx + 1 == words.len());
        } else if inside && let Some((key, _)) = line.split_once('=') {
            names.extend(key.split('.').next().map(|name| name.trim().to_owned()));
        }
    }
    names
}

/// The first segments after `root::`, one by one and in braces.
fn firsts(code: &str, root: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let start = format!("{root}::");
    for (idx, _) in code.match_indices(&start) {
        if code[..idx].ends_with(is_word) {
            continue;
        }
        let rest = &code[idx + start.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_firsts(group)),
            None => found.extend(first_word(rest)),
        }
    }
    found
}

/// The first segment of each entry of a group, whose opening brace is behind us.
fn group_firsts(group: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut entry = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => found.extend(first_word(entry.split_off(0).trim_start())),
            c if depth == 0 => entry.push(c),
            _ => {}
        }
    }
    found.extend(first_word(entry.trim_start()));
    found
}

fn first_word(text: &str) -> Option<String> {
    let word = text.chars().take_while(|c| is_word(*c)).collect::<String>();
    (!word.is_empty()).then_some(word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a word stands there by itself, not as a part of a longer one.
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(idx, _)| {
        !code[..idx].ends_with(is_word) && !code[idx + word.len()..].starts_with(is_word)
    })
}
