//! Checks what is stored, a page at a time: trails and the rows that they led to, reports against
//! the operations that brought them, the district's chain, its signed roots, the audit.
//!
//! Nothing is repaired, and nothing that a row says is repeated: a finding names the row and the
//! group of fields. A page is of one moment, so that a server may run meanwhile. Who turns the
//! pages is `crate::verifier`. Tests: `tests/tests/verify.rs`, which changes each field of each table.

mod audit;
mod chain;
mod day;
mod filed;
mod kept;
mod marks;
mod one;
mod operations;
mod rows;
mod trails;

pub use audit::audit_page;
pub use chain::{ChainPlace, chain_page, roots_page};
pub use day::day_page;
pub use kept::quarantine_page;
pub use one::{CaseCheck, case_check, state};
pub use operations::{OPERATIONS_START, devices_page, operations_end, operations_page};
pub use rows::{cases_end, cases_page, marks_page, one_case, photos_page, reports_page};

use super::district::District;
use super::{Fault, Result, receipts};
use crate::store::{self, Tx};
use shared::archive::Finding;
use shared::id::AreaCode;
use shared::role::{Actor, OfficePage};
use shared::signature::PublicKey;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// Rows of a page: some hundred kilobytes in memory.
pub const PAGE_ROWS: usize = 500;
/// Behind every id.
const LAST_ID: &str = "\u{10ffff}";

/// What is checked, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The district.
    pub district: AreaCode,
    /// The key that roots are checked with; none for a district that never had one.
    pub key: Option<PublicKey>,
    /// Everything ever written is there; in an archive of some days it isn't.
    pub whole: bool,
    /// It is an archive, which holds no contacts, only what vouches for them.
    pub archived: bool,
}

/// Reads what a database says of itself. A key that somebody kept elsewhere proves more than the one
/// that lies beside the roots.
///
/// # Errors
/// [`Fault::Damaged`] when it names no district or its key is none.
pub fn frame(tx: &mut dyn Tx, key: Option<PublicKey>) -> Result<Frame> {
    let named = store::meta::get(tx, store::meta::DISTRICT)?;
    let district = named.and_then(|text| text.parse().ok());
    let own = match key {
        Some(key) => Some(key),
        None => receipts::public_key(tx)?,
    };
    let archived = store::meta::get(tx, store::meta::ARCHIVE_PART)?;
    Ok(Frame {
        district: district.ok_or_else(|| Fault::damaged("district", "it is not named"))?,
        key: own,
        whole: archived.is_none(),
        archived: store::meta::get(tx, store::meta::PUBLIC_KEY)?.is_some(),
    })
}

/// What a running server checks by: its own district and key.
#[must_use]
pub fn frame_of(district: &District, key: PublicKey) -> Frame {
    Frame {
        district: district.code.clone(),
        key: Some(key),
        whole: true,
        archived: false,
    }
}

/// Whether somebody may see the state of the whole archive.
///
/// # Errors
/// [`Fault::Forbidden`] for who may not.
pub fn may_look(actor: &Actor, district: &District) -> Result<()> {
    let is_open = OfficePage::Archive.is_for(actor, &district.code);
    is_open.then_some(()).ok_or(Fault::Forbidden)
}

/// Whether a text is an id as the tables hold it.
fn is_id(text: &str, id: Uuid) -> bool {
    let mut letters = [0; Hyphenated::LENGTH];
    let id: &str = id.as_hyphenated().encode_lower(&mut letters);
    text == id
}

/// What a page of a check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked<P> {
    /// Where the next page begins; none at the end.
    pub next: Option<P>,
    /// Rows of the table that the page is about.
    pub rows: usize,
    /// Entries of trails among them.
    pub events: usize,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl<P> Checked<P> {
    const fn new(next: Option<P>, rows: usize, findings: Vec<Finding>) -> Self {
        Self {
            next,
            rows,
            events: 0,
            findings,
        }
    }
}
