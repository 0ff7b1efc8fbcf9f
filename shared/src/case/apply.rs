//! A move applied: what is refused, what changes.

use super::clock::Rules;
use super::life::{Appealed, DeadlineStep, Finding, Part, Stage, Suspended};
use super::{
    ACCEPTED, Ask, AskRow, Asked, CLOSED, Card, Case, Class, DISPATCHED, Due, Event, Fact, Found,
    Given, Goes, HANDLED, Move, MoveRow, Outcome, PARTS_MAX, REASON_CHARS_LIMIT, RECEIVED,
    RETURNS_MAX, Refusal, VERIFYING, ask_row, move_row, state,
};
use crate::id::UnitCode;
use crate::time::Timestamp;
use crate::unit::is_pool;

/// Stands as the answer of a part whose unit was given the whole.
const NOW_LEADS: &str = "已转为主办，协办并入主办";

impl Case {
    /// The case after the move.
    ///
    /// # Errors
    /// When the revision is stale, the state doesn't allow the move, or a fact is missing.
    pub fn apply(&self, event: &Event, rules: &Rules<'_>) -> Result<Case, Refusal> {
        if event.base_revision != self.revision {
            return Err(Refusal::Stale {
                current: self.revision,
                seen: event.base_revision,
            });
        }
        let row = move_row(event.kind).ok_or(self.not_from(event.kind))?;
        let given = &event.given;
        if given.reason.chars().count() > REASON_CHARS_LIMIT {
            return Err(Refusal::ReasonTooLong);
        }
        let mut next = Case {
            revision: self.revision.saturating_add(1),
            ..self.clone()
        };
        match event.kind {
            Move::Ask => next.ask(event)?,
            Move::Grant => next.grant(event, rules)?,
            Move::Refuse => next.refuse(event)?,
            _ => {
                self.check(row, given, rules)?;
                next.go(row, event)?;
                next.act(event, rules)?;
            }
        }
        // Another unit has a time of its own to sign.
        if next.state != self.state || next.lead != self.lead {
            next.enter(event.at, rules);
        }
        Ok(next)
    }

    fn not_from(&self, kind: Move) -> Refusal {
        Refusal::NotFrom {
            state: self.state,
            kind,
        }
    }

    /// Whether the state allows the move and its facts are there.
    fn check(&self, row: &MoveRow, given: &Given, rules: &Rules<'_>) -> Result<(), Refusal> {
        if !row.from.contains(&self.state) {
            return Err(self.not_from(row.kind));
        }
        if let Some(fact) = row.needs.iter().find(|fact| !is_given(**fact, given)) {
            return Err(Refusal::Missing(*fact));
        }
        match row.kind {
            Move::Close => self.may_close(),
            Move::Unassign if self.life.assigned.is_none() => Err(self.not_from(row.kind)),
            Move::HandBack if self.life.last_owner => Err(Refusal::LastOwner),
            Move::HandBack if self.life.assigned.is_some() => Err(Refusal::AssignedFirst),
            Move::Finish => {
                let outcome = given.outcome.unwrap_or_default();
                let photo = rules.after_photo && outcome == Outcome::Done;
                if photo && given.after_photos == 0 {
                    Err(Refusal::Missing(Fact::AfterPhoto))
                } else if outcome == Outcome::Planned && given.until_ms.is_none() {
                    Err(Refusal::Missing(Fact::Until))
                } else {
                    Ok(())
                }
            }
            Move::Verify | Move::Check
                if given.found == Some(Found::Unable) && given.reason.trim().is_empty() =>
            {
                Err(Refusal::Missing(Fact::Reason))
            }
            Move::Dispatch if !self.may_dispatch() => Err(self.not_from(row.kind)),
            // Put right on the spot, it was no unit's: there is nobody to do it again.
            Move::Rework if self.dispatched_ms.is_none() => Err(self.not_from(row.kind)),
            Move::TakeOver if self.state == HANDLED && self.is_done() => {
                Err(self.not_from(row.kind))
            }
            Move::TakeOver if !given.unit.as_ref().is_some_and(|unit| self.goes_to(unit)) => {
                Err(Refusal::SameUnit)
            }
            _ => Ok(()),
        }
    }

    /// Whether a rule may give it to a unit: not to the one that has it, and not back to one from
    /// which a rule took it, or two rules would pass it to and fro as often as it is late.
    #[must_use]
    pub fn goes_to(&self, unit: &UnitCode) -> bool {
        self.lead != *unit && !self.life.taken_from.contains(unit)
    }

