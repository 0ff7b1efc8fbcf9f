//! Deadlines counted anew by a calendar that has changed, and their arithmetic in words.
//!
//! Each is counted from the moment at which it began and by the limit that it was given; the case
//! keeps both. What was given as a date stays, and so does what a case from before limits were kept
//! was given. Tests: `tests/recount.rs`.

use super::clock::{Due, Rules};
use super::life::{DeadlineStep, Part, Stage};
use super::{Case, Class, SUSPENDED};
use crate::calendar::{Calendar, Clock, Limit};
use crate::time::Timestamp;

/// The case with everything counted anew that hangs on the calendar: its deadline, how long its
/// state may last, parts and staged limits; none when all stay the same.
///
/// While it is suspended its own clock stands, and its deadline is counted anew when it goes on.
#[must_use]
pub fn recount(case: &Case, rules: &Rules<'_>, now: Timestamp) -> Option<Case> {
    if case.class() == Class::Closed {
        return None;
    }
    let anew = Anew {
        calendar: rules.calendar,
        now,
    };
    let mut next = case.clone();
    if case.handled_ms.is_none() {
        if case.state != SUSPENDED {
            anew.deadline(&mut next);
        }
        anew.stages(&mut next);
    }
    anew.state(&mut next);
    anew.parts(&mut next);
    if moved(case, &next).is_empty() {
        return None;
    }
    // What was told of a former moment is told again by the new one, if that is still to come.
    let before = case.running(rules);
    let mut ahead = next.running(rules);
    ahead.retain(|moment| moment.0 > now && !before.contains(moment));
    let ahead: Vec<String> = ahead.iter().map(|(_, due)| due.name()).collect();
    next.life.told.retain(|told| !ahead.contains(told));
    Some(next)
}

/// The deadlines that differ between a case and the same case counted anew, each with its new
/// moment. The case's own is named [`Due::Late`].
#[must_use]
pub fn moved(before: &Case, after: &Case) -> Vec<(Timestamp, Due)> {
    let mut moved = Vec::new();
    let mut differs = |before: Option<Timestamp>, after: Option<Timestamp>, due: Due| {
        moved.extend(after.filter(|_| before != after).map(|at| (at, due)));
    };
    differs(before.deadline_ms, after.deadline_ms, Due::Late);
    let (old, new) = (&before.life, &after.life);
    differs(old.stage_due_ms, new.stage_due_ms, Due::Stage);
    for (old, new) in old.parts.iter().zip(&new.parts) {
        let due = Due::Part(new.unit.clone());
        differs(old.deadline_ms, new.deadline_ms, due);
    }
    for (old, new) in old.stages.iter().zip(&new.stages) {
        let due = Due::Staged(new.name.clone());
        differs(Some(old.deadline_ms), Some(new.deadline_ms), due);
    }
    moved
}

/// By which calendar and when something is counted anew.
struct Anew<'a> {
    calendar: &'a Calendar,
    now: Timestamp,
}

impl Anew<'_> {
    /// The case's own deadline, step by step.
    fn deadline(&self, case: &mut Case) {
        let (calendar, clock) = (self.calendar, case.clock());
        let mut counted: Option<Timestamp> = None;
        let mut left = 0;
        for step in &case.life.steps {
            match step {
                DeadlineStep::Given { from_ms, limit, .. } => {
                    counted = Some(calendar.deadline(*from_ms, *limit));
                }
                DeadlineStep::Extended { limit, .. } => {
                    counted = counted.map(|deadline| calendar.deadline(deadline, *limit));
                }
                DeadlineStep::Suspended { since_ms, .. } => {
                    left =
                        counted.map_or(0, |deadline| calendar.elapsed(*since_ms, deadline, clock));
                }
                DeadlineStep::Resumed { from_ms, .. } => {
                    counted = Some(calendar.after(*from_ms, left, clock));
                }
                DeadlineStep::Recounted { .. } => {}
            }
        }
        if let Some(deadline_ms) = counted.filter(|deadline| Some(*deadline) != case.deadline_ms) {
            case.deadline_ms = Some(deadline_ms);
            case.life.steps.push(DeadlineStep::Recounted {
                at_ms: self.now,
                deadline_ms,
            });
        }
    }

    /// How long the state may last: the time to sign, to dispatch, to look.
    fn state(&self, case: &mut Case) {
        let life = &mut case.life;
        if let (Some(from), Some(due)) = (life.stage_since_ms, &mut life.stage_due_ms) {
            self.simple(from, life.stage_limit, due, &mut life.stage_steps);
        }
    }

    /// The parts that other units still owe.
    fn parts(&self, case: &mut Case) {
        for part in &mut case.life.parts {
            if let (None, Some(due)) = (part.answered_ms, &mut part.deadline_ms) {
                self.simple(part.asked_ms, part.limit, due, &mut part.steps);
            }
        }
    }

    /// The staged limits that are still to be reached.
    fn stages(&self, case: &mut Case) {
        let Some(from) = case.dispatched_ms else {
            return;
        };
        for stage in &mut case.life.stages {
            if stage.reached_ms.is_none() {
                let due = &mut stage.deadline_ms;
                self.simple(from, stage.limit, due, &mut stage.steps);
            }
        }
    }

    /// One limit from one moment on. How it was counted at first is kept when that changes.
    fn simple(
        &self,
        from_ms: Timestamp,
        limit: Option<Limit>,
        due: &mut Timestamp,
        steps: &mut Vec<DeadlineStep>,
    ) {
        let Some(limit) = limit else { return };
        let deadline_ms = self.calendar.deadline(from_ms, limit);
        if deadline_ms == *due {
            return;
        }
        if steps.is_empty() {
            steps.push(given(from_ms, limit, *due));
        }
        steps.push(DeadlineStep::Recounted {
            at_ms: self.now,
            deadline_ms,
        });
        *due = deadline_ms;
    }
}

