//! Routes, and clusters around them, made of bytes: the same bytes make the same, and near ones make something near.
//!
//! Most of it is what belongs there, so that what is judged is more than its shape; the rest may be anything.

use serde_json::{Map, Value, json};

/// Bytes as a series of choices; where there are no more, each is the first.
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below the limit, which is at most 256.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    /// Once in so many times; never where there are no more bytes.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub(crate) fn one_of<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// A word, or a text that somebody hopes to get through.
    fn word(&mut self, from: &[&str]) -> Value {
        if self.once_in(24) { self.text().into() } else { self.one_of(from).into() }
    }

    /// Any text: what a terminal, a header or an expression may take otherwise than it looks.
    pub(crate) fn text(&mut self) -> String {
        let most = self.below(40);
        let mut text: String = (0..most).map(|_| self.character()).collect();
        if self.once_in(8) {
            text = text.repeat(64);
        }
        text
    }

    fn character(&mut self) -> char {
        match self.byte() {
            byte @ 0..=0xbf => char::from(byte),
            byte => self.one_of(&[
                '\u{202e}',
                '\u{2028}',
                '\u{feff}',
                '\u{fffd}',
                'é',
                '🦀',
                '\u{10ffff}',
                char::from(byte),
            ]),
        }
    }

    /// So many of these at most, more of them now and then.
    fn some(&mut self, most: usize, mut one: impl FnMut(&mut Self) -> Value) -> Value {
        let count = if self.once_in(48) { 3 * most } else { self.below(most + 1) };
        (0..count).map(|_| one(self)).collect()
    }

    /// The value, or something else in its place.
    fn or_odd(&mut self, value: Value) -> Value {
        if self.once_in(64) { self.odd() } else { value }
    }

    /// What a place may hold instead of what belongs there.
    fn odd(&mut self) -> Value {
        let text = self.text();
        let number =
            json!(self.one_of(&[0, 1, 80, 100, 65_536, 1_000_001, i64::MAX, -1, i64::MIN]));
        match self.below(12) {
            0 => Value::Null,
            1 => number,
            2 => json!(text),
            3 => json!([]),
            4 => json!({}),
            5 => json!([null, number, text]),
            6 => json!({text: number}),
            7 => json!(1.5e300),
            8 => json!(u64::MAX),
            9 => json!("(["),
            10 => (0..17)
                .map(|place| json!({"name": format!("{text}{place}"), "weight": place}))
                .collect(),
            _ => json!(true),
        }
    }

    /// An object of these fields, some of them left out, and now and then one that nobody knows.
    fn object<const COUNT: usize>(&mut self, fields: [(&str, Value); COUNT]) -> Value {
        let mut object = Map::new();
        for (name, value) in fields {
            let value = self.or_odd(value);
            if !self.once_in(24) {
                object.insert(name.to_owned(), value);
            }
        }
        if self.once_in(64) {
            object.insert(self.text(), self.odd());
        }
        object.into()
    }
}

const NAMES: [&str; 7] = ["web", "v1", "v2", "web-v1", "WEB", "", "a.b"];
const GROUPS: [&str; 5] = ["", "", "core", "gateway.networking.k8s.io", "a.example"];
const KINDS: [&str; 5] = ["Service", "Service", "service", "Gateway", "ServiceImport"];
const HEADERS: [&str; 6] = ["x-a", "X-A", "Host", ":authority", "Connection", "x-b"];
const VALUES: [&str; 6] = ["a", "b", "(a|b", ".*", "a,b", ""];
const PATHS: [&str; 7] = ["/", "/a", "/a/", "/a/b", "a", "/*", "/[a-z]+"];
const DURATIONS: [&str; 7] = ["1s", "2s", "0s", "100ms", "1h30m", "-1s", "1.5s"];

/// A route of a namespace `shop`.
pub(crate) fn route(choices: &mut Choices<'_>) -> Value {
    let (api_version, kind) = choices.one_of(&[
        ("gateway.networking.k8s.io/v1", "HTTPRoute"),
        ("gateway.networking.k8s.io/v1", "GRPCRoute"),
        ("gateway.networking.k8s.io/v1beta1", "HTTPRoute"),
        ("policy.linkerd.io/v1beta3", "HTTPRoute"),
    ]);
    let parents = choices.some(3, reference);
    let rules = choices.some(4, |choices| rule(choices, kind));
    let hostnames =
        choices.some(1, |choices| choices.word(&["a.example", "*.example", "10.0.0.1"]));
    let mut spec = choices.object([("parentRefs", parents), ("rules", rules)]);
    if hostnames != json!([]) && spec.is_object() {
        spec["hostnames"] = hostnames;
    }
    let metadata = metadata(choices, &spec);
    let spec = choices.or_odd(spec);
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
}

