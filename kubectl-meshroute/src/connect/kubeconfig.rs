//! Kubeconfig files: read as kubectl reads YAML, and merged as client-go merges them.
//!
//! An entry is only looked into when it is used, so that a mistake in one cluster does not keep
//! another from being asked.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::environment::Environment;
use crate::{args::Secret, exit::Failure, yaml};

/// The merged files.
#[derive(Debug, Default)]
pub(super) struct Kubeconfig {
    /// The files that were read.
    pub(super) files: Vec<PathBuf>,
    /// The files that are not there.
    pub(super) missing: Vec<PathBuf>,
    /// The current context.
    pub(super) current: Option<String>,
    /// The contexts.
    pub(super) contexts: Section,
    /// The clusters.
    pub(super) clusters: Section,
    /// The users.
    pub(super) users: Section,
}

/// The named entries of one kind, in the order of their files.
#[derive(Debug, Default)]
pub(super) struct Section(Vec<Entry>);

/// A named entry.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: String,
    /// The file that it stands in.
    pub(super) file: PathBuf,
    kind: &'static str,
    body: Value,
}

/// What a context says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Context {
    #[serde(deserialize_with = "filled")]
    pub(super) cluster: Option<String>,
    #[serde(deserialize_with = "filled")]
    pub(super) user: Option<String>,
    #[serde(deserialize_with = "filled")]
    pub(super) namespace: Option<String>,
}

/// What a cluster says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Cluster {
    #[serde(deserialize_with = "filled")]
    pub(super) server: Option<String>,
    pub(super) insecure_skip_tls_verify: Option<bool>,
    #[serde(deserialize_with = "filled")]
    pub(super) certificate_authority: Option<String>,
    #[serde(deserialize_with = "filled")]
    pub(super) certificate_authority_data: Option<String>,
    #[serde(deserialize_with = "filled")]
    pub(super) proxy_url: Option<String>,
    pub(super) disable_compression: Option<bool>,
    #[serde(deserialize_with = "filled")]
    pub(super) tls_server_name: Option<String>,
    pub(super) extensions: Option<Vec<Extension>>,
}

/// A part of a cluster that others have added.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Extension {
    pub(super) name: String,
    pub(super) extension: Value,
}

/// What a user says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct User {
    #[serde(deserialize_with = "filled")]
    pub(super) token: Option<Secret>,
    #[serde(rename = "tokenFile", deserialize_with = "filled")]
    pub(super) token_file: Option<String>,
    #[serde(deserialize_with = "filled")]
    pub(super) username: Option<String>,
    #[serde(deserialize_with = "filled")]
    pub(super) password: Option<Secret>,
    #[serde(deserialize_with = "filled")]
    pub(super) client_certificate: Option<String>,
    #[serde(deserialize_with = "filled")]
    pub(super) client_certificate_data: Option<String>,
    #[serde(deserialize_with = "filled")]
    pub(super) client_key: Option<String>,
    #[serde(deserialize_with = "filled")]
    pub(super) client_key_data: Option<Secret>,
    #[serde(rename = "as", deserialize_with = "filled")]
    pub(super) impersonate: Option<String>,
    #[serde(deserialize_with = "filled")]
    pub(super) as_uid: Option<String>,
    pub(super) as_groups: Option<Vec<String>>,
    pub(super) as_user_extra: Option<BTreeMap<String, Vec<String>>>,
    pub(super) exec: Option<Exec>,
    pub(super) auth_provider: Option<AuthProvider>,
}

/// How to run a credential plugin.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Exec {
    pub(super) api_version: String,
    pub(super) command: String,
    pub(super) args: Option<Vec<String>>,
    pub(super) env: Option<Vec<Variable>>,
    #[serde(deserialize_with = "filled")]
    pub(super) install_hint: Option<String>,
    #[serde(deserialize_with = "filled")]
    pub(super) interactive_mode: Option<String>,
    pub(super) provide_cluster_info: bool,
}

/// A variable for a credential plugin.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
}

/// The settings of a way to log in that was built into kubectl.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AuthProvider {
    pub(super) name: String,
    pub(super) config: Option<BTreeMap<String, String>>,
}

impl Kubeconfig {
    /// Reads the file that a flag names, or those that the environment names.
    ///
    /// A file of the environment that is not there is passed over, as in client-go: a list may
    /// name files of clusters that come and go.
    pub(super) fn read(flag: Option<&str>, env: &Environment) -> Result<Self, Failure> {
        let mut merged = Self::default();
        let files = flag.map_or_else(|| env.kubeconfigs(), |file| vec![file.into()]);
        for file in files {
            match fs::read(&file) {
                Ok(text) => merged.add(&file, &text)?,
                Err(error) if flag.is_none() && error.kind() == io::ErrorKind::NotFound => {
                    merged.missing.push(file);
                }
                Err(error) => {
                    let file = file.display();
                    return Err(Failure::no(format!("cannot read the kubeconfig {file}: {error}")));
                }
            }
        }
        Ok(merged)
    }

    /// The files for a message.
    pub(super) fn named(&self) -> String {
        list(self.files.iter().map(|file| file.display().to_string()))
    }

