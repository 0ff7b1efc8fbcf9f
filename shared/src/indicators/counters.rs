//! What is counted, each counter with its stored name.

use std::collections::BTreeMap;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// Something that is counted by day, of a unit or of a place.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Counter {
            $($(#[$doc])* $name,)*
        }

        impl Counter {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Stored name. New ones are added, none is ever changed.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The counter of a stored name.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

counters! {
    /// Reports that ask for somebody's work, by the day they came.
    Reported = "reported";
    /// Reports of what was put right on the spot (自处置), by the day they came.
    SelfFixed = "self_fixed";
    /// Reports that were merged into another case, by the day they came.
    Merged = "merged";
    /// Cases that were filed (立案), by the day of that.
    Filed = "filed";
    /// Of these, those that were struck out later (作废).
    Voided = "voided";
    /// Reports that the desk filed or turned down, by the day of that.
    FilingDue = "filing_due";
    /// Of these, those within the stage's limit.
    FilingInTime = "filing_in_time";
    /// Dispatches by the desk of what waited for it, by the day of that.
    DispatchDue = "dispatch_due";
    /// Of these, those within the stage's limit.
    DispatchInTime = "dispatch_in_time";
    /// All dispatches by the desk, by the day of that.
    DeskDispatched = "desk_dispatched";
    /// Of these, those that came back as not that unit's.
    DeskWrong = "desk_wrong";
    /// Dispatches by rule, by the day of that.
    RuleDispatched = "rule_dispatched";
    /// Of these, those that came back as not that unit's.
    RuleWrong = "rule_wrong";
    /// Closings by the desk, by the day of that.
    ClosingDue = "closing_due";
    /// Of these, those within the stage's limit.
    ClosingInTime = "closing_in_time";
    /// Dispatches to a unit, by the day of that.
    Dispatched = "dispatched";
    /// Of these, those that were handed back (退回).
    Returned = "returned";
    /// Of these, those that were suspended (挂账).
    Suspended = "suspended";
    /// What has to be done, by the day of the deadline.
    Due = "due";
    /// Of these, those that were done in time.
    HandledInTime = "handled_in_time";
    /// Of these, those that were done late.
    HandledLate = "handled_late";
    /// Of these, those that are closed and were done in time.
    ClosedInTime = "closed_in_time";
    /// Of these, those that are closed and were done late.
    ClosedLate = "closed_late";
    /// Of the latter, those whose appeal was granted.
    Exempt = "exempt";
    /// Of what is due, those that were sent back for rework (返工).
    Reworked = "reworked";
    /// Of what is due, those that were extended (延期).
    Extended = "extended";
    /// Of what is due, those that were closed by force.
    Forced = "forced";
    /// Closings, by the day of that.
    Closings = "closings";
    /// Of these, those that their reporters contested (异议).
    Contested = "contested";
    /// Put right on the spot, by the day of closing.
    SolvedOnSpot = "solved_on_spot";
    /// Put right by a community, by the day of closing.
    SolvedCommunity = "solved_community";
    /// Put right by a street, by the day of closing.
    SolvedStreet = "solved_street";
    /// Put right by a unit of the district, by the day of closing.
    SolvedDistrict = "solved_district";
}

/// Counters added up over some days, units or places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers(BTreeMap<Counter, i64>);

impl Numbers {
    /// A counter's sum.
    #[must_use]
    pub fn get(&self, counter: Counter) -> i64 {
        self.0.get(&counter).copied().unwrap_or(0)
    }

    /// Adds to a counter.
    pub fn add(&mut self, counter: Counter, n: i64) {
        let sum = self.0.entry(counter).or_default();
        *sum = sum.saturating_add(n);
    }

    /// Adds all of another's.
    pub fn absorb(&mut self, other: &Self) {
        for (counter, n) in &other.0 {
            self.add(*counter, *n);
        }
    }

    /// What isn't zero, in the order of the counters.
    pub fn iter(&self) -> impl Iterator<Item = (Counter, i64)> {
        let all = self.0.iter().map(|(counter, n)| (*counter, *n));
        all.filter(|(_, n)| *n != 0)
    }
}
