//! What a check of the archive came to, in words.

use crate::icons::{Icon, Shape};
use crate::words;
use leptos::prelude::*;
use shared::archive::Finding;
use shared::label::Lang;

/// Findings that are listed; the rest is counted.
const FINDINGS_SHOWN: usize = 20;

/// Good, or what is wrong.
pub(crate) fn outcome(
    findings: &[Finding],
    entries: u32,
    photos: u32,
    lang: Lang,
) -> impl IntoView + use<> {
    let counted = match lang {
        Lang::Zh => format!("已校验{entries}条记录，{photos}张照片。"),
        Lang::En => format!("{entries} entries and {photos} photos were compared."),
    };
    if findings.is_empty() {
        return view! {
            <div data-test="check-good">
                <p>
                    <span class="badge" data-state="safe">
                        <Icon shape=Shape::CircleCheck/>
                        {words::CHECK_GOOD.of(lang)}
                    </span>
                </p>
                <p class="second">{counted}</p>
            </div>
        }
        .into_any();
    }
    let lines = findings.iter().take(FINDINGS_SHOWN);
    let lines = lines
        .map(|finding| view! { <li>{finding.words(lang)}</li> })
        .collect_view();
    let more = findings.len().saturating_sub(FINDINGS_SHOWN);
    let more = (more > 0).then(|| match lang {
        Lang::Zh => format!("另有{more}处。"),
        Lang::En => format!("And {more} more."),
    });
    view! {
        <div class="stack" data-test="check-bad" role="alert">
            <p>
                <span class="badge" data-state="late">
                    <Icon shape=Shape::TriangleAlert/>
                    {words::CHECK_BAD.of(lang)}
                </span>
            </p>
            <ul>{lines}</ul>
            <p class="second">{more} " " {counted} " " {words::CHECK_BAD_HOW.of(lang)}</p>
        </div>
    }
    .into_any()
}
