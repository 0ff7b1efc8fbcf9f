//! From the shutter to the filed report, without any network.

use super::world::{IN_GRID_1, ON_BORDER, OUTSIDE, World, manhole, photo};
use crate::{App, Config, CoreError, Moment};
use shared::id::{CategoryId, ConditionId, DraftId, OpId};
use shared::report::{PHOTOS_LIMIT, PhotoRole, ReportFault, TEXT_CHARS_LIMIT};
use shared::wire::handheld::{Certainty, DraftFields, ReportStatus};

/// Files what the draft holds.
fn save(world: &World, app: &App, draft: DraftId) -> Result<String, CoreError> {
    let op_id = OpId(world.edge().uuid());
    app.save_report(draft, op_id, &Moment::wall(world.now()))
        .map(|filed| filed.short_code)
}

#[tokio::test]
async fn a_report_is_filed_without_a_network_and_is_safe_on_the_device() {
    let world = World::new();
    let app = world.enrolled().await;
    world.server.go_offline();
    let id = world.file(
        &app,
        &["DSCN0010.jpg", "landscape_6.jpg"],
        &manhole(IN_GRID_1),
    );
    drop(app);
    // The same after a restart.
    let app = world.open();
    let detail = app.report(id).unwrap();
    assert_eq!(detail.row.status, ReportStatus::OnDevice);
    assert_eq!(detail.row.place, "潭城街道 七贤社区 第1网格");
    assert_eq!(detail.row.category_name, "上水井盖");
    assert_eq!(detail.photos.len(), 2);
    assert_eq!(
        app.report_by_code(&detail.row.short_code.to_lowercase())
            .unwrap()
            .row
            .id,
        id
    );
    assert!(
        app.photo(detail.photos[0].id)
            .unwrap()
            .starts_with("data:image/jpeg;base64,")
    );
    assert!(app.drafts().unwrap().is_empty());
    assert_eq!(app.sync_status().unwrap().operations_waiting, 1);
    assert_eq!(app.recent_categories().unwrap()[0].name, "上水井盖");
}

#[tokio::test]
async fn the_preview_names_unit_deadline_and_rule_without_a_network() {
    let world = World::new();
    let app = world.enrolled().await;
    world.server.go_offline();
    let draft = world.draft_id();
    app.set_draft(draft, &manhole(IN_GRID_1), world.now())
        .unwrap();
    let preview = app.preview(draft, world.now()).unwrap();
    assert_eq!(preview.decision.lead_name, "供水企业");
    assert_eq!(preview.decision.limit, "2紧急工作时");
    assert_eq!(
        preview.decision.deadline_ms.unwrap().since(world.now()),
        2 * 3_600_000
    );
    assert_eq!(preview.located.certainty, Certainty::Sure);
    let same = app
        .preview_fields(&manhole(IN_GRID_1), world.now())
        .unwrap();
    assert_eq!(same, preview);
}

#[tokio::test]
async fn a_place_near_a_border_is_in_doubt_and_one_outside_names_the_nearest_grid() {
    let world = World::new();
    let app = world.enrolled().await;
    let doubt = app.locate(&manhole(ON_BORDER).place.unwrap()).unwrap();
    assert_eq!(doubt.certainty, Certainty::Doubt);
    assert_eq!(doubt.others[0].name, "第2网格");
    let outside = app.locate(&manhole(OUTSIDE).place.unwrap()).unwrap();
    assert_eq!(outside.certainty, Certainty::Outside);
    assert!(outside.nearest.unwrap().1 > 1000.0);
    let map = app.map(IN_GRID_1.0, IN_GRID_1.1, 300.0).unwrap();
    assert_eq!(
        map.outlines.iter().filter(|outline| outline.mine).count(),
        1
    );
    assert!(map.outlines.len() >= 2);
    // A report outside is filed all the same and goes to a dispatcher.
    let id = world.file(&app, &["no_exif.jpg"], &manhole(OUTSIDE));
    assert_eq!(app.report(id).unwrap().rule, "转派遣员");
}

#[tokio::test]
async fn a_position_that_is_none_is_refused_and_nothing_is_changed() {
    let world = World::new();
    let app = world.enrolled().await;
    let draft = world.draft_id();
    app.set_draft(draft, &manhole(IN_GRID_1), world.now())
        .unwrap();
    for bad in [
        (f64::NAN, 118.0),
        (91.0, 118.0),
        (27.0, 181.0),
        (f64::INFINITY, 0.0),
    ] {
        let refused = app
            .set_draft(draft, &manhole(bad), world.now())
            .unwrap_err();
        assert_eq!(refused.code(), "place_range");
    }
    let place = app.draft(draft).unwrap().place.unwrap();
    assert!((place.lat - IN_GRID_1.0).abs() < 1e-7);
}

