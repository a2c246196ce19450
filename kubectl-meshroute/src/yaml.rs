//! Reads YAML and JSON manifests the way kubectl does, with the place of every value.
//!
//! kubectl reads YAML 1.1 with sigs.k8s.io/yaml, a fork of go-yaml v2, so `weight: 010` is 8 and
//! `on` is a boolean; a YAML 1.2 reader would answer about another object than the cluster gets.
//! Each rule here was compared with that library: `tests/` keeps the answers it gave, and the few
//! odd texts that it reads otherwise.
//!
//! * Documents are cut at lines that begin with `---`, before anything is parsed (`YAMLReader` of
//!   k8s.io/apimachinery/pkg/util/yaml), so a broken document cannot hide its neighbours. JSON
//!   objects may follow each other without a separator (`YAMLOrJSONDecoder`): see [`split`].
//! * kubectl reads one document per cut; what follows a `...` line is never read. It is reported
//!   as a [`Surprise`]. Directives such as `%YAML` are refused, as the cut parts them from their
//!   document.
//! * A document that is empty or `null` is left out.
//! * What a scalar means is told in [`scalar`], `<<` and equal keys in [`merge`].
//!
//! Stricter than kubectl: nesting deeper than [`read::MAX_DEPTH`], and aliases that stand for very
//! much more than the text itself holds, are errors.

mod build;
mod de;
mod error;
mod merge;
mod read;
mod scalar;
mod split;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use self::error::Error;
pub(crate) use self::scalar::Value;
pub(crate) use self::tree::{Key, Kind, Node, Step, Style};

/// One YAML document that holds something.
#[derive(Debug, Clone)]
pub(crate) struct Document<'a> {
    /// Its content; spans and lines count from the start of the whole text.
    pub(crate) root: Node<'a>,
    /// What reads otherwise than it looks, in the order of the text.
    pub(crate) surprises: Vec<Surprise>,
}

/// A place that kubectl reads otherwise than a reader may expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Surprise {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What happens there.
    pub(crate) kind: SurpriseKind,
}

/// The ways in which a text reads otherwise than it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SurpriseKind {
    /// The key was there before in the same map; the later one wins.
    DuplicateKey,
    /// `<<` replaces a key that is written above it in the same map.
    MergeOverrides,
    /// An unquoted number in another notation than decimal: `010` is 8, `1_000` is 1000.
    Number,
    /// An unquoted `yes`, `no`, `on`, `off`, `y` or `n` is a boolean.
    Boolean,
    /// The rest of the document is not read, because the document has ended before it.
    Unread,
}

/// Returns the documents of one text in order, each read or refused by itself.
pub(crate) fn documents(text: &[u8]) -> Vec<Result<Document<'_>, Error>> {
    let mut budget = read::budget(text.len());
    let mut documents = Vec::new();
    for chunk in split::chunks(text) {
        match chunk.and_then(|chunk| read::document(&chunk, &mut budget)) {
            Ok(Some(document)) => documents.push(Ok(document)),
            Ok(None) => {}
            Err(error) => documents.push(Err(error)),
        }
    }
    documents
}
