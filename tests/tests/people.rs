//! Access that is given and taken away: accounts closed and opened, passwords, posts. It counts with
//! the next request, and nothing that was filed is lost by it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::id::PersonId;
use shared::role::Role;
use shared::time::DAY_MS;
use tests::backends::Backend;
use tests::console_driver::Console;
use tests::desk::Desk;
use tests::on_both;
use tests::programs::Server;
use tests::world::{COMMUNITY, ELSEWHERE, HERE, Handheld, Reply, World, outcomes};

on_both!(
    a_closed_account_is_out_at_once_and_back_when_it_is_opened,
    a_new_password_ends_what_the_old_one_opened,
    one_changes_the_own_password_by_the_old_one,
    a_streets_administrator_runs_the_street_and_nothing_else,
    the_districts_last_administrator_stays,
    an_ended_post_takes_its_rights_and_its_bucket_and_nothing_that_was_filed,
    what_a_closed_accounts_handheld_had_filed_goes_to_a_person,
);

const PASSWORD: &str = "井盖丢了要报9号";

fn sign_in(world: &World, login: &str, password: &str) -> Reply {
    let body = json!({"login": login, "password": password});
    world.post("/v1/session", "", &body)
}

/// A session by the password.
fn session(world: &World, login: &str, password: &str) -> String {
    let reply = sign_in(world, login, password);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.at("/token").as_str().unwrap().to_owned()
}

fn me(world: &World, token: &str) -> u16 {
    world.get("/v1/me", token).status
}

fn close(world: &World, token: &str, person: PersonId, closed: bool) -> Reply {
    let path = format!("/v1/people/{person}/closed");
    world.post(&path, token, &json!({"closed": closed}))
}

fn reset(world: &World, token: &str, person: PersonId) -> Reply {
    let path = format!("/v1/people/{person}/password");
    world.ask("POST", &path, token, None)
}

fn give(world: &World, token: &str, person: PersonId, post: &Value) -> Reply {
    world.post(&format!("/v1/people/{person}/posts"), token, post)
}

fn end(world: &World, token: &str, post: &Value) -> Reply {
    let path = format!("/v1/posts/{}/end", post.as_str().unwrap());
    world.ask("POST", &path, token, None)
}

/// A person as this administrator sees it.
fn row(world: &World, token: &str, person: PersonId) -> Value {
    let page = world.get("/v1/people", token);
    let rows = page.at("/rows").as_array().unwrap();
    let mut rows = rows.iter().filter(|row| row["me"]["id"] == json!(person));
    rows.next().unwrap().clone()
}

/// The id of a post of a person.
fn post_of(world: &World, token: &str, person: PersonId, at: usize) -> Value {
    row(world, token, person)["me"]["posts"][at]["id"].clone()
}

/// How often the audit has a deed.
fn noted(world: &World, deed: &str) -> usize {
    let page = world.get(&format!("/v1/audit?action={deed}"), &whole(world));
    page.at("/rows").as_array().unwrap().len()
}

/// Whoever administers all of the district, without a password.
fn whole(world: &World) -> String {
    world.console_of(Role::Administrator, "350703", None)
}

fn a_closed_account_is_out_at_once_and_back_when_it_is_opened(backend: &Backend) {
    let world = World::new(backend);
    let boss = whole(&world);
    let lin = world.person_called("lin", Role::Dispatcher, HERE, None, Some(PASSWORD));
    let open = session(&world, "lin", PASSWORD);
    assert_eq!(me(&world, &open), 200);
    for _ in 0..2 {
        assert_eq!(close(&world, &boss, lin, true).status, 204);
    }
    assert_eq!(me(&world, &open), 401);
    assert_eq!(sign_in(&world, "lin", PASSWORD).status, 401);
    assert_eq!(row(&world, &boss, lin)["disabled"], json!(true));
    world.pass_ms(1_000);
    for _ in 0..2 {
        assert_eq!(close(&world, &boss, lin, false).status, 204);
    }
    assert_eq!(me(&world, &open), 401, "what was open stays shut");
    let again = session(&world, "lin", PASSWORD);
    assert_eq!(me(&world, &again), 200);
    assert_eq!(row(&world, &boss, lin)["disabled"], json!(false));
    assert_eq!(
        (noted(&world, "person.close"), noted(&world, "person.open")),
        (1, 1)
    );
}

