//! 手机: what each handheld made, what arrived, what is still owed; and one-time codes by which an
//! administrator enrols another.

use crate::api::{self, Problem};
use crate::components::paged::Paged;
use crate::components::picker::Picker;
use crate::components::qr::Qr;
use crate::components::states::{Empty, FormProblem};
use crate::components::sure::Sure;
use crate::desk::{Choice, Desk};
use crate::format;
use crate::icons::{Icon, Shape};
use crate::poll::{Poll, REFRESH};
use crate::words;
use leptos::ev::{MouseEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::{DeviceId, PersonId};
use shared::invitation::Invitation;
use shared::label::Lang;
use shared::role::Action;
use shared::time::Timestamp;
use shared::wire::console::{CodeAnswer, DeviceRow, Page};

/// The page.
#[component]
pub(crate) fn DevicesPage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::DEVICES).to_owned());
    let cursor = RwSignal::new(None::<String>);
    let devices = Poll::start(
        move || {
            let cursor = cursor.get();
            async move { api::devices(cursor.as_deref()).await }
        },
        Some(REFRESH),
    );
    view! {
        <div class="page stack" data-test="devices">
            <h1>{move || desk.say(words::DEVICES)}</h1>
            <p class="second">{move || desk.say(words::DEVICES_WHAT)}</p>
            <Show when=move || desk.may(Action::Administer)>
                <NewCode/>
            </Show>
            <Paged poll=devices cursor=cursor>
                <Table devices=devices/>
            </Paged>
        </div>
    }
}

#[component]
fn Table(devices: Poll<Page<DeviceRow>>) -> impl IntoView {
    let desk = Desk::here();
    let marking = Marking {
        devices,
        asked: RwSignal::new(None),
        problem: RwSignal::new(None),
    };
    move || {
        let (now, lang) = (desk.now.get(), desk.lang.get());
        let may_mark = desk.may(Action::Administer);
        let mark = may_mark.then_some(marking);
        let rows = devices.answer.with(|page| {
            let rows = page.iter().flat_map(|page| page.rows.iter());
            rows.map(|row| device(row, now, lang, mark)).collect_view()
        });
        if rows.is_empty() {
            return view! { <Empty what=words::DEVICES_EMPTY how=words::DEVICES_EMPTY_HOW/> }
                .into_any();
        }
        let head = |word: words::Word| view! { <th scope="col">{word.of(lang)}</th> };
        let figure = |word: words::Word| {
            view! { <th scope="col" class="figure">{word.of(lang)}</th> }
        };
        view! {
            <table class="cards-when-narrow" role="table">
                <thead>
                    <tr role="row">
                        {head(words::STATE)} {head(words::CARRIED_BY)} {head(words::DEVICE)}
                        {head(words::LAST_SEEN)} {figure(words::MADE)} {figure(words::RECEIVED)}
                        {figure(words::NOT_HERE)} {figure(words::PHOTOS_OWED)}
                        {figure(words::OWED_FOR)}
                        {may_mark.then(|| head(words::MARK_LOST))}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    }
}

/// How far a device's reports have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Everything it made is here.
    Whole,
    /// Something is still on the device.
    Owes,
    /// Later numbers came, earlier ones are missing.
    Gap,
}

fn standing(row: &DeviceRow) -> Standing {
    if row.received > row.high_water {
        Standing::Gap
    } else if row.owes() {
        Standing::Owes
    } else {
        Standing::Whole
    }
}

/// The numbers that are missing, for whoever calls the worker: `3, 5–7`.
fn gaps(row: &DeviceRow) -> String {
    let range = |(from, to): &(i64, i64)| {
        if from == to {
            from.to_string()
        } else {
            format!("{from}–{to}")
        }
    };
    row.gaps.iter().map(range).collect::<Vec<_>>().join(", ")
}

