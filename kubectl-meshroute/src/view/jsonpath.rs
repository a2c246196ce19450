//! kubectl's `-o jsonpath=TEMPLATE` over one JSON value.
//!
//! The language is the one of <https://kubernetes.io/docs/reference/kubectl/jsonpath/>. Where that
//! page is silent, the rules are those of the Go package `k8s.io/client-go/util/jsonpath` (v0.37)
//! run as kubectl runs it, with missing keys allowed; `jsonpath/cases.txt` records its answers.
//! Three of them surprise:
//!
//! * Text outside braces is text, so `.items` without braces prints `.items`.
//! * A key that is not there selects nothing and is no error; an index that is not there is an
//!   error.
//! * One pair of braces is one path: `{.a .b}` is `{.a.b}`, and `{.a}{.b}` prints both.
//!
//! Go visits the keys of an object in random order; here `*` and `..` visit them in the order of
//! the value.

use std::fmt;

use serde_json::Value;

mod item;
mod parse;
mod path;
mod print;
mod select;

/// Renders kubectl's JSONPath template over the value, as `kubectl get -o jsonpath=…` does.
///
/// No newline is added at the end, as kubectl adds none.
pub(crate) fn render(template: &str, value: &Value) -> Result<String, Error> {
    actions(template)
        .and_then(|actions| select::render(&actions, template.len(), value))
        .map_err(|fault| Error::locate(fault, template))
}

/// Checks a template that is to be rendered later.
pub(crate) fn check(template: &str) -> Result<(), Error> {
    actions(template).map(drop).map_err(|fault| Error::locate(fault, template))
}

fn actions(template: &str) -> Result<Vec<path::Action>, Fault> {
    if template.is_empty() {
        let message = "the template is empty; expected text or a path such as {.metadata.name}";
        return Err(Fault::template(0, message));
    }
    parse::template(template)
}

/// Why a template could not be rendered, with the place in the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error {
    cause: Cause,
    line: usize,
    column: usize,
    message: String,
}

impl Error {
    /// Returns true if the template itself is wrong, whatever the value:
    /// a usage error, as opposed to a template that asks for something this value does not have.
    pub(crate) fn is_usage(&self) -> bool {
        self.cause == Cause::Template
    }

    fn locate(fault: Fault, template: &str) -> Self {
        let Fault { cause, at, message } = fault;
        let before = template.get(..at).unwrap_or(template);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            cause,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 1 {
            write!(f, "line {}, ", self.line)?;
        }
        write!(f, "column {}: {}", self.column, self.message)
    }
}

impl std::error::Error for Error {}

/// An error before its place is turned into line and column.
#[derive(Debug)]
struct Fault {
    cause: Cause,
    /// Byte offset in the template.
    at: usize,
    message: String,
}

impl Fault {
    fn template(at: usize, message: impl Into<String>) -> Self {
        Self { cause: Cause::Template, at, message: message.into() }
    }

    fn value(at: usize, message: impl Into<String>) -> Self {
        Self { cause: Cause::Value, at, message: message.into() }
    }
}