fn a_new_password_ends_what_the_old_one_opened(backend: &Backend) {
    let world = World::new(backend);
    let boss = whole(&world);
    let lin = world.person_called("lin", Role::Dispatcher, HERE, None, Some(PASSWORD));
    let open = session(&world, "lin", PASSWORD);
    let made = reset(&world, &boss, lin);
    assert_eq!(made.status, 200, "{made:?}");
    let made = made.at("/password").as_str().unwrap().to_owned();
    assert_eq!(me(&world, &open), 401);
    assert_eq!(sign_in(&world, "lin", PASSWORD).status, 401);
    let token = session(&world, "lin", &made);
    assert_eq!(me(&world, &token), 200);
    assert_eq!(noted(&world, "password.give"), 1);
    let audit = world.get("/v1/audit", &boss).json.to_string();
    assert!(!audit.contains(&made) && !audit.contains(PASSWORD));
    // A dispatcher gives none, and nobody the own: whoever finds a console open could keep it.
    assert_eq!(reset(&world, &token, lin).status, 403);
    let own = world.get("/v1/me", &boss);
    let own: PersonId = own.at("/me/id").as_str().unwrap().parse().unwrap();
    let refused = reset(&world, &boss, own);
    assert_eq!((refused.status, refused.code()), (409, "not_possible"));
}

fn one_changes_the_own_password_by_the_old_one(backend: &Backend) {
    let world = World::new(backend);
    let _ = world.person_called("lin", Role::Dispatcher, HERE, None, Some(PASSWORD));
    let (here, other) = (
        session(&world, "lin", PASSWORD),
        session(&world, "lin", PASSWORD),
    );
    let change = |old: &str, new: &str| {
        let body = json!({"old": old, "new": new});
        world.post("/v1/me/password", &here, &body)
    };
    let short = change(PASSWORD, "short");
    assert_eq!(
        (short.status, short.at("/field")),
        (422, &json!("password"))
    );
    let wrong = change("not the one", "another one 9");
    assert_eq!((wrong.status, wrong.at("/field")), (422, &json!("old")));
    assert_eq!(
        me(&world, &other),
        200,
        "nothing has changed, nobody is out"
    );
    assert_eq!(change(PASSWORD, "another one 9").status, 204);
    assert_eq!((me(&world, &here), me(&world, &other)), (200, 401));
    assert_eq!(sign_in(&world, "lin", PASSWORD).status, 401);
    let _ = session(&world, "lin", "another one 9");
    assert_eq!(
        ["password.refuse", "password.change"].map(|deed| noted(&world, deed)),
        [1, 1]
    );
    // Guessing it at a console that was left open is slowed down like guessing at the door.
    let mut tries = (0..7).map(|_| change("not the one", "yet another 9").status);
    assert!(tries.any(|status| status == 429));
}

