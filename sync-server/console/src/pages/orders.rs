//! 平急: the emergency orders, giving one and ending it.

use crate::api;
use crate::components::answered::Answered;
use crate::components::picker::Picker;
use crate::components::states::{Empty, FormProblem};
use crate::components::sure::Sure;
use crate::desk::Desk;
use crate::filter;
use crate::format;
use crate::poll::{Poll, REFRESH};
use crate::words;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::catalogue::CatalogueDoc;
use shared::id::{AreaCode, OrderId};
use shared::label::Lang;
use shared::role::OfficePage;
use shared::time::Timestamp;
use shared::wire::catalogue::{NewOrder, OrderRow};

/// The page.
#[component]
pub(crate) fn OrdersPage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::ORDERS_TITLE).to_owned());
    let listed = Poll::start(api::orders, Some(REFRESH));
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let end = Callback::new(move |id: OrderId| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match api::end_order(id).await {
                Ok(()) => listed.refresh(),
                Err(refused) => {
                    desk.notice(&refused);
                    problem.set(Some(refused.words(desk.lang.get_untracked())));
                }
            }
            busy.set(false);
        });
    });
    let ending = Ending {
        end,
        asked: RwSignal::new(None),
        busy,
    };
    view! {
        <div class="page stack" data-test="orders">
            <h1>{move || desk.say(words::ORDERS_TITLE)}</h1>
            <p class="second">{move || desk.say(words::ORDERS_WHAT)}</p>
            <Show when=move || desk.may_open(OfficePage::Orders)>
                <Give given=Callback::new(move |()| listed.refresh())/>
            </Show>
            <FormProblem words=problem/>
            <Answered poll=listed>
                <Table listed=listed ending=ending/>
            </Answered>
        </div>
    }
}

/// Ending an order. Kept beside the table, whose rows are made anew as time goes.
#[derive(Clone, Copy)]
struct Ending {
    end: Callback<OrderId>,
    /// The order about which was asked once more.
    asked: RwSignal<Option<OrderId>>,
    busy: RwSignal<bool>,
}

#[component]
fn Table(listed: Poll<Vec<OrderRow>>, ending: Ending) -> impl IntoView {
    let desk = Desk::here();
    move || {
        let (now, lang) = (desk.now.get(), desk.lang.get());
        let may_end = desk.may_open(OfficePage::Orders);
        let rows = listed.answer.with(|rows| {
            let rows = rows.iter().flatten();
            rows.map(|row| order(row, may_end.then_some(ending), now, lang))
                .collect_view()
        });
        if rows.is_empty() {
            return view! { <Empty what=words::ORDERS_EMPTY how=words::ORDERS_EMPTY_HOW/> }
                .into_any();
        }
        let head = |word: words::Word| view! { <th scope="col">{word.of(lang)}</th> };
        view! {
            <table class="cards-when-narrow" role="table">
                <thead>
                    <tr role="row">
                        {head(words::STANDING)} {head(words::ORDER_NUMBER)} {head(words::ORDER_AREA)}
                        {head(words::ORDER_BEGIN)} {head(words::ORDER_FINISH)}
                        {head(words::ORDER_WORDS)} {head(words::ORDER_BY)} {head(words::ORDER_END)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    }
}

fn order(
    row: &OrderRow,
    ending: Option<Ending>,
    now: Timestamp,
    lang: Lang,
) -> impl IntoView + use<> {
    let order = &row.order;
    let (state, word) = if order.is_in_force(now) {
        ("late", words::ORDER_ON)
    } else if order.is_ahead(now) {
        ("soon", words::ORDER_COMING)
    } else {
        ("waiting", words::ORDER_ENDED)
    };
    let id = order.id;
    let until = order.until_ms.map_or_else(
        || words::ORDER_OPEN.of(lang).to_owned(),
        |at| format::moment(at, now, lang),
    );
    let button = ending.filter(|_| order.is_ahead(now)).map(|ending| {
        let Ending { end, asked, busy } = ending;
        view! {
            <Sure
                of=id
                asked=asked
                word=words::ORDER_END
                sure=words::ORDER_END_SURE
                mark="end-order"
                busy=busy
                on_sure=Callback::new(move |()| end.run(id))
            />
        }
    });
    let ended_by = (!row.ended_by.is_empty()).then(|| {
        let words = format!(
            "{}{}{}",
            words::ORDER_ENDED_BY.of(lang),
            lang.pick("：", ": "),
            row.ended_by
        );
        view! { <p class="second" data-test="order-ended-by">{words}</p> }
    });
    view! {
        <tr role="row" data-test="order-row">
            <td role="cell" data-label=words::STANDING.of(lang)>
                <span class="badge" data-state=state>{word.of(lang)}</span>
            </td>
            <td role="cell" data-label=words::ORDER_NUMBER.of(lang)>{order.number.clone()}</td>
            <td role="cell" data-label=words::ORDER_AREA.of(lang)>{row.place.clone()}</td>
            <td role="cell" data-label=words::ORDER_BEGIN.of(lang)>
                {format::moment(order.from_ms, now, lang)}
            </td>
            <td role="cell" data-label=words::ORDER_FINISH.of(lang)>
                {until} {ended_by}
            </td>
            <td role="cell" data-label=words::ORDER_WORDS.of(lang)>{order.words.clone()}</td>
            <td role="cell" data-label=words::ORDER_BY.of(lang)>{row.given_by.clone()}</td>
            <td role="cell">{button}</td>
        </tr>
    }
}

/// The form, folded until it is wanted: nobody gives an order by accident.
#[component]
fn Give(given: Callback<()>) -> impl IntoView {
    let desk = Desk::here();
    let fields = Fields::new();
    let problem = RwSignal::new(None::<String>);
    let (busy, done) = (RwSignal::new(false), RwSignal::new(false));
    let catalogue = Poll::start(api::catalogue, None);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        done.set(false);
        let new = match fields.whole() {
            Ok(new) => new,
            Err(missing) => {
                problem.set(Some(desk.say(missing).to_owned()));
                return;
            }
        };
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match api::give_order(&new).await {
                Ok(()) => {
                    fields.clear();
                    done.set(true);
                    given.run(());
                }
                Err(refused) => {
                    desk.notice(&refused);
                    problem.set(Some(refused.words(desk.lang.get_untracked())));
                }
            }
            busy.set(false);
        });
    };
    let field =
        move |id: &'static str, kind: &'static str, word: words::Word, text: RwSignal<String>| {
            view! {
                <div class="field">
                    <label for=id>{move || desk.say(word)}</label>
                    <input
                        id=id
                        type=kind
                        autocomplete="off"
                        prop:value=text
                        on:input=move |event| text.set(event_target_value(&event))
                    />
                </div>
            }
        };
    view! {
        <details class="card" id="give-order">
            <summary>{move || desk.say(words::ORDER_GIVE)}</summary>
            <form class="stack narrow" id="order-form" on:submit=submit>
                {field("order-number", "text", words::ORDER_NUMBER, fields.number)}
                <Picker
                    id="order-area"
                    label=words::ORDER_AREA
                    choices=desk.areas
                    value=fields.area
                    on_choose=Callback::new(move |code| fields.area.set(code))
                    on_want=Callback::new(move |()| desk.want_areas())
                    problem=desk.areas_problem
                />
                {field("order-from", "datetime-local", words::ORDER_FROM, fields.from)}
                {field("order-until", "datetime-local", words::ORDER_UNTIL, fields.until)}
                {field("order-words", "text", words::ORDER_WORDS, fields.words)}
                <Extra catalogue=catalogue fields=fields/>
                <FormProblem words=problem/>
                <p role="status" data-test="order-given">
                    {move || done.get().then(|| desk.say(words::ORDER_GIVEN))}
                </p>
                <button type="submit" class="primary" id="order-give" prop:disabled=busy>
                    {move || desk.say(words::ORDER_GIVE)}
                </button>
            </form>
        </details>
    }
}

