//! 待确认: what came and could not be taken by itself, why, and what a person did about it.

use crate::api;
use crate::components::paged::Paged;
use crate::components::photos::Photos;
use crate::components::states::{Empty, FormProblem};
use crate::desk::{Choice, Desk};
use crate::format;
use crate::icons::{Icon, Shape};
use crate::poll::{Poll, REFRESH};
use crate::words;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::case::Found;
use shared::id::{OpId, Sha256};
use shared::label::{self, Lang};
use shared::operation::kind;
use shared::patrol::Seen;
use shared::time::Timestamp;
use shared::wire::console::{Page, QuarantineRow};

/// Where an operation says what a visit found, and where what was seen at a point.
const FOUND: &str = "/payload/found";
const SEEN: &str = "/payload/seen";

/// One content of an operation: several may have come under one id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Which {
    op_id: OpId,
    hash: Option<Sha256>,
}

impl Which {
    const fn of(row: &QuarantineRow) -> Self {
        Self {
            op_id: row.op_id,
            hash: row.hash,
        }
    }

    /// What elements of it are called on the page.
    fn mark(self) -> String {
        self.hash.map_or_else(
            || self.op_id.to_string(),
            |hash| format!("{}-{hash}", self.op_id),
        )
    }
}

/// The page.
#[component]
pub(crate) fn QuarantinePage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::QUARANTINE).to_owned());
    // Codes are shown with their words.
    desk.want_categories();
    desk.want_areas();
    let cursor = RwSignal::new(None::<String>);
    let settled = RwSignal::new(false);
    let rows = Poll::start(
        move || {
            let (cursor, settled) = (cursor.get(), settled.get());
            async move { api::quarantine(cursor.as_deref(), settled).await }
        },
        Some(REFRESH),
    );
    let ids = Memo::new(move |_| {
        rows.answer.with(|page: &Option<Page<QuarantineRow>>| {
            page.as_ref()
                .map(|page| page.rows.iter().map(Which::of).collect::<Vec<_>>())
        })
    });
    view! {
        <div class="page stack" data-test="quarantine">
            <h1>{move || desk.say(words::QUARANTINE)}</h1>
            <p class="second">{move || desk.say(words::QUARANTINE_WHAT)}</p>
            <label class="check">
                <input
                    id="show-settled"
                    type="checkbox"
                    prop:checked=settled
                    on:change=move |event| {
                        cursor.set(None);
                        settled.set(event_target_checked(&event));
                    }
                />
                {move || desk.say(words::SHOW_SETTLED)}
            </label>
            <Paged poll=rows cursor=cursor>
                <Show
                    when=move || ids.with(|ids| ids.as_ref().is_some_and(|ids| !ids.is_empty()))
                    fallback=|| view! {
                        <Empty what=words::QUARANTINE_EMPTY how=words::QUARANTINE_EMPTY_HOW/>
                    }
                >
                    <ul class="stack">
                        <For
                            each=move || ids.get().unwrap_or_default()
                            key=|which| *which
                            let:which
                        >
                            <Entry which=which rows=rows/>
                        </For>
                    </ul>
                </Show>
            </Paged>
        </div>
    }
}

#[component]
fn Entry(which: Which, rows: Poll<Page<QuarantineRow>>) -> impl IntoView {
    let desk = Desk::here();
    // When and how it was settled here: that stands, whatever becomes of the next answer.
    let settled = RwSignal::new(None::<(Timestamp, String)>);
    let row = Memo::new(move |_| {
        let mut row = rows.answer.with(|page| {
            let rows = &page.as_ref()?.rows;
            rows.iter().find(|row| Which::of(row) == which).cloned()
        })?;
        if row.resolved_ms.is_none()
            && let Some((at, note)) = settled.get()
        {
            row.resolved_ms = Some(at);
            row.note = note;
        }
        Some(row)
    });
    let waits = Memo::new(move |_| {
        row.with(|row| row.as_ref().is_some_and(|row| row.resolved_ms.is_none()))
    });
    view! {
        <li
            class="card stack tight quarantine-row"
            id=format!("op-{}", which.mark())
            data-test="quarantine-row"
        >
            {move || {
                let (lang, now) = (desk.lang.get(), desk.now.get_untracked());
                row.with(|row| row.as_ref().map(|row| content(row, desk, now, lang)))
            }}
            <Show when=move || waits.get()>
                <Resolve which=which rows=rows settled=settled/>
            </Show>
        </li>
    }
}

