//! 发送队列: what is safe, what waits and why, how long it takes, and what photos may cost.

use crate::backend;
use crate::components::field::{Fact, Switch};
use crate::components::icon::{Icon, Shape};
use crate::components::notice::{Empty, ProblemNotice, reading};
use crate::components::report_row::{Thumbnail, problem_class};
use crate::pages::home::SyncLine;
use crate::pages::settings::RoomNotice;
use crate::pages::tasks::TaskItem;
use crate::route::Route;
use crate::state::{Shared, last_good, live, shared, speaker};
use crate::words::{self, Word};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::time::SECOND_MS;
use shared::wire::handheld::{Problem, ReportStatus};
use shared::wire::queue::{
    Held, PhotoStanding, Queue as QueueView, QueuePhoto, QueueRow, SendingRules,
};
use std::num::ParseIntError;

/// The sending queue.
#[component]
pub(crate) fn Queue() -> impl IntoView {
    let t = speaker();
    let queue = live(backend::queue);
    // Drawn apart, so that a number being typed isn't drawn over while photos move.
    let known = last_good(queue);
    let rules = Memo::new(move |_| known.with(|known| known.as_ref().map(|queue| queue.rules)));
    let setting = Setting::begin(shared(), rules);
    view! {
        <div class="page stack queue">
            <h1>{t.say(words::QUEUE_TITLE)}</h1>
            {reading(queue)}
            {move || known.get().map(|queue| view! { <Shown queue /> })}
            <Show when=move || rules.with(Option::is_some)>
                <Rules setting />
            </Show>
        </div>
    }
}

#[component]
fn Shown(queue: QueueView) -> impl IntoView {
    let t = speaker();
    let (rows, tasks) = (queue.rows.clone(), queue.tasks.clone());
    // Photos of tasks, ticks of a round and notes to others' reports stand in no row.
    let waits = queue.sync.operations_waiting > 0 || queue.sync.photos_waiting > 0;
    view! {
        <Standing queue />
        {(!tasks.is_empty()).then(|| view! {
            <section class="stack tight">
                <h2 class="rule">{t.say(words::QUEUE_TASKS)}</h2>
                <ul class="list items" id="queue-tasks">
                    {tasks.into_iter().map(|row| view! { <TaskItem row /> }).collect_view()}
                </ul>
            </section>
        })}
        {if rows.is_empty() && waits {
            ().into_any()
        } else if rows.is_empty() {
            view! { <Empty text=t.say(words::QUEUE_EMPTY) /> }.into_any()
        } else {
            view! {
                <section class="stack tight">
                    <h2 class="rule">{t.say(words::QUEUE_REPORTS)}</h2>
                    <ul class="list items" id="queue">
                        {rows.into_iter().map(|row| view! { <Report row /> }).collect_view()}
                    </ul>
                </section>
            }.into_any()
        }}
    }
}

/// The plain sentence when all is safe; else what waits, for how long, and why.
#[component]
fn Standing(queue: QueueView) -> impl IntoView {
    let t = speaker();
    let shared = shared();
    let speed = queue
        .bytes_per_s
        .map(|speed| format!("{}/s", t.bytes(speed)));
    let left = queue.seconds_left.filter(|_| queue.sync.bytes_waiting > 0);
    let left = left.map(|left| {
        let ms = i64::try_from(left)
            .unwrap_or(i64::MAX)
            .saturating_mul(SECOND_MS);
        t.duration(ms)
    });
    let (used, may) = queue.stored;
    view! {
        <section class="card stack tight">
            {if queue.all_safe {
                view! {
                    <p class="notice" data-state="safe" role="status" id="queue-all-safe">
                        <Icon shape=Shape::CircleCheck />
                        <strong>{t.say(words::QUEUE_ALL_SAFE)}</strong>
                    </p>
                }.into_any()
            } else {
                view! { <SyncLine /> }.into_any()
            }}
            {queue.held.map(|held| view! {
                <p class="notice" role="status" id="queue-held">
                    <Icon shape=Shape::Clock />
                    <span>{t.say(match held {
                        Held::ForWifi => words::QUEUE_HELD_WIFI,
                        Held::ForTomorrow => words::QUEUE_HELD_TOMORROW,
                    })}</span>
                </p>
            })}
            <RoomNotice room=queue.sync.room />
            {queue.sync.problem.clone().map(|problem| view! { <ProblemNotice problem /> })}
            <dl class="facts">
                <Fact word=words::QUEUE_LEFT text=t.bytes(queue.sync.bytes_waiting) />
                {speed.map(|text| view! { <Fact word=words::QUEUE_SPEED text /> })}
                {left.map(|text| view! { <Fact word=words::QUEUE_TIME text /> })}
                {(queue.metered_today > 0).then(|| view! {
                    <Fact word=words::QUEUE_METERED text=t.bytes(queue.metered_today) />
                })}
                <Fact word=words::QUEUE_STORED text=format!("{} / {}", t.bytes(used), t.bytes(may)) />
            </dl>
            <button type="button" id="queue-retry" on:click=move |_| spawn_local(async move {
                if let Err(problem) = backend::sync_now().await {
                    leptos::logging::warn!("no sync now: {}", problem.code);
                }
                shared.look_again();
            })>
                <Icon shape=Shape::Refresh />
                {t.say(words::QUEUE_RETRY)}
            </button>
        </section>
    }
}

