//! Every route × role × area. The table is read beside the OpenAPI document: a route without a
//! line here fails, and so does a line without a route.
//!
//! The case lies in one street and is led by 供水企业. For each route every actor sends the same
//! request, made so that it changes nothing: an allowed move is answered "stale" (409), an allowed
//! new person "login invalid" (422).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::role::{Actor, OfficePage, Role};
use shared::wire::console::MeAnswer;
use std::collections::BTreeSet;
use sync_server::http;
use tests::backends::Backend;
use tests::on_both;
use tests::world::{COMMUNITY, ELSEWHERE, HERE, Handheld, PLACE_ELSEWHERE, World, photo_ref};

on_both!(
    every_route_answers_each_role_and_area_as_the_table_says,
    a_list_shows_exactly_the_cases_that_one_may_read,
    a_cookie_alone_changes_nothing_from_another_site,
    signing_in_gives_a_session_and_signing_out_ends_it,
    an_administrator_gives_out_only_units_of_the_own_area,
    the_server_refuses_exactly_the_pages_that_the_console_leaves_out,
);

mod tables;

use tables::{TABLE, TABLE_OFFICE};

/// Who asks, in the order of the table's columns.
const ACTORS: [&str; 13] = [
    "nobody",
    "handheld here",
    "handheld elsewhere",
    "worker here",
    "dispatcher here",
    "handler that leads",
    "supervisor here",
    "administrator here",
    "worker elsewhere",
    "dispatcher elsewhere",
    "handler of another unit",
    "supervisor elsewhere",
    "administrator elsewhere",
];

/// A world with a case, its photo, and an operation in quarantine.
struct Scene {
    world: World,
    here: Handheld,
    elsewhere: Handheld,
    case: String,
    photo: String,
    quarantined: String,
}

fn scene(backend: &Backend) -> Scene {
    let world = World::new(backend);
    let mut here = world.worker();
    let elsewhere = world.handheld(world.person(Role::GridWorker, ELSEWHERE, None));
    let bytes = include_bytes!("../data/photos/no_exif.jpg").to_vec();
    let mut operation = here.next(here.report());
    operation.photos = vec![photo_ref(&bytes)];
    let photo = operation.photos[0].sha256.to_string();
    let good = here.seal(operation);
    let mut report = here.report();
    report["category"] = json!("C9999");
    let bad = here.file(report);
    let quarantined = bad["op_id"].as_str().unwrap().to_owned();
    let reply = world.push(&here, &[good, bad]);
    let case = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    tests::photos::upload(&world, &here, &bytes);
    Scene {
        world,
        here,
        elsewhere,
        case,
        photo,
        quarantined,
    }
}

impl Scene {
    /// A fresh token for each request, since one of the routes ends it.
    fn token(&self, actor: &str) -> String {
        let (role, place) = actor.split_once(' ').unwrap_or((actor, ""));
        let area = if place == "elsewhere" {
            ELSEWHERE
        } else {
            HERE
        };
        match role {
            "nobody" => String::new(),
            "handheld" if place == "here" => self.world.again(&self.here),
            "handheld" => self.world.again(&self.elsewhere),
            "worker" => {
                let area = if place == "here" { COMMUNITY } else { area };
                self.world.console_of(Role::GridWorker, area, None)
            }
            "dispatcher" => self.world.console_of(Role::Dispatcher, area, None),
            "supervisor" => self.world.console_of(Role::Supervisor, area, None),
            "administrator" => self.world.console_of(Role::Administrator, area, None),
            "handler" => {
                let unit = if place == "that leads" {
                    "E01"
                } else {
                    "D22-3"
                };
                self.world.console_of(Role::Handler, "350703", Some(unit))
            }
            _ => unreachable!("{actor}"),
        }
    }

