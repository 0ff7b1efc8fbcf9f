//! The moves that this person may make: the likely one stands out, the others fold away, those that
//! turn a case away stand apart; each opens a form with exactly the facts it needs. Knows what a
//! form holds and whether it is whole; asking and sending are the page's.

mod correct;
mod fields;
mod form;
mod into;
mod photo;
pub(crate) mod plan;

use crate::api::Problem;
use crate::desk::{Choice, Desk, bring_into_view, focus};
use crate::icons::{Icon, Shape};
use crate::words;
use form::FilledIn;
use leptos::prelude::*;
use plan::{Begun, Field};
use shared::case::{Ask, Card, Fact, Found, Move, Outcome, Refusal};
use shared::id::{CaseId, CategoryId, ConditionId, UnitCode};
use shared::time::Timestamp;
use shared::wire::console::{CaseDetail, CaseRow, MoveRequest};

/// Where a photo is on its way to the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sending {
    /// None was chosen.
    Idle,
    /// On its way: so many per cent.
    Under(u8),
    /// It is with the case.
    Done,
    /// It is not, and why.
    Failed(String),
}

/// What a form asks of its page.
#[derive(Clone, Copy)]
pub(crate) struct Wants {
    /// Who works in the unit.
    pub(crate) colleagues: Callback<()>,
    /// Open cases with these words.
    pub(crate) cases: Callback<String>,
    /// This photo shall be added to the case.
    pub(crate) photo: Callback<web_sys::File>,
}

/// What is being filled in.
#[derive(Clone, Copy)]
pub(crate) struct MoveForm {
    /// The move whose form is open.
    pub(crate) open: RwSignal<Option<Begun>>,
    /// Why, or what was done.
    pub(crate) reason: RwSignal<String>,
    /// Code of the unit.
    pub(crate) unit: RwSignal<Option<String>>,
    /// Id of the person.
    pub(crate) person: RwSignal<Option<String>>,
    /// Until when.
    pub(crate) until: RwSignal<Option<Timestamp>>,
    /// Id of the condition; empty for none.
    pub(crate) condition: RwSignal<String>,
    /// The case that it is merged into.
    pub(crate) into: RwSignal<Option<CaseId>>,
    /// What was found.
    pub(crate) found: RwSignal<Option<Found>>,
    /// What came of it.
    pub(crate) outcome: RwSignal<Outcome>,
    /// Which card.
    pub(crate) card: RwSignal<Option<Card>>,
    /// Name of the stage; empty for none.
    pub(crate) stage: RwSignal<String>,
    /// Which category it really is.
    pub(crate) category: RwSignal<Option<String>>,
    /// Latitude in degrees, as typed.
    pub(crate) lat: RwSignal<String>,
    /// Longitude in degrees, as typed.
    pub(crate) lon: RwSignal<String>,
    /// The people to choose from.
    pub(crate) colleagues: RwSignal<Option<Vec<Choice>>>,
    /// Why they are not here.
    pub(crate) colleagues_problem: RwSignal<Option<Problem>>,
    /// The cases to choose from.
    pub(crate) cases: RwSignal<Option<Vec<CaseRow>>>,
    /// A photo that is being added.
    pub(crate) photo: RwSignal<Sending>,
    /// Where the chosen photo can be looked at.
    pub(crate) preview: RwSignal<Option<String>>,
    /// It is on its way.
    pub(crate) busy: RwSignal<bool>,
    /// What is missing.
    pub(crate) lack: RwSignal<Option<Refusal>>,
    /// Why it was not taken.
    pub(crate) problem: RwSignal<Option<String>>,
}

impl MoveForm {
    /// Nothing open, nothing filled in.
    pub(crate) fn new() -> Self {
        Self {
            open: RwSignal::new(None),
            reason: RwSignal::new(String::new()),
            unit: RwSignal::new(None),
            person: RwSignal::new(None),
            until: RwSignal::new(None),
            condition: RwSignal::new(String::new()),
            into: RwSignal::new(None),
            found: RwSignal::new(None),
            outcome: RwSignal::new(Outcome::Done),
            card: RwSignal::new(None),
            stage: RwSignal::new(String::new()),
            category: RwSignal::new(None),
            lat: RwSignal::new(String::new()),
            lon: RwSignal::new(String::new()),
            colleagues: RwSignal::new(None),
            colleagues_problem: RwSignal::new(None),
            cases: RwSignal::new(None),
            photo: RwSignal::new(Sending::Idle),
            preview: RwSignal::new(None),
            busy: RwSignal::new(false),
            lack: RwSignal::new(None),
            problem: RwSignal::new(None),
        }
    }

