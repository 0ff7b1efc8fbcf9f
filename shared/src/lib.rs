//! Gewu's types and rules, once, for handheld, server and console.
//!
//! Nothing here does input or output, reads a clock or draws a random number, and all of it builds
//! for wasm32; `tests/tests/tidy.rs` holds that. Reading order is the order of the modules:
//! what things are, then what a report is, then what happens to it, then how it travels.

pub mod id;
pub mod time;

pub mod area;
pub mod coordinates;
pub mod grid;

pub mod calendar;
pub mod catalogue;
pub mod unit;

pub mod signature;

pub mod archive;
pub mod chain;
pub mod contact;
pub mod courier;
pub mod digest;
pub mod operation;
pub mod receipt;
pub mod report;

pub mod addition;
pub mod case;
pub mod patrol;
pub mod role;
pub mod routing;
pub mod similar;

pub mod dryrun;
pub mod emergency;
pub mod indicators;

pub mod invitation;
pub mod label;
pub mod wire;

mod hex;
mod names;
