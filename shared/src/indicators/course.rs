//! Which entry of a case's trail changes which counters.
//!
//! A [`Course`] is what counting has to know of a case, folded from its trail entry by entry. At every
//! moment it counts for something ([`Course::standing`]: due on this day, closed in time); an entry's
//! deltas are what it counts for after it less what it counted for before, and what the entry itself
//! notes for good. So counting entry by entry and counting anew end at the same numbers.

use super::Counter;
use crate::case::{
    ACCEPTED, Ask, CLOSED, DISPATCHED, FORCE_CLOSED, MERGED, NOT_ACCEPTED, Outcome, RECEIVED,
    RETURNED, VERIFYING, VOIDED, WITHDRAWN,
};
use crate::id::UnitCode;
use crate::time::Timestamp;
use Counter as C;
use std::collections::BTreeMap;

/// The level of whoever put something right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// On the spot, by whoever reported it.
    Spot,
    /// 社区.
    Community,
    /// 街道.
    Street,
    /// 区.
    District,
}

/// An entry of a trail, as far as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Stored name of what happened.
    pub kind: &'a str,
    /// State before.
    pub from: &'a str,
    /// State after.
    pub to: &'a str,
    /// When.
    pub at: Timestamp,
    /// Whether a person did it, and not a rule.
    pub by_person: bool,
    /// The unit that it was given to.
    pub unit: Option<&'a UnitCode>,
    /// The level of that unit.
    pub level: Level,
    /// The deadline after it, where it sets one.
    pub deadline: Option<Timestamp>,
    /// What was asked for.
    pub ask: Option<Ask>,
    /// What came of it.
    pub outcome: Option<Outcome>,
}

/// Whose counter it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    /// A unit's.
    Unit(UnitCode),
    /// That of the place of the case, and of its desk.
    Place,
}

/// A change of a counter of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// The day in China as a number: 20261127.
    pub day: i64,
    /// Whose.
    pub who: Who,
    /// Which.
    pub counter: Counter,
    /// By how much.
    pub n: i64,
}

/// Changes added up.
pub type Tally = BTreeMap<(i64, Who, Counter), i64>;

/// What was counted: when, whose, what.
type Counted = (Timestamp, Who, Counter);

/// What counting has to know of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Course {
    state: String,
    opened: Option<Timestamp>,
    filed: Option<Timestamp>,
    closed: Option<Timestamp>,
    solved: Option<Level>,
    self_fixed: bool,
    stage_late: bool,
    /// What is asked for, and whether one of two has granted it.
    asked: Option<(Ask, bool)>,
    stint: Option<Stint>,
}

/// The time from a dispatch until another unit has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stint {
    unit: UnitCode,
    level: Level,
    at: Timestamp,
    by: By,
    deadline: Option<Timestamp>,
    handled: Option<Timestamp>,
    outcome: Outcome,
    reworked: bool,
    extended: bool,
    suspended: bool,
    ever_suspended: bool,
    exempt: bool,
}

/// Who gave a case to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Desk,
    Rule,
    /// The unit below.
    Unit,
}

impl Course {
    /// Goes on by one entry; what that changes.
    pub fn follow(&mut self, entry: &Entry<'_>) -> Vec<Delta> {
        let before = self.standing();
        let mut noted = Vec::new();
        self.turn(entry, &mut noted);
        let mut sum = Tally::new();
        let mut count = |(at, who, counter): Counted, n: i64| {
            *sum.entry((at.china_day(), who, counter)).or_default() += n;
        };
        before.into_iter().for_each(|counted| count(counted, -1));
        let after = self.standing().into_iter().chain(noted);
        after.for_each(|counted| count(counted, 1));
        sum.retain(|_, n| *n != 0);
        let delta = |((day, who, counter), n)| Delta {
            day,
            who,
            counter,
            n,
        };
        sum.into_iter().map(delta).collect()
    }

    /// What the case counts for as it stands.
    fn standing(&self) -> Vec<Counted> {
        let mut counted = Vec::new();
        let mut place = |at: Option<Timestamp>, counter: Counter| {
            counted.extend(at.map(|at| (at, Who::Place, counter)));
        };
        let reported = if self.self_fixed {
            C::SelfFixed
        } else {
            C::Reported
        };
        place(self.opened, reported);
        if self.state == MERGED {
            place(self.opened, C::Merged);
        }
        place(self.filed, C::Filed);
        if self.state == VOIDED {
            place(self.filed, C::Voided);
        }
        if let Some(level) = self.solved {
            place(self.closed, solved(level));
        }
        if let Some(stint) = &self.stint {
            stint.given(&mut counted);
            stint.due(&self.state, self.closed, &mut counted);
        } else if self.state == FORCE_CLOSED {
            // Handed back, so no unit's: it was due to nobody else, on the day it was closed.
            place(self.closed, C::Due);
            place(self.closed, C::Forced);
        }
        counted
    }

