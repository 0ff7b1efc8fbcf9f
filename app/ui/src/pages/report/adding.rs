//! What the worker may add to a filed report: a note, a correction, photos, its withdrawal; and
//! what was added so far. All of it works without a network.

use crate::backend::{self, Answer};
use crate::components::icon::{Icon, Shape};
use crate::components::notice::ProblemNotice;
use crate::components::photos::chosen_files;
use crate::state::{shared, speaker};
use crate::words::{self, Word, unknown_problem};
use js_sys::Uint8Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::addition::{Addition, Amendment, Note, Objection, Withdrawal};
use shared::case::CONTEST_MS_MAX;
use shared::id::ReportId;
use shared::label;
use shared::operation::kind as operation_kind;
use shared::report::PhotoRole;
use shared::time::Timestamp;
use shared::wire::handheld::{AdditionStatus, AdditionView, Problem, ReportDetail, ReportStatus};

/// Which words are being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Note,
    Amend,
    Withdraw,
    Contest,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Contest, Self::Note, Self::Amend, Self::Withdraw];

    const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Amend => "amend",
            Self::Withdraw => "withdraw",
            Self::Contest => "contest",
        }
    }

    const fn word(self) -> Word {
        match self {
            Self::Note => words::ADD_NOTE,
            Self::Amend => words::ADD_AMEND,
            Self::Withdraw => words::ADD_WITHDRAW,
            Self::Contest => words::ADD_CONTEST,
        }
    }

    const fn help(self) -> Word {
        match self {
            Self::Note => words::ADD_NOTE_HELP,
            Self::Amend => words::ADD_AMEND_HELP,
            Self::Withdraw => words::ADD_WITHDRAW_HELP,
            Self::Contest => words::ADD_CONTEST_HELP,
        }
    }

    fn addition(self, text: String) -> Addition {
        match self {
            Self::Note => Addition::Note(Note { text }),
            Self::Amend => Addition::Amend(Amendment {
                text,
                ..Amendment::default()
            }),
            Self::Withdraw => Addition::Withdraw(Withdrawal { reason: text }),
            Self::Contest => Addition::Contest(Objection { reason: text }),
        }
    }
}

/// Whether a case that has ended may still get this: a note and photos always may.
fn is_offered(kind: Kind, detail: &ReportDetail, now: Timestamp) -> bool {
    let closed = detail.row.status == ReportStatus::Closed;
    let withdrawn = detail
        .additions
        .iter()
        .any(|addition| addition.kind == operation_kind::REPORT_WITHDRAW);
    match kind {
        Kind::Note => true,
        Kind::Amend => !closed,
        Kind::Withdraw => !closed && !withdrawn,
        Kind::Contest => detail.contest_until.is_some_and(|until| {
            let closed = until.plus_ms(-CONTEST_MS_MAX);
            let mut contests = detail
                .additions
                .iter()
                .filter(|addition| addition.kind == operation_kind::CASE_CONTEST);
            now.since(until) <= 0 && !contests.any(|contest| contest.made.since(closed) >= 0)
        }),
    }
}

/// Buttons, the form that one of them opens, and the list of what was added. Drawn once: what is
/// being written stays while the report around it moves on.
#[component]
pub(super) fn Adding(report: ReportId, detail: Memo<Option<ReportDetail>>) -> impl IntoView {
    let t = speaker();
    let open = RwSignal::new(None::<Kind>);
    let problem = RwSignal::new(None::<Problem>);
    let busy = RwSignal::new(false);
    let now = shared().now;
    let additions = move || detail.with(|detail| detail.as_ref().map(|d| d.additions.clone()));
    let offered = move |kind| {
        detail.with(|detail| {
            detail
                .as_ref()
                .is_some_and(|detail| is_offered(kind, detail, now.get()))
        })
    };
    let button = move |kind: Kind| {
        view! {
            <Show when=move || offered(kind)>
                <button
                    type="button"
                    class="quiet"
                    id=format!("add-{}", kind.name())
                    aria-expanded=move || (open.get() == Some(kind)).to_string()
                    on:click=move |_| {
                        problem.set(None);
                        open.update(|now| *now = (*now != Some(kind)).then_some(kind));
                    }
                >
                    {t.say(kind.word())}
                </button>
            </Show>
        }
    };
    view! {
        <section class="card stack tight" id="report-additions">
            <h2><Icon shape=Shape::Pencil /> {t.say(words::ADD_TITLE)}</h2>
            {move || additions().map(|additions| view! { <Made additions /> })}
            <div class="pair">
                {Kind::ALL.into_iter().map(button).collect_view()}
                <PhotoButton report busy problem />
            </div>
            {move || problem.get().map(|problem| view! { <ProblemNotice problem /> })}
            {move || open.get().map(|kind| view! { <Words report kind open busy problem /> })}
        </section>
    }
}

