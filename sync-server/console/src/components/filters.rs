//! The filters above the table. Each change is a new address; nothing is kept here but what is
//! being typed.

use super::picker::Picker;
use crate::desk::{Choice, Desk};
use crate::filter;
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::prelude::*;
use shared::case::STATES;
use shared::label::{self, Lang};
use shared::wire::console::CaseQuery;

/// Id of the search field, which `/` jumps to.
pub(crate) const SEARCH_ID: &str = "filter-text";

/// What the state box stands on: a state, several, or a class.
fn state_value(query: &CaseQuery) -> String {
    query
        .state
        .clone()
        .or_else(|| query.class.as_ref().map(|class| format!("class:{class}")))
        .unwrap_or_default()
}

fn set_state(query: &mut CaseQuery, value: &str) {
    let class = value.strip_prefix("class:");
    query.class = class.map(str::to_owned);
    query.state = Some(value.to_owned()).filter(|value| class.is_none() && !value.is_empty());
}

/// The entries of the state box; several states at once only when the address names them.
fn state_options(query: &CaseQuery, lang: Lang) -> Vec<(String, String)> {
    let mut options = vec![
        (String::new(), words::ANY_STATE.of(lang).to_owned()),
        (
            String::from("class:open"),
            words::OPEN_CASES.of(lang).to_owned(),
        ),
    ];
    for row in &STATES {
        options.push((row.name.to_owned(), label::state(row.name, lang).to_owned()));
    }
    let value = state_value(query);
    if !options.iter().any(|(known, _)| *known == value) {
        let names = value.trim_start_matches("class:").split(',');
        let names: Vec<&str> = names.map(|name| label::state(name, lang)).collect();
        options.push((value, names.join(lang.pick("、", ", "))));
    }
    options
}

/// The filters.
#[component]
pub(crate) fn Filters(
    #[prop(into)] query: Signal<CaseQuery>,
    /// Called with the filter as it should be, back on the first page.
    on_change: Callback<CaseQuery>,
) -> impl IntoView {
    let desk = Desk::here();
    let more = RwSignal::new(false);
    let change = move |edit: &dyn Fn(&mut CaseQuery)| {
        let mut next = query.get_untracked();
        edit(&mut next);
        next.cursor = None;
        on_change.run(next);
    };
    view! {
        <form
            class="filters"
            role="search"
            data-open=move || more.get().to_string()
            on:submit=move |event| event.prevent_default()
        >
            <Search query=query on_change=on_change/>
            <div class="field">
                <label for="filter-state">{move || desk.say(words::STATE)}</label>
                <select
                    id="filter-state"
                    prop:value=move || query.with(state_value)
                    on:change=move |event| {
                        let value = event_target_value(&event);
                        change(&|next| set_state(next, &value));
                    }
                >
                    {move || state_boxes(&query.get(), desk.lang.get())}
                </select>
            </div>
            <button
                type="button"
                class="more-filters"
                id="filters-more"
                aria-expanded=move || more.get().to_string()
                on:click=move |_| more.update(|more| *more = !*more)
            >
                <Icon shape=Shape::ListFilter/>
                {move || desk.say(words::MORE_FILTERS)}
            </button>
            <Rest query=query on_change=on_change/>
            <Show when=move || query.with(filter::is_narrowed)>
                <button
                    type="button"
                    class="quiet clear-filters"
                    id="filters-clear"
                    on:click=move |_| {
                        let sort = query.get_untracked().sort;
                        on_change.run(CaseQuery {
                            sort: sort.or_else(|| Some("opened".into())),
                            ..CaseQuery::default()
                        });
                    }
                >
                    <Icon shape=Shape::X/>
                    {move || desk.say(words::CLEAR_FILTERS)}
                </button>
            </Show>
        </form>
    }
}

fn state_boxes(query: &CaseQuery, lang: Lang) -> impl IntoView + use<> {
    let chosen = state_value(query);
    state_options(query, lang)
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{words}</option> }
        })
        .collect_view()
}

/// The field for words; searches on Enter and when it is left.
#[component]
fn Search(#[prop(into)] query: Signal<CaseQuery>, on_change: Callback<CaseQuery>) -> impl IntoView {
    let desk = Desk::here();
    let given = move || query.with(|query| query.text.clone().unwrap_or_default());
    let search = move |text: String| {
        let text = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let next = query.get_untracked();
        if next.text != text {
            on_change.run(CaseQuery {
                text,
                cursor: None,
                ..next
            });
        }
    };
    view! {
        <div class="field search">
            <label for=SEARCH_ID>{move || desk.say(words::SEARCH_SHORT)}</label>
            <input
                id=SEARCH_ID
                type="search"
                placeholder=move || desk.say(words::SEARCH)
                prop:value=given
                on:change=move |event| search(event_target_value(&event))
            />
        </div>
    }
}

