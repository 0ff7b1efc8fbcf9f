//! A case that somebody else moved meanwhile: what was seen beside what it is now, what happened in
//! between, and the choice to go on or not.

use super::course::course;
use crate::compare;
use crate::desk::Desk;
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::prelude::*;
use shared::wire::console::CaseDetail;

/// Two versions of a case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conflict {
    /// What was on the screen.
    pub(crate) saw: CaseDetail,
    /// What the server holds now.
    pub(crate) now: CaseDetail,
    /// A move was refused because of it; else it was noticed before one was made.
    pub(crate) refused: bool,
}

/// Both versions and the choice.
#[component]
pub(crate) fn ConflictPanel(
    conflict: Conflict,
    /// Take the present version and go on with what was begun.
    on_go_on: Callback<()>,
    /// Take the present version and drop it.
    on_give_up: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    let title = if conflict.refused {
        words::CONFLICT
    } else {
        words::CONFLICT_SEEN
    };
    let body = move || {
        let (lang, clock) = (desk.lang.get(), desk.now.get_untracked());
        let rows = compare::facts(&conflict.saw, &conflict.now, clock, lang);
        let rows = rows.into_iter().map(|fact| {
            let differs = fact.differs().to_string();
            view! {
                <tr data-differs=differs>
                    <th scope="row">{fact.name}</th>
                    <td>{fact.saw}</td>
                    <td>{fact.now}</td>
                </tr>
            }
        });
        let rows = rows.collect_view();
        let since: Vec<_> = compare::events_since(&conflict.saw, &conflict.now)
            .into_iter()
            .cloned()
            .collect();
        let since = (!since.is_empty()).then(|| {
            view! {
                <h3>{words::SINCE_THEN.of(lang)}</h3>
                {course(&since, clock, lang)}
            }
        });
        view! {
            <table class="versions" data-test="versions">
                <thead>
                    <tr>
                        <td></td>
                        <th scope="col">{words::YOU_SAW.of(lang)}</th>
                        <th scope="col">{words::IT_IS_NOW.of(lang)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {since}
        }
    };
    view! {
        <section class="conflict stack" role="alert" id="conflict" data-test="conflict">
            <h3 class="row">
                <Icon shape=Shape::TriangleAlert/>
                <span class="grow">{move || desk.say(title)}</span>
            </h3>
            <p>{move || desk.say(words::CONFLICT_HOW)}</p>
            {body}
            <div class="row">
                <button
                    type="button"
                    class="primary"
                    id="conflict-go-on"
                    on:click=move |_| on_go_on.run(())
                >
                    {move || desk.say(words::GO_ON)}
                </button>
                <button type="button" id="conflict-give-up" on:click=move |_| on_give_up.run(())>
                    {move || desk.say(words::GIVE_UP)}
                </button>
            </div>
        </section>
    }
}
