//! 巡查: the points of a round, each ticked with what was seen; a report begun at a point names it.

use crate::backend;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::{ProblemNotice, reading};
use crate::components::report_row::short_place;
use crate::route::Route;
use crate::state::{self, Shared, last_good, live, shared, speaker};
use crate::words;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::label;
use shared::patrol::{Mark, NOTE_CHARS_LIMIT, OnRound, Seen};
use shared::wire::handheld::{
    AdditionStatus, MarkView, PatrolCard, PatrolPointView, PatrolView, Problem,
};

/// Presses so soon after a tick are the same press.
const SAME_PRESS_MS: u32 = 500;
const SEEN: [Seen; 3] = [Seen::Fine, Seen::Trouble, Seen::Unreached];

const fn seen_name(seen: Seen) -> &'static str {
    match seen {
        Seen::Fine => "fine",
        Seen::Trouble => "trouble",
        Seen::Unreached => "unreached",
    }
}

/// The rounds of the worker's places, for the page of tasks; nothing where there are none.
#[component]
pub(crate) fn Rounds() -> impl IntoView {
    let t = speaker();
    let rounds = live(backend::patrols);
    let item = move |card: PatrolCard| {
        let (done, all) = card.ticked;
        view! {
            <li>
                <a class="item" href=Route::Patrol.href_of(&card.id) data-patrol=card.id.clone()>
                    <span class="grow stack item-words">
                        <span class="item-title">{card.name}</span>
                        <span class="second item-line">
                            {short_place(&card.place)} " · "
                            {t.with(words::PATROL_TICKED, format!("{done}/{all}"))}
                        </span>
                    </span>
                    <Icon shape=Shape::ChevronRight />
                </a>
            </li>
        }
    };
    move || match rounds.get() {
        None => ().into_any(),
        Some(Err(problem)) => view! { <ProblemNotice problem /> }.into_any(),
        Some(Ok(cards)) if cards.is_empty() => ().into_any(),
        Some(Ok(cards)) => view! {
            <section class="stack tight">
                <h2 class="rule">{t.say(words::PATROL_TITLE)}</h2>
                <ul class="list items" id="patrols">
                    {cards.into_iter().map(item).collect_view()}
                </ul>
            </section>
        }
        .into_any(),
    }
}

/// One round; which one is in the address.
#[component]
pub(crate) fn Patrol() -> impl IntoView {
    let t = speaker();
    let round = Route::rest(&state::hash());
    // The web view may have written it with per cent signs.
    let plain = js_sys::decode_uri_component(&round).ok();
    let round = plain.and_then(|plain| plain.as_string()).unwrap_or(round);
    let detail = live(move || {
        let round = round.clone();
        async move { backend::patrol(&round).await }
    });
    let patrol = last_good(detail);
    view! {
        <div class="page stack">
            <header class="row bar">
                <a class="button quiet" id="back" href=Route::Tasks.href()>
                    <Icon shape=Shape::ArrowLeft />
                    {t.say(words::BACK)}
                </a>
                <h1 class="grow">{t.say(words::PATROL_TITLE)}</h1>
            </header>
            {reading(detail)}
            <Show when=move || patrol.with(Option::is_some)>
                <Points patrol />
            </Show>
        </div>
    }
}

/// The points of a round. A tick changes its own line and nothing else: what is being written stays.
#[component]
fn Points(patrol: Memo<Option<PatrolView>>) -> impl IntoView {
    let t = speaker();
    let card = move |of: fn(&PatrolCard) -> String| {
        patrol.with(|patrol| patrol.as_ref().map_or_else(String::new, |it| of(&it.card)))
    };
    let ticked = move || card(|card| format!("{}/{}", card.ticked.0, card.ticked.1));
    let round = patrol.with_untracked(|patrol| {
        let card = patrol.as_ref().map(|patrol| &patrol.card);
        card.map_or_else(String::new, |card| card.id.clone())
    });
    let points = move || patrol.get().map_or_else(Vec::new, |patrol| patrol.points);
    let beginning = RwSignal::new(false);
    view! {
        <section class="stack tight">
            <h2>{move || card(|card| card.name.clone())}</h2>
            <p class="second" role="status" id="patrol-ticked">
                {move || t.with(words::PATROL_TICKED, ticked())}
            </p>
            <p class="second">{t.say(words::PATROL_PRIVATE)}</p>
        </section>
        <ol class="list stack" id="patrol-points">
            <For
                each=points
                key=|point| (point.id.clone(), point.name.clone(), point.words.clone())
                children=move |point: PatrolPointView| {
                    let round = round.clone();
                    let mark = mark_of(patrol, point.id.clone());
                    view! { <Point round point mark beginning /> }
                }
            />
        </ol>
    }
}