    /// Where the move leads.
    fn go(&mut self, row: &MoveRow, event: &Event) -> Result<(), Refusal> {
        self.state = match row.to {
            Goes::To(state) => state,
            Goes::Stays => self.state,
            Goes::ByUnit => match &event.given.unit {
                Some(unit) if !is_pool(unit) => DISPATCHED,
                Some(_) => ACCEPTED,
                None => return Err(Refusal::Missing(Fact::Unit)),
            },
            Goes::ByAsked => return Err(Refusal::NothingAsked),
            Goes::ToDesk if [RECEIVED, VERIFYING].contains(&self.state) => RECEIVED,
            Goes::ToDesk => ACCEPTED,
        };
        Ok(())
    }

    /// What else the move changes. The state is the new one already.
    fn act(&mut self, event: &Event, rules: &Rules<'_>) -> Result<(), Refusal> {
        let (given, at) = (&event.given, event.at);
        match event.kind {
            Move::Accept => self.life.condition.clone_from(&given.condition),
            Move::Dispatch => {
                self.life.taken_from.clear();
                self.give(event, rules)?;
            }
            Move::TakeOver => {
                self.life.taken_from.push(self.lead.clone());
                self.give(event, rules)?;
            }
            Move::Escalate => {
                self.life.escalations = self.life.escalations.saturating_add(1);
                self.life.assigned = None;
                self.life.asked = None;
                if let Some(unit) = &given.unit {
                    self.led_by(unit.clone(), at);
                }
                // The clock runs on: whoever received it first stays responsible.
            }
            Move::Assign => self.life.assigned = given.person,
            Move::Unassign => self.life.assigned = None,
            Move::Finish => {
                self.handled_ms = Some(at);
                self.life.outcome = Some(given.outcome.unwrap_or_default());
                self.life.next_ms = given.until_ms;
                self.life.checked = None;
                self.life.asked = None;
            }
            Move::HandBack => {
                self.life.returns = self.life.returns.saturating_add(1);
                self.life.returned_by.push(self.lead.clone());
                self.life.asked = None;
            }
            Move::Verify => self.life.verified = finding(given, at),
            Move::Check => self.life.checked = finding(given, at),
            Move::Rework => {
                self.life.reworks = self.life.reworks.saturating_add(1);
                self.reopen();
            }
            Move::Resume => self.resume(at, rules),
            Move::Contest => {
                self.may_contest(given.made_ms.unwrap_or(at))?;
                self.life.contests = self.life.contests.saturating_add(1);
                self.life.asked = None;
                self.closed_ms = None;
            }
            Move::Merge => self.life.merged_into = given.into,
            Move::Unmerge => {
                self.life.merged_into = None;
                self.reopen();
                self.take_clock(rules);
            }
            Move::Correct => self.correct(event, rules)?,
            Move::Urge => self.life.card = given.card.filter(|card| *card != Card::None),
            Move::AddPart => self.add_part(event, rules)?,
            Move::AnswerPart => self.answer_part(event)?,
            Move::Reach => self.reach(given, at)?,
            _ => {}
        }
        if self.class() == Class::Closed {
            self.end(at);
        }
        Ok(())
    }

    fn end(&mut self, at: Timestamp) {
        self.closed_ms = Some(at);
        self.life.asked = None;
        self.life.suspended = None;
    }

    /// To a unit, with a fresh clock.
    fn give(&mut self, event: &Event, rules: &Rules<'_>) -> Result<(), Refusal> {
        let unit = event.given.unit.clone();
        let unit = unit.ok_or(Refusal::Missing(Fact::Unit))?;
        let had_it = self.dispatched_ms.is_some() && self.life.returned_by.last() != Some(&unit);
        if had_it && unit == self.lead && self.handled_ms.is_none() {
            return Err(Refusal::SameUnit);
        }
        // The last resort takes it by the rule, or by a dispatcher's hand.
        self.life.last_owner =
            self.life.returns >= RETURNS_MAX && rules.last_resort.as_ref() == Some(&unit);
        self.life.first_unit.get_or_insert_with(|| unit.clone());
        self.led_by(unit, event.at);
        if let Some(condition) = &event.given.condition {
            self.life.condition = Some(condition.clone());
        }
        self.reopen();
        self.life.asked = None;
        self.take_clock(rules);
        self.dispatched_ms = Some(event.at);
        self.life.limit = rules.limit;
        if let Some(limit) = rules.limit {
            let deadline_ms = rules.calendar.deadline(event.at, limit);
            self.deadline_ms = Some(deadline_ms);
            self.life.steps.push(DeadlineStep::Given {
                from_ms: event.at,
                limit,
                deadline_ms,
            });
        }
        for (name, limit) in rules.staged {
            self.life.stages.push(Stage {
                name: name.clone(),
                deadline_ms: rules.calendar.deadline(event.at, *limit),
                limit: Some(*limit),
                steps: Vec::new(),
                reached_ms: None,
            });
        }
        Ok(())
    }

