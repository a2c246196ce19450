//! What real control planes answered, and the clusters that they were asked about.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde::Deserialize;
use serde_json::{Number, Value, json};

use crate::{
    fate::{Destination, Entry, Fate, List, Names},
    ratio::Ratio,
    request::{Condition, Matcher, PathMatch},
};

/// The two sets of questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Random clusters, one file each.
    Random,
    /// Cases made by hand, all of a mesh in one file.
    Probes,
}

/// One recorded answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Recorded {
    /// The cluster, or what a probe probes.
    pub case: String,
    /// The namespace of the client.
    pub client: String,
    /// The Service as `namespace/name`.
    pub service: String,
    /// The port.
    pub port: u16,
    /// The rules, first match wins.
    pub rules: Vec<RecordedRule>,
}

/// One match with its fate.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedRule {
    /// The route as `namespace/name`; none for the mesh's own rule.
    pub route: Option<String>,
    /// The match.
    #[serde(rename = "match", default)]
    pub found: RecordedMatch,
    /// Weighted backends, or one of the three below.
    pub backends: Option<Vec<RecordedBackend>>,
    /// A status.
    pub status: Option<u16>,
    /// A redirect.
    #[serde(default)]
    pub redirect: bool,
    /// Why nobody can say.
    pub undefined: Option<String>,
}

/// A match; what is absent is any.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RecordedMatch {
    path: Option<(String, String)>,
    method: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String, String)>,
    #[serde(default)]
    query: Vec<(String, String, String)>,
}

/// A weighted backend.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedBackend {
    /// The Service as `namespace/name`; none where the backend is of no known kind.
    pub service: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The weight, in Kuma's answers sometimes a fraction.
    pub weight: Number,
    /// A status that the mesh gives to this share.
    pub answer: Option<u16>,
}

impl Set {
    /// Returns the folder of the set.
    #[must_use]
    pub fn folder(self) -> PathBuf {
        let folder = match self {
            Self::Random => "random",
            Self::Probes => "probes",
        };
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("oracle").join(folder)
    }

    /// Reads a mesh's answers.
    ///
    /// # Panics
    ///
    /// Panics if the file is not there or not as described in `oracle/README.md`.
    #[must_use]
    pub fn answers(self, mesh: &str) -> Vec<Recorded> {
        let text = read(&self.folder().join(format!("{mesh}.json")));
        serde_json::from_str(&text).expect("the answers are as described")
    }

    /// Returns the cluster of a case as the mesh saw it, as a stream of documents.
    ///
    /// # Panics
    ///
    /// Panics if the file is not there or a document is not one line of JSON.
    #[must_use]
    pub fn manifests(self, mesh: &str, case: &str) -> String {
        let path = match self {
            Self::Random => self.folder().join("cases").join(format!("{case}.yaml")),
            Self::Probes => self.folder().join(format!("{mesh}.yaml")),
        };
        let mut stream = String::new();
        for line in read(&path).lines().filter(|it| *it != "---" && !it.is_empty()) {
            let mut document: Value = serde_json::from_str(line).expect("one document a line");
            if self.prepare(mesh, &mut document) {
                stream.push_str(&format!("---\n{document}\n"));
            }
        }
        stream
    }

    /// Makes a document what the mesh was shown; returns whether it was shown at all.
    fn prepare(self, mesh: &str, document: &mut Value) -> bool {
        let kind = document["kind"].as_str().unwrap_or_default().to_owned();
        match (mesh, self, kind.as_str()) {
            ("linkerd" | "kuma" | "kgateway", _, "EndpointSlice") => return false,
            ("kuma", _, "Service") => {
                for port in document["spec"]["ports"].as_array_mut().into_iter().flatten() {
                    if port.get("appProtocol").is_none() {
                        port["appProtocol"] = json!("http");
                    }
                }
            }
            ("kgateway", Self::Random, "Gateway") if document["metadata"]["name"] == "waypoint" => {
                document["spec"] = json!({
                    "gatewayClassName": "kgateway-waypoint",
                    "listeners": [{"name": "proxy", "port": 15088, "protocol": "istio.io/PROXY"}],
                });
            }
            ("istio-ambient", Self::Probes, "Gateway") => {
                let ready = document["metadata"]["labels"].get("no-address").is_none();
                document["status"] = gateway_status(ready);
            }
            _ => {}
        }
        true
    }
}

/// Returns the status of a waypoint with an address, or of one that nobody has taken up.
fn gateway_status(ready: bool) -> Value {
    let condition = |name: &str| {
        let (status, reason) = if ready { ("True", name) } else { ("Unknown", "Pending") };
        json!({"type": name, "status": status, "reason": reason, "message": "",
               "lastTransitionTime": "2026-01-01T00:00:00Z"})
    };
    let conditions = [condition("Accepted"), condition("Programmed")];
    if !ready {
        return json!({"conditions": conditions});
    }
    json!({"addresses": [{"type": "IPAddress", "value": "10.96.0.99"}], "conditions": conditions})
}