    /// Adds a file: what is known already stays as it is.
    fn add(&mut self, file: &Path, text: &[u8]) -> Result<(), Failure> {
        let wrong = |what: String| {
            Failure::no(format!("the kubeconfig {} cannot be used: {what}", file.display()))
        };
        self.files.push(file.to_owned());
        // kubectl reads one document, and ignores what follows it.
        let root = match yaml::documents(text).into_iter().next() {
            None => return Ok(()),
            Some(Ok(document)) => Value::deserialize(&document.root),
            Some(Err(error)) => return Err(wrong(error.to_string())),
        };
        let root = match root {
            Ok(Value::Object(root)) => root,
            Ok(_) => return Err(wrong("it is no map, as `kubectl config view` prints one".into())),
            Err(error) => return Err(wrong(error.to_string())),
        };
        match root.get("kind").and_then(Value::as_str) {
            None | Some("" | "Config") => {}
            Some(other) => return Err(wrong(format!("it is a {other}, not a Config"))),
        }
        let section = |list: &str, kind, body| {
            Section::of(root.get(list), kind, body, file)
                .map_err(|what| wrong(format!("{list}: {what}")))
        };
        self.contexts.add(section("contexts", "context", "context")?);
        self.clusters.add(section("clusters", "cluster", "cluster")?);
        self.users.add(section("users", "user", "user")?);
        if self.current.is_none() {
            let current = root.get("current-context").and_then(Value::as_str);
            self.current = current.filter(|name| !name.is_empty()).map(str::to_owned);
        }
        Ok(())
    }
}

impl Section {
    fn of(
        list: Option<&Value>,
        kind: &'static str,
        body: &str,
        file: &Path,
    ) -> Result<Self, String> {
        let items = match list {
            None | Some(Value::Null) => return Ok(Self::default()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err("this is no list".to_owned()),
        };
        let mut section = Self::default();
        for item in items {
            let Some(name) = item.get("name").and_then(Value::as_str) else {
                return Err("an entry has no name".to_owned());
            };
            if section.get(name).is_some() {
                return Err(format!("the name {name} is there twice"));
            }
            section.0.push(Entry {
                name: name.to_owned(),
                file: file.to_owned(),
                kind,
                body: item.get(body).cloned().unwrap_or_default(),
            });
        }
        Ok(section)
    }

    /// Adds what is not known by name.
    fn add(&mut self, other: Self) {
        for entry in other.0 {
            if self.get(&entry.name).is_none() {
                self.0.push(entry);
            }
        }
    }

    /// The entry of a name.
    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.name == name)
    }

    /// The names for a message.
    pub(super) fn names(&self) -> String {
        list(self.0.iter().map(|entry| entry.name.clone()))
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Entry {
    /// What the entry says.
    pub(super) fn read<T: DeserializeOwned + Default>(&self) -> Result<T, Failure> {
        if self.body.is_null() {
            return Ok(T::default());
        }
        T::deserialize(&self.body)
            .map_err(|error| Failure::no(format!("{self} cannot be used: {error}")))
    }

    /// The path of a file that the entry names: relative ones start at the kubeconfig.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(file)
    }
}

/// What a message calls an entry.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, file, kind, .. } = self;
        write!(f, "{kind} {name} of {}", file.display())
    }
}

/// A text that is empty says nothing, as in Go.
fn filled<'de, D: Deserializer<'de>, T: From<String>>(from: D) -> Result<Option<T>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.filter(|text| !text.is_empty()).map(T::from))
}

/// Names in a sentence.
fn list(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(texts: &[&str]) -> Kubeconfig {
        let mut merged = Kubeconfig::default();
        for (idx, text) in texts.iter().enumerate() {
            let file = PathBuf::from(format!("/folder{idx}/config"));
            merged.add(&file, text.as_bytes()).expect("a kubeconfig");
        }
        merged
    }

    fn refusal(text: &str) -> String {
        match Kubeconfig::default().add(Path::new("config"), text.as_bytes()) {
            Err(Failure::Said { message, .. }) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_file_that_sets_a_name_wins_with_all_of_it() {
        let merged = merged(&[
            "current-context: ''\nclusters: [{name: a, cluster: {server: first}}]",
            "current-context: c\nclusters: [{name: a, cluster: {server: second, tls-server-name: x}}, {name: b}]",
            "current-context: d",
        ]);
        assert_eq!(merged.current.as_deref(), Some("c"));
        let a: Cluster = merged.clusters.get("a").expect("known").read().expect("a cluster");
        assert_eq!((a.server.as_deref(), a.tls_server_name), (Some("first"), None));
        assert_eq!(merged.clusters.names(), "a, b");
    }

    #[test]
    fn files_are_relative_to_the_kubeconfig_that_names_them() {
        let merged = merged(&["", "users: [{name: a, user: {tokenFile: t}}]"]);
        let entry = merged.users.get("a").expect("known");
        assert_eq!(entry.path("t"), PathBuf::from("/folder1/t"));
        assert_eq!(entry.path("/t"), PathBuf::from("/t"));
    }

    #[test]
    fn what_is_no_kubeconfig_is_refused_with_its_file() {
        assert_eq!(
            refusal("kind: Service"),
            "the kubeconfig config cannot be used: it is a Service, not a Config"
        );
        assert!(refusal("a: [").starts_with("the kubeconfig config cannot be used: line 1"));
        assert!(refusal("- a").contains("it is no map"));
        assert!(refusal("clusters: 5").contains("clusters: this is no list"));
        assert!(refusal("clusters: [{name: a}, {name: a}]").contains("the name a is there twice"));
        assert!(refusal("users: [{user: {}}]").contains("users: an entry has no name"));
    }

    #[test]
    fn a_mistake_in_an_entry_shows_when_it_is_used() {
        let merged = merged(&["users: [{name: a, user: {token: 5}}, {name: b}]"]);
        let read = |name| merged.users.get(name).expect("known").read::<User>();
        assert!(read("b").is_ok());
        let Err(Failure::Said { message, .. }) = read("a") else { panic!("a token is a text") };
        assert!(message.starts_with("user a of /folder0/config cannot be used"), "{message}");
    }
}
