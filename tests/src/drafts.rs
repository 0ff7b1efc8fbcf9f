//! Drafts of the catalogue over HTTP, as an administrator begins, changes and publishes them.

use crate::world::{Reply, START, World};
use serde_json::{Value, json};
use shared::catalogue::CatalogueDoc;
use shared::id::{AreaCode, CatalogueVersion};
use shared::role::Role;
use sync_server::service::{Fault, catalogue};
use sync_server::store::Store;

/// A console session of an administrator of the whole district.
#[must_use]
pub fn admin(world: &World) -> String {
    world.console_of(Role::Administrator, "350703", None)
}

/// Begins a draft from a version, or from the one in force; its id.
///
/// # Panics
/// When that is refused.
#[must_use]
pub fn begin(world: &World, token: &str, base: Option<&str>) -> String {
    let body = json!({"name": "调整环卫与井盖", "base": base});
    let reply = world.post("/v1/catalogues/drafts", token, &body);
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.at("/id").as_str().unwrap().to_owned()
}

/// Changes a draft in place.
#[must_use]
pub fn edit(world: &World, token: &str, draft: &str, revision: i64, edits: &Value) -> Reply {
    let body = json!({"base_revision": revision, "edits": edits});
    world.post(
        &format!("/v1/catalogues/drafts/{draft}/edits"),
        token,
        &body,
    )
}

/// Publishes a draft.
#[must_use]
pub fn publish(world: &World, token: &str, draft: &str, body: &Value) -> Reply {
    world.post(
        &format!("/v1/catalogues/drafts/{draft}/publish"),
        token,
        body,
    )
}

/// Takes a file into a draft.
#[must_use]
pub fn import(world: &World, token: &str, draft: &str, query: &str, file: Vec<u8>) -> Reply {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let path = format!("/v1/catalogues/drafts/{draft}/import?{query}");
    world.send("POST", &path, &headers, file)
}

/// A part of a draft as CSV.
///
/// # Panics
/// When it is no text.
#[must_use]
pub fn table(world: &World, token: &str, draft: &str, part: &str) -> String {
    let path = format!("/v1/catalogues/export?draft={draft}&part={part}&format=csv");
    String::from_utf8(world.get(&path, token).bytes).unwrap()
}

/// Takes one table of the catalogue in force out, changes it, takes it in again and publishes it,
/// at once or for a moment to come; the name of the new version.
///
/// # Panics
/// When any of it is refused.
pub fn publish_table(
    world: &World,
    token: &str,
    part: &str,
    change: impl FnOnce(&str) -> String,
    from_ms: Option<i64>,
) -> String {
    let draft = begin(world, token, None);
    let file = change(&table(world, token, &draft, part));
    let query = format!("part={part}&base_revision=1");
    let taken = import(world, token, &draft, &query, file.into_bytes());
    assert_eq!(taken.status, 200, "{}", taken.at("/words"));
    let body = json!({"base_revision": 2, "suspicions_seen": true, "from_ms": from_ms});
    let published = publish(world, token, &draft, &body);
    assert_eq!(published.status, 200, "{}", published.at("/words"));
    published.at("/version").as_str().unwrap().to_owned()
}

/// Publishes a version that differs from the first as `change` says, without a draft and without a
/// review, in a store that no server serves yet.
///
/// # Panics
/// When the store refuses.
pub fn publish_directly(store: &Store, number: u32, change: impl FnOnce(&mut CatalogueDoc)) {
    let first = CatalogueVersion::new("350703-2026.1").unwrap();
    let text = store.read_blocking::<_, Fault>(move |tx| catalogue::text(tx, &first));
    let mut doc: CatalogueDoc = serde_json::from_str(&text.unwrap()).unwrap();
    doc.version = CatalogueVersion::new(format!("350703-2026.{number}")).unwrap();
    change(&mut doc);
    let district = AreaCode::new("350703").unwrap();
    let code = district.clone();
    let published = store.write_blocking::<_, Fault>(&district, move |tx| {
        catalogue::publish(tx, &code, &doc, START).map(drop)
    });
    published.unwrap();
}
