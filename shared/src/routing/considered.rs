//! What routing weighed on its way: the facts that matched, and each candidate with the verdict on
//! it. Words are for people, verdicts for programs; nothing here decides.

use crate::id::UnitCode;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It leads.
    Taken,
    /// The district has no such unit, or the place no such level.
    Absent,
    /// The matter is not on the street's list.
    NotOnList,
    /// The position leaves open which street or community it is.
    InDoubt,
    /// Another candidate was taken before it came to this one.
    NotNeeded,
    /// Something that a later version says.
    #[serde(other)]
    Other,
}

/// A unit or role that might have led.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// The short name by which the table names it: 供水企业, 属地街道.
    pub name: String,
    /// The unit that this place makes of it, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, in words; empty when it was not looked at.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// The reasons so far, in order, and the moment that they are weighed at.
#[derive(Debug)]
pub(super) struct Weighing {
    pub(super) at: Timestamp,
    pub(super) because: Vec<String>,
    pub(super) considered: Vec<Candidate>,
}

impl Weighing {
    pub(super) fn at(at: Timestamp) -> Self {
        Self {
            at,
            because: Vec::new(),
            considered: Vec::new(),
        }
    }

    /// A reason that a person reads.
    pub(super) fn push(&mut self, words: String) {
        self.because.push(words);
    }

    /// A candidate that can't be taken, with the reason.
    pub(super) fn refuse(
        &mut self,
        name: &str,
        unit: Option<UnitCode>,
        verdict: Verdict,
        why: String,
    ) {
        self.considered.push(Candidate {
            name: name.to_owned(),
            unit,
            verdict,
            why: why.clone(),
        });
        self.because.push(why);
    }

    /// The candidate that leads.
    pub(super) fn take(&mut self, name: &str, unit: UnitCode, why: String) {
        self.considered.push(Candidate {
            name: name.to_owned(),
            unit: Some(unit),
            verdict: Verdict::Taken,
            why: why.clone(),
        });
        self.because.push(why);
    }

    /// Names of the table that nobody had to look at.
    pub(super) fn leave<'a>(&mut self, names: impl Iterator<Item = &'a String>) {
        for name in names {
            if !self.considered.iter().any(|one| one.name == *name) {
                self.considered.push(Candidate {
                    name: name.clone(),
                    unit: None,
                    verdict: Verdict::NotNeeded,
                    why: String::new(),
                });
            }
        }
    }
}