    fn ask(&self, route: &str, actor: &str) -> u16 {
        let token = self.token(actor);
        let mut words = route.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let kind = words.next().unwrap_or_default();
        let path = path
            .replace(
                "{id}",
                &match path.split('/').nth(2) {
                    Some("files") => NOWHERE.to_owned(),
                    Some("devices") => self.here.device.to_string(),
                    Some("people") => self.here.person.to_string(),
                    _ => self.case.clone(),
                },
            )
            .replace(
                "/v1/statistics",
                &format!("/v1/statistics?from=2026-11-01&to=2026-11-30&by={kind}"),
            )
            // A stream that ends at once.
            .replace("events", "events?seconds=0")
            .replace("{sha256}", &self.photo)
            .replace("{op_id}", &self.quarantined)
            .replace("{draft}", NOWHERE)
            .replace("{order}", NOWHERE)
            .replace("{post}", NOWHERE)
            .replace("/import", "/import?part=conditions&base_revision=1");
        let body = match route.split(' ').nth(1).unwrap() {
            "/v1/cases/{id}/moves" => {
                json!({"kind": kind, "base_revision": 99, "reason": "因为", "unit": "D22-3"})
            }
            "/v1/cases/{id}/looked" => json!({"base_revision": 99}),
            "/v1/session" => json!({}),
            "/v1/devices/enrol" => json!({
                "code": format!("ZZZZ {actor}"), "device_id": NOWHERE, "name": "", "platform": "", "app_version": "",
            }),
            "/v1/devices/token" => json!({
                "device_id": self.here.device, "epoch": 1, "person": self.here.person,
                "challenge": "1.2.3", "signature": "0".repeat(128),
            }),
            "/v1/sync/push" => self.here.request(&[]),
            "/v1/sync/pull" => json!({"buckets": {}, "limit": 1}),
            "/v1/devices/codes" => json!({"person": self.here.person}),
            "/v1/people" => json!({
                "login": format!("new{}", actor.replace(' ', "")), "name": "新人",
                "posts": [{"role": "grid_worker", "area": COMMUNITY}],
            }),
            "/v1/people/{id}/posts" => json!({"role": "grid_worker", "area": COMMUNITY}),
            "/v1/people/{id}/closed" => json!({"closed": false}),
            "/v1/me/password" => json!({"old": "any", "new": "short"}),
            "/v1/devices/{id}/lost" => json!({"lost": false}),
            "/v1/quarantine/{op_id}/resolve" => json!({"note": ""}),
            "/v1/catalogues/drafts" => json!({"name": "试一试"}),
            "/v1/catalogues/drafts/{draft}/edits" => json!({"base_revision": 1, "edits": []}),
            "/v1/catalogues/drafts/{draft}/dry-run" => json!({"days": 7}),
            "/v1/catalogues/drafts/{draft}/publish" => json!({"base_revision": 1}),
            "/v1/orders" => json!({"number": "1号", "area": HERE}),
            _ => Value::Null,
        };
        if path.starts_with("/v1/files") {
            let bearer = format!("Bearer {token}");
            let unannounced = format!(
                "sha256 {}",
                tests::photos::base64("0".repeat(64).as_bytes())
            );
            let mut headers = vec![
                ("tus-resumable", "1.0.0"),
                ("upload-length", "5"),
                ("upload-metadata", &unannounced),
                ("upload-offset", "0"),
                ("content-type", "application/offset+octet-stream"),
            ];
            if !token.is_empty() {
                headers.push(("authorization", &bearer));
            }
            return self.world.send(method, &path, &headers, Vec::new()).status;
        }
        let body = (method == "POST").then_some(&body);
        self.world.ask(method, &path, &token, body).status
    }
}

const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

