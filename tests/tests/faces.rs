//! The whole way through the screens: the real handheld window and the real console.
//!
//! A worker binds the handheld, the server goes away, the report is filed with a photo and is safe
//! on the device; the server comes back and the case number appears. In the console the
//! dispatcher gives the case to a unit, its handler reports it done, the dispatcher closes it,
//! and the handheld says so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::path::Path;
use tests::console_driver::Console;
use tests::handheld_driver::Handheld;
use tests::people::{self, PASSWORD};
use tests::programs::{Server, photo, program};

/// In the next county: no grid, so a dispatcher has to decide.
const OUTSIDE: (&str, &str) = ("27.7561", "118.0352");
const WORDS: &str = "路边井盖缺失😀 <b>“小心”</b>";

async fn fill(page: &tests::webdriver::Page, css: &str, text: &str) {
    let field = page.find(css).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

async fn go(page: &tests::webdriver::Page, hash: &str, name: &str) {
    page.script(&format!("location.hash = '{hash}'"))
        .await
        .unwrap();
    page.find(&format!("main[data-page='{name}']"))
        .await
        .unwrap();
}

/// Writes the words of a report. By script: WebKit's driver can't type an emoji, which a worker's
/// keyboard can.
async fn write_words(window: &Handheld) {
    let typed = format!(
        "const field = document.querySelector('#report-text'); field.value = {}; \
         field.dispatchEvent(new Event('input', {{bubbles: true}}))",
        serde_json::Value::from(WORDS)
    );
    window.script(&typed).await.unwrap();
}

/// Fills the one page of a report from top to bottom and sends it.
async fn file_a_report(window: &Handheld) {
    window.click_css("#snap").await.unwrap();
    window.find("main[data-page='capture']").await.unwrap();
    window
        .attach("#photo-file", &photo("corrupted.jpg"))
        .await
        .unwrap();
    window.see("照片无法读取").await.unwrap();
    window
        .attach("#photo-file", &photo("jolla.jpg"))
        .await
        .unwrap();
    window.find("li.photo").await.unwrap();
    window.open_details("#place-use").await.unwrap();
    fill(window, "#place-lat", OUTSIDE.0).await;
    fill(window, "#place-lon", OUTSIDE.1).await;
    window.click_css("#place-use").await.unwrap();
    window.find("#place-found [data-certainty]").await.unwrap();
    fill(window, "#category-search", "jinggai").await;
    window.click_css("#category-found li button").await.unwrap();
    window.click_css("#conditions label").await.unwrap();
    write_words(window).await;
    window
        .find("#preview-lead[data-unit='DISPATCH-350703']")
        .await
        .unwrap();
    window.click_css("#send").await.unwrap();
    window.see("已存本机").await.unwrap();
}

async fn sign_in(server: &Server, login: &str) -> Console {
    let browser = Console::start(&server.url(), 1280, 900).await.unwrap();
    fill(&browser, "#login", login).await;
    fill(&browser, "#password", PASSWORD).await;
    browser.click_css("#sign-in").await.unwrap();
    browser.find("#nav-todo").await.unwrap();
    browser
}

/// Opens a case by its number and makes one move with its form.
async fn make_move(
    browser: &Console,
    server: &Server,
    number: &str,
    kind: &str,
    unit: Option<&str>,
    why: &str,
) {
    browser
        .open(&format!("{}/?text={number}", server.url()))
        .await
        .unwrap();
    browser.click_css("[data-test='case-link']").await.unwrap();
    browser.find("[data-test='case']").await.unwrap();
    browser.see(number).await.unwrap();
    browser.click_css(&format!("#move-{kind}")).await.unwrap();
    if let Some(unit) = unit {
        fill(browser, "#move-unit", unit).await;
        browser.click_css("[data-test='option']").await.unwrap();
    }
    if !why.is_empty() {
        fill(browser, "#move-reason", why).await;
    }
    // Keys that lead elsewhere leave a form alone that is being filled in.
    browser
        .script("document.activeElement.blur()")
        .await
        .unwrap();
    browser.type_keys("\u{e00c}").await.unwrap();
    browser.type_keys("j").await.unwrap();
    browser.find("#move-form").await.unwrap();
    browser.click_css("#move-submit").await.unwrap();
    browser
        .until("see the form close", async || {
            let open = browser
                .script("return document.querySelector('#move-form') !== null")
                .await?;
            Ok(open.as_bool() == Some(false))
        })
        .await
        .unwrap();
}

/// A handheld's window, bound to the server and with its catalogue.
async fn bound(server: &Server, home: &Path) -> Handheld {
    let code = server
        .run(&["device", "code", "--login", people::WORKER])
        .unwrap();
    let window = Handheld::start(&program("gewu-handheld").unwrap(), home, 412, 915)
        .await
        .unwrap();
    window.find("main[data-page='bind']").await.unwrap();
    fill(&window, "#bind-server", &server.url()).await;
    fill(
        &window,
        "#bind-code",
        code.split_whitespace().last().unwrap(),
    )
    .await;
    window.click_css("#bind-go").await.unwrap();
    window.find("#snap").await.unwrap();
    window
        .until("have the catalogue", async || {
            let waits = window
                .script("return document.querySelector(\"[data-test='not-ready']\") !== null")
                .await?;
            Ok(waits.as_bool() == Some(false))
        })
        .await
        .unwrap();
    window
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_filed_on_the_screen_without_a_server_is_closed_in_the_console() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::init(&dir.path().join("server"), "350703").unwrap();
    people::add(&server).unwrap();
    server.start().await.unwrap();
    let window = bound(&server, &dir.path().join("handheld")).await;

    server.kill();
    file_a_report(&window).await;
    let short_code = window
        .find("#short-code")
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    go(&window, "#/reports", "reports").await;
    window
        .find("[data-status='on_device'], [data-status='sending']")
        .await
        .unwrap();

    go(&window, "#/queue", "queue").await;
    window.find("#queue [data-photo]").await.unwrap();
    window.see("在本机").await.unwrap();

    server.start().await.unwrap();
    window.click_css("#queue-retry").await.unwrap();
    window.see("全部已送达，编号已确认").await.unwrap();
    window.find("#queue-all-safe").await.unwrap();
    go(&window, "#/reports", "reports").await;
    window.find("[data-status='accepted']").await.unwrap();

    let dispatcher = sign_in(&server, "paiqian").await;
    dispatcher
        .click_css("[data-test='case-link']")
        .await
        .unwrap();
    let number = dispatcher
        .find("[data-test='case-no']")
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let number = number.trim().to_owned();
    window.see(&number).await.unwrap();

    make_move(
        &dispatcher,
        &server,
        &number,
        "dispatch",
        Some("市政中心"),
        "",
    )
    .await;
    dispatcher.see(WORDS).await.unwrap();
    // The worker's words are words: no element is made of them.
    let parts = dispatcher
        .script("return document.querySelector(\"[data-test='case-text']\").childElementCount")
        .await
        .unwrap();
    assert_eq!(parts, 0);
    let handler = sign_in(&server, "shizheng").await;
    make_move(&handler, &server, &number, "start", None, "").await;
    make_move(&handler, &server, &number, "finish", None, "已更换新井盖").await;
    make_move(&dispatcher, &server, &number, "close", None, "").await;
    dispatcher.see("已结案").await.unwrap();

    go(&window, "#/settings", "settings").await;
    window.click_css("#sync-now").await.unwrap();
    go(&window, "#/reports", "reports").await;
    window.see("已结案").await.unwrap();
    window.click_css("#reports a[data-report]").await.unwrap();
    window.see("已更换新井盖").await.unwrap();
    window.see(short_code.trim()).await.unwrap();
    window.close().await.unwrap();
}

/// Whoever puts the handheld away in the middle of a report finds it as it was left.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_open_when_the_handheld_locked_shows_the_same_after_the_pin() {
    const PIN: &str = "314159";
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::init(&dir.path().join("server"), "350703").unwrap();
    people::add(&server).unwrap();
    server.start().await.unwrap();
    let window = bound(&server, &dir.path().join("handheld")).await;
    go(&window, "#/settings", "settings").await;
    fill(&window, "#pin-new", PIN).await;
    fill(&window, "#pin-again", PIN).await;
    window.click_css("#pin-set").await.unwrap();
    window.find("#lock-now").await.unwrap();

    // A new report: its page was opened before there was a draft, and is named after it since.
    window.click_css("#tab-home").await.unwrap();
    window.click_css("#snap").await.unwrap();
    window.find("main[data-page='capture']").await.unwrap();
    window
        .attach("#photo-file", &photo("jolla.jpg"))
        .await
        .unwrap();
    window.find("li.photo").await.unwrap();
    write_words(&window).await;
    window.find("#kept[data-kept='yes']").await.unwrap();

    // As when nobody touched it for long enough, which takes a minute at least.
    window
        .script("window.__TAURI__.core.invoke('lock_now', {})")
        .await
        .unwrap();
    window.find("main[data-page='unlock']").await.unwrap();
    let text = "return document.querySelector('#report-text')?.value ?? ''";
    assert_eq!(window.script(text).await.unwrap(), "");
    fill(&window, "#pin", PIN).await;
    window.click_css("#pin-go").await.unwrap();
    window.find("main[data-page='capture']").await.unwrap();
    window.find("li.photo").await.unwrap();
    window
        .until("see the words again", async || {
            Ok(window.script(text).await?.as_str() == Some(WORDS))
        })
        .await
        .unwrap();
    window.close().await.unwrap();
}

