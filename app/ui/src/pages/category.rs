//! What: one of the six recent, found by words, or looked up in the tree; then the condition.

use crate::backend;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::ProblemNotice;
use crate::pages::form::{Form, form};
use crate::state::{last_good, live, speaker};
use crate::words;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::catalogue::CategoryKind;
use shared::wire::handheld::{CategoryRow, ConditionRow, Problem};

/// A pause in typing after which the catalogue is searched.
const SEARCH_PAUSE_MS: u32 = 150;

/// Category and condition of the report.
#[component]
pub(crate) fn CategorySection() -> impl IntoView {
    let t = speaker();
    let form = form();
    // Changing the category keeps the old one until another is chosen.
    let (changing, set_changing) = signal(false);
    let chosen = Memo::new(move |_| form.category.get());
    Effect::new(move |_| {
        // Told of every choice, of the same one too.
        form.category.track();
        set_changing.set(false);
    });
    let open = move || changing.get() || chosen.get().is_none();
    view! {
        <section class="card stack" id="section-category" aria-labelledby="category-title" tabindex="-1">
            <h2 id="category-title"><Icon shape=Shape::Tag /> {t.say(words::CATEGORY)}</h2>
            {move || chosen.get().map(|row| view! {
                <div class="row between" id="category-chosen" data-category=row.id.to_string()>
                    <div class="grow">
                        <p class="strong">{row.name.clone()}</p>
                        <p class="second">{format!("{} · {}", row.kind.word(), row.major)}</p>
                    </div>
                    <button type="button" id="category-change" on:click=move |_| set_changing.update(|on| *on = !*on)>
                        <Icon shape=Shape::Pencil />
                        {t.say(words::CATEGORY_CHANGE)}
                    </button>
                </div>
            })}
            <Show when=open>
                <Picker form />
            </Show>
            <Conditions form />
        </section>
    }
}

/// Recent ones, search, tree.
#[component]
fn Picker(form: Form) -> impl IntoView {
    let t = speaker();
    let words_typed = RwSignal::new(String::new());
    let found = RwSignal::new(None::<Vec<CategoryRow>>);
    let problem = RwSignal::new(None::<Problem>);
    let recent = last_good(live(backend::recent_categories));
    let asked = live(backend::categories);
    let all = last_good(asked);
    let search = move |text: String| {
        words_typed.set(text.clone());
        spawn_local(async move {
            TimeoutFuture::new(SEARCH_PAUSE_MS).await;
            let still = move |text: &str| {
                words_typed
                    .try_with_untracked(|now| now == text)
                    .unwrap_or(false)
            };
            if !still(&text) {
                return;
            }
            if text.trim().is_empty() {
                found.try_set(None);
                problem.try_set(None);
                return;
            }
            let answer = backend::search_categories(text.trim()).await;
            if still(&text) {
                let (rows, refused) = match answer {
                    Ok(rows) => (Some(rows), None),
                    Err(refused) => (None, Some(refused)),
                };
                found.try_set(rows);
                problem.try_set(refused);
            }
        });
    };
    let nothing = move || all.with(|all| all.as_ref().is_some_and(Vec::is_empty));
    let refused = move || asked.with(|asked| asked.as_ref()?.as_ref().err().cloned());
    view! {
        <div class="stack">
            <Show when=nothing>
                <p class="second">{t.say(words::CATEGORY_NOT_READY)}</p>
            </Show>
            {move || refused().map(|problem| view! { <ProblemNotice problem /> })}
            {move || {
                let rows = recent.get().unwrap_or_default();
                (!rows.is_empty()).then(|| view! {
                    <div role="group" aria-labelledby="category-recent-title" class="stack tight">
                        <h3 id="category-recent-title">{t.say(words::CATEGORY_RECENT)}</h3>
                        <ul class="chips" id="category-recent">
                            {rows.into_iter().map(|row| view! { <li><Choice form row short=true /></li> }).collect_view()}
                        </ul>
                    </div>
                })
            }}
            <div class="field">
                <label for="category-search">{t.say(words::CATEGORY_SEARCH)}</label>
                <input
                    id="category-search"
                    type="search"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="category-search-hint"
                    aria-controls="category-found"
                    prop:value=move || words_typed.get()
                    on:input=move |event| search(event_target_value(&event))
                />
                <p id="category-search-hint" class="hint">{t.say(words::CATEGORY_SEARCH_HINT)}</p>
            </div>
            {move || problem.get().map(|problem| view! { <ProblemNotice problem /> })}
            <div id="category-found" role="status">
                {move || found.get().map(|rows| {
                    if rows.is_empty() {
                        return view! { <p class="second">{t.say(words::CATEGORY_NONE_FOUND)}</p> }.into_any();
                    }
                    view! {
                        <ul class="list choices">
                            {rows.into_iter().map(|row| view! { <li><Choice form row short=false /></li> }).collect_view()}
                        </ul>
                    }.into_any()
                })}
            </div>
            {move || view! { <Tree form rows=all.get().unwrap_or_default() /> }}
        </div>
    }
}

