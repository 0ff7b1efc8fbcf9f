//! The server's receipt: a QR code to be photographed, and the text in it.

use crate::components::icon::{Icon, Shape};
use crate::state::speaker;
use crate::words;
use leptos::prelude::*;
use shared::wire::handheld::ReceiptView;

/// The receipt, folded until it is asked for.
#[component]
pub(super) fn Receipt(receipt: ReceiptView) -> impl IntoView {
    let t = speaker();
    view! {
        <details class="card stack tight" id="report-receipt">
            <summary class="strong"><Icon shape=Shape::Check /> {t.say(words::RECEIPT_TITLE)}</summary>
            <p class="second">{t.say(words::RECEIPT_WHAT)}</p>
            <img class="receipt" src=receipt.picture alt=t.say(words::RECEIPT_TITLE) />
            <textarea readonly rows="4" aria-label=t.say(words::RECEIPT_TEXT) prop:value=receipt.text></textarea>
        </details>
    }
}