#[test]
fn a_draft_survives_a_kill_with_its_photos_even_before_the_handheld_is_bound() {
    let world = World::new();
    let app = world.open();
    let draft = world.draft_id();
    app.add_photo(draft, &photo("DSCN0021.jpg"), PhotoRole::Near, world.now())
        .unwrap();
    drop(app);
    let app = world.open();
    let view = app.draft(draft).unwrap();
    assert_eq!(view.photos.len(), 1);
    let (lat, lon) = view.suggestion.unwrap();
    assert!((lat - 43.467).abs() < 0.01 && (lon - 11.885).abs() < 0.01);
    assert_eq!(view.faults[0].code, "not_enrolled");
    assert_eq!(save(&world, &app, draft).unwrap_err().code(), "not_ready");
    assert_eq!(app.drafts().unwrap().len(), 1);
    app.discard_draft(draft).unwrap();
    assert!(app.drafts().unwrap().is_empty());
}

#[tokio::test]
async fn a_damaged_photo_gets_a_clear_error_and_the_draft_stays() {
    let world = World::new();
    let app = world.enrolled().await;
    let draft = world.draft_id();
    app.add_photo(draft, &photo("jolla.jpg"), PhotoRole::Near, world.now())
        .unwrap();
    app.set_draft(draft, &manhole(IN_GRID_1), world.now())
        .unwrap();
    let bad: [&[u8]; 3] = [&photo("corrupted.jpg"), b"not a picture", b""];
    for file in bad {
        let error = app
            .add_photo(draft, file, PhotoRole::Far, world.now())
            .unwrap_err();
        assert!(matches!(error, CoreError::Photo(_)), "{error}");
        assert!(error.problem().words.contains("已填内容都在"));
    }
    let view = app.draft(draft).unwrap();
    assert_eq!(
        (view.photos.len(), view.text.as_str()),
        (1, "井盖缺失，已放警示牌")
    );
    save(&world, &app, draft).unwrap();
}

#[tokio::test]
async fn nine_photos_are_taken_and_the_tenth_and_a_double_are_refused() {
    let world = World::new();
    let app = world.enrolled().await;
    let draft = world.draft_id();
    let picture = |n: u8| {
        let mut file = std::io::Cursor::new(Vec::new());
        image::RgbImage::from_pixel(40, 30, image::Rgb([n.wrapping_mul(25), 90, 90]))
            .write_to(&mut file, image::ImageFormat::Png)
            .unwrap();
        file.into_inner()
    };
    for n in 0..PHOTOS_LIMIT {
        app.add_photo(draft, &picture(n as u8), PhotoRole::Near, world.now())
            .unwrap();
        if n == 0 {
            let twice = app.add_photo(draft, &picture(0), PhotoRole::Near, world.now());
            assert_eq!(twice.unwrap_err().code(), "photo_twice");
        }
    }
    let tenth = app
        .add_photo(draft, &picture(10), PhotoRole::Near, world.now())
        .unwrap_err();
    assert_eq!(tenth.code(), "too_many_photos");
    let photos = app.draft(draft).unwrap().photos;
    assert_eq!(photos.len(), PHOTOS_LIMIT);
    // One out, the roles changed, and it can be filed.
    app.remove_photo(photos[8].id, world.now()).unwrap();
    app.set_photo_role(photos[0].id, PhotoRole::Far, world.now())
        .unwrap();
    app.set_draft(draft, &manhole(IN_GRID_1), world.now())
        .unwrap();
    let code = save(&world, &app, draft).unwrap();
    let report = app.report_by_code(&code).unwrap();
    assert_eq!(
        (report.photos.len(), report.photos[0].role),
        (8, PhotoRole::Far)
    );
    // A filed report's photo can't be taken out.
    assert!(app.remove_photo(report.photos[0].id, world.now()).is_err());
}

