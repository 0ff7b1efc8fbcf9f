//! What comes down: newest first, nothing missed, a damaged mirror mended, old cases gone, people
//! who change posts. Each on both databases, the handheld being the real one.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::area::Scope;
use shared::digest::Digest;
use shared::id::{AreaCode, Bucket, PersonId, PostId};
use shared::operation;
use shared::role::{Post, PostKind, Role};
use shared::time::DAY_MS;
use shared::wire::sync::{CLOSED_KEPT_MS, DEVICE_ROWS_LIMIT, PULL_BUCKETS_LIMIT, Why};
use std::collections::BTreeMap;
use std::sync::Arc;
use sync_server::params;
use sync_server::service::{Fault, feed, photos};
use sync_server::store::posts::PostRow;
use sync_server::store::{self, Tx};
use tests::backends::Backend;
use tests::on_both;
use tests::phone::Phone;
use tests::world::{COMMUNITY, ELSEWHERE, GRID, Handheld, World};
use uuid::Uuid;

on_both!(
    a_new_bucket_comes_newest_first_and_misses_nothing,
    a_row_of_two_buckets_is_sent_once,
    an_older_handheld_gets_its_rows_oldest_first,
    a_damaged_mirror_heals_and_nothing_else_is_touched,
    cases_closed_long_ago_leave_and_stay_away,
    who_changes_posts_loses_and_gains_cases,
    a_device_beyond_its_limit_gets_fewer_grids_and_is_told,
    who_holds_more_grids_than_a_device_keeps_is_told,
    photos_that_the_server_lost_are_sent_again,
    a_photo_that_is_nowhere_any_more_is_owed_by_nobody_and_its_case_says_so,
    a_quiet_pull_reads_no_case,
);

/// Writes something into the server's store.
fn write<T: Send + 'static>(
    world: &World,
    work: impl FnMut(&mut dyn Tx) -> Result<T, Fault> + Send + 'static,
) -> T {
    world
        .store
        .write_blocking(&world.district.code, work)
        .unwrap()
}

/// Files reports at the usual place and gives the ids of their cases.
fn file(world: &World, handheld: &mut Handheld, texts: &[&str]) -> Vec<String> {
    let ops: Vec<Value> = texts.iter().map(|text| handheld.file_text(text)).collect();
    let answer = world.push(handheld, &ops);
    let results = answer.at("/results").as_array().unwrap();
    results
        .iter()
        .map(|result| result["case_id"].as_str().unwrap().to_owned())
        .collect()
}

/// The unit begins to work on a case, which moves its revision.
fn start(world: &World, case: &str) {
    let token = world.console_of(Role::Handler, "350703", Some("E01"));
    let shown = world.get(&format!("/v1/cases/{case}"), &token);
    let body = json!({"kind": "start", "base_revision": shown.at("/row/revision")});
    let reply = world.post(&format!("/v1/cases/{case}/moves"), &token, &body);
    assert_eq!(reply.status, 200, "{reply:?}");
}

fn buckets_of(answer: &Value) -> BTreeMap<String, i64> {
    serde_json::from_value(answer["buckets"].clone()).unwrap()
}

