//! Work lists: named filters that follow from a person's posts, each with its number of cases.

use super::Result;
use super::cases;
use super::quarantine;
use crate::service::district::District;
use crate::store::Tx;
use shared::case::{CLOSED, DISPATCHED, HANDLING, RETURNED, SUSPENDED};
use shared::label::Lang;
use shared::role::{Actor, Role};
use shared::time::Timestamp;
use shared::wire::console::{CaseQuery, WorkList};

/// Who has a list.
#[derive(PartialEq, Eq)]
enum For {
    Dispatchers,
    /// Dispatchers and supervisors.
    Desk,
    Handlers,
    Supervisors,
    Everybody,
}

struct Named {
    key: &'static str,
    name: &'static str,
    name_en: &'static str,
    who: For,
    filter: Filter,
}

enum Filter {
    Todo(&'static str),
    Open,
    Late,
    Closed,
    Asked(&'static str),
    News,
    Carded,
    Suspended,
    Owed,
    Assigned,
    /// What is longer in its state than it may be: all that one sees, or what waits for oneself.
    StageLate,
    OurStageLate,
    OnSite,
}

const LISTS: [Named; 18] = [
    list(
        "to_dispatch",
        "待派遣",
        "To dispatch",
        For::Dispatchers,
        Filter::Todo("received,accepted"),
    ),
    list(
        "returned",
        "被退回",
        "Handed back",
        For::Dispatchers,
        Filter::Todo(RETURNED),
    ),
    list(
        "to_close",
        "待结案",
        "To close",
        For::Dispatchers,
        Filter::Todo("handled,checked,contested"),
    ),
    list(
        "on_site",
        "现场待回",
        "Out on site",
        For::Dispatchers,
        Filter::OnSite,
    ),
    list(
        "asked",
        "待批申请",
        "Requests",
        For::Dispatchers,
        Filter::Asked("extension,suspension,appeal"),
    ),
    list(
        "news",
        "有新补充",
        "Something came later",
        For::Dispatchers,
        Filter::News,
    ),
    list(
        "to_approve",
        "待批作废与强制结案",
        "To approve",
        For::Supervisors,
        Filter::Asked("void,force_close"),
    ),
    list(
        "to_handle",
        "待签收",
        "To accept",
        For::Handlers,
        Filter::Todo(DISPATCHED),
    ),
    list(
        "handling",
        "处置中",
        "In progress",
        For::Handlers,
        Filter::Todo(HANDLING),
    ),
    list(
        "assigned",
        "指派给我",
        "Assigned to me",
        For::Handlers,
        Filter::Assigned,
    ),
    list(
        "assisting",
        "待协办反馈",
        "To answer",
        For::Handlers,
        Filter::Owed,
    ),
    list("urged", "督办", "Urged", For::Everybody, Filter::Carded),
    list(
        "unit_stage_late",
        "本单位环节超时",
        "Our stages late",
        For::Handlers,
        Filter::OurStageLate,
    ),
    list(
        "stage_late",
        "环节超时",
        "Stages late",
        For::Desk,
        Filter::StageLate,
    ),
    list("late", "超期", "Late", For::Everybody, Filter::Late),
    list("open", "在办", "Open", For::Everybody, Filter::Open),
    list(
        "suspended",
        "挂账",
        "Suspended",
        For::Everybody,
        Filter::Suspended,
    ),
    list("closed", "已结案", "Closed", For::Everybody, Filter::Closed),
];

const fn list(
    key: &'static str,
    name: &'static str,
    name_en: &'static str,
    who: For,
    filter: Filter,
) -> Named {
    Named {
        key,
        name,
        name_en,
        who,
        filter,
    }
}

impl Filter {
    /// The filter, and the same as a query string.
    fn query(&self) -> (CaseQuery, String) {
        let text = |text: &str| Some(text.to_owned());
        match self {
            Self::Todo(state) => (
                CaseQuery {
                    state: text(state),
                    todo: Some(true),
                    ..CaseQuery::default()
                },
                format!("state={state}&todo=true&sort=deadline"),
            ),
            Self::Open => (
                CaseQuery {
                    class: text("open"),
                    ..CaseQuery::default()
                },
                String::from("class=open"),
            ),
            Self::Late => (
                CaseQuery {
                    late: Some(true),
                    ..CaseQuery::default()
                },
                String::from("late=true&sort=deadline"),
            ),
            Self::Asked(asked) => (
                CaseQuery {
                    asked: text(asked),
                    ..CaseQuery::default()
                },
                format!("asked={asked}&sort=deadline"),
            ),
            Self::News => (
                CaseQuery {
                    news: Some(true),
                    ..CaseQuery::default()
                },
                String::from("news=true&sort=deadline"),
            ),
            Self::Carded => (
                CaseQuery {
                    card: text("yellow,red"),
                    class: text("open"),
                    ..CaseQuery::default()
                },
                String::from("card=yellow,red&class=open&sort=deadline"),
            ),
            Self::Suspended => (
                CaseQuery {
                    state: text(SUSPENDED),
                    ..CaseQuery::default()
                },
                format!("state={SUSPENDED}"),
            ),
            Self::Assigned | Self::Owed | Self::StageLate | Self::OurStageLate | Self::OnSite => {
                self.of_clocks_and_people()
            }
            Self::Closed => (
                CaseQuery {
                    state: text(CLOSED),
                    ..CaseQuery::default()
                },
                format!("state={CLOSED}"),
            ),
        }
    }

    /// The same for the lists of one's own work and of how long a state lasts.
    fn of_clocks_and_people(&self) -> (CaseQuery, String) {
        let (query, text) = match self {
            Self::Assigned => (
                CaseQuery {
                    assigned: Some(String::from("me")),
                    ..CaseQuery::default()
                },
                "assigned=me&sort=deadline",
            ),
            Self::Owed => (
                CaseQuery {
                    owed: Some(true),
                    ..CaseQuery::default()
                },
                "owed=true&sort=part",
            ),
            Self::OnSite => (
                CaseQuery {
                    state: Some(String::from("verifying,checking")),
                    ..CaseQuery::default()
                },
                "state=verifying,checking&sort=deadline",
            ),
            Self::OurStageLate => (
                CaseQuery {
                    stage_late: Some(true),
                    todo: Some(true),
                    ..CaseQuery::default()
                },
                "stage_late=true&todo=true&sort=deadline",
            ),
            _ => (
                CaseQuery {
                    stage_late: Some(true),
                    ..CaseQuery::default()
                },
                "stage_late=true&sort=deadline",
            ),
        };
        (query, text.to_owned())
    }
}

/// The actor's lists, the most pressing kind first.
///
/// # Errors
/// Whatever the store says, as for all services.
pub fn all(
    tx: &mut dyn Tx,
    actor: &Actor,
    district: &District,
    now: Timestamp,
) -> Result<Vec<WorkList>> {
    let holds = |role: Role| actor.posts.iter().any(|post| post.role == role);
    let city = district.city();
    let mut lists = Vec::new();
    for named in &LISTS {
        let has = match named.who {
            For::Dispatchers => holds(Role::Dispatcher),
            For::Desk => holds(Role::Dispatcher) || holds(Role::Supervisor),
            For::Handlers => holds(Role::Handler),
            For::Supervisors => holds(Role::Supervisor),
            For::Everybody => true,
        };
        if !has {
            continue;
        }
        let (filter, query) = named.filter.query();
        lists.push(WorkList {
            key: named.key.to_owned(),
            name: city.like_state(named.name, Lang::Zh),
            name_en: city.like_state(named.name_en, Lang::En),
            count: cases::count(tx, actor, district, &filter, now)?,
            query,
        });
    }
    if [Role::Dispatcher, Role::Supervisor, Role::Administrator]
        .into_iter()
        .any(holds)
    {
        lists.push(WorkList {
            key: String::from("quarantine"),
            name: String::from("待人工确认"),
            name_en: String::from("Quarantine"),
            count: quarantine::count(tx, actor, district, now)?,
            query: String::new(),
        });
    }
    Ok(lists)
}