/// What says of a route how it is meant, with what was applied before the API server filled in weights.
fn metadata(choices: &mut Choices<'_>, spec: &Value) -> Value {
    let mut annotations = Map::new();
    if choices.once_in(3) {
        annotations
            .insert("meshroute.dev/weights".to_owned(), choices.word(&["percent", "Percent", ""]));
    }
    if choices.once_in(5) {
        let ignore =
            choices.word(&["MR050 why", "MR052; MR999", "MR001 until=2020-01-01 why", "all"]);
        annotations.insert("meshroute.dev/ignore".to_owned(), ignore);
    }
    if choices.once_in(4) {
        let mut applied = spec.clone();
        if choices.once_in(2) {
            let count = choices.below(3);
            change(choices, &mut applied, count);
        }
        let applied = json!({"metadata": {"name": "web"}, "spec": applied}).to_string();
        let applied = choices.or_odd(applied.into());
        annotations.insert("kubectl.kubernetes.io/last-applied-configuration".to_owned(), applied);
    }
    let labels = choices.one_of(&[json!({}), json!({"app.kubernetes.io/managed-by": "Helm"})]);
    let annotations = annotations.into();
    choices.object([
        ("name", "web".into()),
        ("namespace", "shop".into()),
        ("annotations", annotations),
        ("labels", labels),
    ])
}

/// What a parent or a backend names.
fn reference(choices: &mut Choices<'_>) -> Value {
    let (group, kind) = (choices.word(&GROUPS), choices.word(&KINDS));
    let (name, port) = (choices.word(&NAMES), json!(choices.one_of(&[80, 80, 8080, 0])));
    let mut reference =
        choices.object([("group", group), ("kind", kind), ("name", name), ("port", port)]);
    if choices.once_in(8) && reference.is_object() {
        let field = choices.one_of(&["namespace", "sectionName"]);
        reference[field] = choices.word(&["shop", "other", "http", ""]);
    }
    reference
}

fn rule(choices: &mut Choices<'_>, kind: &str) -> Value {
    let matches = choices.some(3, |choices| matched(choices, kind));
    let filters = choices.some(2, filter);
    let backends = choices.some(4, backend);
    let mut rule =
        choices.object([("matches", matches), ("filters", filters), ("backendRefs", backends)]);
    if !rule.is_object() {
        return rule;
    }
    if choices.once_in(4) {
        let (request, backend) = (choices.word(&DURATIONS), choices.word(&DURATIONS));
        rule["timeouts"] = choices.object([("request", request), ("backendRequest", backend)]);
    }
    if choices.once_in(6) {
        let codes = choices.some(3, |choices| json!(choices.one_of(&[503, 500, 200, 1])));
        let (backoff, attempts) = (choices.word(&DURATIONS), json!(choices.below(5)));
        rule["retry"] =
            choices.object([("attempts", attempts), ("codes", codes), ("backoff", backoff)]);
    }
    if choices.once_in(8) {
        rule["name"] = choices.word(&["first", "second", ""]);
    }
    if choices.once_in(12) {
        let kind = choices.word(&["Cookie", "Header", "None"]);
        rule["sessionPersistence"] = choices.object([("type", kind), ("sessionName", "s".into())]);
    }
    choices.or_odd(rule)
}

fn backend(choices: &mut Choices<'_>) -> Value {
    let mut backend = reference(choices);
    if !choices.once_in(3) && backend.is_object() {
        let weight = choices.one_of(&[0, 1, 5, 10, 50, 90, 95, 100, 1000, 1_000_001]);
        backend["weight"] = choices.or_odd(weight.into());
    }
    if choices.once_in(12) && backend.is_object() {
        backend["filters"] = choices.some(2, filter);
    }
    backend
}

fn matched(choices: &mut Choices<'_>, kind: &str) -> Value {
    let headers = choices.some(2, compared);
    if kind == "GRPCRoute" {
        let (service, method) = (choices.word(&["a.B", "a.*", ""]), choices.word(&["C", "D", ""]));
        let how = choices.word(&["Exact", "RegularExpression"]);
        let method = choices.object([("type", how), ("service", service), ("method", method)]);
        return choices.object([("method", method), ("headers", headers)]);
    }
    let how = choices.word(&["PathPrefix", "Exact", "RegularExpression", "Glob"]);
    let value = choices.word(&PATHS);
    let path = choices.object([("type", how), ("value", value)]);
    let method = choices.word(&["GET", "POST", "get"]);
    let query = choices.some(2, compared);
    let mut matched = choices.object([("path", path)]);
    for (name, value) in [("headers", headers), ("queryParams", query), ("method", method)] {
        if choices.once_in(3) && matched.is_object() {
            matched[name] = value;
        }
    }
    matched
}

/// A header or a parameter that is compared.
fn compared(choices: &mut Choices<'_>) -> Value {
    let how = choices.word(&["Exact", "RegularExpression"]);
    let (name, value) = (choices.word(&HEADERS), choices.word(&VALUES));
    choices.object([("type", how), ("name", name), ("value", value)])
}