fn a_streets_administrator_runs_the_street_and_nothing_else(backend: &Backend) {
    let world = World::new(backend);
    let boss = whole(&world);
    let street = world.console_of(Role::Administrator, HERE, None);
    let grid_post = |area: &str| json!({"role": "grid_worker", "area": area});
    let own = world.person(Role::GridWorker, COMMUNITY, None);
    let theirs = world.person(Role::GridWorker, ELSEWHERE, None);
    let both = world.person(Role::GridWorker, COMMUNITY, None);
    assert_eq!(give(&world, &boss, both, &grid_post(ELSEWHERE)).status, 201);
    let handler = world.person(Role::Handler, HERE, Some("E01"));
    // Who holds a post outside would be out there, too; who is outside isn't there.
    for (person, status) in [(own, 204), (theirs, 404), (both, 403), (handler, 403)] {
        let found = close(&world, &street, person, true).status;
        assert_eq!(found, status, "close {person}");
    }
    for (person, status) in [(own, 200), (theirs, 404), (both, 403), (handler, 403)] {
        let found = reset(&world, &street, person).status;
        assert_eq!(found, status, "password {person}");
    }
    assert_eq!(close(&world, &street, own, false).status, 204);
    // Posts: in the own street, of the own street's units, to people of it.
    let unit_post = |unit: &str| json!({"role": "handler", "area": HERE, "unit": unit});
    let own_unit = format!("S01-{HERE}");
    for (person, post, status) in [
        (own, grid_post(HERE), 201),
        (own, grid_post(HERE), 409),
        (own, unit_post(&own_unit), 201),
        (own, unit_post("E01"), 403),
        (own, grid_post(ELSEWHERE), 403),
        (own, json!({"role": "handler", "area": HERE}), 422),
        (theirs, grid_post(HERE), 404),
    ] {
        let found = give(&world, &street, person, &post).status;
        assert_eq!(found, status, "give {post}");
    }
    let ends = |person, at| {
        let post = post_of(&world, &boss, person, at);
        end(&world, &street, &post).status
    };
    assert_eq!(
        [
            ends(both, 0),
            ends(theirs, 0),
            ends(handler, 0),
            ends(own, 2)
        ],
        [204, 404, 403, 204]
    );
    let left = row(&world, &boss, both);
    assert_eq!(left["me"]["posts"][0]["area"], json!(ELSEWHERE));
    assert_eq!(row(&world, &boss, own)["me"]["posts"][1]["area"], HERE);
    assert_eq!(
        (noted(&world, "post.give"), noted(&world, "post.end")),
        (3, 2)
    );
}

fn the_districts_last_administrator_stays(backend: &Backend) {
    let world = World::new(backend);
    let called = |login: &str| {
        world.person_called(login, Role::Administrator, "350703", None, Some(PASSWORD))
    };
    let last = called("guanli");
    let own = world.console(last);
    // These have no password: nobody but the last one could sign in.
    let helper = whole(&world);
    let post = post_of(&world, &helper, last, 0);
    for (token, whose) in [(&own, "the own"), (&helper, "the last")] {
        for refused in [close(&world, token, last, true), end(&world, token, &post)] {
            assert_eq!(
                (refused.status, refused.code()),
                (409, "not_possible"),
                "{whose}"
            );
        }
    }
    assert_eq!(me(&world, &own), 200);
    let next = called("jieban");
    // Nobody closes oneself, however many there are.
    assert_eq!(close(&world, &own, last, true).status, 409);
    assert_eq!(end(&world, &own, &post).status, 409);
    assert_eq!(end(&world, &helper, &post).status, 204);
    assert_eq!(end(&world, &helper, &post).status, 204, "and stays so");
    assert_eq!(world.get("/v1/audit", &own).status, 403);
    assert_eq!(world.get("/v1/people", &own).status, 403);
    assert_eq!(close(&world, &helper, next, true).status, 409);
    assert_eq!(close(&world, &helper, last, true).status, 204);
    assert_eq!(noted(&world, "post.end"), 1);
}

/// The buckets of a handheld.
fn buckets(world: &World, handheld: &Handheld) -> Vec<String> {
    let body = json!({"buckets": {}, "limit": 10});
    let page = world.post("/v1/sync/pull", &handheld.token, &body);
    assert_eq!(page.status, 200, "{page:?}");
    let buckets = page.at("/buckets").as_object().unwrap();
    buckets.keys().cloned().collect()
}

/// Pushes as a handheld whose clock is right now, whatever it was when it made the operation.
fn push_now(world: &World, handheld: &Handheld, operation: Value) -> Vec<String> {
    let mut request = handheld.request(&[operation]);
    request["wall_ms"] = json!(world.now());
    outcomes(&world.post("/v1/sync/push", &handheld.token, &request))
}