#[tokio::test]
async fn every_script_and_every_trick_in_a_text_comes_back_exactly() {
    let world = World::new();
    let app = world.enrolled().await;
    let texts = [
        "井盖😀👨‍👩‍👧 кириллица العربية 繁體 𠮷 e\u{301}",
        "'; DROP TABLE reports; -- \" \\ % _",
        "<script>alert('格物')</script>&amp;",
        " 前后空白 \n\n\t换行\r\n",
        "\u{202e}倒写\u{0}零\u{feff}",
        "",
    ];
    for text in texts {
        let fields = DraftFields {
            text: text.into(),
            ..manhole(IN_GRID_1)
        };
        let id = world.file(&app, &["no_exif.jpg"], &fields);
        assert_eq!(app.report(id).unwrap().text, text);
    }
    world.server.go_online();
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let arrived: Vec<String> = world
        .server
        .kept
        .lock()
        .unwrap()
        .cases
        .iter()
        .map(|case| case.text.clone())
        .collect();
    assert_eq!(arrived, texts);
}

#[tokio::test]
async fn what_is_missing_or_too_long_is_said_and_the_draft_stays_whole() {
    let world = World::new();
    let app = world.enrolled().await;
    let draft = world.draft_id();
    app.begin_draft(draft, world.now()).unwrap();
    let codes = |app: &App| -> Vec<String> {
        app.draft(draft)
            .unwrap()
            .faults
            .into_iter()
            .map(|fault| fault.code)
            .collect()
    };
    assert_eq!(codes(&app), ["place_missing", "category_missing"]);
    assert_eq!(
        save(&world, &app, draft).unwrap_err().code(),
        "place_missing"
    );
    let long = DraftFields {
        text: "长".repeat(TEXT_CHARS_LIMIT + 1),
        ..manhole(IN_GRID_1)
    };
    app.set_draft(draft, &long, world.now()).unwrap();
    assert_eq!(codes(&app), ["photo_missing", "text_too_long"]);
    let refused = save(&world, &app, draft).unwrap_err();
    assert!(
        matches!(refused, CoreError::Fault(ReportFault::TextTooLong)),
        "{refused}"
    );
    let view = app.draft(draft).unwrap();
    assert_eq!(
        view.text.chars().count(),
        TEXT_CHARS_LIMIT + 1,
        "nothing was cut off"
    );
    app.set_draft(draft, &manhole(IN_GRID_1), world.now())
        .unwrap();
    assert_eq!(
        save(&world, &app, draft).unwrap_err().code(),
        "photo_missing"
    );
    let mixed = DraftFields {
        category: Some(CategoryId::new("C0101").unwrap()),
        condition: Some(ConditionId::new("E0110-1").unwrap()),
        ..manhole(IN_GRID_1)
    };
    app.add_photo(draft, &photo("no_exif.jpg"), PhotoRole::Near, world.now())
        .unwrap();
    app.set_draft(draft, &mixed, world.now()).unwrap();
    assert_eq!(
        save(&world, &app, draft).unwrap_err().code(),
        "condition_unknown"
    );
    app.set_draft(draft, &manhole(IN_GRID_1), world.now())
        .unwrap();
    assert!(codes(&app).is_empty());
    save(&world, &app, draft).unwrap();
}

#[tokio::test]
async fn when_the_space_is_full_a_photo_is_refused_politely_and_words_still_go_through() {
    let world = World::new();
    drop(world.enrolled().await);
    // A small quota: catalogue and areas, the reserve for words, and a photo or two.
    let app = world.open_with(Config {
        max_bytes: 2 * 1024 * 1024,
        ..Config::default()
    });
    let draft = world.draft_id();
    let mut kept = 0;
    let refused = loop {
        let picture = noise(kept);
        match app.add_photo(draft, &picture, PhotoRole::Near, world.now()) {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.code(), "space_full");
    assert!(refused.problem().words.contains("空间不足"));
    assert_eq!(app.draft(draft).unwrap().photos.len(), kept as usize);
    app.set_draft(draft, &manhole(IN_GRID_1), world.now())
        .unwrap();
    if kept == 0 {
        return;
    }
    let code = save(&world, &app, draft).unwrap();
    assert_eq!(
        app.report_by_code(&code).unwrap().photos.len(),
        kept as usize
    );
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(
        app.report_by_code(&code).unwrap().row.status,
        ReportStatus::Accepted
    );
}

/// A picture that doesn't compress.
fn noise(seed: u32) -> Vec<u8> {
    let mut state = seed + 1;
    let picture = image::RgbImage::from_fn(400, 300, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.to_be_bytes();
        image::Rgb([a, b, c])
    });
    let mut file = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut file, image::ImageFormat::Png)
        .unwrap();
    file.into_inner()
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_takes_no_photo_and_loses_no_draft() {
    let world = World::new();
    let app = world.open();
    let draft = world.draft_id();
    let add =
        |app: &App, name: &str| app.add_photo(draft, &photo(name), PhotoRole::Near, world.now());
    add(&app, "no_exif.jpg").unwrap();
    drop(app);
    let app = world.open_with(Config {
        disk_free: |_| Some(crate::store::DISK_BYTES_RESERVED),
        ..Config::default()
    });
    let refused = add(&app, "jolla.jpg").unwrap_err();
    assert_eq!(refused.code(), "space_full");
    assert_eq!(app.draft(draft).unwrap().photos.len(), 1);
}

