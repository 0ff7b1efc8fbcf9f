//! 存档校验: up to which day the archive is sealed and signed, and whether the last days are still
//! what was sealed. The server checks a part at a time; this page goes on until the days are through.
//! The button that checks one case is here, too.

use crate::api::{self, Problem};
use crate::components::answered::Answered;
use crate::components::checked::outcome;
use crate::components::states::{Empty, FormProblem};
use crate::desk::Desk;
use crate::icons::{Icon, Shape};
use crate::poll::{Poll, REFRESH};
use crate::words;
use js_sys::{Function, Promise, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::archive::{DayRoot, Finding};
use shared::id::{CaseId, Sha256};
use shared::label::Lang;
use shared::wire::console::{ArchiveState, Check};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Days that may be checked at once, as asked for.
const DAYS: [usize; 3] = [1, 7, 31];
/// Hex digits by which people compare a root at a glance.
const SHORT_DIGITS: usize = 12;

/// The root that was copied last, and whether it could be. Kept beside the table, whose rows
/// are made anew at every answer.
type Copied = RwSignal<Option<(Sha256, bool)>>;

/// How far a check has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Course {
    done: usize,
    days: usize,
    entries: u32,
    findings: Vec<Finding>,
}

/// The page.
#[component]
pub(crate) fn ArchivePage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::ARCHIVE).to_owned());
    let state = Poll::start(api::archive, Some(REFRESH));
    // Without a signed day a check would find nothing wrong and look as if it had checked.
    let some = Memo::new(move |_| {
        let state = state.answer.read();
        state.as_ref().is_some_and(|state| !state.days.is_empty())
    });
    view! {
        <div class="page stack" data-test="archive">
            <h1>{move || desk.say(words::ARCHIVE)}</h1>
            <p class="second">{move || desk.say(words::ARCHIVE_WHAT)}</p>
            <Answered poll=state>
                <Show when=move || some.get()>
                    <CheckDays state=state/>
                </Show>
                <Days state=state/>
            </Answered>
        </div>
    }
}

#[component]
fn CheckDays(state: Poll<ArchiveState>) -> impl IntoView {
    let desk = Desk::here();
    let wanted = RwSignal::new(DAYS.get(1).copied().unwrap_or(1));
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Problem>);
    let course = RwSignal::new(None::<Course>);
    let ask = move |_| {
        let days: Vec<i64> = state.answer.with_untracked(|state| {
            let days = state.iter().flat_map(|state| &state.days);
            days.take(wanted.get_untracked())
                .map(|root| root.day)
                .collect()
        });
        busy.set(true);
        problem.set(None);
        course.set(Some(Course {
            days: days.len(),
            ..Course::default()
        }));
        spawn_local(async move {
            if let Err(refused) = check(days, course).await {
                desk.notice(&refused);
                problem.try_set(Some(refused));
            }
            busy.try_set(false);
        });
    };
    let choice = move |days: usize| {
        let text = move || match desk.lang.get() {
            Lang::Zh => format!("最近{days}天"),
            Lang::En => format!("the last {days} days"),
        };
        view! { <option value=days.to_string() selected=move || wanted.get() == days>{text}</option> }
    };
    view! {
        <section class="card stack narrow">
            <div class="field">
                <label for="check-days-count">{move || desk.say(words::CHECK_DAYS)}</label>
                <select
                    id="check-days-count"
                    on:change=move |event| {
                        if let Ok(days) = event_target_value(&event).parse() {
                            wanted.set(days);
                        }
                    }
                >
                    {DAYS.map(choice).collect_view()}
                </select>
            </div>
            <button
                type="button"
                class="primary"
                id="check-days"
                disabled=move || busy.get()
                on:click=ask
            >
                {move || desk.say(if busy.get() { words::CHECKING } else { words::CHECK_START })}
            </button>
            <FormProblem words=problem_words(desk, problem)/>
            <div role="status" aria-live="polite">{move || shown(course, busy, desk.lang.get())}</div>
        </section>
    }
}

