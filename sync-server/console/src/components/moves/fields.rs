//! One field of a form per fact, with what is missing beside it.

use super::correct::{self, CategoryField, PlaceField};
use super::into::IntoField;
use super::photo::PhotoField;
use super::{MoveForm, Wants};
use crate::components::picker::Picker;
use crate::desk::{Choice, Desk};
use crate::format;
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::prelude::*;
use shared::case::{Card, Fact, Found, Move, Outcome};
use shared::label::{self, Lang};
use shared::wire::console::{CaseDetail, UnitRow};

/// Id of the control that holds a fact; of its first button for a group.
pub(super) const fn id(fact: Fact) -> &'static str {
    match fact {
        Fact::Reason | Fact::Ask => "move-reason",
        Fact::Unit => "move-unit",
        Fact::Person => "move-person",
        Fact::Until => "move-until",
        Fact::Condition => "move-condition",
        Fact::Into => "move-into",
        Fact::Found => "move-found-yes",
        Fact::Outcome => "move-outcome-done",
        Fact::AfterPhoto => "move-photo",
        Fact::Card => "move-card-yellow",
        Fact::Stage => "move-stage",
        Fact::Category => "move-category",
        Fact::Place => "move-lat",
    }
}

/// The field, and beside it what is missing.
#[component]
pub(super) fn FactField(
    fact: Fact,
    required: Signal<bool>,
    case: Signal<Option<CaseDetail>>,
    form: MoveForm,
    wants: Wants,
) -> impl IntoView {
    let desk = Desk::here();
    let kind = form
        .open
        .with_untracked(|open| open.as_ref().map_or(Move::Ask, |open| open.allowed.kind));
    let name = Signal::derive(move || desk.say(words::field(fact, kind)));
    let lack = move || {
        let lang = desk.lang.get();
        form.lack.with(|lack| {
            let lack = lack.as_ref()?;
            (super::plan::beside(lack) == fact).then(|| label::refusal(lack, lang))
        })
    };
    let field = match fact {
        Fact::Reason | Fact::Ask => reason(desk, form, name, required).into_any(),
        Fact::Unit => view! { <UnitField form=form/> }.into_any(),
        Fact::Person => view! { <PersonField form=form wants=wants/> }.into_any(),
        Fact::Until => until(desk, form, name, required).into_any(),
        Fact::Condition => conditions(desk, case, form, name, required).into_any(),
        Fact::Stage => stages(desk, case, form, name).into_any(),
        Fact::Into => view! { <IntoField case=case form=form wants=wants/> }.into_any(),
        Fact::Found => found(desk, form, kind).into_any(),
        Fact::Outcome => outcomes(desk, form).into_any(),
        Fact::Card => cards(desk, form).into_any(),
        Fact::Category => view! { <CategoryField form=form/> }.into_any(),
        Fact::Place => view! { <PlaceField form=form/> }.into_any(),
        Fact::AfterPhoto => {
            view! { <PhotoField required=required case=case form=form wants=wants/> }.into_any()
        }
    };
    view! {
        <div class="stack tight" data-fact=id(fact)>
            {field}
            <div role="alert" class="error-text" data-test="lack">
                {move || lack().map(|words| view! {
                    <p class="row"><Icon shape=Shape::CircleAlert/>{words}</p>
                })}
            </div>
        </div>
    }
}

pub(super) fn need(desk: Desk, required: Signal<bool>) -> impl IntoView {
    let word = move || {
        if required.get() {
            words::REQUIRED
        } else {
            words::OPTIONAL
        }
    };
    view! { " " <small>{move || desk.say(word())}</small> }
}

fn reason(
    desk: Desk,
    form: MoveForm,
    name: Signal<&'static str>,
    required: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for="move-reason">{name} {need(desk, required)}</label>
            <textarea
                id="move-reason"
                rows="3"
                prop:value=form.reason
                aria-required=move || required.get().to_string()
                on:input=move |event| form.reason.set(event_target_value(&event))
            ></textarea>
        </div>
    }
}

/// Date and time by the clock in China.
fn until(
    desk: Desk,
    form: MoveForm,
    name: Signal<&'static str>,
    required: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for="move-until">{name} {need(desk, required)}</label>
            <input
                id="move-until"
                type="datetime-local"
                min=format::to_field(desk.now.get_untracked())
                prop:value=move || form.until.get().map(format::to_field).unwrap_or_default()
                aria-required=move || required.get().to_string()
                on:change=move |event| form.until.set(format::from_field(&event_target_value(&event)))
            />
        </div>
    }
}

fn select(
    field: &'static str,
    desk: Desk,
    name: Signal<&'static str>,
    required: Signal<bool>,
    value: RwSignal<String>,
    options: impl Fn() -> Vec<(String, String)> + Send + Sync + 'static,
) -> impl IntoView {
    let boxes = move || {
        let chosen = value.get_untracked();
        let entry = move |(value, words): (String, String)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{words}</option> }
        };
        options().into_iter().map(entry).collect_view()
    };
    view! {
        <div class="field">
            <label for=field>{name} {need(desk, required)}</label>
            <select
                id=field
                prop:value=value
                aria-required=move || required.get().to_string()
                on:change=move |event| value.set(event_target_value(&event))
            >
                <option value="">{move || desk.say(words::CHOOSE)}</option>
                {boxes}
            </select>
        </div>
    }
}

