//! Signing in by guessing, in a row and at once; sessions that go on and end.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::json;
use shared::role::Role;
use shared::time::{DAY_MS, HOUR_MS};
use sync_server::http::auth::hash;
use sync_server::service::Fault;
use sync_server::service::sessions::{self, CONSOLE_SESSION_MS};
use sync_server::store::{self, StoreError};
use tests::backends::Backend;
use tests::on_both;
use tests::world::{HERE, World};

on_both!(
    guessing_a_password_is_slowed_down,
    guesses_at_once_are_no_more_than_guesses_in_a_row,
    reading_goes_on_when_a_session_can_not_be_prolonged,
    sessions_that_ended_long_ago_are_removed_and_no_others,
);

fn guessing_a_password_is_slowed_down(backend: &Backend) {
    let world = World::new(backend);
    let _ = world.person_called("lin", Role::Dispatcher, HERE, None, Some("the right one"));
    let wrong = json!({"login": "lin", "password": "a wrong one"});
    let unknown = json!({"login": "nobody", "password": "a wrong one"});
    let (one, other) = (
        world.post("/v1/session", "", &wrong),
        world.post("/v1/session", "", &unknown),
    );
    assert_eq!(
        (one.status, &one.json),
        (401, &other.json),
        "nobody learns which names exist"
    );
    for _ in 1..5 {
        assert_eq!(world.post("/v1/session", "", &wrong).status, 401);
    }
    let right = json!({"login": "lin", "password": "the right one"});
    let reply = world.post("/v1/session", "", &right);
    assert_eq!((reply.status, reply.code()), (429, "too_many"));
    assert_eq!(reply.headers["retry-after"], "1");
    world.pass_ms(1_000);
    assert_eq!(world.post("/v1/session", "", &right).status, 200);
}

fn guesses_at_once_are_no_more_than_guesses_in_a_row(backend: &Backend) {
    let world = World::new(backend);
    let _ = world.person_called("lin", Role::Dispatcher, HERE, None, Some("the right one"));
    let wrong = json!({"login": "lin", "password": "a wrong one"});
    let replies = world.at_once(30, "/v1/session", "", &wrong);
    let (looked_at, braked): (Vec<_>, Vec<_>) =
        replies.iter().partition(|reply| reply.status == 401);
    assert_eq!(looked_at.len(), 5);
    for reply in braked {
        assert_eq!((reply.status, reply.code()), (429, "too_many"));
        assert_eq!(reply.headers["retry-after"], "1");
    }
    world.pass_ms(1_000);
    let right = json!({"login": "lin", "password": "the right one"});
    assert_eq!(world.post("/v1/session", "", &right).status, 200);
}

fn reading_goes_on_when_a_session_can_not_be_prolonged(backend: &Backend) {
    const ONE_END: &str = "CREATE UNIQUE INDEX sessions_one_end ON sessions (expires_ms)";
    let world = World::new(backend);
    let token = world.console_of(Role::Supervisor, HERE, None);
    world.pass_ms(2 * HOUR_MS);
    // This one ends when the first would end from now on, and now no two may: its write fails, as
    // all do when the disk is full.
    let other = world.console_of(Role::Dispatcher, HERE, None);
    world
        .store
        .write_blocking::<_, StoreError>(&world.district.code, |tx| tx.execute(ONE_END, &[]))
        .unwrap();
    for token in [&token, &other, &token] {
        assert_eq!(world.get("/v1/me", token).status, 200);
        assert_eq!(world.get("/v1/cases", token).status, 200);
    }
}

fn sessions_that_ended_long_ago_are_removed_and_no_others(backend: &Backend) {
    let world = World::new(backend);
    let old = world.console_of(Role::Supervisor, HERE, None);
    let is_kept = |token: &str| {
        let token = hash(token);
        world
            .look(move |tx| Ok(store::sessions::get(tx, token)?))
            .is_some()
    };
    let sweep = || {
        let now = world.now();
        world
            .store
            .write_blocking::<_, Fault>(&world.district.code, move |tx| sessions::sweep(tx, now))
            .unwrap();
    };
    world.pass_ms(CONSOLE_SESSION_MS + DAY_MS);
    let live = world.console_of(Role::Supervisor, HERE, None);
    let handheld = world.worker();
    sweep();
    assert!(is_kept(&old));
    world.pass_ms(1);
    sweep();
    assert!(!is_kept(&old));
    assert_eq!(world.get("/v1/me", &old).status, 401);
    for token in [&live, &handheld.token] {
        assert_eq!(world.get("/v1/me", token).status, 200);
    }
}
