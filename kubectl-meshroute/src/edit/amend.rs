//! Makes any changes of the fields of objects, and changes nothing else.
//!
//! What is to come out is made of the tree first, as JSON. Then bytes are replaced and inserted,
//! and the new text is read again and compared with it. Where that does not hold, halves are tried,
//! and halves of these, so that one change that cannot be written does not cost the others.
//!
//! An anchor and its aliases are one text: changes of the same field behind them are made together
//! or not at all.

mod plan;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
};

use serde_json as json;

use self::plan::Site;
use super::{change, check, style::Style};
use crate::yaml::{self, Document, Kind, Step};

/// A change of one field.
#[derive(Debug, Clone)]
pub(crate) struct Amendment<'p> {
    /// The document, by its place among those of the text.
    pub(crate) document: usize,
    /// The way from the root of the document to the map with the field.
    pub(crate) steps: Vec<Step<'p>>,
    /// The field.
    pub(crate) field: &'p str,
    /// What becomes of it.
    pub(crate) put: Put,
}

impl Amendment<'_> {
    /// The field with the way to it, such as `spec.rules[0].name`.
    pub(crate) fn path(&self) -> String {
        let mut steps = self.steps.clone();
        steps.push(Step::Field(self.field));
        check::path(&steps)
    }
}

/// What becomes of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Put {
    /// It gets this value; it is put in where it is absent.
    Value(json::Value),
    /// It gets this name.
    Name(String),
}

/// Changes of one object that are made together or not at all.
pub(crate) type Group<'p> = Vec<Amendment<'p>>;

/// A text with changes made.
#[derive(Debug)]
pub(crate) struct Amended {
    /// The text to write.
    pub(crate) text: Vec<u8>,
    /// Why a group is not made, by its place among the groups; none where it is.
    pub(crate) refused: Vec<Option<Refused>>,
}

/// Why a change is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The line, from 1.
    pub(crate) line: usize,
    /// Why, and the way out.
    pub(crate) why: &'static str,
}

/// How often the changes of a document are tried in other combinations: whoever writes a text so
/// odd that this is not enough is told the same as of any change that cannot be made.
const TRIES: usize = 64;

/// Makes these groups of changes in a text; `documents` are all that it holds.
pub(crate) fn amend(text: &[u8], documents: &[&Document<'_>], groups: &[Group<'_>]) -> Amended {
    let mut refused: Vec<Option<Refused>> = vec![None; groups.len()];
    let mut bundles: BTreeMap<usize, Vec<Bundle<'_, '_>>> = BTreeMap::new();
    let mut styles: HashMap<usize, Style> = HashMap::new();
    for change in groups.iter().flatten() {
        if let Some(document) = documents.get(change.document) {
            styles.entry(change.document).or_insert_with(|| Style::of(text, &document.root));
        }
    }
    for bundle in bundled(text, documents, &styles, groups, &mut refused) {
        let document = bundle.sites.first().map_or(0, |site| site.change.document);
        bundles.entry(document).or_default().push(bundle);
    }
    let mut wanted: BTreeMap<usize, json::Value> = BTreeMap::new();
    let mut changes = Vec::new();
    for (document, bundles) in &mut bundles {
        // A new name may be all that a field needs that is missed.
        bundles.sort_by_key(|bundle| !bundle.has_names());
        let mut desk = Desk {
            text,
            region: region(text, documents, *document),
            base: documents[*document].root.to_json(),
            style: styles[document],
            bundles,
            tries: TRIES,
        };
        let mut made = Vec::new();
        desk.settle(&mut made, &(0..bundles.len()).collect::<Vec<_>>());
        for (place, bundle) in bundles.iter().enumerate() {
            if made.binary_search(&place).is_err() {
                let why = bundle.refusal();
                bundle.groups.iter().for_each(|group| refused[*group] = Some(why.clone()));
            }
        }
        if let Some(outcome) = desk.outcome(&made) {
            changes.extend(outcome.changes);
            wanted.insert(*document, outcome.wanted);
        }
    }
    match change::splice(text, 0..text.len(), changes) {
        Some(new) if is_as_wanted(documents, &wanted, &new) => Amended { text: new, refused },
        // No document disturbs another; should one do so all the same, nothing is changed.
        Some(_) | None => {
            let whole = Refused { line: 1, why: plan::ODD };
            let refused = refused.into_iter().map(|it| it.or_else(|| Some(whole.clone())));
            Amended { text: text.to_vec(), refused: refused.collect() }
        }
    }
}

