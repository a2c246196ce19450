//! A request, and whether a match takes it.

use std::{collections::BTreeMap, fmt};

use regex::Regex;

/// An HTTP request as far as routes look at it; a gRPC call has the path `/service/method`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path without query.
    pub path: String,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Query parameters by name.
    pub query: BTreeMap<String, String>,
}

impl Request {
    /// Returns a GET for a path without anything else.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers: BTreeMap::new(),
            query: BTreeMap::new(),
        }
    }

    /// Reads `METHOD /path?name=value header:value …`, the form in which requests are printed.
    ///
    /// # Panics
    ///
    /// Panics if the text has another form.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut words = text.split(' ');
        let method = words.next().expect("a method");
        let target = words.next().expect("a path");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self { method: method.to_owned(), ..Self::get(path) };
        for pair in query.split('&').filter(|it| !it.is_empty()) {
            let (name, value) = pair.split_once('=').expect("a parameter with a value");
            request.query.insert(name.to_owned(), value.to_owned());
        }
        for header in words {
            let (name, value) = header.split_once(':').expect("a header with a value");
            request.headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        request
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        for (idx, (name, value)) in self.query.iter().enumerate() {
            write!(f, "{}{name}={value}", if idx == 0 { '?' } else { '&' })?;
        }
        self.headers.iter().try_for_each(|(name, value)| write!(f, " {name}:{value}"))
    }
}

/// A match in a form that takes requests.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The path.
    pub path: PathMatch,
    /// The method; none is any.
    pub method: Option<String>,
    /// Conditions on headers, all of which must hold.
    pub headers: Vec<Condition>,
    /// Conditions on query parameters, all of which must hold.
    pub query: Vec<Condition>,
}

/// A path match.
#[derive(Clone, Debug)]
pub enum PathMatch {
    /// This path and no other.
    Exact(String),
    /// This path and what is below it, element by element.
    Prefix(String),
    /// All paths that the expression fits as a whole.
    Regex(Pattern),
}

/// A condition on a header or a query parameter.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The header or parameter.
    pub name: String,
    /// Its value.
    pub value: ValueMatch,
}

/// A value match.
#[derive(Clone, Debug)]
pub enum ValueMatch {
    /// This value.
    Exact(String),
    /// All values that the expression fits as a whole.
    Regex(Pattern),
}

/// A regular expression that must fit a whole text.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As written.
    pub source: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    ///
    /// Returns why it is none.
    pub fn new(source: &str) -> Result<Self, String> {
        let regex = Regex::new(&format!("^(?:{source})$")).map_err(|err| err.to_string())?;
        Ok(Self { source: source.to_owned(), regex })
    }

    /// Returns whether the expression fits the whole text.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PathMatch {
    /// Reads a type and a value.
    ///
    /// # Errors
    ///
    /// Returns a type that does not exist, or an expression that is none.
    pub fn new(kind: &str, value: &str) -> Result<Self, String> {
        match kind {
            "Exact" => Ok(Self::Exact(value.to_owned())),
            "PathPrefix" => Ok(Self::Prefix(value.to_owned())),
            "RegularExpression" => Pattern::new(value).map(Self::Regex),
            _ => Err(format!("no path match has type {kind:?}")),
        }
    }

    /// Returns the match of every path.
    #[must_use]
    pub fn any() -> Self {
        Self::Prefix("/".to_owned())
    }

    /// Returns whether the path fits.
    #[must_use]
    pub fn takes(&self, path: &str) -> bool {
        match self {
            Self::Exact(value) => path == value,
            Self::Prefix(value) => {
                let prefix = value.strip_suffix('/').unwrap_or(value);
                path.strip_prefix(prefix)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Self::Regex(pattern) => pattern.fits(path),
        }
    }
}

impl Condition {
    /// Reads a type, a name and a value.
    ///
    /// # Errors
    ///
    /// Returns a type that does not exist, or an expression that is none.
    pub fn new(kind: &str, name: &str, value: &str) -> Result<Self, String> {
        let value = match kind {
            "Exact" => ValueMatch::Exact(value.to_owned()),
            "RegularExpression" => ValueMatch::Regex(Pattern::new(value)?),
            _ => return Err(format!("no value match has type {kind:?}")),
        };
        Ok(Self { name: name.to_owned(), value })
    }

    fn holds(&self, value: Option<&String>) -> bool {
        value.is_some_and(|value| match &self.value {
            ValueMatch::Exact(expected) => value == expected,
            ValueMatch::Regex(pattern) => pattern.fits(value),
        })
    }
}

impl Matcher {
    /// Returns whether all of the match's conditions hold for the request.
    #[must_use]
    pub fn takes(&self, request: &Request) -> bool {
        self.path.takes(&request.path)
            && self.method.as_ref().is_none_or(|method| *method == request.method)
            && self
                .headers
                .iter()
                .all(|it| it.holds(request.headers.get(&it.name.to_ascii_lowercase())))
            && self.query.iter().all(|it| it.holds(request.query.get(&it.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Condition, Matcher, PathMatch, Request};

    #[test]
    fn prefixes_go_element_by_element() {
        for value in ["/v2", "/v2/"] {
            let path = PathMatch::new("PathPrefix", value).expect("a type");
            assert!(path.takes("/v2") && path.takes("/v2/") && path.takes("/v2/a"), "{value}");
            assert!(!path.takes("/v2example") && !path.takes("/") && !path.takes("/V2"), "{value}");
        }
        assert!(PathMatch::any().takes("/") && PathMatch::any().takes("/a"));
    }

    #[test]
    fn expressions_fit_whole_texts() {
        let path = PathMatch::new("RegularExpression", "/a|/b").expect("a type");
        assert!(path.takes("/a") && path.takes("/b") && !path.takes("/ab") && !path.takes("/b/a"));
    }

    #[test]
    fn header_names_ignore_case_and_parameter_names_do_not() {
        let matcher = Matcher {
            path: PathMatch::any(),
            method: Some("GET".to_owned()),
            headers: vec![Condition::new("Exact", "X-A", "1").expect("a type")],
            query: vec![Condition::new("RegularExpression", "q", "[a-z]+").expect("a type")],
        };
        let request = Request::parse("GET /a?q=abc x-a:1");
        assert_eq!(request.to_string(), "GET /a?q=abc x-a:1");
        assert!(matcher.takes(&request));
        for other in
            ["GET /a?Q=abc x-a:1", "GET /a?q=abc1 x-a:1", "PUT /a?q=abc x-a:1", "GET /?q=a"]
        {
            assert!(!matcher.takes(&Request::parse(other)), "{other}");
        }
    }
}
