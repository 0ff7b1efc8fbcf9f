//! What is asked for once or again and again: waiting, trouble, and the answer with a word when it
//! has grown old.

use crate::components::states::{Loading, Outdated, Trouble};
use crate::poll::Poll;
use leptos::prelude::*;

/// Shows `children` once the first answer is here.
#[component]
pub(crate) fn Answered<T: Send + Sync + 'static>(
    /// What is asked for.
    poll: Poll<T>,
    children: ChildrenFn,
) -> impl IntoView {
    let retry = Callback::new(move |()| poll.refresh());
    let here = Memo::new(move |_| poll.answer.with(Option::is_some));
    let children = StoredValue::new(children);
    view! {
        <Show
            when=move || here.get()
            fallback=move || view! {
                <Show
                    when=move || poll.problem.with(Option::is_some)
                    fallback=|| view! { <Loading/> }
                >
                    <Trouble problem=poll.problem on_retry=retry/>
                </Show>
            }
        >
            <Outdated problem=poll.problem since=Signal::derive(|| None) on_retry=retry/>
            {children.with_value(|children| children())}
        </Show>
    }
}
