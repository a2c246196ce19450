//! The program and its serving, judged over real sockets.

mod bounds;
mod client;
mod clients;
#[path = "../reviews/corpus.rs"]
mod corpus;
mod damaged;
mod frames;
mod hostile;
mod http;
mod inside;
mod process;
mod program;
#[expect(unreachable_pub, reason = "other packages use it too")]
#[path = "../../../tests/support/random.rs"]
mod random;
mod readme;
#[path = "../reviews/response.rs"]
mod response;
mod reviews;
mod rotation;
mod stopping;
#[expect(unreachable_pub, reason = "other packages use it too")]
#[path = "../../../tests/support/warning.rs"]
mod warning;
