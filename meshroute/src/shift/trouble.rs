//! Why a change of weights cannot be planned, and the ways out.

use std::{error::Error, fmt};

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// What was asked for is not clear, or cannot be.
    Usage,
    /// It is clear, and is not done.
    Refused,
}

/// What would have to be asked instead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// The weights; those that were given, where there are none.
    pub weights: Option<Vec<String>>,
    /// Flags to add.
    pub flags: Vec<String>,
}

impl Way {
    /// With other weights.
    pub fn weights<T: Into<String>>(weights: impl IntoIterator<Item = T>) -> Self {
        Self { weights: Some(weights.into_iter().map(Into::into).collect()), flags: Vec::new() }
    }

    /// With a flag and its value.
    pub fn flag(name: &str, value: impl Into<String>) -> Self {
        Self { weights: None, flags: vec![name.into(), value.into()] }
    }

    /// With a flag that has no value.
    pub fn switch(name: &str) -> Self {
        Self { weights: None, flags: vec![name.into()] }
    }
}

/// Why a change of weights cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Whose fault it is.
    pub class: Class,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What works instead, the likeliest first.
    pub ways: Vec<Way>,
}

impl Trouble {
    /// What was asked for is not clear, or cannot be.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { class: Class::Usage, message: message.into(), ways: Vec::new() }
    }

    /// It is clear, and is not done.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { class: Class::Refused, message: message.into(), ways: Vec::new() }
    }

    /// With a way out.
    #[must_use]
    pub fn way(mut self, way: Way) -> Self {
        self.ways.push(way);
        self
    }

    /// With ways out.
    #[must_use]
    pub fn ways(mut self, ways: impl IntoIterator<Item = Way>) -> Self {
        self.ways.extend(ways);
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Trouble {}
