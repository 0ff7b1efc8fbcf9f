//! What went wrong on the page of a draft, beside the button of what was tried. The page is long: it
//! is brought into view and gets the focus.

use super::{Sheet, Spot};
use crate::components::states::FormProblem;
use crate::desk::{bring_into_view, focus, is_writing};
use leptos::prelude::*;
use shared::catalogue::parts::Part;

impl Spot {
    /// What the problem is called on the page.
    fn id(self) -> String {
        let name = match self {
            Self::File(part) => {
                return format!("problem-file-{}", part.map_or("all", Part::as_str));
            }
            Self::Newer => "newer",
            Self::Edits => "edits",
            Self::Rounds => "rounds",
            Self::Round => "round",
            Self::Trial => "trial",
            Self::Publish => "publish",
        };
        format!("problem-{name}")
    }
}

/// The problem of a spot, while it is the last one.
#[component]
pub(super) fn Said(sheet: Sheet, spot: Spot) -> impl IntoView {
    let problem = sheet.problem;
    let words = Signal::derive(move || {
        let last = problem.get().filter(|(of, _)| *of == spot);
        last.map(|(_, words)| words)
    });
    let id = spot.id();
    let here = id.clone();
    Effect::new(move |_| {
        if words.with(Option::is_none) {
            return;
        }
        let id = here.clone();
        // It takes no room before its words are there.
        request_animation_frame(move || {
            bring_into_view(&id);
            // Nobody is taken away from what is being written.
            if !is_writing() {
                focus(&id);
            }
        });
    });
    view! { <FormProblem words=words id=id/> }
}