fn conditions(
    desk: Desk,
    case: Signal<Option<CaseDetail>>,
    form: MoveForm,
    name: Signal<&'static str>,
    required: Signal<bool>,
) -> impl IntoView {
    let options = move || {
        if let Some(rows) = correct::conditions(desk, case, form) {
            return rows;
        }
        case.with(|case| {
            let life = case.as_ref().and_then(|case| case.life.as_ref());
            let rows = life.iter().flat_map(|life| &life.conditions);
            rows.map(|(id, name)| (id.to_string(), name.clone()))
                .collect()
        })
    };
    select(
        id(Fact::Condition),
        desk,
        name,
        required,
        form.condition,
        options,
    )
}

/// The staged limits that aren't reached yet.
fn stages(
    desk: Desk,
    case: Signal<Option<CaseDetail>>,
    form: MoveForm,
    name: Signal<&'static str>,
) -> impl IntoView {
    let options = move || {
        case.with(|case| {
            let life = case.as_ref().and_then(|case| case.life.as_ref());
            let rows = life.iter().flat_map(|life| &life.stages);
            let open = rows.filter(|stage| stage.reached_ms.is_none());
            open.map(|stage| (stage.name.clone(), stage.name.clone()))
                .collect()
        })
    };
    let required = Signal::derive(|| true);
    select(id(Fact::Stage), desk, name, required, form.stage, options)
}

/// A few choices of which one holds.
fn radios<T, W, C>(
    desk: Desk,
    fact: (&'static str, words::Word),
    options: Vec<(&'static str, T)>,
    word: W,
    chosen: Signal<Option<T>>,
    choose: C,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
    W: Fn(T, Lang) -> &'static str + Copy + Send + Sync + 'static,
    C: Fn(T) + Copy + Send + Sync + 'static,
{
    let (group, legend) = fact;
    let row = move |(key, value): (&'static str, T)| {
        view! {
            <label class="check">
                <input
                    type="radio"
                    id=format!("move-{group}-{key}")
                    name=format!("move-{group}")
                    prop:checked=move || chosen.get() == Some(value)
                    on:change=move |_| choose(value)
                />
                {move || word(value, desk.lang.get())}
            </label>
        }
    };
    let rows: Vec<_> = options.into_iter().map(row).collect();
    view! {
        <fieldset>
            <legend>{move || desk.say(legend)}</legend>
            <div class="radios">{rows}</div>
        </fieldset>
    }
}

fn found(desk: Desk, form: MoveForm, kind: Move) -> impl IntoView {
    let options = vec![
        ("yes", Found::Yes),
        ("no", Found::No),
        ("unable", Found::Unable),
    ];
    let word = move |found: Found, lang: Lang| match kind {
        Move::Verify => label::verified(found, lang),
        _ => label::checked(found, lang),
    };
    let choose = move |found| form.found.set(Some(found));
    let chosen = Signal::derive(move || form.found.get());
    radios(desk, ("found", words::FOUND), options, word, chosen, choose)
}

fn outcomes(desk: Desk, form: MoveForm) -> impl IntoView {
    let options = vec![
        ("done", Outcome::Done),
        ("unable", Outcome::Unable),
        ("not-ours", Outcome::NotOurs),
        ("planned", Outcome::Planned),
    ];
    let choose = move |outcome| form.outcome.set(outcome);
    let chosen = Signal::derive(move || Some(form.outcome.get()));
    let fact = ("outcome", words::OUTCOME);
    radios(desk, fact, options, label::outcome, chosen, choose)
}

fn cards(desk: Desk, form: MoveForm) -> impl IntoView {
    let options = vec![
        ("yellow", Card::Yellow),
        ("red", Card::Red),
        ("none", Card::None),
    ];
    let choose = move |card| form.card.set(Some(card));
    let chosen = Signal::derive(move || form.card.get());
    let fact = ("card", words::CARD);
    radios(desk, fact, options, label::card, chosen, choose)
}

/// Which unit; those with people before the pools.
#[component]
fn UnitField(form: MoveForm) -> impl IntoView {
    let desk = Desk::here();
    let choices = Signal::derive(move || {
        let lang = desk.lang.get();
        desk.units.with(|units| {
            let mut units: Vec<&UnitRow> = units.as_ref()?.iter().collect();
            units.sort_by_key(|unit| unit.pool);
            let choice = |unit: &UnitRow| Choice {
                code: unit.code.to_string(),
                name: unit.name.clone(),
                detail: if unit.pool {
                    words::POOL.of(lang).to_owned()
                } else {
                    String::new()
                },
            };
            Some(units.into_iter().map(choice).collect())
        })
    });
    view! {
        <Picker
            id=id(Fact::Unit)
            label=words::UNIT_SEARCH
            choices=choices
            value=form.unit
            on_choose=Callback::new(move |unit| form.unit.set(unit))
            on_want=Callback::new(move |()| desk.want_units())
            problem=desk.units_problem
        />
    }
}

/// Which person of the unit that leads.
#[component]
fn PersonField(form: MoveForm, wants: Wants) -> impl IntoView {
    view! {
        <Picker
            id=id(Fact::Person)
            label=words::PERSON
            choices=form.colleagues
            value=form.person
            on_choose=Callback::new(move |person| form.person.set(person))
            on_want=wants.colleagues
            problem=form.colleagues_problem
        />
    }
}
