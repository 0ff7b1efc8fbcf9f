//! Gewu's server: takes reports in, routes each to the responsible unit, follows the case until it
//! is closed.
//!
//! `http` decodes, `service` decides with the rules of `shared`, `store` keeps. Nothing points
//! back up: see `ARCHITECTURE.md`.

pub mod bundle;
pub mod config;
pub mod console_assets;
mod descriptors;
mod door;
pub mod http;
pub mod new_life;
pub mod photo_store;
pub mod pokes;
pub mod sealing;
pub mod serve;
pub mod service;
mod serving;
pub mod sheets;
pub mod store;
pub mod sweeping;
pub mod tls;
pub mod verifier;