/// What would have to change for the template to be rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Template,
    Value,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CASES: &str = include_str!("jsonpath/cases.txt");

    /// A line of the table with the value it applies to.
    struct Case {
        value: Value,
        template: String,
        expected: &'static str,
    }

    fn cases() -> Vec<Case> {
        let mut value = Value::Null;
        let mut cases = Vec::new();
        for line in CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(json) = line.strip_prefix("value ") {
                value = serde_json::from_str(json).expect(line);
                continue;
            }
            let (template, expected) = line.rsplit_once(" => ").expect(line);
            let template = serde_json::from_str(template).expect(line);
            cases.push(Case { value: value.clone(), template, expected });
        }
        cases
    }

    fn message(template: &str, value: &Value) -> String {
        render(template, value).expect_err(template).to_string()
    }

    #[test]
    fn templates_render_as_kubectl_renders_them() {
        let mut wrong = Vec::new();
        for Case { value, template, expected } in cases() {
            let answer = render(&template, &value);
            let right = match expected {
                "cannot be parsed" => answer.as_ref().is_err_and(Error::is_usage),
                "cannot be executed" => answer.is_err(),
                text => answer.as_ref().ok() == serde_json::from_str(text).ok().as_ref(),
            };
            if !right {
                wrong.push(format!("{template:?}: expected {expected}, got {answer:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_fault_of_the_template_is_a_usage_error_and_one_of_the_value_is_not() {
        let value = json!({"a": [1], "b": "x"});
        for template in ["", "{.a", "{a}", "{end}", "{.a[::0]}", "{.a[?(@=~1)]}", "{.a[?(@=1)]}"] {
            assert!(render(template, &value).is_err_and(|err| err.is_usage()), "{template}");
        }
        for template in ["{.a[1]}", "{.b[0]}", "{.b[?(@.x)]}", "{.a[?(@==\"x\")]}"] {
            assert!(render(template, &value).is_err_and(|err| !err.is_usage()), "{template}");
        }
    }

    #[test]
    fn an_absent_key_renders_as_nothing() {
        assert_eq!(render("<{.a.b}>", &json!({})), Ok("<>".to_owned()));
    }

    #[test]
    fn errors_name_the_place_and_what_was_expected() {
        let value = json!({"a": [1], "b": [{"c": "x"}]});
        assert_eq!(
            message("é{.a[1]}", &value),
            "column 5: index 1 is out of bounds: the length is 1"
        );
        assert_eq!(
            message("x\n {.a", &value),
            "line 2, column 5: the braces are not closed; expected \"}\""
        );
        assert_eq!(
            message("{.b[0, 'c','d[0']}", &value),
            "column 14: the brackets are not closed; expected \"]\""
        );
        assert_eq!(
            message("{.b[?(@.c==1)]}", &value),
            "column 4: cannot compare a string with an integer"
        );
        assert_eq!(
            message("{.b[?(@.c==x)]}", &value),
            "column 12: unknown word \"x\"; expected range, end, true, false or a path such as .x"
        );
    }

    #[test]
    fn escapes_that_make_no_text_are_an_error() {
        assert_eq!(render(r#"{"\xc3\xa9"}"#, &Value::Null), Ok("é".to_owned()));
        assert!(render(r#"{"\xff"}"#, &Value::Null).is_err_and(|err| err.is_usage()));
    }

    #[test]
    fn ranges_nested_without_bound_are_an_error() {
        let value = json!({"a": {"a": {}}});
        assert!(render(&"{range .a}".repeat(100_000), &value).is_err());
        assert!(render(&"{range @}".repeat(100_000), &value).is_err());
        assert!(render(&"{range @ range @}".repeat(100_000), &value).is_err());
        // Fewer, but each without an end doubles the work.
        assert!(render(&"{range @}".repeat(60), &value).is_err());
        let closed = format!("{}x{}", "{range @}".repeat(60), "{end}".repeat(60));
        assert_eq!(render(&closed, &value), Ok("x".to_owned()));
    }

    #[test]
    fn long_templates_are_rendered_or_refused() {
        let value = json!({"a": [1, 2], "b": [{"c": [{}]}]});
        let long = |part: &str| part.repeat(100_000);
        assert_eq!(render(&long("{.a[0]}"), &value), Ok(long("1")));
        assert_eq!(render(&long("{range .a[*]}{@}{end}"), &value), Ok(long("12")));
        assert_eq!(render(&format!("{{{}}}", long(".a")), &value), Ok(String::new()));
        assert_eq!(render(&format!("{{{}}}", long("'x'")), &value), Ok("x".to_owned()));
        assert_eq!(
            render(&format!("{{.a[{}0]}}", long("0,")), &value),
            Ok(format!("{}1", long("1 ")))
        );
        for part in ["{", "[", "[?(", "[?('", "['", "\\", "[0][", "{[?(@.a=='"] {
            assert!(render(&format!("{{{}}}", long(part)), &value).is_err(), "{part}");
            assert!(render(&format!("{{.b{}", long(part)), &value).is_err(), "{part}");
        }
        let nested = format!("{{.b{}{}}}", long("[?(@.c'==@"), long(".d')]"));
        assert!(render(&nested, &value).is_err());
    }

    #[test]
    fn paths_that_multiply_are_stopped() {
        let mut value = json!([0, 0, 0]);
        for _ in 0..60 {
            value = json!([value, 0]);
        }
        assert!(render(&format!("{{{}}}", "...*".repeat(20)), &value).is_err());
        assert!(render(&format!("{{{}}}", "[0,0]".repeat(40)), &value).is_err());
        assert!(render(&"{range ..}".repeat(20), &value).is_err());
        // A filter that asks for existence takes other errors for an answer, but not this one.
        let filter = format!("{{[?(@{})]}}", "...*".repeat(20));
        assert!(render(&filter, &value).is_err());
    }

    #[test]
    fn no_template_panics() {
        const TOKENS: [&str; 24] = [
            "{", "}", "[", "]", "[?(", ")]", "..", ".*", "[*]", ",", ":", "-", "0", "9", "'", "\"",
            "\\", "\n", " ", "range ", "end", "==", "é", "😀",
        ];
        let cases = cases();
        // A linear congruential generator; the high bits are the random ones.
        let mut state: u64 = 1;
        let mut below = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).expect("31 bits") % bound
        };
        for _ in 0..30_000 {
            let case = &cases[below(cases.len())];
            let mut chars: Vec<char> = case.template.chars().collect();
            for _ in 0..=below(4) {
                let at = below(chars.len() + 1);
                let end = (at + below(4)).min(chars.len());
                let other = &cases[below(cases.len())].template;
                match below(4) {
                    0 => drop(chars.drain(at..end)),
                    1 => drop(chars.splice(at..end, TOKENS[below(TOKENS.len())].chars())),
                    2 => drop(chars.splice(at..at, TOKENS[below(TOKENS.len())].chars())),
                    _ => drop(chars.splice(at..end, other.chars())),
                }
            }
            let template: String = chars.into_iter().collect();
            if let Err(err) = render(&template, &case.value) {
                let lines = template.matches('\n').count() + 1;
                assert!(err.line <= lines, "{template:?}: {err}");
                assert!(err.column <= template.chars().count() + 1, "{template:?}: {err}");
            }
        }
    }
}