/// What was added so far, each with where it stands.
#[component]
fn Made(additions: Vec<AdditionView>) -> impl IntoView {
    let t = speaker();
    let now = shared().now;
    let row = move |addition: AdditionView| {
        let (state, word) = match addition.status {
            AdditionStatus::OnDevice => ("soon", words::ADD_ON_DEVICE),
            AdditionStatus::Accepted => ("safe", words::ADD_ACCEPTED),
            AdditionStatus::NeedsAttention => ("late", words::ADD_ATTENTION),
        };
        let kind = label::operation(&addition.kind, t.0).unwrap_or(t.say(words::ADD_NOTE));
        view! {
            <li data-addition=addition.kind data-state=state>
                <p class="strong">{kind} " · " {t.say(word)}</p>
                <p class="second">{t.moment(addition.made, now.get_untracked())}</p>
                {(!addition.words.is_empty()).then(|| view! { <p>{addition.words}</p> })}
                {addition.problem.map(|problem| view! { <ProblemNotice problem /> })}
                {addition.said.map(|said| view! { <p class="second">{t.problem(&said)}</p> })}
            </li>
        }
    };
    view! { <ol class="course">{additions.into_iter().map(row).collect_view()}</ol> }
}

/// The form for words.
#[component]
fn Words(
    report: ReportId,
    kind: Kind,
    open: RwSignal<Option<Kind>>,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<Problem>>,
) -> impl IntoView {
    let t = speaker();
    let text = RwSignal::new(String::new());
    let shared = shared();
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        problem.set(None);
        let addition = kind.addition(text.get_untracked());
        spawn_local(async move {
            let kept = backend::add_to_report(report, &addition).await;
            busy.try_set(false);
            match kept {
                Ok(()) => {
                    open.try_set(None);
                    shared.look_again();
                }
                Err(refused) => shared.say(problem, refused),
            }
        });
    };
    view! {
        <form class="stack tight" id="addition-form" on:submit=send>
            <label for="addition-text">{t.say(kind.help())}</label>
            <textarea
                id="addition-text"
                rows="3"
                prop:value=text
                on:input=move |event| text.set(event_target_value(&event))
            ></textarea>
            <button type="submit" class="primary" id="addition-send" prop:disabled=busy>
                {t.say(words::ADD_SEND)}
            </button>
        </form>
    }
}

/// Opens camera or files; each photo chosen is kept at once.
#[component]
fn PhotoButton(
    report: ReportId,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<Problem>>,
) -> impl IntoView {
    let t = speaker();
    let shared = shared();
    let take = move |event: leptos::ev::Event| {
        let Some(file) = chosen_files(&event).into_iter().next() else {
            return;
        };
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let kept = add_photo(report, &file).await;
            busy.try_set(false);
            match kept {
                Ok(()) => shared.look_again(),
                Err(refused) => shared.say(problem, refused),
            }
        });
    };
    view! {
        <label class="button picker quiet">
            <Icon shape=Shape::Images />
            <span>{t.say(words::ADD_PHOTO)}</span>
            <input id="add-photo" type="file" accept="image/*" prop:disabled=busy on:change=take />
        </label>
    }
}

async fn add_photo(report: ReportId, file: &web_sys::File) -> Answer<()> {
    let buffer = wasm_bindgen_futures::JsFuture::from(file.array_buffer())
        .await
        .map_err(|_| unknown_problem("file"))?;
    backend::add_report_photo(report, PhotoRole::Near, &Uint8Array::new(&buffer)).await
}
