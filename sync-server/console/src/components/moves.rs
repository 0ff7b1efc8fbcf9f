//! The moves that this person may make, each a button with a small form. Knows what a form holds
//! and whether it is whole; sending is the page's.

use super::picker::Picker;
use super::states::FormProblem;
use crate::desk::{Choice, Desk};
use crate::icons::{Icon, Shape};
use crate::words::{self, Word};
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html::Textarea;
use leptos::prelude::*;
use shared::case::{Fact, Move, REASON_CHARS_LIMIT};
use shared::id::UnitCode;
use shared::label;
use shared::wire::console::{AllowedMove, CaseDetail, UnitRow};

/// What is being filled in.
#[derive(Clone, Copy)]
pub(crate) struct MoveForm {
    /// The move whose form is open.
    pub(crate) open: RwSignal<Option<AllowedMove>>,
    /// Why, or what was done.
    pub(crate) reason: RwSignal<String>,
    /// Code of the unit.
    pub(crate) unit: RwSignal<Option<String>>,
    /// It is on its way.
    pub(crate) busy: RwSignal<bool>,
    /// Why it was not sent or not taken.
    pub(crate) problem: RwSignal<Option<String>>,
}

impl MoveForm {
    /// Nothing open, nothing filled in.
    pub(crate) fn new() -> Self {
        Self {
            open: RwSignal::new(None),
            reason: RwSignal::new(String::new()),
            unit: RwSignal::new(None),
            busy: RwSignal::new(false),
            problem: RwSignal::new(None),
        }
    }

    /// Closes the form and empties it.
    pub(crate) fn close(self) {
        self.open.set(None);
        self.reason.set(String::new());
        self.unit.set(None);
        self.busy.set(false);
        self.problem.set(None);
    }

    /// What is missing, if anything.
    pub(crate) fn missing(self) -> Option<Word> {
        let allowed = self.open.get_untracked()?;
        let reason = self.reason.get_untracked();
        if allowed.needs_unit && self.unit.with_untracked(Option::is_none) {
            return Some(words::UNIT_NEEDED);
        }
        if allowed.needs_reason && reason.trim().is_empty() {
            return Some(words::REASON_NEEDED);
        }
        (reason.chars().count() > REASON_CHARS_LIMIT).then_some(words::REASON_TOO_LONG)
    }
}

/// What the field for words asks for.
const fn asks_for(kind: Move) -> Word {
    match kind {
        Move::Finish | Move::SelfFix => words::WHAT_WAS_DONE,
        Move::HandBack => words::WHY_BACK,
        Move::Rework => words::WHY_REWORK,
        Move::Withdraw => words::WHY_WITHDRAW,
        _ => words::NOTE,
    }
}

const fn shape(kind: Move) -> Shape {
    match kind {
        Move::Dispatch => Shape::Send,
        Move::Start => Shape::CirclePlay,
        Move::Finish => Shape::CircleCheck,
        Move::HandBack | Move::Withdraw => Shape::Undo2,
        Move::Rework => Shape::RotateCcw,
        Move::Close | Move::SelfFix => Shape::FolderCheck,
        _ => Shape::CirclePlay,
    }
}

/// The move that the work usually goes on with stands out.
fn is_way_on(kind: Move) -> bool {
    !matches!(kind, Move::HandBack | Move::Rework | Move::Withdraw)
}

/// Whether the form here has a field for everything that the move needs. The others are made
/// through the API until their forms are here.
fn fits(allowed: &AllowedMove) -> bool {
    let field = |fact: &Fact| matches!(fact, Fact::Reason | Fact::Unit | Fact::Outcome);
    allowed.needs.iter().all(field)
}

/// The unit that the rules suggest, if the case can be given to it.
fn suggested(case: &CaseDetail) -> Option<String> {
    let lead = &case.decision.lead;
    let fits = !case.decision.needs_person
        && !shared::unit::is_pool(lead)
        && (case.row.state != shared::case::DISPATCHED || *lead != case.row.lead);
    fits.then(|| lead.to_string())
}

