//! What the tests share: the program in process, its answers, requests and their fates.
//!
//! Nothing here uses the product's library: a judge that computes with the accused proves nothing.

pub mod answer;
pub mod cases;
pub mod compare;
pub mod fate;
pub mod gateway_api;
pub mod naive;
pub mod program;
pub mod random;
pub mod ratio;
pub mod recorded;
pub mod request;
pub mod requests;
pub mod tangle;
pub mod tools;
pub mod transcript;
pub mod world;