/// Groups that hang together, because they change the same fields.
#[derive(Default)]
struct Bundle<'t, 'p> {
    /// The groups, by their places.
    groups: Vec<usize>,
    /// Where all of their changes are made.
    sites: Vec<Site<'t, 'p>>,
}

impl Bundle<'_, '_> {
    /// Whether each of its changes has a text of its own, or is an alias of one that has.
    fn is_written(&self) -> bool {
        let own: HashSet<_> = self.sites.iter().filter(|it| it.is_own()).filter_map(key).collect();
        self.sites.iter().filter_map(key).all(|key| own.contains(&key))
    }

    fn has_names(&self) -> bool {
        self.sites.iter().any(|site| matches!(site.change.put, Put::Name(_)))
    }

    fn refusal(&self) -> Refused {
        let site = self.sites.iter().find(|site| site.is_shared).or(self.sites.first());
        let is_shared = site.is_some_and(|site| site.is_shared);
        let why = if is_shared { plan::SHARED } else { plan::ODD };
        Refused { line: site.map_or(1, |site| site.line), why }
    }
}

/// Finds where the changes are made, and puts those together that meet.
fn bundled<'t, 'p>(
    text: &[u8],
    documents: &'t [&'t Document<'t>],
    styles: &HashMap<usize, Style>,
    groups: &'p [Group<'p>],
    refused: &mut [Option<Refused>],
) -> Vec<Bundle<'t, 'p>> {
    // Each group points to an earlier one that it hangs together with, or to itself.
    let mut heads: Vec<usize> = (0..groups.len()).collect();
    // A map and its aliases share their entries.
    let mut homes: HashMap<(*const (), &str), usize> = HashMap::new();
    let mut found: Vec<Vec<Site<'t, 'p>>> = Vec::with_capacity(groups.len());
    for (group, changes) in groups.iter().enumerate() {
        let sites = changes.iter().map(|change| {
            let root = documents.get(change.document).map(|document| &document.root);
            Site::find(text, root, styles.get(&change.document).copied(), change)
        });
        let sites: Result<Vec<Site<'t, 'p>>, Refused> = sites.collect();
        let sites = sites.unwrap_or_else(|why| {
            refused[group] = Some(why);
            Vec::new()
        });
        for key in sites.iter().filter_map(key) {
            let (one, other) = (*homes.entry(key).or_insert(group), group);
            let (one, other) = (head(&mut heads, one), head(&mut heads, other));
            heads[one.max(other)] = one.min(other);
        }
        found.push(sites);
    }
    let mut bundles: BTreeMap<usize, Bundle<'t, 'p>> = BTreeMap::new();
    for (group, sites) in found.into_iter().enumerate().filter(|(_, sites)| !sites.is_empty()) {
        let bundle = bundles.entry(head(&mut heads, group)).or_default();
        bundle.groups.push(group);
        bundle.sites.extend(sites);
    }
    let mut bundles: Vec<Bundle<'t, 'p>> = bundles.into_values().collect();
    bundles.retain(|bundle| {
        let is_written = bundle.is_written();
        if !is_written {
            let why = bundle.refusal();
            bundle.groups.iter().for_each(|group| refused[*group] = Some(why.clone()));
        }
        is_written
    });
    bundles
}

