//! What is done to people on the page: posts that end, accounts that are closed and opened, new
//! passwords. Each asks for a second press, and the server's rules say what is offered.

use crate::api;
use crate::desk::{Desk, bring_into_view};
use crate::poll::Poll;
use crate::words::{self, Word};
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::{AreaCode, PersonId, PostId};
use shared::role::{Actor, Post, PostPlace, is_own_last_office, may_give_post, may_run_account};
use shared::wire::console::{Page, PersonRow, UnitRow};

/// Where a new password is shown.
const MADE_ID: &str = "password-made";

/// What is done to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// A post is ended.
    EndPost(PostId),
    /// The account is closed.
    Close,
    /// It is opened again.
    Open,
    /// It gets a new password.
    Password,
}

impl Deed {
    /// What its button says, and what once it was pressed.
    const fn words(self) -> (Word, Word) {
        match self {
            Self::EndPost(_) => (words::END_POST, words::END_POST_SURE),
            Self::Close => (words::CLOSE_ACCOUNT, words::CLOSE_ACCOUNT_SURE),
            Self::Open => (words::OPEN_ACCOUNT, words::OPEN_ACCOUNT_SURE),
            Self::Password => (words::RESET_PASSWORD, words::RESET_PASSWORD_SURE),
        }
    }

    /// By which tests find it.
    const fn mark(self) -> &'static str {
        match self {
            Self::EndPost(_) => "end-post",
            Self::Close => "close-account",
            Self::Open => "open-account",
            Self::Password => "reset-password",
        }
    }

    /// Does it; the password, where one was made.
    async fn act(self, person: PersonId) -> Result<Option<String>, api::Problem> {
        match self {
            Self::EndPost(post) => api::end_post(post).await.map(|()| None),
            Self::Close => api::set_closed(person, true).await.map(|()| None),
            Self::Open => api::set_closed(person, false).await.map(|()| None),
            Self::Password => api::reset_password(person).await.map(Some),
        }
    }
}

/// What is under way. Kept beside the table, whose rows are made anew at every answer.
#[derive(Clone, Copy)]
pub(super) struct Work {
    people: Poll<Page<PersonRow>>,
    /// About what was asked once more.
    asked: RwSignal<Option<(PersonId, Deed)>>,
    /// What was sent and isn't answered.
    doing: RwSignal<Option<(PersonId, Deed)>>,
    /// Whom it could not be done to, and why.
    problem: RwSignal<Option<(PersonId, String)>>,
    /// Whose password was made, and the password.
    made: RwSignal<Option<(String, String)>>,
}

impl Work {
    pub(super) fn new(people: Poll<Page<PersonRow>>) -> Self {
        Self {
            people,
            asked: RwSignal::new(None),
            doing: RwSignal::new(None),
            problem: RwSignal::new(None),
            made: RwSignal::new(None),
        }
    }

    /// Why something could not be done to a person.
    pub(super) fn problem_of(self, person: PersonId) -> Signal<Option<String>> {
        Signal::derive(move || {
            let problem = self.problem.get().filter(|(of, _)| *of == person);
            problem.map(|(_, words)| words)
        })
    }

    fn press(self, event: &MouseEvent, desk: Desk, person: PersonId, deed: Deed) {
        // The second press of a double click answers no question and takes nothing back.
        if event.detail() > 1 || self.doing.with_untracked(Option::is_some) {
            return;
        }
        self.problem.set(None);
        if self.asked.get_untracked() != Some((person, deed)) {
            self.asked.set(Some((person, deed)));
            return;
        }
        self.asked.set(None);
        self.doing.set(Some((person, deed)));
        let name = self.name_of(person);
        let is_own = untrack(|| desk.with_actor(|actor, _district| actor.person == person));
        spawn_local(async move {
            let outcome = deed.act(person).await;
            self.doing.try_set(None);
            match outcome {
                Ok(made) => {
                    if let Some(made) = made {
                        self.made.try_set(Some((name, made)));
                    }
                    if is_own == Some(true) {
                        // What may be opened follows from one's own posts.
                        desk.ask_who();
                    }
                    self.people.refresh();
                }
                Err(refused) => {
                    desk.notice(&refused);
                    let words = refused.words(desk.lang.get_untracked());
                    self.problem.try_set(Some((person, words)));
                }
            }
        });
    }