impl Recorded {
    /// Returns the Service's namespace and name.
    ///
    /// # Panics
    ///
    /// Panics if the Service is not written as `namespace/name`.
    #[must_use]
    pub fn service(&self) -> (&str, &str) {
        self.service.split_once('/').expect("a namespace and a name")
    }

    /// Returns whether a weight is a fraction, that is: rounded.
    #[must_use]
    pub fn is_rounded(&self) -> bool {
        let mut backends = self.rules.iter().flat_map(|it| it.backends.iter().flatten());
        backends.any(|it| !it.weight.is_u64())
    }

    /// Returns the answer as a list.
    ///
    /// # Errors
    ///
    /// Returns what is not as described in `oracle/README.md`.
    pub fn list(&self, mesh: &str) -> Result<List, String> {
        let mut entries = Vec::new();
        for rule in &self.rules {
            entries.push(Entry {
                route: rule.route.clone(),
                rule_index: None,
                matcher: rule.found.matcher()?,
                fate: rule.fate()?,
            });
        }
        let unmatched = if entries.is_empty() && mesh != "linkerd" {
            let (namespace, name) = self.service();
            Destination::backend(namespace, name, Some(self.port))
        } else {
            Destination::Status(404)
        };
        Ok(List { entries, unmatched: Some(Fate::all(unmatched)), open: Vec::new() })
    }
}

impl RecordedRule {
    fn fate(&self) -> Result<Fate, String> {
        match (&self.backends, self.status, self.redirect, &self.undefined) {
            (Some(backends), None, false, None) => RecordedBackend::fate(backends),
            (None, Some(status), false, None) => Ok(Fate::all(Destination::Status(status))),
            (None, None, true, None) => Ok(Fate::all(Destination::Redirect)),
            (None, None, false, Some(_)) => Ok(Fate::all(Destination::Undefined)),
            _ => Err(format!("a recorded rule without one clear fate: {self:?}")),
        }
    }
}

impl RecordedBackend {
    fn destination(&self) -> Result<Destination, String> {
        let service = self.service.as_deref().and_then(|it| it.split_once('/'));
        match (self.answer, service) {
            (Some(status), _) => Ok(Destination::Status(status)),
            (None, Some((namespace, name))) => Ok(Destination::backend(namespace, name, self.port)),
            (None, None) => Err(format!("a recorded backend without a service: {self:?}")),
        }
    }

    fn fate(backends: &[Self]) -> Result<Fate, String> {
        let mut weights = Vec::new();
        for backend in backends {
            let weight =
                Ratio::parse(&backend.weight.to_string()).ok_or("a weight is no number")?;
            weights.push((backend.destination()?, weight));
        }
        let sum: Ratio = weights.iter().map(|(_, weight)| *weight).sum();
        if sum.is_zero() {
            return Err("all recorded weights are 0".to_owned());
        }
        Ok(Fate::shares(weights.into_iter().map(|(it, weight)| (it, weight.over(sum)))))
    }
}

impl RecordedMatch {
    fn matcher(&self) -> Result<Matcher, String> {
        let path = match &self.path {
            Some((kind, value)) => PathMatch::new(kind, value)?,
            None => PathMatch::any(),
        };
        let conditions = |recorded: &[(String, String, String)]| {
            recorded.iter().map(|(kind, name, value)| Condition::new(kind, name, value)).collect()
        };
        let headers: Result<Vec<_>, String> = conditions(&self.headers);
        let query = conditions(&self.query)?;
        Ok(Matcher { path, method: self.method.clone(), headers: headers?, query })
    }
}

/// Returns which Services are only another name for a Service of the cluster.
///
/// # Panics
///
/// Panics if a document is not one line of JSON.
#[must_use]
pub fn aliases(manifests: &str) -> Names {
    let mut names = Names::new();
    for line in manifests.lines().filter(|it| it.contains("externalName")) {
        let service: Value = serde_json::from_str(line).expect("one document a line");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let host = text(&service["spec"]["externalName"]);
        let local = host.strip_suffix(".svc.cluster.local").and_then(|it| it.split_once('.'));
        if let Some((name, namespace)) = local {
            let metadata = &service["metadata"];
            names.insert(
                (text(&metadata["namespace"]), text(&metadata["name"])),
                (namespace.to_owned(), name.to_owned()),
            );
        }
    }
    names
}

/// Returns the manifests of every case of a set, each made once.
#[derive(Debug, Default)]
pub struct Manifests(BTreeMap<String, String>);

impl Manifests {
    /// Returns the cluster of a case.
    pub fn of(&mut self, set: Set, mesh: &str, case: &str) -> &str {
        let key = if set == Set::Random { case } else { "probes" };
        self.0.entry(key.to_owned()).or_insert_with(|| set.manifests(mesh, case))
    }
}

fn read(path: &std::path::Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}