const fn given(from_ms: Timestamp, limit: Limit, deadline_ms: Timestamp) -> DeadlineStep {
    DeadlineStep::Given {
        from_ms,
        limit,
        deadline_ms,
    }
}

/// The deadline's arithmetic in words, a line a step: 为什么是 11-24 10:30.
#[must_use]
pub fn explain(case: &Case, year: i32) -> Vec<String> {
    lines(&case.life.steps, "派遣", year)
}

/// The same of how long the state may last; nothing where it may last for ever.
#[must_use]
pub fn explain_stage(case: &Case, year: i32) -> Vec<String> {
    let life = &case.life;
    let simple = Simple {
        from: life.stage_since_ms,
        limit: life.stage_limit,
        due: life.stage_due_ms,
        steps: &life.stage_steps,
    };
    simple.lines("进入本环节", year)
}

/// The same of a part; nothing where a date was given.
#[must_use]
pub fn explain_part(part: &Part, year: i32) -> Vec<String> {
    let simple = Simple {
        from: Some(part.asked_ms),
        limit: part.limit,
        due: part.deadline_ms,
        steps: &part.steps,
    };
    simple.lines("请求协办", year)
}

/// The same of a staged limit, of a case that was dispatched at a moment.
#[must_use]
pub fn explain_staged(stage: &Stage, dispatched: Option<Timestamp>, year: i32) -> Vec<String> {
    let simple = Simple {
        from: dispatched,
        limit: stage.limit,
        due: Some(stage.deadline_ms),
        steps: &stage.steps,
    };
    simple.lines("派遣", year)
}

/// A deadline of one limit, and its steps once it was counted anew.
struct Simple<'a> {
    from: Option<Timestamp>,
    limit: Option<Limit>,
    due: Option<Timestamp>,
    steps: &'a [DeadlineStep],
}

impl Simple<'_> {
    fn lines(&self, begins: &str, year: i32) -> Vec<String> {
        if !self.steps.is_empty() {
            return lines(self.steps, begins, year);
        }
        match (self.from, self.limit, self.due) {
            (Some(from), Some(limit), Some(due)) => lines(&[given(from, limit, due)], begins, year),
            _ => Vec::new(),
        }
    }
}

/// Steps in words; `begins` says with what the clock starts.
fn lines(steps: &[DeadlineStep], begins: &str, year: i32) -> Vec<String> {
    let show = |at: Timestamp| at.show(year);
    let line = |step: &DeadlineStep| match step {
        DeadlineStep::Given {
            from_ms,
            limit,
            deadline_ms,
        } => {
            let hours = match limit.unit.clock() {
                Clock::Working => "只计工作日8:00至12:00、14:00至18:00",
                Clock::Continuous => "昼夜连续计时，节假日不停",
            };
            format!(
                "{}{begins}起算，时限{limit}（{hours}），至{}",
                show(*from_ms),
                show(*deadline_ms)
            )
        }
        DeadlineStep::Extended { limit, deadline_ms } => {
            format!("准予延期，加一个原时限{limit}，至{}", show(*deadline_ms))
        }
        DeadlineStep::Suspended { since_ms, left_ms } => format!(
            "{}挂账，停表；{}",
            show(*since_ms),
            if *left_ms > 0 {
                format!("还剩{}", crate::time::show_duration(*left_ms))
            } else {
                String::from("已无剩余时间")
            }
        ),
        DeadlineStep::Resumed {
            from_ms,
            deadline_ms,
        } => format!("{}恢复计时，至{}", show(*from_ms), show(*deadline_ms)),
        DeadlineStep::Recounted { at_ms, deadline_ms } => {
            format!("{}工作日历调整，重算至{}", show(*at_ms), show(*deadline_ms))
        }
    };
    steps.iter().map(line).collect()
}
