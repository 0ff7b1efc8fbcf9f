//! The frame around all pages: language, type size, the bar at the bottom, and where the focus
//! goes when the page changes.

use crate::backend;
use crate::components::icon::{Icon, Shape};
use crate::components::notice::LateBar;
use crate::pages::{
    bind::Bind, capture::Capture, filed::Filed, form::Form, home::Home, lock::Unlock,
    patrol::Patrol, queue::Queue, report::Report, reports::Reports, settings::Settings, task::Task,
    tasks::Tasks,
};
use crate::route::{Route, Shown};
use crate::state::{self, Shared, live, shared, speaker};
use crate::words::{self, Word};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

/// How often the core is told that somebody touches the screen.
const TOUCH_EVERY_MS: i64 = 10_000;

/// Everything.
#[component]
pub(crate) fn App() -> impl IntoView {
    let shared = Shared::new();
    provide_context(shared);
    provide_context(Form::new());
    let (ready, set_ready) = signal(false);
    spawn_local(async move {
        state::start(shared).await;
        set_ready.set(true);
        state::watch(shared).await;
    });
    let listener = window_event_listener(ev::hashchange, move |_| {
        let route = Route::parse(&state::hash());
        if shared.route.get_untracked() != route {
            shared.route.set(route);
            shared.look_again();
        }
    });
    on_cleanup(move || listener.remove());
    let touched = RwSignal::new(state::clock());
    let touch = move || {
        let now = state::clock();
        if now.since(touched.get_untracked()) >= TOUCH_EVERY_MS {
            touched.set(now);
            spawn_local(async {
                // Without an answer it locks earlier, which harms nothing.
                let _ = backend::touch().await;
            });
        }
    };
    let pressed = window_event_listener(ev::pointerdown, move |_| touch());
    let typed = window_event_listener(ev::keydown, move |_| touch());
    on_cleanup(move || {
        pressed.remove();
        typed.remove();
    });
    let locked = Memo::new(move |_| shared.lock.read().locked);
    let language = Memo::new(move |_| shared.settings.read().language.clone());
    let large = Memo::new(move |_| shared.settings.read().large_type);
    Effect::new(move |_| {
        let Some(root) = document().document_element() else {
            return;
        };
        let kind = if large.get() { "large" } else { "normal" };
        let _ = root.set_attribute("data-type", kind);
        let _ = root.set_attribute("lang", shared.speaker().0.tag());
        document().set_title(shared.speaker().say(words::APP));
    });
    move || {
        // A change of language draws everything anew.
        language.track();
        ready.get().then(|| {
            if locked.get() {
                view! { <Unlock /> }.into_any()
            } else {
                view! { <Frame /> }.into_any()
            }
        })
    }
}

/// The page and, where there is no more important thing in thumb reach, the bar.
#[component]
fn Frame() -> impl IntoView {
    let shared = shared();
    let t = speaker();
    let route = shared.route;
    let main = NodeRef::<leptos::html::Main>::new();
    Effect::new(move |before: Option<Route>| {
        let route = route.get();
        if before.is_some_and(|before| before != route) {
            window().scroll_to_with_x_and_y(0.0, 0.0);
            request_animation_frame(move || focus_heading(main));
        }
        route
    });
    let with_bar = move || !matches!(route.get(), Route::Bind | Route::Capture(_));
    view! {
        <a class="button skip-link" href="#main" on:click=move |event| {
            event.prevent_default();
            focus_heading(main);
        }>{t.say(words::SKIP)}</a>
        <main id="main" node_ref=main data-page=move || page_name(route.get())>
            {move || page(route.get())}
        </main>
        {move || shared.late.get().map(|problem| view! {
            <LateBar problem close=move || shared.late.set(None) />
        })}
        <Show when=with_bar>
            <Bar />
        </Show>
    }
}

fn page(route: Route) -> AnyView {
    match route {
        Route::Bind => view! { <Bind /> }.into_any(),
        Route::Home => view! { <Home /> }.into_any(),
        Route::Capture(draft) => view! { <Capture draft /> }.into_any(),
        Route::Filed(report) => view! { <Filed report /> }.into_any(),
        Route::Reports(shown) => view! { <Reports shown /> }.into_any(),
        Route::Report(report) => view! { <Report report /> }.into_any(),
        Route::Tasks => view! { <Tasks /> }.into_any(),
        Route::Task(case) => view! { <Task case /> }.into_any(),
        Route::Patrol => view! { <Patrol /> }.into_any(),
        Route::Queue => view! { <Queue /> }.into_any(),
        Route::Settings => view! { <Settings /> }.into_any(),
    }
}

const fn page_name(route: Route) -> &'static str {
    match route {
        Route::Bind => "bind",
        Route::Home => "home",
        Route::Capture(_) => "capture",
        Route::Filed(_) => "filed",
        Route::Reports(_) => "reports",
        Route::Report(_) => "report",
        Route::Tasks => "tasks",
        Route::Task(_) => "task",
        Route::Patrol => "patrol",
        Route::Queue => "queue",
        Route::Settings => "settings",
    }
}

/// A reader of the screen hears the new page's name first.
fn focus_heading(main: NodeRef<leptos::html::Main>) {
    let heading = main
        .get_untracked()
        .and_then(|main| main.query_selector("h1").ok().flatten())
        .and_then(|heading| heading.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(heading) = heading {
        let _ = heading.set_attribute("tabindex", "-1");
        let _ = heading.focus();
    }
}

/// The four places that are always one tap away.
#[component]
fn Bar() -> impl IntoView {
    let shared = shared();
    let tabs: [(Route, Word, Shape, &'static str); 4] = [
        (Route::Home, words::TAB_HOME, Shape::House, "tab-home"),
        (
            Route::Reports(Shown::All),
            words::TAB_REPORTS,
            Shape::FileText,
            "tab-reports",
        ),
        (
            Route::Tasks,
            words::TAB_TASKS,
            Shape::ClipboardList,
            "tab-tasks",
        ),
        (
            Route::Settings,
            words::TAB_MINE,
            Shape::User,
            "tab-settings",
        ),
    ];
    let tasks = live(backend::task_number);
    let count = move |id: &str| {
        let number = tasks.get().and_then(Result::ok).unwrap_or(0);
        Some(number).filter(|number| id == "tab-tasks" && *number > 0)
    };
    view! {
        <nav class="tabs" aria-label=move || shared.speaker().say(words::NAVIGATION)>
            {tabs
                .into_iter()
                .map(|(route, word, shape, id)| {
                    let number = Signal::derive(move || count(id));
                    view! { <Tab route word shape id number /> }
                })
                .collect_view()}
        </nav>
    }
}

#[component]
fn Tab(
    route: Route,
    word: Word,
    shape: Shape,
    id: &'static str,
    number: Signal<Option<u32>>,
) -> impl IntoView {
    let shared = shared();
    let current = move || (section(shared.route.get()) == section(route)).then_some("page");
    view! {
        <a id=id href=route.href() aria-current=current>
            <Icon shape />
            // The bar outlives a change of language.
            <span>
                {move || shared.speaker().say(word)}
                {move || number.get().map(|number| view! { " " <strong class="tab-count">{number}</strong> })}
            </span>
        </a>
    }
}

/// Which tab a page belongs to.
const fn section(route: Route) -> u8 {
    match route {
        Route::Bind | Route::Home | Route::Capture(_) | Route::Filed(_) => 0,
        Route::Reports(_) | Route::Report(_) => 1,
        Route::Tasks | Route::Task(_) | Route::Patrol => 2,
        Route::Queue | Route::Settings => 3,
    }
}
