//! Whole ways through this crate: a handheld in a temporary directory, a server in memory that
//! can lose what it is told, and the real photos.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test may fail loudly"
)]

mod additions;
mod capture;
mod lives;
mod own;
mod patrols;
mod portal;
mod sending;
mod server;
mod similar;
mod starving;
mod store;
mod sync;
mod tasks;
mod trust;
mod wire;
mod world;
