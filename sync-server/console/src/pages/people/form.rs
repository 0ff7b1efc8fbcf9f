//! The forms of 人员: a new person with a first post, and another post of somebody.

use crate::api;
use crate::components::picker::Picker;
use crate::components::states::FormProblem;
use crate::desk::{Choice, Desk, focus};
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::{AreaCode, PersonId, UnitCode};
use shared::label;
use shared::role::{Action, PostKind, Role, may_all_of, may_give_unit};
use shared::wire::console::{NewPerson, NewPost, UnitRow};

/// Grades of a grid post that a person is given here.
const GRID_KINDS: [PostKind; 4] = [
    PostKind::Worker,
    PostKind::Head,
    PostKind::ExclusiveWorker,
    PostKind::Assistant,
];

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
    fn person(self) -> Result<NewPerson, words::Word> {
        let name = self.name.get_untracked().trim().to_owned();
        let login = self.login.get_untracked().trim().to_owned();
        if name.is_empty() || login.is_empty() || self.area.with_untracked(Option::is_none) {
            return Err(words::FILL_PERSON);
        }
        let password = Some(self.password.get_untracked()).filter(|text| !text.is_empty());
        Ok(NewPerson {
            login,
            name,
            password,
            posts: vec![self.post()?],
        })
    }

    /// The post alone, or what is missing.
    fn post(self) -> Result<NewPost, words::Word> {
        let area = self.area.get_untracked();
        let area = area.and_then(|code| AreaCode::new(code).ok());
        let area = area.ok_or(words::FILL_AREA)?;
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
        Ok(NewPost {
            role,
            area,
            unit,
            kind,
        })
    }
}

/// What is open above the table: one form at a time, since both have the same fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opened {
    /// None.
    Nothing,
    /// A new person.
    Person,
    /// Another post of somebody, by name.
    Post(PersonId, String),
}

/// The button, or the form that is open.
#[component]
pub(super) fn Forms(
    opened: RwSignal<Opened>,
    /// What was done, in words, and to whom.
    on_done: Callback<(words::Word, String)>,
) -> impl IntoView {
    let desk = Desk::here();
    let added = Callback::new(move |name: Option<String>| {
        opened.set(Opened::Nothing);
        if let Some(name) = name {
            on_done.run((words::PERSON_ADDED, name));
        }
    });
    let given = Callback::new(move |name: Option<String>| {
        opened.set(Opened::Nothing);
        if let Some(name) = name {
            on_done.run((words::POST_ADDED, name));
        }
    });
    move || match opened.get() {
        Opened::Nothing => view! {
            <p>
                <button
                    type="button"
                    class="primary"
                    id="add-person"
                    on:click=move |_| opened.set(Opened::Person)
                >
                    <Icon shape=Shape::UserPlus/>
                    {move || desk.say(words::ADD_PERSON)}
                </button>
            </p>
        }
        .into_any(),
        Opened::Person => view! { <PersonForm done=added/> }.into_any(),
        Opened::Post(person, name) => {
            view! { <PostForm person=person name=name done=given/> }.into_any()
        }
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
        if busy.get_untracked() {
            return;
        }
        let person = match draft.person() {
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

/// Another post of somebody who is there.
#[component]
fn PostForm(person: PersonId, name: String, done: Callback<Option<String>>) -> impl IntoView {
    let desk = Desk::here();
    let draft = Draft::new();
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    // It opens above the table, perhaps out of sight of the button that was pressed.
    Effect::new(move |_| focus("person-role"));
    let whose = name.clone();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let post = match draft.post() {
            Ok(post) => post,
            Err(missing) => {
                problem.set(Some(desk.say(missing).to_owned()));
                return;
            }
        };
        busy.set(true);
        problem.set(None);
        let name = name.clone();
        spawn_local(async move {
            let outcome = api::add_post(person, &post).await;
            busy.try_set(false);
            match outcome {
                Ok(()) => done.run(Some(name)),
                Err(refused) => {
                    desk.notice(&refused);
                    problem.try_set(Some(refused.words(desk.lang.get_untracked())));
                }
            }
        });
    };
    view! {
        <form class="card stack narrow acts" id="post-form" on:submit=submit>
            <h2>{move || desk.say(words::ADD_POST)} " · " {whose}</h2>
            <PostFields draft=draft/>
            <FormProblem words=problem/>
            <div class="row">
                <button type="submit" class="primary" id="post-save" prop:disabled=busy>
                    {move || desk.say(if busy.get() { words::SENDING } else { words::SAVE })}
                </button>
                <button type="button" id="post-cancel" on:click=move |_| done.run(None)>
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

/// A post: role, place, and a unit or a grade where the role has one.
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
    let kind_at = move || {
        let chosen = draft.kind.get();
        let at = GRID_KINDS.iter().position(|kind| *kind == chosen);
        at.unwrap_or_default().to_string()
    };
    let area_choices = Signal::derive(move || areas_to_give(desk));
    let unit_choices = Signal::derive(move || units_to_give(desk));
    view! {
        <div class="field">
            <label for="person-role">{move || desk.say(words::ROLE)}</label>
            <select
                id="person-role"
                prop:value=move || draft.role.get().as_str()
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
                    prop:value=kind_at
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