/// The first group that a group hangs together with.
fn head(heads: &mut [usize], group: usize) -> usize {
    let mut at = group;
    while heads[at] != at {
        heads[at] = heads[heads[at]];
        at = heads[at];
    }
    at
}

fn key<'p>(site: &Site<'_, 'p>) -> Option<(*const (), &'p str)> {
    match &site.map.kind {
        Kind::Map(entries) => Some((entries.as_ptr().cast(), site.change.field)),
        Kind::Scalar(_) | Kind::List(_) => None,
    }
}

/// The bytes around a document that belong to no other one.
fn region(text: &[u8], documents: &[&Document<'_>], at: usize) -> Range<usize> {
    let before = at.checked_sub(1).and_then(|at| documents.get(at));
    let start = before.map_or(0, |before| before.root.span.end);
    let end = documents.get(at + 1).map_or(text.len(), |after| after.root.span.start);
    start..end
}

/// Whether a new text holds what it was to become.
fn is_as_wanted(
    documents: &[&Document<'_>],
    wanted: &BTreeMap<usize, json::Value>,
    new: &[u8],
) -> bool {
    let new = yaml::documents(new);
    new.len() == documents.len()
        && documents.iter().zip(&new).enumerate().all(|(at, (old, new))| {
            match (new, wanted.get(&at)) {
                (Ok(new), Some(wanted)) => new.root.to_json() == *wanted,
                (Ok(new), None) => new.root.to_json() == old.root.to_json(),
                (Err(_), _) => false,
            }
        })
}

/// A document whose changes are tried.
struct Desk<'d> {
    text: &'d [u8],
    region: Range<usize>,
    base: json::Value,
    style: Style,
    bundles: &'d [Bundle<'d, 'd>],
    tries: usize,
}

/// What comes of some changes.
struct Outcome {
    changes: Vec<change::Change>,
    wanted: json::Value,
}

impl Desk<'_> {
    /// Adds what can be made of `more` to what is made.
    fn settle(&mut self, made: &mut Vec<usize>, more: &[usize]) {
        if more.is_empty() || self.tries == 0 {
            return;
        }
        self.tries -= 1;
        let all: Vec<usize> = made.iter().chain(more).copied().collect();
        if self.holds(&all) {
            *made = all;
        } else if more.len() > 1 {
            let (first, second) = more.split_at(more.len() / 2);
            self.settle(made, first);
            self.settle(made, second);
        }
    }

    fn holds(&self, chosen: &[usize]) -> bool {
        let Some(Outcome { changes, wanted }) = self.outcome(chosen) else { return false };
        let Some(new) = change::splice(self.text, self.region.clone(), changes) else {
            return false;
        };
        match yaml::documents(&new).as_slice() {
            [Ok(document)] => document.root.to_json() == wanted,
            _ => false,
        }
    }

    /// The changes of bytes, and what is to come of them.
    fn outcome(&self, chosen: &[usize]) -> Option<Outcome> {
        let sites = || chosen.iter().flat_map(|place| &self.bundles[*place].sites);
        let mut wanted = self.base.clone();
        for site in sites() {
            apply(&mut wanted, site.change)?;
        }
        Some(Outcome { changes: plan::changes(self.text, self.style, sites())?, wanted })
    }
}

/// Makes a change in JSON.
fn apply(json: &mut json::Value, change: &Amendment<'_>) -> Option<()> {
    let mut at = json;
    for step in &change.steps {
        at = match step {
            Step::Field(name) => at.get_mut(*name)?,
            Step::Index(index) => at.get_mut(*index)?,
        };
    }
    let map = at.as_object_mut()?;
    match &change.put {
        Put::Value(value) => drop(map.insert(change.field.to_owned(), value.clone())),
        Put::Name(name) => {
            let value = map.remove(change.field)?;
            map.insert(name.clone(), value);
        }
    }
    Some(())
}
