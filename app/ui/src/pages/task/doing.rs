//! Doing a task: photos, what was found, words. Each is kept on the device as it comes; leaving
//! loses nothing.

use crate::backend::{self, Answer, role_key};
use crate::components::icon::{Icon, Shape};
use crate::components::notice::ProblemNotice;
use crate::components::photos::chosen_files;
use crate::state::{Shared, shared, speaker};
use crate::words::{self, unknown_problem};
use gloo_timers::future::TimeoutFuture;
use js_sys::Uint8Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::case::Found;
use shared::id::CaseId;
use shared::label;
use shared::operation::kind::CASE_VERIFY;
use shared::report::{PHOTOS_LIMIT, PhotoRole};
use shared::wire::handheld::{PhotoView, Problem, TaskDetail, TaskStanding};

/// A pause in typing after which the words are kept.
const PAUSE_MS: u32 = 300;
/// How long the question stands before something is destroyed.
const SURE_MS: u32 = 6_000;
const FOUND: [Found; 3] = [Found::Yes, Found::No, Found::Unable];
const ROLES: [PhotoRole; 3] = [PhotoRole::Near, PhotoRole::Far, PhotoRole::After];

/// What is being done. Every member is a handle, so copies are the same thing.
#[derive(Clone, Copy)]
struct Work {
    shared: Shared,
    case: CaseId,
    is_check: bool,
    found: RwSignal<Option<Found>>,
    reason: RwSignal<String>,
    photos: RwSignal<Vec<PhotoView>>,
    problem: RwSignal<Option<Problem>>,
    busy: RwSignal<bool>,
    /// It is being sent: nothing of it can be changed.
    finishing: RwSignal<bool>,
    /// It was asked whether all of it is to be forgotten.
    sure: RwSignal<bool>,
    edits: StoredValue<u32>,
    /// Something was changed that isn't kept yet.
    unkept: StoredValue<bool>,
}

impl Work {
    fn of(case: CaseId, kind: &str, known: Option<TaskDetail>) -> Self {
        let known = known.filter(|known| known.draft.is_some());
        let (found, reason, photos) = known
            .map(|known| (known.found, known.reason, known.photos))
            .unwrap_or_default();
        Self {
            shared: shared(),
            case,
            is_check: kind != CASE_VERIFY,
            found: RwSignal::new(found),
            reason: RwSignal::new(reason),
            photos: RwSignal::new(photos),
            problem: RwSignal::new(None),
            busy: RwSignal::new(false),
            finishing: RwSignal::new(false),
            sure: RwSignal::new(false),
            edits: StoredValue::new(0),
            unkept: StoredValue::new(false),
        }
    }

    /// Keeps what was found, after a pause in typing.
    fn changed(self) {
        self.stop_keeping();
        self.unkept.set_value(true);
        let edits = self.edits.get_value();
        spawn_local(async move {
            TimeoutFuture::new(PAUSE_MS).await;
            if self.edits.try_get_value() == Some(edits) {
                self.unkept.set_value(false);
                self.say(self.keep().await);
            }
        });
    }

    /// Keeps what was changed a moment ago; the page is about to go.
    fn leave(self) {
        if !self.unkept.get_value() {
            return;
        }
        let (found, reason) = (self.found.get_untracked(), self.reason.get_untracked());
        let (shared, case) = (self.shared, self.case);
        spawn_local(async move {
            if let Err(problem) = keep(case, found, &reason).await {
                shared.late.set(Some(problem));
            }
            shared.look_again();
        });
    }

    async fn keep(self) -> Answer<()> {
        let found = self.found.get_untracked();
        let reason = self.reason.get_untracked();
        keep(self.case, found, &reason).await
    }

    fn say(self, answer: Answer<()>) {
        self.problem.try_set(answer.err());
    }

    /// What the next photo most likely shows.
    fn next_role(self) -> PhotoRole {
        match self.photos.with_untracked(Vec::len) {
            0 if self.is_check => PhotoRole::After,
            0 => PhotoRole::Near,
            _ => PhotoRole::Far,
        }
    }

    async fn add(self, file: &web_sys::File) -> Answer<()> {
        // Asked first: the form may be gone when the file has been read.
        let role = self.next_role();
        let draft = backend::take_up_task(self.case).await?.draft;
        let draft = draft.ok_or_else(|| unknown_problem("draft"))?;
        let buffer = wasm_bindgen_futures::JsFuture::from(file.array_buffer())
            .await
            .map_err(|_| unknown_problem("file"))?;
        let view = backend::add_photo(draft, role, &Uint8Array::new(&buffer)).await?;
        self.photos.try_set(view.photos);
        Ok(())
    }