/// What is being marked. Kept beside the table, whose rows are made anew at every answer.
#[derive(Clone, Copy)]
struct Marking {
    devices: Poll<Page<DeviceRow>>,
    /// The handheld about which was asked once more.
    asked: RwSignal<Option<DeviceId>>,
    /// The handheld that could not be marked, and why.
    problem: RwSignal<Option<(DeviceId, String)>>,
}

/// Marks a handheld as lost, asking once more; or as found.
#[component]
fn Lost(device: DeviceId, lost: bool, marking: Marking) -> impl IntoView {
    let desk = Desk::here();
    let Marking {
        devices,
        asked,
        problem,
    } = marking;
    let marked = RwSignal::new(lost);
    let busy = RwSignal::new(false);
    let mark = move |to: bool| {
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match api::set_lost(device, to).await {
                Ok(()) => {
                    marked.try_set(to);
                    devices.refresh();
                }
                Err(refused) => {
                    desk.notice(&refused);
                    let words = refused.words(desk.lang.get_untracked());
                    problem.try_set(Some((device, words)));
                }
            }
            busy.try_set(false);
        });
    };
    let found = move |event: MouseEvent| {
        // The second press of a double click takes nothing back.
        if event.detail() <= 1 {
            mark(false);
        }
    };
    let own_problem = Signal::derive(move || {
        let problem = problem.get().filter(|(of, _)| *of == device);
        problem.map(|(_, words)| words)
    });
    view! {
        <Show
            when=move || marked.get()
            fallback=move || view! {
                <Sure
                    of=device
                    asked=asked
                    word=words::MARK_LOST
                    sure=words::MARK_LOST_SURE
                    mark="mark-lost"
                    busy=busy
                    on_sure=Callback::new(move |()| mark(true))
                />
            }
        >
            <button type="button" data-test="mark-lost" prop:disabled=busy on:click=found>
                {move || desk.say(words::MARK_FOUND)}
            </button>
        </Show>
        <FormProblem words=own_problem/>
    }
}

/// What there is to say of the cases that a handheld keeps: it is nearly full, or grids had to be
/// left out.
fn room(row: &DeviceRow, lang: Lang) -> Option<String> {
    let room = row.room?;
    let gap = lang.pick("：", ": ");
    let rows = format!("{} / {}", room.rows, room.limit);
    Some(if room.left_out > 0 {
        let words = words::ROOM_LEFT_OUT.of(lang);
        format!("{words}{gap}{}", room.left_out)
    } else {
        format!("{}{gap}{rows}", words::ROOM_NEAR.of(lang))
    })
}