fn an_ended_post_takes_its_rights_and_its_bucket_and_nothing_that_was_filed(backend: &Backend) {
    let world = World::new(backend);
    let boss = whole(&world);
    let mut worker = world.worker();
    let desk = Desk::filed(&world, &mut worker, "C0101");
    let waits = worker.file_text("结束岗位之前报的");
    // A dispatcher's post: what it opened is shut with the next request, the session stays.
    let lin = world.person(Role::Dispatcher, HERE, None);
    let token = world.console(lin);
    assert_eq!(desk.seen(&token).status, 200);
    let post = post_of(&world, &boss, lin, 0);
    assert_eq!(end(&world, &boss, &post).status, 204);
    assert_eq!(desk.seen(&token).status, 404);
    assert_eq!(world.get("/v1/quarantine", &token).status, 403);
    assert_eq!(me(&world, &token), 200);
    // A grid post: the bucket leaves the handheld; another post brings another.
    let before = buckets(&world, &worker);
    assert!(before.iter().any(|name| name.starts_with("grid:")));
    world.pass_ms(1_000);
    let post = post_of(&world, &boss, worker.person, 0);
    assert_eq!(end(&world, &boss, &post).status, 204);
    let own = format!("person:{}", worker.person);
    assert_eq!(buckets(&world, &worker), [own.as_str()]);
    world.pass_ms(DAY_MS);
    assert_eq!(push_now(&world, &worker, waits), ["applied"]);
    worker.wall = world.now();
    let after = worker.file_text("结束岗位之后报的");
    assert_eq!(
        push_now(&world, &worker, after),
        ["quarantined: not_in_office"]
    );
    let elsewhere = json!({"role": "grid_worker", "area": ELSEWHERE});
    // The session of the day before has ended.
    let boss = whole(&world);
    let given = give(&world, &boss, worker.person, &elsewhere);
    assert_eq!(given.status, 201, "{given:?}");
    assert_eq!(given.at("/me/posts/0/area"), ELSEWHERE);
    let now = buckets(&world, &worker);
    let of_grids = now.iter().filter(|name| name.starts_with("grid:"));
    assert!(of_grids.clone().count() > 0);
    assert!(of_grids.clone().all(|name| !before.contains(name)));
    let again = worker.file_text("新岗位上报的");
    assert_eq!(push_now(&world, &worker, again), ["applied"]);
}

fn what_a_closed_accounts_handheld_had_filed_goes_to_a_person(backend: &Backend) {
    let world = World::new(backend);
    let boss = whole(&world);
    let mut worker = world.worker();
    let first = worker.file_text("在岗时送达的");
    // From now on the server remembers who pushed.
    assert_eq!(push_now(&world, &worker, first), ["applied"]);
    let waits = worker.file_text("停用之前报的");
    world.pass_ms(1_000);
    assert_eq!(close(&world, &boss, worker.person, true).status, 204);
    let pull = json!({"buckets": {}, "limit": 10});
    let pulled = |worker: &Handheld| world.post("/v1/sync/pull", &worker.token, &pull).status;
    assert_eq!(pulled(&worker), 401);
    assert_eq!(
        push_now(&world, &worker, waits),
        ["quarantined: not_in_office"]
    );
    let kept = world.get("/v1/quarantine", &boss).json.to_string();
    assert!(kept.contains("停用之前报的"));
    // Nor is another handheld bound to it.
    let code = json!({"person": worker.person});
    assert_eq!(world.post("/v1/devices/codes", &boss, &code).status, 404);
    assert_eq!(close(&world, &boss, worker.person, false).status, 204);
    assert_eq!(pulled(&worker), 200, "without being bound anew");
    let again = worker.file_text("又启用之后报的");
    assert_eq!(push_now(&world, &worker, again), ["applied"]);
}

/// The same by the shipped program, which needs nobody to be signed in.
#[test]
fn the_command_line_closes_opens_and_gives_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::init(&folder.path().join("server"), "350703").unwrap();
    tests::people::add(&server).unwrap();
    let user = |arguments: &[&str]| {
        let mut all = vec!["user"];
        all.extend_from_slice(arguments);
        server.run(&all)
    };
    let printed = user(&["close", "--login", "paiqian"]).unwrap();
    assert_eq!(printed.trim(), "closed paiqian");
    let printed = user(&["reopen", "--login", "paiqian"]).unwrap();
    assert_eq!(printed.trim(), "reopened paiqian");
    let printed = user(&["password", "--login", "paiqian"]).unwrap();
    assert!(printed.contains("password (shown once): "), "{printed}");
    let given = ["password", "--login", "paiqian", "--password", PASSWORD];
    let printed = user(&given).unwrap();
    assert!(!printed.contains(PASSWORD), "{printed}");
    assert!(user(&["close", "--login", "guanli"]).is_err(), "the last");
    assert!(user(&["close", "--login", "nobody"]).is_err());
}