    fn name_of(self, person: PersonId) -> String {
        self.people.answer.with_untracked(|page| {
            let mut rows = page.iter().flat_map(|page| page.rows.iter());
            let row = rows.find(|row| row.me.id == person);
            row.map_or_else(String::new, |row| row.me.name.clone())
        })
    }
}

/// A button that asks for a second press.
#[component]
fn Press(work: Work, person: PersonId, deed: Deed) -> impl IntoView {
    let desk = Desk::here();
    let this = Some((person, deed));
    let word = move || {
        let (word, sure) = deed.words();
        if work.doing.get() == this {
            words::SENDING
        } else if work.asked.get() == this {
            sure
        } else {
            word
        }
    };
    view! {
        <button
            type="button"
            data-test=deed.mark()
            prop:disabled=move || work.doing.with(Option::is_some)
            on:click=move |event| work.press(&event, desk, person, deed)
        >
            {move || desk.say(word())}
        </button>
    }
}

/// Asks a rule about posts and who is signed in; no while that isn't known.
fn allows(
    desk: Desk,
    posts: &[Post],
    rule: impl FnOnce(&Actor, &AreaCode, &[PostPlace<'_>]) -> bool,
) -> bool {
    let answer = desk.units.with(|units| {
        desk.with_actor(|actor, district| {
            let place = |post| place(post, district, units.as_deref().unwrap_or_default());
            let places: Vec<_> = posts.iter().map(place).collect();
            rule(actor, district, &places)
        })
    });
    answer.unwrap_or_default()
}

/// Where a post lies; a unit that isn't here yet counts as the district's, as on the server.
fn place<'a>(post: &'a Post, district: &'a AreaCode, units: &'a [UnitRow]) -> PostPlace<'a> {
    PostPlace::of(&post.area, post.unit.as_ref(), district, |code| {
        let unit = units.iter().find(|unit| unit.code == *code)?;
        Some(&unit.area)
    })
}

/// A post with the way to end it.
#[component]
pub(super) fn HeldPost(person: PersonId, post: Post, work: Work) -> impl IntoView {
    let desk = Desk::here();
    let (id, held) = (post.id, post.clone());
    let may_end = move || {
        let posts = std::slice::from_ref(&held);
        allows(desk, posts, |actor, district, places| {
            let mut places = places.iter();
            !is_own_last_office(actor, id)
                && places.all(|place| may_give_post(actor, district, *place))
        })
    };
    view! {
        <li class="row">
            <span>{move || super::post_words(&post, desk)}</span>
            <Show when=may_end>
                <Press work=work person=person deed=Deed::EndPost(id)/>
            </Show>
        </li>
    }
}

/// The ways to close or open an account and to give it a password; nothing on one's own.
#[component]
pub(super) fn Account(person: PersonRow, work: Work) -> impl IntoView {
    let desk = Desk::here();
    let id = person.me.id;
    let deed = if person.disabled {
        Deed::Open
    } else {
        Deed::Close
    };
    let posts = person.me.posts;
    let may_run = move || {
        allows(desk, &posts, |actor, district, places| {
            actor.person != id && may_run_account(actor, district, places)
        })
    };
    view! {
        <Show when=may_run>
            <Press work=work person=id deed=Deed::Password/>
            <Press work=work person=id deed=deed/>
        </Show>
    }
}

/// A new password, large and once.
#[component]
pub(super) fn Made(work: Work) -> impl IntoView {
    let desk = Desk::here();
    Effect::new(move |_| {
        if work.made.with(Option::is_some) {
            bring_into_view(MADE_ID);
        }
    });
    view! {
        <div role="status" id=MADE_ID>
            {move || {
                work.made.get().map(|(name, password)| view! {
                    <div class="card code-shown acts">
                        <p>{move || desk.say(words::PASSWORD_IS)} " · " {name}</p>
                        <p class="long" id="new-password"><strong>{password}</strong></p>
                        <p>{move || desk.say(words::PASSWORD_ONCE)}</p>
                        <button
                            type="button"
                            id="new-password-close"
                            on:click=move |_| work.made.set(None)
                        >
                            {move || desk.say(words::CLOSE)}
                        </button>
                    </div>
                })
            }}
        </div>
    }
}
