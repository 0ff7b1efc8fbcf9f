//! People of a test's world, their sessions and their handhelds, made in milliseconds.

use super::{COMMUNITY, Handheld, World};
use serde_json::json;
use shared::id::{AreaCode, DeviceId, PersonId, PostId, Sha256, UnitCode};
use shared::operation::CHAIN_START;
use shared::role::{PostKind, Role};
use shared::signature::SecretKey;
use shared::wire::console::{NewPerson, NewPost};
use std::sync::Arc;
use sync_server::http::auth::hash;
use sync_server::service::people::NewIds;
use sync_server::service::{devices, people, sessions};
use uuid::Uuid;

impl World {
    /// Adds a person with one post, without a password.
    #[must_use]
    pub fn person(&self, role: Role, area: &str, unit: Option<&str>) -> PersonId {
        self.person_called(&Uuid::now_v7().simple().to_string(), role, area, unit, None)
    }

    /// Adds a person with one post.
    #[must_use]
    pub fn person_called(
        &self,
        login: &str,
        role: Role,
        area: &str,
        unit: Option<&str>,
        password: Option<&str>,
    ) -> PersonId {
        let post = NewPost {
            role,
            area: AreaCode::new(area).unwrap(),
            unit: unit.map(|unit| UnitCode::new(unit).unwrap()),
            kind: PostKind::default(),
        };
        let new = NewPerson {
            login: login.to_owned(),
            name: format!("某人{}", role.as_str()),
            password: password.map(str::to_owned),
            posts: vec![post],
        };
        let password_hash = people::prepare(&new, &self.district).unwrap();
        let person = PersonId(Uuid::now_v7());
        let ids = NewIds {
            person,
            posts: vec![PostId(Uuid::now_v7())],
        };
        let (district, now) = (Arc::clone(&self.district), self.now());
        let code = district.code.clone();
        self.store
            .write_blocking(&code, move |tx| {
                people::create(
                    tx,
                    None,
                    &district,
                    &new,
                    password_hash.as_deref(),
                    &ids,
                    now,
                )
            })
            .expect("a person");
        person
    }

    /// A console session of a person: its token.
    #[must_use]
    pub fn console(&self, person: PersonId) -> String {
        let token = Uuid::now_v7().to_string();
        let (token_hash, now) = (hash(&token), self.now());
        self.store
            .write_blocking(&self.district.code, move |tx| {
                sessions::begin(
                    tx,
                    person,
                    None,
                    token_hash,
                    sessions::CONSOLE_SESSION_MS,
                    now,
                )
            })
            .expect("a session");
        token
    }

    /// A console session of a new person.
    #[must_use]
    pub fn console_of(&self, role: Role, area: &str, unit: Option<&str>) -> String {
        self.console(self.person(role, area, unit))
    }

    /// A one-time code that binds a handheld to a person.
    #[must_use]
    pub fn enrol_code(&self, person: PersonId) -> String {
        let code = devices::code_from(Uuid::now_v7().into_bytes()[8..].try_into().unwrap());
        let code_hash = devices::code_hash(&code);
        let (district, now) = (Arc::clone(&self.district), self.now());
        let area = district.code.clone();
        self.store
            .write_blocking(&area, move |tx| {
                devices::new_code(tx, None, &district, person, code_hash, now)
            })
            .expect("a code");
        code
    }

    /// Enrols a handheld for a person, with a code and over HTTP. It signs what it sends.
    #[must_use]
    pub fn handheld(&self, person: PersonId) -> Handheld {
        let device = DeviceId(Uuid::now_v7());
        let key = SecretKey::from_seed(Sha256::of(device.0.as_bytes()).bytes());
        self.handheld_with(person, device, Some(key))
    }

    /// Enrols a handheld of one's own making; without a key it is one from before there were keys.
    #[must_use]
    pub fn handheld_with(
        &self,
        person: PersonId,
        device: DeviceId,
        key: Option<SecretKey>,
    ) -> Handheld {
        let code = self.enrol_code(person);
        let mut body = json!({
            "code": code, "device_id": device, "name": "测试机", "platform": "linux",
            "app_version": "0.1.0",
        });
        if let Some(key) = &key {
            body["key"] = json!(key.public());
        }
        let answer = self.post("/v1/devices/enrol", "", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        Handheld {
            token: answer.at("/token").as_str().unwrap().to_owned(),
            device,
            person,
            seq: 0,
            last: CHAIN_START,
            catalogue: self.district.catalogue.version().clone(),
            wall: self.now(),
            key,
        }
    }

    /// Another token for a handheld that is enrolled.
    #[must_use]
    pub fn again(&self, handheld: &Handheld) -> String {
        let token = Uuid::now_v7().to_string();
        let (token_hash, now) = (hash(&token), self.now());
        let (person, device) = (handheld.person, Some(handheld.device));
        self.store
            .write_blocking(&self.district.code, move |tx| {
                sessions::begin(
                    tx,
                    person,
                    device,
                    token_hash,
                    sessions::UNRENEWED_SESSION_MS,
                    now,
                )
            })
            .expect("a session");
        token
    }

    /// A worker of 七贤社区 with a handheld.
    #[must_use]
    pub fn worker(&self) -> Handheld {
        self.handheld(self.person(Role::GridWorker, COMMUNITY, None))
    }
}