    /// Closes the form and empties it.
    pub(crate) fn close(self) {
        self.open.set(None);
        self.reason.set(String::new());
        self.unit.set(None);
        self.person.set(None);
        self.until.set(None);
        self.condition.set(String::new());
        self.into.set(None);
        self.found.set(None);
        self.outcome.set(Outcome::Done);
        self.card.set(None);
        self.stage.set(String::new());
        self.category.set(None);
        self.lat.set(String::new());
        self.lon.set(String::new());
        self.cases.set(None);
        self.photo.set(Sending::Idle);
        self.forget_preview();
        self.busy.set(false);
        self.lack.set(None);
        self.problem.set(None);
    }

    /// Lets the browser drop the picture that was shown.
    pub(crate) fn forget_preview(self) {
        if let Some(address) = self.preview.get_untracked() {
            // What the browser doesn't know any more needs no dropping.
            let _ = web_sys::Url::revoke_object_url(&address);
            self.preview.set(None);
        }
    }

    /// Opens the form of a move, with what can be known beforehand.
    pub(crate) fn begin(self, desk: Desk, begun: Begun, case: Option<&CaseDetail>) {
        self.close();
        if begun.allowed.needs_unit {
            desk.want_units();
        }
        if let Some(case) = case {
            if begun.allowed.kind == Move::Dispatch {
                self.unit.set(suggested(case));
            }
            self.condition.set(reported_condition(case));
            if begun.allowed.kind == Move::Correct {
                correct::begin(self, desk, case);
            }
        }
        self.open.set(Some(begun));
    }

    /// What would be sent. Tracks everything that is filled in.
    pub(crate) fn request(self, base_revision: i64) -> Option<MoveRequest> {
        let begun = self.open.get()?;
        let kind = begun.allowed.kind;
        let needs = |fact: Fact| begun.allowed.needs.contains(&fact);
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        let condition = text(self.condition.get()).and_then(|id| ConditionId::new(id).ok());
        let category = self.category.get().and_then(|id| CategoryId::new(id).ok());
        let place = correct::position(&self.lat.get(), &self.lon.get());
        let place = place.ok().flatten();
        let outcome = self.outcome.get();
        let until = self.until.get();
        let with_until = begun.ask == Some(Ask::Suspension)
            || kind == Move::AddPart
            || (kind == Move::Finish && outcome == Outcome::Planned);
        Some(MoveRequest {
            unit: self.unit.get().and_then(|unit| UnitCode::new(unit).ok()),
            person: self.person.get().and_then(|person| person.parse().ok()),
            until_ms: until.filter(|_| with_until),
            condition: condition
                .filter(|_| matches!(kind, Move::Accept | Move::Dispatch | Move::Correct)),
            into: self.into.get(),
            found: self.found.get(),
            outcome: Some(outcome).filter(|_| needs(Fact::Outcome)),
            ask: begun.ask,
            card: self.card.get(),
            stage: text(self.stage.get()),
            category,
            lat_e7: place.map(|(lat_e7, _)| lat_e7),
            lon_e7: place.map(|(_, lon_e7)| lon_e7),
            ..MoveRequest::new(kind, base_revision, self.reason.get().trim())
        })
    }

    /// Says why something that the form asked for didn't come.
    pub(crate) fn fails(self, desk: Desk, problem: &Problem) {
        desk.notice(problem);
        let words = problem.words(desk.lang.get_untracked());
        self.problem.set(Some(words));
    }

    /// The fields of the open form as it is filled in so far. Tracks.
    fn fields(self, case: Signal<Option<CaseDetail>>) -> Vec<Field> {
        let (Some(begun), Some(request)) = (self.open.get(), self.request(0)) else {
            return Vec::new();
        };
        case.with(|case| {
            case.as_ref()
                .map(|case| plan::fields(&begun, &request, case))
                .unwrap_or_default()
        })
    }

    /// Says beside its field what is missing; whether anything is.
    fn lacks(self, case: Signal<Option<CaseDetail>>, now: Timestamp) -> bool {
        let fields = untrack(|| self.fields(case));
        let request = untrack(|| self.request(0));
        let lack =
            case.with_untracked(|case| plan::lack(&fields, request.as_ref()?, case.as_ref()?, now));
        let lack = lack.or_else(|| correct::lack(self));
        if let Some(lack) = &lack {
            focus(fields::id(plan::beside(lack)));
        }
        let lacks = lack.is_some();
        self.lack.set(lack);
        lacks
    }
}

const fn shape(begun: &Begun) -> Shape {
    match begun.allowed.kind {
        Move::Dispatch | Move::AskVerify | Move::AskCheck | Move::AddPart | Move::TakeOver => {
            Shape::Send
        }
        Move::Start | Move::Resume => Shape::CirclePlay,
        Move::Finish | Move::AnswerPart | Move::Reach | Move::Accept | Move::Verify => {
            Shape::CircleCheck
        }
        Move::Check | Move::Grant => Shape::Check,
        Move::HandBack | Move::Withdraw | Move::Unassign | Move::Unmerge => Shape::Undo2,
        Move::Rework | Move::Correct => Shape::RotateCcw,
        Move::Close | Move::SelfFix | Move::Merge => Shape::FolderCheck,
        Move::Assign => Shape::UserPlus,
        Move::NotAccept | Move::Refuse => Shape::X,
        Move::Urge | Move::Escalate | Move::Contest => Shape::TriangleAlert,
        Move::Ask => Shape::Info,
    }
}

