//! 人员: who holds which post, and adding somebody.

use crate::api;
use crate::components::paged::Paged;
use crate::components::picker::Picker;
use crate::components::states::{Empty, FormProblem};
use crate::desk::{Choice, Desk};
use crate::icons::{Icon, Shape};
use crate::poll::Poll;
use crate::words;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use shared::id::{AreaCode, PersonId, UnitCode};
use shared::label::{self, Lang};
use shared::role::{Action, OfficePage, Post, PostKind, Role, may_all_of, may_give_unit};
use shared::wire::console::{NewPerson, NewPost, Page, PersonRow, UnitRow};

/// Grades of a grid post that a person is given here.
const GRID_KINDS: [PostKind; 4] = [
    PostKind::Worker,
    PostKind::Head,
    PostKind::ExclusiveWorker,
    PostKind::Assistant,
];

/// The page.
#[component]
pub(crate) fn PeoplePage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::PEOPLE).to_owned());
    desk.want_areas();
    desk.want_units();
    let cursor = RwSignal::new(None::<String>);
    let people = Poll::start(
        move || {
            let cursor = cursor.get();
            async move { api::people(cursor.as_deref()).await }
        },
        None,
    );
    let added = RwSignal::new(None::<String>);
    let on_added = Callback::new(move |name: String| {
        added.set(Some(name));
        people.refresh();
    });
    view! {
        <div class="page stack" data-test="people">
            <h1>{move || desk.say(words::PEOPLE)}</h1>
            <p class="second">{move || desk.say(words::PEOPLE_WHAT)}</p>
            <div role="status">
                {move || {
                    added.get().map(|name| view! {
                        <p class="notice" data-state="safe" data-test="added">
                            <Icon shape=Shape::CircleCheck/>
                            {move || desk.say(words::PERSON_ADDED)} " " {name}
                        </p>
                    })
                }}
            </div>
            <Show when=move || desk.may_open(OfficePage::Audit)>
                <p><A href="/audit" attr:id="to-audit">{move || desk.say(words::AUDIT)}</A></p>
            </Show>
            <Adding on_added=on_added/>
            <Paged poll=people cursor=cursor>
                <Table people=people/>
            </Paged>
        </div>
    }
}

