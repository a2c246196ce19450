//! Which regular expressions the engines behind the meshes take.
//!
//! The API leaves the dialect open. Envoy compiles with RE2, Linkerd with the crate `regex`; an
//! expression that an engine refuses takes its rule with it, or the whole configuration.

mod re2;

use regex::Regex;

/// The engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// RE2, in Envoy.
    Re2,
    /// The crate `regex`, in Linkerd.
    Rust,
}

impl Engine {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Re2 => "RE2 (Envoy)",
            Self::Rust => "regex (Linkerd)",
        }
    }

    /// Why it refuses the expression; none if it takes it.
    ///
    /// ```
    /// use meshroute::dialect::Engine;
    /// assert_eq!(Engine::Re2.refuses("/a(?=b)").as_deref(), Some("`(?=` is no group that it knows"));
    /// assert_eq!(Engine::Re2.refuses("/users/{id}"), None);
    /// ```
    pub fn refuses(self, pattern: &str) -> Option<String> {
        match self {
            Self::Re2 => re2::refuses(pattern),
            Self::Rust => Regex::new(pattern).err().map(|error| match error {
                regex::Error::CompiledTooBig(_) => "it is too large".into(),
                // The message shows the expression over several lines; its last line says why.
                other => {
                    let text = other.to_string();
                    let last = text.lines().last().unwrap_or_default();
                    last.strip_prefix("error: ").unwrap_or(last).to_owned()
                }
            }),
        }
    }
}
