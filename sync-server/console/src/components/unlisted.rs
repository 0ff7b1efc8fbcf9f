//! A calm notice that the holidays of a year aren't in the calendar, and what to do.

use crate::desk::Desk;
use crate::icons::{Icon, Shape};
use leptos::prelude::*;
use shared::calendar::unlisted_words;

/// The notice; nothing while no year is missing.
#[component]
pub(crate) fn UnlistedYear(#[prop(into)] year: Signal<Option<i32>>) -> impl IntoView {
    let desk = Desk::here();
    move || {
        year.get().map(|year| {
            view! {
                <p class="notice" data-state="soon" data-test="unlisted-year">
                    <Icon shape=Shape::Info/>
                    <span>{unlisted_words(year, desk.lang.get())}</span>
                </p>
            }
        })
    }
}
