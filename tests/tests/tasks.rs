//! Tasks on the spot: verified before a case is accepted, checked after it was handled, objected to
//! after it was closed; offline, twice, late. Real handhelds against a real server, on both
//! databases.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use serde_json::{Value, json};
use shared::addition::{Addition, Objection};
use shared::case::Found;
use shared::id::{CaseId, DraftId, OpId, PersonId, ReportId};
use shared::operation::kind;
use shared::report::PhotoRole;
use shared::role::Role;
use shared::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use shared::wire::handheld::{AdditionStatus, TaskRow, TaskStanding};
use tests::backends::Backend;
use tests::drafts::publish_directly;
use tests::on_both;
use tests::phone::Phone;
use tests::programs::photo;
use tests::world::{COMMUNITY, ELSEWHERE, Handheld, Reply, START, World, outcomes};

on_both!(
    what_is_not_there_is_not_accepted_and_its_reporter_sees_why,
    a_failed_check_goes_back_to_the_unit_and_the_next_one_is_a_task_of_its_own,
    done_by_two_handhelds_the_second_is_kept_and_told_so,
    what_was_begun_is_never_taken_away_and_a_result_after_the_closing_is_kept,
    a_finding_of_an_earlier_round_moves_nothing,
    only_who_may_look_there_is_heard,
    grid_staff_is_given_only_what_the_districts_list_allows,
    an_objection_made_in_time_counts_when_it_comes_late_and_one_made_late_waits_for_a_person,
);

/// The people who move cases at desks.
struct Desk<'a> {
    world: &'a World,
    dispatcher: PersonId,
    unit: PersonId,
}

impl<'a> Desk<'a> {
    fn new(world: &'a World) -> Self {
        Self {
            dispatcher: world.person(Role::Dispatcher, "350703", None),
            unit: world.person(Role::Handler, "350703", Some("E01")),
            world,
        }
    }

    /// A fresh session: days pass in these tests.
    fn get(&self, path: &str) -> Reply {
        self.world.get(path, &self.world.console(self.dispatcher))
    }

    fn case(&self, id: &str) -> Reply {
        self.get(&format!("/v1/cases/{id}"))
    }

    fn try_move(&self, person: PersonId, id: &str, kind: &str, reason: &str) -> Reply {
        let revision = self.case(id).at("/row/revision").clone();
        let body = json!({"kind": kind, "base_revision": revision, "reason": reason});
        let path = format!("/v1/cases/{id}/moves");
        self.world.post(&path, &self.world.console(person), &body)
    }

    fn dispatch(&self, id: &str, kind: &str, reason: &str) {
        let reply = self.try_move(self.dispatcher, id, kind, reason);
        assert_eq!(reply.status, 200, "{kind}: {reply:?}");
    }

    fn handle(&self, id: &str, kind: &str, reason: &str) {
        let reply = self.try_move(self.unit, id, kind, reason);
        assert_eq!(reply.status, 200, "{kind}: {reply:?}");
    }

    /// The unit works and says it is done; a worker is asked to look.
    fn until_checking(&self, id: &str) {
        self.handle(id, "start", "");
        self.handle(id, "finish", "已换新井盖");
        self.dispatch(id, "ask_check", "");
    }

    fn state(&self, id: &str) -> String {
        self.case(id).at("/row/state").as_str().unwrap().to_owned()
    }