    /// No unit has it, or another: what the former one was given is over.
    pub(super) fn take_clock(&mut self, rules: &Rules<'_>) {
        self.dispatched_ms = None;
        self.deadline_ms = None;
        self.life.assigned = None;
        self.life.limit = None;
        self.life.steps.clear();
        self.life.stages.clear();
        self.new_deadline(rules);
        self.life.told.retain(|told| !Due::is_staged(told));
    }

    /// Another unit leads. A part that it had is no longer one: it answers for the whole.
    pub(super) fn led_by(&mut self, unit: UnitCode, at: Timestamp) {
        let own = |part: &&mut Part| part.unit == unit && part.answered_ms.is_none();
        for part in self.life.parts.iter_mut().filter(own) {
            part.answered_ms = Some(at);
            NOW_LEADS.clone_into(&mut part.answer);
        }
        self.lead = unit;
    }

    /// What is no longer true when work begins again.
    pub(super) fn reopen(&mut self) {
        self.handled_ms = None;
        self.closed_ms = None;
        self.life.outcome = None;
        self.life.next_ms = None;
        self.life.checked = None;
    }

    fn add_part(&mut self, event: &Event, rules: &Rules<'_>) -> Result<(), Refusal> {
        let unit = event.given.unit.clone();
        let unit = unit.ok_or(Refusal::Missing(Fact::Unit))?;
        let open = |part: &Part| part.unit == unit && part.answered_ms.is_none();
        if unit == self.lead || self.life.parts.iter().any(open) {
            return Err(Refusal::SameUnit);
        }
        if self.life.parts.len() >= PARTS_MAX {
            return Err(Refusal::TooManyParts);
        }
        if event.given.until_ms.is_some_and(|until| until <= event.at) {
            return Err(Refusal::UntilOutOfRange);
        }
        let limit = rules.limit.filter(|_| event.given.until_ms.is_none());
        let by_rule = limit.map(|limit| rules.calendar.deadline(event.at, limit));
        let late = Due::Part(unit.clone()).name();
        self.life.told.retain(|told| *told != late);
        self.life.parts.push(Part {
            unit,
            task: event.given.reason.clone(),
            asked_ms: event.at,
            deadline_ms: event.given.until_ms.or(by_rule),
            limit,
            steps: Vec::new(),
            answered_ms: None,
            answer: String::new(),
        });
        Ok(())
    }

    fn answer_part(&mut self, event: &Event) -> Result<(), Refusal> {
        let mut parts = self.life.parts.iter_mut();
        let part = parts
            .find(|part| Some(&part.unit) == event.by_unit.as_ref() && part.answered_ms.is_none())
            .ok_or(Refusal::NoPart)?;
        part.answered_ms = Some(event.at);
        part.answer.clone_from(&event.given.reason);
        Ok(())
    }

    fn reach(&mut self, given: &Given, at: Timestamp) -> Result<(), Refusal> {
        let mut stages = self.life.stages.iter_mut();
        let stage = stages
            .find(|stage| Some(&stage.name) == given.stage.as_ref() && stage.reached_ms.is_none())
            .ok_or(Refusal::NoStage)?;
        stage.reached_ms = Some(at);
        Ok(())
    }

    fn ask(&mut self, event: &Event) -> Result<(), Refusal> {
        let (given, at) = (&event.given, event.at);
        if self.life.asked.is_some() {
            return Err(Refusal::AskPending);
        }
        let ask = given.ask.ok_or(Refusal::Missing(Fact::Ask))?;
        let row = ask_row(ask).ok_or(Refusal::Missing(Fact::Ask))?;
        if given.reason.trim().is_empty() {
            return Err(Refusal::Missing(Fact::Reason));
        }
        if ask == Ask::Suspension && given.until_ms.is_none() {
            return Err(Refusal::Missing(Fact::Until));
        }
        self.may_ask(row, given.until_ms, at)?;
        self.life.asked = Some(Asked {
            ask,
            at_ms: at,
            by: event.by,
            unit: event.by_unit.clone(),
            reason: given.reason.clone(),
            until_ms: given.until_ms,
            first_by: None,
        });
        Ok(())
    }

    fn grant(&mut self, event: &Event, rules: &Rules<'_>) -> Result<(), Refusal> {
        self.may_grant(event.by)?;
        let asked = self.life.asked.take().ok_or(Refusal::NothingAsked)?;
        let row = ask_row(asked.ask).ok_or(Refusal::NothingAsked)?;
        if asked.ask == Ask::Appeal && asked.first_by.is_none() {
            self.life.asked = Some(Asked {
                first_by: event.by,
                ..asked
            });
            return Ok(());
        }
        self.granted(row, &asked, event.at, rules);
        if let Goes::To(state) = row.to {
            self.state = state;
            if self.class() == Class::Closed {
                self.end(event.at);
            }
        }
        Ok(())
    }

