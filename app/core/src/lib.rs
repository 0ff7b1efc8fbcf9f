//! The handheld without a screen: capture, local store, sync.
//!
//! [`App`] is the façade: every thing a screen may ask for is one of its methods, and the window
//! (`app/shell`) and the command line (`app/field`) are nothing but two ways to call them.
//! This crate knows no webview. Its methods block for as long as a disk takes, the two `async`
//! ones for as long as a network takes; `now` and new ids are arguments, and those of the sync
//! loop come from an [`Edge`]. Tests: beside each module, and in `tests` for whole ways.

mod additions;
pub mod capture;
pub mod cases;
mod courier;
pub mod edge;
pub mod error;
pub mod keeper;
pub mod keyring;
mod patrols;
pub mod photos;
pub mod place;
mod receipts;
pub mod search;
mod similar;
pub mod store;
mod stream;
pub mod sync;
mod tasks;
pub mod vault;

mod app;

#[cfg(test)]
mod tests;

pub use app::{App, Enrolment, Exported, Imported, answer_beside};
pub use courier::Taken;
pub use edge::{Edge, Moment};
pub use error::CoreError;
pub use keeper::Keeper;
pub use store::Config;