/// The text of a cell as [`Phone::rows`] shows it.
fn text_of(shown: &str) -> String {
    let bytes = shown.trim_start_matches("Text(").trim_end_matches(')');
    let bytes: Vec<u8> = serde_json::from_str(bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn a_new_bucket_comes_newest_first_and_misses_nothing(backend: &Backend) {
    let world = World::new(backend);
    let mut filer = world.worker();
    let cases = file(
        &world,
        &mut filer,
        &["一", "二", "三", "四", "五", "六", "七"],
    );
    let reader = world.worker();
    let ask = |buckets: &Value, backfill: &Value| {
        let body = json!({"buckets": buckets, "backfill": backfill, "digests": {}, "limit": 2});
        let page = world.post("/v1/sync/pull", &reader.token, &body);
        assert_eq!(page.status, 200, "{page:?}");
        page.json
    };
    let mut page = ask(&json!({}), &json!({}));
    let order: Vec<&Value> = page["rows"].as_array().unwrap().iter().collect();
    assert_eq!(order[0]["id"], cases[6].as_str());
    assert_eq!(order[1]["id"], cases[5].as_str());
    assert_eq!(page["more"], true);
    assert!(page.get("digests").is_none(), "not whole yet");
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    let mut pages = 0;
    loop {
        for row in page["rows"].as_array().unwrap() {
            let id = row["id"].as_str().unwrap().to_owned();
            held.insert(id, row["revision"].as_i64().unwrap());
            assert_eq!(row["doc"]["revision"], row["revision"]);
        }
        pages += 1;
        if pages == 1 {
            // While older rows are still to come: a new one, one that came already moves, and one
            // that is still to come moves.
            file(&world, &mut filer, &["八"]);
            start(&world, &cases[6]);
            start(&world, &cases[1]);
        }
        if page["more"] == false {
            break;
        }
        let backfill = page.get("backfill").cloned().unwrap_or(json!({}));
        page = ask(&page["buckets"], &backfill);
    }
    assert_eq!(held.len(), 8, "in {pages} pages");
    let digest: Digest = serde_json::from_value(page["digests"][format!("grid:{GRID}")].clone())
        .unwrap_or_else(|_| panic!("{page}"));
    let rows = held.iter().map(|(id, rev)| ("cases", id.as_str(), *rev));
    assert_eq!(digest, Digest::of(rows));
    // And the next pull is quiet.
    let quiet = ask(&page["buckets"], &json!({}));
    assert_eq!(
        (&quiet["rows"], &quiet["more"]),
        (&json!([]), &json!(false))
    );
    assert_eq!(buckets_of(&quiet), buckets_of(&page));
}

fn a_row_of_two_buckets_is_sent_once(backend: &Backend) {
    let world = World::new(backend);
    let mut filer = world.worker();
    file(&world, &mut filer, &["一", "二"]);
    let body = json!({"buckets": {}, "backfill": {}, "limit": 500});
    let page = world.post("/v1/sync/pull", &filer.token, &body);
    let rows = page.at("/rows").as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        let mut names = vec![row["bucket"].clone(), row["also"][0].clone()];
        names.sort_by_key(ToString::to_string);
        let own = format!("person:{}", filer.person);
        assert_eq!(names, [json!(format!("grid:{GRID}")), json!(own)]);
    }
}

fn an_older_handheld_gets_its_rows_oldest_first(backend: &Backend) {
    let world = World::new(backend);
    let mut filer = world.worker();
    let cases = file(&world, &mut filer, &["一", "二", "三"]);
    let rows = world.pull_all(&world.worker());
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, cases);
    assert!(rows.iter().all(|row| row.get("also").is_none()));
}

const OWN: [&str; 4] = [
    "SELECT * FROM reports ORDER BY id",
    "SELECT op_id, body, outcome, case_no FROM operations ORDER BY op_id",
    "SELECT * FROM drafts ORDER BY id",
    "SELECT id, sha256, report_id, draft_id, sent_ms FROM photos ORDER BY id",
];

fn a_damaged_mirror_heals_and_nothing_else_is_touched(backend: &Backend) {
    let world = World::new(backend);
    let mut filer = world.worker();
    file(&world, &mut filer, &["一", "二", "三", "四", "五", "六"]);
    let phone = Phone::enrolled(&world, world.person(Role::GridWorker, COMMUNITY, None));
    phone.file("自己的", &["no_exif.jpg"]);
    phone.sync_well();
    phone.file("还没发", &["no_exif.jpg"]);
    let own = || OWN.map(|sql| phone.rows(sql));
    let mirror = || {
        phone.rows(
            "SELECT b.bucket, c.id, c.report_id, c.revision, c.doc FROM cases c
            LEFT JOIN case_buckets b ON b.case_id = c.id ORDER BY c.id, b.bucket",
        )
    };
    // The report that waits goes out first, so that only the mirror changes below.
    phone.sync_well();
    let (own_before, mirror_before) = (own(), mirror());
    assert!(mirror_before.len() >= 8, "{mirror_before:?}");
    let first = "(SELECT min(id) FROM cases)";
    let last = "(SELECT max(id) FROM cases)";
    let stranger = "01a20096-7c05-756e-81a7-5361f2935bfb";
    let grid = format!("grid:{GRID}");
    let damages = [
        format!("DELETE FROM case_buckets WHERE case_id = {first}"),
        format!("DELETE FROM cases WHERE id = {last}"),
        format!("PRAGMA foreign_keys = OFF; DELETE FROM cases WHERE id = {first}"),
        format!(
            "INSERT INTO cases (id, report_id, revision, doc)
                SELECT '{stranger}', 'r', 3, doc FROM cases LIMIT 1;
            INSERT INTO case_buckets VALUES ('{grid}', '{stranger}')"
        ),
        format!("UPDATE cases SET revision = 0, doc = '{{}}' WHERE id = {first}"),
        format!("UPDATE cases SET revision = 99, doc = '{{}}' WHERE id = {last}"),
        "DELETE FROM cases".to_owned(),
        format!(
            "UPDATE cases SET revision = revision + 1, doc = '{{}}';
            DELETE FROM case_buckets WHERE case_id = {last}"
        ),
    ];
    for damage in damages {
        phone.database().execute_batch(&damage).unwrap();
        assert_ne!(mirror(), mirror_before, "{damage}");
        phone.sync_well();
        assert!(mirror() == mirror_before, "after {damage}");
        phone.check_mirror(&world);
        assert_eq!(own(), own_before, "after {damage}");
    }
    // Nothing is asked for twice: the next round brings no row.
    assert_eq!(phone.sync_well().rows_pulled, 0);
}