fn device(
    row: &DeviceRow,
    now: Timestamp,
    lang: Lang,
    mark: Option<Marking>,
) -> impl IntoView + use<> {
    let (kind, word, shape) = match standing(row) {
        _ if row.lost_ms.is_some() => ("late", words::LOST, Shape::TriangleAlert),
        Standing::Whole => ("safe", words::ALL_HERE, Shape::CircleCheck),
        Standing::Owes => ("soon", words::OWES, Shape::CloudUpload),
        Standing::Gap => ("late", words::HAS_GAP, Shape::TriangleAlert),
    };
    let hint = (standing(row) == Standing::Gap).then(|| words::GAP_WHY.of(lang));
    let seen = row.last_seen_ms.map_or_else(
        || words::NEVER.of(lang).to_owned(),
        |at| format::ago(at, now, lang),
    );
    let mut owed = row.made.saturating_sub(row.received).max(0).to_string();
    if !row.gaps.is_empty() {
        owed = format!("{owed}（{} {}）", words::MISSING.of(lang), gaps(row));
    }
    let mut photos = row.photos_owed.to_string();
    if row.photos_gone > 0 {
        let words = words::PHOTOS_GONE.of(lang);
        photos = format!("{photos}（{words} {}）", row.photos_gone);
    }
    let room = room(row, lang);
    let age = row
        .oldest_owed()
        .map_or_else(String::new, |at| format::duration(now.since(at), lang));
    let cell = |word: words::Word, value: String| {
        view! {
            <td role="cell" class="figure" data-label=word.of(lang)>{value}</td>
        }
    };
    view! {
        <tr role="row" data-test="device-row" id=format!("device-{}", row.id)>
            <td role="cell" data-label=words::STATE.of(lang)>
                <span class="badge" data-state=kind title=hint>
                    <Icon shape=shape/>
                    {word.of(lang)}
                </span>
            </td>
            <td role="cell" data-label=words::CARRIED_BY.of(lang)>{row.person_name.clone()}</td>
            <td role="cell" data-label=words::DEVICE.of(lang)>
                <span>
                    {row.name.clone()} " "
                    <small>{format!("{} {}", row.platform, row.app_version)}</small>
                </span>
                {room.map(|words| view! {
                    <span class="badge" data-state="soon" data-test="device-room">
                        <Icon shape=Shape::TriangleAlert/>
                        {words}
                    </span>
                })}
            </td>
            <td role="cell" data-label=words::LAST_SEEN.of(lang)>{seen}</td>
            {cell(words::MADE, row.made.to_string())}
            {cell(words::RECEIVED, row.received.to_string())}
            {cell(words::NOT_HERE, owed)}
            {cell(words::PHOTOS_OWED, photos)}
            {cell(words::OWED_FOR, age)}
            {mark.map(|marking| view! {
                <td role="cell">
                    <Lost device=row.id lost=row.lost_ms.is_some() marking=marking/>
                </td>
            })}
        </tr>
    }
}

/// A form for a code, and the code itself, large, once.
#[component]
fn NewCode() -> impl IntoView {
    let desk = Desk::here();
    let open = RwSignal::new(false);
    let person = RwSignal::new(None::<String>);
    let people = RwSignal::new(None::<Vec<Choice>>);
    let people_problem = RwSignal::new(None::<Problem>);
    let made = RwSignal::new(None::<(String, CodeAnswer)>);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let say = move |refused: &Problem| {
        desk.notice(refused);
        // A form that was closed meanwhile opens without it.
        if open.try_get_untracked() == Some(true) {
            problem.set(Some(refused.words(desk.lang.get_untracked())));
        }
    };
    let want = Callback::new(move |()| {
        if people.with_untracked(Option::is_some) {
            return;
        }
        if people_problem.with_untracked(Option::is_some) {
            people_problem.set(None);
        }
        spawn_local(async move {
            match api::all_people().await {
                Ok(rows) => people.set(Some(rows)),
                Err(refused) => {
                    desk.notice(&refused);
                    people_problem.set(Some(refused));
                }
            }
        });
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let code = person.get_untracked().unwrap_or_default();
        let Ok(id) = code.parse::<PersonId>() else {
            problem.set(Some(desk.say(words::PERSON_NEEDED).to_owned()));
            return;
        };
        let name = people.with_untracked(|people| {
            let all = people.iter().flatten();
            all.filter(|one| one.code == code)
                .map(|one| one.name.clone())
                .next()
        });
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let outcome = api::device_code(id).await;
            busy.set(false);
            match outcome {
                Ok(answer) => {
                    made.set(Some((name.unwrap_or_default(), answer)));
                    person.set(None);
                }
                Err(refused) => say(&refused),
            }
        });
    };
    view! {
        <Show
            when=move || open.get()
            fallback=move || view! {
                <p>
                    <button
                        type="button"
                        class="primary"
                        id="new-code"
                        on:click=move |_| open.set(true)
                    >
                        <Icon shape=Shape::KeyRound/>
                        {move || desk.say(words::NEW_CODE)}
                    </button>
                </p>
            }
        >
            <form class="card stack narrow" id="code-form" on:submit=submit>
                <h2>{move || desk.say(words::NEW_CODE)}</h2>
                <Code made=made/>
                <Picker
                    id="code-person"
                    label=words::FOR_WHOM
                    choices=people
                    value=person
                    on_choose=Callback::new(move |code| person.set(code))
                    on_want=want
                    problem=people_problem
                />
                <FormProblem words=problem/>
                <div class="row">
                    <button type="submit" class="primary" id="code-make" prop:disabled=busy>
                        {move || desk.say(words::MAKE_CODE)}
                    </button>
                    <button
                        type="button"
                        id="code-close"
                        on:click=move |_| {
                            made.set(None);
                            problem.set(None);
                            people_problem.set(None);
                            open.set(false);
                        }
                    >
                        {move || desk.say(words::CLOSE)}
                    </button>
                </div>
            </form>
        </Show>
    }
}