/// A handheld without a network exports; somebody with a browser delivers and brings the answer
/// back.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_goes_by_courier_from_the_window_through_the_console_and_its_number_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::init(&dir.path().join("server"), "350703").unwrap();
    people::add(&server).unwrap();
    server.start().await.unwrap();
    let window = bound(&server, &dir.path().join("handheld")).await;
    // From now on the handheld reaches nobody: the server is where it doesn't look.
    server.kill();
    let mut server = server.elsewhere().unwrap();
    server.start().await.unwrap();
    file_a_report(&window).await;

    go(&window, "#/settings", "settings").await;
    window.click_css("#courier-export").await.unwrap();
    window.see("已导出（条/照片）").await.unwrap();
    let shown = window
        .script(
            "return [...document.querySelectorAll('#courier-done dd')].map(dd => dd.textContent)",
        )
        .await
        .unwrap();
    let facts: Vec<&str> = shown
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|v| v.as_str())
        .collect();
    let [carried, file] = facts[..] else {
        panic!("one file: {facts:?}")
    };
    assert_eq!(carried.trim(), "1 / 1");
    let file = Path::new(file.trim());

    let browser = sign_in(&server, "paiqian").await;
    browser.click_css("#nav-courier").await.unwrap();
    browser.find("[data-test='courier']").await.unwrap();
    // Something else is refused with words, and taken for nothing.
    browser
        .attach("#courier-file", &photo("jolla.jpg"))
        .await
        .unwrap();
    browser.click_css("#courier-deliver").await.unwrap();
    browser.see("这不是格物的信使文件或回执").await.unwrap();
    browser.attach("#courier-file", file).await.unwrap();
    browser.click_css("#courier-deliver").await.unwrap();
    browser.see("已送达（条/照片）： 1 / 1").await.unwrap();
    let answer = browser
        .script(
            "return decodeURIComponent(document.querySelector('#courier-answer').href\
             .split(',').slice(1).join(','))",
        )
        .await
        .unwrap();
    let back = dir.path().join("back.answer");
    std::fs::write(&back, answer.as_str().unwrap()).unwrap();
    browser.click_css("#nav-todo").await.unwrap();
    browser.click_css("[data-test='case-link']").await.unwrap();
    browser.see(WORDS).await.unwrap();

    window.attach("#courier-import", &back).await.unwrap();
    window.see("已收下回执（条/照片）").await.unwrap();
    go(&window, "#/queue", "queue").await;
    window.see("全部已送达，编号已确认").await.unwrap();
    window.close().await.unwrap();
}

