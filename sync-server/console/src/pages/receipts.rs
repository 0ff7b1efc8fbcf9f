//! 回执: checks in the browser whether a receipt is the server's. The receipt goes nowhere.

use crate::api;
use crate::components::states::Trouble;
use crate::desk::Desk;
use crate::format;
use crate::icons::{Icon, Shape};
use crate::poll::Poll;
use crate::words;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use shared::label;
use shared::receipt::{Receipt, ReceiptFault};
use shared::signature::PublicKey;

/// What checking found.
type Checked = Result<Receipt, ReceiptFault>;

/// The page.
#[component]
pub(crate) fn ReceiptsPage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::RECEIPTS).to_owned());
    let key = RwSignal::new(String::new());
    let text = RwSignal::new(String::new());
    let checked = RwSignal::new(None::<Checked>);
    let key_wrong = RwSignal::new(false);
    let ours = Poll::start(api::receipt_key, None);
    let again = Callback::new(move |()| ours.refresh());
    Effect::new(move |_| {
        let ours = ours
            .answer
            .with(|ours: &Option<PublicKey>| ours.as_ref().map(ToString::to_string));
        // What somebody typed meanwhile stays.
        if let Some(ours) = ours.filter(|_| key.with_untracked(String::is_empty)) {
            key.set(ours);
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let read = key.with_untracked(|key| key.trim().parse::<PublicKey>());
        key_wrong.set(read.is_err());
        checked.set(read.ok().map(|key| {
            let receipt = text.with_untracked(|text| Receipt::read(text))?;
            receipt.verify(&key)?;
            Ok(receipt)
        }));
    };
    view! {
        <div class="page stack" data-test="receipts">
            <h1>{move || desk.say(words::RECEIPTS)}</h1>
            <p class="second">{move || desk.say(words::RECEIPTS_WHAT)}</p>
            <form class="card stack narrow" id="receipt-form" on:submit=submit>
                <div class="field">
                    <label for="receipt-text">{move || desk.say(words::RECEIPT_TEXT)}</label>
                    <textarea
                        id="receipt-text"
                        rows="6"
                        spellcheck="false"
                        prop:value=text
                        on:input=move |event| text.set(event_target_value(&event))
                    ></textarea>
                </div>
                <div class="field">
                    <label for="receipt-key">{move || desk.say(words::RECEIPT_KEY)}</label>
                    <input
                        id="receipt-key"
                        spellcheck="false"
                        aria-invalid=move || key_wrong.get().to_string()
                        prop:value=key
                        on:input=move |event| key.set(event_target_value(&event))
                    />
                    <Show when=move || ours.problem.with(Option::is_some)>
                        <Trouble problem=ours.problem on_retry=again/>
                        <p class="hint">{move || desk.say(words::RECEIPT_KEY_FAILED)}</p>
                    </Show>
                    <Show when=move || key_wrong.get()>
                        <p class="problem" role="alert">
                            {move || desk.say(words::RECEIPT_KEY_WRONG)}
                        </p>
                    </Show>
                </div>
                <button type="submit" class="primary" id="receipt-check">
                    {move || desk.say(words::RECEIPT_CHECK)}
                </button>
            </form>
            <div role="status" aria-live="polite">
                {move || checked.get().map(|checked| view! { <Answer checked/> })}
            </div>
        </div>
    }
}

#[component]
fn Answer(checked: Checked) -> impl IntoView {
    let desk = Desk::here();
    match checked {
        Ok(receipt) => {
            let at = receipt.received_at;
            let case_no = receipt.case_no.unwrap_or_default();
            view! {
                <div class="card stack" data-test="receipt-good">
                    <p>
                        <span class="badge" data-state="safe">
                            <Icon shape=Shape::CircleCheck/>
                            {move || desk.say(words::RECEIPT_GOOD)}
                        </span>
                    </p>
                    <p>{case_no}</p>
                    <p>
                        {move || desk.say(words::RECEIPT_AT)} " "
                        {move || format::moment(at, desk.now.get(), desk.lang.get())}
                    </p>
                    <p class="second">{receipt.op_id.to_string()}</p>
                    <p class="second">{receipt.hash.to_string()}</p>
                </div>
            }
            .into_any()
        }
        Err(fault) => view! {
            <div class="card stack" data-test="receipt-bad">
                <p>
                    <span class="badge" data-state="late">
                        <Icon shape=Shape::TriangleAlert/>
                        {move || desk.say(words::RECEIPT_BAD)}
                    </span>
                </p>
                <p>{move || label::fault(fault.code(), desk.lang.get())}</p>
            </div>
        }
        .into_any(),
    }
}