#[component]
fn Report(row: QueueRow) -> impl IntoView {
    let t = speaker();
    let report = row.row;
    let (shape, state, word) = match report.status {
        ReportStatus::OnDevice => (Shape::HardDrive, "waiting", words::QUEUE_ON_DEVICE),
        ReportStatus::Sending => (Shape::Upload, "info", words::QUEUE_SENDING),
        ReportStatus::Delivered => (Shape::Check, "safe", words::QUEUE_RECEIVED),
        ReportStatus::Accepted | ReportStatus::Closed => {
            (Shape::CircleCheck, "safe", words::QUEUE_ACCEPTED)
        }
        ReportStatus::Settled => (Shape::CircleCheck, "safe", words::QUEUE_SETTLED),
        ReportStatus::NeedsAttention => (Shape::CircleAlert, "late", words::QUEUE_ATTENTION),
    };
    let number = report.case_no.clone().unwrap_or(report.short_code);
    let todo_class = problem_class(report.status);
    let todo = report.problem.as_ref().map(|problem| t.problem(problem));
    view! {
        <li>
            <a class="item" href=Route::Report(report.id).href() data-queued=report.id.to_string()>
                <Thumbnail preview=report.preview />
                <span class="grow stack item-words">
                    <span class="item-title">{report.category_name}</span>
                    <span class="second item-line">{number}</span>
                    <Mark shape state word />
                    {todo.map(|todo| view! { <span class=todo_class>{todo}</span> })}
                    {row.photos.into_iter().map(|photo| view! { <Photo photo /> }).collect_view()}
                </span>
                <Icon shape=Shape::ChevronRight />
            </a>
        </li>
    }
}

#[component]
fn Photo(photo: QueuePhoto) -> impl IntoView {
    let t = speaker();
    let (shape, state, word) = match photo.standing {
        PhotoStanding::OnDevice => (Shape::HardDrive, "waiting", words::QUEUE_ON_DEVICE),
        PhotoStanding::PreviewSent => (Shape::HardDrive, "waiting", words::QUEUE_PREVIEW_SENT),
        PhotoStanding::Sending => (Shape::Upload, "info", words::QUEUE_SENDING),
        PhotoStanding::Received => (Shape::CircleCheck, "safe", words::QUEUE_RECEIVED),
        PhotoStanding::NeedsAttention => (Shape::CircleAlert, "late", words::QUEUE_ATTENTION),
    };
    let size = match photo.standing {
        PhotoStanding::Sending => format!("{} / {}", t.bytes(photo.sent), t.bytes(photo.bytes)),
        _ => t.bytes(photo.bytes),
    };
    let todo = photo.problem.as_ref().map(|problem| t.problem(problem));
    view! {
        <span class="queue-photo" data-photo=photo.id>
            <span class="second">{t.photo_role(photo.role)} " · " {size}</span>
            <Mark shape state word />
            {todo.map(|todo| view! { <span class="error-text">{todo}</span> })}
        </span>
    }
}

#[component]
fn Mark(shape: Shape, state: &'static str, word: Word) -> impl IntoView {
    view! {
        <span class="badge status" data-state=state>
            <Icon shape />
            <span>{speaker().say(word)}</span>
        </span>
    }
}

/// The rules as they are set here. Every member is a handle, so copies are the same thing.
#[derive(Clone, Copy)]
struct Setting {
    shared: Shared,
    /// As the device has them.
    kept: Memo<Option<SendingRules>>,
    rules: RwSignal<SendingRules>,
    problem: RwSignal<Option<Problem>>,
    busy: StoredValue<bool>,
}

