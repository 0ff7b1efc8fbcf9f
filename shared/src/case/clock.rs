//! What is due on a case and when: stages, the yellow and the red light, the end of a suspension,
//! parts, staged limits, and the escalation rules.
//!
//! Pure: the server keeps one moment per case, [`next_due`], looks at what lies before now, and asks
//! [`due`]. What was told is noted in the case ([`told`]), so that running twice tells nothing twice.
//! What a changed calendar does to all of them is `recount`.

use super::life::{Card, DeadlineStep, Life, Part};
use super::{Case, Class, SUSPENDED, StateRow};
use crate::calendar::{Calendar, Clock, GREEN_SHARE_MAX, Limit, LimitUnit};
use crate::catalogue::{Escalation, StageLimit, stage_limit};
use crate::id::{CategoryId, UnitCode};
use crate::time::Timestamp;

/// What the catalogue says of how long states may last.
pub type StageLimits = [StageLimit];

/// What a move and a clock depend on beside the case.
#[derive(Debug, Clone)]
pub struct Rules<'a> {
    /// The working calendar.
    pub calendar: &'a Calendar,
    /// The limit of the condition, in the mode of the place.
    pub limit: Option<Limit>,
    /// Staged limits of the condition by name.
    pub staged: &'a [(String, Limit)],
    /// How long states may last where the table of states doesn't hold.
    pub stages: &'a StageLimits,
    /// The condition asks for a photo of how it is afterwards.
    pub after_photo: bool,
    /// The unit that may not hand back (兜底).
    pub last_resort: Option<UnitCode>,
    /// What it is about, for the escalation rules.
    pub category: Option<&'a CategoryId>,
    /// The escalation rules.
    pub escalations: &'a [Escalation],
}

impl<'a> Rules<'a> {
    /// Only the calendar; for tests and for cases whose catalogue is gone.
    #[must_use]
    pub fn bare(calendar: &'a Calendar) -> Self {
        Self {
            calendar,
            limit: None,
            staged: &[],
            stages: &[],
            after_photo: false,
            last_resort: None,
            category: None,
            escalations: &[],
        }
    }

    /// How long a state may last.
    #[must_use]
    pub fn stage_limit(&self, row: &StateRow) -> Option<Limit> {
        stage_limit(self.stages, row)
    }
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// The stage has lasted too long.
    Stage,
    /// 80 % of the limit is used.
    Yellow,
    /// The deadline has passed.
    Late,
    /// The suspension ends.
    Resume,
    /// A unit's part is late.
    Part(UnitCode),
    /// A staged limit is missed.
    Staged(String),
    /// An escalation rule applies.
    Escalation(String),
}

impl Due {
    /// Name of a late stage.
    pub const STAGE: &'static str = "stage_late";

    /// Stored name: of the entry in the trail, and what is noted as told.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Stage => Self::STAGE.to_owned(),
            Self::Yellow => String::from("yellow"),
            Self::Late => String::from("late"),
            Self::Resume => String::from("resume"),
            Self::Part(unit) => format!("part_late:{unit}"),
            Self::Staged(name) => format!("staged_late:{name}"),
            Self::Escalation(id) => format!("escalation:{id}"),
        }
    }

    /// Stored name of the entry in the trail.
    #[must_use]
    pub const fn event(&self) -> &'static str {
        match self {
            Self::Stage => Self::STAGE,
            Self::Yellow => "yellow",
            Self::Late => "late",
            Self::Resume => "resume",
            Self::Part(_) => "part_late",
            Self::Staged(_) => "staged_late",
            Self::Escalation(_) => "escalation",
        }
    }

    /// Whether something told was about a staged limit.
    pub(super) fn is_staged(told: &str) -> bool {
        told.starts_with(&Self::Staged(String::new()).name())
    }

    /// Whether something told hangs on the deadline: its lights, and the rules about lateness.
    pub(super) fn is_of_deadline(told: &str, rules: &Rules<'_>) -> bool {
        let lights = [Self::Yellow.name(), Self::Late.name()];
        let named = |rule: &&Escalation| Self::Escalation(rule.id.clone()).name() == told;
        let rule = rules.escalations.iter().find(named);
        lights.iter().any(|light| light == told) || rule.is_some_and(|rule| rule.returns == 0)
    }
}

impl Life {
    /// The clock that the limit runs on.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let unit = self.limit.map(|limit| limit.unit);
        unit.map_or(Clock::Continuous, LimitUnit::clock)
    }

    /// Which share of the time that it was given is used at a moment. While it is suspended the
    /// clock stands, and what a suspension lasted is no part of that time.
    #[must_use]
    pub fn share_used(
        &self,
        calendar: &Calendar,
        dispatched: Timestamp,
        deadline: Timestamp,
        at: Timestamp,
    ) -> f64 {
        let whole = self.whole_ms(calendar, dispatched, deadline);
        let at = self.stands_since().map_or(at, |since| at.min(since));
        calendar.share_used(whole, at, deadline, self.clock())
    }

    /// The time given since the dispatch on its clock: the limit, and once more by each extension.
    fn whole_ms(&self, calendar: &Calendar, dispatched: Timestamp, deadline: Timestamp) -> i64 {
        if !matches!(self.steps.first(), Some(DeadlineStep::Given { .. })) {
            // From before the steps were kept.
            return calendar.elapsed(dispatched, deadline, self.clock());
        }
        let given = |step: &DeadlineStep| match step {
            DeadlineStep::Given { limit, .. } | DeadlineStep::Extended { limit, .. } => {
                limit.length_ms()
            }
            _ => 0,
        };
        self.steps.iter().map(given).fold(0, i64::saturating_add)
    }

    /// Since when the clock stands; none while it runs.
    fn stands_since(&self) -> Option<Timestamp> {
        let last = self.steps.iter().rev().find_map(|step| match step {
            DeadlineStep::Suspended { since_ms, .. } => Some(Some(*since_ms)),
            DeadlineStep::Resumed { .. } => Some(None),
            _ => None,
        });
        last.flatten()
    }

    /// When the clock went on after a suspension.
    fn resumed_at(&self) -> Option<Timestamp> {
        self.steps.iter().rev().find_map(|step| match step {
            DeadlineStep::Resumed { from_ms, .. } => Some(*from_ms),
            _ => None,
        })
    }
}

