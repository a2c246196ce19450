//! What the tests share: the program in process, its answers, requests and their fates, and a control plane.
//!
//! Nothing here uses the product's library: a judge that computes with the accused proves nothing.

pub mod answer;
pub mod answers;
pub mod authority;
pub mod cases;
pub mod chart;
pub mod cluster;
pub mod compare;
pub mod control_plane;
pub mod difference;
pub mod evidence;
pub mod fate;
pub mod findings;
pub mod gateway_api;
pub mod generated;
pub mod https;
pub mod load;
pub mod manifests;
pub mod many;
pub mod measure;
pub mod naive;
pub mod netns;
pub mod process;
pub mod program;
pub mod proxy;
pub mod random;
pub mod ratio;
pub mod recorded;
pub mod rehome;
pub mod relay;
pub mod request;
pub mod requests;
pub mod rig;
pub mod running;
pub mod server;
pub mod shop;
pub mod stage;
pub mod supervised;
pub mod tangle;
pub mod terminal;
pub mod tools;
pub mod transcript;
pub mod wait;
pub mod webhook;
pub mod world;
