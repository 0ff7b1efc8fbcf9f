//! A handheld's token lasts a day; its key gets it another, and nobody else.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::role::Role;
use shared::signature::SecretKey;
use shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use shared::wire::sync::{Binding, TokenRequest};
use tests::backends::Backend;
use tests::on_both;
use tests::world::{COMMUNITY, Handheld, Reply, World, outcomes};

on_both!(
    a_key_gets_a_token_for_a_day_and_the_one_before_ends,
    a_recorded_request_is_worth_nothing,
    another_key_or_binding_gets_nothing_and_is_noted_and_slowed_down,
    a_lost_handheld_and_a_closed_account_get_a_token_that_only_delivers,
    an_app_that_cannot_renew_keeps_its_long_token,
);

fn binding(handheld: &Handheld) -> Binding {
    Binding {
        device_id: handheld.device,
        epoch: 1,
        person: handheld.person,
    }
}

fn challenge(world: &World) -> String {
    let reply = world.ask("POST", "/v1/devices/challenge", "", None);
    assert_eq!(reply.at("/protocol"), "gewu-sync/1", "{reply:?}");
    reply.at("/challenge").as_str().unwrap().to_owned()
}

fn signed(world: &World, binding: Binding, key: &SecretKey) -> Value {
    json!(TokenRequest::signed(binding, challenge(world), key))
}

fn ask(world: &World, request: &Value) -> Reply {
    world.post("/v1/devices/token", "", request)
}

fn renewed(world: &World, handheld: &Handheld) -> String {
    let request = signed(world, binding(handheld), handheld.key.as_ref().unwrap());
    let reply = ask(world, &request);
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.at("/lasts_ms"), DAY_MS);
    reply.at("/token").as_str().unwrap().to_owned()
}

fn me(world: &World, token: &str) -> u16 {
    world.get("/v1/me", token).status
}

/// What the audit says of tokens: deed and detail.
fn noted(world: &World) -> Vec<(String, String)> {
    let token = world.console_of(Role::Administrator, "350703", None);
    let page = world.get("/v1/audit", &token);
    let rows = page.at("/rows").as_array().unwrap().iter();
    rows.map(|row| (row["action"].to_string(), row["detail"].to_string()))
        .filter(|(action, _)| action.contains("device.token"))
        .collect()
}

fn a_key_gets_a_token_for_a_day_and_the_one_before_ends(backend: &Backend) {
    let world = World::new(backend);
    let worker = world.worker();
    let first = renewed(&world, &worker);
    assert_eq!(me(&world, &worker.token), 401, "one handheld, one token");
    assert_eq!(me(&world, &first), 200);
    world.pass_ms(DAY_MS - 1);
    assert_eq!(me(&world, &first), 200);
    world.pass_ms(1);
    assert_eq!(me(&world, &first), 401);
    world.pass_ms(300 * DAY_MS);
    let second = renewed(&world, &worker);
    assert_eq!(me(&world, &second), 200);
    assert_eq!(noted(&world).len(), 2);
}

fn a_recorded_request_is_worth_nothing(backend: &Backend) {
    let world = World::new(backend);
    let worker = world.worker();
    let key = worker.key.as_ref().unwrap();
    let request = signed(&world, binding(&worker), key);
    let first = ask(&world, &request);
    let again = ask(&world, &request);
    assert_eq!((again.status, again.code()), (410, "gone"));
    assert_eq!(me(&world, first.at("/token").as_str().unwrap()), 200);
    // Nor is one that was never sent worth anything later, nor a challenge of one's own making.
    let kept = signed(&world, binding(&worker), key);
    world.pass_ms(6 * MINUTE_MS);
    assert_eq!(ask(&world, &kept).status, 410);
    let own = TokenRequest::signed(binding(&worker), "1.2.3".into(), key);
    assert_eq!(ask(&world, &json!(own)).status, 410);
    // What was used is forgotten when it has run out anyway.
    world.pass_ms(HOUR_MS);
    let _ = renewed(&world, &worker);
    assert_eq!(ask(&world, &request).status, 410);
}

