//! What becomes of a request, as exact shares.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{
    answer::{Answer, Backend, Rule, Split},
    ratio::Ratio,
    request::{Matcher, Request},
};

/// Where a share of the requests ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// A backend.
    Backend {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Its port.
        port: Option<u16>,
    },
    /// The mesh answers with this status.
    Status(u16),
    /// The client is redirected.
    Redirect,
    /// Nobody can say.
    Undefined,
}

/// The destinations of a request with the share that each gets; no share is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fate(BTreeMap<Destination, Ratio>);

/// Other names of backends: namespace and name, each with the one to use.
pub type Names = BTreeMap<(String, String), (String, String)>;

/// Matches in the order in which they are tried, as a product or a mesh gave them.
#[derive(Clone, Debug)]
pub struct List {
    /// The matches.
    pub entries: Vec<Entry>,
    /// The fate of a request that no match takes; none means that there must be no such request.
    pub unmatched: Option<Fate>,
    /// Groups of positions whose mutual order is open.
    pub open: Vec<BTreeSet<usize>>,
}

/// One match and the fate of the requests that it takes.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The route as `namespace/name`; none where the mesh made the rule.
    pub route: Option<String>,
    /// The index of the rule in its route, where known.
    pub rule_index: Option<usize>,
    /// The match.
    pub matcher: Matcher,
    /// The fate.
    pub fate: Fate,
}

impl Destination {
    /// Returns a backend.
    #[must_use]
    pub fn backend(namespace: &str, name: &str, port: Option<u16>) -> Self {
        Self::Backend { namespace: namespace.to_owned(), name: name.to_owned(), port }
    }

    /// Returns what the mesh answers itself.
    ///
    /// # Errors
    ///
    /// Returns a word that the contract does not have.
    pub fn answered(answer: &Answer) -> Result<Self, String> {
        match answer {
            Answer::Status(status) => Ok(Self::Status(*status)),
            Answer::Word(word) if word == "redirect" => Ok(Self::Redirect),
            Answer::Word(word) if word == "undefined" => Ok(Self::Undefined),
            Answer::Word(word) => Err(format!("no answer is called {word:?}")),
        }
    }

    fn of(backend: &Backend) -> Result<Self, String> {
        let Backend { namespace, name, port, answer, alias_of, .. } = backend;
        match (answer, alias_of) {
            (Some(answer), _) => Self::answered(answer),
            (None, Some(alias)) => Ok(Self::backend(&alias.namespace, &alias.name, *port)),
            (None, None) => Ok(Self::backend(namespace, name, *port)),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backend { namespace, name, port: Some(port) } => {
                write!(f, "{namespace}/{name}:{port}")
            }
            Self::Backend { namespace, name, port: None } => write!(f, "{namespace}/{name}"),
            Self::Status(status) => write!(f, "{status}"),
            Self::Redirect => write!(f, "redirect"),
            Self::Undefined => write!(f, "undefined"),
        }
    }
}

impl Fate {
    /// Returns the fate of requests that all end in one place.
    #[must_use]
    pub fn all(destination: Destination) -> Self {
        Self([(destination, Ratio::ONE)].into())
    }

    /// Adds up shares.
    #[must_use]
    pub fn shares(parts: impl IntoIterator<Item = (Destination, Ratio)>) -> Self {
        let mut shares = BTreeMap::new();
        for (destination, ratio) in parts {
            let share = shares.entry(destination).or_insert(Ratio::ZERO);
            *share = *share + ratio;
        }
        shares.retain(|_, share| !share.is_zero());
        Self(shares)
    }

    /// Returns the share of one destination.
    #[must_use]
    pub fn share(&self, destination: &Destination) -> Ratio {
        self.0.get(destination).copied().unwrap_or(Ratio::ZERO)
    }

    /// Returns the destinations with their shares.
    pub fn iter(&self) -> impl Iterator<Item = (&Destination, Ratio)> {
        self.0.iter().map(|(destination, share)| (destination, *share))
    }

