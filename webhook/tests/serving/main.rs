//! The program and its serving, judged over real sockets.

mod bounds;
mod client;
mod clients;
mod hostile;
mod http;
mod inside;
mod process;
mod program;
mod readme;
mod reviews;
mod rotation;
mod stopping;
