//! 统计: rates of units, places and desks, each with its formula and its numbers. Never of a person.

use crate::api;
use crate::components::answered::Answered;
use crate::components::states::Empty;
use crate::desk::Desk;
use crate::poll::Poll;
use crate::statistics::{self, NAME, Period, SCORE, Sorting};
use crate::words::{self, Word};
use leptos::prelude::*;
use shared::indicators::{Score, indicator};
use shared::label::Lang;
use shared::wire::console::{Statistics, StatisticsBy, StatisticsQuery, StatisticsRow};

/// What is asked for.
#[derive(Clone, Copy)]
struct Asked {
    by: RwSignal<StatisticsBy>,
    period: RwSignal<Period>,
    from: RwSignal<String>,
    to: RwSignal<String>,
}

impl Asked {
    fn query(self) -> StatisticsQuery {
        StatisticsQuery {
            from: self.from.get(),
            to: self.to.get(),
            by: Some(self.by.get().as_str().to_owned()),
            area: None,
        }
    }

    fn choose(self, period: Period, desk: Desk) {
        self.period.set(period);
        if let Some((from, to)) = period.days(desk.now.get_untracked()) {
            self.from.set(from);
            self.to.set(to);
        }
    }
}

const fn by_word(by: StatisticsBy) -> Word {
    match by {
        StatisticsBy::Unit => words::STATISTICS_UNITS,
        StatisticsBy::Street => words::STATISTICS_STREETS,
        StatisticsBy::Community => words::STATISTICS_COMMUNITIES,
        StatisticsBy::Desk => words::STATISTICS_DESKS,
    }
}

const fn period_word(period: Period) -> Word {
    match period {
        Period::ThisMonth => words::STATISTICS_THIS_MONTH,
        Period::LastMonth => words::STATISTICS_LAST_MONTH,
        Period::Custom => words::STATISTICS_CUSTOM,
    }
}

/// The page.
#[component]
pub(crate) fn StatisticsPage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::STATISTICS).to_owned());
    let asked = Asked {
        by: RwSignal::new(StatisticsBy::default()),
        period: RwSignal::new(Period::ThisMonth),
        from: RwSignal::new(String::new()),
        to: RwSignal::new(String::new()),
    };
    asked.choose(Period::ThisMonth, desk);
    let sorting = RwSignal::new(Sorting {
        column: SCORE,
        descending: true,
    });
    let chosen = RwSignal::new(None::<String>);
    let poll = Poll::start(
        move || {
            let query = asked.query();
            async move { api::statistics(&query).await }
        },
        None,
    );
    view! {
        <div class="page stack statistics" data-test="statistics">
            <h1>{move || desk.say(words::STATISTICS)}</h1>
            <p class="second">{move || desk.say(words::STATISTICS_WHAT)}</p>
            <Choices asked=asked sorting=sorting chosen=chosen/>
            <Answered poll=poll>
                <Table poll=poll sorting=sorting chosen=chosen/>
            </Answered>
        </div>
    }
}

