//! What a case has been through and where it stands: the seven links, who must act next, the
//! request that waits, the deadline's arithmetic, returns, parts, stages, merges.

use crate::components::light::badge;
use crate::components::moves::plan;
use crate::desk::{move_word, state_word, step_word};
use crate::format;
use crate::icons::{Icon, Shape};
use crate::words::{self, Word};
use leptos::prelude::*;
use shared::case::{Appealed, Awaits, Class, Move, Step};
use shared::label::{self, Lang};
use shared::time::Timestamp;
use shared::wire::console::{CaseDetail, CaseLife, FindingRow, MergedRow, PartRow, StageRow};

/// The links of its life and who must act next, until when.
pub(crate) fn progress(case: &CaseDetail, now: Timestamp, lang: Lang) -> Option<AnyView> {
    let life = case.life.as_ref()?;
    let at = Step::ALL.iter().position(|step| *step == life.step);
    let links = Step::ALL.into_iter().enumerate().map(|(number, step)| {
        let (state, said) = match at.map(|at| number.cmp(&at)) {
            Some(std::cmp::Ordering::Less) => ("done", Some(words::STEP_DONE)),
            Some(std::cmp::Ordering::Equal) => ("now", Some(words::STEP_NOW)),
            _ => ("to-come", None),
        };
        let current = (state == "now").then_some("step");
        let said = said.map(|word| {
            view! { <span class="visually-hidden">{word.of(lang)}</span> }
        });
        view! {
            <li data-step=state aria-current=current>
                <span>{step_word(step, lang)}</span> " " {said}
            </li>
        }
    });
    let next = (case.row.class == Class::Open).then(|| next(case, life, now, lang));
    Some(
        view! {
            <section class="progress card stack tight" aria-label=words::PROGRESS.of(lang)>
                <ol class="steps" data-test="steps">{links.collect_view()}</ol>
                {next}
            </section>
        }
        .into_any(),
    )
}

/// Who must act next and until when.
fn next(case: &CaseDetail, life: &CaseLife, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let who = match life.awaits {
        Awaits::Unit => case.row.lead_name.clone(),
        other => words::awaits(other).of(lang).to_owned(),
    };
    let due = case.row.stage_due_ms.filter(|_| life.suspended.is_none());
    let due = due.map(|due| {
        let at = format::moment(due, now, lang);
        let late = now.since(due);
        if late > 0 {
            let (word, length) = (words::STAGE_LATE.of(lang), format::duration(late, lang));
            let words = format!("{word} {length}");
            return badge("late", Shape::TriangleAlert, &words).into_any();
        }
        let words = match lang {
            Lang::Zh => format!("应于{at}前"),
            Lang::En => format!("{} {at}", words::STAGE_UNTIL.of(lang)),
        };
        view! { <span class="second">{words}</span> }.into_any()
    });
    let suspended = life.suspended.map(|suspended| {
        let until = format::moment(suspended.until_ms, now, lang);
        let left = format::duration(suspended.left_ms.max(0), lang);
        view! {
            <span data-test="suspended">
                {format!("{} {until}", words::SUSPENDED_UNTIL.of(lang))} " · "
                {format!("{} {left}", words::SUSPENDED_LEFT.of(lang))}
            </span>
        }
    });
    view! {
        <p class="row" data-test="awaits">
            <strong>{words::NEXT_IS.of(lang)}</strong>
            <span>{who}</span>
            {due}
            {suspended}
        </p>
    }
}

/// The request that waits for its answer: who, what, why, until when.
pub(crate) fn asked(case: &CaseDetail, now: Timestamp, lang: Lang) -> Option<AnyView> {
    let life = case.life.as_ref()?;
    let asked = life.asked.as_ref()?;
    let who = life.asked_by.clone().unwrap_or_default();
    let title = match lang {
        Lang::Zh => format!("{who}申请{}", label::ask(asked.ask, lang)),
        Lang::En => format!("{who}: {}", label::ask(asked.ask, lang)),
    };
    let until = asked.until_ms.map(|until| {
        let at = format::moment(until, now, lang);
        view! { <p>{format!("{} {at}", words::UNTIL_SHORT.of(lang))}</p> }
    });
    let first = asked
        .first_by
        .map(|_| view! { <p>{words::ASKED_FIRST.of(lang)}</p> });
    let own = plan::not_offered(&case.moves, asked)
        .map(|why| view! { <p data-test="asked-own">{label::refusal(&why, lang)}</p> });
    Some(
        view! {
            <div class="notice" data-state="soon" data-test="asked">
                <Icon shape=Shape::Info/>
                <div class="grow">
                    <p><strong>{title}</strong></p>
                    <p class="reason">{asked.reason.clone()}</p>
                    {until}
                    {first}
                    {own}
                    <small class="number">{format::moment(asked.at_ms, now, lang)}</small>
                </div>
            </div>
        }
        .into_any(),
    )
}

