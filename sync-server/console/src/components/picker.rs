//! A field that finds one entry of a long list by typing: units, places, categories, people.
//!
//! Works by mouse, touch and keyboard (arrows, Enter, Escape) and tells screen readers what is
//! active, as a combo box with a list. It fetches nothing: `on_want` says that the list is wanted.

use crate::desk::{Choice, Desk};
use crate::icons::{Icon, Shape};
use crate::words::{self, Word};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

/// Entries shown at once; more would not be read but searched.
const SHOWN_LIMIT: usize = 30;

/// The entries whose name, detail or code holds all typed words, and whether there are more.
fn matching(choices: &[Choice], text: &str) -> (Vec<Choice>, bool) {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let fits = |choice: &&Choice| {
        let line = format!("{} {} {}", choice.name, choice.detail, choice.code).to_lowercase();
        words.iter().all(|word| line.contains(word))
    };
    let mut found = choices.iter().filter(fits).cloned();
    let shown = found.by_ref().take(SHOWN_LIMIT).collect();
    (shown, found.next().is_some())
}

/// The field.
#[component]
pub(crate) fn Picker(
    /// Id of the input; the options are `{id}-option-{code}`.
    id: &'static str,
    /// What is chosen here.
    label: Word,
    /// The list; none while it is on its way.
    #[prop(into)]
    choices: Signal<Option<Vec<Choice>>>,
    /// Code of what is chosen.
    #[prop(into)]
    value: Signal<Option<String>>,
    /// Called with the choice, or none when it is cleared.
    on_choose: Callback<Option<String>>,
    /// The list is wanted.
    on_want: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    let text = RwSignal::new(String::new());
    let open = RwSignal::new(false);
    let active = RwSignal::new(0_usize);
    // A value that came with the address needs its name.
    Effect::new(move |_| {
        if value.with(Option::is_some) {
            on_want.run(());
        }
    });
    let found = Memo::new(move |_| {
        choices.with(|choices| {
            choices
                .as_ref()
                .map(|choices| text.with(|text| matching(choices, text)))
        })
    });
    let chosen_name = move || {
        let code = value.get().unwrap_or_default();
        let name = choices.with(|choices| {
            let choice = choices
                .as_ref()?
                .iter()
                .find(|choice| choice.code == code)?;
            Some(choice.name.clone())
        });
        name.unwrap_or(code)
    };
    let choose = move |code: String| {
        open.set(false);
        text.set(String::new());
        on_choose.run(Some(code));
    };
    let on_keydown = move |event: KeyboardEvent| {
        on_key(&event, open, active, found, Callback::new(choose));
    };
    view! {
        <div class="field picker" data-open=move || open.get().to_string()>
            <label for=id>{move || desk.say(label)}</label>
            <div class="box">
                <input
                    id=id
                    type="text"
                    role="combobox"
                    autocomplete="off"
                    aria-autocomplete="list"
                    aria-expanded=move || open.get().to_string()
                    aria-controls=format!("{id}-list")
                    aria-activedescendant=move || {
                        let found = found.get()?;
                        let choice = found.0.get(active.get())?.clone();
                        open.get().then(|| format!("{id}-option-{}", choice.code))
                    }
                    placeholder=move || desk.say(words::PICK_HINT)
                    prop:value=move || if open.get() { text.get() } else { chosen_name() }
                    on:focus=move |_| {
                        on_want.run(());
                        text.set(String::new());
                        active.set(0);
                        open.set(true);
                    }
                    on:click=move |_| open.set(true)
                    on:input=move |event| {
                        text.set(event_target_value(&event));
                        active.set(0);
                        open.set(true);
                    }
                    on:blur=move |_| open.set(false)
                    on:keydown=on_keydown
                />
                <Show when=move || value.with(Option::is_some)>
                    <button
                        type="button"
                        class="quiet clear"
                        id=format!("{id}-clear")
                        aria-label=move || {
                            format!("{} {}", desk.say(words::PICK_CLEAR), desk.say(label))
                        }
                        on:click=move |_| on_choose.run(None)
                    >
                        <Icon shape=Shape::X/>
                    </button>
                </Show>
            </div>
            <ul
                class="options floating"
                role="listbox"
                id=format!("{id}-list")
                aria-label=move || desk.say(label)
                hidden=move || !open.get()
                // The field keeps the focus while an option is pressed.
                on:mousedown=|event| event.prevent_default()
            >
                {move || options(id, desk, found.get(), active, Callback::new(choose))}
            </ul>
        </div>
    }
}