/// Of what, which days, in which order.
#[component]
fn Choices(
    asked: Asked,
    sorting: RwSignal<Sorting>,
    chosen: RwSignal<Option<String>>,
) -> impl IntoView {
    let desk = Desk::here();
    let date = move |id: &'static str, word: Word, day: RwSignal<String>| {
        view! {
            <div class="field">
                <label for=id>{move || desk.say(word)}</label>
                <input
                    type="date"
                    id=id
                    prop:value=move || day.get()
                    on:change=move |event| {
                        let value = event_target_value(&event);
                        if !value.is_empty() {
                            chosen.set(None);
                            asked.period.set(Period::Custom);
                            day.set(value);
                        }
                    }
                />
            </div>
        }
    };
    view! {
        <form class="filters" data-open="true" on:submit=move |event| event.prevent_default()>
            <div class="field">
                <label for="statistics-by">{move || desk.say(words::STATISTICS_BY)}</label>
                <select
                    id="statistics-by"
                    on:change=move |event| {
                        let by = StatisticsBy::parse(&event_target_value(&event));
                        chosen.set(None);
                        sorting.set(Sorting { column: SCORE, descending: true });
                        asked.by.set(by.unwrap_or_default());
                    }
                >
                    {move || {
                        let lang = desk.lang.get();
                        StatisticsBy::ALL.map(|by| view! {
                            <option value=by.as_str() selected=by == asked.by.get()>
                                {by_word(by).of(lang)}
                            </option>
                        }).collect_view()
                    }}
                </select>
            </div>
            <div class="field">
                <label for="statistics-period">{move || desk.say(words::STATISTICS_PERIOD)}</label>
                <select
                    id="statistics-period"
                    on:change=move |event| {
                        chosen.set(None);
                        asked.choose(Period::parse(&event_target_value(&event)), desk);
                    }
                >
                    {move || {
                        let (lang, now) = (desk.lang.get(), asked.period.get());
                        Period::ALL.map(|period| view! {
                            <option value=period.as_str() selected=period == now>
                                {period_word(period).of(lang)}
                            </option>
                        }).collect_view()
                    }}
                </select>
            </div>
            {date("statistics-from", words::STATISTICS_FROM, asked.from)}
            {date("statistics-to", words::STATISTICS_TO, asked.to)}
            <Order by=asked.by sorting=sorting/>
        </form>
    }
}

/// The order as a box, for a phone, where the table has no head.
#[component]
fn Order(by: RwSignal<StatisticsBy>, sorting: RwSignal<Sorting>) -> impl IntoView {
    let desk = Desk::here();
    let columns = move || {
        let of = shared::indicators::indicators_of(by.get().of()).map(|row| row.key);
        [NAME, SCORE].into_iter().chain(of).collect::<Vec<_>>()
    };
    view! {
        <div class="field narrow-only">
            <label for="statistics-sort">{move || desk.say(words::SORT)}</label>
            <select
                id="statistics-sort"
                on:change=move |event| {
                    let value = event_target_value(&event);
                    let column = columns().into_iter().find(|column| *column == value);
                    if let Some(column) = column {
                        sorting.set(Sorting { column, descending: column != NAME });
                    }
                }
            >
                {move || {
                    let (lang, now) = (desk.lang.get(), sorting.get().column);
                    columns().into_iter().map(|column| view! {
                        <option value=column selected=column == now>
                            {column_name(column, lang)}
                        </option>
                    }).collect_view()
                }}
            </select>
        </div>
    }
}

fn column_name(column: &str, lang: Lang) -> &'static str {
    match column {
        NAME => words::STATISTICS_NAME.of(lang),
        SCORE => words::STATISTICS_SCORE.of(lang),
        key => indicator(key).map_or("", |row| row.name(lang)),
    }
}

#[component]
fn Table(
    poll: Poll<Statistics>,
    sorting: RwSignal<Sorting>,
    /// How the number was made that somebody asked about.
    chosen: RwSignal<Option<String>>,
) -> impl IntoView {
    let desk = Desk::here();
    move || {
        let (lang, order) = (desk.lang.get(), sorting.get());
        let answer = poll.answer.get()?;
        if answer.rows.is_empty() {
            let empty = view! {
                <Empty what=words::STATISTICS_EMPTY how=words::STATISTICS_EMPTY_HOW/>
            };
            return Some(empty.into_any());
        }
        let rows = statistics::sorted(&answer.rows, order);
        let file = js_sys::encode_uri_component(&statistics::csv(&answer, &rows, lang));
        let file = format!("data:text/csv;charset=utf-8,{}", String::from(file));
        let name = format!("{}_{}_{}.csv", answer.by.as_str(), answer.from, answer.to);
        let columns: Vec<&'static str> = shared::indicators::indicators_of(answer.by.of())
            .map(|row| row.key)
            .collect();
        let head = [NAME, SCORE].into_iter().chain(columns.iter().copied());
        let head = head
            .map(|column| column_head(column, order, sorting, lang))
            .collect_view();
        let by = answer.by;
        let total = StatisticsRow {
            name: words::STATISTICS_TOTAL.of(lang).to_owned(),
            ..answer.total
        };
        let of_row = |row: &StatisticsRow| row_view(row, &columns, by, chosen, lang);
        let view = view! {
            <p class="row statistics-period">
                <span class="grow">{answer.from} {words::STATISTICS_UNTIL.of(lang)} {answer.to}</span>
                <a class="button" id="statistics-csv" rel="external" href=file download=name>
                    {words::STATISTICS_CSV.of(lang)}
                </a>
                <button type="button" id="statistics-print" on:click=move |_| {
                    // A browser without printing has nothing to say about it.
                    let _ = window().print();
                }>
                    {words::STATISTICS_PRINT.of(lang)}
                </button>
            </p>
            <p role="status" class="notice statistics-worked" data-test="statistics-worked">
                {move || chosen.get().unwrap_or_else(|| {
                    desk.say(words::STATISTICS_TAP).to_owned()
                })}
            </p>
            <div class="statistics-table">
                <table class="cards-when-narrow" role="table">
                    <thead><tr role="row">{head}</tr></thead>
                    <tbody>
                        {rows.iter().map(of_row).collect_view()}
                        {of_row(&total)}
                    </tbody>
                </table>
            </div>
            <p class="second">
                {words::STATISTICS_SCORE.of(lang)} {lang.pick("：", ": ")}
                {Score::words(by.of(), lang)} {lang.pick("。", ". ")}
                {words::STATISTICS_GRADES.of(lang)}
            </p>
        };
        Some(view.into_any())
    }
}

