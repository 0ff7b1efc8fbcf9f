//! 信使: a handheld without a network gave somebody a file; here it is delivered, and the answer is
//! given back as a file.

use crate::api::{self, Problem};
use crate::components::states::FormProblem;
use crate::desk::Desk;
use crate::icons::{Icon, Shape};
use crate::words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::courier::read_answer;
use web_sys::HtmlInputElement;

/// What became of the file.
#[derive(Clone)]
struct Delivered {
    operations: usize,
    photos: usize,
    /// Name and address of the answer, to be saved.
    name: String,
    address: String,
}

impl Delivered {
    /// The server's signature is for the handheld to verify; here it is only shown.
    fn of(name: &str, file: &[u8]) -> Option<Self> {
        let answer = read_answer(None, file).ok()?;
        let text = std::str::from_utf8(file).ok()?;
        let text = String::from(js_sys::encode_uri_component(text));
        Some(Self {
            operations: answer.answers.iter().map(|push| push.results.len()).sum(),
            photos: answer.photos.len(),
            name: format!("{name}.answer"),
            address: format!("data:application/octet-stream,{text}"),
        })
    }
}

/// The page.
#[component]
pub(crate) fn CourierPage() -> impl IntoView {
    let desk = Desk::here();
    desk.title(move || desk.say(words::COURIER).to_owned());
    let input = NodeRef::<leptos::html::Input>::new();
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<Problem>);
    let unchosen = RwSignal::new(false);
    let delivered = RwSignal::new(None::<Delivered>);
    let deliver = move |_| {
        let chosen = input
            .get_untracked()
            .and_then(|input: HtmlInputElement| input.files().and_then(|files| files.get(0)));
        unchosen.set(chosen.is_none());
        problem.set(None);
        delivered.set(None);
        let Some(file) = chosen else { return };
        busy.set(true);
        spawn_local(async move {
            match api::deliver(&file).await {
                Ok(answer) => match Delivered::of(&file.name(), &answer) {
                    Some(done) => delivered.set(Some(done)),
                    None => problem.set(Some(Problem::Unreadable(200))),
                },
                Err(refused) => {
                    desk.notice(&refused);
                    problem.set(Some(refused));
                }
            }
            busy.set(false);
        });
    };
    view! {
        <div class="page stack" data-test="courier">
            <h1>{move || desk.say(words::COURIER)}</h1>
            <p class="second">{move || desk.say(words::COURIER_WHAT)}</p>
            <label class="stack tight">
                {move || desk.say(words::COURIER_FILE)}
                <input type="file" id="courier-file" accept=".gewu" node_ref=input/>
            </label>
            <FormProblem words=Signal::derive(move || {
                let missing = || words::FILE_MISSING.of(desk.lang.get()).to_owned();
                let refused = problem.get().map(|problem| problem.words(desk.lang.get()));
                refused.or_else(|| unchosen.get().then(missing))
            })/>
            <button type="button" id="courier-deliver" disabled=busy on:click=deliver>
                <Icon shape=Shape::Inbox/>
                {move || desk.say(words::COURIER_DELIVER)}
            </button>
            {move || delivered.get().map(|it| view! {
                <div class="notice" role="status" data-test="courier-done">
                    <p class="grow">
                        {move || desk.say(words::COURIER_DONE)}
                        " "
                        {it.operations}
                        " / "
                        {it.photos}
                    </p>
                    <a class="button" id="courier-answer" rel="external" href=it.address download=it.name>
                        {move || desk.say(words::COURIER_ANSWER)}
                    </a>
                </div>
            })}
        </div>
    }
}