fn every_route_answers_each_role_and_area_as_the_table_says(backend: &Backend) {
    let lines: Vec<_> = TABLE.iter().chain(&TABLE_OFFICE).collect();
    let listed: BTreeSet<String> = lines
        .iter()
        .map(|(route, _)| route.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    let document = serde_json::to_value(http::document()).unwrap();
    let mut served = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            served.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    assert_eq!(served, listed, "routes and table differ");
    let scene = scene(backend);
    let mut wrong = Vec::new();
    for (route, expected) in lines {
        for (actor, expected) in ACTORS.iter().zip(expected) {
            let status = scene.ask(route, actor);
            if status != *expected {
                wrong.push(format!("{route}, {actor}: {status} instead of {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn a_list_shows_exactly_the_cases_that_one_may_read(backend: &Backend) {
    let Scene {
        world,
        mut here,
        mut elsewhere,
        ..
    } = scene(backend);
    // One led by the street, one by a department in the other street, one outside all grids.
    let mut street = here.report();
    street["category"] = json!("E0110");
    street["condition"] = json!("E0110-1");
    let op = here.file(street);
    assert_eq!(world.push(&here, &[op]).status, 200);
    let mut there = elsewhere.report();
    there["place"]["lat_e7"] = json!(PLACE_ELSEWHERE.0);
    there["place"]["lon_e7"] = json!(PLACE_ELSEWHERE.1);
    let there = elsewhere.file(there);
    // Filed by the other street's worker, but lying here.
    let visit = elsewhere.file(elsewhere.report());
    let mut nowhere = elsewhere.report();
    nowhere["place"] = json!({"lat_e7": 0, "lon_e7": 0, "source": "pin", "words": ""});
    let nowhere = elsewhere.file(nowhere);
    let reply = world.push(&elsewhere, &[there, visit, nowhere]);
    assert_eq!(reply.at("/results/2/outcome"), "applied", "{reply:?}");
    let all = world.get(
        "/v1/cases?limit=200",
        &world.console_of(Role::Supervisor, "350703", None),
    );
    let all: Vec<String> = ids(&all.json);
    assert_eq!(all.len(), 5);
    let scene = Scene {
        world,
        here,
        elsewhere,
        case: String::new(),
        photo: String::new(),
        quarantined: String::new(),
    };
    for actor in ACTORS.iter().skip(1) {
        let token = scene.token(actor);
        let listed: BTreeSet<String> = ids(&scene.world.get("/v1/cases?limit=200", &token).json)
            .into_iter()
            .collect();
        let readable: BTreeSet<String> = all
            .iter()
            .filter(|id| scene.world.get(&format!("/v1/cases/{id}"), &token).status == 200)
            .cloned()
            .collect();
        assert_eq!(listed, readable, "{actor}");
    }
    let whole = scene.world.console_of(Role::Dispatcher, "350703", None);
    assert_eq!(ids(&scene.world.get("/v1/cases", &whole).json).len(), 5);
}

fn ids(page: &Value) -> Vec<String> {
    let rows = page["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn a_cookie_alone_changes_nothing_from_another_site(backend: &Backend) {
    let scene = scene(backend);
    let token = scene.token("dispatcher here");
    let cookie = format!("theme=dark; gewu_session={token}");
    let reading = [("cookie", cookie.as_str())];
    assert_eq!(
        scene.world.send("GET", "/v1/me", &reading, vec![]).status,
        200
    );
    // A form of another site can send these.
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        let headers = [("cookie", cookie.as_str()), ("content-type", kind)];
        assert_eq!(
            scene
                .world
                .send("DELETE", "/v1/session", &headers, vec![])
                .status,
            403
        );
    }
    let ours = [("cookie", cookie.as_str()), ("x-gewu", "1")];
    assert_eq!(
        scene
            .world
            .send("DELETE", "/v1/session", &ours, vec![])
            .status,
        204
    );
    assert_eq!(
        scene.world.send("GET", "/v1/me", &reading, vec![]).status,
        401
    );
}

fn signing_in_gives_a_session_and_signing_out_ends_it(backend: &Backend) {
    let world = World::new(backend);
    let password = "井盖丢了要报9号";
    let _ = world.person_called("林建国", Role::Dispatcher, HERE, None, Some(password));
    let reply = world.post(
        "/v1/session",
        "",
        &json!({"login": "林建国", "password": password}),
    );
    assert_eq!(reply.status, 200, "{reply:?}");
    let cookie = &reply.headers["set-cookie"];
    for part in ["gewu_session=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let token = reply.at("/token").as_str().unwrap().to_owned();
    assert!(token.len() >= 43);
    let me = world.get("/v1/me", &token);
    assert_eq!(me.at("/me/login"), "林建国");
    assert_eq!(me.at("/district/name"), "建阳区");
    assert_eq!(world.ask("DELETE", "/v1/session", &token, None).status, 204);
    assert_eq!(world.get("/v1/me", &token).status, 401);
    let reply = world.post(
        "/v1/session",
        "",
        &json!({"login": "林建国", "password": password}),
    );
    let token = reply.at("/token").as_str().unwrap().to_owned();
    for _ in 0..3 {
        world.pass_ms(11 * 3_600_000);
        assert_eq!(world.get("/v1/me", &token).status, 200, "in use it lasts");
    }
    world.pass_ms(13 * 3_600_000);
    assert_eq!(
        world.get("/v1/me", &token).status,
        401,
        "unused it ends with the shift"
    );
    // However much it is used, it ends with the week; and a person can end all of them at once.
    let sign_in = || {
        let body = json!({"login": "林建国", "password": password});
        let reply = world.post("/v1/session", "", &body);
        reply.at("/token").as_str().unwrap().to_owned()
    };
    let (token, other) = (sign_in(), sign_in());
    for hours in 1..=16 {
        let status = world.get("/v1/me", &token).status;
        assert_eq!(status, 200, "after {} hours", 10 * hours - 10);
        world.pass_ms(10 * 3_600_000);
    }
    world.pass_ms(9 * 3_600_000);
    assert_eq!(
        world.get("/v1/me", &token).status,
        401,
        "a week is the most"
    );
    assert_eq!(world.get("/v1/me", &other).status, 401);
    let (token, other) = (sign_in(), sign_in());
    let me = world.get("/v1/me", &token);
    let path = format!("/v1/people/{}/sessions", me.at("/me/id").as_str().unwrap());
    assert_eq!(world.ask("DELETE", &path, &token, None).status, 204);
    for ended in [token, other] {
        assert_eq!(world.get("/v1/me", &ended).status, 401);
    }
}

fn an_administrator_gives_out_only_units_of_the_own_area(backend: &Backend) {
    let world = World::new(backend);
    let street = world.console_of(Role::Administrator, HERE, None);
    let whole = world.console_of(Role::Administrator, "350703", None);
    let add = |token: &str, login: &str, unit: &str| {
        let post = json!({"role": "handler", "area": HERE, "unit": unit});
        let new = json!({"login": login, "name": "黄志明", "posts": [post]});
        world.post("/v1/people", token, &new)
    };
    // What a handler sees goes with the unit, so a post in the own street is not enough.
    let refused = add(&street, "one", "E01");
    assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    let refused = add(&street, "two", &format!("S01-{ELSEWHERE}"));
    assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    // One post that may be given doesn't carry another that may not.
    let posts = json!([
        {"role": "grid_worker", "area": COMMUNITY},
        {"role": "handler", "area": HERE, "unit": "E01"},
    ]);
    let new = json!({"login": "three", "name": "黄志明", "posts": posts});
    assert_eq!(world.post("/v1/people", &street, &new).status, 403);
    // The names are still free: nobody was added.
    for (login, unit) in [
        ("one", format!("S01-{HERE}")),
        ("two", format!("S03-{COMMUNITY}")),
    ] {
        let added = add(&street, login, &unit);
        assert_eq!(added.status, 201, "{unit}: {added:?}");
    }
    assert_eq!(add(&whole, "three", "E01").status, 201);
}

fn the_server_refuses_exactly_the_pages_that_the_console_leaves_out(backend: &Backend) {
    let world = World::new(backend);
    let mut wrong = Vec::new();
    for role in Role::ALL {
        for area in ["350703", HERE, COMMUNITY] {
            let unit = (role == Role::Handler).then_some("E01");
            let token = world.console_of(role, area, unit);
            let answer: MeAnswer =
                serde_json::from_value(world.get("/v1/me", &token).json).unwrap();
            let actor = Actor {
                person: answer.me.id,
                posts: answer.me.posts,
            };
            for page in OfficePage::ALL {
                let open = page.is_for(&actor, &answer.district.code);
                let status = status_of(&world, page, &token);
                if (status != 403) != open {
                    wrong.push(format!("{page:?}, {role:?} of {area}: {status}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the server answers to what a page asks for; the order has no number, so none is given.
fn status_of(world: &World, page: OfficePage, token: &str) -> u16 {
    let path = match page {
        OfficePage::Orders => {
            let order = json!({"number": "", "area": HERE});
            return world.post("/v1/orders", token, &order).status;
        }
        OfficePage::Quarantine => "/v1/quarantine",
        OfficePage::Statistics => "/v1/statistics?from=2026-11-01&to=2026-11-30&by=unit",
        OfficePage::Repeated => "/v1/repeated",
        OfficePage::Devices => "/v1/devices",
        OfficePage::Archive => "/v1/archive",
        OfficePage::People => "/v1/people",
        OfficePage::Audit => "/v1/audit",
        OfficePage::Catalogue => "/v1/catalogues",
    };
    world.get(path, token).status
}
