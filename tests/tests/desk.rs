//! The console through the life of a case, in a real browser: a unit asks for more time and gets
//! it, hands back twice, finishes with a photo; a supervisor urges; a dispatcher sends somebody to
//! check, merges and takes the merge back. Every form says what is missing before it is sent. And a
//! round, from the draft to what was ticked on it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use tests::console_driver::Console;
use tests::day::{self, Filing, Places};
use tests::people::{self, PASSWORD};
use tests::programs::{Server, photo, root};

/// A server with one case of 市政中心 for each of these words.
async fn with_cases(folder: &std::path::Path, words: &[&'static str]) -> Server {
    let (server, field) = people::begin(folder).await.unwrap();
    let places = Places::read().unwrap();
    let manhole = day::filings().into_iter().next().unwrap();
    for text in words.iter().copied() {
        let one = Filing { text, ..manhole };
        day::file(&field, &places, &one, &photo("no_exif.jpg")).unwrap();
    }
    field.run(&["sync"]).unwrap();
    server
}

async fn fill(page: &Console, css: &str, text: &str) {
    let field = page.find(css).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

async fn sign_in(server: &Server, login: &str) -> Console {
    let browser = Console::start(&server.url(), 1280, 900).await.unwrap();
    fill(&browser, "#login", login).await;
    fill(&browser, "#password", PASSWORD).await;
    browser.click_css("#sign-in").await.unwrap();
    browser.find("#nav-todo").await.unwrap();
    browser
}

/// Opens the case with these words.
async fn open(browser: &Console, server: &Server, words: &str) {
    let address = format!("{}/?text={words}", server.url());
    browser.open(&address).await.unwrap();
    browser.click_css("[data-test='case-link']").await.unwrap();
    browser.see(words).await.unwrap();
}

/// Opens the form of a move, out of its fold if need be.
async fn begin(browser: &Console, kind: &str) {
    let css = format!("#move-{kind}");
    browser.find(&css).await.unwrap();
    browser
        .script("document.querySelector('#moves-more')?.setAttribute('open', '')")
        .await
        .unwrap();
    browser.click_css(&css).await.unwrap();
    browser.find("#move-form").await.unwrap();
}

async fn send(browser: &Console) {
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

async fn act(browser: &Console, kind: &str, why: &str) {
    begin(browser, kind).await;
    if !why.is_empty() {
        fill(browser, "#move-reason", why).await;
    }
    send(browser).await;
}

async fn count(browser: &Console, css: &str) -> u64 {
    let code = format!("return document.querySelectorAll(\"{css}\").length");
    browser.script(&code).await.unwrap().as_u64().unwrap()
}

async fn text_of(browser: &Console, css: &str) -> String {
    let element = browser.find(css).await.unwrap();
    element.text().await.unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_gets_more_time_and_everybody_sees_why_the_deadline_is_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let server = with_cases(dir.path(), &["ext-1"]).await;
    let unit = sign_in(&server, "shizheng").await;
    open(&unit, &server, "ext-1").await;
    act(&unit, "start", "").await;
    begin(&unit, "ask-extension").await;
    // Without a reason it says so beside the field and sends nothing.
    unit.click_css("#move-submit").await.unwrap();
    unit.find("[data-fact='move-reason'] [data-test='lack'] p")
        .await
        .unwrap();
    unit.see("请填写原因或办理情况").await.unwrap();
    fill(&unit, "#move-reason", "要等配件").await;
    send(&unit).await;
    unit.see("市政中心申请延期").await.unwrap();

    let dispatcher = sign_in(&server, "paiqian").await;
    dispatcher
        .click_css("[data-test='worklist-asked']")
        .await
        .unwrap();
    dispatcher.find("[data-test='asked-mark']").await.unwrap();
    dispatcher
        .click_css("[data-test='case-link']")
        .await
        .unwrap();
    let who = text_of(&dispatcher, "[data-test='awaits']").await;
    assert!(who.contains("派遣员"), "{who}");
    begin(&dispatcher, "grant").await;
    send(&dispatcher).await;
    dispatcher.click_css("#deadline-why").await.unwrap();
    dispatcher.see("派遣起算").await.unwrap();
    dispatcher.see("准予延期").await.unwrap();
    assert_eq!(
        count(&dispatcher, "ol[data-test='deadline-why'] li").await,
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_handed_back_twice_shows_its_chain_at_the_last_resort() {
    let dir = tempfile::tempdir().unwrap();
    let server = with_cases(dir.path(), &["back-1"]).await;
    let unit = sign_in(&server, "shizheng").await;
    let dispatcher = sign_in(&server, "paiqian").await;
    open(&unit, &server, "back-1").await;
    act(&unit, "hand-back", "不是我们的井").await;
    open(&dispatcher, &server, "back-1").await;
    begin(&dispatcher, "dispatch").await;
    fill(&dispatcher, "#move-unit", "市政中心").await;
    dispatcher.click_css("[data-test='option']").await.unwrap();
    send(&dispatcher).await;
    open(&unit, &server, "back-1").await;
    act(&unit, "hand-back", "还是不属我们").await;

    open(&dispatcher, &server, "back-1").await;
    dispatcher
        .find("[data-test='returned-by'] li:nth-child(2)")
        .await
        .unwrap();
    dispatcher.see("兜底单位，不能再退回").await.unwrap();
    dispatcher.see("首接单位（首接负责）").await.unwrap();
    let lead = text_of(&dispatcher, "[data-test='lead']").await;
    assert_ne!(lead, "市政中心");
    assert_eq!(
        count(&dispatcher, "#move-hand-back").await,
        0,
        "a dispatcher hands nothing back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_finishes_with_a_photo_and_the_dispatcher_sends_somebody_to_check() {
    let dir = tempfile::tempdir().unwrap();
    let server = with_cases(dir.path(), &["fin-1"]).await;
    let unit = sign_in(&server, "shizheng").await;
    unit.resize(390, 844).await.unwrap();
    open(&unit, &server, "fin-1").await;
    act(&unit, "start", "").await;
    begin(&unit, "finish").await;
    let wide = unit
        .script("return document.documentElement.scrollWidth > innerWidth")
        .await
        .unwrap();
    assert_eq!(wide, false, "the form fits a phone");
    // A plan needs its date.
    unit.click_css("#move-outcome-planned").await.unwrap();
    fill(&unit, "#move-reason", "已更换新井盖").await;
    unit.click_css("#move-submit").await.unwrap();
    unit.see("请选日期").await.unwrap();
    unit.click_css("#move-outcome-done").await.unwrap();
    let no_photo = root().join("tests/data/README.md");
    unit.attach("#move-photo", &no_photo).await.unwrap();
    unit.see("只收JPEG或PNG照片").await.unwrap();
    unit.attach("#move-photo", &photo("DSCN0010.jpg"))
        .await
        .unwrap();
    unit.find("[data-test='photo-sent'][data-state='safe']")
        .await
        .unwrap();
    unit.find("[data-test='photo-chosen']").await.unwrap();
    // Nobody else moved it: what was written is still there and goes through.
    assert_eq!(count(&unit, "#conflict").await, 0);
    send(&unit).await;
    unit.see("待结案").await.unwrap();
    unit.see("处理后").await.unwrap();
    unit.see("已处置到位").await.unwrap();

    let dispatcher = sign_in(&server, "paiqian").await;
    open(&dispatcher, &server, "fin-1").await;
    act(&dispatcher, "ask-check", "").await;
    dispatcher.see("待核查").await.unwrap();
    dispatcher.see("所在网格的网格员").await.unwrap();
    let step = text_of(&dispatcher, "[data-test='steps'] [aria-current='step']").await;
    assert!(step.contains("核查"), "{step}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_lays_a_red_card_that_stands_in_the_list() {
    let dir = tempfile::tempdir().unwrap();
    let server = with_cases(dir.path(), &["card-1"]).await;
    let supervisor = sign_in(&server, "ducha").await;
    open(&supervisor, &server, "card-1").await;
    begin(&supervisor, "urge").await;
    fill(&supervisor, "#move-reason", "群众反复反映").await;
    supervisor.click_css("#move-submit").await.unwrap();
    supervisor.see("请选黄牌、红牌或取消").await.unwrap();
    supervisor.click_css("#move-card-red").await.unwrap();
    send(&supervisor).await;
    supervisor.find("[data-test='card']").await.unwrap();
    let unit = sign_in(&server, "shizheng").await;
    unit.click_css("[data-test='worklist-urged']")
        .await
        .unwrap();
    unit.find("[data-test='case-row'] [data-test='card']")
        .await
        .unwrap();
    unit.see("红牌督办").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cases_of_one_thing_are_merged_and_taken_apart_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = with_cases(dir.path(), &["same-1", "same-2"]).await;
    let dispatcher = sign_in(&server, "paiqian").await;
    open(&dispatcher, &server, "same-1").await;
    let number = text_of(&dispatcher, "[data-test='case-no']").await;
    open(&dispatcher, &server, "same-2").await;
    begin(&dispatcher, "merge").await;
    dispatcher.click_css("#move-submit").await.unwrap();
    dispatcher.see("请选并入哪一件").await.unwrap();
    fill(&dispatcher, "#move-into", &number).await;
    dispatcher.click_css("#move-into-look").await.unwrap();
    dispatcher
        .click_css("[data-test='into-case']")
        .await
        .unwrap();
    send(&dispatcher).await;
    dispatcher.see("已并案").await.unwrap();
    dispatcher
        .click_css("[data-test='merged-case']")
        .await
        .unwrap();
    dispatcher.see("并入本案的").await.unwrap();
    open(&dispatcher, &server, "same-2").await;
    act(&dispatcher, "unmerge", "不是同一个井盖").await;
    dispatcher.see("待受理").await.unwrap();
    // By the keyboard alone: a form opens, has the focus where something is missing, and closes.
    let focus = "document.querySelector('#move-accept, #move-dispatch').focus()";
    dispatcher.script(focus).await.unwrap();
    dispatcher.type_keys("\u{e007}").await.unwrap();
    dispatcher.find("#move-form").await.unwrap();
    dispatcher
        .until("see the focus within the form", async || {
            let code = "return document.activeElement.closest('#move-form') !== null";
            Ok(dispatcher.script(code).await?.as_bool() == Some(true))
        })
        .await
        .unwrap();
    dispatcher.type_keys("\u{e00c}").await.unwrap();
    dispatcher
        .until("see the form close", async || {
            Ok(count(&dispatcher, "#move-form").await == 0)
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_is_drafted_published_walked_and_seen_by_point() {
    let dir = tempfile::tempdir().unwrap();
    let (server, field) = people::begin(dir.path()).await.unwrap();
    let admin = sign_in(&server, "guanli").await;
    admin.click_css("#nav-patrols").await.unwrap();
    admin.see("这里还没有巡查路线").await.unwrap();
    admin.click_css("#change-rounds").await.unwrap();
    admin.click_css("#round-new").await.unwrap();
    admin.click_css("#round-save").await.unwrap();
    admin.see("请选地区").await.unwrap();
    fill(&admin, "#round-name", "早间巡查").await;
    fill(&admin, "#round-area", "350703001012").await;
    let community = "#round-area-option-350703001012";
    admin.click_css(community).await.unwrap();
    fill(&admin, "#round-points", "小学门口,27.1505").await;
    admin.click_css("#round-save").await.unwrap();
    admin.see("第1行读不懂").await.unwrap();
    let points = "小学门口,27.1505,118.0292\n东市场后门,27.1506,118.0297,消防通道";
    fill(&admin, "#round-points", points).await;
    admin.click_css("#round-save").await.unwrap();
    admin.find("[data-test='draft-round']").await.unwrap();
    admin.click_css("#publish").await.unwrap();
    admin.find("[data-test='version-row']").await.unwrap();

    field.run(&["sync"]).unwrap();
    let mark = ["mark", "350703001012-1", "东市场后门", "--seen", "trouble"];
    let note = ["--note", "后门堆物"];
    field.run(&[&mark[..], &note[..]].concat()).unwrap();
    field.run(&["sync"]).unwrap();

    let supervisor = sign_in(&server, "ducha").await;
    supervisor.click_css("#nav-patrols").await.unwrap();
    supervisor.see("已巡 1/2").await.unwrap();
    let ticked = text_of(&supervisor, "[data-point='东市场后门']").await;
    assert!(
        ticked.contains("有问题") && ticked.contains("后门堆物"),
        "{ticked}"
    );
    let rest = text_of(&supervisor, "[data-point='小学门口']").await;
    assert!(rest.contains("未巡"), "{rest}");
    assert_eq!(count(&supervisor, "#change-rounds").await, 0);
    // Another day shows that day.
    let yesterday = "const day = document.querySelector('#patrols-day');
        day.value = '2020-01-01'; day.dispatchEvent(new Event('change', {bubbles: true}))";
    supervisor.script(yesterday).await.unwrap();
    supervisor.see("已巡 0/2").await.unwrap();

    admin.click_css("#nav-patrols").await.unwrap();
    admin.click_css("#change-rounds").await.unwrap();
    admin.click_css("[data-test='round-retire']").await.unwrap();
    admin.see("已停用").await.unwrap();
    admin.click_css("#publish").await.unwrap();
    admin.find("[data-test='version-row']").await.unwrap();
    field.run(&["sync"]).unwrap();
    let left = field.run(&["patrol"]).unwrap();
    assert_eq!(left.as_array().map(Vec::len), Some(0), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_units_opens_when_it_is_asked_for_and_covers_no_button_before() {
    let dir = tempfile::tempdir().unwrap();
    let server = with_cases(dir.path(), &["list-1"]).await;
    let dispatcher = sign_in(&server, "paiqian").await;
    open(&dispatcher, &server, "list-1").await;
    begin(&dispatcher, "dispatch").await;
    // The form has the focus where something is missing, with the list closed.
    let focused = "return document.activeElement.id === 'move-unit'";
    dispatcher
        .until("see the focus on the unit", async || {
            Ok(dispatcher.script(focused).await?.as_bool() == Some(true))
        })
        .await
        .unwrap();
    let closed = "#move-unit[aria-expanded='false']";
    let opened = "#move-unit[aria-expanded='true']";
    dispatcher.find(closed).await.unwrap();
    // Down opens it, Escape closes it and leaves the form.
    dispatcher.type_keys("\u{e015}").await.unwrap();
    dispatcher.find(opened).await.unwrap();
    dispatcher.type_keys("\u{e00c}").await.unwrap();
    dispatcher.find(closed).await.unwrap();
    assert_eq!(count(&dispatcher, "#move-form").await, 1);
    // A press opens it.
    dispatcher.click_css("#move-unit").await.unwrap();
    dispatcher.find(opened).await.unwrap();
    dispatcher.type_keys("\u{e00c}").await.unwrap();
    dispatcher.find(closed).await.unwrap();
    // And so does typing.
    dispatcher.type_keys("市政中心").await.unwrap();
    dispatcher.find(opened).await.unwrap();
    dispatcher.type_keys("\u{e00c}").await.unwrap();
    dispatcher.click_css("#move-cancel").await.unwrap();
    dispatcher
        .until("see the form close", async || {
            Ok(count(&dispatcher, "#move-form").await == 0)
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_somebody_else_changed_is_saved_over_or_seen_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let (server, _field) = people::begin(dir.path()).await.unwrap();
    let (one, other) = (
        sign_in(&server, "guanli").await,
        sign_in(&server, "guanli").await,
    );
    one.click_css("#nav-catalogue").await.unwrap();
    fill(&one, "#draft-name", "调整时限").await;
    one.click_css("#draft-begin").await.unwrap();
    one.find("#draft-find").await.unwrap();
    let address = one.script("return location.href").await.unwrap();
    other.open(address.as_str().unwrap()).await.unwrap();
    for browser in [&one, &other] {
        fill(browser, "#draft-find", "C0101").await;
        browser.find("[data-test='edit-value']").await.unwrap();
    }
    let field = "document.querySelector(\"[data-test='edit-value']\")";
    let set = |days: u32| {
        format!(
            "const field = {field}; field.value = '{days}'; \
             field.dispatchEvent(new Event('change', {{bubbles: true}}))"
        )
    };
    let value = format!("return {field}.value");
    one.script(&set(31)).await.unwrap();
    one.see("已改，核对见下").await.unwrap();
    // What was typed stays, and a second press saves it over the other's.
    other.script(&set(32)).await.unwrap();
    other.find("#draft-newer").await.unwrap();
    assert_eq!(other.script(&value).await.unwrap(), "32");
    other.click_css("#draft-save-over").await.unwrap();
    other.see("已改，核对见下").await.unwrap();
    assert_eq!(count(&other, "#draft-newer").await, 0);
    // The first one looks at what it has become, and the own change is dropped.
    one.script(&set(33)).await.unwrap();
    one.click_css("#draft-load").await.unwrap();
    one.see("现在显示的是最新的").await.unwrap();
    one.until("see the other's limit", async || {
        Ok(one.script(&value).await? == "32")
    })
    .await
    .unwrap();
    one.script(&set(34)).await.unwrap();
    one.see("已改，核对见下").await.unwrap();
}
