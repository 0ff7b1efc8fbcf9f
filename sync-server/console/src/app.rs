//! The frame of every page and the addresses of all of them.
//!
//! Whoever isn't signed in sees the sign-in page at any address and afterwards the page that was
//! asked for.

use crate::api;
use crate::components::banner::EmergencyBanner;
use crate::components::only::Only;
use crate::components::states::{Loading, Trouble};
use crate::desk::{Desk, Session, focus};
use crate::icons::{Icon, Shape};
use crate::news::News;
use crate::pages::{
    account::AccountPage, archive::ArchivePage, audit::AuditPage, case::CasePage,
    catalogue::CataloguePage, courier::CourierPage, devices::DevicesPage, draft::DraftPage,
    list::ListPage, orders::OrdersPage, patrols::PatrolsPage, people::PeoplePage,
    quarantine::QuarantinePage, receipts::ReceiptsPage, repeated::RepeatedPlacesPage,
    sign_in::SignInPage, statistics::StatisticsPage,
};
use crate::poll::Poll;
use crate::words::{self, Word};
use leptos::prelude::*;
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::hooks::use_location;
use leptos_router::path;
use shared::label::{self, Lang};
use shared::role::{Action, OfficePage};
use std::time::Duration;

/// How often emergency orders are asked for again; news come at once.
const ORDERS_EVERY: Duration = Duration::from_secs(60);

/// Which of the three frames is shown; changes less often than the session's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    Waiting,
    SignIn,
    Inside,
    Trouble,
}

/// The console.
#[component]
pub(crate) fn App() -> impl IntoView {
    let desk = Desk::provide();
    News::provide(desk);
    let frame = Memo::new(move |_| {
        desk.session.with(|session| match session {
            Session::Unknown => Frame::Waiting,
            Session::Out => Frame::SignIn,
            Session::In(_) => Frame::Inside,
            Session::Failed(_) => Frame::Trouble,
        })
    });
    view! {
        <Router>
            {move || match frame.get() {
                Frame::Waiting => view! { <main id="main"><Loading/></main> }.into_any(),
                Frame::SignIn => view! { <SignInPage/> }.into_any(),
                Frame::Inside => view! { <Inside/> }.into_any(),
                Frame::Trouble => view! { <NoAnswer/> }.into_any(),
            }}
        </Router>
    }
}

/// The server did not even say who is signed in.
#[component]
fn NoAnswer() -> impl IntoView {
    let desk = Desk::here();
    let problem = Signal::derive(move || {
        desk.session.with(|session| match session {
            Session::Failed(problem) => Some(problem.clone()),
            _ => None,
        })
    });
    view! {
        <main id="main" class="page">
            <Trouble problem=problem on_retry=Callback::new(move |()| desk.ask_who())/>
        </main>
    }
}

#[component]
fn Inside() -> impl IntoView {
    let desk = Desk::here();
    let orders = Poll::start(api::orders, Some(ORDERS_EVERY));
    let pathname = use_location().pathname;
    // On another page the keyboard starts at its beginning.
    Effect::new(move |before: Option<String>| {
        let now = pathname.get();
        if before.is_some_and(|before| before != now) {
            focus("main");
        }
        now
    });
    view! {
        <a class="skip-link button" href="#main" rel="external" id="skip-link">
            {move || desk.say(words::SKIP)}
        </a>
        <Bar/>
        <EmergencyBanner orders=orders/>
        <main id="main" tabindex="-1">
            <Routes fallback=|| view! { <NoSuchPage/> }>
                <Route path=path!("/") view=ListPage/>
                <Route path=path!("/cases/:id") view=CasePage/>
                <Route
                    path=path!("/repeated")
                    view=|| view! { <Only page=OfficePage::Repeated><RepeatedPlacesPage/></Only> }
                />
                <Route path=path!("/patrols") view=PatrolsPage/>
                <Route
                    path=path!("/quarantine")
                    view=|| view! { <Only page=OfficePage::Quarantine><QuarantinePage/></Only> }
                />
                <Route
                    path=path!("/devices")
                    view=|| view! { <Only page=OfficePage::Devices><DevicesPage/></Only> }
                />
                <Route path=path!("/courier") view=CourierPage/>
                <Route
                    path=path!("/people")
                    view=|| view! { <Only page=OfficePage::People><PeoplePage/></Only> }
                />
                <Route path=path!("/account") view=AccountPage/>
                <Route path=path!("/receipts") view=ReceiptsPage/>
                <Route
                    path=path!("/audit")
                    view=|| view! { <Only page=OfficePage::Audit><AuditPage/></Only> }
                />
                <Route
                    path=path!("/catalogue")
                    view=|| view! { <Only page=OfficePage::Catalogue><CataloguePage/></Only> }
                />
                <Route
                    path=path!("/catalogue/:id")
                    view=|| view! { <Only page=OfficePage::Catalogue><DraftPage/></Only> }
                />
                <Route path=path!("/orders") view=OrdersPage/>
                <Route
                    path=path!("/statistics")
                    view=|| view! { <Only page=OfficePage::Statistics><StatisticsPage/></Only> }
                />
                <Route
                    path=path!("/archive")
                    view=|| view! { <Only page=OfficePage::Archive><ArchivePage/></Only> }
                />
            </Routes>
        </main>
    }
}

#[component]
fn NoSuchPage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::NO_SUCH_PAGE).to_owned());
    view! {
        <div class="page empty" data-test="no-such-page">
            <h1>{move || desk.say(words::NO_SUCH_PAGE)}</h1>
            <A href="/">{move || desk.say(words::TO_LIST)}</A>
        </div>
    }
}