impl Part {
    /// Which share of its time is used at a moment; none without a deadline.
    #[must_use]
    pub fn share_used(&self, calendar: &Calendar, at: Timestamp) -> Option<f64> {
        let deadline = self.deadline_ms?;
        let unit = self.limit.map(|limit| limit.unit);
        let clock = unit.map_or(Clock::Continuous, LimitUnit::clock);
        let whole = calendar.elapsed(self.asked_ms, deadline, clock);
        Some(calendar.share_used(whole, at, deadline, clock))
    }
}

impl Case {
    /// The clock that its limit runs on.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.life.clock()
    }

    /// When 80 % of the time that it was given is used.
    fn yellow_at(&self, rules: &Rules<'_>) -> Option<Timestamp> {
        let (dispatched, deadline) = (self.dispatched_ms?, self.deadline_ms?);
        let (calendar, clock) = (rules.calendar, self.clock());
        let whole = self.life.whole_ms(calendar, dispatched, deadline);
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "milliseconds of a limit stay below 2^53, where f64 is exact"
        )]
        let green = (whole as f64 * GREEN_SHARE_MAX) as i64;
        // What a suspension lasted used nothing: count from where the clock last began to run.
        let from = self.life.resumed_at().unwrap_or(dispatched);
        let used = whole.saturating_sub(calendar.elapsed(from, deadline, clock));
        Some(calendar.after(from, green.saturating_sub(used), clock))
    }

    /// Everything that will be due, told or not, each with its moment.
    fn moments(&self, rules: &Rules<'_>) -> Vec<(Timestamp, Due)> {
        if self.class() == Class::Closed {
            return Vec::new();
        }
        if self.state == SUSPENDED {
            let until = self.life.suspended.map(|suspended| suspended.until_ms);
            return until
                .map(|until| (until, Due::Resume))
                .into_iter()
                .collect();
        }
        self.running(rules)
    }

    /// The same without asking whether anything is told of it now.
    pub(super) fn running(&self, rules: &Rules<'_>) -> Vec<(Timestamp, Due)> {
        let mut moments = Vec::new();
        moments.extend(self.life.stage_due_ms.map(|at| (at, Due::Stage)));
        for part in &self.life.parts {
            if let (None, Some(at)) = (part.answered_ms, part.deadline_ms) {
                moments.push((at, Due::Part(part.unit.clone())));
            }
        }
        // The handling clock stands once the unit has said what came of it.
        if self.handled_ms.is_none() {
            moments.extend(self.yellow_at(rules).map(|at| (at, Due::Yellow)));
            moments.extend(self.deadline_ms.map(|at| (at, Due::Late)));
            for stage in self.life.stages.iter().filter(|s| s.reached_ms.is_none()) {
                moments.push((stage.deadline_ms, Due::Staged(stage.name.clone())));
            }
        }
        for rule in rules.escalations {
            if let Some(at) = self.escalates_at(rule, rules) {
                moments.push((at, Due::Escalation(rule.id.clone())));
            }
        }
        moments
    }

    /// When a rule applies; never where its category or its number of returns doesn't fit.
    fn escalates_at(&self, rule: &Escalation, rules: &Rules<'_>) -> Option<Timestamp> {
        if !rule.covers(rules.category) {
            return None;
        }
        if rule.returns > 0 {
            let enough = self.life.returns >= rule.returns;
            return self.life.stage_since_ms.filter(|_| enough);
        }
        let deadline = self.deadline_ms.filter(|_| self.handled_ms.is_none())?;
        Some(match rule.late {
            Some(limit) => rules.calendar.deadline(deadline, limit),
            None => deadline,
        })
    }
}

/// The next moment at which something untold is due; none when nothing ever will be.
#[must_use]
pub fn next_due(case: &Case, rules: &Rules<'_>) -> Option<Timestamp> {
    let untold = |due: &Due| !case.life.told.contains(&due.name());
    let moments = case.moments(rules);
    moments
        .into_iter()
        .filter(|(_, due)| untold(due))
        .map(|(at, _)| at)
        .min()
}

/// What is due now and not told yet, in order of time.
#[must_use]
pub fn due(case: &Case, rules: &Rules<'_>, now: Timestamp) -> Vec<(Timestamp, Due)> {
    let mut moments = case.moments(rules);
    moments.retain(|(at, due)| *at <= now && !case.life.told.contains(&due.name()));
    moments.sort_by_key(|(at, _)| *at);
    moments
}

/// The case after something was told. Its revision stays: nobody's move becomes stale by a light.
/// A resumption is a move and no telling.
#[must_use]
pub fn told(case: &Case, due: &Due, card: Option<Card>) -> Case {
    let mut next = case.clone();
    next.life.told.push(due.name());
    next.life.card = next.life.card.max(card);
    next
}