fn filter(choices: &mut Choices<'_>) -> Value {
    let kind = choices.one_of(&[
        "RequestHeaderModifier",
        "ResponseHeaderModifier",
        "RequestMirror",
        "RequestRedirect",
        "URLRewrite",
        "CORS",
        "ExtensionRef",
        "New",
    ]);
    let field = format!("{}{}", kind[..1].to_lowercase(), &kind[1..])
        .replace("uRL", "url")
        .replace("cORS", "cors");
    let value = match kind {
        "RequestHeaderModifier" | "ResponseHeaderModifier" => {
            let (set, add) = (choices.some(2, compared), choices.some(2, compared));
            let remove = choices.some(2, |choices| choices.word(&HEADERS));
            choices.object([("set", set), ("add", add), ("remove", remove)])
        }
        "RequestMirror" => {
            let backend = reference(choices);
            choices.object([("backendRef", backend), ("percent", 5.into())])
        }
        "RequestRedirect" | "URLRewrite" => {
            let how = choices.word(&["ReplaceFullPath", "ReplacePrefixMatch"]);
            let (full, prefix) = (choices.word(&PATHS), choices.word(&PATHS));
            let path = choices.object([
                ("type", how),
                ("replaceFullPath", full),
                ("replacePrefixMatch", prefix),
            ]);
            let host = choices.word(&["a.example", ""]);
            let status = json!(choices.one_of(&[301, 302, 303, 200]));
            choices.object([("hostname", host), ("path", path), ("statusCode", status)])
        }
        "CORS" => json!({"allowOrigins": ["*"], "maxAge": choices.below(9)}),
        _ => choices.odd(),
    };
    choices.object([("type", kind.into()), (field.as_str(), value)])
}

/// Changes some places of a value.
pub(crate) fn change(choices: &mut Choices<'_>, value: &mut Value, count: usize) {
    for _ in 0..count {
        let mut places = Vec::new();
        collect(value, "", &mut places);
        if places.is_empty() {
            return;
        }
        let high = choices.below(256) << 8;
        let place = &places[(high + choices.below(256)) % places.len()];
        let (above, last) = place.rsplit_once('/').expect("a pointer begins with it");
        let Some(parent) = value.pointer_mut(above) else { continue };
        match (parent, choices.below(4)) {
            (Value::Object(fields), 0) => {
                drop(fields.remove(&last.replace("~1", "/").replace("~0", "~")))
            }
            (Value::Array(items), how @ 0..=2) => {
                let place: usize = last.parse().expect("an index");
                match how {
                    0 => drop(items.remove(place)),
                    1 => items.push(items[place].clone()),
                    _ => items.swap(place, 0),
                }
            }
            _ => {
                let other = choices.odd();
                *value.pointer_mut(place).expect("it was just there") = other;
            }
        }
    }
}

/// The places in a value, as pointers, but for what a request names too.
fn collect(value: &Value, pointer: &str, places: &mut Vec<String>) {
    let mut step = |name: &str, value: &Value| {
        let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        if pointer != "/apiVersion" && pointer != "/kind" {
            places.push(pointer.clone());
            collect(value, &pointer, places);
        }
    };
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| step(&index.to_string(), item));
        }
        Value::Object(fields) => fields.iter().for_each(|(name, value)| step(name, value)),
        _ => {}
    }
}

/// What is around the route: Services, the namespace, and another route now and then.
pub(crate) fn surroundings(choices: &mut Choices<'_>) -> Vec<Value> {
    let mut objects = Vec::new();
    for name in ["web", "v1", "v2"] {
        if choices.once_in(2) {
            let spec = choices.one_of(&[
                json!({"clusterIP": "10.0.0.1", "selector": {"app": "a"}, "ports": [{"name": "http", "port": 80}]}),
                json!({"clusterIP": "None", "ports": [{"port": 8080, "appProtocol": "kubernetes.io/h2c"}]}),
                json!({"type": "ExternalName", "externalName": "web.shop.svc.cluster.local"}),
                json!({"clusterIP": "10.0.0.2", "ports": [{"port": 80, "protocol": "UDP"}]}),
            ]);
            let spec = choices.or_odd(spec);
            let metadata = json!({"name": name, "namespace": "shop"});
            objects.push(
                json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}),
            );
        }
    }
    if choices.once_in(2) {
        let labels = choices.one_of(&[
            json!({"meshroute.dev/weights": "percent"}),
            json!({"istio-injection": "enabled"}),
            json!({"istio.io/dataplane-mode": "ambient"}),
        ]);
        objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}));
    }
    if choices.once_in(3) {
        let mut other = route(choices);
        other["metadata"] = json!({"name": "other", "namespace": "shop"});
        objects.push(other);
    }
    objects
}
