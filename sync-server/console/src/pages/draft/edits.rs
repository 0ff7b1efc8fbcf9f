//! Small changes in place: the limit of a condition, the lead of a category.

use super::said::Said;
use super::{Change, Sheet, Spot};
use crate::desk::Desk;
use crate::words;
use leptos::prelude::*;
use shared::calendar::LimitUnit;
use shared::catalogue::CatalogueDoc;
use shared::catalogue::edit::{CatalogueEdit, LIMIT_VALUE_MAX};
use shared::id::{CategoryId, ConditionId};

/// Rows shown at once; more would not be read but searched.
const SHOWN_LIMIT: usize = 12;
/// Characters before anything is searched.
const TYPED_MIN: usize = 2;

/// A condition with what may be changed about it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    category: CategoryId,
    condition: ConditionId,
    name: String,
    lead: String,
    value: u32,
    unit: String,
}

/// The conditions that hold all typed words, and whether there are more.
fn matching(doc: &CatalogueDoc, text: &str) -> (Vec<Line>, bool) {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let mut found = Vec::new();
    for condition in doc.conditions.iter().filter(|one| !one.retired) {
        let mut all = doc.categories.iter();
        let Some(category) = all.find(|one| one.id == condition.category) else {
            continue;
        };
        let line = format!("{} {} {}", condition.id, category.name, condition.name);
        let line = line.to_lowercase();
        if !words.iter().all(|word| line.contains(word)) {
            continue;
        }
        if found.len() == SHOWN_LIMIT {
            return (found, true);
        }
        found.push(Line {
            category: category.id.clone(),
            condition: condition.id.clone(),
            name: format!("{} · {}", category.name, condition.name),
            lead: category.lead.clone(),
            value: condition.limit_value,
            unit: condition.limit_unit.clone(),
        });
    }
    (found, false)
}

/// A search field and the rows that fit.
#[component]
pub(super) fn Edits(sheet: Sheet) -> impl IntoView {
    let desk = Desk::here();
    let text = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        let typed = text.get();
        if typed.trim().chars().count() < TYPED_MIN {
            return (Vec::new(), false);
        }
        let shown = sheet.shown.read();
        shown
            .as_ref()
            .map_or_else(Default::default, |detail| matching(&detail.doc, &typed))
    });
    view! {
        <section class="card stack">
            <h2>{move || desk.say(words::DRAFT_EDIT)}</h2>
            <div class="field">
                <label for="draft-find">{move || desk.say(words::DRAFT_FIND)}</label>
                <input
                    id="draft-find"
                    type="search"
                    autocomplete="off"
                    aria-describedby="draft-find-hint"
                    prop:value=text
                    on:input=move |event| text.set(event_target_value(&event))
                />
                <p class="hint" id="draft-find-hint">{move || desk.say(words::DRAFT_FIND_HINT)}</p>
            </div>
            {move || {
                sheet.loaded.track();
                let (lines, _) = found.get();
                lines.into_iter().map(|line| view! { <Row sheet=sheet line=line/> }).collect_view()
            }}
            <Said sheet=sheet spot=Spot::Edits/>
            <p class="second">
                {move || found.with(|(_, more)| more.then(|| desk.say(words::DRAFT_MORE)))}
            </p>
        </section>
    }
}

#[component]
fn Row(sheet: Sheet, line: Line) -> impl IntoView {
    let desk = Desk::here();
    let Line {
        category,
        condition,
        name,
        lead,
        value,
        unit: chosen,
    } = line;
    let code = condition.to_string();
    let (value, unit) = (
        RwSignal::new(value.to_string()),
        RwSignal::new(chosen.clone()),
    );
    let change = move |edit: CatalogueEdit| sheet.change(Change::Edit(edit));
    let set_limit = move || {
        // What is no number is refused by the server in words.
        change(CatalogueEdit::Limit {
            condition: condition.clone(),
            value: value.get_untracked().trim().parse().unwrap_or(0),
            unit: unit.get_untracked(),
        });
    };
    let set_value = set_limit.clone();
    let leads = move || {
        let shown = sheet.shown.read();
        let all = shown
            .iter()
            .flat_map(|detail| detail.doc.departments.iter());
        all.filter(|one| !one.retired)
            .map(|one| {
                let (name, shown) = (one.short_name.clone(), one.short_name.clone());
                let selected = name == lead;
                view! { <option value=name selected=selected>{shown}</option> }
            })
            .collect_view()
    };
    let units = LimitUnit::ALL.map(|one| {
        let selected = one.word() == chosen;
        view! { <option value=one.word() selected=selected>{one.word()}</option> }
    });
    let label = |word: words::Word| format!("{} {code}", desk.say(word));
    view! {
        <div class="row between" data-test="edit-row" id=format!("edit-{code}")>
            <span class="grow">
                {name} " " <small class="second">{code.clone()}</small>
            </span>
            <div class="row">
                <select
                    aria-label=label(words::DRAFT_LEAD)
                    data-test="edit-lead"
                    prop:disabled=sheet.held
                    on:change=move |event| change(CatalogueEdit::Lead {
                        category: category.clone(),
                        lead: event_target_value(&event),
                    })
                >
                    {leads}
                </select>
                <input
                    type="number"
                    class="short"
                    min="1"
                    max=LIMIT_VALUE_MAX.to_string()
                    aria-label=label(words::DRAFT_LIMIT)
                    data-test="edit-value"
                    prop:value=value
                    prop:disabled=sheet.held
                    on:change=move |event| {
                        value.set(event_target_value(&event));
                        set_value();
                    }
                />
                <select
                    aria-label=label(words::DRAFT_LIMIT_UNIT)
                    data-test="edit-unit"
                    prop:disabled=sheet.held
                    on:change=move |event| {
                        unit.set(event_target_value(&event));
                        set_limit();
                    }
                >
                    {units.collect_view()}
                </select>
            </div>
        </div>
    }
}