/// The deadline's arithmetic, folded away: 为什么是 11月24日 10:30.
pub(crate) fn why(
    deadline: Timestamp,
    lines: &[String],
    now: Timestamp,
    lang: Lang,
) -> Option<AnyView> {
    if lines.is_empty() {
        return None;
    }
    let at = format::moment(deadline, now, lang);
    let rows = lines.iter().cloned();
    let rows: Vec<_> = rows.map(|line| view! { <li>{line}</li> }).collect();
    Some(
        view! {
            <details class="why">
                <summary id="deadline-why">
                    {format!("{} {at}", words::WHY_DEADLINE.of(lang))}
                </summary>
                <ol class="because" data-test="deadline-why">{rows}</ol>
            </details>
        }
        .into_any(),
    )
}

/// Everything else that happened to it, as label and value, then the lists.
pub(crate) fn facts(case: &CaseDetail, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let Some(life) = &case.life else {
        return ().into_any();
    };
    let rows = plain(life, now, lang);
    let nothing = rows.is_empty()
        && life.parts.is_empty()
        && life.stages.is_empty()
        && life.merged.is_empty()
        && life.merged_into.is_none();
    if nothing {
        return view! { <p class="second">{words::NOTHING_SPECIAL.of(lang)}</p> }.into_any();
    }
    let rows = rows.into_iter().map(|(name, value)| {
        view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
    });
    let rows: Vec<_> = rows.collect();
    let chain = (!life.returned_by.is_empty()).then(|| chain(&life.returned_by, lang));
    view! {
        <dl class="facts">{rows}</dl>
        {chain}
        {parts(&life.parts, now, lang)}
        {stages(&life.stages, now, lang)}
        {merged(words::MERGED_INTO, life.merged_into.as_slice(), lang)}
        {merged(words::MERGED_HERE, &life.merged, lang)}
    }
    .into_any()
}

/// The facts that are one value each; only those that there are.
fn plain(life: &CaseLife, now: Timestamp, lang: Lang) -> Vec<(String, String)> {
    let times = |count: u32| {
        (count > 0).then(|| format!("{count}{}{}", lang.pick("", " "), words::TIMES.of(lang)))
    };
    let moment = |at: Timestamp| format::moment(at, now, lang);
    let finding = |finding: &FindingRow, word: fn(shared::case::Found, Lang) -> &'static str| {
        format!("{} · {}", word(finding.found, lang), moment(finding.at_ms))
    };
    let appealed = |how: Appealed| words::appealed(how).of(lang).to_owned();
    let all = [
        (words::FIRST_UNIT, life.first_unit_name.clone()),
        (words::ASSIGNED_TO, life.assigned_name.clone()),
        (
            words::OUTCOME,
            life.outcome
                .map(|outcome| label::outcome(outcome, lang).to_owned()),
        ),
        (words::NEXT_DATE, life.next_ms.map(moment)),
        (words::EXTENSIONS, times(life.extensions)),
        // A limit that runs as it was given is said by its moment alone.
        (
            words::STAGE_COUNTED,
            (life.stage_why.len() > 1).then(|| life.stage_why.join("；")),
        ),
        (words::REWORKS, times(life.reworks)),
        (words::ESCALATIONS, times(life.escalations)),
        (words::APPEAL, life.appealed.map(appealed)),
        (
            words::LEAD,
            life.last_owner
                .then(|| words::LAST_OWNER.of(lang).to_owned()),
        ),
    ];
    let found = [
        (
            move_word(Move::Verify, lang),
            life.verified
                .as_ref()
                .map(|one| finding(one, label::verified)),
        ),
        (
            move_word(Move::Check, lang),
            life.checked
                .as_ref()
                .map(|one| finding(one, label::checked)),
        ),
    ];
    let all = all.into_iter();
    let all = all.map(|(name, value)| (name.of(lang).to_owned(), value));
    found
        .into_iter()
        .chain(all)
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// The units that handed it back, in order.
fn chain(units: &[String], lang: Lang) -> impl IntoView + use<> {
    let rows = units.iter().cloned();
    let rows: Vec<_> = rows.map(|unit| view! { <li>{unit}</li> }).collect();
    view! {
        <div>
            <h3>{words::RETURNED_BY.of(lang)}</h3>
            <ol class="because" data-test="returned-by">{rows}</ol>
        </div>
    }
}

