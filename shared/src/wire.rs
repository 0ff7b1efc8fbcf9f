//! Everything that crosses the network, and the view values that cross to the handheld's screen.
//!
//! Additive only: a member once sent is never renamed or removed, new ones have defaults, and the
//! golden files under `shared/tests/golden/v1/` hold every message ever sent. Requests and answers
//! of the sync protocol are in [`sync`], those of the console in [`console`], errors in [`error`].

pub mod catalogue;
pub mod console;
pub mod error;
pub mod handheld;
pub mod queue;
pub mod sync;
