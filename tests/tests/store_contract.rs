//! The contract of the store, run on SQLite and on PostgreSQL.
//!
//! `seam` is the contract of `Tx` and `Store`: what is kept, undone, refused and seen. `numbers` is
//! the change sequence and group commit under real threads. `looks` is rows shown one by one.
//! `nouns`, `devices`, `cases` and `rounds` are the SQL of `store/<noun>.rs`, `lists` and
//! `own_work` that of the lists of cases, with the indices that lead to them. One list per file runs on both backends; a
//! backend is done when all pass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod cases;
mod catalogue;
mod devices;
mod lists;
mod looks;
mod nouns;
mod numbers;
mod own_work;
mod rounds;
mod rows;
mod seam;
