//! From a text to the objects in it, with their places, and with what the text itself shows.

use meshroute::{
    cluster::Object,
    kind::Kind,
    lint::{self, Finding, Lint},
    lower::lower,
    path::FieldPath,
};

use crate::{
    command::lint::place::{Lines, Mark},
    yaml::{self, Document, Node, Step, Surprise, SurpriseKind, Value},
};

/// A text, named as the command line leads to it.
pub(crate) type Text = (String, Vec<u8>);

/// A text and its documents.
pub(super) struct Sheet<'t> {
    pub(super) name: &'t str,
    pub(super) lines: Lines<'t>,
    documents: Vec<Result<Document<'t>, yaml::Error>>,
}

/// An object of a sheet that lints look at.
pub(super) struct Manifest<'s> {
    /// The sheet that it stands on, by its place.
    pub(super) sheet: usize,
    pub(super) node: &'s Node<'s>,
    pub(super) object: Option<Object>,
    /// What could be read of it, where the API server would refuse it.
    pub(super) draft: Option<Object>,
    /// What reading it has shown, and the text around it.
    pub(super) read: lint::Read,
    /// Of the first object of a document: what the text shows, with its place.
    pub(super) marked: Vec<(Finding, Mark)>,
}

/// What a sheet holds.
#[derive(Default)]
pub(super) struct Read<'s> {
    pub(super) manifests: Vec<Manifest<'s>>,
    /// Findings that belong to no object.
    pub(super) loose: Vec<(Finding, Mark)>,
    /// The lines of templates.
    pub(super) templates: Vec<usize>,
}

impl<'t> Sheet<'t> {
    /// Reads the documents of a text.
    pub(super) fn of(text: &'t Text) -> Self {
        let (name, bytes) = text;
        Self { name, lines: Lines::of(bytes), documents: yaml::documents(bytes) }
    }

    /// The documents of the text.
    pub(super) fn documents(&self) -> &[Result<Document<'t>, yaml::Error>] {
        &self.documents
    }

    /// The objects of the sheet; those that name no namespace are in this one.
    pub(super) fn read(&self, sheet: usize, namespace: &str) -> Read<'_> {
        let mut read = Read::default();
        for document in &self.documents {
            match document {
                Ok(document) => self.document(sheet, document, namespace, &mut read),
                Err(error) if error.is_template() => read.templates.push(error.line()),
                Err(error) => {
                    let finding = lint_of("MR902").finding(
                        FieldPath::default(),
                        error.message(),
                        error.message(),
                    );
                    read.loose.push((finding, self.lines.at(error.line(), error.column())));
                }
            }
        }
        read
    }

    fn document<'s>(
        &'s self,
        sheet: usize,
        document: &'s Document<'t>,
        namespace: &str,
        read: &mut Read<'s>,
    ) {
        let first = read.manifests.len();
        let templates = read.templates.len();
        self.object(sheet, &document.root, namespace, read);
        // What reads otherwise than it looks matters only in what lints look at.
        let is_ours = |it: &Manifest<'_>| kind(it.node).is_some_and(|kind| !delivers(kind));
        if !read.manifests[first..].iter().any(is_ours) || read.templates.len() > templates {
            return;
        }
        let marked = document.surprises.iter().filter_map(|surprise| {
            let mark = self.lines.whole(surprise.line);
            let finding = surprised(surprise, self.lines.text(surprise.line));
            // Where the API server refuses the value, that is said already.
            let is_said = read.manifests[first..].iter().any(|manifest| {
                let places = manifest.read.findings.iter().map(|it| &it.path);
                places
                    .map(|path| self.lines.of_path(manifest.node, path))
                    .any(|it| it.line == mark.line)
            });
            (!is_said).then_some((finding, mark))
        });
        let marked: Vec<_> = marked.collect();
        read.manifests[first].marked = marked;
    }

    fn object<'s>(
        &'s self,
        sheet: usize,
        node: &'s Node<'t>,
        namespace: &str,
        read: &mut Read<'s>,
    ) {
        // `kubectl get -o yaml` prints a List, the API server a HTTPRouteList.
        if text(node, "kind").is_some_and(|kind| kind.ends_with("List")) {
            if let Some(yaml::Kind::List(items)) =
                node.at(&[Step::Field("items")]).map(|items| &items.kind)
            {
                items.iter().for_each(|item| self.object(sheet, item, namespace, read));
            }
            return;
        }
        let Some(kind) = kind(node) else { return };
        if matches!(kind, Kind::Route(_)) && !is_for_services(node) {
            // It is read all the same: routes of Gateways decide something about others.
            let lowered = lower(kind, node, namespace);
            if let Some(object) = lowered.object {
                read.manifests.push(Manifest {
                    sheet,
                    node,
                    object: Some(object),
                    draft: None,
                    read: lint::Read::default(),
                    marked: Vec::new(),
                });
            }
            return;
        }
        if self.lines.holds_braces(node) && is_template(kind, node) {
            read.templates.push(node.line());
            return;
        }
        let lowered = lower(kind, node, namespace);
        read.manifests.push(Manifest {
            sheet,
            node,
            object: lowered.object,
            draft: lowered.draft,
            read: lint::Read::of(&lowered.problems),
            marked: Vec::new(),
        });
    }
}

