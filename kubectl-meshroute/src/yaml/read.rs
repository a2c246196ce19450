//! Reads one document: leads the events of the parser to the tree.

use granit_parser::{Event, Parser, options};

use super::build::Builder;
use super::error::Error;
use super::split::Chunk;
use super::{Document, SurpriseKind};

/// How deep values can be nested, aliases taken as what they stand for.
pub(super) const MAX_DEPTH: usize = 200;

/// Returns how much the aliases of a text of this length may stand for, in values and about 32
/// bytes of text. It grows so slowly that memory stays in proportion to the text.
pub(super) fn budget(length: usize) -> usize {
    100_000 + length / 16
}

/// Reads one document; the budget shrinks by what its aliases stand for.
pub(super) fn document<'a>(
    chunk: &Chunk<'a>,
    budget: &mut usize,
) -> Result<Option<Document<'a>>, Error> {
    let json = chunk.text.trim_start().starts_with('{');
    let options = options! {
        disallow_directives: true,
        emit_comments: false,
        emit_unresolved_aliases: true,
        // JSON has no limit to the length of a key.
        simple_key_max_lookahead: if json { usize::MAX / 2 } else { 1024 },
    };
    let mut parser = Parser::new_from_str_with_options(chunk.text, options);
    let mut builder = Builder::new(chunk, budget);
    let mut ended = false;
    while let Some(event) = parser.next_event() {
        match event {
            Ok((Event::DocumentEnd, _)) => ended = true,
            Ok((Event::DocumentStart(..), span)) if ended => {
                builder.surprise(span.start, SurpriseKind::Unread);
                break;
            }
            Ok((event, span)) => builder.event(event, &span)?,
            Err(error) if ended => {
                builder.surprise(*error.marker(), SurpriseKind::Unread);
                break;
            }
            Err(error) => return Err(Error::syntax(chunk, &error)),
        }
    }
    Ok(builder.finish())
}