    async fn set_role(self, photo: i64, role: PhotoRole) -> Answer<()> {
        let draft = backend::take_up_task(self.case).await?.draft;
        let draft = draft.ok_or_else(|| unknown_problem("draft"))?;
        let view = backend::set_photo_role(draft, photo, role).await?;
        self.photos.try_set(view.photos);
        Ok(())
    }

    async fn remove(self, photo: i64) -> Answer<()> {
        let draft = backend::take_up_task(self.case).await?.draft;
        let draft = draft.ok_or_else(|| unknown_problem("draft"))?;
        let view = backend::remove_photo(draft, photo).await?;
        self.photos.try_set(view.photos);
        Ok(())
    }

    /// Does something while the buttons wait, and says what went wrong.
    fn during(self, act: impl Future<Output = Answer<()>> + 'static) {
        self.busy.set(true);
        self.problem.set(None);
        spawn_local(async move {
            let answer = act.await;
            self.busy.try_set(false);
            self.shared.say_if_late(answer.as_ref().err().cloned());
            match answer {
                Ok(()) => self.say(Ok(())),
                Err(problem) => self.shared.say(self.problem, problem),
            }
            self.shared.look_again();
        });
    }

    /// What was typed a moment ago is not kept by itself any more.
    fn stop_keeping(self) {
        // The page may be gone.
        self.edits
            .try_update_value(|edits| *edits = edits.wrapping_add(1));
        self.unkept.try_set_value(false);
    }

    fn finish(self) {
        self.stop_keeping();
        self.finishing.set(true);
        self.during(async move {
            let answer = self.send().await;
            self.finishing.try_set(false);
            answer
        });
    }

    async fn send(self) -> Answer<()> {
        self.keep().await?;
        backend::finish_task(self.case).await.map(drop)
    }

    /// Forgets photos and words, when that is what is meant; the screen keeps them until the device
    /// has forgotten them.
    fn put_down(self) {
        if !is_sure(self.sure) {
            return;
        }
        self.stop_keeping();
        let (found, reason) = (self.found.get_untracked(), self.reason.get_untracked());
        self.during(async move {
            if let Err(problem) = backend::put_down_task(self.case).await {
                // What was typed a moment ago stays on the device with the rest.
                let _ = backend::set_task(self.case, found, &reason).await;
                return Err(problem);
            }
            self.stop_keeping();
            self.found.try_set(None);
            self.reason.try_set(String::new());
            self.photos.try_set(Vec::new());
            Ok(())
        });
    }
}

async fn keep(case: CaseId, found: Option<Found>, reason: &str) -> Answer<()> {
    backend::take_up_task(case).await?;
    backend::set_task(case, found, reason).await
}

/// Whether this is the second press of two: the first asks, and after a while the question is
/// withdrawn.
fn is_sure(asked: RwSignal<bool>) -> bool {
    if asked.get_untracked() {
        asked.set(false);
        return true;
    }
    asked.set(true);
    spawn_local(async move {
        TimeoutFuture::new(SURE_MS).await;
        asked.try_set(false);
    });
    false
}

/// The form of a task.
#[component]
pub(super) fn Doing(case: CaseId, kind: String, known: Memo<Option<TaskDetail>>) -> impl IntoView {
    let t = speaker();
    let work = Work::of(case, &kind, known.get_untracked());
    on_cleanup(move || work.leave());
    let standing = Memo::new(move |_| known.with(|k| k.as_ref().map(|k| k.row.standing)));
    let unable = move || work.found.get() == Some(Found::Unable);
    view! {
        <section class="card stack" id="task-doing">
            <h2><Icon shape=Shape::Pencil /> {t.say(words::TASK_DO)}</h2>
            <fieldset class="stack" prop:disabled=work.finishing>
                <PhotosTaken work />
                <Choices work />
                <div class="field">
                    <label for="task-reason">
                        {move || t.say(if unable() { words::TASK_REASON_WHY } else { words::TASK_REASON })}
                    </label>
                    <textarea
                        id="task-reason"
                        rows="3"
                        prop:value=move || work.reason.get()
                        on:input=move |event| {
                            work.reason.set(event_target_value(&event));
                            work.changed();
                        }
                    ></textarea>
                </div>
            </fieldset>
            {move || work.problem.get().map(|problem| view! { <ProblemNotice problem /> })}
            <button
                type="button"
                class="primary wide"
                id="task-finish"
                prop:disabled=work.busy
                on:click=move |_| work.finish()
            >
                <Icon shape=Shape::Send />
                {move || t.say(match standing.get() {
                    Some(TaskStanding::Gone) => words::TASK_FINISH_LATE,
                    _ => words::TASK_FINISH,
                })}
            </button>
            <Show when=move || matches!(standing.get(), Some(TaskStanding::Begun | TaskStanding::Gone))>
                <button
                    type="button"
                    class="quiet"
                    id="task-put-down"
                    prop:disabled=work.busy
                    on:click=move |_| work.put_down()
                >
                    <Icon shape=Shape::Trash />
                    {move || t.say(if work.sure.get() {
                        words::TASK_PUT_DOWN_SURE
                    } else {
                        words::TASK_PUT_DOWN
                    })}
                </button>
            </Show>
        </section>
    }
}

