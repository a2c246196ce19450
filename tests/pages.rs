//! The pages about lints, and the table of them in the README, are what the list of lints says.
//!
//! `UPDATE_EXPECT=1 cargo test -p meshroute-tests --test pages` writes them anew.

use std::{collections::BTreeSet, fmt::Write as _, fs};

use meshroute::{
    lint::{ALL, Check, Level, Lint, Need},
    profile::Mesh,
};
use meshroute_tests::{findings, generated};

const FOLDER: &str = "docs/lints";

const MADE: &str = "<!-- Made by `UPDATE_EXPECT=1 cargo test -p meshroute-tests --test pages` of the lint itself. -->\n";

/// What the lints up to a number are about, as they are numbered.
const GROUPS: &[(u32, &str)] = &[
    (19, "What a route attaches to"),
    (29, "Routes of clients' namespaces"),
    (49, "Backends"),
    (59, "Weights and fields"),
    (69, "Rules and objects"),
    (79, "Matches"),
    (89, "Filters"),
    (99, "Timeouts, retries, sessions"),
    (899, "Meshes, and who else writes a route"),
    (999, "The text of a manifest"),
];

#[test]
fn each_lint_has_its_page() {
    for lint in ALL {
        generated::hold(&format!("{FOLDER}/{}.md", lint.code), &page(lint));
    }
    generated::hold(&format!("{FOLDER}/README.md"), &index());
    let folder = fs::read_dir(generated::root().join(FOLDER)).expect("the folder is there");
    let names = folder.map(|entry| entry.expect("a folder can be listed").file_name());
    let names: BTreeSet<String> = names.filter_map(|name| name.into_string().ok()).collect();
    let mut expected: BTreeSet<String> =
        ALL.iter().map(|lint| format!("{}.md", lint.code)).collect();
    expected.insert("README.md".into());
    assert_eq!(names, expected, "a page is about a lint that is there");
}

#[test]
fn the_readme_lists_all_lints() {
    let mut table =
        format!("{} of them; each has [its page](docs/lints/README.md).\n\n", ALL.len());
    table.push_str("| code | level | name | what is wrong |\n|---|---|---|---|\n");
    for Lint { code, level, name, summary, .. } in ALL {
        writeln!(
            table,
            "| [{code}](docs/lints/{code}.md) | {level} | {name} | {} |",
            cell(summary)
        )
        .expect("a String takes everything");
    }
    table.push('\n');
    generated::hold_part("README.md", "all lints", &table);
}

fn index() -> String {
    let mut page = format!(
        "{MADE}# Lints\n\n\
        An error is certainly wrong in every mesh in use, a warning probably; an info is shown with `--info`.\n\
        Where a mesh takes a mistake otherwise, it has a level of its own: [each page](MR001.md) shows what its example gets in which mesh.\n\
        `meshroute explain CODE` prints the same.\n"
    );
    let mut lints = ALL.iter().peekable();
    for (last, about) in GROUPS {
        write!(page, "\n## {about}\n\n| code | level | name | what is wrong | looks at |\n|---|---|---|---|---|\n")
            .expect("a String takes everything");
        while let Some(lint) = lints.next_if(|lint| number(lint) <= *last) {
            let Lint { code, name, summary, .. } = lint;
            let row = format!(
                "| [{code}]({code}.md) | {} | {name} | {} | {} |",
                level(lint),
                cell(summary),
                needs(lint)
            );
            writeln!(page, "{row}").expect("a String takes everything");
        }
    }
    assert!(lints.next().is_none(), "each lint is in a group");
    page
}

fn page(lint: &Lint) -> String {
    let Lint { code, name, summary, docs, .. } = lint;
    let mut page = format!("{MADE}# {code} {name}\n\n{}.\n\n{}\n", capital(summary), docs.trim());
    let mut add = |text: String| writeln!(page, "\n{text}").expect("a String takes everything");
    add("## Wrong".into());
    add(example(lint.bad));
    add(in_meshes(lint));
    add("## Right".into());
    add(example(lint.good));
    add("## Level".into());
    let mut about = format!("{}.", capital(&level(lint)));
    if !lint.needs.is_empty() {
        write!(
            about,
            "\nIt looks at {}; what is not known of these gives no finding.",
            needs(lint)
        )
        .expect("a String takes everything");
    }
    add(about);
    add(silence(lint));
    page
}

/// An example as a block, with the flags that it takes.
fn example(yaml: &str) -> String {
    let flags: Vec<&str> = findings::flags(yaml).collect();
    let lines: Vec<&str> = yaml.trim().lines().filter(|it| !it.starts_with("# lint:")).collect();
    let block = format!("```yaml\n{}\n```", lines.join("\n"));
    if flags.is_empty() { block } else { format!("With `{}`:\n\n{block}", flags.join(" ")) }
}

/// What the wrong example gets in each mesh.
fn in_meshes(lint: &Lint) -> String {
    let mut flags: Vec<&str> = findings::flags(lint.bad).collect();
    if let Some(place) = flags.iter().position(|flag| *flag == "--mesh") {
        flags.drain(place..place + 2);
    }
    let levels = Mesh::ALL.map(|mesh| {
        let flags: Vec<&str> = flags.iter().copied().chain(["--mesh", mesh.name()]).collect();
        let found = findings::of(lint.bad, &flags).into_iter().find(|it| it.code == lint.code);
        found.map_or_else(|| "–".to_owned(), |found| found.level)
    });
    let names = Mesh::ALL.map(Mesh::name).join(" | ");
    format!("| {names} |\n|{}\n| {} |", "---|".repeat(Mesh::ALL.len()), levels.join(" | "))
}

fn silence(lint: &Lint) -> String {
    let code = lint.code;
    let mut text =
        format!("`--level {code}=off` turns it off, and any other level is given in the same way.");
    if number(lint) < 900 {
        let flag = match lint.level {
            Level::Error => "; where it is an error, with `--ignore all` only",
            Level::Off | Level::Info | Level::Warning => "",
        };
        write!(text, "\nFor one object, this says why it is accepted{flag}:\n\n```yaml\nmetadata:\n  annotations:\n    meshroute.dev/ignore: \"{code} the reason\"\n```")
            .expect("a String takes everything");
    }
    text
}

/// The level, and what changes it.
fn level(lint: &Lint) -> String {
    let mut text = lint.level.name().to_owned();
    for level in Level::ALL {
        let meshes = lint.meshes.iter().filter(|(_, its)| *its == level);
        let meshes: Vec<&str> = meshes.map(|(mesh, _)| mesh.name()).collect();
        if !meshes.is_empty() {
            write!(text, "; {level} on {}", meshes.join(", ")).expect("a String takes everything");
        }
    }
    if lint.raised_if_complete {
        text.push_str("; error with --complete");
    }
    text
}

fn needs(lint: &Lint) -> String {
    let needs: Vec<&str> = lint.needs.iter().copied().map(Need::name).collect();
    match lint.check {
        Check::OfReader if needs.is_empty() => Need::Text.name().to_owned(),
        Check::OfReader | Check::Once(_) | Check::EachMesh(_) => needs.join(", "),
    }
}

fn number(lint: &Lint) -> u32 {
    lint.code.trim_start_matches("MR").parse().expect("a code has a number")
}

/// A text within a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}