/// The filters that a narrow screen folds away.
#[component]
fn Rest(#[prop(into)] query: Signal<CaseQuery>, on_change: Callback<CaseQuery>) -> impl IntoView {
    let desk = Desk::here();
    let unit_choices = Signal::derive(move || {
        desk.units.with(|units| {
            let choice = |unit: &shared::wire::console::UnitRow| Choice {
                code: unit.code.to_string(),
                name: unit.name.clone(),
                detail: String::new(),
            };
            units
                .as_ref()
                .map(|units| units.iter().map(choice).collect())
        })
    });
    let set = move |edit: fn(&mut CaseQuery, Option<String>)| {
        Callback::new(move |value: Option<String>| {
            let mut next = query.get_untracked();
            edit(&mut next, value);
            next.cursor = None;
            on_change.run(next);
        })
    };
    view! {
        <div class="rest">
            <Picker
                id="filter-unit"
                label=words::UNIT
                choices=unit_choices
                value=Signal::derive(move || query.with(|query| query.unit.clone()))
                on_choose=set(|next, value| next.unit = value)
                on_want=Callback::new(move |()| desk.want_units())
            />
            <Picker
                id="filter-area"
                label=words::AREA
                choices=desk.areas
                value=Signal::derive(move || query.with(|query| query.area.clone()))
                on_choose=set(|next, value| next.area = value)
                on_want=Callback::new(move |()| desk.want_areas())
            />
            <Picker
                id="filter-category"
                label=words::CATEGORY
                choices=desk.categories
                value=Signal::derive(move || query.with(|query| query.category.clone()))
                on_choose=set(|next, value| next.category = value)
                on_want=Callback::new(move |()| desk.want_categories())
            />
            <Days query=query set=Callback::new(move |next| on_change.run(next))/>
            <div class="field">
                <label for="filter-sort">{move || desk.say(words::SORT)}</label>
                <select
                    id="filter-sort"
                    prop:value=move || {
                        query.with(|query| query.sort.clone().unwrap_or_else(|| "opened".into()))
                    }
                    on:change=move |event| {
                        set(|next, value| next.sort = value).run(Some(event_target_value(&event)));
                    }
                >
                    <option value="deadline">{move || desk.say(words::SORT_DEADLINE)}</option>
                    <option value="opened">{move || desk.say(words::SORT_OPENED)}</option>
                </select>
            </div>
            <label class="check">
                <input
                    id="filter-late"
                    type="checkbox"
                    prop:checked=move || query.with(|query| query.late == Some(true))
                    on:change=move |event| {
                        let late = event_target_checked(&event).then(String::new);
                        set(|next, value| next.late = value.map(|_| true)).run(late);
                    }
                />
                {move || desk.say(words::LATE_ONLY)}
            </label>
        </div>
    }
}

/// From and to, as days in China.
#[component]
fn Days(#[prop(into)] query: Signal<CaseQuery>, set: Callback<CaseQuery>) -> impl IntoView {
    let desk = Desk::here();
    let from = move || query.with(|query| query.from_ms.map(filter::date_of).unwrap_or_default());
    // The end of a day is the beginning of the next; the field shows the day itself.
    let to = move || {
        query.with(|query| {
            let last = query.to_ms.map(|ms| filter::date_of(ms.saturating_sub(1)));
            last.unwrap_or_default()
        })
    };
    view! {
        <div class="field">
            <label for="filter-from">{move || desk.say(words::FROM)}</label>
            <input
                id="filter-from"
                type="date"
                prop:value=from
                on:change=move |event| {
                    set.run(CaseQuery {
                        from_ms: filter::day_start(&event_target_value(&event)),
                        cursor: None,
                        ..query.get_untracked()
                    });
                }
            />
        </div>
        <div class="field">
            <label for="filter-to">{move || desk.say(words::TO)}</label>
            <input
                id="filter-to"
                type="date"
                prop:value=to
                on:change=move |event| {
                    set.run(CaseQuery {
                        to_ms: filter::day_end(&event_target_value(&event)),
                        cursor: None,
                        ..query.get_untracked()
                    });
                }
            />
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_box_stands_where_the_address_says_even_on_several_states() {
        let query = CaseQuery {
            state: Some("received,returned".into()),
            ..CaseQuery::default()
        };
        let options = state_options(&query, Lang::Zh);
        assert!(options.contains(&("received,returned".into(), "待受理、被退回".into())));
        let mut query = CaseQuery::default();
        set_state(&mut query, "class:open");
        assert_eq!(state_value(&query), "class:open");
        set_state(&mut query, "closed");
        assert_eq!(
            (query.class, query.state.as_deref()),
            (None, Some("closed"))
        );
    }
}
