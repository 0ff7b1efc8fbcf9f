//! A page that isn't open to everybody: whoever comes by its address alone reads who may open it.

use crate::desk::Desk;
use crate::words;
use leptos::prelude::*;
use leptos_router::components::A;
use shared::role::OfficePage;

/// Shows `children` to those to whom the page is open.
#[component]
pub(crate) fn Only(
    /// Which page it is.
    page: OfficePage,
    children: ChildrenFn,
) -> impl IntoView {
    let desk = Desk::here();
    let open = Memo::new(move |_| desk.may_open(page));
    let children = StoredValue::new(children);
    view! {
        <Show when=move || open.get() fallback=move || view! { <NotOpen page=page/> }>
            {children.with_value(|children| children())}
        </Show>
    }
}

#[component]
fn NotOpen(page: OfficePage) -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::NOT_OPEN).to_owned());
    let who = move || words::who_may(&desk.roles_of(page), page.is_whole(), desk.lang.get());
    view! {
        <div class="page empty" data-test="not-open">
            <h1>{move || desk.say(words::NOT_OPEN)}</h1>
            <p>{who}</p>
            <A href="/">{move || desk.say(words::TO_LIST)}</A>
        </div>
    }
}
