//! 审计: who did what beside the trails of cases, newest first.

use crate::api;
use crate::components::paged::Paged;
use crate::components::states::Empty;
use crate::desk::Desk;
use crate::format;
use crate::poll::Poll;
use crate::words;
use leptos::prelude::*;
use shared::label::Lang;
use shared::time::Timestamp;
use shared::wire::console::{AuditEntry, Page};

/// The page.
#[component]
pub(crate) fn AuditPage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::AUDIT).to_owned());
    let cursor = RwSignal::new(None::<String>);
    let entries = Poll::start(
        move || {
            let cursor = cursor.get();
            async move { api::audit(cursor.as_deref()).await }
        },
        None,
    );
    view! {
        <div class="page stack" data-test="audit">
            <h1>{move || desk.say(words::AUDIT)}</h1>
            <p class="second">{move || desk.say(words::AUDIT_WHAT)}</p>
            <Paged poll=entries cursor=cursor>
                <Table entries=entries/>
            </Paged>
        </div>
    }
}

#[component]
fn Table(entries: Poll<Page<AuditEntry>>) -> impl IntoView {
    let desk = Desk::here();
    move || {
        let (now, lang) = (desk.now.get(), desk.lang.get());
        let rows = entries.answer.with(|page| {
            let rows = page.iter().flat_map(|page| page.rows.iter());
            rows.map(|row| entry(row, now, lang)).collect_view()
        });
        if rows.is_empty() {
            return view! { <Empty what=words::AUDIT_EMPTY how=words::AUDIT_WHAT/> }.into_any();
        }
        let head = |word: words::Word| view! { <th scope="col">{word.of(lang)}</th> };
        view! {
            <table class="cards-when-narrow" role="table">
                <thead>
                    <tr role="row">
                        {head(words::AUDIT_WHEN)} {head(words::AUDIT_WHO)} {head(words::AUDIT_DEED)}
                        {head(words::AUDIT_SUBJECT)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    }
}

fn entry(row: &AuditEntry, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let who = if row.person_name.is_empty() {
        words::AUDIT_NOBODY.of(lang).to_owned()
    } else {
        row.person_name.clone()
    };
    let subject = if row.subject_name.is_empty() {
        let device = row.device.map(|device| device.to_string());
        let mut both = vec![row.subject.clone()];
        both.extend(device.filter(|device| *device != row.subject));
        both.join(" ")
    } else {
        row.subject_name.clone()
    };
    view! {
        <tr role="row" data-test="audit-row" data-action=row.action.clone()>
            <td role="cell" data-label=words::AUDIT_WHEN.of(lang)>
                {format::moment(row.at_ms, now, lang)}
            </td>
            <td role="cell" data-label=words::AUDIT_WHO.of(lang)>{who}</td>
            <td role="cell" data-label=words::AUDIT_DEED.of(lang)>
                {words::deed(&row.action).map_or_else(
                    || row.action.clone(),
                    |word| word.of(lang).to_owned(),
                )}
            </td>
            <td role="cell" data-label=words::AUDIT_SUBJECT.of(lang)>
                <small>{subject.trim().to_owned()}</small>
            </td>
        </tr>
    }
}
