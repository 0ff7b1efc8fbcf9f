//! A draft of the catalogue: files in and out, small changes in place, the review, a dry run, and
//! publishing. What is on the screen names its revision with every change; a change that comes after
//! somebody else's is not made, and whoever made it decides.

mod edits;
mod files;
mod newer;
mod publish;
mod review;
mod rounds;
mod trial;

use crate::api::{self, Problem};
use crate::components::states::{FormProblem, Loading, Trouble};
use crate::desk::Desk;
use crate::poll::Poll;
use crate::words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;
use shared::catalogue::edit::CatalogueEdit;
use shared::catalogue::parts::Part;
use shared::id::CatalogueDraftId;
use shared::wire::catalogue::{CatalogueDraftDetail, EditRequest};

/// A change of the draft, kept until it is made.
#[derive(Clone)]
enum Change {
    /// A small change in place.
    Edit(CatalogueEdit),
    /// A file of a part, or a whole workbook.
    File(Option<Part>, web_sys::File),
}

impl Change {
    /// Asks the server to make it on a revision.
    async fn make(
        self,
        id: CatalogueDraftId,
        base_revision: i64,
    ) -> Result<CatalogueDraftDetail, Problem> {
        match self {
            Self::Edit(edit) => {
                let edits = vec![edit];
                let request = EditRequest {
                    base_revision,
                    edits,
                };
                api::edit_draft(id, &request).await
            }
            Self::File(part, file) => api::import_part(id, part, base_revision, &file).await,
        }
    }
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Sheet {
    id: CatalogueDraftId,
    shown: RwSignal<Option<CatalogueDraftDetail>>,
    /// The draft as somebody else made it, while a change waits for a decision because of that.
    newer: RwSignal<Option<CatalogueDraftDetail>>,
    /// The change that was asked for last.
    wanted: StoredValue<Option<Change>, LocalStorage>,
    /// Others' draft was taken onto the screen: what was typed into a row stands there no more.
    loaded: Trigger,
    problem: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
    /// Nothing else is changed while a change is on its way or waits for a decision.
    held: Signal<bool>,
    done: RwSignal<bool>,
    desk: Desk,
}

impl Sheet {
    fn new(id: CatalogueDraftId, desk: Desk) -> Self {
        let newer = RwSignal::new(None::<CatalogueDraftDetail>);
        let busy = RwSignal::new(false);
        Self {
            id,
            shown: RwSignal::new(None),
            newer,
            wanted: StoredValue::new_local(None),
            loaded: Trigger::new(),
            problem: RwSignal::new(None),
            busy,
            held: Signal::derive(move || busy.get() || newer.with(Option::is_some)),
            done: RwSignal::new(false),
            desk,
        }
    }

    /// The revision on the screen.
    fn revision(self) -> i64 {
        self.shown
            .with_untracked(|shown| shown.as_ref().map_or(0, |detail| detail.row.revision))
    }

    /// Makes a change of what is on the screen.
    fn change(self, change: Change) {
        self.send(change, self.revision());
    }

    /// Makes the change that waits on the draft as it is now.
    fn save_over(self) {
        let now = self.newer.get_untracked().map(|newer| newer.row.revision);
        if let (Some(change), Some(revision)) = (self.wanted.get_value(), now) {
            self.send(change, revision);
        }
    }

    /// Takes the draft as it is now onto the screen; the change that waits is dropped.
    fn load(self, detail: CatalogueDraftDetail) {
        self.shown.set(Some(detail));
        self.newer.set(None);
        self.loaded.notify();
        self.problem.set(Some(
            words::DRAFT_LOADED
                .of(self.desk.lang.get_untracked())
                .to_owned(),
        ));
    }

