//! Rounds of a draft: a new one, another one in its place, retired or brought back.

use super::said::Said;
use super::{Change, Sheet, Spot};
use crate::components::picker::Picker;
use crate::components::states::{Empty, FormProblem};
use crate::desk::Desk;
use crate::words;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use shared::catalogue::edit::CatalogueEdit;
use shared::id::AreaCode;
use shared::label::{self, Lang};
use shared::patrol::{Round, points_text, read_points};

/// Which form is open.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Opened {
    Nothing,
    New,
    Old(Round),
}

/// The rounds, each with its buttons, and the form of one of them.
#[component]
pub(super) fn Rounds(sheet: Sheet) -> impl IntoView {
    let desk = Desk::here();
    let opened = RwSignal::new(Opened::Nothing);
    desk.want_areas();
    let rounds = Memo::new(move |_| {
        let shown = sheet.shown.read();
        shown
            .as_ref()
            .map_or_else(Vec::new, |detail| detail.doc.patrols.clone())
    });
    let list = move || {
        let rounds = rounds.get();
        if rounds.is_empty() {
            return view! { <Empty what=words::ROUNDS_EMPTY how=words::ROUNDS_EMPTY_HOW/> }
                .into_any();
        }
        let rows = rounds
            .into_iter()
            .map(|round| view! { <Row sheet=sheet round=round opened=opened/> });
        view! { <ul class="stack tight">{rows.collect_view()}</ul> }.into_any()
    };
    view! {
        <section class="card stack" id="draft-rounds">
            <h2>{move || desk.say(words::ROUNDS)}</h2>
            <p class="second">{move || desk.say(words::ROUNDS_WHAT)}</p>
            {list}
            <Said sheet=sheet spot=Spot::Rounds/>
            <div>
                <button type="button" id="round-new" on:click=move |_| opened.set(Opened::New)>
                    {move || desk.say(words::ROUND_NEW)}
                </button>
            </div>
            {move || {
                let before = match opened.get() {
                    Opened::Nothing => return None,
                    Opened::New => None,
                    Opened::Old(round) => Some(round),
                };
                Some(view! { <Form sheet=sheet before=before opened=opened/> })
            }}
        </section>
    }
}

#[component]
fn Row(sheet: Sheet, round: Round, opened: RwSignal<Opened>) -> impl IntoView {
    let desk = Desk::here();
    let Round {
        id,
        name,
        area,
        retired,
        ..
    } = round.clone();
    let place = move || {
        let code = area.to_string();
        desk.areas.with(|areas| {
            let mut areas = areas.iter().flatten();
            let found = areas.find(|one| one.code == code);
            found.map_or(code.clone(), |one| format!("{} {}", one.detail, one.name))
        })
    };
    let count = round.points.len();
    let badge = move || {
        let word = desk.say(words::PATROL_RETIRED);
        retired.then(|| view! { <span class="badge" data-state="waiting">{word}</span> })
    };
    let (of, called) = (id.clone(), name.clone());
    let retire = move |_| {
        let edit = CatalogueEdit::RetireRound {
            round: of.clone(),
            retired: !retired,
        };
        sheet.change(Change::Edit(edit));
    };
    let word = if retired {
        words::ROUND_AGAIN
    } else {
        words::ROUND_RETIRE
    };
    let (change_label, retire_label) = {
        let other = called.clone();
        (
            move || format!("{} {called}", desk.say(words::ROUND_CHANGE)),
            move || format!("{} {other}", desk.say(word)),
        )
    };
    view! {
        <li class="row between" data-test="draft-round" data-round=id>
            <span class="grow">
                <strong>{name}</strong> " " {badge} " "
                <small class="second">
                    {place} " · " {move || words::points(count, desk.lang.get())}
                </small>
            </span>
            <span class="row">
                <button
                    type="button"
                    data-test="round-change"
                    aria-label=change_label
                    on:click=move |_| opened.set(Opened::Old(round.clone()))
                >
                    {move || desk.say(words::ROUND_CHANGE)}
                </button>
                <button
                    type="button"
                    data-test="round-retire"
                    aria-label=retire_label
                    prop:disabled=sheet.held
                    on:click=retire
                >
                    {move || desk.say(word)}
                </button>
            </span>
        </li>
    }
}