    fn turn(&mut self, entry: &Entry<'_>, noted: &mut Vec<Counted>) {
        let at = entry.at;
        self.of_desk(entry, noted);
        match entry.kind {
            "received" => self.opened = Some(at),
            "stage_late" => self.stage_late = true,
            "accept" => {
                self.filed.get_or_insert(at);
            }
            "dispatch" | "take_over" => self.dispatch(entry, noted),
            // Named wrongly, not dispatched wrongly.
            "correct" => self.taken_away(at, noted),
            "hand_back" => {
                if let Some(stint) = self.stint.take() {
                    stint.given(noted);
                    noted.extend(stint.both(stint.at, C::Returned));
                    stint.was_wrong(noted);
                }
            }
            "escalate" => self.escalate(entry, noted),
            "self_fix" => {
                self.self_fixed = true;
                self.closed = Some(at);
                self.solved = Some(Level::Spot);
            }
            "close" => self.close(at, noted),
            "contest" => self.contest(noted),
            "ask" => self.asked = entry.ask.map(|ask| (ask, false)),
            "refuse" => self.asked = None,
            _ => self.of_stint(entry),
        }
        if [MERGED, WITHDRAWN, VOIDED, NOT_ACCEPTED].contains(&entry.to)
            && let Some(stint) = self.stint.take()
        {
            stint.given(noted);
        }
        if entry.to == FORCE_CLOSED && self.state != FORCE_CLOSED {
            self.closed = Some(at);
        }
        if entry.to != self.state {
            self.stage_late = false;
            entry.to.clone_into(&mut self.state);
        }
    }

    /// What the dispatchers of the place did, and whether in time.
    fn of_desk(&self, entry: &Entry<'_>, noted: &mut Vec<Counted>) {
        if !entry.by_person {
            return;
        }
        let mut note = |due: Counter, in_time: Counter| {
            noted.push((entry.at, Who::Place, due));
            if !self.stage_late {
                noted.push((entry.at, Who::Place, in_time));
            }
        };
        let takes_on = ["accept", "dispatch", "not_accept", "merge"].contains(&entry.kind);
        if takes_on && [RECEIVED, VERIFYING].contains(&entry.from) {
            note(C::FilingDue, C::FilingInTime);
        }
        let waits = [RECEIVED, VERIFYING, ACCEPTED, RETURNED];
        if entry.kind == "dispatch" && waits.contains(&entry.from) {
            note(C::DispatchDue, C::DispatchInTime);
        }
        if entry.kind == "close" {
            note(C::ClosingDue, C::ClosingInTime);
        }
    }

    /// The unit that has it has it no longer.
    fn taken_away(&mut self, at: Timestamp, noted: &mut Vec<Counted>) {
        if let Some(stint) = self.stint.take() {
            stint.given(noted);
            if stint.handled.is_some() && stint.outcome == Outcome::NotOurs {
                stint.was_wrong(noted);
            } else if stint.is_late(at) {
                // Taken away from a unit that was late with it: that stays the unit's.
                stint.due_of_unit(noted);
            }
        }
        self.closed = None;
    }

    fn dispatch(&mut self, entry: &Entry<'_>, noted: &mut Vec<Counted>) {
        self.taken_away(entry.at, noted);
        self.filed.get_or_insert(entry.at);
        let by = if entry.by_person { By::Desk } else { By::Rule };
        noted.push((entry.at, Who::Place, by.dispatched()));
        self.stint = entry
            .unit
            .map(|unit| Stint::new(unit, entry, by, entry.deadline));
    }

    /// The next level up has it, on the clock that runs.
    fn escalate(&mut self, entry: &Entry<'_>, noted: &mut Vec<Counted>) {
        let Some(stint) = self.stint.take() else {
            return;
        };
        stint.given(noted);
        if stint.is_late(entry.at) {
            stint.due_of_unit(noted);
        }
        let unit = entry.unit.filter(|_| entry.to == DISPATCHED);
        self.stint = unit.map(|unit| Stint::new(unit, entry, By::Unit, stint.deadline));
    }

    fn close(&mut self, at: Timestamp, noted: &mut Vec<Counted>) {
        self.closed = Some(at);
        noted.extend(self.whose().map(|who| (at, who, C::Closings)));
        let stint = self.stint.as_ref();
        self.solved = Some(stint.map_or(Level::Spot, |stint| stint.level));
    }

    fn contest(&mut self, noted: &mut Vec<Counted>) {
        let closed = self.closed.take();
        self.solved = None;
        if self.self_fixed {
            // It does ask for somebody's work after all.
            self.self_fixed = false;
        } else if let Some(closed) = closed {
            noted.extend(self.whose().map(|who| (closed, who, C::Contested)));
        }
    }