    /// Waits for a change and shows what became of it.
    fn send(self, change: Change, revision: i64) {
        self.busy.set(true);
        self.done.set(false);
        self.problem.set(None);
        self.wanted.set_value(Some(change.clone()));
        spawn_local(async move {
            match change.make(self.id, revision).await {
                Ok(detail) => {
                    self.newer.set(None);
                    self.shown.set(Some(detail));
                    self.done.set(true);
                }
                Err(refused) => match self.as_it_is_now(&refused).await {
                    Some(detail) => self.newer.set(Some(detail)),
                    None => self.refused(&refused),
                },
            }
            self.busy.set(false);
        });
    }

    /// The draft as it is now, when something was refused because somebody else changed it; none
    /// either when the page is gone meanwhile.
    async fn as_it_is_now(self, refused: &Problem) -> Option<CatalogueDraftDetail> {
        if !refused.is_conflict() {
            return None;
        }
        let detail = api::draft(self.id).await.ok()?;
        let revision = |shown: &Option<CatalogueDraftDetail>| {
            let shown = shown.as_ref();
            shown.map(|detail| detail.row.revision)
        };
        let seen = self.shown.try_with_untracked(revision)?;
        (seen != Some(detail.row.revision)).then_some(detail)
    }

    fn refused(self, problem: &Problem) {
        self.desk.notice(problem);
        let lang = self.desk.lang.get_untracked();
        self.problem.set(Some(problem.words(lang)));
    }
}

/// The page; another draft is another page.
#[component]
pub(crate) fn DraftPage() -> impl IntoView {
    let desk = Desk::here();
    let params = use_params_map();
    let id = Memo::new(move |_| {
        let text = params.read().get("id")?;
        text.parse::<CatalogueDraftId>().ok()
    });
    move || match id.get() {
        Some(id) => view! { <Draft id=id/> }.into_any(),
        None => view! {
            <div class="page empty">
                <p>{move || desk.say(words::NOT_FOUND)}</p>
                <A href="/catalogue">{move || desk.say(words::TO_CATALOGUE)}</A>
            </div>
        }
        .into_any(),
    }
}

#[component]
fn Draft(id: CatalogueDraftId) -> impl IntoView {
    let desk = Desk::here();
    let sheet = Sheet::new(id, desk);
    let first = Poll::start(move || api::draft(id), None);
    Effect::new(move |_| {
        if let Some(detail) = first.answer.get() {
            sheet.shown.set(Some(detail));
        }
    });
    let name = move || {
        let shown = sheet.shown.read();
        shown
            .as_ref()
            .map_or_else(String::new, |detail| detail.row.name.clone())
    };
    desk.title(move || format!("{} {}", desk.say(words::DRAFT), name()));
    let about = move || {
        let shown = sheet.shown.read();
        shown.as_ref().map(|detail| {
            let (base, against) = (&detail.row.base, &detail.against);
            format!(
                "{} {base} · {} {against}",
                desk.say(words::DRAFT_BASE),
                desk.say(words::DRAFT_AGAINST)
            )
        })
    };
    let here = Memo::new(move |_| sheet.shown.with(Option::is_some));
    let retry = Callback::new(move |()| first.refresh());
    view! {
        <div class="page stack" data-test="draft">
            <p><A href="/catalogue">{move || desk.say(words::TO_CATALOGUE)}</A></p>
            <h1>{name}</h1>
            <p class="second">{about}</p>
            <Show
                when=move || here.get()
                fallback=move || view! {
                    <Show
                        when=move || first.problem.with(Option::is_some)
                        fallback=|| view! { <Loading/> }
                    >
                        <Trouble problem=first.problem on_retry=retry/>
                    </Show>
                }
            >
                <newer::Newer sheet=sheet/>
                <FormProblem words=sheet.problem/>
                <p role="status" class="second" data-test="draft-done">
                    {move || sheet.done.get().then(|| desk.say(words::DRAFT_SAVED))}
                </p>
                <files::Files sheet=sheet/>
                <edits::Edits sheet=sheet/>
                <rounds::Rounds sheet=sheet/>
                <review::Reviewed sheet=sheet/>
                <trial::Trial sheet=sheet/>
                <publish::Publish sheet=sheet/>
            </Show>
        </div>
    }
}
