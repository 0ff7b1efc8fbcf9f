//! The work lists of a person, with counts, beside the table (above it on a narrow screen).

use crate::components::states::Trouble;
use crate::components::unlisted::UnlistedYear;
use crate::desk::Desk;
use crate::filter;
use crate::poll::Poll;
use crate::words;
use leptos::prelude::*;
use shared::label::Lang;
use shared::role::OfficePage;
use shared::wire::console::{CaseQuery, WorkList};

/// The key of the list that isn't one of cases.
pub(crate) const QUARANTINE_KEY: &str = "quarantine";

/// The address of a list.
pub(crate) fn address(list: &WorkList) -> String {
    if list.key == QUARANTINE_KEY {
        String::from("/quarantine")
    } else {
        format!("/?{}", list.query)
    }
}

/// The list's name in a language.
pub(crate) fn name(list: &WorkList, lang: Lang) -> &str {
    match lang {
        Lang::En if !list.name_en.is_empty() => &list.name_en,
        _ => &list.name,
    }
}

/// The list that a filter shows.
pub(crate) fn shown<'a>(lists: &'a [WorkList], query: &CaseQuery) -> Option<&'a WorkList> {
    lists.iter().find(|list| {
        list.key != QUARANTINE_KEY && filter::same_list(&filter::from_query(&list.query), query)
    })
}

/// All lists as links.
#[component]
pub(crate) fn WorkLists(
    lists: Poll<Vec<WorkList>>,
    #[prop(into)] query: Signal<CaseQuery>,
    /// The table beside them says already that something could not be fetched.
    #[prop(into)]
    is_said: Signal<bool>,
) -> impl IntoView {
    let desk = Desk::here();
    let unlisted = Signal::derive(move || {
        let year = desk.unlisted_year.get();
        year.filter(|_| desk.may_open(OfficePage::Catalogue))
    });
    let here = Memo::new(move |_| lists.answer.with(Option::is_some));
    let retry = Callback::new(move |()| lists.refresh());
    let entry = move |list: WorkList| {
        let current = {
            let list = list.clone();
            move || query.with(|query| shown(std::slice::from_ref(&list), query).is_some())
        };
        let label = {
            let list = list.clone();
            move || name(&list, desk.lang.get()).to_owned()
        };
        view! {
            <li>
                <a
                    href=address(&list)
                    class="work-list"
                    data-test=format!("worklist-{}", list.key)
                    aria-current=move || current().then_some("true")
                >
                    <span>{label}</span>
                    <span class="count">{list.count}</span>
                </a>
            </li>
        }
    };
    view! {
        <nav class="work-lists" aria-label=move || desk.say(words::TODO)>
            // Once they were here, the list beside them says when they have grown old.
            <Show when=move || !here.get() && !is_said.get()>
                <Trouble problem=lists.problem on_retry=retry/>
            </Show>
            // Whoever can mend it is told; others read it where a deadline is explained.
            <UnlistedYear year=unlisted/>
            <ul>
                {move || {
                    let lists = lists.answer.get();
                    lists.map(|lists| lists.into_iter().map(entry).collect_view())
                }}
                <li>
                    <a
                        href="/?sort=opened"
                        class="work-list"
                        data-test="worklist-all"
                        aria-current=move || {
                            let all = query.with(|query| !filter::is_narrowed(query));
                            all.then_some("true")
                        }
                    >
                        <span>{move || desk.say(words::ALL_CASES)}</span>
                    </a>
                </li>
            </ul>
        </nav>
    }
}