/// What is filled in.
#[derive(Clone, Copy)]
struct Fields {
    name: RwSignal<String>,
    area: RwSignal<Option<String>>,
    points: RwSignal<String>,
}

impl Fields {
    fn of(before: Option<&Round>) -> Self {
        let text = |text: Option<String>| RwSignal::new(text.unwrap_or_default());
        Self {
            name: text(before.map(|round| round.name.clone())),
            area: RwSignal::new(before.map(|round| round.area.to_string())),
            points: text(before.map(|round| points_text(&round.points))),
        }
    }

    /// The round, or what is missing or wrong.
    fn whole(self, before: Option<&Round>, lang: Lang) -> Result<Round, String> {
        let area = AreaCode::new(self.area.get_untracked().unwrap_or_default());
        let area = area.map_err(|_none| words::ORDER_AREA_MISSING.of(lang).to_owned())?;
        let known = before.map(|round| round.points.as_slice());
        let text = self.points.get_untracked();
        let points = read_points(&text, known.unwrap_or_default());
        let points = points.map_err(|fault| words::point_line(fault.line, lang))?;
        let round = Round {
            id: before.map_or_else(String::new, |round| round.id.clone()),
            name: self.name.get_untracked().trim().to_owned(),
            area,
            points,
            retired: before.is_some_and(|round| round.retired),
        };
        match round.check() {
            Ok(()) => Ok(round),
            Err(fault) => {
                let end = lang.pick("。", ".");
                Err(format!("{}{end}", label::round_fault(fault, lang)))
            }
        }
    }
}

#[component]
fn Form(sheet: Sheet, before: Option<Round>, opened: RwSignal<Opened>) -> impl IntoView {
    let desk = Desk::here();
    let fields = Fields::of(before.as_ref());
    let problem = RwSignal::new(None::<String>);
    // What went wrong with the form that was open before is not of this one.
    sheet.forget(Spot::Round);
    // What was taken closes the form, unless something else of the draft was.
    let sent = StoredValue::new(false);
    Effect::new(move |_| {
        let done = sheet.done.get();
        let of_round = |(at, _): &(Spot, String)| matches!(at, Spot::Round | Spot::Newer);
        let refused = sheet
            .problem
            .with(|problem| problem.as_ref().is_some_and(of_round));
        if refused {
            sent.set_value(false);
        }
        if done && sent.get_value() {
            opened.set(Opened::Nothing);
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match fields.whole(before.as_ref(), desk.lang.get_untracked()) {
            Ok(round) => {
                problem.set(None);
                sent.set_value(true);
                sheet.change(Change::Edit(CatalogueEdit::Round { round }));
            }
            Err(words) => problem.set(Some(words)),
        }
    };
    view! {
        <form class="stack narrow" id="round-form" on:submit=submit>
            <div class="field">
                <label for="round-name">{move || desk.say(words::ROUND_NAME)}</label>
                <input
                    id="round-name"
                    autocomplete="off"
                    maxlength="60"
                    prop:value=fields.name
                    on:input=move |event| fields.name.set(event_target_value(&event))
                />
            </div>
            <Picker
                id="round-area"
                label=words::ROUND_AREA
                choices=desk.areas
                value=fields.area
                on_choose=Callback::new(move |code| fields.area.set(code))
                on_want=Callback::new(move |()| desk.want_areas())
                problem=desk.areas_problem
            />
            <div class="field">
                <label for="round-points">{move || desk.say(words::ROUND_POINTS)}</label>
                <textarea
                    id="round-points"
                    rows="8"
                    spellcheck="false"
                    aria-describedby="round-points-hint"
                    prop:value=fields.points
                    on:input=move |event| fields.points.set(event_target_value(&event))
                ></textarea>
                <p class="hint" id="round-points-hint">
                    {move || desk.say(words::ROUND_POINTS_HINT)}
                </p>
            </div>
            <FormProblem words=problem/>
            <Said sheet=sheet spot=Spot::Round/>
            <div class="row">
                <button type="submit" class="primary" id="round-save" prop:disabled=sheet.held>
                    {move || desk.say(words::ROUND_SAVE)}
                </button>
                <button
                    type="button"
                    id="round-cancel"
                    on:click=move |_| opened.set(Opened::Nothing)
                >
                    {move || desk.say(words::CANCEL)}
                </button>
            </div>
        </form>
    }
}
