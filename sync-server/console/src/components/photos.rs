//! A case's photos: small ones in a row, a large one over the page. A photo that has not arrived
//! says where it is.

use crate::api;
use crate::desk::Desk;
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::ev::KeyboardEvent;
use leptos::html::Dialog;
use leptos::prelude::*;
use shared::wire::console::CasePhoto;

/// The photos of a case.
#[component]
pub(crate) fn Photos(#[prop(into)] photos: Signal<Vec<CasePhoto>>) -> impl IntoView {
    let desk = Desk::here();
    let large = RwSignal::new(None::<usize>);
    let dialog = NodeRef::<Dialog>::new();
    let open = move |at: usize| {
        large.set(Some(at));
        if let Some(dialog) = dialog.get_untracked() {
            // Already open: it shows the other photo.
            let _ = dialog.show_modal();
        }
    };
    let thumbnails = move || {
        let lang = desk.lang.get();
        let photos = photos.get();
        if photos.is_empty() {
            return view! { <p class="second" data-test="no-photos">{words::NO_PHOTOS.of(lang)}</p> }
                .into_any();
        }
        let rows = photos.into_iter().enumerate().map(|(at, photo)| {
            let role = words::photo_role(photo.role).of(lang);
            view! {
                <li>
                    {thumbnail(desk, at, &photo, role, Callback::new(open))}
                    <small>{role}</small>
                </li>
            }
        });
        view! { <ul class="photos" data-test="photos">{rows.collect_view()}</ul> }.into_any()
    };
    view! {
        {thumbnails}
        <Lightbox photos=photos large=large dialog=dialog/>
    }
}

fn thumbnail(
    desk: Desk,
    at: usize,
    photo: &CasePhoto,
    role: &'static str,
    open: Callback<usize>,
) -> impl IntoView + use<> {
    if !photo.arrived {
        return view! {
            <div class="photo missing" data-test="photo-owed">
                <Icon shape=Shape::CloudUpload/>
                <small>{move || desk.say(words::PHOTO_OWED)}</small>
            </div>
        }
        .into_any();
    }
    let broken = RwSignal::new(false);
    let number = at.saturating_add(1);
    let address = api::photo_address(&photo.sha256);
    let (width, height) = (photo.width.to_string(), photo.height.to_string());
    view! {
        <button
            type="button"
            class="photo"
            id=format!("photo-{number}")
            data-test="photo"
            aria-label=move || format!("{} {number} {role}", desk.say(words::PHOTO_OPEN))
            on:click=move |_| open.run(at)
        >
            <Show
                when=move || !broken.get()
                fallback=move || {
                    view! {
                        <Icon shape=Shape::ImageOff/>
                        <small>{move || desk.say(words::PHOTO_BROKEN)}</small>
                    }
                }
            >
                <img
                    src=address.clone()
                    width=width.clone()
                    height=height.clone()
                    alt=role
                    loading="lazy"
                    on:error=move |_| broken.set(true)
                />
            </Show>
        </button>
    }
    .into_any()
}

/// The large photo; arrows go from one to the next, Escape closes.
#[component]
fn Lightbox(
    #[prop(into)] photos: Signal<Vec<CasePhoto>>,
    large: RwSignal<Option<usize>>,
    dialog: NodeRef<Dialog>,
) -> impl IntoView {
    let desk = Desk::here();
    let here = move || -> Vec<usize> {
        photos.with(|photos| {
            let arrived = photos.iter().enumerate().filter(|(_, photo)| photo.arrived);
            arrived.map(|(at, _)| at).collect()
        })
    };
    let step = move |by: isize| {
        let here = here();
        let at = large
            .get_untracked()
            .and_then(|at| here.iter().position(|other| *other == at));
        let next = at.and_then(|at| at.checked_add_signed(by));
        if let Some(next) = next.and_then(|next| here.get(next)) {
            large.set(Some(*next));
        }
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "ArrowLeft" => step(-1),
        "ArrowRight" => step(1),
        _ => {}
    };
    let shown = move || {
        let at = large.get()?;
        let photo = photos.with(|photos| photos.get(at).cloned())?;
        let role = words::photo_role(photo.role).of(desk.lang.get());
        Some(view! {
            <figure>
                <img
                    src=api::photo_address(&photo.sha256)
                    alt=role
                    data-test="photo-large"
                />
                <figcaption>
                    {format!("{role} · {}×{}", photo.width, photo.height)}
                </figcaption>
            </figure>
        })
    };
    view! {
        <dialog
            class="lightbox"
            id="lightbox"
            node_ref=dialog
            aria-label=move || desk.say(words::PHOTOS)
            on:keydown=on_key
            on:close=move |_| large.set(None)
        >
            {shown}
            <div class="row between">
                <button type="button" id="photo-previous" on:click=move |_| step(-1)>
                    <Icon shape=Shape::ChevronLeft/>
                    {move || desk.say(words::PREVIOUS)}
                </button>
                <button type="button" id="photo-close" class="primary" on:click=move |_| close()>
                    {move || desk.say(words::CLOSE)}
                </button>
                <button type="button" id="photo-next" on:click=move |_| step(1)>
                    {move || desk.say(words::NEXT)}
                    <Icon shape=Shape::ChevronRight/>
                </button>
            </div>
        </dialog>
    }
}