    /// The place, and the unit that has the case.
    fn whose(&self) -> impl Iterator<Item = Who> {
        let unit = self.stint.as_ref().map(|stint| stint.unit.clone());
        unit.map(Who::Unit).into_iter().chain([Who::Place])
    }

    /// What only changes how the unit that has it stands.
    fn of_stint(&mut self, entry: &Entry<'_>) {
        let asked = match entry.kind {
            "grant" => match self.asked.take() {
                Some((Ask::Appeal, false)) => {
                    self.asked = Some((Ask::Appeal, true));
                    None
                }
                asked => asked.map(|(ask, _)| ask),
            },
            _ => None,
        };
        let Some(stint) = &mut self.stint else {
            return;
        };
        if entry.deadline.is_some() {
            stint.deadline = entry.deadline;
        }
        match (entry.kind, asked) {
            ("finish", _) => {
                stint.handled = Some(entry.at);
                stint.outcome = entry.outcome.unwrap_or_default();
            }
            ("rework", _) => {
                stint.reworked = true;
                stint.handled = None;
            }
            ("resume", _) => stint.suspended = false,
            ("grant", Some(Ask::Extension)) => stint.extended = true,
            ("grant", Some(Ask::Suspension)) => {
                stint.suspended = true;
                stint.ever_suspended = true;
            }
            ("grant", Some(Ask::Appeal)) => stint.exempt = true,
            _ => {}
        }
    }
}

impl Stint {
    fn new(unit: &UnitCode, entry: &Entry<'_>, by: By, deadline: Option<Timestamp>) -> Self {
        Self {
            unit: unit.clone(),
            level: entry.level,
            at: entry.at,
            by,
            deadline,
            handled: None,
            outcome: Outcome::Done,
            reworked: false,
            extended: false,
            suspended: false,
            ever_suspended: false,
            exempt: false,
        }
    }

    fn both(&self, at: Timestamp, counter: Counter) -> [Counted; 2] {
        let unit = Who::Unit(self.unit.clone());
        [(at, unit, counter), (at, Who::Place, counter)]
    }

    /// That it was given to the unit: this stays, whatever comes.
    fn given(&self, counted: &mut Vec<Counted>) {
        counted.extend(self.both(self.at, C::Dispatched));
        if self.ever_suspended {
            counted.extend(self.both(self.at, C::Suspended));
        }
    }

    /// What is due by it, and how that stands.
    fn due(&self, state: &str, closed: Option<Timestamp>, counted: &mut Vec<Counted>) {
        let forced = state == FORCE_CLOSED;
        let closed = closed.filter(|_| forced || state == CLOSED);
        if self.suspended && !forced {
            return;
        }
        let Some(day) = self.deadline.or(closed) else {
            return;
        };
        let done = self.handled.filter(|_| self.outcome == Outcome::Done);
        let late = |end: Timestamp| self.deadline.is_some_and(|deadline| end > deadline);
        let mut count = |counter| counted.extend(self.both(day, counter));
        count(C::Due);
        if self.reworked {
            count(C::Reworked);
        }
        if self.extended {
            count(C::Extended);
        }
        if let Some(done) = done {
            count(if late(done) {
                C::HandledLate
            } else {
                C::HandledInTime
            });
        }
        if forced {
            count(C::Forced);
        } else if let Some(closed) = closed {
            let late = late(done.unwrap_or(closed));
            count(if late { C::ClosedLate } else { C::ClosedInTime });
            if late && self.exempt {
                count(C::Exempt);
            }
        }
    }

    /// The same for the unit alone: the place goes on with the unit that has it now.
    fn due_of_unit(&self, counted: &mut Vec<Counted>) {
        let mut all = Vec::new();
        self.due(DISPATCHED, None, &mut all);
        all.retain(|(_, who, _)| *who != Who::Place);
        counted.append(&mut all);
    }

    fn is_late(&self, now: Timestamp) -> bool {
        let end = self.handled.unwrap_or(now);
        !self.suspended && self.deadline.is_some_and(|deadline| end > deadline)
    }

    fn was_wrong(&self, noted: &mut Vec<Counted>) {
        let counter = match self.by {
            By::Desk => C::DeskWrong,
            By::Rule => C::RuleWrong,
            By::Unit => return,
        };
        noted.push((self.at, Who::Place, counter));
    }
}

impl By {
    const fn dispatched(self) -> Counter {
        match self {
            Self::Desk => C::DeskDispatched,
            Self::Rule | Self::Unit => C::RuleDispatched,
        }
    }
}

const fn solved(level: Level) -> Counter {
    match level {
        Level::Spot => C::SolvedOnSpot,
        Level::Community => C::SolvedCommunity,
        Level::Street => C::SolvedStreet,
        Level::District => C::SolvedDistrict,
    }
}

#[cfg(test)]
mod tests;