fn column_head(
    column: &'static str,
    order: Sorting,
    sorting: RwSignal<Sorting>,
    lang: Lang,
) -> impl IntoView + use<> {
    let sorted = match (order.column == column, order.descending) {
        (true, true) => "descending",
        (true, false) => "ascending",
        (false, _) => "none",
    };
    let words = indicator(column).map_or("", |row| row.words(lang));
    view! {
        <th scope="col" aria-sort=sorted>
            <button
                type="button"
                class="quiet"
                data-column=column
                title=words
                on:click=move |_| sorting.update(|sorting| *sorting = sorting.by(column))
            >
                {column_name(column, lang)}
                {match sorted {
                    "descending" => " ↓",
                    "ascending" => " ↑",
                    _ => "",
                }}
            </button>
        </th>
    }
}

fn row_view(
    row: &StatisticsRow,
    columns: &[&'static str],
    by: StatisticsBy,
    chosen: RwSignal<Option<String>>,
    lang: Lang,
) -> impl IntoView + use<> {
    let cells = columns.iter().map(|key| {
        let rate = row.rates.get(*key).copied();
        let shown = rate.map_or_else(String::new, statistics::shown);
        let low = rate.is_some_and(|rate| statistics::is_low(key, rate));
        let worked = statistics::worked(row, key, lang).unwrap_or_default();
        figure(column_name(key, lang), shown, worked, low, chosen)
    });
    let cells = cells.collect_view();
    let grade = row.grade.as_ref();
    let score = match (row.score, grade) {
        (Some(score), Some(grade)) => format!("{} {grade}", statistics::points(score)),
        _ => String::from("—"),
    };
    let worked = statistics::score_worked(row, by, lang);
    let worked = worked.unwrap_or_else(|| words::STATISTICS_NO_SCORE.of(lang).to_owned());
    let is_total = row.key.is_empty();
    view! {
        <tr role="row" data-test="statistics-row" data-key=row.key.clone() class:total=is_total>
            <th scope="row" role="rowheader">{row.name.clone()}</th>
            {figure(words::STATISTICS_SCORE.of(lang), score, worked, false, chosen)}
            {cells}
        </tr>
    }
}

/// A number that says how it was made: to whoever rests on it, and to whoever taps it.
fn figure(
    label: &'static str,
    shown: String,
    worked: String,
    low: bool,
    chosen: RwSignal<Option<String>>,
) -> impl IntoView + use<> {
    view! {
        <td role="cell" class="figure" class:low=low data-label=label>
            <button
                type="button"
                class="quiet"
                title=worked.clone()
                on:click=move |_| chosen.set(Some(worked.clone()))
            >
                {shown}
            </button>
        </td>
    }
}
