//! 平急转换 at the top of every page, for as long as an order is in force.

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
    view! {
        <div role="status" id="emergency" class="emergency">
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