fn another_key_or_binding_gets_nothing_and_is_noted_and_slowed_down(backend: &Backend) {
    let world = World::new(backend);
    let (worker, other) = (world.worker(), world.worker());
    let key = worker.key.as_ref().unwrap();
    let keyless = world.handheld_with(worker.person, world.worker().device, None);
    let mut later = binding(&worker);
    later.epoch = 2;
    let mut handed_over = binding(&worker);
    handed_over.person = other.person;
    let mut unknown = binding(&worker);
    unknown.device_id = "00000000-0000-7000-8000-000000000000".parse().unwrap();
    for (binding, key) in [
        (binding(&worker), other.key.as_ref().unwrap()),
        (later, key),
        (handed_over, key),
        (unknown, key),
        (binding(&keyless), key),
    ] {
        let reply = ask(&world, &signed(&world, binding, key));
        assert_eq!((reply.status, reply.code()), (401, "unauthenticated"));
    }
    assert_eq!(
        me(&world, &worker.token),
        200,
        "the token here is as it was"
    );
    let noted = noted(&world);
    for reason in ["signature", "bound_otherwise", "unknown"] {
        let found = noted.iter().any(|(action, detail)| {
            action.contains("device.token_refuse") && detail.contains(reason)
        });
        assert!(found, "{reason}: {noted:?}");
    }
    let wrong = other.key.as_ref().unwrap();
    let tries = (0..6).map(|_| ask(&world, &signed(&world, binding(&worker), wrong)).status);
    assert_eq!(tries.last(), Some(429));
}

fn a_lost_handheld_and_a_closed_account_get_a_token_that_only_delivers(backend: &Backend) {
    let world = World::new(backend);
    let boss = world.console_of(Role::Administrator, "350703", None);
    let (mut lost, mut closed) = (world.worker(), world.worker());
    let path = format!("/v1/devices/{}/lost", lost.device);
    assert_eq!(world.post(&path, &boss, &json!({"lost": true})).status, 204);
    let (person, now) = (closed.person, world.now());
    let district = world.district.code.clone();
    let disabled = world
        .store
        .write_blocking::<_, sync_server::service::Fault>(&district, move |tx| {
            Ok(sync_server::store::people::set_disabled(
                tx,
                person,
                Some(now),
            )?)
        });
    assert!(disabled.unwrap());
    world.pass_ms(100 * DAY_MS);
    for (handheld, seen, code) in [
        (&mut lost, 403, "device_lost"),
        (&mut closed, 401, "not_in_office"),
    ] {
        handheld.token = renewed(&world, handheld);
        for path in ["/v1/me", "/v1/cases", "/v1/areas", "/v1/catalogue"] {
            assert_eq!(world.get(path, &handheld.token).status, seen, "{path}");
        }
        let report = handheld.file_text("还没送到的");
        let reply = world.push(handheld, &[report]);
        assert_eq!(outcomes(&reply), [format!("quarantined: {code}")]);
    }
}

fn an_app_that_cannot_renew_keeps_its_long_token(backend: &Backend) {
    let world = World::new(backend);
    let person = world.person(Role::GridWorker, COMMUNITY, None);
    let key = SecretKey::from_seed(&[5; 32]).public();
    let bind = |more: Value| {
        let mut body = json!({
            "code": world.enrol_code(person), "device_id": uuid::Uuid::now_v7(), "name": "",
            "platform": "", "app_version": "",
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let reply = world.post("/v1/devices/enrol", "", &body);
        let lasts = reply.json.get("token_lasts_ms").cloned();
        (reply.at("/token").as_str().unwrap().to_owned(), lasts)
    };
    let (old, said) = bind(json!({}));
    assert_eq!(said, None);
    let (keyed, said) = bind(json!({"key": key}));
    assert_eq!(said, None);
    let (new, said) = bind(json!({"key": key, "renews": true}));
    assert_eq!(said, Some(json!(DAY_MS)));
    world.pass_ms(399 * DAY_MS);
    assert_eq!(
        [&old, &keyed, &new].map(|token| me(&world, token)),
        [200, 200, 401]
    );
}