async fn fill(page: &Console, css: &str, text: &str) {
    let field = page.find(css).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

/// Presses once, as a hand that takes its time: no second press of a double click.
async fn press(page: &Console, css: &str) {
    page.find(css).await.unwrap();
    let code = format!("document.querySelector({}).click()", json!(css));
    page.script(&code).await.unwrap();
}

/// Presses what asks once more, and once more.
async fn press_twice(page: &Console, css: &str, question: &str) {
    press(page, css).await;
    page.see(question).await.unwrap();
    press(page, css).await;
}

/// The row of a person on the page of people.
async fn row_of(page: &Console, name: &str) -> String {
    page.find("[data-test='person-row']").await.unwrap();
    let code = format!(
        "return [...document.querySelectorAll(\"[data-test='person-row']\")]\
         .find(row => row.textContent.includes('{name}')).id"
    );
    let id = page.script(&code).await.unwrap();
    format!("#{}", id.as_str().unwrap())
}

async fn count(page: &Console, css: &str) -> u64 {
    let code = format!("return document.querySelectorAll({}).length", json!(css));
    page.script(&code).await.unwrap().as_u64().unwrap()
}

async fn see_so_many(page: &Console, css: &str, wanted: u64) {
    page.until("see so many", async || Ok(count(page, css).await == wanted))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_people_takes_away_and_gives_at_the_second_press() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::init(&folder.path().join("server"), "350703").unwrap();
    tests::people::add(&server).unwrap();
    server.start().await.unwrap();
    let browser = Console::start(&server.url(), 1280, 900).await.unwrap();
    fill(&browser, "#login", "guanli").await;
    fill(&browser, "#password", tests::people::PASSWORD).await;
    browser.click_css("#sign-in").await.unwrap();
    browser.click_css("#nav-people").await.unwrap();
    let row = row_of(&browser, "林建国").await;
    let of = |mark: &str| format!("{row} [data-test='{mark}']");
    press_twice(&browser, &of("reset-password"), "确定重设").await;
    browser.see("只显示这一次").await.unwrap();
    let shown = "return document.querySelector('#new-password').textContent.length";
    assert_eq!(browser.script(shown).await.unwrap(), 19);
    press(&browser, "#new-password-close").await;
    press_twice(&browser, &of("close-account"), "确定停用").await;
    browser.find(&of("disabled")).await.unwrap();
    press_twice(&browser, &of("open-account"), "确定启用").await;
    browser.find(&of("close-account")).await.unwrap();
    // Another post, and the former one ends.
    press(&browser, &of("add-post")).await;
    browser.find("#post-form").await.unwrap();
    let choose = "const role = document.querySelector('#person-role'); role.value = 'supervisor'; \
                  role.dispatchEvent(new Event('change', {bubbles: true}))";
    browser.script(choose).await.unwrap();
    press(&browser, "#post-save").await;
    browser.see("请选择负责地区").await.unwrap();
    fill(&browser, "#person-area", "七贤").await;
    press(&browser, "#person-area-list [data-test='option']").await;
    press(&browser, "#post-save").await;
    browser.see("已加岗位").await.unwrap();
    let ends = of("end-post");
    see_so_many(&browser, &ends, 2).await;
    press_twice(&browser, &ends, "确定结束").await;
    see_so_many(&browser, &ends, 1).await;
    // Nobody closes oneself; the own password is changed by the old one.
    let own = row_of(&browser, "郑晓燕").await;
    for mark in ["close-account", "reset-password", "end-post"] {
        let css = format!("{own} [data-test='{mark}']");
        assert_eq!(count(&browser, &css).await, 0, "{mark}");
    }
    browser.click_css("#me").await.unwrap();
    for (field, text) in [
        ("#password-old", tests::people::PASSWORD),
        ("#password-new", PASSWORD),
        ("#password-again", PASSWORD),
    ] {
        fill(&browser, field, text).await;
    }
    press(&browser, "#password-save").await;
    browser.see("密码已修改").await.unwrap();
}
