//! The photo of how it is now, in the form that says so.

use super::fields::need;
use super::{MoveForm, Sending, Wants};
use crate::desk::Desk;
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::prelude::*;
use shared::wire::console::CaseDetail;
use wasm_bindgen::JsCast;

/// A photo of how it is now, which goes to the case as soon as it is chosen.
#[component]
pub(super) fn PhotoField(
    required: Signal<bool>,
    case: Signal<Option<CaseDetail>>,
    form: MoveForm,
    wants: Wants,
) -> impl IntoView {
    let desk = Desk::here();
    let chosen = move |event: web_sys::Event| {
        let input: Option<web_sys::HtmlInputElement> =
            event.target().and_then(|target| target.dyn_into().ok());
        let file = input.and_then(|input| input.files()?.get(0));
        if let Some(file) = file {
            form.forget_preview();
            form.preview
                .set(web_sys::Url::create_object_url_with_blob(&file).ok());
            wants.photo.run(file);
        }
    };
    let here = move || {
        let count = case.with(|case| case.as_ref().map_or(0, super::plan::after_photos));
        (count > 0).then(|| {
            view! {
                <small data-test="after-here">
                    {move || desk.say(words::AFTER_PHOTO_HERE)} " " {count}
                </small>
            }
        })
    };
    let name = Signal::derive(move || desk.say(words::AFTER_PHOTO));
    view! {
        <div class="field">
            <label for="move-photo">{name} {need(desk, required)}</label>
            <input
                id="move-photo"
                type="file"
                accept="image/jpeg,image/png"
                aria-describedby="move-photo-how"
                prop:disabled=move || matches!(form.photo.get(), Sending::Under(_))
                on:change=chosen
            />
            <small id="move-photo-how">{move || desk.say(words::AFTER_PHOTO_HOW)}</small>
            {here}
            {move || {
                form.preview.get().map(|address| view! {
                    <img class="preview" src=address alt=name data-test="photo-chosen"/>
                })
            }}
            <div role="status">{move || sending(desk, form.photo.get())}</div>
        </div>
    }
}

fn sending(desk: Desk, photo: Sending) -> Option<AnyView> {
    let (state, shape) = match &photo {
        Sending::Idle => return None,
        Sending::Under(percent) => {
            let percent = *percent;
            return Some(
                view! {
                    <p class="row nowrap" data-test="photo-sending">
                        {desk.say(words::AFTER_PHOTO_SENDING)}
                        <progress class="grow" max="100" value=percent.to_string()></progress>
                        <span class="number">{percent} "%"</span>
                    </p>
                }
                .into_any(),
            );
        }
        Sending::Done => ("safe", Shape::CircleCheck),
        Sending::Failed(_) => ("late", Shape::CircleAlert),
    };
    let said = match photo {
        Sending::Failed(words) => words,
        _ => desk.say(words::AFTER_PHOTO_DONE).to_owned(),
    };
    Some(
        view! {
            <p class="notice" data-state=state data-test="photo-sent"><Icon shape=shape/>{said}</p>
        }
        .into_any(),
    )
}
