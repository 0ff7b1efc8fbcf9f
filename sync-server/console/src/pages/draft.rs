//! A draft of the catalogue: files in and out, small changes in place, the review, a dry run, and
//! publishing. What is on the screen names its revision with every change; a change that comes after
//! somebody else's is not made, and whoever made it decides.

mod edits;
mod files;
mod newer;
mod publish;
mod review;
mod rounds;
mod said;
mod trial;

use crate::api::{self, Problem};
use crate::components::states::{Loading, Trouble};
use crate::desk::Desk;
use crate::poll::Poll;
use crate::words::{self, Word};
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
    /// Where on the page it was asked for.
    const fn spot(&self) -> Spot {
        match self {
            Self::Edit(CatalogueEdit::Limit { .. } | CatalogueEdit::Lead { .. }) => Spot::Edits,
            Self::Edit(CatalogueEdit::Round { .. }) => Spot::Round,
            Self::Edit(CatalogueEdit::RetireRound { .. }) => Spot::Rounds,
            Self::File(part, _) => Spot::File(*part),
        }
    }

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

/// Where on the page something is done: what goes wrong with it is said there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    /// Where somebody decides about a change that came after somebody else's.
    Newer,
    /// The file of a part, or the whole workbook.
    File(Option<Part>),
    Edits,
    /// The list of rounds.
    Rounds,
    /// The form of a round.
    Round,
    Trial,
    Publish,
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
    /// What went wrong, and where.
    problem: RwSignal<Option<(Spot, String)>>,
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

    /// The revision on the screen; none before there is one, and when the page is gone.
    fn on_screen(self) -> Option<i64> {
        let revision = |shown: &Option<CatalogueDraftDetail>| {
            let shown = shown.as_ref();
            shown.map(|detail| detail.row.revision)
        };
        self.shown.try_with_untracked(revision).flatten()
    }

    /// The revision that a change is made of.
    fn revision(self) -> i64 {
        self.on_screen().unwrap_or_default()
    }

    /// Makes a change of what is on the screen.
    fn change(self, change: Change) {
        let spot = change.spot();
        self.send(change, self.revision(), spot);
    }

    /// Makes the change that waits on the draft as it is now.
    fn save_over(self) {
        let now = self.newer.get_untracked().map(|newer| newer.row.revision);
        if let (Some(change), Some(revision)) = (self.wanted.get_value(), now) {
            self.send(change, revision, Spot::Newer);
        }
    }

    /// Takes the draft as it is now onto the screen; the change that waits is dropped.
    fn load(self, detail: CatalogueDraftDetail, spot: Spot) {
        self.shown.set(Some(detail));
        self.newer.set(None);
        self.loaded.notify();
        self.say(spot, words::DRAFT_LOADED);
    }

    /// Waits for a change and shows what became of it.
    fn send(self, change: Change, revision: i64, spot: Spot) {
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
                    None => self.refused(spot, &refused),
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
        let seen = self.on_screen()?;
        (seen != detail.row.revision).then_some(detail)
    }

    fn refused(self, spot: Spot, problem: &Problem) {
        self.desk.notice(problem);
        let lang = self.desk.lang.get_untracked();
        self.problem.set(Some((spot, problem.words(lang))));
    }

    /// Takes back what went wrong somewhere.
    fn forget(self, spot: Spot) {
        let of_spot = |(of, _): &(Spot, String)| *of == spot;
        let is_there = self
            .problem
            .with_untracked(|problem| problem.as_ref().is_some_and(of_spot));
        if is_there {
            self.problem.set(None);
        }
    }

    /// Says what is missing or wrong.
    fn say(self, spot: Spot, word: Word) {
        let words = word.of(self.desk.lang.get_untracked());
        self.problem.set(Some((spot, words.to_owned())));
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
                <said::Said sheet=sheet spot=Spot::Newer/>
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
