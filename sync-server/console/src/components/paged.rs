//! A list that is asked for page by page: waiting, trouble, the page itself, and the way on.

use crate::components::answered::Answered;
use crate::desk::Desk;
use crate::poll::Poll;
use crate::words;
use leptos::prelude::*;
use shared::wire::console::Page;

/// Shows `children` once the first answer is here, with what surrounds any list.
#[component]
pub(crate) fn Paged<T: Send + Sync + 'static>(
    /// The pages.
    poll: Poll<Page<T>>,
    /// Where the page on the screen begins; none for the first.
    cursor: RwSignal<Option<String>>,
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    view! {
        <Answered poll=poll>
            {children.with_value(|children| children())}
            <Pager poll=poll cursor=cursor/>
        </Answered>
    }
}

#[component]
fn Pager<T: Send + Sync + 'static>(
    poll: Poll<Page<T>>,
    cursor: RwSignal<Option<String>>,
) -> impl IntoView {
    let desk = Desk::here();
    let next = Memo::new(move |_| {
        poll.answer
            .with(|page: &Option<Page<T>>| page.as_ref().and_then(|page| page.next.clone()))
    });
    view! {
        <div class="pages row">
            <Show when=move || cursor.with(Option::is_some)>
                <button type="button" id="first-page" on:click=move |_| cursor.set(None)>
                    {move || desk.say(words::FIRST_PAGE)}
                </button>
            </Show>
            <Show when=move || next.with(Option::is_some)>
                <button
                    type="button"
                    id="next-page"
                    on:click=move |_| cursor.set(next.get_untracked())
                >
                    {move || desk.say(words::NEXT_PAGE)}
                </button>
            </Show>
        </div>
    }
}
