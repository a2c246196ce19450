//! What a template says, step by step.

/// The steps of one pair of braces, or a single [`Step::Text`] for what stands outside of them.
pub(super) type Action = Vec<Node>;

/// A step, with the byte offset in the template at which it is written.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) step: Step,
}

/// What one part of a path does to the values selected so far.
#[derive(Debug)]
pub(super) enum Step {
    /// Replaces them all by this text.
    Text(String),
    /// Replaces each of them by this number.
    Int(i64),
    /// Replaces each of them by this number.
    Float(f64),
    /// Replaces each of them by this truth value.
    Bool(bool),
    /// `range`, `end`, or a word that means nothing.
    Word(String),
    Field(String),
    /// `.*`, which also takes the values of an object; `[*]` is a [`Step::Slice`].
    Wildcard,
    /// `..`
    Descent,
    Slice(Slice),
    Union(Vec<Action>),
    Filter(Filter),
}

/// `[start:end:step]`, which `[index]` is a short form of.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) start: Option<i64>,
    pub(super) end: End,
    pub(super) step: Option<i64>,
}

/// Where a slice ends.
#[derive(Debug)]
pub(super) enum End {
    /// Written without an end, as `[1:]`: with the list.
    OfList,
    /// Before this index.
    Before(i64),
    /// Written without a colon, as `[1]`: before this index, which is one more than the start.
    AfterStart(i64),
}

/// `[?(left operator right)]`, or `[?(left)]` for elements that have a left side.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) left: Action,
    pub(super) test: Option<(Operator, Action)>,
}

/// What a filter compares with.
#[derive(Debug)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// Is an error only once there are two sides to compare.
    Unknown(String),
}