/// The categories for emergencies, each to be switched on.
#[component]
fn Extra(catalogue: Poll<CatalogueDoc>, fields: Fields) -> impl IntoView {
    let desk = Desk::here();
    let boxes = move || {
        let all: Vec<(String, String)> = catalogue.answer.with(|doc| {
            let all = doc.iter().flat_map(|doc| doc.categories.iter());
            let wanted = all.filter(|one| one.emergency_only && !one.retired);
            wanted
                .map(|one| (one.id.to_string(), one.name.clone()))
                .collect()
        });
        if all.is_empty() {
            let none = move || desk.say(words::ORDER_CATEGORIES_NONE);
            return view! { <p class="hint">{none}</p> }.into_any();
        }
        let boxes = all.into_iter().map(|(code, name)| {
            let of_box = code.clone();
            let is_chosen = move || fields.categories.with(|all| all.contains(&of_box));
            let toggled = move |event| {
                let (on, code) = (event_target_checked(&event), code.clone());
                fields.categories.update(|all| {
                    all.retain(|one| *one != code);
                    if on {
                        all.push(code);
                    }
                });
            };
            view! {
                <label class="check">
                    <input type="checkbox" prop:checked=is_chosen on:change=toggled/>
                    {name}
                </label>
            }
        });
        boxes.collect_view().into_any()
    };
    view! {
        <fieldset class="stack tight">
            <legend>{move || desk.say(words::ORDER_CATEGORIES)}</legend>
            <Answered poll=catalogue>{boxes}</Answered>
        </fieldset>
    }
}

/// What is filled in.
#[derive(Clone, Copy)]
struct Fields {
    number: RwSignal<String>,
    area: RwSignal<Option<String>>,
    from: RwSignal<String>,
    until: RwSignal<String>,
    words: RwSignal<String>,
    categories: RwSignal<Vec<String>>,
}

impl Fields {
    fn new() -> Self {
        let text = || RwSignal::new(String::new());
        Self {
            number: text(),
            area: RwSignal::new(None),
            from: text(),
            until: text(),
            words: text(),
            categories: RwSignal::new(Vec::new()),
        }
    }

    fn clear(self) {
        for text in [self.number, self.from, self.until, self.words] {
            text.set(String::new());
        }
        self.area.set(None);
        self.categories.set(Vec::new());
    }

    /// The order, or what is missing or wrong.
    fn whole(self) -> Result<NewOrder, words::Word> {
        let moment = |text: RwSignal<String>| {
            let text = text.get_untracked();
            match filter::moment(&text) {
                None if !text.is_empty() => Err(words::WRONG_TIME),
                moment => Ok(moment),
            }
        };
        let area = self.area.get_untracked();
        let categories = self.categories.get_untracked();
        let area = AreaCode::new(area.unwrap_or_default());
        Ok(NewOrder {
            number: self.number.get_untracked(),
            area: area.map_err(|_none| words::ORDER_AREA_MISSING)?,
            from_ms: moment(self.from)?,
            until_ms: moment(self.until)?,
            words: self.words.get_untracked(),
            categories: categories.iter().filter_map(|id| id.parse().ok()).collect(),
        })
    }
}