/// The newest tick of a point, as it changes.
fn mark_of(patrol: Memo<Option<PatrolView>>, id: String) -> Memo<Option<MarkView>> {
    Memo::new(move |_| {
        patrol.with(|patrol| {
            let mut points = patrol.iter().flat_map(|patrol| patrol.points.iter());
            points
                .find(|point| point.id == id)
                .and_then(|point| point.mark.clone())
        })
    })
}

/// What is being written at a point. Every member is a handle, so copies are the same thing.
#[derive(Clone, Copy)]
struct Writing {
    note: RwSignal<String>,
    problem: RwSignal<Option<Problem>>,
    busy: RwSignal<bool>,
}

impl Writing {
    /// Ticks a point, once however quickly it is pressed. The note goes when it is kept.
    fn tick(self, at: OnRound, seen: Seen, shared: Shared) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        let mark = Mark {
            round: at.round,
            point: at.point,
            seen,
            note: self.note.get_untracked(),
        };
        spawn_local(async move {
            match backend::mark_point(&mark).await {
                Ok(()) => {
                    if self.note.try_get_untracked().as_ref() == Some(&mark.note) {
                        self.note.try_set(String::new());
                    }
                    shared.look_again();
                    TimeoutFuture::new(SAME_PRESS_MS).await;
                }
                Err(refused) => {
                    self.problem.try_set(Some(refused));
                }
            }
            self.busy.try_set(false);
        });
    }
}

/// A point: what to look at, what was seen, and a way to report what is wrong.
#[component]
fn Point(
    round: String,
    point: PatrolPointView,
    mark: Memo<Option<MarkView>>,
    beginning: RwSignal<bool>,
) -> impl IntoView {
    let t = speaker();
    let shared = shared();
    let note = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let writing = Writing {
        note,
        problem,
        busy: RwSignal::new(false),
    };
    let here = StoredValue::new(OnRound {
        round,
        point: point.id.clone(),
    });
    let report = move |_| begin_report(here.get_value(), beginning, problem);
    let button = move |seen: Seen| {
        view! {
            <button
                type="button"
                data-seen=seen_name(seen)
                on:click=move |_| writing.tick(here.get_value(), seen, shared)
            >
                {label::seen(seen, t.0)}
            </button>
        }
    };
    let label = format!("{} {}", point.name, t.say(words::PATROL_NOTE));
    view! {
        <li class="card stack tight" data-point=point.id>
            <h3>{point.name.clone()}</h3>
            {(!point.words.is_empty()).then(|| view! { <p>{point.words.clone()}</p> })}
            {move || mark.get().map(|mark| view! { <Ticked mark /> })}
            <input
                type="text"
                maxlength=NOTE_CHARS_LIMIT.to_string()
                aria-label=label
                placeholder=t.say(words::PATROL_NOTE)
                prop:value=note
                on:input=move |event| note.set(event_target_value(&event))
            />
            <div class="pair">{SEEN.into_iter().map(button).collect_view()}</div>
            {move || problem.get().map(|problem| view! { <ProblemNotice problem /> })}
            <button type="button" class="quiet" data-test="patrol-report" on:click=report>
                <Icon shape=Shape::Camera />
                {t.say(words::PATROL_REPORT)}
            </button>
        </li>
    }
}

/// Begins a report at a point and goes on to its form: one, however quickly it is pressed and
/// wherever on the page.
fn begin_report(at: OnRound, beginning: RwSignal<bool>, problem: RwSignal<Option<Problem>>) {
    if beginning.get_untracked() {
        return;
    }
    beginning.set(true);
    problem.set(None);
    spawn_local(async move {
        match backend::begin_report_on_round(&at).await {
            // The page goes; until then it stays shut.
            Ok(draft) => state::go(Route::Capture(Some(draft))),
            Err(refused) => {
                problem.try_set(Some(refused));
                beginning.try_set(false);
            }
        }
    });
}

#[component]
fn Ticked(mark: MarkView) -> impl IntoView {
    let t = speaker();
    let now = shared().now;
    let (shape, state, word) = match mark.status {
        AdditionStatus::OnDevice => (Shape::HardDrive, "waiting", words::ADD_ON_DEVICE),
        AdditionStatus::Accepted => (Shape::CircleCheck, "safe", words::ADD_ACCEPTED),
        AdditionStatus::NeedsAttention => (Shape::CircleAlert, "late", words::ADD_ATTENTION),
    };
    view! {
        <p>
            <span class="badge status" data-state=state>
                <Icon shape />
                <span>
                    {label::seen(mark.seen, t.0)} " · " {t.moment(mark.made, now.get_untracked())}
                    " · " {t.say(word)}
                </span>
            </span>
        </p>
        {(!mark.note.is_empty()).then(|| view! { <p class="second">{mark.note.clone()}</p> })}
    }
}
