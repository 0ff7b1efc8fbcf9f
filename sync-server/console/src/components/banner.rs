//! 平急转换 at the top of every page, for as long as an order is in force, and a word when nobody knows
//! whether one is.

use crate::desk::Desk;
use crate::format;
use crate::icons::{Icon, Shape};
use crate::poll::Poll;
use crate::words;
use leptos::prelude::*;
use leptos_router::components::A;
use shared::wire::catalogue::OrderRow;

/// The banner; nothing at all in peace-time.
#[component]
pub(crate) fn EmergencyBanner(
    /// All orders.
    orders: Poll<Vec<OrderRow>>,
) -> impl IntoView {
    let desk = Desk::here();
    // A page that says already that the server doesn't answer says it for this, too.
    let troubled = Memo::new(move |_| desk.troubles.get() > 0);
    let failed = Memo::new(move |_| orders.problem.with(Option::is_some) && !troubled.get());
    Effect::new(move |before: Option<bool>| {
        let troubled = troubled.get();
        if before == Some(true) && !troubled && orders.problem.with_untracked(Option::is_some) {
            orders.refresh();
        }
        troubled
    });
    view! {
        <div role="status" id="emergency" class="emergency">
            <Show when=move || failed.get()>
                <p class="notice" data-state="soon" data-test="orders-failed">
                    <Icon shape=Shape::CircleAlert/>
                    <span class="grow">{move || desk.say(words::BANNER_FAILED)}</span>
                    <button type="button" on:click=move |_| orders.refresh()>
                        <Icon shape=Shape::RefreshCw/>
                        {move || desk.say(words::RETRY)}
                    </button>
                </p>
            </Show>
            {move || {
                let (now, lang) = (desk.now.get(), desk.lang.get());
                orders.answer.with(|rows| {
                    let rows = rows.iter().flatten();
                    // By the clock here: an order may have ended since it was asked for.
                    rows.filter(|row| row.order.is_in_force(now)).map(|row| {
                        let until = row.order.until_ms.map_or_else(
                            || words::ORDER_OPEN.of(lang).to_owned(),
                            |at| format!("{} {}", words::BANNER_UNTIL.of(lang), format::moment(at, now, lang)),
                        );
                        view! {
                            <p class="notice" data-state="late" data-test="emergency-order">
                                <Icon shape=Shape::TriangleAlert/>
                                <span class="grow">
                                    <strong>{words::BANNER.of(lang)}</strong>
                                    " " {row.place.clone()} " " {row.order.number.clone()} " " {until}
                                </span>
                                <A href="/orders">{words::BANNER_SEE.of(lang)}</A>
                            </p>
                        }
                    }).collect_view()
                })
            }}
        </div>
    }
}
