//! `lint --fix`: mends what can be mended without a change of anything else.
//!
//! What mends one finding may show another, so the texts are judged and mended again until nothing
//! new can be mended; only then files are written, each once.

use std::{collections::HashMap, io::Read};

use meshroute::{
    lint::{Edit, Finding, Level},
    path::{self, FieldPath},
};

use super::{
    judge,
    plan::Plan,
    read::{Sheet, Text},
    so_far,
};
use crate::{
    Streams,
    args::{self, DryRun},
    command::rewrite::{self, Rewrite},
    edit::{self, Amendment, Group, Put, Refused},
    exit::Failure,
    progress::{self, Progress},
    source::{self, Input, Origin, Texts},
    view::{clean, lint::Placed},
    yaml::Step,
};

/// How often the texts are judged again. Each lint mends its finding once, so fewer are enough
/// unless two lints want the opposite of each other.
const PASSES: usize = 8;

/// What came of mending.
pub(super) struct Mended {
    rewrites: Vec<Rewrite>,
    /// How many findings were mended, by text.
    counts: Vec<usize>,
    /// What is not mended although it could be, in words.
    notes: Vec<String>,
    /// Whether a text is not for us to change.
    is_left: bool,
}

/// What is left to print.
pub(super) struct Finished {
    /// What belongs on stdout instead of the report.
    pub(super) printed: Option<Vec<u8>>,
    /// Whether a text is not for us to change.
    pub(super) is_left: bool,
}

/// Reads the texts and mends them, without writing anything yet.
pub(super) fn mend(
    args: &args::Lint,
    files: &[String],
    plan: &Plan,
    stdin: &mut dyn Read,
) -> Result<(Texts, Mended), Failure> {
    rewrite::check(args.dry_run)?;
    if let Some(folder) = &args.source.kustomize {
        return Err(Failure::usage(format!(
            "--fix mends files, and -k {folder} checks what is built of them: name the files or \
             folders, as in `lint --fix {folder} -R`"
        )));
    }
    if files.is_empty() {
        return Err(Failure::usage("--fix mends files: name files or folders, or - for stdin"));
    }
    let (recursive, excluded) = (args.source.recursive, plan.exclude.as_ref());
    let source::Inputs { texts: inputs, warnings, unread } =
        source::inputs_but(excluded, files, recursive, stdin)?;
    let mut named: Vec<Text> =
        inputs.iter().map(|input| (input.origin.to_string(), input.text.clone())).collect();
    let mut counts = vec![0; inputs.len()];
    let (mut notes, mut is_left) = (Vec::new(), false);
    for _ in 0..PASSES {
        let pass = progress::of(so_far, |progress| Pass::run(&inputs, &named, plan, progress));
        (notes, is_left) = (pass.notes, pass.is_left);
        let is_done = pass.mended.is_empty();
        for (place, text, count) in pass.mended {
            named[place].1 = text;
            counts[place] += count;
        }
        if is_done {
            break;
        }
    }
    let rewrites = inputs.into_iter().zip(&named);
    let rewrites =
        rewrites.map(|(input, (_, text))| Rewrite { input, text: text.clone() }).collect();
    Ok((
        Texts { named, built_from: None, warnings, unread },
        Mended { rewrites, counts, notes, is_left },
    ))
}

impl Mended {
    /// Writes the files, and says what was mended and what was not.
    pub(super) fn finish(
        self,
        dry_run: DryRun,
        streams: &mut Streams<'_>,
    ) -> Result<Finished, Failure> {
        let printed = rewrite::finish(&self.rewrites, dry_run)?;
        for note in &self.notes {
            writeln!(streams.stderr, "warning: {}", clean(note))?;
        }
        let verb = match dry_run {
            DryRun::None => "mended",
            DryRun::Client | DryRun::Server => "would mend",
        };
        for (rewrite, count) in self.rewrites.iter().zip(&self.counts) {
            let what = match count {
                0 => continue,
                1 => "1 finding".to_owned(),
                count => format!("{count} findings"),
            };
            let name = rewrite.input.origin.to_string();
            writeln!(streams.stderr, "{verb} {what} in {}", clean(&name))?;
        }
        Ok(Finished { printed, is_left: self.is_left })
    }
}

/// A finding that can be mended, and the byte where its object starts.
struct Mendable<'j> {
    placed: &'j Placed,
    start: usize,
}

/// One look at all texts.
#[derive(Default)]
struct Pass {
    /// The texts that are mended, by their places, and how many findings in each.
    mended: Vec<(usize, Vec<u8>, usize)>,
    notes: Vec<String>,
    is_left: bool,
}