fn content(row: &QuarantineRow, desk: Desk, now: Timestamp, lang: Lang) -> impl IntoView + use<> {
    let person = if row.person_name.is_empty() {
        words::UNKNOWN_PERSON.of(lang).to_owned()
    } else {
        row.person_name.clone()
    };
    // The server's words may say more than the code; English has those of the code.
    let why = match lang {
        Lang::Zh if !row.words.is_empty() => row.words.clone(),
        _ => label::fault(&row.code, lang).to_owned(),
    };
    let (kind, badge) = if row.resolved_ms.is_some() {
        ("safe", words::RESOLVED)
    } else {
        ("soon", words::WAITING)
    };
    let settled = row.resolved_ms.map(|at| {
        let at = format::moment(at, now, lang);
        view! {
            <p class="notice" data-state="safe" data-test="resolved">
                <Icon shape=Shape::CircleCheck/>
                <span>{row.note.clone()} " " <small>{at}</small></span>
            </p>
        }
    });
    let photos = row.photos.clone();
    view! {
        <p class="row between">
            <span class="row">
                <span class="badge" data-state=kind>{badge.of(lang)}</span>
                <strong>{person}</strong>
            </span>
            <small class="number">{format::moment(row.received_ms, now, lang)}</small>
        </p>
        <p class="why" data-test="why" data-code=row.code.clone()>{why}</p>
        {readable(&row.body, desk, now, lang)}
        {(!photos.is_empty()).then(|| view! { <Photos photos/> })}
        <details>
            <summary>{words::RAW.of(lang)}</summary>
            <pre>{pretty(&row.body)}</pre>
        </details>
        {settled}
    }
}

/// The text of a member, whatever its type.
fn text_at(value: &Value, path: &str) -> String {
    match value.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// What was found on a visit or seen at a point, with its label; empty for other operations. What
/// only a later version knows is shown as it came.
fn finding(operation: &str, value: &Value, lang: Lang) -> (words::Word, String) {
    let said = |path: &str, word: Option<&'static str>| {
        word.map_or_else(|| text_at(value, path), str::to_owned)
    };
    let found = || read_at::<Found>(value, FOUND);
    match operation {
        kind::CASE_VERIFY => {
            let word = found().map(|found| label::verified(found, lang));
            (words::FOUND, said(FOUND, word))
        }
        kind::CASE_CHECK => {
            let word = found().map(|found| label::checked(found, lang));
            (words::FOUND, said(FOUND, word))
        }
        kind::PATROL_MARK => {
            let word = read_at::<Seen>(value, SEEN).map(|seen| label::seen(seen, lang));
            (words::PATROL_SEEN, said(SEEN, word))
        }
        _ => (words::FOUND, String::new()),
    }
}

/// A member as what it is; none when it isn't.
fn read_at<T: DeserializeOwned>(value: &Value, path: &str) -> Option<T> {
    serde_json::from_value(value.pointer(path)?.clone()).ok()
}

/// Labels and values of an operation that a person can read; empty when it is no operation.
fn parts(body: &str, now: Timestamp, lang: Lang) -> Vec<(&'static str, String)> {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return Vec::new();
    };
    let kind = text_at(&value, "/kind");
    let (about, found) = finding(&kind, &value, lang);
    // One of a later version is called as it calls itself.
    let kind = label::operation(&kind, lang).map_or(kind, str::to_owned);
    // What is said about a report, of a visit and of a point stands elsewhere than a report's words.
    let mut said = ["text", "reason", "note"]
        .into_iter()
        .map(|member| text_at(&value, &format!("/payload/{member}")));
    let said = said.find(|words| !words.is_empty()).unwrap_or_default();
    let moment = value
        .pointer("/wall_ms")
        .and_then(Value::as_i64)
        .map_or_else(String::new, |ms| format::moment(Timestamp(ms), now, lang));
    let photos = value
        .pointer("/photos")
        .and_then(Value::as_array)
        .map_or_else(String::new, |photos| photos.len().to_string());
    let all = [
        (words::OP_KIND, kind),
        (words::MADE_AT, moment),
        (about, found),
        (words::WORDS_OF_WORKER, said),
        (words::PLACE, text_at(&value, "/payload/place/words")),
        (words::CATEGORY, text_at(&value, "/payload/category")),
        (words::GRID, text_at(&value, "/payload/grid")),
        (words::PHOTOS, photos),
    ];
    all.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(word, value)| (word.of(lang), value))
        .collect()
}

/// A code behind its name; the code alone when nothing has it.
fn named(list: RwSignal<Option<Vec<Choice>>>, code: &str) -> String {
    list.with(|list| {
        let mut all = list.iter().flatten();
        let known = all.find(|choice| choice.code == code);
        known.map_or_else(|| code.to_owned(), |known| format!("{} {code}", known.name))
    })
}