#[component]
fn Table(people: Poll<Page<PersonRow>>) -> impl IntoView {
    let desk = Desk::here();
    move || {
        let lang = desk.lang.get();
        let rows = people.answer.with(|page| {
            let rows = page.iter().flat_map(|page| page.rows.iter());
            rows.map(|row| person(row, desk, lang)).collect_view()
        });
        if rows.is_empty() {
            return view! { <Empty what=words::PEOPLE_EMPTY how=words::PEOPLE_EMPTY_HOW/> }
                .into_any();
        }
        let head = |word: words::Word| view! { <th scope="col">{word.of(lang)}</th> };
        view! {
            <table class="cards-when-narrow" role="table">
                <thead>
                    <tr role="row">
                        {head(words::NAME)} {head(words::LOGIN)} {head(words::POSTS)}
                        {head(words::SESSIONS)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    }
}

fn person(row: &PersonRow, desk: Desk, lang: Lang) -> impl IntoView + use<> {
    let disabled = row.disabled.then(|| {
        view! { <span class="badge">{words::DISABLED.of(lang)}</span> }
    });
    let posts = if row.me.posts.is_empty() {
        view! { <span class="second">{words::NO_POSTS.of(lang)}</span> }.into_any()
    } else {
        let posts = row.me.posts.iter().map(|post| {
            let post = post.clone();
            view! { <li>{move || post_words(&post, desk)}</li> }
        });
        view! { <ul>{posts.collect_view()}</ul> }.into_any()
    };
    view! {
        <tr role="row" data-test="person-row" id=format!("person-{}", row.me.id)>
            <td role="cell" data-label=words::NAME.of(lang)>
                <span class="row">{row.me.name.clone()} {disabled}</span>
            </td>
            <td role="cell" data-label=words::LOGIN.of(lang)>{row.me.login.clone()}</td>
            <td role="cell" data-label=words::POSTS.of(lang)>{posts}</td>
            <td role="cell"><EndSessions person=row.me.id/></td>
        </tr>
    }
}

/// Signs somebody out of every browser.
#[component]
fn EndSessions(person: PersonId) -> impl IntoView {
    let desk = Desk::here();
    let done = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let end = move |_| {
        busy.set(true);
        spawn_local(async move {
            let lang = desk.lang.get_untracked();
            done.set(Some(match api::end_sessions(person).await {
                Ok(()) => words::SESSIONS_ENDED.of(lang).to_owned(),
                Err(refused) => {
                    desk.notice(&refused);
                    refused.words(lang)
                }
            }));
            busy.set(false);
        });
    };
    view! {
        <button type="button" data-test="end-sessions" prop:disabled=busy on:click=end>
            {move || desk.say(words::END_SESSIONS)}
        </button>
        <span role="status">{move || done.get()}</span>
    }
}

/// A post in words: 网格长 · 七贤社区居委会, or 处置人员 · 市政中心.
fn post_words(post: &Post, desk: Desk) -> String {
    let lang = desk.lang.get();
    let what = match post.role {
        Role::GridWorker => words::post_kind(post.kind).of(lang),
        other => label::role(other, lang),
    };
    let unit = post.unit.as_ref().map(|code| {
        desk.units.with(|units| {
            let mut all = units.iter().flatten();
            let unit = all.find(|unit| unit.code == *code);
            unit.map_or_else(|| code.to_string(), |unit| unit.name.clone())
        })
    });
    let area = desk.areas.with(|areas| {
        let mut all = areas.iter().flatten();
        let area = all.find(|area| area.code == post.area.as_str());
        area.map_or_else(|| post.area.to_string(), |area| area.name.clone())
    });
    let parts = [Some(what.to_owned()), unit, Some(area)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What is being filled in.
#[derive(Clone, Copy)]
struct Draft {
    name: RwSignal<String>,
    login: RwSignal<String>,
    password: RwSignal<String>,
    role: RwSignal<Role>,
    kind: RwSignal<PostKind>,
    area: RwSignal<Option<String>>,
    unit: RwSignal<Option<String>>,
}

impl Draft {
    fn new() -> Self {
        Self {
            name: RwSignal::new(String::new()),
            login: RwSignal::new(String::new()),
            password: RwSignal::new(String::new()),
            role: RwSignal::new(Role::GridWorker),
            kind: RwSignal::new(PostKind::Worker),
            area: RwSignal::new(None),
            unit: RwSignal::new(None),
        }
    }

    /// The person as the wire wants it, or what is missing.
    fn whole(self) -> Result<NewPerson, words::Word> {
        let name = self.name.get_untracked().trim().to_owned();
        let login = self.login.get_untracked().trim().to_owned();
        let area = self.area.get_untracked();
        let area = area.and_then(|code| AreaCode::new(code).ok());
        let (Some(area), false, false) = (area, name.is_empty(), login.is_empty()) else {
            return Err(words::FILL_PERSON);
        };
        let role = self.role.get_untracked();
        let unit = self.unit.get_untracked();
        let unit = unit.and_then(|code| UnitCode::new(code).ok());
        let unit = unit.filter(|_| role == Role::Handler);
        if role == Role::Handler && unit.is_none() {
            return Err(words::FILL_UNIT);
        }
        let kind = match role {
            Role::GridWorker => self.kind.get_untracked(),
            _ => PostKind::Office,
        };
        let password = Some(self.password.get_untracked()).filter(|text| !text.is_empty());
        let posts = vec![NewPost {
            role,
            area,
            unit,
            kind,
        }];
        Ok(NewPerson {
            login,
            name,
            password,
            posts,
        })
    }
}

/// The button, or the form behind it.
#[component]
fn Adding(on_added: Callback<String>) -> impl IntoView {
    let desk = Desk::here();
    let open = RwSignal::new(false);
    let done = Callback::new(move |name: Option<String>| {
        open.set(false);
        if let Some(name) = name {
            on_added.run(name);
        }
    });
    view! {
        <Show
            when=move || open.get()
            fallback=move || view! {
                <p>
                    <button
                        type="button"
                        class="primary"
                        id="add-person"
                        on:click=move |_| open.set(true)
                    >
                        <Icon shape=Shape::UserPlus/>
                        {move || desk.say(words::ADD_PERSON)}
                    </button>
                </p>
            }
        >
            <PersonForm done=done/>
        </Show>
    }
}

#[component]
fn PersonForm(done: Callback<Option<String>>) -> impl IntoView {
    let desk = Desk::here();
    let draft = Draft::new();
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let person = match draft.whole() {
            Ok(person) => person,
            Err(missing) => {
                problem.set(Some(desk.say(missing).to_owned()));
                return;
            }
        };
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let outcome = api::add_person(&person).await;
            busy.set(false);
            match outcome {
                Ok(()) => done.run(Some(person.name)),
                Err(refused) => {
                    desk.notice(&refused);
                    problem.set(Some(refused.words(desk.lang.get_untracked())));
                }
            }
        });
    };
    let field = move |id: &'static str, word: words::Word, text: RwSignal<String>| {
        view! {
            <div class="field">
                <label for=id>{move || desk.say(word)}</label>
                <input
                    id=id
                    autocomplete="off"
                    prop:value=text
                    on:input=move |event| text.set(event_target_value(&event))
                />
            </div>
        }
    };
    view! {
        <form class="card stack narrow" id="person-form" on:submit=submit>
            <h2>{move || desk.say(words::ADD_PERSON)}</h2>
            {field("person-name", words::NAME, draft.name)}
            {field("person-login", words::LOGIN, draft.login)}
            <div class="field">
                <label for="person-password">{move || desk.say(words::NEW_PASSWORD)}</label>
                <input
                    id="person-password"
                    type="password"
                    autocomplete="new-password"
                    aria-describedby="person-password-hint"
                    prop:value=draft.password
                    on:input=move |event| draft.password.set(event_target_value(&event))
                />
                <p class="hint" id="person-password-hint">
                    {move || desk.say(words::PASSWORD_HINT)}
                </p>
            </div>
            <PostFields draft=draft/>
            <FormProblem words=problem/>
            <div class="row">
                <button type="submit" class="primary" id="person-save" prop:disabled=busy>
                    {move || desk.say(words::SAVE)}
                </button>
                <button type="button" id="person-cancel" on:click=move |_| done.run(None)>
                    {move || desk.say(words::CANCEL)}
                </button>
            </div>
        </form>
    }
}

