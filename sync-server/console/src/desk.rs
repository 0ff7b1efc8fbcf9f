//! What all pages share: who is signed in, the language, the server's clock, and the lists that
//! pickers choose from (fetched once, when first wanted).

use crate::api::{self, Problem};
use crate::words::Word;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::case::{Move, Step};
use shared::catalogue::Condition;
use shared::id::{AreaCode, CaseId};
use shared::label::{City, Lang};
use shared::role::{Action, Actor, OfficePage, Role, may_somewhere};
use shared::time::Timestamp;
use shared::wire::console::{MeAnswer, UnitRow};
use std::collections::HashMap;
use std::time::Duration;
use wasm_bindgen::JsCast;

/// Where the browser keeps the language.
const LANG_KEY: &str = "gewu.lang";
/// How often remaining times are reckoned anew.
const TICK: Duration = Duration::from_secs(10);

/// Whether somebody is signed in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Session {
    /// Not asked yet.
    Unknown,
    /// Nobody, or no longer.
    Out,
    /// Somebody.
    In(Box<MeAnswer>),
    /// The server could not be asked.
    Failed(Problem),
}

/// An entry of a picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// What is chosen.
    pub(crate) code: String,
    /// What people call it.
    pub(crate) name: String,
    /// What tells it from others of that name.
    pub(crate) detail: String,
}

/// A list for a picker: none before it is wanted or while it is on its way.
type List<T> = RwSignal<Option<Vec<T>>>;

/// Why a list for a picker could not be fetched, if it was wanted and could not.
type Unfetched = RwSignal<Option<Problem>>;

/// The shared state.
#[derive(Clone, Copy)]
pub(crate) struct Desk {
    /// Who is signed in.
    pub(crate) session: RwSignal<Session>,
    /// The language of the page.
    pub(crate) lang: RwSignal<Lang>,
    /// The words that this city says otherwise; they come with the session.
    city: RwSignal<City>,
    /// The year whose holidays should be in the calendar by now and aren't.
    pub(crate) unlisted_year: RwSignal<Option<i32>>,
    /// The server's clock, moved along every few seconds.
    pub(crate) now: RwSignal<Timestamp>,
    /// Server's clock minus the browser's.
    offset_ms: StoredValue<i64>,
    /// The list that was last shown, as an address to go back to.
    pub(crate) list_address: RwSignal<String>,
    /// The case that is selected in the list.
    pub(crate) selected: RwSignal<Option<CaseId>>,
    /// Cases of the list as it was last shown, to go from one to the next.
    pub(crate) in_list: RwSignal<Vec<CaseId>>,
    /// Units that cases can be given to.
    pub(crate) units: List<UnitRow>,
    /// Why they are not here.
    pub(crate) units_problem: Unfetched,
    /// Places.
    pub(crate) areas: List<Choice>,
    /// Why they are not here.
    pub(crate) areas_problem: Unfetched,
    /// Categories.
    pub(crate) categories: List<Choice>,
    /// Why they are not here.
    pub(crate) categories_problem: Unfetched,
    /// Filing conditions of all categories.
    pub(crate) conditions: List<Condition>,
    /// Why they are not here.
    pub(crate) conditions_problem: Unfetched,
    /// How many notices on the page say that something could not be fetched.
    pub(crate) troubles: RwSignal<usize>,
}

impl Desk {
    /// Makes it and gives it to all components below.
    pub(crate) fn provide() -> Self {
        let desk = Self {
            session: RwSignal::new(Session::Unknown),
            lang: RwSignal::new(kept_lang()),
            city: RwSignal::new(City::default()),
            unlisted_year: RwSignal::new(None),
            now: RwSignal::new(browser_clock()),
            offset_ms: StoredValue::new(0),
            list_address: RwSignal::new(String::from("/")),
            selected: RwSignal::new(None),
            in_list: RwSignal::new(Vec::new()),
            units: RwSignal::new(None),
            units_problem: RwSignal::new(None),
            areas: RwSignal::new(None),
            areas_problem: RwSignal::new(None),
            categories: RwSignal::new(None),
            categories_problem: RwSignal::new(None),
            conditions: RwSignal::new(None),
            conditions_problem: RwSignal::new(None),
            troubles: RwSignal::new(0),
        };
        provide_context(desk);
        provide_context(desk.city);
        set_interval(move || desk.tick(), TICK);
        Effect::new(move |_| {
            let lang = desk.lang.get();
            if let Some(root) = document().document_element() {
                // A page without the attribute is still readable.
                let _ = root.set_attribute("lang", lang.tag());
            }
            if let Ok(Some(storage)) = window().local_storage() {
                // A browser that keeps nothing asks for the language each time.
                let _ = storage.set_item(LANG_KEY, lang.tag());
            }
        });
        desk.ask_who();
        desk
    }

