//! A draft of the catalogue: files in and out, small changes in place, the review, a dry run, and
//! publishing. What is on the screen names its revision with every change.

mod edits;
mod files;
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
use shared::id::CatalogueDraftId;
use shared::wire::catalogue::CatalogueDraftDetail;
use std::future::Future;

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Sheet {
    id: CatalogueDraftId,
    shown: RwSignal<Option<CatalogueDraftDetail>>,
    problem: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
    done: RwSignal<bool>,
    desk: Desk,
}

impl Sheet {
    /// The revision on the screen.
    fn revision(self) -> i64 {
        self.shown
            .with_untracked(|shown| shown.as_ref().map_or(0, |detail| detail.row.revision))
    }

    /// Waits for a change and shows what became of it.
    fn change(self, change: impl Future<Output = Result<CatalogueDraftDetail, Problem>> + 'static) {
        self.busy.set(true);
        self.done.set(false);
        self.problem.set(None);
        spawn_local(async move {
            match change.await {
                Ok(detail) => {
                    self.shown.set(Some(detail));
                    self.done.set(true);
                }
                Err(refused) => self.refused(&refused),
            }
            self.busy.set(false);
        });
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
    let sheet = Sheet {
        id,
        shown: RwSignal::new(None),
        problem: RwSignal::new(None),
        busy: RwSignal::new(false),
        done: RwSignal::new(false),
        desk,
    };
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