fn cases_closed_long_ago_leave_and_stay_away(backend: &Backend) {
    let world = World::new(backend);
    let mut filer = world.worker();
    let mut fixed = filer.report();
    fixed["self_fixed"] = json!(true);
    let closed = filer.file(fixed);
    let photo = closed["photos"][0]["sha256"].as_str().unwrap().to_owned();
    let answer = world.push(&filer, std::slice::from_ref(&closed));
    let closed_id = answer.at("/results/0/case_id").as_str().unwrap().to_owned();
    let open_id = file(&world, &mut filer, &["还开着"]).remove(0);
    let phone = Phone::enrolled(&world, world.person(Role::GridWorker, COMMUNITY, None));
    let ids = |phone: &Phone| -> Vec<String> {
        let rows = phone.rows("SELECT id FROM cases ORDER BY id");
        rows.iter().map(|text| text_of(text)).collect()
    };
    assert_eq!(ids(&phone).len(), 2);
    let leave = |world: &World| {
        let (district, now) = (Arc::clone(&world.district), world.now());
        write(world, move |tx| {
            feed::let_old_cases_leave(tx, &district, now)
        })
    };
    world.pass_ms(CLOSED_KEPT_MS);
    assert_eq!(leave(&world), 0, "thirty days to the millisecond");
    world.pass_ms(DAY_MS);
    assert_eq!(leave(&world), 1);
    assert_eq!(leave(&world), 0, "once is enough");
    phone.sync_well();
    assert_eq!(ids(&phone), std::slice::from_ref(&open_id));
    phone.check_mirror(&world);
    // Its photo comes a month late: counted, but nobody's handheld gets the case back.
    let (district, now) = (Arc::clone(&world.district), world.now());
    let hash = photo.parse().unwrap();
    write(&world, move |tx| {
        photos::arrived(tx, &district, Uuid::now_v7(), hash, now)
    });
    // So does a note of somebody who had not heard that it left.
    let mut note = filer.next(json!({"text": "后来又看了一次"}));
    note.kind = operation::kind::NOTE_ADD.to_owned();
    note.subject = closed["subject"].as_str().unwrap().to_owned();
    note.photos = Vec::new();
    let note = filer.seal(note);
    let answer = world.push(&filer, &[note]);
    assert_eq!(answer.at("/results/0/outcome"), "applied", "{answer:?}");
    phone.sync_well();
    assert_eq!(ids(&phone), [open_id]);
    phone.check_mirror(&world);
    let token = world.console_of(Role::Dispatcher, "350703", None);
    let shown = world.get(&format!("/v1/cases/{closed_id}"), &token);
    assert_eq!(shown.at("/row/photos"), &json!([1, 1]));
}

fn who_changes_posts_loses_and_gains_cases(backend: &Backend) {
    let world = World::new(backend);
    let mut filer = world.worker();
    file(&world, &mut filer, &["别人报的"]);
    let person = world.person(Role::GridWorker, COMMUNITY, None);
    let phone = Phone::enrolled(&world, person);
    let own = phone.file("自己报的", &["no_exif.jpg"]);
    phone.sync_well();
    assert_eq!(phone.rows("SELECT id FROM cases").len(), 2);
    let mut other = world.handheld(world.person(Role::GridWorker, ELSEWHERE, None));
    let mut report = other.report();
    let place = tests::world::PLACE_ELSEWHERE;
    report["place"]["lat_e7"] = json!(place.0);
    report["place"]["lon_e7"] = json!(place.1);
    let op = other.file(report);
    let answer = world.push(&other, &[op]);
    assert_eq!(answer.at("/results/0/outcome"), "applied");
    change_post(&world, person, ELSEWHERE);
    phone.sync_well();
    let texts = phone.rows("SELECT json_extract(doc, '$.text') FROM cases ORDER BY id");
    let texts: Vec<String> = texts.iter().map(|text| text_of(text)).collect();
    assert_eq!(
        texts,
        ["自己报的", "井盖不见了"],
        "the other grid's case left"
    );
    phone.check_mirror(&world);
    let row = phone.app.report(own).unwrap().row;
    assert!(row.case_no.is_some(), "one's own stays");
    assert_eq!(
        phone.app.me().unwrap().unwrap().posts[0].area.as_str(),
        ELSEWHERE
    );
}

