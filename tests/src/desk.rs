//! A case moved over HTTP, as the people at their desks do.

use crate::world::{Handheld, Reply, World};
use serde_json::{Value, json};

/// Files a report about the first condition of a category, as the worker's handheld; its case.
///
/// # Panics
/// When it isn't applied.
pub fn file_as(world: &World, handheld: &mut Handheld, category: &str) -> String {
    let mut report = handheld.report();
    report["category"] = json!(category);
    report["condition"] = json!(format!("{category}-1"));
    let op = handheld.file(report);
    let reply = world.push(handheld, &[op]);
    assert_eq!(reply.at("/results/0/outcome"), "applied", "{reply:?}");
    reply.at("/results/0/case_id").as_str().unwrap().to_owned()
}

/// A case, as people at their desks see and move it.
pub struct Desk<'a> {
    /// The server.
    pub world: &'a World,
    /// Its id.
    pub case: String,
}

impl<'a> Desk<'a> {
    /// The case of a new report about the first condition of a category.
    #[must_use]
    pub fn filed(world: &'a World, handheld: &mut Handheld, category: &str) -> Self {
        let case = file_as(world, handheld, category);
        Self { world, case }
    }

    /// The case as somebody sees it now.
    #[must_use]
    pub fn seen(&self, token: &str) -> Reply {
        self.world.get(&format!("/v1/cases/{}", self.case), token)
    }

    /// Makes a move on the case as this person sees it.
    ///
    /// # Panics
    /// When `more` is no object.
    pub fn attempt(&self, token: &str, kind: &str, more: &Value) -> Reply {
        let seen = self.seen(token);
        let mut body = json!({"kind": kind, "base_revision": seen.at("/row/revision")});
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        self.world
            .post(&format!("/v1/cases/{}/moves", self.case), token, &body)
    }

    /// Makes a move that has to succeed.
    ///
    /// # Panics
    /// When it is refused.
    pub fn go(&self, token: &str, kind: &str, more: &Value) -> Reply {
        let reply = self.attempt(token, kind, more);
        assert_eq!(reply.status, 200, "{kind}: {reply:?}");
        reply
    }

    /// What stands in its trail, the oldest first.
    ///
    /// # Panics
    /// When this person may not see it.
    #[must_use]
    pub fn kinds(&self, token: &str) -> Vec<String> {
        let events = self.seen(token);
        let events = events.at("/events").as_array().unwrap().clone();
        let kind = |event: &Value| event["kind"].as_str().unwrap().to_owned();
        events.iter().map(kind).collect()
    }

    /// What the entries of one kind are about.
    ///
    /// # Panics
    /// When this person may not see it.
    #[must_use]
    pub fn about(&self, token: &str, kind: &str) -> Vec<String> {
        let seen = self.seen(token);
        let events = seen.at("/events").as_array().unwrap().iter();
        let events = events.filter(|event| event["kind"] == kind);
        let about = |event: &Value| event["about"].as_str().unwrap_or_default().to_owned();
        events.map(about).collect()
    }

    /// What this person may do with it now.
    ///
    /// # Panics
    /// When this person may not see it.
    #[must_use]
    pub fn moves(&self, token: &str) -> Vec<String> {
        let seen = self.seen(token);
        let moves = seen.at("/moves").as_array().unwrap().clone();
        let kind = |one: &Value| one["kind"].as_str().unwrap().to_owned();
        moves.iter().map(kind).collect()
    }
}
