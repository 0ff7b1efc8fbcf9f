//! Sync, in prose.
//!
//! A round begins when somebody asks for it, when a report was filed, or when the timer says so.
//! [`plan::next_step`] looks at what waits and names one step; the [`engine`] carries it out,
//! persists its outcome and comes back. Operations go first, because the deadline starts with the
//! words; then previews; then the states of cases come down, page by page, each page in one
//! transaction with its cursors; then the photos; then catalogue and areas, when the server names
//! other versions. When nothing is left the round rests. What fails waits for its own channel's
//! timer, with [`backoff`], for ever: no count of failures ends it, and a stuck photo never holds
//! up words, nor a broken catalogue photos.
//!
//! Whatever happens between two steps (a kill, a lost answer), the next round begins from what
//! the database holds: an operation without an answer is sent again and the server answers with
//! its first result; a photo goes on where the server says it stands. Nothing in sync can change
//! or delete a report, a draft or a photo.

pub mod backoff;
pub mod engine;
pub mod http;
pub mod plan;
mod tls;
pub mod transport;
