//! What a service mesh does with the routes of a Service: values in, answers out.
//!
//! [`lower`] reads objects into the [model](route) and a [view of a cluster](cluster); [`split`]
//! says, for one [mesh](profile), what clients of a Service get, [`diff`] what changes between two
//! such answers, [`owner`] who else writes the weights, [`shift`] what a change of weights would
//! write, [`defaulting`] which weights are filled in before a route is stored, and [`lint`] what is
//! wrong with a route. All are pure: no I/O, no clock, no environment.
//!
//! # What it does not do
//! It reads no files and no API server, it does not print, it decides nothing about traffic that
//! was sent: a split is what the configuration says, not what was observed.

pub mod cluster;
pub mod defaulting;
pub mod detect;
pub mod dialect;
pub mod diff;
pub mod kind;
pub mod lint;
pub mod lower;
pub mod matching;
pub mod name;
pub mod owner;
pub mod path;
pub mod profile;
pub mod ratio;
pub mod route;
pub mod served;
pub mod shift;
pub mod split;
pub mod waypoint;
pub mod wire;