/// The bar at the top: where one may go, who one is.
#[component]
fn Bar() -> impl IntoView {
    let desk = Desk::here();
    let district = move || {
        desk.session.with(|session| match session {
            Session::In(answer) => answer.district.name.clone(),
            _ => String::new(),
        })
    };
    view! {
        <header class="bar">
            <A href="/" attr:class="brand" attr:id="brand">
                <img src="/favicon.svg" width="28" height="28" alt=""/>
                <span>
                    {move || desk.say(words::PRODUCT)}
                    <small>{district}</small>
                </span>
            </A>
            <nav aria-label=move || desk.say(words::NAV)>
                <Entry href="/" id="nav-todo" word=words::TODO shape=Shape::ListTodo/>
                <Show when=move || desk.may_open(OfficePage::Quarantine)>
                    <Entry
                        href="/quarantine"
                        id="nav-quarantine"
                        word=words::QUARANTINE
                        shape=Shape::Inbox
                    />
                </Show>
                <Show when=move || desk.may_open(OfficePage::Statistics)>
                    <Entry
                        href="/statistics"
                        id="nav-statistics"
                        word=words::STATISTICS
                        shape=Shape::ChartColumn
                    />
                </Show>
                <Show when=move || desk.may_open(OfficePage::Repeated)>
                    <Entry
                        href="/repeated"
                        id="nav-repeated"
                        word=words::REPEATED
                        shape=Shape::RotateCcw
                    />
                </Show>
                <Show when=move || desk.may(Action::ReadPatrols)>
                    <Entry
                        href="/patrols"
                        id="nav-patrols"
                        word=words::PATROLS
                        shape=Shape::MapPin
                    />
                </Show>
                <Show when=move || desk.may_open(OfficePage::Devices)>
                    <Entry
                        href="/devices"
                        id="nav-devices"
                        word=words::DEVICES
                        shape=Shape::Smartphone
                    />
                </Show>
                <Entry
                    href="/receipts"
                    id="nav-receipts"
                    word=words::RECEIPTS
                    shape=Shape::FolderCheck
                />
                <Show when=move || desk.may(Action::Quarantine)>
                    <Entry
                        href="/courier"
                        id="nav-courier"
                        word=words::COURIER
                        shape=Shape::CloudUpload
                    />
                </Show>
                <Show when=move || desk.may_open(OfficePage::Archive)>
                    <Entry
                        href="/archive"
                        id="nav-archive"
                        word=words::ARCHIVE
                        shape=Shape::FolderCheck
                    />
                </Show>
                <Show when=move || desk.may_open(OfficePage::People)>
                    <Entry href="/people" id="nav-people" word=words::PEOPLE shape=Shape::Users/>
                </Show>
                <Show when=move || desk.may_open(OfficePage::Catalogue)>
                    <Entry
                        href="/catalogue"
                        id="nav-catalogue"
                        word=words::CATALOGUE
                        shape=Shape::BookOpen
                    />
                </Show>
                <Show when=move || desk.may(Action::Administer)>
                    <Entry
                        href="/orders"
                        id="nav-orders"
                        word=words::ORDERS
                        shape=Shape::TriangleAlert
                    />
                </Show>
            </nav>
            <Who/>
        </header>
    }
}

#[component]
fn Entry(href: &'static str, id: &'static str, word: Word, shape: Shape) -> impl IntoView {
    let desk = Desk::here();
    view! {
        <A href=href exact=true attr:id=id attr:class="entry">
            <Icon shape=shape/>
            <span>{move || desk.say(word)}</span>
        </A>
    }
}

#[component]
fn Who() -> impl IntoView {
    let desk = Desk::here();
    let name = move || {
        desk.session.with(|session| match session {
            Session::In(answer) => answer.me.name.clone(),
            _ => String::new(),
        })
    };
    let roles = move || {
        let lang = desk.lang.get();
        desk.session.with(|session| {
            let Session::In(answer) = session else {
                return String::new();
            };
            let mut roles: Vec<&str> = Vec::new();
            for post in &answer.me.posts {
                let word = label::role(post.role, lang);
                if !roles.contains(&word) {
                    roles.push(word);
                }
            }
            roles.join(lang.pick("、", ", "))
        })
    };
    view! {
        <div class="who">
            <a
                class="me"
                id="me"
                href="/account"
                title=move || desk.say(words::CHANGE_PASSWORD)
            >
                <Icon shape=Shape::KeyRound/>
                <span>{name}</span>
                <small>{roles}</small>
            </a>
            <LanguageSwitch/>
            <button
                type="button"
                class="quiet"
                id="sign-out"
                on:click=move |_| desk.sign_out()
                aria-label=move || desk.say(words::SIGN_OUT)
            >
                <Icon shape=Shape::LogOut/>
                <span class="wide-only">{move || desk.say(words::SIGN_OUT)}</span>
            </button>
        </div>
    }
}

/// Changes to the other language; says so in that language.
#[component]
pub(crate) fn LanguageSwitch() -> impl IntoView {
    let desk = Desk::here();
    let other = move || match desk.lang.get() {
        Lang::Zh => Lang::En,
        Lang::En => Lang::Zh,
    };
    view! {
        <button
            type="button"
            class="quiet"
            id="language"
            lang=move || other().tag()
            on:click=move |_| desk.lang.set(other())
        >
            <Icon shape=Shape::Languages/>
            <span>{move || desk.say(words::LANGUAGE)}</span>
        </button>
    }
}
