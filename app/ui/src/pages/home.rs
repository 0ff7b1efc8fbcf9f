//! Home: who and where, whether everything is safe, one large button, what waits, what was last.

use crate::backend::{self, Answer};
use crate::components::icon::{Icon, Shape};
use crate::components::notice::{Empty, ProblemNotice};
use crate::components::report_row::{ReportItem, short_place};
use crate::route::{Route, Shown};
use crate::state::{live, shared, speaker};
use crate::words::{self, Word};
use leptos::prelude::*;
use shared::wire::catalogue::OrderNotice;
use shared::wire::handheld::{Home as HomeView, MeView, SyncState, SyncStatus};

/// The first page.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let t = speaker();
    let home = live(backend::home);
    let me = Memo::new(move |_| known(&home).and_then(|home| home.me));
    view! {
        <div class="page home">
            <header class="who">
                <h1>{move || me.get().map_or_else(|| t.say(words::APP).to_owned(), |me| place(&me))}</h1>
                <p class="second" id="who">{move || me.get().map(|me| me.name)}</p>
                <SyncLine />
            </header>
            {move || {
                let late = known(&home).is_some_and(|home| !home.ready_to_file && home.me.is_some());
                late.then(|| view! {
                    <div class="notice" role="status" data-test="not-ready">
                        <Icon shape=Shape::Clock />
                        <p>{t.say(words::HOME_NOT_READY)}</p>
                    </div>
                })
            }}
            {move || known(&home).map(|home| view! { <Orders orders=home.orders /> })}
            <a id="snap" class="button primary snap" href=Route::Capture(None).href() aria-label=t.say(words::SNAP)>
                <Icon shape=Shape::Camera />
                <span>{t.say(words::SNAP_SPACED)}</span>
            </a>
            {move || home.get().map(|answer| match answer {
                Ok(home) => view! { <Below home /> }.into_any(),
                Err(problem) => view! { <ProblemNotice problem /> }.into_any(),
            })}
        </div>
    }
}

/// 平急转换: the orders in force here, and those to come; seen before anything is filed.
#[component]
fn Orders(orders: Vec<OrderNotice>) -> impl IntoView {
    let t = speaker();
    let now = shared().now;
    view! {
        <div class="stack tight" role="status" id="orders">
            {move || {
                let now = now.get();
                let ahead = orders.iter().filter(|it| it.order.is_ahead(now));
                ahead.map(|it| {
                    let order = &it.order;
                    let is_on = order.is_in_force(now);
                    let word = if is_on { words::HOME_EMERGENCY } else { words::HOME_EMERGENCY_COMING };
                    let begins = (!is_on).then(|| {
                        format!(" {} {}", t.moment(order.from_ms, now), t.say(words::HOME_EMERGENCY_FROM))
                    });
                    let ends = match order.until_ms {
                        Some(until) => format!("{} {}", t.say(words::HOME_EMERGENCY_UNTIL), t.moment(until, now)),
                        None => t.say(words::HOME_EMERGENCY_OPEN).to_owned(),
                    };
                    view! {
                        <div class="notice" data-state=if is_on { "late" } else { "soon" } data-test="order">
                            <Icon shape=Shape::TriangleAlert />
                            <p>
                                <strong>{t.say(word)}</strong>
                                " "{it.place.clone()}" "{order.number.clone()}{begins}" "{ends}
                                <br />
                                {order.words.clone()}
                            </p>
                        </div>
                    }
                }).collect_view()
            }}
        </div>
    }
}

fn known(home: &ReadSignal<Option<Answer<HomeView>>>) -> Option<HomeView> {
    home.with(|home| home.as_ref().and_then(|home| home.as_ref().ok()).cloned())
}

/// The last two names of where the worker belongs: 七贤社区 · 第3网格.
fn place(me: &MeView) -> String {
    let Some(post) = me.posts.first() else {
        return me.district_name.clone();
    };
    short_place(&post.path)
}

/// Sync in one sentence; a screen reader hears it when it changes.
#[component]
pub(crate) fn SyncLine() -> impl IntoView {
    let t = speaker();
    let sync = shared().sync;
    let look = |sync: &SyncStatus| match sync.state {
        SyncState::NotEnrolled => (Shape::Info, "waiting"),
        SyncState::AllSent => (Shape::CircleCheck, "safe"),
        // A look that finds nothing to send is no news.
        SyncState::Running if sync.operations_waiting == 0 && sync.photos_waiting == 0 => {
            (Shape::CircleCheck, "safe")
        }
        SyncState::Running => (Shape::Upload, "info"),
        SyncState::Waiting => (Shape::HardDrive, "waiting"),
        SyncState::Paused => (Shape::CircleAlert, "late"),
    };
    view! {
        <p class="sync-line" role="status" aria-live="polite" id="sync-line">
            {move || sync.get().map(|sync| {
                let (shape, state) = look(&sync);
                view! {
                    <a class="badge" data-state=state href=Route::Queue.href()>
                        <Icon shape />
                        <span>{t.sync(&sync)}</span>
                    </a>
                    {(sync.state == SyncState::Paused).then(|| view! {
                        " "
                        <a class="button quiet" id="bind-again" href=Route::Bind.href()>{t.say(words::HOME_PAUSED)}</a>
                    })}
                }
            })}
        </p>
    }
}

/// What waits, and what was last.
#[component]
fn Below(home: HomeView) -> impl IntoView {
    let t = speaker();
    let nothing = home.recent.is_empty();
    view! {
        <div class="counts">
            <Count id="count-attention" word=words::HOME_ATTENTION number=home.needs_attention shown=Shown::Attention />
            <Count id="count-reports" word=words::HOME_REPORTS number=home.reports shown=Shown::All />
            <Count id="count-drafts" word=words::HOME_DRAFTS number=home.drafts shown=Shown::Drafts />
        </div>
        <section class="stack tight">
            <h2 class="rule">{t.say(words::HOME_RECENT)}</h2>
            {if nothing {
                view! { <Empty text=t.say(words::HOME_EMPTY) /> }.into_any()
            } else {
                let rows = home.recent.into_iter();
                view! {
                    <ul class="list items" id="recent">
                        {rows.map(|row| view! { <ReportItem row /> }).collect_view()}
                    </ul>
                }.into_any()
            }}
        </section>
    }
}

#[component]
fn Count(id: &'static str, word: Word, number: u32, shown: Shown) -> impl IntoView {
    view! {
        <a id=id class="count" href=Route::Reports(shown).href()>
            <span>{speaker().say(word)}</span>
            <strong class="number">{number}</strong>
        </a>
    }
}