/// Whether a route has a parent that is, or is meant to be, a Service: no other is looked at.
fn is_for_services(route: &Node<'_>) -> bool {
    let Some((_, spec)) = route.entry("spec") else { return false };
    let yaml::Kind::Map(fields) = &spec.kind else { return false };
    // A slip in the name of the field loses the parents without a word.
    fields
        .iter()
        .any(|(name, parents)| lint::concerns_parents(&name.name) && name_services(parents))
}

/// Whether any of these parents is, or is meant to be, a Service.
fn name_services(parents: &Node<'_>) -> bool {
    match &parents.kind {
        yaml::Kind::List(parents) => {
            parents.iter().any(|parent| lint::concerns(text(parent, "group"), text(parent, "kind")))
        }
        // A list that lacks its dash.
        yaml::Kind::Map(_) => lint::concerns(text(parents, "group"), text(parents, "kind")),
        yaml::Kind::Scalar(_) => false,
    }
}

/// The kind of an object; none if lints have no use for it.
fn kind(object: &Node<'_>) -> Option<Kind> {
    Kind::of(text(object, "apiVersion")?, text(object, "kind")?)
}

/// Whether an object says how others are defined or delivered: it may hold templates and numbers
/// of theirs, such as the values of a HelmRelease.
fn delivers(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Application
            | Kind::Rollout
            | Kind::Kustomization
            | Kind::HelmRelease
            | Kind::Canary
            | Kind::Crd
    )
}

/// Whether an object is a template, which reads as YAML by chance: `{{` stands in quotes. In
/// comments and annotations it is the text of somebody else.
fn is_template(kind: Kind, object: &Node<'_>) -> bool {
    let yaml::Kind::Map(fields) = &object.kind else { return false };
    !delivers(kind)
        && fields.iter().any(|(key, value)| match key.name.as_ref() {
            "metadata" => {
                let names = ["name", "namespace"];
                names.iter().filter_map(|it| value.entry(it)).any(|(_, name)| holds_braces(name))
            }
            _ => holds_braces(value),
        })
}

/// Whether `{{` stands in a text of it.
fn holds_braces(node: &Node<'_>) -> bool {
    match &node.kind {
        yaml::Kind::Scalar(scalar) => {
            matches!(&scalar.value, Value::String(text) if text.contains("{{"))
        }
        yaml::Kind::List(items) => items.iter().any(holds_braces),
        yaml::Kind::Map(entries) => {
            entries.iter().any(|(key, value)| key.name.contains("{{") || holds_braces(value))
        }
    }
}

/// What a place that reads otherwise than it looks is a finding of.
fn surprised(surprise: &Surprise, line: &str) -> Finding {
    let (code, level, message) = match surprise.kind {
        SurpriseKind::DuplicateKey => {
            ("MR903", lint::Level::Error, "this key is there twice: the last one counts")
        }
        SurpriseKind::MergeOverrides => {
            ("MR903", lint::Level::Error, "`<<` replaces a key that is written above it")
        }
        SurpriseKind::Number => (
            "MR904",
            lint::Level::Error,
            "this number reads otherwise than it looks: write it in decimal",
        ),
        SurpriseKind::Boolean => {
            ("MR905", lint::Level::Warning, "this word is a boolean: put a text in quotes")
        }
        SurpriseKind::Unread => (
            "MR902",
            lint::Level::Warning,
            "what follows here is never read: the document has ended above",
        ),
    };
    let finding = lint_of(code).finding(FieldPath::default(), line.trim(), message);
    Finding { level: finding.level.min(level), ..finding }
}

fn lint_of(code: &str) -> &'static Lint {
    Lint::of(code).expect("the codes of readers are in the catalogue")
}

/// The text of a field.
pub(super) fn text<'n>(node: &'n Node<'_>, field: &str) -> Option<&'n str> {
    match &node.entry(field)?.1.kind {
        yaml::Kind::Scalar(scalar) => match &scalar.value {
            Value::String(text) => Some(text),
            _ => None,
        },
        yaml::Kind::List(_) | yaml::Kind::Map(_) => None,
    }
}
