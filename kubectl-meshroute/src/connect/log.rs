//! What `-v` tells: on stderr at once, like the words of a credential plugin, because a request
//! that hangs is what one wants to see. No header and no body is ever told.

use std::io::{self, Write};

/// The level from which on requests are told, as in kubectl.
const REQUESTS: u8 = 6;

/// How much is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log {
    /// The level of `-v`.
    pub(super) level: u8,
}

impl Log {
    /// Tells of a request, or of whom it will go to.
    pub(super) fn say(self, line: impl FnOnce() -> String) {
        if self.level >= REQUESTS {
            // Nobody is left to tell if stderr is closed.
            let _ = writeln!(io::stderr().lock(), "{}", line());
        }
    }
}
