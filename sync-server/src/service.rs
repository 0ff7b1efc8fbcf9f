//! What the server does, one noun a file: `(tx, actor, input, now, new ids) -> outcome`.
//!
//! Called by handhelds, console and command line alike. A service never sees a header or a status,
//! reads no clock and makes no id; rules come from `shared`, rows from `store`. Tests that need a
//! whole server are in `tests/tests/{push,access,…}.rs`.

pub mod archive;
pub mod areas;
pub mod audit;
pub mod cases;
pub mod catalogue;
pub mod contacts;
pub mod courier;
pub mod devices;
pub mod district;
pub mod feed;
pub mod init;
mod merged;
pub mod orders;
pub mod patrols;
pub mod people;
pub mod photos;
pub mod pull;
pub mod push;
pub mod quarantine;
pub mod receipts;
pub mod repeated;
pub mod restore;
pub mod sessions;
pub mod similar;
pub mod statistics;
pub mod tokens;
pub mod trail;
pub mod verify;
pub mod worklists;

use crate::store::StoreError;

/// Words for a person, Chinese first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

/// Shorthand for [`Words`].
#[must_use]
pub const fn words(zh: &'static str, en: &'static str) -> Words {
    Words { zh, en }
}

/// Why a service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database could not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Not for this person.
    #[error("not allowed")]
    Forbidden,
    /// There is no such thing, or not for this person: the two are not told apart.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A field can't be accepted.
    #[error("{field}: {}", words.en)]
    Invalid {
        /// Which field of the request.
        field: &'static str,
        /// What is wrong with it.
        words: Words,
    },
    /// A field can't be accepted, and the words depend on what it says.
    #[error("{field}: {en}")]
    Refused {
        /// Which field of the request.
        field: &'static str,
        /// What is wrong with it, and what to do; Chinese.
        zh: String,
        /// The same in English.
        en: String,
    },
    /// It can't be done in the present state.
    #[error("{}", .0.en)]
    NotPossible(Words),
    /// It was good once and has run out or been used.
    #[error("{}", .0.en)]
    Gone(Words),
    /// What is stored could not be read: our fault.
    #[error("stored {what} could not be read: {problem}")]
    Damaged {
        /// What was read.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl Fault {
    /// A field that can't be accepted.
    #[must_use]
    pub const fn invalid(field: &'static str, zh: &'static str, en: &'static str) -> Self {
        Self::Invalid {
            field,
            words: words(zh, en),
        }
    }

    /// Something stored that could not be read.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "most are errors that end here"
    )]
    pub fn damaged(what: &'static str, problem: impl ToString) -> Self {
        Self::Damaged {
            what,
            problem: problem.to_string(),
        }
    }
}

/// What a service answers with.
pub type Result<T, E = Fault> = std::result::Result<T, E>;
