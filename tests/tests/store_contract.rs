//! The contract of the store, run on SQLite and on PostgreSQL.
//!
//! `seam` is the contract of `Tx` and `Store`: what is kept, undone, refused and seen. `numbers` is
//! the change sequence and group commit under real threads. `nouns`, `devices` and `cases` are the SQL of
//! `store/<noun>.rs`. One list per file runs on both backends; a backend is done when all pass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    reason = "a test may fail loudly"
)]

#[path = "store_contract/cases.rs"]
mod cases;
#[path = "store_contract/catalogue.rs"]
mod catalogue;
#[path = "store_contract/devices.rs"]
mod devices;
#[path = "store_contract/nouns.rs"]
mod nouns;
#[path = "store_contract/numbers.rs"]
mod numbers;
#[path = "store_contract/rows.rs"]
mod rows;
#[path = "store_contract/seam.rs"]
mod seam;
