//! 随手拍: one page, filled from top to bottom as facts arrive, with what would happen and the
//! send button in thumb reach. Everything is kept as it is entered; leaving loses nothing.

use crate::components::field::Switch;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::{ProblemNotice, UndoBar};
use crate::components::photos::PhotoStrip;
use crate::components::similar::SimilarQuestion;
use crate::pages::category::CategorySection;
use crate::pages::form::{Form, Kept, form};
use crate::pages::place::PlaceSection;
use crate::route::Route;
use crate::state::{shared, speaker};
use crate::words;
use leptos::prelude::*;
use shared::contact::NAME_CHARS_LIMIT;
use shared::id::DraftId;
use shared::report::TEXT_CHARS_LIMIT;
use shared::routing::Decision;
use wasm_bindgen::JsCast;

/// Characters left at which the counter appears.
const TEXT_COUNTER_FROM: usize = 500;

/// A new report, or a draft.
#[component]
pub(crate) fn Capture(draft: Option<DraftId>) -> impl IntoView {
    let t = speaker();
    let form = form();
    let shared = shared();
    form.open(draft, shared);
    on_cleanup(move || form.leave());
    // On a phone the camera comes up by itself: one tap from home to the picture.
    if draft.is_none() && shared.about.get_untracked().camera {
        request_animation_frame(open_camera);
    }
    let is_shut = move || form.sending.get() || form.loading.get();
    view! {
        <div class="page capture">
            <header class="row bar">
                <a class="button quiet" id="back" href=Route::Home.href()>
                    <Icon shape=Shape::ArrowLeft />
                    {t.say(words::BACK)}
                </a>
                <h1 class="grow">{t.say(words::CAPTURE_TITLE)}</h1>
                <KeptLine form />
            </header>
            {move || match form.kept.get() {
                Kept::No(problem) => Some(view! { <ProblemNotice problem /> }),
                Kept::Nothing | Kept::Writing | Kept::Yes => None,
            }}
            // What is being sent can't be changed any more, and what isn't read yet not at all.
            <fieldset class="capture-parts" id="capture-parts" prop:disabled=is_shut>
                <section class="card stack" id="section-photos" aria-labelledby="photos-title" tabindex="-1">
                    <h2 id="photos-title"><Icon shape=Shape::Camera /> {t.say(words::PHOTOS)}</h2>
                    <PhotoStrip />
                    {move || form.problem.get().map(|problem| view! { <ProblemNotice problem /> })}
                </section>
                <PlaceSection />
                <CategorySection />
                <SimilarQuestion />
                <WordsSection form />
            </fieldset>
            <footer class="send-bar">
                <PreviewCard form />
                <Faults form />
                {move || form.send_problem.get().map(|problem| view! { <ProblemNotice problem /> })}
                <button
                    id="send"
                    type="button"
                    class="primary wide"
                    aria-disabled=move || form.sending.get().then_some("true")
                    on:click=move |_| form.send(shared)
                >
                    <Icon shape=Shape::Send />
                    {t.say(words::SEND)}
                </button>
            </footer>
            {move || form.removed.with(|removed| removed.last().copied()).map(|photo| view! {
                <UndoBar
                    text=t.say(words::PHOTO_REMOVED)
                    undo=move || form.removed.update(|removed| removed.retain(|other| *other != photo))
                />
            })}
        </div>
    }
}

