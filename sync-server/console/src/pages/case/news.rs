//! 有新补充: what came after a case had ended, or a wish to withdraw, until somebody says 已阅.

use crate::api::{self, Problem};
use crate::components::states::FormProblem;
use crate::desk::Desk;
use crate::format;
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::CaseId;
use shared::role::Action;
use shared::wire::console::CaseDetail;

/// Says that something waits for a look, with the button that takes it off the list.
#[component]
pub(super) fn News(
    id: CaseId,
    case: Memo<Option<CaseDetail>>,
    /// The case is asked for again.
    on_change: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Problem>);
    let news = Memo::new(move |_| {
        case.with(|case| {
            let case = case.as_ref()?;
            let since = case.life.as_ref()?.news_ms?;
            Some((since, case.row.revision))
        })
    });
    let look = move |_| {
        let Some((_, revision)) = news.get_untracked() else {
            return;
        };
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match api::looked(id, revision).await {
                // When more came meanwhile, that is shown and asked about again.
                Ok(_) => on_change.run(()),
                Err(refused) => {
                    desk.notice(&refused);
                    problem.try_set(Some(refused));
                }
            }
            busy.try_set(false);
        });
    };
    let problem_words =
        Signal::derive(move || problem.get().map(|problem| problem.words(desk.lang.get())));
    let here = Memo::new(move |_| news.with(Option::is_some));
    let since = move || {
        let (since, _) = news.get()?;
        Some(format::moment(
            since,
            desk.now.get_untracked(),
            desk.lang.get(),
        ))
    };
    view! {
        <Show when=move || here.get()>
            <div class="notice" data-state="soon" data-test="news">
                <Icon shape=Shape::Info/>
                <div class="grow">
                    <p><strong>{move || desk.say(words::NEWS)}</strong></p>
                    <p>{move || desk.say(words::NEWS_WHAT)}</p>
                    <small class="number">{since}</small>
                </div>
            </div>
            <Show when=move || desk.may(Action::Dispatch)>
                <button type="button" id="looked" prop:disabled=busy on:click=look>
                    {move || desk.say(words::LOOKED)}
                </button>
            </Show>
        </Show>
        <FormProblem words=problem_words/>
    }
}