/// Buttons, or the open form.
#[component]
pub(crate) fn Moves(
    #[prop(into)] case: Signal<Option<CaseDetail>>,
    form: MoveForm,
    /// The case changed: nothing is sent before somebody has looked.
    #[prop(into)]
    held: Signal<bool>,
    on_submit: Callback<()>,
    on_cancel: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    let moves = Memo::new(move |_| {
        case.with(|case| {
            case.as_ref()
                .map(|case| case.moves.iter().filter(|one| fits(one)).cloned().collect())
                .unwrap_or_else(Vec::new)
        })
    });
    let begin = move |allowed: AllowedMove| {
        form.close();
        if allowed.needs_unit {
            desk.want_units();
            let unit = case.with_untracked(|case| case.as_ref().and_then(suggested));
            form.unit.set(unit);
        }
        form.open.set(Some(allowed));
    };
    let button = move |allowed: AllowedMove| {
        let kind = allowed.kind;
        view! {
            <button
                type="button"
                class:primary=is_way_on(kind)
                id=format!("move-{}", kind.as_str().replace('_', "-"))
                data-test="move"
                on:click=move |_| begin(allowed.clone())
            >
                <Icon shape=shape(kind)/>
                {move || label::case_move(kind, desk.lang.get())}
            </button>
        }
    };
    move || match form.open.get() {
        Some(allowed) => view! {
            <FilledIn
                allowed=allowed
                form=form
                held=held
                on_submit=on_submit
                on_cancel=on_cancel
            />
        }
        .into_any(),
        None => {
            let moves = moves.get();
            if moves.is_empty() {
                return view! {
                    <p class="second" data-test="no-moves">
                        {move || desk.say(words::NO_MOVES)}
                    </p>
                }
                .into_any();
            }
            let buttons = moves.into_iter().map(button).collect_view();
            view! { <div class="row moves" data-test="moves">{buttons}</div> }.into_any()
        }
    }
}

#[component]
fn FilledIn(
    allowed: AllowedMove,
    form: MoveForm,
    #[prop(into)] held: Signal<bool>,
    on_submit: Callback<()>,
    on_cancel: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    let kind = allowed.kind;
    let field = NodeRef::<Textarea>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            // Without the focus the form works all the same.
            let _ = field.focus();
        }
    });
    let waits = move || form.busy.get() || held.get();
    let submit = move || match form.missing() {
        _ if untrack(waits) => {}
        Some(missing) => form.problem.set(Some(desk.say(missing).to_owned())),
        None => on_submit.run(()),
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => on_cancel.run(()),
        "Enter" if event.ctrl_key() || event.meta_key() => submit(),
        _ => {}
    };
    let word = move || label::case_move(kind, desk.lang.get());
    let need = if allowed.needs_reason {
        words::REQUIRED
    } else {
        words::OPTIONAL
    };
    view! {
        <form
            class="stack tight"
            id="move-form"
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                submit();
            }
            on:keydown=on_key
        >
            <h3 class="row"><Icon shape=shape(kind)/>{word}</h3>
            {allowed.needs_unit.then(|| view! { <UnitField form=form/> })}
            <div class="field">
                <label for="move-reason">
                    {move || desk.say(asks_for(kind))} " "
                    <small>{move || desk.say(need)}</small>
                </label>
                <textarea
                    id="move-reason"
                    rows="3"
                    node_ref=field
                    prop:value=form.reason
                    aria-required=allowed.needs_reason.to_string()
                    on:input=move |event| form.reason.set(event_target_value(&event))
                ></textarea>
            </div>
            <FormProblem words=form.problem/>
            <div class="row">
                <button type="submit" class="primary" id="move-submit" prop:disabled=waits>
                    {move || {
                        if form.busy.get() {
                            desk.say(words::SENDING).to_owned()
                        } else {
                            format!("{}{}{}", desk.say(words::CONFIRM), gap(desk), word())
                        }
                    }}
                </button>
                <button type="button" id="move-cancel" on:click=move |_| on_cancel.run(())>
                    {move || desk.say(words::CANCEL)}
                </button>
            </div>
        </form>
    }
}

/// English puts a space and a colon between two words where Chinese puts nothing.
fn gap(desk: Desk) -> &'static str {
    desk.lang.get().pick("", ": ")
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
            id="move-unit"
            label=words::UNIT_SEARCH
            choices=choices
            value=form.unit
            on_choose=Callback::new(move |unit| form.unit.set(unit))
            on_want=Callback::new(move |()| desk.want_units())
        />
    }
}

/// The unit of a form as the wire wants it.
pub(crate) fn unit_code(form: MoveForm) -> Option<UnitCode> {
    let code = form.unit.get_untracked()?;
    UnitCode::new(code).ok()
}