fn readable(body: &str, desk: Desk, now: Timestamp, lang: Lang) -> AnyView {
    let mut parts = parts(body, now, lang);
    for (name, value) in &mut parts {
        if *name == words::CATEGORY.of(lang) {
            *value = named(desk.categories, value);
        } else if *name == words::GRID.of(lang) {
            *value = named(desk.areas, value);
        }
    }
    if parts.is_empty() {
        return view! { <p class="second">{words::UNREADABLE_BODY.of(lang)}</p> }.into_any();
    }
    let rows = parts
        .into_iter()
        .map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> });
    view! { <dl class="facts" data-test="content">{rows.collect_view()}</dl> }.into_any()
}

/// The body as it came, laid out if it is JSON.
fn pretty(body: &str) -> String {
    serde_json::from_str::<Value>(body)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_other| body.to_owned())
}

/// What was done about it, by somebody who may say so; the server decides who may.
#[component]
fn Resolve(
    which: Which,
    rows: Poll<Page<QuarantineRow>>,
    settled: RwSignal<Option<(Timestamp, String)>>,
) -> impl IntoView {
    let desk = Desk::here();
    let note = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let field = format!("note-{}", which.mark());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let words = note.get_untracked().trim().to_owned();
        if words.is_empty() {
            problem.set(Some(desk.say(words::REASON_NEEDED).to_owned()));
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let outcome = api::resolve(which.op_id, which.hash, words.clone()).await;
            busy.try_set(false);
            match outcome {
                Ok(()) => {
                    settled.try_set(Some((desk.now.get_untracked(), words)));
                    rows.refresh();
                }
                Err(refused) => {
                    desk.notice(&refused);
                    problem.try_set(Some(refused.words(desk.lang.get_untracked())));
                }
            }
        });
    };
    view! {
        <form class="resolve" on:submit=submit>
            <div class="field grow">
                <label for=field.clone()>{move || desk.say(words::RESOLVE_NOTE)}</label>
                <input
                    id=field
                    data-test="resolve-note"
                    prop:value=note
                    on:input=move |event| note.set(event_target_value(&event))
                />
            </div>
            <button type="submit" data-test="resolve" prop:disabled=busy>
                <Icon shape=Shape::Check/>
                {move || desk.say(words::RESOLVE)}
            </button>
            <FormProblem words=problem/>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_read_in_words_and_anything_else_is_said_to_be_unreadable() {
        let body = r#"{"kind":"report.file","wall_ms":1795487400000,
            "payload":{"text":"<b>井盖缺失</b>","place":{"words":"人民路"},"category":"C0101"},
            "photos":[{},{}]}"#;
        let parts = parts(body, Timestamp(1_795_487_400_000), Lang::Zh);
        assert!(parts.contains(&("操作", "上报".into())));
        assert!(parts.contains(&("情况说明", "<b>井盖缺失</b>".into())));
        assert!(parts.contains(&("手机时间", "11月24日 10:30".into())));
        assert!(parts.contains(&("照片", "2".into())));
        let body = r#"{"kind":"report.withdraw","payload":{"reason":"已自行恢复"}}"#;
        let withdrawn = super::parts(body, Timestamp(0), Lang::Zh);
        let wanted = [("操作", "撤回上报"), ("情况说明", "已自行恢复")];
        assert_eq!(
            withdrawn,
            wanted.map(|(name, said)| (name, said.to_owned()))
        );
        for (body, wanted) in [
            (
                r#"{"kind":"case.verify","payload":{"found":"no"}}"#,
                ("现场结果", "不属实"),
            ),
            (
                r#"{"kind":"case.check","payload":{"found":"no"}}"#,
                ("现场结果", "未整改到位"),
            ),
            (
                r#"{"kind":"patrol.mark","payload":{"seen":"unreached"}}"#,
                ("情况", "去不了"),
            ),
            (
                r#"{"kind":"patrol.mark","payload":{"seen":"later"}}"#,
                ("情况", "later"),
            ),
        ] {
            let parts = super::parts(body, Timestamp(0), Lang::Zh);
            assert!(parts.contains(&(wanted.0, wanted.1.to_owned())), "{body}");
        }
        let later = super::parts(r#"{"kind":"later.kind"}"#, Timestamp(0), Lang::Zh);
        assert_eq!(later, [("操作", "later.kind".to_owned())]);
        assert!(super::parts("not json", Timestamp(0), Lang::Zh).is_empty());
        assert!(super::parts("[1]", Timestamp(0), Lang::Zh).is_empty());
    }
}