/// 属实, 不属实, 无法核实; or 已整改到位, 未整改到位, 无法核查.
#[component]
fn Choices(work: Work) -> impl IntoView {
    let t = speaker();
    let choice = move |found: Found| {
        let word = if work.is_check {
            label::checked(found, t.0)
        } else {
            label::verified(found, t.0)
        };
        view! {
            <label class="check condition" class:chosen=move || work.found.get() == Some(found)>
                <input
                    type="radio"
                    name="task-found"
                    data-found=format!("{found:?}").to_lowercase()
                    prop:checked=move || work.found.get() == Some(found)
                    on:change=move |_| {
                        work.found.set(Some(found));
                        work.changed();
                    }
                />
                <span class="grow">{word}</span>
            </label>
        }
    };
    view! {
        <fieldset class="stack tight" id="task-choices">
            <legend class="strong">{t.say(words::TASK_DO)}</legend>
            {FOUND.into_iter().map(choice).collect_view()}
        </fieldset>
    }
}

/// The photos taken so far, each with what it shows, and the inputs for more.
#[component]
fn PhotosTaken(work: Work) -> impl IntoView {
    let t = speaker();
    let camera = shared().about.get_untracked().camera;
    let room = move || work.photos.with(Vec::len) < PHOTOS_LIMIT;
    view! {
        <ol class="photos" aria-label=t.say(words::PHOTOS)>
            <For
                each=move || work.photos.get().into_iter().enumerate()
                key=|(at, photo)| (*at, photo.id, photo.role)
                children=move |(at, photo)| view! { <Taken work at photo /> }
            />
        </ol>
        <p class="busy" role="status">
            {move || work.busy.get().then(|| t.say(words::PHOTO_BUSY))}
        </p>
        <Show when=room>
            <div class="pair">
                {camera.then(|| view! { <Picker work id="task-camera" camera=true /> })}
                <Picker work id="task-photo" camera=false />
            </div>
        </Show>
    }
}

#[component]
fn Taken(work: Work, at: usize, photo: PhotoView) -> impl IntoView {
    let t = speaker();
    let id = photo.id;
    let name = t.with(words::PHOTO_OF, at.saturating_add(1));
    let sure = RwSignal::new(false);
    let remove = move |_| {
        if is_sure(sure) {
            work.during(async move { work.remove(id).await });
        }
    };
    let choose = move |event| {
        let chosen = event_target_value(&event);
        let role = ROLES.into_iter().find(|role| role_key(*role) == chosen);
        work.during(async move { work.set_role(id, role.unwrap_or_default()).await });
    };
    view! {
        <li class="photo" data-photo=id.to_string()>
            <img src=photo.preview.clone() alt=name.clone() />
            <button
                type="button"
                class="remove"
                aria-label=format!("{} {name}", t.say(words::PHOTO_REMOVE))
                prop:disabled=work.busy
                on:click=remove
            >
                <Icon shape=Shape::Close />
            </button>
            <p class="hint" role="status">
                {move || sure.get().then(|| t.say(words::TASK_PHOTO_SURE))}
            </p>
            <select aria-label=format!("{} {name}", t.say(words::PHOTO_SHOWS)) on:change=choose>
                {ROLES.into_iter().map(|role| view! {
                    <option value=role_key(role) selected=role == photo.role>{t.photo_role(role)}</option>
                }).collect_view()}
            </select>
        </li>
    }
}

#[component]
fn Picker(work: Work, id: &'static str, camera: bool) -> impl IntoView {
    let t = speaker();
    let (shape, word) = if camera {
        (Shape::Camera, words::PHOTO_CAMERA)
    } else {
        (Shape::Images, words::PHOTO_FILE)
    };
    let take = move |event: leptos::ev::Event| {
        let Some(file) = chosen_files(&event).into_iter().next() else {
            return;
        };
        work.during(async move { work.add(&file).await });
    };
    view! {
        <label class="button picker">
            <Icon shape />
            <span>{t.say(word)}</span>
            <input
                id=id
                type="file"
                accept="image/*"
                capture=camera.then_some("environment")
                prop:disabled=work.busy
                on:change=take
            />
        </label>
    }
}
