//! Signing in by guessing, in a row and at once.
#![allow(
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::json;
use shared::role::Role;
use tests::backends::Backend;
use tests::on_both;
use tests::world::{HERE, World};

on_both!(
    guessing_a_password_is_slowed_down,
    guesses_at_once_are_no_more_than_guesses_in_a_row,
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
