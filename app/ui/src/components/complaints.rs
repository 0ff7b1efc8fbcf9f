//! 投诉建议: where to turn, as the district named it; nothing where it named nothing.

use super::field::Fact;
use crate::state::{shared, speaker};
use crate::words;
use leptos::prelude::*;

/// The card.
#[component]
pub(crate) fn ComplaintsCard() -> impl IntoView {
    let t = speaker();
    let channel = shared().complaints;
    move || {
        let channel = channel.get();
        if channel.is_empty() {
            return None;
        }
        let (phone, url) = (channel.phone, channel.url);
        Some(view! {
            <section class="card stack tight" data-test="complaints">
                <h2>{t.say(words::COMPLAINTS)}</h2>
                <dl class="facts">
                    {(!phone.is_empty()).then(|| view! {
                        <Fact word=words::COMPLAINTS_PHONE text=phone.clone() />
                    })}
                    {(!url.is_empty()).then(|| view! {
                        <Fact word=words::COMPLAINTS_URL text=url.clone() />
                    })}
                </dl>
            </section>
        })
    }
}
