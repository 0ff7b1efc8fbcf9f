//! The filters above the table. Each change is a new address; nothing is kept here but what is
//! being typed.

use super::picker::Picker;
use crate::desk::{Choice, Desk, state_word, step_word};
use crate::filter;
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::prelude::*;
use shared::case::{ASKS, Card, STATES, Step};
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

/// An entry of the state box: its value and its words.
type Entry = (String, String);

/// The entries of the state box by the link of a case's life that they belong to; those without
/// one first. Several states at once are a link's, or what the address names.
fn state_options(query: &CaseQuery, lang: Lang) -> Vec<(Option<Step>, Vec<Entry>)> {
    let plain = |value: &str, word: words::Word| (value.to_owned(), word.of(lang).to_owned());
    let mut groups = vec![(
        None,
        vec![
            plain("", words::ANY_STATE),
            plain("class:open", words::OPEN_CASES),
        ],
    )];
    for step in Step::ALL {
        let rows = STATES.iter().filter(|row| row.step == step);
        let names: Vec<&str> = rows.map(|row| row.name).collect();
        let one = |name: &&str| ((*name).to_owned(), state_word(name, lang));
        let mut entries: Vec<Entry> = names.iter().map(one).collect();
        // The states of the last link have nothing in common but their end.
        if names.len() > 1 && step != Step::Close {
            let whole = format!("{}{}", step_word(step, lang), words::WHOLE_STEP.of(lang));
            entries.insert(0, (names.join(","), whole));
        }
        groups.push((Some(step), entries));
    }
    let value = state_value(query);
    let known = |entries: &[Entry]| entries.iter().any(|(known, _)| *known == value);
    if !groups.iter().any(|(_, entries)| known(entries)) {
        let names = value.trim_start_matches("class:").split(',');
        let names: Vec<String> = names.map(|name| state_word(name, lang)).collect();
        let words = names.join(lang.pick("、", ", "));
        if let Some((_, first)) = groups.first_mut() {
            first.push((value, words));
        }
    }
    groups
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
            <Show when=move || query.with(|query| query.near.is_some())>
                <span class="badge" data-state="info" data-test="near-only">
                    {move || desk.say(words::NEAR_ONLY)}
                </span>
            </Show>
            <Show when=move || query.with(filter::is_narrowed)>
                <button
                    type="button"
                    class="quiet clear-filters"
                    id="filters-clear"
                    on:click=move |_| {
                        on_change.run(filter::cleared(&query.get_untracked()));
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
    let groups = state_options(query, lang).into_iter();
    let groups = groups.map(|(step, entries)| {
        let entries = options(entries, &chosen);
        match step {
            None => entries.into_any(),
            Some(step) => view! {
                <optgroup label=step_word(step, lang)>{entries}</optgroup>
            }
            .into_any(),
        }
    });
    groups.collect_view()
}

fn options(entries: Vec<Entry>, chosen: &str) -> impl IntoView + use<> {
    let entry = |(value, words): Entry| {
        let selected = value == chosen;
        view! { <option value=value selected=selected>{words}</option> }
    };
    entries.into_iter().map(entry).collect_view()
}

/// The cards that one may look for.
fn card_options(lang: Lang) -> Vec<Entry> {
    let mut entries = vec![
        (String::new(), words::ANY.of(lang).to_owned()),
        ("yellow,red".to_owned(), words::ANY_CARD.of(lang).to_owned()),
    ];
    for card in [Card::Yellow, Card::Red] {
        entries.push((card.as_str().to_owned(), label::card(card, lang).to_owned()));
    }
    entries
}

/// The requests that one may look for.
fn asked_options(lang: Lang) -> Vec<Entry> {
    let names: Vec<&str> = ASKS.iter().map(|row| row.ask.as_str()).collect();
    let mut entries = vec![
        (String::new(), words::ANY.of(lang).to_owned()),
        (names.join(","), words::ANY_ASKED.of(lang).to_owned()),
    ];
    for row in &ASKS {
        let word = label::ask(row.ask, lang).to_owned();
        entries.push((row.ask.as_str().to_owned(), word));
    }
    entries
}

/// A box of a few entries; what the address names beside them is one of them.
#[component]
fn Few(
    id: &'static str,
    name: words::Word,
    #[prop(into)] value: Signal<Option<String>>,
    entries: fn(Lang) -> Vec<Entry>,
    on_choose: Callback<Option<String>>,
) -> impl IntoView {
    let desk = Desk::here();
    let boxes = move || {
        let (lang, chosen) = (desk.lang.get(), value.get().unwrap_or_default());
        let mut entries = entries(lang);
        if !entries.iter().any(|(known, _)| *known == chosen) {
            entries.push((chosen.clone(), words::FILTERED.of(lang).to_owned()));
        }
        options(entries, &chosen)
    };
    view! {
        <div class="field">
            <label for=id>{move || desk.say(name)}</label>
            <select
                id=id
                prop:value=move || value.get().unwrap_or_default()
                on:change=move |event| {
                    let chosen = event_target_value(&event);
                    on_choose.run(Some(chosen).filter(|chosen| !chosen.is_empty()));
                }
            >
                {boxes}
            </select>
        </div>
    }
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
                problem=desk.units_problem
            />
            <Picker
                id="filter-area"
                label=words::AREA
                choices=desk.areas
                value=Signal::derive(move || query.with(|query| query.area.clone()))
                on_choose=set(|next, value| next.area = value)
                on_want=Callback::new(move |()| desk.want_areas())
                problem=desk.areas_problem
            />
            <Picker
                id="filter-category"
                label=words::CATEGORY
                choices=desk.categories
                value=Signal::derive(move || query.with(|query| query.category.clone()))
                on_choose=set(|next, value| next.category = value)
                on_want=Callback::new(move |()| desk.want_categories())
                problem=desk.categories_problem
            />
            <Few
                id="filter-card"
                name=words::FILTER_CARD
                value=Signal::derive(move || query.with(|query| query.card.clone()))
                entries=card_options
                on_choose=set(|next, value| next.card = value)
            />
            <Few
                id="filter-asked"
                name=words::FILTER_ASKED
                value=Signal::derive(move || query.with(|query| query.asked.clone()))
                entries=asked_options
                on_choose=set(|next, value| next.asked = value)
            />
            <Days query=query set=Callback::new(move |next| on_change.run(next))/>
            <Order query=query on_change=on_change/>
        </div>
    }
}

