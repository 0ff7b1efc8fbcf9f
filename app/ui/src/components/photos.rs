//! The photos of a draft, each with what it shows and a way to take it away; and the input that
//! opens camera or files.

use super::icon::{Icon, Shape};
use crate::backend::role_key;
use crate::pages::form::form;
use crate::state::{shared, speaker};
use crate::words;
use leptos::prelude::*;
use shared::report::{PHOTOS_LIMIT, PhotoRole};
use shared::wire::handheld::PhotoView;
use wasm_bindgen::JsCast;

const ROLES: [PhotoRole; 4] = [
    PhotoRole::Near,
    PhotoRole::Far,
    PhotoRole::Before,
    PhotoRole::After,
];

/// The strip of photos with the inputs.
#[component]
pub(crate) fn PhotoStrip() -> impl IntoView {
    let t = speaker();
    let form = form();
    let camera = shared().about.get_untracked().camera;
    let room = move || form.photos().len() < PHOTOS_LIMIT;
    let photos = Memo::new(move |_| form.photos());
    view! {
        <ol class="photos" aria-label=t.say(words::PHOTOS)>
            <For
                each=move || photos.get().into_iter().enumerate()
                key=|(at, photo)| (*at, photo.id, photo.role)
                children=move |(at, photo)| view! { <PhotoCard at photo /> }
            />
        </ol>
        <p class="busy" role="status" data-test="photo-busy">
            {move || (form.preparing.get() > 0).then(|| t.say(words::PHOTO_BUSY))}
        </p>
        <Show when=room>
            <div class="pair">
                {camera.then(|| view! { <Picker id="photo-camera" camera=true /> })}
                <Picker id="photo-file" camera=false />
            </div>
        </Show>
    }
}

/// The files that were just chosen. The field is emptied, so that the same file can be chosen again
/// after it was taken away.
pub(crate) fn chosen_files(event: &leptos::ev::Event) -> Vec<web_sys::File> {
    let target = event.target();
    let Some(input) = target.and_then(|it| it.dyn_into::<web_sys::HtmlInputElement>().ok()) else {
        return Vec::new();
    };
    let files = input.files().map(|list| {
        let all = 0..list.length();
        all.filter_map(|at| list.get(at)).collect()
    });
    input.set_value("");
    files.unwrap_or_default()
}

/// A button that opens the camera or the files.
#[component]
fn Picker(id: &'static str, camera: bool) -> impl IntoView {
    let t = speaker();
    let form = form();
    let (shape, word) = if camera {
        (Shape::Camera, words::PHOTO_CAMERA)
    } else {
        (Shape::Images, words::PHOTO_FILE)
    };
    let shared = shared();
    let take = move |event: leptos::ev::Event| form.add_photos(chosen_files(&event), shared);
    view! {
        <label class="button picker" class:primary=move || form.photos().is_empty()>
            <Icon shape />
            <span>{t.say(word)}</span>
            <input
                id=id
                type="file"
                accept="image/*"
                capture=camera.then_some("environment")
                multiple=!camera
                on:change=take
            />
        </label>
    }
}

/// One photo of a draft.
#[component]
fn PhotoCard(at: usize, photo: PhotoView) -> impl IntoView {
    let t = speaker();
    let form = form();
    let id = photo.id;
    let name = t.with(words::PHOTO_OF, at.saturating_add(1));
    let choose = move |event| {
        let chosen = event_target_value(&event);
        let role = ROLES.into_iter().find(|role| role_key(*role) == chosen);
        form.set_photo_role(id, role.unwrap_or_default());
    };
    view! {
        <li class="photo" data-photo=id.to_string()>
            <img src=photo.preview.clone() alt=name.clone() />
            <button
                type="button"
                class="remove"
                data-test="photo-remove"
                aria-label=format!("{} {name}", t.say(words::PHOTO_REMOVE))
                on:click=move |_| form.remove_photo(id)
            >
                <Icon shape=Shape::Close />
            </button>
            <select aria-label=format!("{} {name}", t.say(words::PHOTO_SHOWS)) on:change=choose>
                {ROLES
                    .into_iter()
                    .map(|role| {
                        view! {
                            <option value=role_key(role) selected=role == photo.role>
                                {t.photo_role(role)}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </li>
    }
}
