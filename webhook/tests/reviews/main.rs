//! Reviews of all kinds, judged by what holds of every answer: made at random, damaged, and as an API server has sent them.

mod corpus;
mod laws;
mod random;
mod recorded;
mod response;
#[expect(unreachable_pub, reason = "other packages use it too")]
#[path = "../../../tests/support/warning.rs"]
mod warning;
mod wild;