impl Pass {
    fn run(inputs: &[Input], named: &[Text], plan: &Plan, progress: &Progress) -> Self {
        let sheets: Vec<Sheet<'_>> = named.iter().map(Sheet::of).collect();
        let judged = judge::judge(&sheets, plan, progress);
        let mut mendable: Vec<Vec<Mendable<'_>>> = sheets.iter().map(|_| Vec::new()).collect();
        for placed in judged.findings.iter().filter(|it| is_mendable(&it.finding, plan.least())) {
            if let Some((sheet, start)) = placed.object.and_then(|at| judged.starts.get(at)) {
                mendable[*sheet].push(Mendable { placed, start: *start });
            }
        }
        let mut pass = Self::default();
        for (place, findings) in mendable.iter().enumerate().filter(|(_, it)| !it.is_empty()) {
            let (origin, sheet) = (&inputs[place].origin, &sheets[place]);
            match template(&judged.templates, sheet.name) {
                Some(line) => pass.leave(edit::left(origin, line)),
                None => pass.sheet(place, origin, sheet, findings),
            }
        }
        pass
    }

    /// Mends what was found in one text.
    fn sheet(
        &mut self,
        place: usize,
        origin: &Origin,
        sheet: &Sheet<'_>,
        findings: &[Mendable<'_>],
    ) {
        let documents = match edit::whole(origin, sheet.documents()) {
            Ok(documents) => documents,
            Err(why) => return self.leave(why),
        };
        let mut ways: HashMap<usize, (usize, Vec<Step<'static>>)> = HashMap::new();
        for (number, document) in documents.iter().enumerate() {
            edit::objects(&document.root, &mut Vec::new(), &mut |object, steps| {
                ways.insert(object.span.start, (number, steps.to_vec()));
            });
        }
        let mut groups: Vec<Group<'_>> = Vec::with_capacity(findings.len());
        for Mendable { placed, start } in findings {
            let Some((document, steps)) = ways.get(start) else {
                groups.push(Vec::new());
                continue;
            };
            if let Some(why) = edit::signed(origin, &documents[*document].root, steps) {
                return self.leave(why);
            }
            let edits = placed.finding.fix.iter().flat_map(|fix| &fix.edits);
            let group: Option<Group<'_>> =
                edits.map(|edit| amendment(*document, steps, edit)).collect();
            groups.push(group.unwrap_or_default());
        }
        let amended = edit::amend(sheet.lines.all(), &documents, &groups);
        let mut count = 0;
        for ((found, group), refused) in findings.iter().zip(groups).zip(&amended.refused) {
            let why = match refused {
                None if !group.is_empty() => {
                    count += 1;
                    continue;
                }
                None => "it takes more than new values: edit it by hand",
                Some(Refused { why, .. }) => why,
            };
            let Placed { finding, file, mark, .. } = found.placed;
            let line = mark.map_or(1, |mark| mark.line);
            self.notes.push(format!("{file}:{line}: {} is not mended: {why}", finding.lint.code));
        }
        if count > 0 {
            self.mended.push((place, amended.text, count));
        }
    }

    fn leave(&mut self, why: String) {
        self.notes.push(why);
        self.is_left = true;
    }
}

/// The line of the first template in a text.
fn template(templates: &[String], name: &str) -> Option<usize> {
    let places = templates.iter().filter_map(|place| place.rsplit_once(':'));
    places.filter(|(file, _)| *file == name).find_map(|(_, line)| line.parse().ok())
}

fn is_mendable(finding: &Finding, least: Level) -> bool {
    finding.level >= least && finding.fix.as_ref().is_some_and(|fix| !fix.edits.is_empty())
}

/// A change of an object as one of its document; none if it is no change of a field.
fn amendment<'p>(
    document: usize,
    object: &[Step<'static>],
    edit: &'p Edit,
) -> Option<Amendment<'p>> {
    let (path, put) = match edit {
        Edit::Text(path, text) => (path, Put::Value(text.as_str().into())),
        Edit::Number(path, number) => (path, Put::Value((*number).into())),
        Edit::Rename(path, name) => (path, Put::Name(name.clone())),
        // What goes with a field, its comments and its line, is a matter of taste.
        Edit::Remove(_) => return None,
    };
    let (field, before) = last_field(path)?;
    let before = before.iter().map(|step| match step {
        path::Step::Field(name) => Step::Field(name),
        path::Step::Index(index) => Step::Index(*index),
    });
    let steps = object.iter().copied().chain(before).collect();
    Some(Amendment { document, steps, field, put })
}

fn last_field(path: &FieldPath) -> Option<(&str, &[path::Step])> {
    match path.steps().split_last()? {
        (path::Step::Field(name), before) => Some((name, before)),
        (path::Step::Index(_), _) => None,
    }
}
