//! `.meshroute.yaml`: how the manifests of a repository are checked, where no flag says otherwise.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use meshroute::{lint::Levels, profile::Mesh};

use crate::{
    args::{self, Channel, FailOn, Ignore, Version},
    exit::Failure,
    source::Excluded,
    yaml::{self, Key, Kind, Node, Surprise, SurpriseKind, Value},
};

/// The name of the file.
const NAME: &str = ".meshroute.yaml";

/// What a file says; the fields are the flags of the same names.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) mesh: Vec<String>,
    pub(crate) levels: Levels,
    pub(crate) info: bool,
    pub(crate) fail_on: Option<FailOn>,
    pub(crate) complete: bool,
    pub(crate) ignore: Option<Ignore>,
    pub(crate) gateway_api: Option<Version>,
    pub(crate) channel: Option<Channel>,
    pub(crate) namespace: Option<String>,
    /// The file of known findings.
    pub(crate) baseline: Option<PathBuf>,
    /// What is not looked at.
    pub(crate) exclude: Option<Excluded>,
}

/// Its keys, as they are written.
const KEYS: [&str; 11] = [
    "mesh",
    "levels",
    "info",
    "failOn",
    "complete",
    "ignore",
    "gatewayApi",
    "channel",
    "namespace",
    "baseline",
    "exclude",
];

impl Config {
    /// Reads the file that is named, or else the one that is nearest to the working directory: in it,
    /// or above it up to the top of the repository.
    pub(crate) fn find(args: &args::Configured) -> Result<Self, Failure> {
        let named = args.config.as_ref().map(PathBuf::from);
        match named.or_else(|| if args.no_config { None } else { nearest() }) {
            Some(file) => Self::read(&file),
            None => Ok(Self::default()),
        }
    }

    fn read(file: &Path) -> Result<Self, Failure> {
        let name = file.display();
        let text =
            fs::read(file).map_err(|error| Failure::no(format!("cannot read {name}: {error}")))?;
        let reader = Reader { file, text: &text };
        let mut config = Self::default();
        for document in yaml::documents(&text) {
            let document = document.map_err(|error| {
                Failure::no(format!("{name}:{}: {}", error.line(), error.message()))
            })?;
            let is_twice = |it: &&Surprise| it.kind == SurpriseKind::DuplicateKey;
            if let Some(twice) = document.surprises.iter().find(is_twice) {
                return Err(reader.error(twice.line, "this key is there twice"));
            }
            match &document.root.kind {
                Kind::Map(entries) => {
                    for (key, value) in entries.iter() {
                        config.set(&reader, key, value)?;
                    }
                }
                Kind::Scalar(_) | Kind::List(_) => {
                    return Err(reader.error(document.root.line(), "expected keys and values"));
                }
            }
        }
        Ok(config)
    }

    fn set(&mut self, r: &Reader<'_>, key: &Key<'_>, value: &Node<'_>) -> Result<(), Failure> {
        match key.name.as_ref() {
            "mesh" => {
                self.mesh = r.words(value)?;
                for name in self.mesh.iter().filter(|name| *name != "auto") {
                    name.parse::<Mesh>().map_err(|error| r.error(value.line(), error))?;
                }
            }
            "levels" => {
                let Kind::Map(entries) = &value.kind else {
                    return Err(r.error(value.line(), "expected CODE: LEVEL, a line each"));
                };
                for (code, level) in entries.iter() {
                    let level = format!("{}={}", code.name, r.word(level)?);
                    self.levels.set(&level).map_err(|why| r.error(code.line(), why))?;
                }
            }
            "info" => self.info = r.switch(value)?,
            "failOn" => self.fail_on = Some(r.choice(value)?),
            "complete" => self.complete = r.switch(value)?,
            "ignore" => self.ignore = Some(r.choice(value)?),
            "gatewayApi" => self.gateway_api = Some(r.choice(value)?),
            "channel" => self.channel = Some(r.choice(value)?),
            "namespace" => self.namespace = Some(r.word(value)?.to_owned()),
            "baseline" => self.baseline = Some(r.folder().join(r.word(value)?)),
            "exclude" => {
                let patterns = r.words(value)?;
                let excluded = Excluded::new(r.folder(), &patterns);
                self.exclude = Some(excluded.map_err(|why| r.error(value.line(), why))?);
            }
            other => {
                let why = format!("unknown key {other}: one of {}", KEYS.join(", "));
                return Err(r.error(key.line(), why));
            }
        }
        Ok(())
    }
}

/// The nearest file of the name; a repository ends where `.git` is.
fn nearest() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    for (above, folder) in here.ancestors().enumerate() {
        let file = folder.join(NAME);
        if file.is_file() {
            // As somebody would call it who stands here.
            return Some(if above == 0 { NAME.into() } else { file });
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// A file that is being read.
struct Reader<'t> {
    file: &'t Path,
    text: &'t [u8],
}

impl<'t> Reader<'t> {
    fn error(&self, line: usize, why: impl std::fmt::Display) -> Failure {
        Failure::usage(format!("{}:{line}: {why}", self.file.display()))
    }

    /// The folder of the file, which paths in it start from.
    fn folder(&self) -> &'t Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// A text as it is written: `off` and `1.6` are words here, though YAML has them otherwise.
    fn word<'n>(&self, node: &'n Node<'_>) -> Result<&'n str, Failure>
    where
        't: 'n,
    {
        let Kind::Scalar(scalar) = &node.kind else {
            return Err(self.error(node.line(), "expected one word"));
        };
        match &scalar.value {
            Value::String(text) => Ok(text),
            Value::Null => Err(self.error(node.line(), "expected a word, found nothing")),
            Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) => {
                let written = self.text.get(node.span.clone()).unwrap_or_default();
                Ok(std::str::from_utf8(written).unwrap_or_default().trim())
            }
        }
    }

    /// Words in a list, or one alone, perhaps with commas.
    fn words(&self, node: &Node<'_>) -> Result<Vec<String>, Failure> {
        match &node.kind {
            Kind::List(items) => {
                items.iter().map(|item| self.word(item).map(str::to_owned)).collect()
            }
            Kind::Scalar(_) | Kind::Map(_) => {
                Ok(self.word(node)?.split(',').map(|word| word.trim().to_owned()).collect())
            }
        }
    }

    fn switch(&self, node: &Node<'_>) -> Result<bool, Failure> {
        match &node.kind {
            Kind::Scalar(scalar) => match scalar.value {
                Value::Bool(value) => Ok(value),
                _ => Err(self.error(node.line(), "expected true or false")),
            },
            Kind::List(_) | Kind::Map(_) => Err(self.error(node.line(), "expected true or false")),
        }
    }

    /// One of the values that the flag takes.
    fn choice<T: ValueEnum>(&self, node: &Node<'_>) -> Result<T, Failure> {
        let word = self.word(node)?;
        T::from_str(word, false).map_err(|_| {
            let known = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let known: Vec<String> = known.map(|it| it.get_name().to_owned()).collect();
            self.error(node.line(), format!("{word:?} is none of {}", known.join(", ")))
        })
    }
}
