//! What people do at the server while handhelds come and go: they move cases on, move workers
//! between communities, close accounts and open them again, hand out codes.

use super::chance::Chance;
use super::clock::Time;
use super::district::{COMMUNITIES, OFFICE, grid_post, worker};
use super::host::{Host, Sent};
use super::trace::Trace;
use anyhow::{Context, Result};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use shared::id::{DeviceId, PostId};
use shared::role::{Actor, Post, PostKind, Role};
use sync_server::http::auth;
use sync_server::service::{Fault, devices, sessions};
use sync_server::store;
use uuid::Uuid;

/// A worker's place: one of the communities, or none.
pub type Place = Option<&'static str>;

/// Where a worker may be put.
#[must_use]
pub fn any_place(chance: &mut Chance) -> Place {
    chance.weighted(&[
        (3, Some(COMMUNITIES[0])),
        (3, Some(COMMUNITIES[1])),
        (1, None),
    ])
}

/// A new code for a worker's handheld; none while the worker may have none.
pub async fn code(
    host: &mut Host,
    number: usize,
    time: &Time,
    chance: &mut Chance,
) -> Result<Option<String>> {
    let code = devices::code_from(chance.draw().to_be_bytes());
    let (hash, now) = (devices::code_hash(&code), time.now());
    let made = host
        .write(move |tx, district| {
            Ok(devices::new_code(tx, None, district, worker(number), hash, now).is_ok())
        })
        .await;
    Ok(made?.then_some(code))
}

/// Puts a worker somewhere else, from now on.
pub async fn transfer(
    host: &mut Host,
    number: usize,
    to: Place,
    time: &Time,
    chance: &mut Chance,
) -> Result<()> {
    let (person, now) = (worker(number), time.now());
    let id = u128::from(chance.draw()) << 64 | u128::from(chance.draw());
    host.write(move |tx, _| {
        for row in store::posts::held(tx, person, now)? {
            store::posts::end(tx, row.post.id, now)?;
        }
        if let Some(area) = to {
            store::posts::insert(tx, &grid_post(person, area, now, id))?;
        }
        Ok(())
    })
    .await
}

/// Closes a worker's account, or opens it again.
pub async fn set_disabled(
    host: &mut Host,
    number: usize,
    is_disabled: bool,
    time: &Time,
) -> Result<()> {
    let (person, since) = (worker(number), is_disabled.then(|| time.now()));
    host.write(move |tx, _| Ok(store::people::set_disabled(tx, person, since)?))
        .await?;
    Ok(())
}

/// An administrator marks a handheld as lost; whether the server knows it.
pub async fn report_lost(host: &mut Host, device: &str, time: &Time) -> Result<bool> {
    let (device, now): (DeviceId, _) = (device.parse()?, time.now());
    host.write(move |tx, district| {
        let post = Post {
            id: PostId(Uuid::from_u128(0x9300)),
            role: Role::Administrator,
            area: district.code.clone(),
            unit: None,
            kind: PostKind::Office,
        };
        let actor = Actor {
            person: OFFICE,
            posts: vec![post],
        };
        match devices::set_lost(tx, &actor, district, device, true, now) {
            Ok(()) => Ok(true),
            Err(Fault::NotFound(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
    })
    .await
}

/// Moves some case on, whatever may be done with it next.
pub async fn move_a_case(
    host: &mut Host,
    time: &Time,
    trace: &Trace,
    chance: &mut Chance,
) -> Result<()> {
    let cases: Vec<(String, String)> =
        pairs(host, "SELECT id, case_no FROM cases ORDER BY case_no")?;
    if cases.is_empty() {
        return Ok(());
    }
    let (id, case_no) = chance.pick(&cases).clone();
    let token = sign_in(host, time, chance).await?;
    let shown = ask(
        host,
        &token,
        Method::GET,
        &format!("/v1/cases/{id}"),
        &Value::Null,
    )
    .await?;
    let moves = shown["moves"].as_array().cloned().unwrap_or_default();
    if moves.is_empty() {
        return Ok(());
    }
    let chosen = chance.pick(&moves);
    let units = pairs(
        host,
        "SELECT code, name FROM units WHERE pool = 0 ORDER BY code",
    )?;
    let unit = chance.pick(&units).0.clone();
    let request = json!({
        "kind": chosen["kind"],
        "base_revision": shown["row"]["revision"],
        "reason": "已核实",
        "unit": (chosen["needs_unit"] == true).then_some(unit),
    });
    let moved = ask(
        host,
        &token,
        Method::POST,
        &format!("/v1/cases/{id}/moves"),
        &request,
    )
    .await?;
    let state = moved["row"]["state"].as_str().unwrap_or("where it was");
    trace.line(format!(
        "{} office: {case_no} {} → {state}",
        time.now().0,
        chosen["kind"]
    ));
    trace.count("cases moved");
    Ok(())
}

/// Hands a courier file in at the console: status and answer.
pub async fn deliver(
    host: &mut Host,
    file: Vec<u8>,
    time: &Time,
    chance: &mut Chance,
) -> Result<(u16, Vec<u8>)> {
    let token = sign_in(host, time, chance).await?;
    let kind = HeaderValue::from_static("application/octet-stream");
    let sent = Sent {
        method: Method::POST,
        path: String::from("/v1/courier"),
        headers: headers(&token, kind)?,
        body: Bytes::from(file),
    };
    let answer = host
        .answer(&sent, None)
        .await?
        .context("a server that is up")?;
    Ok((answer.status.as_u16(), answer.body.to_vec()))
}

/// A session at the console: its token.
async fn sign_in(host: &mut Host, time: &Time, chance: &mut Chance) -> Result<String> {
    let token = format!("office-{:016x}", chance.draw());
    let (hash, now) = (auth::hash(&token), time.now());
    host.write(move |tx, _| {
        sessions::begin(tx, OFFICE, None, hash, sessions::CONSOLE_SESSION_MS, now)
    })
    .await?;
    Ok(token)
}

fn headers(token: &str, kind: HeaderValue) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let bearer = HeaderValue::from_str(&format!("Bearer {token}"))?;
    headers.insert(HeaderName::from_static("authorization"), bearer);
    headers.insert(HeaderName::from_static("content-type"), kind);
    Ok(headers)
}

async fn ask(
    host: &mut Host,
    token: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<Value> {
    let headers = headers(token, HeaderValue::from_static("application/json"))?;
    let body = if body.is_null() {
        Bytes::new()
    } else {
        Bytes::from(body.to_string())
    };
    let sent = Sent {
        method,
        path: path.to_owned(),
        headers,
        body,
    };
    let answer = host
        .answer(&sent, None)
        .await?
        .context("a server that is up")?;
    Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
}

/// What the server says to a handheld that asks for everything anew.
pub async fn pull_all(host: &mut Host, token: &str) -> Result<Vec<Value>> {
    let (mut rows, mut buckets) = (Vec::new(), json!({}));
    loop {
        let request = json!({"buckets": buckets, "limit": 500});
        let page = ask(host, token, Method::POST, "/v1/sync/pull", &request).await?;
        anyhow::ensure!(page["protocol"].is_string(), "a pull was refused: {page}");
        rows.extend(page["rows"].as_array().cloned().unwrap_or_default());
        buckets = page["buckets"].clone();
        if page["more"] != true {
            return Ok(rows);
        }
    }
}

fn pairs(host: &mut Host, sql: &str) -> Result<Vec<(String, String)>> {
    let mut statement = host.look()?.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
