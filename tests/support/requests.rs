//! Requests that tell two lists of matches apart.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    strategy::{Strategy, ValueTree},
    string::string_regex,
    test_runner::TestRunner,
};

use crate::request::{Condition, Matcher, PathMatch, Pattern, Request, ValueMatch};

/// A method that no test names in a match.
const OTHER_METHOD: &str = "TRACE";

/// Paths that every pair of lists is asked about.
const COMMON_PATHS: [&str; 5] =
    ["/", "/unrelated", "/unrelated/", "/unrelated/element", "/UNRELATED"];

/// What a request has besides its path.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Rest {
    method: Option<String>,
    headers: BTreeMap<String, String>,
    query: BTreeMap<String, String>,
}

/// Returns requests that fulfil the matches, alone and two at a time, and that just miss them.
#[must_use]
pub fn telling<'a>(matchers: impl IntoIterator<Item = &'a Matcher>) -> Vec<Request> {
    let mut seen = BTreeSet::new();
    let matchers: Vec<&Matcher> =
        matchers.into_iter().filter(|it| seen.insert(format!("{it:?}"))).collect();
    let mut paths: BTreeSet<String> = COMMON_PATHS.map(str::to_owned).into();
    paths.extend(matchers.iter().flat_map(|it| paths_around(&it.path)));
    let mut requests = BTreeSet::new();
    for rest in rests(&matchers) {
        requests.extend(paths.iter().map(|path| rest.request(path)));
    }
    for (idx, one) in matchers.iter().enumerate() {
        let own = paths_around(&one.path);
        for rest in Rest::missing(one) {
            requests.extend(own.iter().map(|path| rest.request(path)));
        }
        for other in &matchers[..idx] {
            let both = Rest::fulfilling(one).and(&Rest::fulfilling(other));
            let swapped = Rest::fulfilling(other).and(&Rest::fulfilling(one));
            let around = own.iter().cloned().chain(paths_around(&other.path));
            for path in around.filter(|path| one.path.takes(path) && other.path.takes(path)) {
                requests.insert(both.request(&path));
                requests.insert(swapped.request(&path));
            }
        }
    }
    requests.into_iter().collect()
}

/// Returns what fulfils each match, with every method, and each condition by itself.
fn rests(matchers: &[&Matcher]) -> BTreeSet<Rest> {
    let named = matchers.iter().filter_map(|it| it.method.as_deref());
    let methods: BTreeSet<&str> = named.chain(["GET", "POST", OTHER_METHOD]).collect();
    let mut rests = BTreeSet::from([Rest::default()]);
    for matcher in matchers {
        let full = Rest::fulfilling(matcher);
        for (name, value) in &full.headers {
            let headers = [(name.clone(), value.clone())].into();
            rests.insert(Rest { headers, ..Rest::default() });
        }
        for (name, value) in &full.query {
            let query = [(name.clone(), value.clone())].into();
            rests.insert(Rest { query, ..Rest::default() });
        }
        rests.insert(full);
    }
    let with_methods = rests.iter().flat_map(|rest| {
        methods.iter().map(|method| Rest { method: Some((*method).to_owned()), ..rest.clone() })
    });
    with_methods.collect()
}

impl Rest {
    fn fulfilling(matcher: &Matcher) -> Self {
        let mut rest = Self { method: matcher.method.clone(), ..Self::default() };
        for it in &matcher.headers {
            rest.headers.entry(it.name.to_ascii_lowercase()).or_insert_with(|| right_value(it));
        }
        for it in &matcher.query {
            rest.query.entry(it.name.clone()).or_insert_with(|| right_value(it));
        }
        rest
    }