/// A browser has six connections for one server; pages that lie behind others must not hold them.
#[tokio::test(flavor = "multi_thread")]
async fn each_of_ten_tabs_of_the_console_shows_its_list() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::init(&dir.path().join("server"), "350703").unwrap();
    people::add(&server).unwrap();
    server.start().await.unwrap();
    let browser = sign_in(&server, "paiqian").await;
    for _ in 0..10 {
        let tab = browser.client().new_window(true).await.unwrap();
        browser.client().switch_to_window(tab.handle).await.unwrap();
        browser.open(&server.url()).await.unwrap();
        browser.see("本页 0 件").await.unwrap();
    }
}

/// The next person at the desk must not be let in as the one before without anybody knowing.
#[tokio::test(flavor = "multi_thread")]
async fn signing_out_that_the_server_never_heard_of_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::init(&dir.path().join("server"), "350703").unwrap();
    people::add(&server).unwrap();
    server.start().await.unwrap();
    let browser = sign_in(&server, "paiqian").await;
    server.kill();
    browser.click_css("#sign-out").await.unwrap();
    // Neither the pages nor the sign-in form, which would say that one is out.
    let code = "return !document.querySelector('#nav-todo, #sign-in-form')";
    browser
        .until("see neither", async || {
            Ok(browser.script(code).await?.as_bool() == Some(true))
        })
        .await
        .unwrap();
    browser.see("连不上服务器").await.unwrap();
}

/// What would only be refused isn't offered; by its address it says to whom it is open.
#[tokio::test(flavor = "multi_thread")]
async fn a_streets_administrator_is_offered_the_pages_that_are_open_and_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::init(&dir.path().join("server"), "350703").unwrap();
    people::add(&server).unwrap();
    let street = [
        "user",
        "add",
        "--login",
        "jiedao",
        "--name",
        "刘芳",
        "--role",
        "administrator",
        "--area",
        "350703001",
        "--password",
        PASSWORD,
    ];
    server.run(&street).unwrap();
    server.start().await.unwrap();
    let browser = sign_in(&server, "jiedao").await;
    browser.find("#nav-people").await.unwrap();
    let code = "return document.querySelector('#nav-catalogue, #nav-archive') === null";
    let left_out = browser.script(code).await.unwrap();
    assert_eq!(left_out.as_bool(), Some(true));
    browser
        .open(&format!("{}/catalogue", server.url()))
        .await
        .unwrap();
    browser.see("这一页不在您的职责或辖区内").await.unwrap();
    browser.see("它对岗位管全区的人开放：管理员").await.unwrap();
    // A handler sees what the unit leads everywhere: the district's units aren't this one's to give.
    browser.click_css("#nav-people").await.unwrap();
    browser.click_css("#add-person").await.unwrap();
    let choose = "const role = document.querySelector('#person-role'); role.value = 'handler'; \
                  role.dispatchEvent(new Event('change', {bubbles: true}))";
    browser.script(choose).await.unwrap();
    fill(&browser, "#person-unit", "市政中心").await;
    browser.see("没有找到，换个说法试试").await.unwrap();
    fill(&browser, "#person-unit", "七贤").await;
    browser
        .find("#person-unit-list [data-test='option']")
        .await
        .unwrap();
}
