//! Parts of a draft as files, out and in.

use super::said::Said;
use super::{Change, Sheet, Spot};
use crate::api;
use crate::desk::Desk;
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::prelude::*;
use shared::catalogue::parts::Part;
use web_sys::HtmlInputElement;

/// The list of parts, and the whole workbook.
#[component]
pub(super) fn Files(sheet: Sheet) -> impl IntoView {
    let desk = Desk::here();
    let parts = std::iter::once(None).chain(Part::ALL.map(Some));
    view! {
        <details class="card stack" id="draft-files">
            <summary><h2>{move || desk.say(words::DRAFT_FILES)}</h2></summary>
            <p class="second">{move || desk.say(words::DRAFT_FILES_WHAT)}</p>
            {parts.map(|part| view! { <File sheet=sheet part=part/> }).collect_view()}
        </details>
    }
}

#[component]
fn File(sheet: Sheet, part: Option<Part>) -> impl IntoView {
    let desk = Desk::here();
    let spot = Spot::File(part);
    let input = NodeRef::<leptos::html::Input>::new();
    let code = part.map_or("all", Part::as_str);
    let name = move || part.map_or_else(|| desk.say(words::DRAFT_BOOK), Part::word);
    let import = move |_| {
        let chosen = input
            .get_untracked()
            .and_then(|input: HtmlInputElement| input.files().and_then(|files| files.get(0)));
        let Some(file) = chosen else {
            sheet.say(spot, words::FILE_MISSING);
            return;
        };
        sheet.change(Change::File(part, file));
    };
    view! {
        <div class="row between" data-test="draft-file" data-part=code>
            <strong>{name}</strong>
            <div class="row">
                <a
                    class="button"
                    rel="external"
                    id=format!("export-{code}")
                    href=api::export_address(sheet.id, part)
                    download=""
                >
                    {move || desk.say(words::DRAFT_EXPORT)}
                </a>
                <input
                    type="file"
                    id=format!("file-{code}")
                    accept=".csv,.xlsx"
                    aria-label=move || format!("{} {}", name(), desk.say(words::DRAFT_FILE))
                    node_ref=input
                />
                <button
                    type="button"
                    id=format!("import-{code}")
                    prop:disabled=sheet.held
                    on:click=import
                >
                    <Icon shape=Shape::CloudUpload/>
                    {move || desk.say(words::DRAFT_IMPORT)}
                </button>
            </div>
        </div>
        <Said sheet=sheet spot=spot/>
    }
}