    fn granted(&mut self, row: &AskRow, asked: &Asked, at: Timestamp, rules: &Rules<'_>) {
        match row.ask {
            Ask::Extension => {
                self.life.extensions = self.life.extensions.saturating_add(1);
                if let (Some(limit), Some(deadline)) = (self.life.limit, self.deadline_ms) {
                    let deadline_ms = rules.calendar.deadline(deadline, limit);
                    self.deadline_ms = Some(deadline_ms);
                    self.new_deadline(rules);
                    self.life
                        .steps
                        .push(DeadlineStep::Extended { limit, deadline_ms });
                }
            }
            Ask::Suspension => {
                self.life.suspensions = self.life.suspensions.saturating_add(1);
                let clock = self.clock();
                let left_ms = self.deadline_ms.map_or(0, |deadline| {
                    let late = rules.calendar.elapsed(deadline, at, clock);
                    rules.calendar.elapsed(at, deadline, clock) - late
                });
                self.life.suspended = Some(Suspended {
                    since_ms: at,
                    // What is granted after its date ends at once, and not before it began.
                    until_ms: asked.until_ms.unwrap_or(at).max(at),
                    left_ms,
                });
                self.life.steps.push(DeadlineStep::Suspended {
                    since_ms: at,
                    left_ms,
                });
            }
            Ask::Appeal => self.life.appealed = Some(Appealed::Granted),
            Ask::Void | Ask::ForceClose => {}
        }
    }

    fn refuse(&mut self, event: &Event) -> Result<(), Refusal> {
        if event.given.reason.trim().is_empty() {
            return Err(Refusal::Missing(Fact::Reason));
        }
        let asked = self.life.asked.take().ok_or(Refusal::NothingAsked)?;
        if asked.ask == Ask::Appeal && self.state == CLOSED {
            self.life.appealed = Some(Appealed::Refused);
        }
        Ok(())
    }

    /// The clock goes on with what was left of the limit.
    fn resume(&mut self, at: Timestamp, rules: &Rules<'_>) {
        let Some(suspended) = self.life.suspended.take() else {
            return;
        };
        if self.deadline_ms.is_some() {
            let clock = self.clock();
            let deadline_ms = if suspended.left_ms > 0 {
                rules.calendar.after(at, suspended.left_ms, clock)
            } else {
                at
            };
            self.deadline_ms = Some(deadline_ms);
            self.new_deadline(rules);
            self.life.steps.push(DeadlineStep::Resumed {
                from_ms: at,
                deadline_ms,
            });
        }
    }

    /// Begins the stage of the state that the case has come to.
    pub(super) fn enter(&mut self, at: Timestamp, rules: &Rules<'_>) {
        let limit = state(self.state).and_then(|row| rules.stage_limit(row));
        self.life.stage_since_ms = Some(at);
        self.life.stage_due_ms = limit.map(|limit| rules.calendar.deadline(at, limit));
        self.life.stage_limit = limit;
        self.life.stage_steps.clear();
        self.life.told.retain(|told| told != Due::STAGE);
    }

    /// What was told of the former deadline is told again by the new one. What hangs on something
    /// else stays told: how long a state lasts, parts, staged limits, how often it came back.
    fn new_deadline(&mut self, rules: &Rules<'_>) {
        self.life
            .told
            .retain(|told| !Due::is_of_deadline(told, rules));
    }
}

fn finding(given: &Given, at: Timestamp) -> Option<Finding> {
    given.found.map(|found| Finding { found, at_ms: at })
}

fn is_given(fact: Fact, given: &Given) -> bool {
    match fact {
        Fact::Reason => !given.reason.trim().is_empty(),
        Fact::Unit => given.unit.is_some(),
        Fact::Person => given.person.is_some(),
        Fact::Until => given.until_ms.is_some(),
        Fact::Condition => given.condition.is_some(),
        Fact::Into => given.into.is_some(),
        Fact::Found => given.found.is_some(),
        // Done unless something else is said; whether a photo is asked for hangs on the condition.
        Fact::Outcome | Fact::AfterPhoto => true,
        Fact::Ask => given.ask.is_some(),
        Fact::Card => given.card.is_some(),
        Fact::Stage => given.stage.is_some(),
        // One of the two is needed: the correction itself says whether there is anything.
        Fact::Category | Fact::Place => given.corrected.is_some(),
    }
}