impl Setting {
    fn begin(shared: Shared, kept: Memo<Option<SendingRules>>) -> Self {
        let setting = Self {
            shared,
            kept,
            rules: RwSignal::new(SendingRules::default()),
            problem: RwSignal::new(None),
            busy: StoredValue::new(false),
        };
        Effect::new(move |_| {
            if let Some(kept) = kept.get()
                && !setting.busy.get_value()
            {
                setting.rules.set(kept);
            }
        });
        setting
    }

    /// Changes one rule and keeps them all. One is kept after the other, and what changes meanwhile
    /// goes with the next, so that none takes another back.
    fn keep(self, change: impl FnOnce(&mut SendingRules)) {
        self.rules.update(change);
        self.problem.set(None);
        if self.busy.get_value() {
            return;
        }
        self.busy.set_value(true);
        let mut rules = self.rules.get_untracked();
        spawn_local(async move {
            loop {
                let answer = backend::save_sending_rules(rules).await;
                // The page may be gone; then nothing changes any more.
                let now = self.rules.try_get_untracked().unwrap_or(rules);
                if now != rules {
                    rules = now;
                    continue;
                }
                if let Err(refused) = answer {
                    self.take_back(refused);
                }
                break;
            }
            self.busy.try_set_value(false);
            self.shared.look_again();
        });
    }

    /// Shows what is kept, and why it isn't what was wanted.
    fn take_back(self, refused: Problem) {
        if let Some(kept) = self.kept.try_get_untracked().flatten() {
            self.rules.try_set(kept);
        }
        self.shared.say(self.problem, refused);
    }
}

/// What photos may cost. Kept at once; the queue is looked at again.
#[component]
fn Rules(setting: Setting) -> impl IntoView {
    let t = speaker();
    let wifi_only = Memo::new(move |_| setting.rules.get().wifi_only);
    let cap = Memo::new(move |_| setting.rules.get().daily_cap_mb);
    let cap_text = move || cap.get().map(|cap| cap.to_string()).unwrap_or_default();
    let wrong = RwSignal::new(false);
    let set_cap = move |typed: String| {
        let typed = cap_typed(&typed);
        wrong.set(typed.is_err());
        if let Ok(cap) = typed {
            setting.keep(|rules| rules.daily_cap_mb = cap);
        }
    };
    view! {
        <section class="card stack tight" id="queue-rules">
            <h2>{t.say(words::QUEUE_RULES)}</h2>
            <p class="second">{t.say(words::QUEUE_RULES_HELP)}</p>
            <Switch
                id="wifi-only"
                label=t.say(words::QUEUE_WIFI_ONLY)
                on=wifi_only
                change=move |on| setting.keep(|rules| rules.wifi_only = on)
            />
            {move || setting.problem.get().map(|problem| view! { <ProblemNotice problem /> })}
            <div class="field">
                <label for="daily-cap">{t.say(words::QUEUE_CAP)}</label>
                // As text: a field for numbers is empty for a program when it holds words.
                <input
                    id="daily-cap"
                    type="text"
                    inputmode="numeric"
                    autocomplete="off"
                    aria-invalid=move || wrong.get().then_some("true")
                    prop:value=cap_text
                    on:change=move |event| set_cap(event_target_value(&event))
                />
                <Show when=move || wrong.get()>
                    <p class="error-text" role="alert" id="daily-cap-wrong">
                        {t.say(words::QUEUE_CAP_WRONG)}
                    </p>
                </Show>
            </div>
        </section>
    }
}

/// The daily cap as typed: whole megabytes, or nothing for no cap. Nothing else means "no cap".
fn cap_typed(typed: &str) -> Result<Option<u32>, ParseIntError> {
    match typed.trim() {
        "" => Ok(None),
        typed => typed.parse().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::cap_typed;

    #[test]
    fn a_daily_cap_is_whole_megabytes_or_nothing_and_never_none_by_mistake() {
        assert_eq!(cap_typed(""), Ok(None));
        assert_eq!(cap_typed("  "), Ok(None));
        assert_eq!(cap_typed("0"), Ok(Some(0)));
        assert_eq!(cap_typed(" 20 "), Ok(Some(20)));
        for wrong in ["0.5", "-1", "二十", "20兆", "1e3", "4294967296"] {
            assert!(cap_typed(wrong).is_err(), "{wrong}");
        }
    }
}
