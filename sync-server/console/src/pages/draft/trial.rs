//! 试运行: what a draft would have changed in the last days.

use super::said::Said;
use super::{Sheet, Spot};
use crate::api;
use crate::components::states::Empty;
use crate::desk::Desk;
use crate::format;
use crate::words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use shared::dryrun::{DryRun, Moved, Routed};
use shared::label::Lang;
use shared::time::Timestamp;

/// Days back that are offered: a week, a month, a quarter.
const DAYS: [u32; 3] = [7, 30, 90];

/// The choice of days, the button, and the answer.
#[component]
pub(super) fn Trial(sheet: Sheet) -> impl IntoView {
    let desk = Desk::here();
    let days = RwSignal::new(30_u32);
    let run = RwSignal::new(None::<DryRun>);
    // The draft was changed while it was tried.
    let changed = RwSignal::new(false);
    // An answer belongs to the revision that was asked about.
    Effect::new(move |_| {
        sheet.shown.track();
        run.set(None);
    });
    let busy = RwSignal::new(false);
    let ask = move |_| {
        busy.set(true);
        run.set(None);
        changed.set(false);
        sheet.problem.set(None);
        let (days, asked) = (days.get_untracked(), sheet.on_screen());
        spawn_local(async move {
            let outcome = api::dry_run(sheet.id, days).await;
            // The page may be gone, too.
            let Some(now) = sheet.on_screen() else {
                return;
            };
            busy.set(false);
            match outcome {
                Ok(answer) if asked == Some(now) => run.set(Some(answer)),
                Ok(_of_another) => changed.set(true),
                Err(refused) => sheet.refused(Spot::Trial, &refused),
            }
        });
    };
    let options = DAYS.map(|count| {
        view! { <option value=count.to_string() selected=count == 30>{count}</option> }
    });
    view! {
        <section class="card stack" id="draft-trial">
            <h2>{move || desk.say(words::TRIAL)}</h2>
            <p class="second">{move || desk.say(words::TRIAL_WHAT)}</p>
            <div class="row">
                <div class="field">
                    <label for="trial-days">{move || desk.say(words::TRIAL_DAYS)}</label>
                    <select
                        id="trial-days"
                        on:change=move |event| {
                            days.set(event_target_value(&event).parse().unwrap_or(30));
                        }
                    >
                        {options.collect_view()}
                    </select>
                </div>
                <button type="button" id="trial-run" prop:disabled=busy on:click=ask>
                    {move || desk.say(words::TRIAL_RUN)}
                </button>
            </div>
            <Said sheet=sheet spot=Spot::Trial/>
            <div role="status">
                {move || changed.get().then(|| view! {
                    <p data-test="trial-changed">{desk.say(words::TRIAL_CHANGED)}</p>
                })}
                {move || {
                    let (now, lang) = (desk.now.get(), desk.lang.get());
                    run.with(|run| run.as_ref().map(|run| answer(run, now, lang)))
                }}
            </div>
        </section>
    }
}

fn answer(run: &DryRun, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let counts = [
        (words::TRIAL_CASES, run.cases),
        (words::TRIAL_MOVED, run.units_differ),
        (words::TRIAL_SOONER, run.sooner),
        (words::TRIAL_LATER, run.later),
    ];
    let counts = counts.map(|(word, count)| {
        view! { <span class="badge">{word.of(lang)} " " {count.to_string()}</span> " " }
    });
    let cut = run
        .is_cut
        .then(|| view! { <p class="second">{words::TRIAL_CUT.of(lang)}</p> });
    let loads = run.loads.iter().map(|load| {
        let (name, before, after) = (load.name.clone(), load.before, load.after);
        view! { <li>{format!("{name} {before} → {after}")}</li> }
    });
    let loads = loads.collect_view();
    let loads = (!loads.is_empty()).then(|| {
        view! {
            <h3>{words::TRIAL_LOAD.of(lang)}</h3>
            <ul data-test="trial-loads">{loads}</ul>
        }
    });
    let rows = run
        .moved
        .iter()
        .map(|one| moved(one, now, lang))
        .collect_view();
    let nothing = rows.is_empty().then(|| {
        view! { <Empty what=words::TRIAL_SAME how=words::TRIAL_SAME_HOW/> }
    });
    let table = (!rows.is_empty()).then(|| {
        let head = |word: words::Word| view! { <th scope="col">{word.of(lang)}</th> };
        view! {
            <table class="cards-when-narrow" role="table">
                <thead>
                    <tr role="row">
                        {head(words::CASE_NO)} {head(words::MATTER)} {head(words::TRIAL_BEFORE)}
                        {head(words::TRIAL_AFTER)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
    });
    view! {
        <div class="stack" data-test="trial-answer">
            <p>{counts.collect_view()}</p>
            {cut} {nothing} {loads} {table}
        </div>
    }
}

fn moved(one: &Moved, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let side = |routed: &Routed| {
        let due = routed
            .deadline_ms
            .map_or_else(String::new, |at| format::moment(at, now, lang));
        format!("{} {} {due}", routed.lead_name, routed.limit)
    };
    let case_no = one.case_no.clone();
    view! {
        <tr role="row" data-test="trial-row">
            <td role="cell" data-label=words::CASE_NO.of(lang)>
                <A href=format!("/cases/{}", one.id)>{case_no}</A>
            </td>
            <td role="cell" data-label=words::MATTER.of(lang)>
                {one.category_name.clone()} " " <small>{one.place.clone()}</small>
            </td>
            <td role="cell" data-label=words::TRIAL_BEFORE.of(lang)>{side(&one.before)}</td>
            <td role="cell" data-label=words::TRIAL_AFTER.of(lang)>{side(&one.after)}</td>
        </tr>
    }
}