/// All categories: kind, group, category.
#[component]
fn Tree(form: Form, rows: Vec<CategoryRow>) -> impl IntoView {
    let t = speaker();
    let kinds = [
        CategoryKind::Component,
        CategoryKind::Event,
        CategoryKind::Social,
    ];
    let mut majors: Vec<(CategoryKind, String, Vec<CategoryRow>)> = Vec::new();
    for row in rows {
        let place = majors
            .iter_mut()
            .find(|(kind, major, _)| *kind == row.kind && *major == row.major);
        match place {
            Some((_, _, rows)) => rows.push(row),
            None => majors.push((row.kind, row.major.clone(), vec![row])),
        }
    }
    let empty = majors.is_empty();
    let of_kind = move |kind: CategoryKind| {
        majors
            .iter()
            .filter(|(other, _, _)| *other == kind)
            .map(|(_, major, rows)| {
                let (major, rows) = (major.clone(), rows.clone());
                let count = rows.len();
                view! {
                    <details class="branch">
                        <summary>{major} " " <span class="second">{count}</span></summary>
                        <ul class="list choices">
                            {rows.into_iter().map(|row| view! { <li><Choice form row short=false /></li> }).collect_view()}
                        </ul>
                    </details>
                }
            })
            .collect_view()
    };
    (!empty).then(|| {
        view! {
            <details id="category-tree">
                <summary>{t.say(words::CATEGORY_TREE)}</summary>
                {kinds.into_iter().map(|kind| view! {
                    <details class="branch" data-kind=kind.letter().to_string()>
                        <summary>{kind.word()}</summary>
                        {of_kind(kind)}
                    </details>
                }).collect_view()}
            </details>
        }
    })
}

/// A category that can be chosen.
#[component]
fn Choice(form: Form, row: CategoryRow, short: bool) -> impl IntoView {
    let t = speaker();
    let group = (!short).then(|| {
        let photo = if row.photo_required {
            format!(" · {}", t.say(words::CATEGORY_PHOTO))
        } else {
            String::new()
        };
        format!("{} · {}{photo}", row.kind.word(), row.major)
    });
    let name = row.name.clone();
    view! {
        <button
            type="button"
            class=if short { "chip" } else { "choice" }
            data-category=row.id.to_string()
            on:click=move |_| form.choose(row.clone())
        >
            <span>{name}</span>
            {group.map(|group| view! { <span class="second">{group}</span> })}
        </button>
    }
}

/// What is wrong with it, each with its limit.
#[component]
fn Conditions(form: Form) -> impl IntoView {
    let t = speaker();
    let rows = Memo::new(move |_| form.conditions.get());
    move || {
        let rows = rows.get();
        (!rows.is_empty()).then(|| {
            view! {
                <fieldset class="stack tight" id="conditions">
                    <legend>{t.say(words::CONDITION)}</legend>
                    {rows.into_iter().map(|row| view! { <Condition form row /> }).collect_view()}
                </fieldset>
            }
        })
    }
}

#[component]
fn Condition(form: Form, row: ConditionRow) -> impl IntoView {
    let t = speaker();
    let id = row.id.clone();
    let chosen = {
        let id = id.clone();
        move || form.condition.get().as_ref() == Some(&id)
    };
    let (checked, marked) = (chosen.clone(), chosen);
    view! {
        <label class="check condition" class:chosen=marked data-condition=row.id.to_string()>
            <input
                type="radio"
                name="condition"
                value=row.id.to_string()
                prop:checked=checked
                on:change=move |_| {
                    form.condition.set(Some(id.clone()));
                    form.changed();
                }
            />
            <span class="grow">
                {row.name.clone()}
                <span class="second block">
                    {t.with(words::CONDITION_LIMIT, &row.limit)} " · " {row.closing.clone()}
                </span>
            </span>
        </label>
    }
}
