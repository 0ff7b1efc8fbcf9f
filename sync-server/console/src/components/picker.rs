//! A field that finds one entry of a long list by typing: units, places, categories, people.
//!
//! Works by mouse, touch and keyboard (arrows, Enter, Escape) and tells screen readers what is
//! active, as a combo box with a list. The list lies over what follows, so it opens when somebody
//! presses the field, types or goes down, and never by the focus alone, which a form gives by itself.
//! It fetches nothing: `on_want` says that the list is wanted, and `problem` why it doesn't come.

use crate::api::Problem;
use crate::desk::{Choice, Desk, focus};
use crate::icons::{Icon, Shape};
use crate::words::{self, Word};
use leptos::ev::{FocusEvent, KeyboardEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

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

/// What a key does to the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    /// Opens it.
    Open,
    /// Makes another entry the active one.
    To(usize),
    /// Takes the active entry.
    Take,
    /// Closes it.
    Close,
}

/// What a key does to a list of so many entries; none where the key is left to the field.
fn press(key: &str, open: bool, active: usize, count: usize) -> Option<Press> {
    match (key, open) {
        ("ArrowDown", false) => Some(Press::Open),
        ("ArrowDown", true) => {
            let next = active.saturating_add(1);
            Some(Press::To(next.min(count.saturating_sub(1))))
        }
        ("ArrowUp", true) => Some(Press::To(active.saturating_sub(1))),
        ("Enter", true) => Some(Press::Take),
        ("Escape", true) => Some(Press::Close),
        _ => None,
    }
}

/// What was typed into a field that still showed the name of what is chosen.
fn typed<'a>(name: &str, value: &'a str) -> &'a str {
    let rest = value.strip_prefix(name);
    rest.or_else(|| value.strip_suffix(name)).unwrap_or(value)
}

/// The list under a field, and what is typed to find something in it.
#[derive(Clone, Copy)]
struct List {
    text: RwSignal<String>,
    open: RwSignal<bool>,
    active: RwSignal<usize>,
    /// What fits, and whether there is more.
    found: Memo<Option<(Vec<Choice>, bool)>>,
    on_want: Callback<()>,
    on_choose: Callback<Option<String>>,
}

impl List {
    fn show(self, begun: &str) {
        self.on_want.run(());
        self.text.set(begun.to_owned());
        self.active.set(0);
        self.open.set(true);
    }

    /// The field holds this now; while the list was closed it showed a name.
    fn hold(self, value: String, name: &str) {
        if self.open.get_untracked() {
            self.text.set(value);
            self.active.set(0);
        } else {
            self.show(typed(name, &value));
        }
    }

    fn take(self, code: String) {
        self.open.set(false);
        self.text.set(String::new());
        self.on_choose.run(Some(code));
    }

    fn on_key(self, event: &KeyboardEvent) {
        let (open, at) = (self.open.get_untracked(), self.active.get_untracked());
        let count = self
            .found
            .with_untracked(|found| found.as_ref().map_or(0, |found| found.0.len()));
        let Some(pressed) = press(&event.key(), open, at, count) else {
            return;
        };
        event.prevent_default();
        match pressed {
            Press::Open => self.show(""),
            Press::To(at) => self.active.set(at),
            Press::Take => {
                let code = self.found.with_untracked(|found| {
                    let choice = found.as_ref()?.0.get(at)?;
                    Some(choice.code.clone())
                });
                if let Some(code) = code {
                    self.take(code);
                }
            }
            Press::Close => {
                // The form around it closes by the same key.
                event.stop_propagation();
                self.open.set(false);
            }
        }
    }
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
    /// Why the list could not be fetched.
    #[prop(into)]
    problem: Signal<Option<Problem>>,
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
    // What could not be fetched is said under the field; an empty list would lie over it.
    let failed = Memo::new(move |_| choices.with(Option::is_none) && problem.with(Option::is_some));
    let shown = Memo::new(move |_| open.get() && !failed.get());
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
    let list = List {
        text,
        open,
        active,
        found,
        on_want,
        on_choose,
    };
    view! {
        <div class="field picker" data-open=move || shown.get().to_string()>
            <label for=id>{move || desk.say(label)}</label>
            <div class="box">
                <input
                    id=id
                    type="text"
                    role="combobox"
                    autocomplete="off"
                    aria-autocomplete="list"
                    aria-expanded=move || shown.get().to_string()
                    aria-controls=format!("{id}-list")
                    aria-activedescendant=move || {
                        let found = found.get()?;
                        let choice = found.0.get(active.get())?.clone();
                        open.get().then(|| format!("{id}-option-{}", choice.code))
                    }
                    placeholder=move || desk.say(words::PICK_HINT)
                    prop:value=move || if open.get() { text.get() } else { chosen_name() }
                    on:focus=move |event| {
                        on_want.run(());
                        select_all(&event);
                    }
                    on:click=move |_| {
                        if !open.get_untracked() {
                            list.show("");
                        }
                    }
                    on:input=move |event| {
                        list.hold(event_target_value(&event), &untrack(chosen_name));
                    }
                    on:blur=move |_| open.set(false)
                    on:keydown=move |event| list.on_key(&event)
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
                hidden=move || !shown.get()
                // The field keeps the focus while an option is pressed.
                on:mousedown=|event| event.prevent_default()
            >
                {move || {
                    let choose = Callback::new(move |code: String| list.take(code));
                    options(id, desk, found.get(), active, choose)
                }}
            </ul>
            <Show when=move || failed.get()>
                <Unfetched id=id problem=problem on_want=on_want/>
            </Show>
        </div>
    }
}