fn open_camera() {
    let input = document()
        .get_element_by_id("photo-camera")
        .and_then(|input| input.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(input) = input {
        input.click();
    }
}

/// Whether what was entered is on the device.
#[component]
fn KeptLine(form: Form) -> impl IntoView {
    let t = speaker();
    view! {
        <p class="second" role="status" id="kept" data-kept=move || match form.kept.get() {
            Kept::Nothing => "nothing",
            Kept::Writing => "writing",
            Kept::Yes => "yes",
            Kept::No(_) => "no",
        }>
            {move || match form.kept.get() {
                Kept::Nothing => None,
                Kept::Writing => Some(t.say(words::CAPTURE_SAVING)),
                Kept::Yes => Some(t.say(words::CAPTURE_SAVED)),
                Kept::No(_) => Some(t.say(words::CAPTURE_NOT_SAVED)),
            }}
        </p>
    }
}

/// The worker's words, and whether it is already put right.
#[component]
fn WordsSection(form: Form) -> impl IntoView {
    let t = speaker();
    let left = move || {
        let used = form.text.with(|text| text.chars().count());
        let left = TEXT_CHARS_LIMIT.saturating_sub(used);
        (left <= TEXT_COUNTER_FROM).then(|| t.with(words::WORDS_LEFT, left))
    };
    view! {
        <section class="card stack" id="section-words">
            <div class="field">
                <label for="report-text">{t.say(words::WORDS)}</label>
                <textarea
                    id="report-text"
                    rows="3"
                    maxlength=TEXT_CHARS_LIMIT.to_string()
                    placeholder=t.say(words::WORDS_HINT)
                    prop:value=move || form.text.get()
                    on:input=move |event| {
                        form.text.set(event_target_value(&event));
                        form.changed();
                    }
                ></textarea>
                <p class="hint" role="status">{left}</p>
            </div>
            <ContactFields form=form/>
            <Switch
                id="self-fixed"
                label=t.say(words::SELF_FIXED)
                help=t.say(words::SELF_FIXED_HELP)
                on=form.self_fixed
                change=move |on| form.set_self_fixed(on)
            />
        </section>
    }
}

/// Whom to call, if somebody asks for help and agrees.
#[component]
fn ContactFields(form: Form) -> impl IntoView {
    let t = speaker();
    let line = move |id: &'static str, word, kind: &'static str, value: RwSignal<String>| {
        view! {
            <div class="field">
                <label for=id>{t.say(word)}</label>
                <input
                    id=id
                    type=kind
                    autocomplete="off"
                    maxlength=NAME_CHARS_LIMIT.to_string()
                    prop:value=move || value.get()
                    on:input=move |event| {
                        value.set(event_target_value(&event));
                        form.changed();
                    }
                />
            </div>
        }
    };
    view! {
        <details id="contact">
            <summary>{t.say(words::CONTACT)}</summary>
            <p class="hint">{t.say(words::CONTACT_HELP)}</p>
            {line("contact-name", words::CONTACT_NAME, "text", form.contact_name)}
            {line("contact-phone", words::CONTACT_PHONE, "tel", form.contact_phone)}
        </details>
    }
}

/// Who would get it, by when, and why.
#[component]
fn PreviewCard(form: Form) -> impl IntoView {
    let t = speaker();
    let decision = Memo::new(move |_| {
        form.preview
            .with(|preview| preview.as_ref().map(|preview| preview.decision.clone()))
    });
    view! {
        <div class="preview" id="preview" role="status" aria-label=t.say(words::PREVIEW)>
            {move || match decision.get() {
                None => view! { <p class="second">{t.say(words::PREVIEW_MISSING)}</p> }.into_any(),
                Some(decision) => view! { <Decided decision self_fixed=form.self_fixed.get() /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Decided(decision: Decision, self_fixed: bool) -> impl IntoView {
    let t = speaker();
    let now = shared().now.get_untracked();
    let lead = if self_fixed {
        words::PREVIEW_SELF
    } else {
        words::PREVIEW_TO
    };
    let name = if self_fixed {
        t.say(words::SELF_FIXED).to_owned()
    } else {
        decision.lead_name.clone()
    };
    let limit = Some(decision.limit).filter(|limit| !self_fixed && !limit.is_empty());
    let until = decision
        .deadline_ms
        .filter(|_| !self_fixed)
        .map(|deadline| t.with(words::PREVIEW_BY, t.moment(deadline, now)));
    view! {
        <details>
            <summary>
                <span>
                    {t.say(lead)} " "
                    <strong id="preview-lead" data-unit=decision.lead.to_string()>{name}</strong>
                    {limit.map(|limit| format!(" · {limit}"))}
                    <span class="second block">
                        {until.map(|until| format!("{until} · "))}
                        {t.say(words::PREVIEW_BASIS)} {t.0.pick("：", ": ")} {decision.rule.clone()}
                    </span>
                </span>
            </summary>
            <ol class="reasons">
                {decision.because.into_iter().map(|reason| view! { <li>{reason}</li> }).collect_view()}
            </ol>
        </details>
    }
}

/// What is still missing, after the worker asked to send.
#[component]
fn Faults(form: Form) -> impl IntoView {
    let t = speaker();
    let faults = Memo::new(move |_| {
        form.draft.with(|draft| {
            draft
                .as_ref()
                .map(|draft| draft.faults.clone())
                .unwrap_or_default()
        })
    });
    move || {
        let faults = faults.get();
        (form.show_faults.get() && !faults.is_empty()).then(|| {
            view! {
                <div class="faults error-text" role="alert" id="faults">
                    {t.say(words::SEND_MISSING)}
                    <ul>
                        {faults.into_iter().map(|fault| {
                            let words = t.problem(&fault);
                            view! { <li data-fault=fault.code>{words}</li> }
                        }).collect_view()}
                    </ul>
                </div>
            }
        })
    }
}