    /// The one that was provided above.
    #[expect(
        clippy::expect_used,
        reason = "App provides it before any page is drawn"
    )]
    pub(crate) fn here() -> Self {
        use_context().expect("the desk stands before its pages")
    }

    /// Asks the server who is signed in.
    pub(crate) fn ask_who(self) {
        spawn_local(async move {
            let session = match api::me().await {
                Ok(answer) => {
                    self.set_clock(answer.server_time);
                    // Before the session, which draws the pages that say them.
                    self.city.set(City(answer.labels.clone()));
                    self.unlisted_year.set(answer.unlisted_year);
                    Session::In(Box::new(answer))
                }
                Err(problem) if problem.is_signed_out() => Session::Out,
                Err(problem) => Session::Failed(problem),
            };
            self.session.set(session);
        });
    }

    /// Signs out, here in any case and on the server if it can be reached.
    pub(crate) fn sign_out(self) {
        spawn_local(async move {
            let outcome = api::sign_out().await;
            self.leave();
            // The screen is cleared either way; that the session goes on is said, not hidden.
            if let Err(problem) = outcome
                && !problem.is_signed_out()
            {
                self.session.set(Session::Failed(problem));
            }
        });
    }

    /// Forgets everything that belonged to the person.
    fn leave(self) {
        self.session.set(Session::Out);
        self.selected.set(None);
        self.in_list.set(Vec::new());
        self.list_address.set(String::from("/"));
        self.units.set(None);
        self.areas.set(None);
        self.categories.set(None);
        for problem in [
            self.units_problem,
            self.areas_problem,
            self.categories_problem,
        ] {
            problem.set(None);
        }
    }

    /// Shows the sign-in page if that is what a problem means.
    pub(crate) fn notice(self, problem: &Problem) {
        if problem.is_signed_out() {
            self.session.set(Session::Out);
        }
    }

    /// Sets the clock by an answer.
    pub(crate) fn set_clock(self, server_time: Timestamp) {
        self.offset_ms.set_value(server_time.since(browser_clock()));
        self.now.set(server_time);
    }

    fn tick(self) {
        self.now
            .set(browser_clock().plus_ms(self.offset_ms.get_value()));
    }

    /// A word in the language of the page.
    pub(crate) fn say(self, word: Word) -> &'static str {
        word.of(self.lang.get())
    }

    /// Whether one of this person's posts allows something somewhere.
    pub(crate) fn may(self, action: Action) -> bool {
        self.with_actor(|actor, _district| may_somewhere(actor, action))
            .unwrap_or_default()
    }

    /// Whether a page of the office is open to this person, by the rule that the server has.
    pub(crate) fn may_open(self, page: OfficePage) -> bool {
        self.with_actor(|actor, district| page.is_for(actor, district))
            .unwrap_or_default()
    }

    /// The roles to which a page of the office is open.
    pub(crate) fn roles_of(self, page: OfficePage) -> Vec<Role> {
        self.with_actor(|_actor, district| page.roles(district))
            .unwrap_or_default()
    }

    /// Asks a rule about this person in this district; none when nobody is signed in.
    pub(crate) fn with_actor<R>(self, rule: impl FnOnce(&Actor, &AreaCode) -> R) -> Option<R> {
        self.session.with(|session| {
            let Session::In(answer) = session else {
                return None;
            };
            let actor = Actor {
                person: answer.me.id,
                posts: answer.me.posts.clone(),
            };
            Some(rule(&actor, &answer.district.code))
        })
    }

    /// Names the page in the browser's tab.
    pub(crate) fn title(self, page: impl Fn() -> String + 'static) {
        Effect::new(move |_| {
            let product = self.say(crate::words::PRODUCT);
            document().set_title(&format!("{} · {product}", page()));
        });
    }

    /// Counts a notice that something could not be fetched, for as long as it is shown.
    pub(crate) fn count_trouble(self) {
        let troubles = self.troubles;
        troubles.update(|count| *count = count.saturating_add(1));
        on_cleanup(move || troubles.update(|count| *count = count.saturating_sub(1)));
    }

    /// Fetches the units if they aren't here yet.
    pub(crate) fn want_units(self) {
        let list = (self.units, self.units_problem);
        fetch_once(self, list, async { api::units().await });
    }

    /// Fetches the names of places if they aren't here yet.
    pub(crate) fn want_areas(self) {
        let list = (self.areas, self.areas_problem);
        fetch_once(self, list, async {
            api::areas().await.map(|answer| named_areas(&answer))
        });
    }

    /// Fetches the categories if they aren't here yet.
    pub(crate) fn want_categories(self) {
        let list = (self.categories, self.categories_problem);
        fetch_once(self, list, async {
            let catalogue = api::catalogue().await?;
            let choice = |category: shared::catalogue::Category| Choice {
                code: category.id.to_string(),
                name: category.name,
                detail: format!("{} · {}", category.kind.word(), category.major),
            };
            Ok(catalogue.categories.into_iter().map(choice).collect())
        });
    }

    /// Fetches the filing conditions if they aren't here yet.
    pub(crate) fn want_conditions(self) {
        let list = (self.conditions, self.conditions_problem);
        fetch_once(self, list, async { Ok(api::catalogue().await?.conditions) });
    }
}