fn on_key(
    event: &KeyboardEvent,
    open: RwSignal<bool>,
    active: RwSignal<usize>,
    found: Memo<Option<(Vec<Choice>, bool)>>,
    choose: Callback<String>,
) {
    let count = found.with_untracked(|found| found.as_ref().map_or(0, |found| found.0.len()));
    match event.key().as_str() {
        "ArrowDown" => {
            event.prevent_default();
            open.set(true);
            active.update(|at| *at = at.saturating_add(1).min(count.saturating_sub(1)));
        }
        "ArrowUp" => {
            event.prevent_default();
            active.update(|at| *at = at.saturating_sub(1));
        }
        "Enter" if open.get_untracked() => {
            event.prevent_default();
            let at = active.get_untracked();
            let code = found.with_untracked(|found| {
                let choice = found.as_ref()?.0.get(at)?;
                Some(choice.code.clone())
            });
            if let Some(code) = code {
                choose.run(code);
            }
        }
        "Escape" if open.get_untracked() => {
            event.stop_propagation();
            open.set(false);
        }
        _ => {}
    }
}

fn options(
    id: &'static str,
    desk: Desk,
    found: Option<(Vec<Choice>, bool)>,
    active: RwSignal<usize>,
    choose: Callback<String>,
) -> impl IntoView {
    let hint = |word: Word| view! { <li class="hint">{desk.say(word)}</li> }.into_any();
    let Some((found, more)) = found else {
        return hint(words::LOADING);
    };
    if found.is_empty() {
        return hint(words::PICK_NONE);
    }
    let rows = found.into_iter().enumerate().map(move |(at, choice)| {
        let Choice { code, name, detail } = choice;
        let option_id = format!("{id}-option-{code}");
        view! {
            <li
                role="option"
                id=option_id
                data-test="option"
                aria-selected=move || (active.get() == at).to_string()
                on:click=move |_| choose.run(code.clone())
            >
                <span>{name}</span>
                <small>{detail}</small>
            </li>
        }
    });
    let rows = rows.collect_view();
    let more = more.then(|| hint(words::PICK_MORE));
    view! { {rows} {more} }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(code: &str, name: &str, detail: &str) -> Choice {
        Choice {
            code: code.into(),
            name: name.into(),
            detail: detail.into(),
        }
    }

    #[test]
    fn words_in_any_order_find_an_entry_by_name_place_or_code() {
        let list = [
            choice("S03-1", "七贤社区居委会", "潭城街道"),
            choice("S03-2", "东桥社区居委会", "潭城街道"),
            choice("D22-4", "市政中心", ""),
        ];
        let codes = |text: &str| -> Vec<String> {
            matching(&list, text)
                .0
                .into_iter()
                .map(|c| c.code)
                .collect()
        };
        assert_eq!(codes("潭城 七贤"), ["S03-1"]);
        assert_eq!(codes("d22"), ["D22-4"]);
        assert_eq!(codes("").len(), 3);
        assert!(codes("没有").is_empty());
    }

    #[test]
    fn a_long_list_says_that_there_is_more() {
        let list: Vec<Choice> = (0..=SHOWN_LIMIT)
            .map(|n| choice(&n.to_string(), "单位", ""))
            .collect();
        let (shown, more) = matching(&list, "单位");
        assert_eq!((shown.len(), more), (SHOWN_LIMIT, true));
    }
}