#[component]
fn Code(made: RwSignal<Option<(String, CodeAnswer)>>) -> impl IntoView {
    let desk = Desk::here();
    move || {
        made.get().map(|(name, answer)| {
            let until = move || {
                let (now, lang) = (desk.now.get(), desk.lang.get());
                let at = format::moment(answer.expires_ms, now, lang);
                format!("{} {at}", words::VALID_UNTIL.of(lang))
            };
            view! {
                <div class="code-shown" role="status" data-test="code-shown">
                    <p>{move || desk.say(words::CODE_IS)} " · " {name}</p>
                    <output id="code">{answer.code.clone()}</output>
                    {whole(&answer).map(|whole| view! {
                        <Qr text=whole.clone() label=words::CODE_QR.of(desk.lang.get_untracked())/>
                        <p>{move || desk.say(words::CODE_WHOLE)}</p>
                        <p class="long" id="code-whole">{whole}</p>
                    })}
                    <p>{move || desk.say(words::CODE_ONCE)} " " {until}</p>
                </div>
            }
        })
    }
}

/// Address, code and fingerprint in one, where the page came over TLS.
fn whole(answer: &CodeAnswer) -> Option<String> {
    let location = window().location();
    let is_tls = location.protocol().ok()? == "https:";
    let invitation = Invitation {
        host: Some(location.host().ok()?),
        code: answer.code.clone(),
        fingerprint: answer.fingerprint.map(Into::into),
    };
    is_tls.then(|| invitation.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use shared::wire::sync::Room;

    fn row(made: i64, high_water: i64, received: i64, photos_owed: i64) -> DeviceRow {
        serde_json::from_value(serde_json::json!({
            "id": "01890000-0000-7000-8000-000000000001", "name": "", "platform": "",
            "app_version": "", "person_name": "", "made": made, "high_water": high_water,
            "received": received, "photos_owed": photos_owed,
        }))
        .unwrap()
    }

    #[test]
    fn a_device_is_whole_only_when_every_operation_and_photo_is_here() {
        assert_eq!(standing(&row(5, 5, 5, 0)), Standing::Whole);
        assert_eq!(standing(&row(6, 5, 5, 0)), Standing::Owes);
        assert_eq!(standing(&row(5, 5, 5, 1)), Standing::Owes);
        assert_eq!(standing(&row(6, 3, 5, 0)), Standing::Gap);
        let gappy = DeviceRow {
            gaps: vec![(4, 4), (6, 9)],
            ..row(9, 3, 4, 0)
        };
        assert_eq!(gaps(&gappy), "4, 6–9");
    }

    #[test]
    fn a_handheld_that_is_nearly_full_says_so_and_names_what_it_leaves_out() {
        assert_eq!(room(&row(1, 1, 1, 0), Lang::Zh), None);
        let near = |rows, left_out| DeviceRow {
            room: Some(Room {
                rows,
                limit: 5_000,
                left_out,
            }),
            ..row(1, 1, 1, 0)
        };
        let words = room(&near(4_100, 0), Lang::Zh);
        assert_eq!(words.as_deref(), Some("案件快满：4100 / 5000"));
        let words = room(&near(4_900, 3), Lang::Zh);
        assert_eq!(words.as_deref(), Some("案件或网格太多，未下发的网格：3"));
    }
}