/// In which order, and whether only what is late.
#[component]
fn Order(#[prop(into)] query: Signal<CaseQuery>, on_change: Callback<CaseQuery>) -> impl IntoView {
    let desk = Desk::here();
    view! {
        <div class="field">
            <label for="filter-sort">{move || desk.say(words::SORT)}</label>
            <select
                id="filter-sort"
                prop:value=move || {
                    query.with(|query| query.sort.clone().unwrap_or_else(|| "opened".into()))
                }
                on:change=move |event| {
                    on_change.run(CaseQuery {
                        sort: Some(event_target_value(&event)),
                        cursor: None,
                        ..query.get_untracked()
                    });
                }
            >
                <option value="deadline">{move || desk.say(words::SORT_DEADLINE)}</option>
                // Always there, so that the address can choose it; no other list has parts.
                <option
                    value="part"
                    hidden=move || query.with(|query| query.owed != Some(true))
                    disabled=move || query.with(|query| query.owed != Some(true))
                >
                    {move || desk.say(words::SORT_PART)}
                </option>
                <option value="opened">{move || desk.say(words::SORT_OPENED)}</option>
            </select>
        </div>
        <label class="check">
            <input
                id="filter-late"
                type="checkbox"
                prop:checked=move || query.with(|query| query.late == Some(true))
                on:change=move |event| {
                    on_change.run(CaseQuery {
                        late: event_target_checked(&event).then_some(true),
                        cursor: None,
                        ..query.get_untracked()
                    });
                }
            />
            {move || desk.say(words::LATE_ONLY)}
        </label>
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
        let groups = state_options(&query, Lang::Zh);
        let all: Vec<&Entry> = groups.iter().flat_map(|(_, entries)| entries).collect();
        assert!(all.contains(&&("received,returned".into(), "待受理、被退回".into())));
        assert!(all.contains(&&("handling,suspended".into(), "处置（全部）".into())));
        for row in &STATES {
            let times = all.iter().filter(|(value, _)| value == row.name).count();
            assert_eq!(times, 1, "{}", row.name);
        }
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
