//! Whatever needs more than one crate: worlds to test in, and drivers of the two faces.
//!
//! Nothing depends on this crate. What is in the library is shared by the tests in `tests/` and
//! by the programs in `src/bin/`; each test makes its own world and leaves nothing behind.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::as_conversions,
    reason = "test equipment may fail loudly"
)]

pub mod backends;
pub mod console_driver;
pub mod day;
pub mod desk;
pub mod drafts;
pub mod fuzz;
pub mod handheld_driver;
pub mod ledger;
pub mod lossy;
pub mod pairs;
pub mod people;
pub mod phone;
pub mod photos;
pub mod programs;
pub mod shaped;
pub mod sim;
pub mod tamper;
pub mod torture;
pub mod webdriver;
pub mod world;