/// Why there is nothing to choose from, and the way to ask again.
#[component]
fn Unfetched(
    /// Id of the field.
    id: &'static str,
    problem: Signal<Option<Problem>>,
    on_want: Callback<()>,
) -> impl IntoView {
    let desk = Desk::here();
    let why = move || {
        let lang = desk.lang.get();
        problem.with(|problem| {
            let problem = problem.as_ref()?;
            let gap = lang.pick("", " ");
            Some(format!(
                "{}{gap}{}",
                words::PICK_FAILED.of(lang),
                problem.words(lang)
            ))
        })
    };
    let again = move |_| {
        // The field asks by itself when it gets the focus.
        focus(id);
        if problem.with_untracked(Option::is_some) {
            on_want.run(());
        }
    };
    view! {
        <div class="stack tight" role="alert" data-test="pick-failed">
            <p class="error-text">{why}</p>
            <div>
                <button type="button" on:click=again>
                    <Icon shape=Shape::RefreshCw/>
                    {move || desk.say(words::RETRY)}
                </button>
            </div>
        </div>
    }
}

/// So that what is typed takes the place of the name that stands there.
fn select_all(event: &FocusEvent) {
    let input: Option<web_sys::HtmlInputElement> =
        event.target().and_then(|target| target.dyn_into().ok());
    if let Some(input) = input {
        input.select();
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
    fn the_list_opens_by_the_arrow_down_and_other_keys_are_left_to_the_field() {
        assert_eq!(press("ArrowDown", false, 0, 3), Some(Press::Open));
        for key in ["ArrowUp", "Enter", "Escape", "Tab", "a"] {
            assert_eq!(press(key, false, 0, 3), None, "{key}");
        }
    }

    #[test]
    fn arrows_stay_within_the_list_and_escape_closes_it() {
        assert_eq!(press("ArrowDown", true, 0, 3), Some(Press::To(1)));
        assert_eq!(press("ArrowDown", true, 2, 3), Some(Press::To(2)));
        assert_eq!(press("ArrowDown", true, 0, 0), Some(Press::To(0)));
        assert_eq!(press("ArrowUp", true, 2, 3), Some(Press::To(1)));
        assert_eq!(press("ArrowUp", true, 0, 3), Some(Press::To(0)));
        assert_eq!(press("Enter", true, 1, 3), Some(Press::Take));
        assert_eq!(press("Escape", true, 1, 3), Some(Press::Close));
        assert_eq!(press("Tab", true, 1, 3), None);
    }

    #[test]
    fn typing_beside_the_name_that_stands_there_looks_for_what_was_typed() {
        assert_eq!(typed("市政中心", "市政中心环"), "环");
        assert_eq!(typed("市政中心", "环市政中心"), "环");
        // It took the name's place, or a part of the name was taken away.
        assert_eq!(typed("市政中心", "环"), "环");
        assert_eq!(typed("市政中心", "市政"), "市政");
        assert_eq!(typed("", "环"), "环");
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