    /// Returns variants that each miss one condition, by its absence or by a wrong value.
    fn missing(matcher: &Matcher) -> Vec<Self> {
        let full = Self::fulfilling(matcher);
        let mut variants = vec![Self { method: Some(OTHER_METHOD.to_owned()), ..full.clone() }];
        for it in &matcher.headers {
            let name = it.name.to_ascii_lowercase();
            let (mut absent, mut wrong) = (full.clone(), full.clone());
            absent.headers.remove(&name);
            wrong.headers.insert(name, wrong_value(it));
            variants.extend([absent, wrong]);
        }
        for it in &matcher.query {
            let (mut absent, mut wrong) = (full.clone(), full.clone());
            absent.query.remove(&it.name);
            wrong.query.insert(it.name.clone(), wrong_value(it));
            variants.extend([absent, wrong]);
        }
        variants
    }

    /// Adds what the other has and this lacks.
    fn and(mut self, other: &Self) -> Self {
        self.method = self.method.or_else(|| other.method.clone());
        for (name, value) in &other.headers {
            self.headers.entry(name.clone()).or_insert_with(|| value.clone());
        }
        for (name, value) in &other.query {
            self.query.entry(name.clone()).or_insert_with(|| value.clone());
        }
        self
    }

    fn request(&self, path: &str) -> Request {
        Request {
            method: self.method.clone().unwrap_or_else(|| "GET".to_owned()),
            path: path.to_owned(),
            headers: self.headers.clone(),
            query: self.query.clone(),
        }
    }
}

/// Returns paths that fit and paths that just do not.
fn paths_around(path: &PathMatch) -> Vec<String> {
    match path {
        PathMatch::Exact(value) | PathMatch::Prefix(value) => {
            let bare = value.trim_end_matches('/');
            let mut paths = vec![format!("{bare}/"), format!("{bare}/element"), format!("{bare}x")];
            if !bare.is_empty() {
                paths.push(bare.to_owned());
            }
            paths.retain(|it| it.starts_with('/'));
            paths
        }
        PathMatch::Regex(pattern) => {
            let example = example(pattern);
            let below = format!("{example}/0");
            let mut paths = vec![format!("{example}0"), format!("{example}/"), example];
            paths.push(below);
            paths
        }
    }
}

fn right_value(condition: &Condition) -> String {
    match &condition.value {
        ValueMatch::Exact(value) => value.clone(),
        ValueMatch::Regex(pattern) => example(pattern),
    }
}

fn wrong_value(condition: &Condition) -> String {
    match &condition.value {
        ValueMatch::Exact(value) => format!("{value}x"),
        ValueMatch::Regex(pattern) => {
            let right = example(pattern);
            let wrong = [format!("{right}x"), format!("{right} 0"), String::new()];
            wrong.into_iter().find(|it| !pattern.fits(it)).unwrap_or(right)
        }
    }
}

/// Returns a text that the expression fits, always the same.
fn example(pattern: &Pattern) -> String {
    let mut runner = TestRunner::deterministic();
    let texts = string_regex(&pattern.source).expect("the expression compiled before");
    let text = texts.new_tree(&mut runner).expect("no text is rejected").current();
    assert!(pattern.fits(&text), "{:?} does not fit its example {text:?}", pattern.source);
    text
}

#[cfg(test)]
mod tests {
    use super::telling;
    use crate::request::{Condition, Matcher, PathMatch, Request};

    #[test]
    fn every_condition_is_missed_once() {
        let matcher = Matcher {
            path: PathMatch::new("RegularExpression", "/[a-z]+/v[0-9]").expect("a type"),
            method: Some("POST".to_owned()),
            headers: vec![Condition::new("Exact", "X-A", "1").expect("a type")],
            query: vec![Condition::new("RegularExpression", "q", "a|b").expect("a type")],
        };
        let requests = telling([&matcher]);
        let on_path = |it: &&Request| matcher.path.takes(&it.path);
        let fits = |it: &&Request| matcher.takes(it);
        assert_eq!(requests.iter().filter(fits).count(), 1);
        assert!(
            requests.iter().filter(on_path).filter(|it| !it.headers.contains_key("x-a")).count()
                > 0
        );
        assert!(requests.iter().filter(on_path).filter(|it| it.method != "POST").count() > 0);
        assert!(requests.iter().any(|it| !matcher.path.takes(&it.path)));
        assert_eq!(requests, telling([&matcher]), "the same requests each time");
    }
}