/// Ends all posts of a person and gives another one.
fn change_post(world: &World, person: PersonId, area: &str) {
    let (now, area) = (world.now(), AreaCode::new(area).unwrap());
    write(world, move |tx| {
        for row in store::posts::held(tx, person, now)? {
            store::posts::end(tx, row.post.id, now)?;
        }
        let post = Post {
            id: PostId(Uuid::now_v7()),
            role: Role::GridWorker,
            area: area.clone(),
            unit: None,
            kind: PostKind::default(),
        };
        let row = PostRow {
            post,
            person,
            from: now,
            to: None,
        };
        Ok(store::posts::insert(tx, &row)?)
    });
    world.pass_ms(1);
}

fn a_device_beyond_its_limit_gets_fewer_grids_and_is_told(backend: &Backend) {
    let world = World::new(backend);
    let reader = world.worker();
    let ask = || {
        let body = json!({"buckets": {}, "backfill": {}, "limit": 1});
        world.post("/v1/sync/pull", &reader.token, &body).json
    };
    let page = ask();
    assert!(page.get("room").is_none(), "{page}");
    let buckets: Vec<Bucket> = buckets_of(&page)
        .into_keys()
        .filter(|name| name.starts_with("grid:"))
        .map(|name| Bucket::new(name).unwrap())
        .collect();
    assert!(buckets.len() > 4, "{buckets:?}");
    let fill = |bucket: Bucket, held: i64| {
        let district = world.district.code.clone();
        // As if so many cases lay there; only their number matters here.
        let sql = "INSERT INTO buckets (district, bucket, newest, held, digest)
            VALUES ($1, $2, 0, $3, 0)";
        write(&world, move |tx| {
            Ok(tx.execute(sql, params![&district, &bucket, held])?)
        });
    };
    fill(buckets[0].clone(), 3_000);
    fill(buckets[1].clone(), 1_500);
    let page = ask();
    let room = json!({"rows": 4_500, "limit": DEVICE_ROWS_LIMIT, "left_out": 0});
    assert_eq!(page["room"], room);
    fill(buckets[2].clone(), 900);
    let page = ask();
    let left_out = buckets.len() - 2;
    let room = json!({"rows": 4_500, "limit": DEVICE_ROWS_LIMIT, "left_out": left_out});
    assert_eq!(page["room"], room);
    let given = buckets_of(&page);
    assert!(given.contains_key(&format!("person:{}", reader.person)));
    assert!(!given.contains_key(buckets[2].as_str()), "{given:?}");
    // The console shows it too.
    let console = world.console_of(Role::Supervisor, "350703", None);
    let devices = world.get("/v1/devices", &console);
    assert_eq!(devices.at("/rows/0/room"), &room);
}

fn who_holds_more_grids_than_a_device_keeps_is_told(backend: &Backend) {
    let world = World::new(backend);
    let reader = world.handheld(world.person(Role::GridWorker, "350703", None));
    let body = json!({"buckets": {}, "limit": 1});
    let page = world.post("/v1/sync/pull", &reader.token, &body);
    assert_eq!(buckets_of(&page.json).len(), PULL_BUCKETS_LIMIT);
    let whole = Scope(world.district.code.clone());
    let left_out = 1 + world.district.filing_below(&whole).count() - PULL_BUCKETS_LIMIT;
    let room = json!({"rows": 0, "limit": DEVICE_ROWS_LIMIT, "left_out": left_out});
    assert_eq!(page.at("/room"), &room);
    let console = world.console_of(Role::Supervisor, "350703", None);
    let devices = world.get("/v1/devices", &console);
    assert_eq!(devices.at("/rows/0/room"), &room);
}

