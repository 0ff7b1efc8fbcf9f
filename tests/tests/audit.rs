//! Who did what: written with the deed, without secrets, read by the district's administrators.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::role::Role;
use tests::backends::Backend;
use tests::on_both;
use tests::world::{COMMUNITY, HERE, World};

on_both!(
    every_deed_is_noted_once_and_without_secrets,
    pages_of_the_audit_hold_every_entry_once,
);

fn entries(world: &World, token: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let reply = world.get(&format!("/v1/audit?cursor={cursor}"), token);
        assert_eq!(reply.status, 200, "{reply:?}");
        all.extend(reply.json["rows"].as_array().unwrap().iter().cloned());
        match reply.json["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return all,
        }
    }
}

fn deeds(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect()
}

fn every_deed_is_noted_once_and_without_secrets(backend: &Backend) {
    let world = World::new(backend);
    let password = "井盖丢了要报9号";
    let lin = world.person_called("林建国", Role::Dispatcher, HERE, None, Some(password));
    let boss = world.console_of(Role::Administrator, "350703", None);
    let before = entries(&world, &boss).len();
    world.pass_ms(1_000);

    let sign_in = |password: &str| {
        let body = json!({"login": "林建国", "password": password});
        world.post("/v1/session", "", &body)
    };
    assert_eq!(sign_in("wrong-secret").status, 401);
    let signed_in = sign_in(password);
    let token = signed_in.at("/token").as_str().unwrap().to_owned();
    assert_eq!(world.get("/v1/audit", &token).status, 403, "a dispatcher");
    assert_eq!(world.ask("DELETE", "/v1/session", &token, None).status, 204);
    let new = json!({"login": "chen", "name": "陈秀兰", "password": "one more secret",
        "posts": [{"role": "grid_worker", "area": COMMUNITY}]});
    let added = world.post("/v1/people", &boss, &new);
    let chen = added.at("/me/id").as_str().unwrap().to_owned();
    let code = world.post("/v1/devices/codes", &boss, &json!({"person": chen}));
    let code = code.at("/code").as_str().unwrap().to_owned();
    let device = "01890000-0000-7000-8000-0000000000aa";
    let enrol = |code: &str| {
        let body = json!({"code": code, "device_id": device, "name": "", "platform": "",
            "app_version": ""});
        world.post("/v1/devices/enrol", "", &body)
    };
    assert_eq!(enrol("WRONG-CODE").status, 404);
    let enrolled = enrol(&code);
    assert_eq!(enrolled.status, 200, "{enrolled:?}");
    let path = format!("/v1/devices/{device}/lost");
    for lost in [true, true, false] {
        assert_eq!(world.post(&path, &boss, &json!({"lost": lost})).status, 204);
    }

    let all = entries(&world, &boss);
    let fresh = &all[..all.len() - before];
    let mut noted = deeds(fresh);
    noted.sort_unstable();
    assert_eq!(
        noted,
        [
            "device.code",
            "device.enrol",
            "device.enrol_fail",
            "device.found",
            "device.lost",
            "person.add",
            "session.close",
            "session.fail",
            "session.open",
        ]
    );
    let failed = fresh.iter().find(|entry| entry["action"] == "session.fail");
    assert_eq!(
        failed.unwrap()["person"],
        json!(lin),
        "whose account it was"
    );
    let text = serde_json::to_string(&all).unwrap();
    let token_of_device = enrolled.at("/token").as_str().unwrap();
    for secret in [
        password,
        "wrong-secret",
        "one more secret",
        &token,
        &code,
        token_of_device,
    ] {
        assert!(!text.contains(secret), "{secret} is in the audit");
    }
}

fn pages_of_the_audit_hold_every_entry_once(backend: &Backend) {
    let world = World::new(backend);
    let boss = world.console_of(Role::Administrator, "350703", None);
    let device = world.worker().device;
    let path = format!("/v1/devices/{device}/lost");
    for n in 0..130 {
        let reply = world.post(&path, &boss, &json!({"lost": n % 2 == 0}));
        assert_eq!(reply.status, 204);
        // Several share a millisecond, as they do in life.
        world.pass_ms(i64::from(n % 3 == 0));
    }
    let all = entries(&world, &boss);
    let marks = deeds(&all);
    let marks: Vec<_> = marks
        .iter()
        .filter(|deed| ["device.lost", "device.found"].contains(deed))
        .collect();
    assert_eq!(marks.len(), 130);
    assert!(
        marks.windows(2).all(|two| two[0] != two[1]),
        "in their order"
    );
}