/// How the deadline of a part or a stage was counted, folded away.
fn counted(lines: &[String], lang: Lang) -> Option<impl IntoView + use<>> {
    let rows = lines.iter().cloned();
    let rows: Vec<_> = rows.map(|line| view! { <li>{line}</li> }).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <details class="why" data-test="counted">
                <summary>{words::HOW_COUNTED.of(lang)}</summary>
                <ol class="because">{rows}</ol>
            </details>
        }
    })
}

fn parts(parts: &[PartRow], now: Timestamp, lang: Lang) -> Option<impl IntoView + use<>> {
    let row = |part: &PartRow| {
        let due = part.deadline_ms.map(|due| {
            let at = format::moment(due, now, lang);
            view! { <small class="number">{format!("{} {at}", words::DEADLINE.of(lang))}</small> }
        });
        let late = part.answered_ms.is_none() && part.deadline_ms.is_some_and(|due| due < now);
        let state = match (part.answered_ms, late) {
            (Some(at), _) => {
                let at = format::moment(at, now, lang);
                let words = format!("{} {at}", words::ANSWERED.of(lang));
                badge("safe", Shape::Check, &words).into_any()
            }
            (None, true) => badge("late", Shape::TriangleAlert, words::RED.of(lang)).into_any(),
            (None, false) => badge("waiting", Shape::Info, words::PART_OPEN.of(lang)).into_any(),
        };
        let answer = (!part.answer.is_empty()).then(|| {
            view! { <p class="reason">{part.answer.clone()}</p> }
        });
        view! {
            <li>
                <p class="row"><strong>{part.unit_name.clone()}</strong> {state} {due}</p>
                <p>{part.task.clone()}</p>
                {answer}
                {counted(&part.why, lang)}
            </li>
        }
    };
    let rows: Vec<_> = parts.iter().map(row).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <div>
                <h3>{words::PARTS.of(lang)}</h3>
                <ul class="stack tight" data-test="parts">{rows}</ul>
            </div>
        }
    })
}

fn stages(stages: &[StageRow], now: Timestamp, lang: Lang) -> Option<impl IntoView + use<>> {
    let row = |stage: &StageRow| {
        let late = stage.reached_ms.is_none() && stage.deadline_ms < now;
        let state = match (stage.reached_ms, late) {
            (Some(at), _) => {
                let at = format::moment(at, now, lang);
                let words = format!("{} {at}", words::STAGE_REACHED.of(lang));
                badge("safe", Shape::Check, &words).into_any()
            }
            (None, true) => badge("late", Shape::TriangleAlert, words::RED.of(lang)).into_any(),
            (None, false) => badge("waiting", Shape::Info, words::STAGE_OPEN.of(lang)).into_any(),
        };
        let at = format::moment(stage.deadline_ms, now, lang);
        view! {
            <li>
                <p class="row">
                    <strong>{stage.name.clone()}</strong>
                    {state}
                    <small class="number">{format!("{} {at}", words::DEADLINE.of(lang))}</small>
                </p>
                {counted(&stage.why, lang)}
            </li>
        }
    };
    let rows: Vec<_> = stages.iter().map(row).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <div>
                <h3>{words::STAGES.of(lang)}</h3>
                <ol class="stack tight" data-test="stages">{rows}</ol>
            </div>
        }
    })
}

fn merged(name: Word, rows: &[MergedRow], lang: Lang) -> Option<impl IntoView + use<>> {
    let row = |row: &MergedRow| {
        let (id, number) = (row.id, row.case_no.clone());
        view! {
            <li class="row">
                <a href=format!("/cases/{id}") data-test="merged-case">{number}</a>
                <span>{row.reporter_name.clone()}</span>
                <small>{state_word(&row.state, lang)}</small>
            </li>
        }
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <div>
                <h3>{name.of(lang)}</h3>
                <ul class="stack tight">{rows}</ul>
            </div>
        }
    })
}