fn photos_that_the_server_lost_are_sent_again(backend: &Backend) {
    let world = World::new(backend);
    let phone = Phone::enrolled(&world, world.person(Role::GridWorker, COMMUNITY, None));
    phone.file("有照片", &["no_exif.jpg"]);
    phone.file("也有照片", &["jolla.jpg"]);
    assert_eq!(phone.sync_well().photos_sent, 2);
    assert_eq!(phone.sync_well().photos_sent, 0);
    // As after a restore: the rows say that the bytes are not here.
    write(&world, move |tx| {
        Ok(tx.execute("UPDATE photos SET stored_ms = NULL", params![])?)
    });
    assert_eq!(phone.sync_well().photos_sent, 2);
    let owed =
        world.look(|tx| Ok(tx.query("SELECT hash FROM photos WHERE stored_ms IS NULL", &[])?));
    assert_eq!(owed.len(), 0);
    assert_eq!(phone.sync_well().photos_sent, 0);
}

/// The statements of a pull without news don't grow with what lies there.
fn a_quiet_pull_reads_no_case(backend: &Backend) {
    let world = World::new(backend);
    let mut filer = world.worker();
    file(&world, &mut filer, &["一", "二"]);
    let token = world.again(&filer);
    let body = json!({"buckets": {}, "backfill": {}, "limit": 500});
    let page = world.post("/v1/sync/pull", &token, &body).json;
    // Cases that can't be read any more: a pull that looked at one would fail.
    write(&world, |tx| {
        Ok(tx.execute("UPDATE cases SET decision = 'unreadable'", params![])?)
    });
    let body = json!({"buckets": page["buckets"], "backfill": {}, "limit": 500});
    let quiet = world.post("/v1/sync/pull", &token, &body);
    assert_eq!((quiet.status, quiet.at("/rows")), (200, &json!([])));
    let rows = world.look(|tx| {
        let bucket = Bucket::new(format!("grid:{GRID}")).unwrap();
        let district = AreaCode::new("350703").unwrap();
        Ok(store::changes::page(tx, &district, &bucket, 0, 10)?)
    });
    assert!(rows.iter().all(|row| row.why == Why::Put));
    let all = json!({"buckets": {}, "backfill": {}, "limit": 500});
    assert_eq!(world.post("/v1/sync/pull", &token, &all).status, 500);
}

fn a_photo_that_is_nowhere_any_more_is_owed_by_nobody_and_its_case_says_so(backend: &Backend) {
    let world = World::new(backend);
    let phone = Phone::enrolled(&world, world.person(Role::GridWorker, COMMUNITY, None));
    let report = phone.file("有照片", &["no_exif.jpg"]);
    phone.sync_well();
    // A month later the handheld keeps only the preview.
    world.pass_ms(31 * DAY_MS);
    phone.sync_well();
    let shown = phone.app.report(report).unwrap().photos[0].clone();
    let bytes = phone.app.photo(shown.id).unwrap();
    assert_eq!(bytes, shown.preview, "pruned");
    // As after a restore from a backup that lacks the photo, and its preview with it.
    write(&world, move |tx| {
        tx.execute("UPDATE previews SET stored_ms = NULL", params![])?;
        let district = tx.execute("UPDATE photos SET stored_ms = NULL", params![])?;
        tx.execute("UPDATE cases SET photos_stored = 0", params![])?;
        Ok(district)
    });
    let console = world.console_of(Role::Supervisor, "350703", None);
    let device = || world.get("/v1/devices", &console).at("/rows/0").clone();
    assert_eq!(device()["photos_owed"], 1);
    phone.sync_well();
    let told = device();
    assert_eq!(
        (&told["photos_owed"], &told["photos_gone"]),
        (&json!(0), &json!(1))
    );
    assert!(told.get("photos_owed_since_ms").is_none(), "{told}");
    let page = world.get("/v1/cases", &console);
    let id = page.at("/rows/0/id").as_str().unwrap().to_owned();
    let case = || {
        world
            .get(&format!("/v1/cases/{id}"), &console)
            .at("/photos/0")
            .clone()
    };
    assert_eq!(
        (&case()["arrived"], &case()["gone"]),
        (&json!(false), &json!(true))
    );
    // Should its bytes come after all, they are taken.
    let owner = world.handheld(world.person(Role::GridWorker, COMMUNITY, None));
    let sha256 = shown.sha256;
    write(&world, move |tx| {
        Ok(sync_server::store::photos::mark_stored(
            tx, sha256, owner.wall,
        )?)
    });
    assert_eq!(
        (&case()["arrived"], case().get("gone")),
        (&json!(true), None)
    );
    assert_eq!(device()["photos_gone"], 0);
}