    /// Returns whether nobody can say what happens.
    #[must_use]
    pub fn is_undefined(&self) -> bool {
        self.0.contains_key(&Destination::Undefined)
    }

    /// Returns whether every share is at most `2/1000` from the other's.
    #[must_use]
    pub fn is_near(&self, other: &Self) -> bool {
        let mut destinations = self.0.keys().chain(other.0.keys());
        destinations.all(|it| self.share(it).is_near(other.share(it)))
    }

    /// Calls backends by another name: namespace and name, old and new.
    #[must_use]
    pub fn renamed(&self, names: &Names) -> Self {
        Self::shares(self.iter().map(|(destination, share)| {
            let renamed = match destination {
                Destination::Backend { namespace, name, port } => names
                    .get(&(namespace.clone(), name.clone()))
                    .map(|(namespace, name)| Destination::backend(namespace, name, *port)),
                _ => None,
            };
            (renamed.unwrap_or_else(|| destination.clone()), share)
        }))
    }

    fn of_rule(rule: &Rule) -> Result<Self, String> {
        if let Some(respond) = &rule.respond {
            return Destination::answered(respond).map(Self::all);
        }
        let parts: Result<Vec<_>, String> =
            rule.backends.iter().map(|it| Ok((Destination::of(it)?, it.effective))).collect();
        parts.map(Self::shares)
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.iter().map(|(it, share)| format!("{share} {it}")).collect();
        write!(f, "{}", parts.join(" + "))
    }
}

impl List {
    /// Reads the plugin's answer.
    ///
    /// # Errors
    ///
    /// Returns a word that the contract does not have.
    pub fn of_split(split: &Split) -> Result<Self, String> {
        let mut entries = Vec::new();
        for (found, rule) in split.ordered() {
            entries.push(Entry {
                route: rule.route.as_ref().map(|it| format!("{}/{}", it.namespace, it.name)),
                rule_index: rule.rule_index,
                matcher: found.matcher()?,
                fate: Fate::of_rule(rule)?,
            });
        }
        let unmatched = match &split.unmatched {
            None => None,
            Some(unmatched) => Some(Fate::all(match (&unmatched.respond, &unmatched.backend) {
                (Some(answer), None) => Destination::answered(answer)?,
                (None, Some(backend)) => Destination::of(backend)?,
                _ => return Err("unmatched is neither respond nor backend".to_owned()),
            })),
        };
        let open = split.undefined_order.iter().map(|it| it.ranks.clone()).collect();
        Ok(Self { entries, unmatched, open })
    }

    /// Calls backends by another name in all fates.
    #[must_use]
    pub fn renamed(mut self, names: &Names) -> Self {
        for entry in &mut self.entries {
            entry.fate = entry.fate.renamed(names);
        }
        self.unmatched = self.unmatched.map(|it| it.renamed(names));
        self
    }

    /// Returns the position of the first match that takes the request, among some of them.
    #[must_use]
    pub fn winner(&self, request: &Request, among: impl Fn(&Entry) -> bool) -> Option<usize> {
        self.entries.iter().position(|it| among(it) && it.matcher.takes(request))
    }

    /// Returns the fate of a request.
    ///
    /// # Errors
    ///
    /// Returns that no rule takes the request although the list claims to take all.
    pub fn fate(&self, request: &Request) -> Result<&Fate, String> {
        self.fate_among(request, |_| true)
    }

    /// Returns the fate of a request as far as some of the matches decide.
    ///
    /// # Errors
    ///
    /// Returns that no rule takes the request although the list claims to take all.
    pub fn fate_among(
        &self,
        request: &Request,
        among: impl Fn(&Entry) -> bool,
    ) -> Result<&Fate, String> {
        let winner = self.winner(request, among).map(|idx| &self.entries[idx].fate);
        let fate = winner.or(self.unmatched.as_ref());
        fate.ok_or_else(|| "no rule takes the request, and unmatched is null".to_owned())
    }
}
