//! A case's photos: small ones in a row, a large one over the page. Until a photo has arrived its
//! preview stands for it and says so; without one, it says where it is.

use crate::api;
use crate::desk::Desk;
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::ev::KeyboardEvent;
use leptos::html::Dialog;
use leptos::prelude::*;
use shared::id::Sha256;
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

/// What there is to show of a photo: itself, or its preview until it arrives.
fn here(photo: &CasePhoto) -> Option<Sha256> {
    if photo.arrived {
        Some(photo.sha256)
    } else {
        photo.preview
    }
}

/// Says that what is shown is a preview: until the photo comes, or for good.
fn preview_mark(desk: Desk, gone: bool) -> impl IntoView {
    let (test, word, why) = if gone {
        ("photo-gone", words::PHOTO_GONE, words::PHOTO_GONE_WHY)
    } else {
        (
            "photo-preview",
            words::PHOTO_PREVIEW,
            words::PHOTO_PREVIEW_WHY,
        )
    };
    view! {
        <small class="preview-mark" data-test=test title=move || desk.say(why)>
            {move || desk.say(word)}
        </small>
    }
}

fn thumbnail(
    desk: Desk,
    at: usize,
    photo: &CasePhoto,
    role: &'static str,
    open: Callback<usize>,
) -> impl IntoView + use<> {
    let Some(shown) = here(photo) else {
        let (test, shape, word) = if photo.gone {
            ("photo-gone", Shape::ImageOff, words::PHOTO_GONE)
        } else {
            ("photo-owed", Shape::CloudUpload, words::PHOTO_OWED)
        };
        return view! {
            <div class="photo missing" data-test=test>
                <Icon shape=shape/>
                <small>{move || desk.say(word)}</small>
            </div>
        }
        .into_any();
    };
    let mark = (!photo.arrived).then_some(photo.gone);
    let broken = RwSignal::new(false);
    let number = at.saturating_add(1);
    let address = api::photo_address(&shown);
    let (width, height) = (photo.width.to_string(), photo.height.to_string());
    view! {
        <button
            type="button"
            class="photo"
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
            {mark.map(|gone| preview_mark(desk, gone))}
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
    let shown_ones = move || -> Vec<usize> {
        photos.with(|photos| {
            let shown = photos.iter().enumerate();
            let shown = shown.filter(|(_, photo)| here(photo).is_some());
            shown.map(|(at, _)| at).collect()
        })
    };
    let step = move |by: isize| {
        let here = shown_ones();
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
        let mark = (!photo.arrived).then_some(photo.gone);
        let address = api::photo_address(&here(&photo)?);
        Some(view! {
            <figure>
                <img
                    src=address
                    alt=role
                    data-test="photo-large"
                />
                <figcaption>
                    {format!("{role} · {}×{}", photo.width, photo.height)}
                    {mark.map(|gone| preview_mark(desk, gone))}
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