fn fetch_once<T: Send + Sync + 'static>(
    desk: Desk,
    (list, unfetched): (List<T>, Unfetched),
    fetch: impl Future<Output = Result<Vec<T>, Problem>> + 'static,
) {
    if list.with_untracked(Option::is_some) {
        return;
    }
    if unfetched.with_untracked(Option::is_some) {
        unfetched.set(None);
    }
    spawn_local(async move {
        match fetch.await {
            Ok(rows) => list.set(Some(rows)),
            // The picker says so; opening it again asks again.
            Err(problem) => {
                desk.notice(&problem);
                unfetched.set(Some(problem));
            }
        }
    });
}

/// Name and parent of each place by its code.
type Names<'a> = HashMap<&'a str, (&'a str, Option<&'a str>)>;

/// The names of what a place lies in, from the top, without the district, which is the same for all.
fn above<'a>(names: &Names<'a>, mut parent: Option<&'a str>) -> String {
    let mut above = Vec::new();
    // A tree has few levels; the bound is for a list that is no tree.
    for _ in 0..8 {
        let Some((name, Some(next))) = parent.and_then(|code| names.get(code)) else {
            break;
        };
        above.push(*name);
        parent = Some(*next);
    }
    above.reverse();
    above.join(" · ")
}

/// Places with the names of those they lie in, since several communities share a name.
fn named_areas(answer: &shared::wire::sync::AreasBundle) -> Vec<Choice> {
    let names: Names<'_> = answer
        .areas
        .iter()
        .map(|row| {
            let parent = row.area.parent.as_ref().map(AsRef::as_ref);
            (row.area.code.as_str(), (row.area.name.as_str(), parent))
        })
        .collect();
    answer
        .areas
        .iter()
        .map(|row| Choice {
            code: row.area.code.to_string(),
            name: row.area.name.clone(),
            detail: above(&names, row.area.parent.as_ref().map(AsRef::as_ref)),
        })
        .collect()
}

/// Asks for a word of this city; the usual ones where there is no desk, as in tests.
fn in_city(word: impl FnOnce(&City) -> String) -> String {
    match use_context::<RwSignal<City>>() {
        Some(city) => city.with_untracked(word),
        None => word(&City::default()),
    }
}

/// A state's word in this city.
pub(crate) fn state_word(name: &str, lang: Lang) -> String {
    in_city(|city| city.state(name, lang))
}

/// What a move's button says in this city.
pub(crate) fn move_word(kind: Move, lang: Lang) -> String {
    in_city(|city| city.case_move(kind, lang))
}

/// What happened, for an entry of the course, in this city's words.
pub(crate) fn event_word(kind: &str, lang: Lang) -> String {
    in_city(|city| city.event(kind, lang))
}

/// A public link's word in this city.
pub(crate) fn step_word(step: Step, lang: Lang) -> String {
    in_city(|city| city.step(step, lang))
}

fn kept_lang() -> Lang {
    window()
        .local_storage()
        .ok()
        .flatten()
        .and_then(|storage| storage.get_item(LANG_KEY).ok().flatten())
        .map_or(Lang::Zh, |tag| Lang::parse(&tag))
}

/// Scrolls no further than it takes to see an element.
pub(crate) fn bring_into_view(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Gives the focus to an element.
pub(crate) fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        // An element that cannot take the focus leaves it where it is.
        let _ = element.focus();
    }
}

/// Whether somebody is in a field that takes something in.
pub(crate) fn is_writing() -> bool {
    let fields = "input:enabled, select:enabled, textarea:enabled";
    let at = document().active_element();
    at.is_some_and(|at| at.matches(fields).unwrap_or_default())
}

/// The browser's clock.
fn browser_clock() -> Timestamp {
    #[expect(
        clippy::as_conversions,
        reason = "a browser's clock fits, and a float cast saturates"
    )]
    Timestamp(js_sys::Date::now() as i64)
}