#[tokio::test]
async fn a_full_database_refuses_the_report_whole_and_keeps_the_draft() {
    let world = World::new();
    let app = world.enrolled().await;
    let draft = world.draft_id();
    app.add_photo(draft, &photo("jolla.jpg"), PhotoRole::Near, world.now())
        .unwrap();
    // Words that take pages of their own, in the operation and again in the report.
    let text = "满".repeat(TEXT_CHARS_LIMIT);
    let fields = DraftFields {
        text,
        ..manhole(IN_GRID_1)
    };
    app.set_draft(draft, &fields, world.now()).unwrap();
    drop(app);
    // Not one page more than there is: the report's own rows can't fit.
    let app = world.open_with(Config {
        max_bytes: 1,
        ..Config::default()
    });
    let refused = save(&world, &app, draft);
    assert_eq!(refused.unwrap_err().code(), "space_full");
    assert!(app.reports("").unwrap().is_empty());
    drop(app);
    let app = world.open();
    assert_eq!(app.draft(draft).unwrap().photos.len(), 1);
    save(&world, &app, draft).unwrap();
    // The number that the failed attempt drew was given back: no gap.
    assert!(app.reports("").unwrap()[0].short_code.ends_with("-1"));
}

#[tokio::test]
async fn a_thing_put_right_on_the_spot_is_filed_as_such() {
    let world = World::new();
    let app = world.enrolled().await;
    let fields = DraftFields {
        self_fixed: true,
        ..manhole(IN_GRID_1)
    };
    let draft = world.draft_id();
    let now = world.now();
    app.add_photo(draft, &photo("DSCN0040.jpg"), PhotoRole::Near, now)
        .unwrap();
    app.set_draft(draft, &fields, now).unwrap();
    let missing = |app: &App| {
        let faults = app.draft(draft).unwrap().faults;
        faults.iter().map(|f| f.code.clone()).collect::<Vec<_>>()
    };
    // The category needs photos, so this needs one from before and one from after.
    assert_eq!(missing(&app), ["before_photo_missing"]);
    let refused = save(&world, &app, draft).unwrap_err();
    assert_eq!(refused.code(), "before_photo_missing");
    let first = app.draft(draft).unwrap().photos[0].id;
    app.set_photo_role(first, PhotoRole::Before, now).unwrap();
    assert_eq!(missing(&app), ["after_photo_missing"]);
    app.add_photo(draft, &photo("jolla.jpg"), PhotoRole::After, now)
        .unwrap();
    assert!(missing(&app).is_empty());
    let code = save(&world, &app, draft).unwrap();
    let report = app.report_by_code(&code).unwrap();
    assert!(report.self_fixed);
    assert_eq!(report.rule, "现场自处置");
}

#[tokio::test]
async fn reports_are_found_by_code_category_place_and_text() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let code = app.report(id).unwrap().row.short_code;
    for words in [
        code.as_str(),
        "井盖",
        "七贤",
        "警示牌",
        &code.to_lowercase(),
    ] {
        assert_eq!(app.reports(words).unwrap().len(), 1, "{words}");
    }
    assert!(app.reports("' OR 1=1 --").unwrap().is_empty());
}

#[tokio::test]
async fn what_comes_after_the_report_was_filed_begins_no_draft_that_can_never_be_sent() {
    let world = World::new();
    let app = world.enrolled().await;
    let report = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    let late = DraftId(report.0);
    let photo = app.add_photo(late, &photo("jolla.jpg"), PhotoRole::Near, world.now());
    assert_eq!(photo.unwrap_err().code(), "already_filed");
    let fields = app.set_draft(late, &manhole(IN_GRID_1), world.now());
    assert_eq!(fields.unwrap_err().code(), "already_filed");
    assert!(app.drafts().unwrap().is_empty());
}