/// The places for which this person may give posts; none while they are on their way.
fn areas_to_give(desk: Desk) -> Option<Vec<Choice>> {
    desk.areas.with(|areas| {
        let areas = areas.as_ref()?;
        desk.with_actor(|actor, _district| {
            let own = |choice: &&Choice| {
                AreaCode::new(choice.code.as_str())
                    .is_ok_and(|area| may_all_of(actor, Action::Administer, &area))
            };
            areas.iter().filter(own).cloned().collect()
        })
    })
}

/// The units in which this person may give posts; nobody works in a pool.
fn units_to_give(desk: Desk) -> Option<Vec<Choice>> {
    desk.units.with(|units| {
        let units = units.as_ref()?;
        desk.with_actor(|actor, district| {
            let own = |unit: &&UnitRow| !unit.pool && may_give_unit(actor, district, &unit.area);
            let choice = |unit: &UnitRow| Choice {
                code: unit.code.to_string(),
                name: unit.name.clone(),
                detail: String::new(),
            };
            units.iter().filter(own).map(choice).collect()
        })
    })
}

/// The first post: role, place, and a unit or a grade where the role has one.
#[component]
fn PostFields(draft: Draft) -> impl IntoView {
    let desk = Desk::here();
    let roles = move || {
        let lang = desk.lang.get();
        let option = |role: Role| {
            view! { <option value=role.as_str()>{label::role(role, lang)}</option> }
        };
        Role::ALL.into_iter().map(option).collect_view()
    };
    let kinds = move || {
        let lang = desk.lang.get();
        let option = |(at, kind): (usize, PostKind)| {
            view! { <option value=at.to_string()>{words::post_kind(kind).of(lang)}</option> }
        };
        GRID_KINDS
            .into_iter()
            .enumerate()
            .map(option)
            .collect_view()
    };
    let choose_kind = move |value: String| {
        let kind = value.parse().ok().and_then(|at: usize| GRID_KINDS.get(at));
        draft.kind.set(kind.copied().unwrap_or_default());
    };
    let area_choices = Signal::derive(move || areas_to_give(desk));
    let unit_choices = Signal::derive(move || units_to_give(desk));
    view! {
        <div class="field">
            <label for="person-role">{move || desk.say(words::ROLE)}</label>
            <select
                id="person-role"
                on:change=move |event| {
                    let role = Role::parse(&event_target_value(&event));
                    draft.role.set(role.unwrap_or(Role::GridWorker));
                }
            >
                {roles}
            </select>
        </div>
        <Show when=move || draft.role.get() == Role::GridWorker>
            <div class="field">
                <label for="person-kind">{move || desk.say(words::POST_KIND)}</label>
                <select
                    id="person-kind"
                    on:change=move |event| choose_kind(event_target_value(&event))
                >
                    {kinds}
                </select>
            </div>
        </Show>
        <Picker
            id="person-area"
            label=words::POST_AREA
            choices=area_choices
            value=draft.area
            on_choose=Callback::new(move |code| draft.area.set(code))
            on_want=Callback::new(move |()| desk.want_areas())
            problem=desk.areas_problem
        />
        <Show when=move || draft.role.get() == Role::Handler>
            <Picker
                id="person-unit"
                label=words::POST_UNIT
                choices=unit_choices
                value=draft.unit
                on_choose=Callback::new(move |code| draft.unit.set(code))
                on_want=Callback::new(move |()| desk.want_units())
                problem=desk.units_problem
            />
        </Show>
    }
}