/// Goes through the days, a part at a time.
async fn check(days: Vec<i64>, course: RwSignal<Option<Course>>) -> Result<(), Problem> {
    for day in days {
        let mut after = None;
        loop {
            let part = api::check_day(day, after).await?;
            after = part.next;
            course.try_update(|course| {
                if let Some(course) = course {
                    course.entries = course.entries.saturating_add(part.entries);
                    course.findings.extend(part.findings);
                    course.done = course.done.saturating_add(usize::from(after.is_none()));
                }
            });
            if after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

fn shown(
    course: RwSignal<Option<Course>>,
    busy: RwSignal<bool>,
    lang: Lang,
) -> Option<impl IntoView + use<>> {
    let course = course.get()?;
    let (done, days) = (course.done, course.days);
    if busy.get() || done < days {
        let words = match lang {
            Lang::Zh => format!("已校验{done}天，共{days}天"),
            Lang::En => format!("{done} of {days} days"),
        };
        return Some(view! { <p>{words}</p> }.into_any());
    }
    Some(outcome(&course.findings, course.entries, 0, lang).into_any())
}

#[component]
fn Days(state: Poll<ArchiveState>) -> impl IntoView {
    let desk = Desk::here();
    let copied: Copied = RwSignal::new(None);
    move || {
        let lang = desk.lang.get();
        state.answer.with(|state| {
            let state = state.as_ref()?;
            let open = state.entries.saturating_sub(state.sealed);
            let sealed = state.sealed;
            let words = match lang {
                Lang::Zh => format!("已封存{sealed}条，另有{open}条将在几分钟内封存。"),
                Lang::En => format!("{sealed} entries are sealed, {open} will be within minutes."),
            };
            if state.days.is_empty() {
                let empty =
                    view! { <Empty what=words::ARCHIVE_EMPTY how=words::ARCHIVE_EMPTY_HOW/> };
                return Some(view! { <p class="second">{words}</p> {empty} }.into_any());
            }
            let rows = state.days.iter().map(|root| day(root, copied, lang));
            let rows = rows.collect_view();
            let head = |word: words::Word| view! { <th scope="col">{word.of(lang)}</th> };
            Some(
                view! {
                    <p class="second">{words}</p>
                    <table class="cards-when-narrow" role="table">
                        <thead>
                            <tr role="row">
                                {head(words::ARCHIVE_DAY)} {head(words::ARCHIVE_ROOT)}
                                {head(words::ARCHIVE_UPTO)}
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                }
                .into_any(),
            )
        })
    }
}

fn day(root: &DayRoot, copied: Copied, lang: Lang) -> impl IntoView + use<> {
    let whole = root.root.to_string();
    let short: String = whole.chars().take(SHORT_DIGITS).collect();
    let date = {
        let (year, month, day) = (root.day / 10_000, root.day / 100 % 100, root.day % 100);
        match lang {
            Lang::Zh => format!("{year}年{month}月{day}日"),
            Lang::En => format!("{year}-{month:02}-{day:02}"),
        }
    };
    let of = root.root;
    let copy = {
        let whole = whole.clone();
        move |_| {
            copied.set(None);
            let asked = copy_text(&whole);
            spawn_local(async move {
                let is_copied = match asked {
                    Some(asked) => JsFuture::from(asked).await.is_ok(),
                    None => false,
                };
                copied.try_set(Some((of, is_copied)));
            });
        }
    };
    let is_copied = move || copied.get() == Some((of, true));
    let failed = {
        let whole = whole.clone();
        move || {
            (copied.get() == Some((of, false))).then(|| {
                view! {
                    <p class="error-text" role="alert" data-test="copy-failed">
                        {words::COPY_FAILED.of(lang)}
                    </p>
                    <code class="long">{whole.clone()}</code>
                }
            })
        }
    };
    view! {
        <tr role="row" data-test="day-root" data-day=root.day.to_string()>
            <td role="cell" data-label=words::ARCHIVE_DAY.of(lang)>{date}</td>
            <td role="cell" data-label=words::ARCHIVE_ROOT.of(lang)>
                <div>
                    <code title=whole>{short}</code>
                    " "
                    <button type="button" class="quiet" on:click=copy>
                        {move || {
                            let shape = if is_copied() { Shape::CircleCheck } else { Shape::FolderCheck };
                            view! { <Icon shape=shape/> }
                        }}
                        {move || {
                            let word = if is_copied() { words::COPIED } else { words::COPY };
                            word.of(lang)
                        }}
                    </button>
                    {failed}
                </div>
            </td>
            <td role="cell" class="number" data-label=words::ARCHIVE_UPTO.of(lang)>
                {root.last_no}
            </td>
        </tr>
    }
}

/// Asks the browser to take a text to its clipboard, where it has one for us: not over plain HTTP.
/// It may still refuse.
fn copy_text(text: &str) -> Option<Promise> {
    let member = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
    let clipboard = member(&member(&window().into(), "navigator")?, "clipboard")?;
    let write: Function = member(&clipboard, "writeText")?.dyn_into().ok()?;
    write.call1(&clipboard, &text.into()).ok()?.dyn_into().ok()
}

/// 校验此案: checks one case when asked.
#[component]
pub(crate) fn CheckCase(id: CaseId) -> impl IntoView {
    let desk = Desk::here();
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Problem>);
    let check = RwSignal::new(None::<Check>);
    let ask = move |_| {
        busy.set(true);
        problem.set(None);
        check.set(None);
        spawn_local(async move {
            match api::check_case(id).await {
                Ok(answer) => drop(check.try_set(Some(answer))),
                Err(refused) => {
                    desk.notice(&refused);
                    problem.try_set(Some(refused));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="stack" data-test="check-case">
            <button type="button" id="check-case" disabled=move || busy.get() on:click=ask>
                <Icon shape=Shape::FolderCheck/>
                {move || desk.say(if busy.get() { words::CHECKING } else { words::CHECK_CASE })}
            </button>
            <FormProblem words=problem_words(desk, problem)/>
            <div role="status" aria-live="polite">
                {move || {
                    let lang = desk.lang.get();
                    check.get().map(|c| outcome(&c.findings, c.entries, c.photos, lang))
                }}
            </div>
        </div>
    }
}

fn problem_words(desk: Desk, problem: RwSignal<Option<Problem>>) -> Signal<Option<String>> {
    Signal::derive(move || {
        let lang = desk.lang.get();
        problem.with(|problem| problem.as_ref().map(|problem| problem.words(lang)))
    })
}
