//! 审计: who did what beside the trails of cases, newest first.

use crate::api;
use crate::components::paged::Paged;
use crate::components::states::Empty;
use crate::desk::Desk;
use crate::filter;
use crate::format;
use crate::poll::Poll;
use crate::words;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use shared::label::Lang;
use shared::time::Timestamp;
use shared::wire::console::{AuditEntry, AuditQuery, Page};

/// The page.
#[component]
pub(crate) fn AuditPage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::AUDIT).to_owned());
    let cursor = RwSignal::new(None::<String>);
    let wanted = RwSignal::new(AuditQuery::default());
    let entries = Poll::start(
        move || {
            let query = AuditQuery {
                cursor: cursor.get(),
                ..wanted.get()
            };
            async move { api::audit(&query).await }
        },
        None,
    );
    view! {
        <div class="page stack" data-test="audit">
            <h1>{move || desk.say(words::AUDIT)}</h1>
            <p class="second">{move || desk.say(words::AUDIT_WHAT)}</p>
            <Search wanted=wanted cursor=cursor/>
            <Paged poll=entries cursor=cursor>
                <Table entries=entries wanted=wanted/>
            </Paged>
        </div>
    }
}

/// By whom, what, and when; asked for when the form is sent.
#[component]
fn Search(wanted: RwSignal<AuditQuery>, cursor: RwSignal<Option<String>>) -> impl IntoView {
    let desk = Desk::here();
    let (person, action) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (from, to) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let given = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        cursor.set(None);
        wanted.set(AuditQuery {
            person: given(person.get_untracked()),
            action: given(action.get_untracked()),
            from_ms: filter::day_start(&from.get_untracked()),
            to_ms: filter::day_end(&to.get_untracked()),
            cursor: None,
        });
    };
    let deeds = move || {
        let lang = desk.lang.get();
        let deed = |(name, word): &(&'static str, words::Word)| {
            view! { <option value=*name>{word.of(lang)}</option> }
        };
        words::DEEDS.iter().map(deed).collect_view()
    };
    let date = move |id: &'static str, word: words::Word, day: RwSignal<String>| {
        view! {
            <div class="field">
                <label for=id>{move || desk.say(word)}</label>
                <input
                    id=id
                    type="date"
                    prop:value=day
                    on:input=move |event| day.set(event_target_value(&event))
                />
            </div>
        }
    };
    view! {
        <form class="filters" role="search" id="audit-search" on:submit=submit>
            <div class="field">
                <label for="audit-person">{move || desk.say(words::AUDIT_PERSON)}</label>
                <input
                    id="audit-person"
                    type="search"
                    autocomplete="off"
                    prop:value=person
                    on:input=move |event| person.set(event_target_value(&event))
                />
            </div>
            <div class="field">
                <label for="audit-action">{move || desk.say(words::AUDIT_DEED)}</label>
                <select
                    id="audit-action"
                    prop:value=action
                    on:change=move |event| action.set(event_target_value(&event))
                >
                    <option value="">{move || desk.say(words::AUDIT_ALL_DEEDS)}</option>
                    {deeds}
                </select>
            </div>
            {date("audit-from", words::AUDIT_FROM, from)}
            {date("audit-to", words::AUDIT_TO, to)}
            <button type="submit" id="audit-go">{move || desk.say(words::AUDIT_SEARCH)}</button>
        </form>
    }
}

#[component]
fn Table(entries: Poll<Page<AuditEntry>>, wanted: RwSignal<AuditQuery>) -> impl IntoView {
    let desk = Desk::here();
    move || {
        let (now, lang) = (desk.now.get(), desk.lang.get());
        let rows = entries.answer.with(|page| {
            let rows = page.iter().flat_map(|page| page.rows.iter());
            rows.map(|row| entry(row, now, lang)).collect_view()
        });
        if rows.is_empty() && wanted.with(|wanted| *wanted != AuditQuery::default()) {
            return view! { <Empty what=words::AUDIT_NONE how=words::AUDIT_NONE_HOW/> }.into_any();
        }
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
