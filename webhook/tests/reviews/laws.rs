//! What holds of every answer, whatever was asked.

use std::{fs, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use meshroute::{cluster::Cluster, kind::Kind, lint, lower::lower, profile::Mesh};
use meshroute_webhook::{
    args::Enforce,
    review::{Answer, InUse, Policy, Question, Said, Verdict, View, answer},
};
use serde_json::{Value, json};

use crate::{
    response, warning,
    wild::{self, Choices},
};

/// No answer takes more of a processor, where nobody optimised the program; 5 ms is what a release promises.
const SLOWEST: Duration = Duration::from_millis(500);

/// By what is judged.
pub(crate) struct Bench {
    policy: Policy,
    cluster: Cluster,
}

impl Bench {
    /// A policy, and a cluster of these objects.
    pub(crate) fn new(choices: &mut Choices<'_>, objects: &[Value]) -> Self {
        let mesh = choices.one_of(&[&[None][..], &Mesh::ALL.map(Some)].concat());
        let policy = Policy {
            meshes: mesh.map_or(InUse::Shown, |mesh| InUse::Named(vec![mesh])),
            enforce: choices.one_of(&[Enforce::Deny, Enforce::Deny, Enforce::Warn]),
            ignore: choices.one_of(&[
                lint::Ignore::Warnings,
                lint::Ignore::All,
                lint::Ignore::None,
            ]),
            ..Policy::default()
        };
        let mut cluster = Cluster::unread();
        for object in objects {
            let text = |field: &str| object[field].as_str().unwrap_or_default();
            let kind = Kind::of(text("apiVersion"), text("kind"));
            if let Some(object) = kind.and_then(|kind| lower(kind, object, "shop").object) {
                cluster.insert(object);
            }
        }
        Self { policy, cluster }
    }

    fn ask(&self, question: Question, body: &[u8]) -> Answer {
        answer(question, body, &self.policy, &View::fixed(&self.cluster), None)
    }

    /// Asks both questions; what comes is a review, or says in short why not.
    pub(crate) fn answers(&self, body: &[u8]) -> [Answer; 2] {
        [Question::Validate, Question::Mutate].map(|question| {
            let (answer, first) = timed(|| self.ask(question, body));
            let (again, second) = timed(|| self.ask(question, body));
            assert_eq!(answer, again, "the same bytes, the same answer");
            // What is done only once does not count.
            assert!(first.min(second) < SLOWEST, "{first:?} and {second:?}");
            match answer.status {
                200 => drop(response(question, body, &answer)),
                400 => {
                    assert!(answer.verdict == Verdict::Refused && answer.findings.is_empty());
                    let text = std::str::from_utf8(&answer.body).expect("a text");
                    let line = text.strip_suffix('\n').expect("a line");
                    assert_eq!(warning::passed_on(&[line]), [line], "it goes into logs");
                    assert!(line.chars().count() <= 256);
                }
                other => panic!("{other}"),
            }
            answer
        })
    }

    /// What holds of a route that is made, and of one that becomes it.
    pub(crate) fn of_change(&self, old: &Value, new: &Value) {
        let body = review("CREATE", new, &Value::Null);
        let [made, filled] = self.answers(body.to_string().as_bytes());
        if made.status != 200 {
            return;
        }
        let pretty = serde_json::to_vec_pretty(&body).expect("it is JSON");
        assert_eq!(made, self.ask(Question::Validate, &pretty), "spaces say nothing");

        // A change is never worse than making it anew, and no change is never bad.
        let validate = |old: &Value, new: &Value| {
            let [validated, _] = self.answers(review("UPDATE", new, old).to_string().as_bytes());
            validated
        };
        let changed = validate(old, new);
        if changed.status == 200 {
            assert_within(&changed.findings, &made.findings, |it| (it.code, it.path.clone()));
            assert!(changed.verdict == Verdict::Admitted || made.verdict == Verdict::Denied);
        }
        assert_nothing(&validate(new, new));

        // What is filled in is filled in once, and makes nothing worse.
        let body = body.to_string();
        let after = patched(new, &response(Question::Mutate, body.as_bytes(), &filled));
        let body = review("CREATE", &after, &Value::Null).to_string();
        let [validated, again] = self.answers(body.as_bytes());
        let again = response(Question::Mutate, body.as_bytes(), &again);
        assert_eq!(again.get("patch"), None, "{after}");
        assert_within(&validated.findings, &made.findings, |it| it.code);
        assert!(validated.verdict == Verdict::Admitted || made.verdict == Verdict::Denied);
        assert_nothing(&validate(new, &after));
    }
}

/// A route that changes, in surroundings and by a policy that are made of these bytes too.
pub(crate) fn of_bytes(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let around = wild::surroundings(&mut choices);
    let bench = Bench::new(&mut choices, &around);
    let new = wild::route(&mut choices);
    let mut old = new.clone();
    let count = choices.below(5);
    wild::change(&mut choices, &mut old, count);
    bench.of_change(&old, &new);
    bench.of_change(&new, &old);
}

/// A text that is repeated in a warning: what names a version that nobody knows is.
pub(crate) fn of_text(text: &str) {
    let api_version = format!("gateway.networking.k8s.io/{text}");
    let route = json!({"apiVersion": api_version, "kind": "HTTPRoute", "metadata": {"name": text}});
    let body = review("CREATE", &route, &Value::Null).to_string();
    let [validated, _] = Bench::new(&mut Choices::new(&[]), &[]).answers(body.as_bytes());
    let response = response(Question::Validate, body.as_bytes(), &validated);
    assert_eq!(response["warnings"].is_null(), ["v1", "v1beta1"].contains(&text));
}

/// The answer, and the time of the processor that it took: others may use the machine at the same time.
fn timed(ask: impl FnOnce() -> Answer) -> (Answer, Duration) {
    let start = spent();
    let answer = ask();
    (answer, spent().saturating_sub(start))
}

/// How long this thread has run; none where the system does not say it.
fn spent() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|word| word.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// For each of these there is one of those, which is no less bad.
fn assert_within<K: PartialEq>(these: &[Said], those: &[Said], key: impl Fn(&Said) -> K) {
    let mut left: Vec<&Said> = those.iter().collect();
    for said in these {
        let is_same = |other: &Said| key(other) == key(said) && other.level >= said.level;
        // The least of them: a worse one may be needed for what is worse.
        let same = (0..left.len()).filter(|place| is_same(left[*place]));
        let place = same.min_by_key(|place| left[*place].level);
        left.swap_remove(place.unwrap_or_else(|| panic!("{said:?} is new beside {those:?}")));
    }
}

fn assert_nothing(answer: &Answer) {
    assert_eq!((answer.verdict, &answer.findings), (Verdict::Admitted, &Vec::new()));
}

/// The response of an answer that is a review of what was asked.
pub(crate) fn response(question: Question, body: &[u8], answer: &Answer) -> Value {
    assert_eq!((answer.status, answer.content_type), (200, "application/json"));
    let asked: Value = serde_json::from_slice(body).expect("no 200 for rubbish");
    let may_patch = question == Question::Mutate;
    let response = response::response(&asked["request"]["uid"], &answer.body, may_patch);
    assert_eq!(response["allowed"], answer.verdict == Verdict::Admitted);
    response
}

/// The object after the patch of an answer, as the API server applies it; it changes weights and nothing else.
fn patched(object: &Value, response: &Value) -> Value {
    let mut object = object.clone();
    if let Some(patch) = response["patch"].as_str() {
        assert_eq!(response["patchType"], "JSONPatch");
        let patch = STANDARD.decode(patch).expect("a patch is base64");
        let steps: Vec<Value> = serde_json::from_slice(&patch).expect("it is a list");
        for step in &steps {
            assert!(step["op"] == "add" || step["op"] == "replace", "{step}");
            let path: Vec<&str> = step["path"].as_str().expect("a path").split('/').collect();
            assert!(
                matches!(path[..], ["", "spec", "rules", _, "backendRefs", _, "weight"]),
                "{step}"
            );
            assert!(step["value"].as_u64().is_some_and(|weight| weight <= 100), "{step}");
        }
        let patch: json_patch::Patch = serde_json::from_slice(&patch).expect("it is a JSON Patch");
        json_patch::patch(&mut object, &patch).expect("it applies");
    }
    object
}

/// A review of a route.
fn review(operation: &str, object: &Value, old: &Value) -> Value {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let kind = json!({"group": group, "version": version, "kind": object["kind"]});
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "kind": kind, "requestKind": kind,
        "name": "web", "namespace": "shop", "operation": operation, "object": object, "oldObject": old}})
}
