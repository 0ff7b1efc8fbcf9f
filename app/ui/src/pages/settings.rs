//! 我的: who I am, language and type size, sync, what the app takes on the device, about.

use crate::backend;
use crate::components::complaints::ComplaintsCard;
use crate::components::field::{Fact, Switch};
use crate::components::icon::{Icon, Shape};
use crate::components::notice::ProblemNotice;
use crate::components::report_row::brief_place;
use crate::pages::courier::CourierCard;
use crate::pages::home::SyncLine;
use crate::pages::lock::LockSettings;
use crate::route::Route;
use crate::state::{live, shared, speaker};
use crate::words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::label;
use shared::wire::handheld::{MeView, SyncStatus};
use shared::wire::sync::Room;

/// Settings.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let t = speaker();
    let shared = shared();
    let home = live(backend::home);
    // Read anew for what is stored on the device.
    let about = live(backend::about);
    let me = Memo::new(move |_| home.get().and_then(Result::ok).and_then(|home| home.me));
    view! {
        <div class="page stack settings">
            <h1>{t.say(words::SETTINGS_TITLE)}</h1>
            {move || me.get().map(|me| view! { <Person me /> })}
            <section class="card stack tight">
                <h2>{t.say(words::SETTINGS_SHOW)}</h2>
                <Switch
                    id="large-type"
                    label=t.say(words::LARGE_TYPE)
                    on=Signal::derive(move || shared.settings.read().large_type)
                    change=move |on| shared.set_settings(|settings| settings.large_type = on)
                />
                <LanguageChoice />
            </section>
            <section class="card stack tight" id="settings-sync">
                <h2>{t.say(words::SETTINGS_SYNC)}</h2>
                <SyncLine />
                {move || shared.sync.get().map(|sync| view! { <SyncFacts sync /> })}
                <button type="button" id="sync-now" on:click=move |_| spawn_local(async move {
                    if let Err(problem) = backend::sync_now().await {
                        leptos::logging::warn!("no sync now: {}", problem.code);
                    }
                    shared.look_again();
                })>
                    <Icon shape=Shape::Refresh />
                    {t.say(words::SYNC_NOW)}
                </button>
                <a class="button" id="to-queue" href=Route::Queue.href()>{t.say(words::QUEUE_TITLE)}</a>
            </section>
            <CourierCard />
            <LockSettings />
            <ComplaintsCard />
            <section class="card stack tight">
                <h2>{t.say(words::SETTINGS_STORE)}</h2>
                <dl class="facts">
                    {move || about.get().and_then(Result::ok).map(|about| {
                        view! { <Fact word=words::SETTINGS_STORED text=t.bytes(about.stored_bytes) /> }
                    })}
                    {move || shared.sync.get().map(|sync| {
                        view! { <Fact word=words::SETTINGS_WAITING text=t.bytes(sync.bytes_waiting) /> }
                    })}
                </dl>
            </section>
            <section class="card stack tight">
                <h2>{t.say(words::SETTINGS_ABOUT)}</h2>
                <dl class="facts">
                    {move || about.get().and_then(Result::ok).map(|about| {
                        view! { <Fact word=words::SETTINGS_VERSION text=about.version /> }
                    })}
                    {move || me.get().map(|me| {
                        view! { <Fact word=words::SETTINGS_DEVICE text=me.device.to_string() /> }
                    })}
                </dl>
                <p class="second">{t.say(words::SETTINGS_LICENCE)}</p>
            </section>
        </div>
    }
}

#[component]
fn Person(me: MeView) -> impl IntoView {
    let t = speaker();
    let posts = me
        .posts
        .iter()
        .map(|post| {
            format!(
                "{} · {}",
                label::role(post.role, t.0),
                brief_place(&post.path)
            )
        })
        .collect::<Vec<_>>();
    view! {
        <section class="card stack tight" id="settings-me">
            <h2>{me.name}</h2>
            <dl class="facts">
                {posts.into_iter().map(|text| view! { <Fact word=words::SETTINGS_POSTS text /> }).collect_view()}
                <Fact word=words::SETTINGS_DISTRICT text=me.district_name />
                <Fact word=words::SETTINGS_SERVER text=me.server />
            </dl>
            <a class="button" id="rebind" href=Route::Bind.href()>{t.say(words::SETTINGS_REBIND)}</a>
        </section>
    }
}

#[component]
fn SyncFacts(sync: SyncStatus) -> impl IntoView {
    let t = speaker();
    let now = shared().now;
    let last = sync.last_success.map_or_else(
        || t.say(words::SYNC_NEVER).to_owned(),
        |at| t.moment(at, now.get_untracked()),
    );
    view! {
        <dl class="facts">
            <Fact word=words::SYNC_LAST text=last />
            {sync.next_attempt.map(|at| view! {
                <Fact word=words::SYNC_NEXT text=t.moment(at, now.get_untracked()) />
            })}
        </dl>
        <RoomNotice room=sync.room />
        {sync.problem.map(|problem| view! { <ProblemNotice problem /> })}
    }
}

/// Says that the cases which come down are nearly too many for a handheld, or are.
#[component]
pub(crate) fn RoomNotice(room: Option<Room>) -> impl IntoView {
    let t = speaker();
    room.map(|room| {
        let words = if room.left_out > 0 {
            words::ROOM_LEFT_OUT
        } else {
            words::ROOM_NEAR
        };
        view! {
            <p class="notice" data-state="soon" role="status" data-test="room">
                <Icon shape=Shape::CircleAlert />
                <span>
                    {t.say(words)}
                    " "
                    {format!("{} / {}", room.rows, room.limit)}
                </span>
            </p>
        }
    })
}

/// 中文 or English, each in its own name.
#[component]
pub(crate) fn LanguageChoice() -> impl IntoView {
    let t = speaker();
    let shared = shared();
    let current = shared.settings.get_untracked().language;
    let choice = move |tag: &'static str, name: &'static str, id: &'static str| {
        let chosen = current.starts_with(tag);
        view! {
            <label class="check segment" lang=tag>
                <input
                    id=id
                    type="radio"
                    name="language"
                    prop:checked=chosen
                    on:change=move |_| shared.set_settings(|settings| {
                        settings.language = String::from(if tag == "en" { "en" } else { "zh-CN" });
                    })
                />
                {name}
            </label>
        }
    };
    view! {
        <fieldset>
            <legend>{t.say(words::LANGUAGE)}</legend>
            <div class="row">
                {choice.clone()("zh", "中文", "language-zh")}
                {choice("en", "English", "language-en")}
            </div>
        </fieldset>
    }
}