    fn kinds(&self, id: &str) -> Vec<String> {
        let case = self.case(id);
        let events = case.at("/events").as_array().unwrap();
        events
            .iter()
            .map(|event| event["kind"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Files a report by hand and gives it with its case's id.
fn filed(
    world: &World,
    handheld: &mut Handheld,
    category: &str,
    condition: &str,
) -> (Value, String) {
    let mut report = handheld.report();
    report["category"] = json!(category);
    report["condition"] = json!(condition);
    let report = handheld.file(report);
    let reply = world.push(handheld, std::slice::from_ref(&report));
    assert_eq!(outcomes(&reply), ["applied"]);
    let id = reply.at("/results/0/case_id").as_str().unwrap().to_owned();
    (report, id)
}

fn worker(world: &World) -> Phone {
    Phone::enrolled(world, world.person(Role::GridWorker, COMMUNITY, None))
}

fn only_task(phone: &Phone) -> TaskRow {
    let mut rows = phone.app.tasks(None).unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

fn begin(phone: &Phone, case: CaseId, file: &str) {
    let draft = DraftId(phone.edge.uuid());
    let moment = phone.edge.moment();
    let task = phone.app.take_up_task(case, draft, &moment).unwrap();
    let bytes = std::fs::read(photo(file)).unwrap();
    phone
        .app
        .add_photo(task.draft.unwrap(), &bytes, PhotoRole::After, moment.wall)
        .unwrap();
}

fn finish(phone: &Phone, case: CaseId, found: Found, reason: &str) {
    phone.app.set_task(case, Some(found), reason).unwrap();
    let op_id = OpId(phone.edge.uuid());
    let done = phone.app.finish_task(case, op_id, &phone.edge.moment());
    assert_eq!(done.unwrap().row.standing, TaskStanding::OnDevice);
}

fn what_is_not_there_is_not_accepted_and_its_reporter_sees_why(backend: &Backend) {
    let world = World::new(backend);
    let desk = Desk::new(&world);
    let mut reporter = world.worker();
    // There is no heating company in this district: a dispatcher has to decide.
    let (_, id) = filed(&world, &mut reporter, "C0192", "C0192-1");
    assert_eq!(desk.state(&id), "received");
    let phone = worker(&world);
    phone.sync_well();
    assert!(phone.app.tasks(None).unwrap().is_empty());
    desk.dispatch(&id, "ask_verify", "");
    phone.sync_well();
    let here = Some((27.15, 118.03));
    let row = phone.app.tasks(here).unwrap().remove(0);
    assert_eq!(row.kind, kind::CASE_VERIFY);
    assert_eq!(row.place_words, "路口");
    assert!(row.distance_m.unwrap() < 1_000, "{row:?}");
    assert_eq!(row.by, Some(world.now().plus_ms(30 * MINUTE_MS)));
    assert_eq!(phone.app.task_number().unwrap(), 1);
    // From here on without a network.
    begin(&phone, row.case, "no_exif.jpg");
    finish(&phone, row.case, Found::No, "管道完好，没有破损");
    assert_eq!(phone.app.task_number().unwrap(), 0);
    let queue = phone.app.queue(world.now()).unwrap();
    assert_eq!(queue.tasks.len(), 1);
    assert_eq!(queue.sync.operations_waiting, 1);
    assert_eq!(queue.sync.photos_waiting, 1);
    phone.sync_well();
    assert_eq!(only_task(&phone).standing, TaskStanding::Accepted);
    let case = desk.case(&id);
    assert_eq!(case.at("/row/state"), "received");
    assert_eq!(case.at("/life/verified/found"), "no");
    let photos = case.at("/photos").as_array().unwrap();
    let taken = photos
        .iter()
        .find(|photo| photo["role"] == "after")
        .unwrap();
    assert_eq!(taken["arrived"], true, "the photo of the finding is there");
    desk.dispatch(&id, "not_accept", "现场核实不属实");
    let rows = world.pull_all(&reporter);
    let doc = &rows.last().unwrap()["doc"];
    assert_eq!(doc["state"], "not_accepted");
    assert_eq!(doc["on_the_spot"], Value::Null);
    let course = doc["course"].as_array().unwrap();
    let looked = course.iter().find(|entry| entry["kind"] == "verify");
    assert_eq!(looked.unwrap()["found"], "no");
    assert_eq!(looked.unwrap()["reason"], "管道完好，没有破损");
    phone.sync_well();
    phone.check_mirror(&world);
    assert_eq!(world.verify().findings, []);
}

fn a_failed_check_goes_back_to_the_unit_and_the_next_one_is_a_task_of_its_own(backend: &Backend) {
    let world = World::new(backend);
    let desk = Desk::new(&world);
    let mut reporter = world.worker();
    let (_, id) = filed(&world, &mut reporter, "C0101", "C0101-1");
    desk.until_checking(&id);
    let phone = worker(&world);
    phone.sync_well();
    let case = only_task(&phone).case;
    let detail = phone.app.task(case, None).unwrap();
    assert_eq!(detail.condition_name, "缺失移位(险情)");
    assert_eq!(detail.closing, "修复或恢复原状");
    begin(&phone, case, "no_exif.jpg");
    finish(&phone, case, Found::No, "还是松的");
    phone.sync_well();
    assert_eq!(desk.state(&id), "checked");
    let close = desk.try_move(desk.dispatcher, &id, "close", "");
    assert_eq!(
        close.status, 409,
        "what failed its check isn't closed: {close:?}"
    );
    desk.dispatch(&id, "rework", "核查未通过");
    world.pass_ms(HOUR_MS);
    desk.handle(&id, "finish", "重新固定");
    desk.dispatch(&id, "ask_check", "");
    phone.sync_well();
    assert_eq!(phone.app.task_number().unwrap(), 1);
    let rows = phone.app.tasks(None).unwrap();
    let standings: Vec<TaskStanding> = rows.iter().map(|row| row.standing).collect();
    assert_eq!(standings, [TaskStanding::Open, TaskStanding::Accepted]);
    begin(&phone, case, "jolla.jpg");
    finish(&phone, case, Found::Yes, "");
    phone.sync_well();
    desk.dispatch(&id, "close", "");
    assert_eq!(desk.state(&id), "closed");
    let case = desk.case(&id);
    assert_eq!(case.at("/life/checked/found"), "yes");
    assert_eq!(case.at("/life/reworks"), 1);
    assert_eq!(world.verify().findings, []);
}

fn done_by_two_handhelds_the_second_is_kept_and_told_so(backend: &Backend) {
    // 核实 and 核查 are swapped in places, and everybody is told in the words of the place.
    let world = World::with(backend, |store| {
        publish_directly(store, 2, |doc| {
            doc.labels =
                serde_json::from_value(json!([{"key": "move.check", "zh": "核实"}])).unwrap();
        });
    });
    let desk = Desk::new(&world);
    let mut reporter = world.worker();
    let (_, id) = filed(&world, &mut reporter, "C0101", "C0101-1");
    desk.until_checking(&id);
    let (first, second) = (worker(&world), worker(&world));
    for phone in [&first, &second] {
        phone.sync_well();
        let case = only_task(phone).case;
        begin(phone, case, "no_exif.jpg");
        finish(phone, case, Found::Yes, "");
    }
    first.sync_well();
    second.sync_well();
    assert_eq!(only_task(&first).standing, TaskStanding::Accepted);
    let late = only_task(&second);
    assert_eq!(late.standing, TaskStanding::Late);
    let words = late.said.unwrap().words;
    assert!(words.contains("已由他人核实"), "{words}");
    assert_eq!(desk.state(&id), "checked");
    let kinds = desk.kinds(&id);
    assert_eq!(kinds.iter().filter(|kind| *kind == "check").count(), 1);
    assert_eq!(kinds.last().unwrap(), "late_finding");
    let case = desk.case(&id);
    let events = case.at("/events").as_array().unwrap();
    assert_eq!(events.last().unwrap()["reason"], "核实：已整改到位");
    assert_eq!(desk.get("/v1/me").at("/labels/0/zh"), "核实");
    first.sync_well();
    first.check_mirror(&world);
    assert_eq!(world.verify().findings, []);
}

fn what_was_begun_is_never_taken_away_and_a_result_after_the_closing_is_kept(backend: &Backend) {
    let world = World::new(backend);
    let desk = Desk::new(&world);
    let mut reporter = world.worker();
    let (_, id) = filed(&world, &mut reporter, "C0101", "C0101-1");
    desk.until_checking(&id);
    let (slow, quick) = (worker(&world), worker(&world));
    slow.sync_well();
    let case = only_task(&slow).case;
    begin(&slow, case, "no_exif.jpg");
    quick.sync_well();
    begin(&quick, case, "jolla.jpg");
    finish(&quick, case, Found::Yes, "");
    quick.sync_well();
    desk.dispatch(&id, "close", "");
    slow.sync_well();
    let gone = only_task(&slow);
    assert_eq!(gone.standing, TaskStanding::Gone);
    assert!(gone.said.unwrap().words.contains("已结案"));
    assert_eq!(slow.app.task(case, None).unwrap().photos.len(), 1);
    world.pass_ms(DAY_MS);
    finish(&slow, case, Found::No, "边上还有裂缝");
    slow.sync_well();
    let late = only_task(&slow);
    assert_eq!(late.standing, TaskStanding::Late);
    let words = late.said.unwrap().words;
    assert_eq!(words, "这件事昨天10:30已结案，这次的结果已记入办理经过。");
    assert_eq!(desk.state(&id), "closed");
    assert_eq!(desk.kinds(&id).last().unwrap(), "late_finding");
    let case = desk.case(&id);
    let arrived = |photo: &Value| photo["arrived"] == true && photo["role"] == "after";
    let photos = case.at("/photos").as_array().unwrap();
    assert_eq!(photos.iter().filter(|photo| arrived(photo)).count(), 2);
    assert_eq!(world.verify().findings, []);
}

/// An operation about the report of another one.
fn about(handheld: &mut Handheld, report: &Value, kind: &str, payload: Value) -> Value {
    let mut operation = handheld.next(payload);
    operation.kind = kind.to_owned();
    operation.subject = report["subject"].as_str().unwrap().to_owned();
    operation.photos = Vec::new();
    handheld.seal(operation)
}

fn a_finding_of_an_earlier_round_moves_nothing(backend: &Backend) {
    let world = World::new(backend);
    let desk = Desk::new(&world);
    let mut reporter = world.worker();
    let (report, id) = filed(&world, &mut reporter, "C0101", "C0101-1");
    desk.until_checking(&id);
    let mut slow = world.handheld(world.person(Role::GridWorker, COMMUNITY, None));
    world.pass_ms(MINUTE_MS);
    slow.wall = world.now();
    let looked = about(&mut slow, &report, kind::CASE_CHECK, json!({"found": "no"}));
    let quick = worker(&world);
    quick.sync_well();
    let case = only_task(&quick).case;
    begin(&quick, case, "no_exif.jpg");
    finish(&quick, case, Found::No, "松动");
    quick.sync_well();
    desk.dispatch(&id, "rework", "核查未通过");
    world.pass_ms(HOUR_MS);
    desk.handle(&id, "finish", "重新固定");
    desk.dispatch(&id, "ask_check", "");
    slow.wall = world.now();
    let reply = world.push(&slow, &[looked]);
    assert_eq!(outcomes(&reply), ["applied: late_finding"]);
    assert_eq!(
        desk.state(&id),
        "checking",
        "the unit went there again since"
    );
    assert_eq!(desk.kinds(&id).last().unwrap(), "late_finding");
    assert_eq!(world.verify().findings, []);
}

fn grid_staff_is_given_only_what_the_districts_list_allows(backend: &Backend) {
    let world = World::with(backend, |store| {
        publish_directly(store, 2, |doc| {
            let until = START.plus_ms(HOUR_MS);
            let line =
                json!({"category": "C0192", "approval": "潭政〔2026〕12号", "until_ms": until});
            doc.grid_matters = serde_json::from_value(json!([line])).unwrap();
        });
    });
    let desk = Desk::new(&world);
    let mut reporter = world.worker();
    let (_, listed) = filed(&world, &mut reporter, "C0192", "C0192-1");
    desk.dispatch(&listed, "ask_verify", "");
    // What nobody's approval gives to the grid stays at the desk, with words that say whose it is.
    let (_, other) = filed(&world, &mut reporter, "C0101", "C0101-1");
    desk.handle(&other, "start", "");
    desk.handle(&other, "finish", "已换新井盖");
    let refused = desk.try_move(desk.dispatcher, &other, "ask_check", "");
    assert_eq!((refused.status, refused.code()), (409, "not_possible"));
    let said = refused.at("/words").as_str().unwrap();
    assert!(said.contains("网格事项准入"), "{said}");
    assert_eq!(desk.state(&other), "handled");
    // The line has ended.
    world.pass_ms(HOUR_MS);
    let (_, late) = filed(&world, &mut reporter, "C0192", "C0192-1");
    let refused = desk.try_move(desk.dispatcher, &late, "ask_verify", "");
    assert_eq!(
        (refused.status, desk.state(&late).as_str()),
        (409, "received")
    );
}

fn only_who_may_look_there_is_heard(backend: &Backend) {
    let world = World::new(backend);
    let desk = Desk::new(&world);
    let mut reporter = world.worker();
    let (report, id) = filed(&world, &mut reporter, "C0101", "C0101-1");
    desk.until_checking(&id);
    let mut stranger = world.handheld(world.person(Role::GridWorker, ELSEWHERE, None));
    let ops = [
        about(
            &mut stranger,
            &report,
            kind::CASE_CHECK,
            json!({"found": "yes"}),
        ),
        about(
            &mut stranger,
            &report,
            kind::CASE_CONTEST,
            json!({"reason": "没好"}),
        ),
    ];
    assert_eq!(
        outcomes(&world.push(&stranger, &ops)),
        ["quarantined: not_yours", "quarantined: not_yours"]
    );
    let mut neighbour = world.handheld(world.person(Role::GridWorker, COMMUNITY, None));
    let ops = [
        about(
            &mut neighbour,
            &report,
            kind::CASE_CHECK,
            json!({"found": "unable"}),
        ),
        about(
            &mut neighbour,
            &report,
            kind::CASE_CONTEST,
            json!({"reason": "没好"}),
        ),
        about(
            &mut neighbour,
            &report,
            kind::CASE_CHECK,
            json!({"found": "perhaps"}),
        ),
    ];
    assert_eq!(
        outcomes(&world.push(&neighbour, &ops)),
        [
            "quarantined: why_missing",
            "quarantined: not_yours",
            "quarantined: payload_malformed"
        ]
    );
    assert_eq!(desk.state(&id), "checking");
    assert_eq!(world.verify().findings, []);
}

fn contest(phone: &Phone, report: ReportId, reason: &str) {
    let addition = Addition::Contest(Objection {
        reason: reason.to_owned(),
    });
    let op_id = OpId(phone.edge.uuid());
    phone
        .app
        .add_to_report(report, &addition, op_id, &phone.edge.moment())
        .unwrap();
}

fn an_objection_made_in_time_counts_when_it_comes_late_and_one_made_late_waits_for_a_person(
    backend: &Backend,
) {
    let world = World::new(backend);
    let desk = Desk::new(&world);
    let phone = worker(&world);
    let report = phone.file("井盖不见了", &["no_exif.jpg"]);
    phone.sync_well();
    let id = phone.app.open_cases(10).unwrap().cases[0].id.to_string();
    desk.handle(&id, "start", "");
    desk.handle(&id, "finish", "已换新井盖");
    assert_eq!(phone.app.report(report).unwrap().contest_until, None);
    desk.dispatch(&id, "close", "");
    phone.sync_well();
    let until = world.now().plus_ms(72 * HOUR_MS);
    assert_eq!(phone.app.report(report).unwrap().contest_until, Some(until));
    // Made in the seventy-first hour without a network, it comes in the ninety-first.
    world.pass_ms(71 * HOUR_MS);
    contest(&phone, report, "还是响");
    world.pass_ms(20 * HOUR_MS);
    phone.sync_well();
    assert_eq!(desk.state(&id), "contested");
    let detail = phone.app.report(report).unwrap();
    assert_eq!(detail.additions[0].status, AdditionStatus::Accepted);
    assert_eq!(detail.course.last().unwrap().reason, "还是响");
    // It is in the works: one more objection is words in its course.
    contest(&phone, report, "再说一次");
    phone.sync_well();
    assert_eq!(desk.kinds(&id).last().unwrap(), "note");
    desk.dispatch(&id, "close", "");
    phone.sync_well();
    world.pass_ms(73 * HOUR_MS);
    contest(&phone, report, "三天以后又响");
    phone.sync_well();
    assert_eq!(desk.state(&id), "closed");
    let detail = phone.app.report(report).unwrap();
    let last = detail.additions.last().unwrap();
    assert_eq!(last.status, AdditionStatus::NeedsAttention);
    let problem = last.problem.clone().unwrap();
    assert_eq!(problem.code, "contest_late");
    assert!(problem.words.contains("72小时"), "{}", problem.words);
    let kept = desk.get("/v1/quarantine");
    assert_eq!(kept.at("/rows/0/code"), "contest_late", "{kept:?}");
}
