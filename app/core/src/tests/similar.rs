//! 附近已有相似事件: the question before filing, all of it without a network.

use super::world::{IN_GRID_1, OUTSIDE, START, World, manhole, photo};
use crate::store::nearby::{OPEN_CASES, OWN_REPORTS};
use crate::{App, Moment};
use shared::id::{DraftId, OpId, ReportId};
use shared::report::PhotoRole;
use shared::similar::Verdict;
use shared::time::HOUR_MS;
use shared::wire::handheld::{DraftFields, SimilarAnswer, SimilarView};

/// A few metres away from [`IN_GRID_1`].
const NEARBY: (f64, f64) = (IN_GRID_1.0 + 0.000_1, IN_GRID_1.1 + 0.000_1);

fn draft(world: &World, app: &App, photos: &[&str], fields: &DraftFields) -> DraftId {
    let draft = world.draft_id();
    app.begin_draft(draft, world.now()).unwrap();
    for name in photos {
        app.add_photo(draft, &photo(name), PhotoRole::Near, world.now())
            .unwrap();
    }
    app.set_draft(draft, fields, world.now()).unwrap();
    draft
}

fn reports(similar: &[SimilarView]) -> Vec<ReportId> {
    similar.iter().map(|view| view.report).collect()
}

#[tokio::test]
async fn a_case_of_the_grid_and_an_unsent_report_are_found_without_a_network() {
    let world = World::new();
    let app = world.enrolled().await;
    let sent = world.file(&app, &["DSCN0010.jpg"], &manhole(IN_GRID_1));
    world.file(&app, &["jolla.jpg"], &manhole(OUTSIDE));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    world.server.go_offline();
    world.pass(HOUR_MS);
    let unsent = world.file(&app, &["DSCN0021.jpg"], &manhole(IN_GRID_1));
    let requests = world.server.kept.lock().unwrap().requests;

    let draft = draft(&world, &app, &["DSCN0010.jpg"], &manhole(NEARBY));
    let similar = app.similar(draft).unwrap();
    assert_eq!(reports(&similar), [sent, unsent]);
    let (first, second) = (&similar[0], &similar[1]);
    assert_eq!(first.likeness.verdict, Verdict::Same);
    assert_eq!(
        (first.state.as_deref(), first.mine),
        (Some("dispatched"), true)
    );
    assert!(first.code.starts_with("350703-"), "{}", first.code);
    let words: Vec<_> = first
        .likeness
        .reasons
        .iter()
        .map(|why| &why.words)
        .collect();
    assert!(words.iter().any(|word| *word == "照片很像"), "{words:?}");
    assert!(
        first
            .preview
            .as_deref()
            .unwrap()
            .starts_with("data:image/jpeg")
    );
    assert_eq!((second.state.as_deref(), second.mine), (None, true));
    assert_eq!(world.server.kept.lock().unwrap().requests, requests);
}

#[tokio::test]
async fn a_draft_without_a_place_or_what_was_fixed_on_the_spot_is_not_asked_about() {
    let world = World::new();
    let app = world.enrolled().await;
    world.file(&app, &["DSCN0010.jpg"], &manhole(IN_GRID_1));
    let nowhere = DraftFields {
        place: None,
        ..manhole(NEARBY)
    };
    let fixed = DraftFields {
        self_fixed: true,
        ..manhole(NEARBY)
    };
    for fields in [nowhere, fixed, manhole(OUTSIDE)] {
        let draft = draft(&world, &app, &["DSCN0010.jpg"], &fields);
        assert_eq!(app.similar(draft).unwrap(), []);
        assert_eq!(app.similar_fields(&fields, world.now()).unwrap(), []);
    }
    let found = app.similar_fields(&manhole(NEARBY), world.now()).unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn the_answer_is_kept_with_the_draft_and_goes_out_with_the_report() {
    let world = World::new();
    let app = world.enrolled().await;
    let first = world.file(&app, &["DSCN0010.jpg"], &manhole(IN_GRID_1));
    let second = world.file(&app, &["DSCN0021.jpg"], &manhole(IN_GRID_1));
    let answer = SimilarAnswer {
        same_as: Some(second),
        different: vec![first],
    };
    let fields = DraftFields {
        similar: answer.clone(),
        ..manhole(NEARBY)
    };
    let draft = draft(&world, &app, &["DSCN0040.jpg"], &fields);
    assert_eq!(reports(&app.similar(draft).unwrap()), [second]);
    let code = app.draft(draft).unwrap().same_as_code;
    assert!(code.is_some());
    drop(app);

    let app = world.open();
    assert_eq!(app.draft(draft).unwrap().similar, answer);
    // Once it lies elsewhere it isn't asked about any more; what was said still names the other.
    let elsewhere = DraftFields {
        place: manhole(OUTSIDE).place,
        ..fields.clone()
    };
    app.set_draft(draft, &elsewhere, world.now()).unwrap();
    assert_eq!(app.similar(draft).unwrap(), []);
    let moved = app.draft(draft).unwrap();
    assert_eq!((moved.similar, moved.same_as_code), (answer, code));
    app.set_draft(draft, &fields, world.now()).unwrap();
    let op_id = OpId(world.edge().uuid());
    app.save_report(draft, op_id, &Moment::wall(world.now()))
        .unwrap();
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let kept = world.server.kept.lock().unwrap();
    let (text, _) = &kept.operations[&op_id.to_string()];
    let sent: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(sent["payload"]["same_as"], second.to_string());
    let phash = sent["photos"][0]["phash"].as_str().unwrap();
    assert_eq!(phash.len(), 16);
}

#[tokio::test]
async fn what_was_closed_or_taken_back_is_not_asked_about() {
    let world = World::new();
    let app = world.enrolled().await;
    let sent = world.file(&app, &["DSCN0010.jpg"], &manhole(IN_GRID_1));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let ask = |app: &App| app.similar_fields(&manhole(NEARBY), world.now()).unwrap();
    assert_eq!(reports(&ask(&app)), [sent]);
    world.server.close(sent);
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(ask(&app), []);

    let unsent = world.file(&app, &["DSCN0021.jpg"], &manhole(IN_GRID_1));
    assert_eq!(reports(&ask(&app)), [unsent]);
    let withdrawal = shared::addition::Addition::Withdraw(shared::addition::Withdrawal {
        reason: "看错了".into(),
    });
    let op_id = OpId(world.edge().uuid());
    app.add_to_report(unsent, &withdrawal, op_id, &Moment::wall(START))
        .unwrap();
    assert_eq!(ask(&app), []);
}

#[tokio::test]
async fn what_is_near_is_read_by_index() {
    let world = World::new();
    let app = world.enrolled().await;
    for (sql, index) in [(OPEN_CASES, "cases_place"), (OWN_REPORTS, "reports_place")] {
        let plan: Vec<String> = app
            .store()
            .read(|tx| {
                let mut statement = tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let rows = statement.query_map([1, 2, 3, 4, 5], |row| row.get(3))?;
                Ok(rows.collect::<Result<Vec<String>, _>>()?)
            })
            .unwrap();
        let by_index = |line: &String| line.contains("SEARCH") && line.contains(index);
        assert!(plan.iter().any(by_index), "{plan:?}");
        assert!(
            !plan.iter().any(|line| line.starts_with("SCAN")),
            "{plan:?}"
        );
    }
}