/// The unit that the rules suggest, if the case can be given to it.
fn suggested(case: &CaseDetail) -> Option<String> {
    let corrected = case.life.as_ref().and_then(|life| life.suggested.as_ref());
    if let Some(suggestion) = corrected {
        let unit = suggestion.unit.as_ref();
        let unit = unit.filter(|unit| **unit != case.row.lead);
        return unit.map(ToString::to_string);
    }
    let lead = &case.decision.lead;
    let is_new =
        [shared::case::RECEIVED, shared::case::VERIFYING].contains(&case.row.state.as_str());
    let fits = !case.decision.needs_person
        && !shared::unit::is_pool(lead)
        && (is_new || *lead != case.row.lead);
    fits.then(|| lead.to_string())
}

/// The condition that the case stands on now.
fn reported_condition(case: &CaseDetail) -> String {
    let conditions = case.life.iter().flat_map(|life| &life.conditions);
    let mut conditions = conditions.filter(|(_, name)| *name == case.condition_name);
    conditions
        .next()
        .map_or_else(String::new, |(id, _)| id.to_string())
}

/// Buttons, or the open form.
#[component]
pub(crate) fn Moves(
    #[prop(into)] case: Signal<Option<CaseDetail>>,
    form: MoveForm,
    /// The case changed: nothing is sent before somebody has looked.
    #[prop(into)]
    held: Signal<bool>,
    wants: Wants,
    on_submit: Callback<()>,
    on_cancel: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    let lots =
        Memo::new(move |_| case.with(|case| case.as_ref().map(plan::lots).unwrap_or_default()));
    let begin = Callback::new(move |begun: Begun| {
        case.with_untracked(|case| form.begin(desk, begun, case.as_ref()));
        bring_into_view("moves");
    });
    move || match form.open.get() {
        Some(begun) => view! {
            <FilledIn
                begun=begun
                case=case
                form=form
                held=held
                wants=wants
                on_submit=on_submit
                on_cancel=on_cancel
            />
        }
        .into_any(),
        None => buttons(desk, lots.get(), begin).into_any(),
    }
}

/// The buttons of a case; the fold is open when it holds all there is.
fn buttons(desk: Desk, lots: plan::Lots, begin: Callback<Begun>) -> impl IntoView {
    let plan::Lots {
        next,
        more,
        apart,
        answers,
    } = lots;
    if next.is_none() && more.is_empty() && apart.is_empty() && answers.is_empty() {
        return view! {
            <p class="second" data-test="no-moves">{move || desk.say(words::NO_MOVES)}</p>
        }
        .into_any();
    }
    let folds = next.is_some() || !answers.is_empty();
    let row = move |lot: Vec<Begun>| {
        let buttons = lot.into_iter().map(|begun| button(desk, begun, "", begin));
        view! { <div class="row moves">{buttons.collect_view()}</div> }
    };
    let answers = (!answers.is_empty()).then(|| {
        let buttons = answers.into_iter().map(|begun| {
            let class = if begun.allowed.kind == Move::Grant {
                "primary"
            } else {
                ""
            };
            button(desk, begun, class, begin)
        });
        view! { <div class="row moves" data-test="answers">{buttons.collect_view()}</div> }
    });
    let next = next.map(|begun| {
        let button = button(desk, begun, "primary", begin);
        view! { <div class="row moves">{button}</div> }
    });
    let ends = (!apart.is_empty()).then(|| {
        view! {
            <div class="apart stack tight" role="group" aria-labelledby="moves-apart">
                <small id="moves-apart">{move || desk.say(words::APART)}</small>
                {row(apart)}
            </div>
        }
    });
    let has_more = !more.is_empty() || ends.is_some();
    let more = view! { <div class="stack tight">{row(more)} {ends}</div> };
    let rest = match (has_more, folds) {
        (false, _) => None,
        (true, false) => Some(more.into_any()),
        (true, true) => Some(
            view! {
                <details id="moves-more">
                    <summary>{move || desk.say(words::MORE_MOVES)}</summary>
                    {more}
                </details>
            }
            .into_any(),
        ),
    };
    view! { <div class="stack tight" data-test="moves">{answers} {next} {rest}</div> }.into_any()
}

fn button(
    desk: Desk,
    begun: Begun,
    class: &'static str,
    begin: Callback<Begun>,
) -> impl IntoView + use<> {
    let named = begun.clone();
    view! {
        <button
            type="button"
            class=class
            id=begun.id()
            data-test="move"
            on:click=move |_| begin.run(begun.clone())
        >
            <Icon shape=shape(&named)/>
            {move || named.words(desk.lang.get())}
        </button>
    }
}
