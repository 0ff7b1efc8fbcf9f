//! The rules of a city as tables: stages of conditions, limits of states, escalation, how near two
//! reports have to be, units that it lacks, and the unit that may not hand back. Out of a draft,
//! changed, in again, reviewed, published, and obeyed.

use super::{FIRST, HOUR_MS, SECOND};
use serde_json::{Value, json};
use shared::role::Role;
use shared::time::MINUTE_MS;
use tests::backends::Backend;
use tests::desk::Desk;
use tests::drafts::{admin, begin, import, publish, table};
use tests::on_both;
use tests::world::{Handheld, START, World};

on_both!(
    the_rules_of_a_city_are_edited_as_tables_and_hold_once_published,
    how_near_two_reports_have_to_be_and_absent_units_hold_once_published,
    a_rule_that_names_what_is_not_there_stops_publishing_and_says_where,
);

/// Takes a table out of a draft, changes it and takes it in again; what the review says of it.
fn change_table(
    world: &World,
    admin: &str,
    draft: &str,
    (part, revision): (&str, i64),
    change: impl FnOnce(&str) -> String,
) -> Value {
    let file = change(&table(world, admin, draft, part));
    let query = format!("part={part}&base_revision={revision}");
    let reply = import(world, admin, draft, &query, file.into_bytes());
    assert_eq!(reply.status, 200, "{:?}", reply.json);
    let parts = reply.at("/review/parts").as_array().unwrap();
    let shown = parts.iter().find(|one| one["part"] == part);
    shown.unwrap().clone()
}

fn with_line(csv: &str, line: &str) -> String {
    format!("{}\n{line}\n", csv.trim_end())
}

fn the_rules_of_a_city_are_edited_as_tables_and_hold_once_published(backend: &Backend) {
    let world = World::new(backend);
    let (admin, mut handheld) = (admin(&world), world.worker());
    let draft = begin(&world, &admin, None);
    // Minutes to sign instead of two working hours.
    let shown = change_table(&world, &admin, &draft, ("stage_limits", 1), |csv| {
        assert!(csv.contains("\ndispatched,已派遣,2工作时\n"), "{csv}");
        csv.replace("已派遣,2工作时", "已派遣,30分钟")
    });
    let row = &shown["differences"][0];
    assert_eq!(
        (&row["key"], &row["name"]),
        (&json!("dispatched"), &json!("已派遣"))
    );
    let cell = json!({"column": "时限", "before": "2工作时", "after": "30分钟"});
    assert_eq!(row["cells"], json!([cell]));
    let shown = change_table(&world, &admin, &draft, ("staged", 2), |csv| {
        with_line(
            &with_line(csv, "E0181-1,停工,4工作时"),
            "E0181-1,处罚,2工作日",
        )
    });
    assert_eq!(shown["new"], 2);
    let shown = change_table(&world, &admin, &draft, ("escalations", 3), |csv| {
        let lines = csv.lines().filter(|line| !line.starts_with("bounced"));
        let kept: Vec<&str> = lines.collect();
        with_line(&kept.join("\n"), "back-over,E01,,1,督查,区,,城管局")
    });
    assert_eq!((&shown["new"], &shown["gone"]), (&json!(1), &json!(1)));
    let shown = change_table(&world, &admin, &draft, ("settings", 4), |csv| {
        csv.replace("兜底单位,城管局", "兜底单位,市政中心")
    });
    assert_eq!(shown["differences"][0]["cells"][0]["after"], "市政中心");
    let body = json!({"base_revision": 5, "suspicions_seen": true});
    let published = publish(&world, &admin, &draft, &body);
    assert_eq!(published.status, 200, "{published:?}");
    handheld.catalogue = SECOND.parse().unwrap();
    let rubbish = Desk::filed(&world, &mut handheld, "E0110");
    let building = Desk::filed(&world, &mut handheld, "E0181");
    let handler = |unit: &str| world.console_of(Role::Handler, "350703", Some(unit));
    let seen = building.seen(&handler("D22-1"));
    assert_eq!(seen.at("/life/stages/0/name"), "停工", "{seen:?}");
    assert_eq!(seen.at("/life/stages/1/name"), "处罚");
    let (sanitation, bureau) = (handler("D22-2"), handler("D22"));
    let seen = rubbish.seen(&sanitation);
    assert_eq!(seen.at("/row/stage_due_ms"), START.0 + 30 * MINUTE_MS);
    // Handed back once it is taken over, handed back twice it stays with the new last resort.
    rubbish.go(&sanitation, "hand_back", &json!({"reason": "不归环卫"}));
    world.pass_ms(MINUTE_MS);
    world.tell_due();
    assert_eq!(rubbish.seen(&bureau).at("/row/lead"), "D22");
    rubbish.go(&bureau, "hand_back", &json!({"reason": "不归我局"}));
    let last = handler("D22-4");
    assert_eq!(rubbish.seen(&last).at("/row/lead"), "D22-4");
    assert!(!rubbish.moves(&last).contains(&String::from("hand_back")));
    assert_eq!(world.verify().findings, []);
}

fn how_near_two_reports_have_to_be_and_absent_units_hold_once_published(backend: &Backend) {
    let world = World::new(backend);
    let (admin, mut handheld) = (admin(&world), world.worker());
    let draft = begin(&world, &admin, None);
    let shown = change_table(&world, &admin, &draft, ("nearness", 1), |csv| {
        assert!(csv.ends_with("类别,名称,相距米数,相隔小时数\n"), "{csv}");
        with_line(csv, "E0110,,30,12")
    });
    let row = &shown["differences"][0];
    assert_eq!(
        (&row["key"], &row["name"]),
        (&json!("E0110"), &json!("暴露生活垃圾"))
    );
    let shown = change_table(&world, &admin, &draft, ("absent", 2), |csv| {
        assert!(csv.ends_with("\n热力企业,热力企业\n"), "{csv}");
        with_line(csv, "环卫中心,")
    });
    let row = &shown["differences"][0];
    assert_eq!(
        (&row["key"], &row["name"]),
        (&json!("环卫中心"), &json!("区环境卫生服务中心"))
    );
    let body = json!({"base_revision": 3, "suspicions_seen": true});
    let published = publish(&world, &admin, &draft, &body);
    assert_eq!(published.status, 200, "{published:?}");
    let file = |handheld: &mut Handheld, version: &str| {
        handheld.catalogue = version.parse().unwrap();
        Desk::filed(&world, handheld, "E0110")
    };
    let early = file(&mut handheld, SECOND);
    world.pass_ms(13 * HOUR_MS);
    handheld.wall = handheld.wall.plus_ms(13 * HOUR_MS);
    let late = file(&mut handheld, SECOND);
    let former = file(&mut handheld, FIRST);
    // Without the sanitation centre its matters are the street's; each by the version it names.
    let office = world.console_of(Role::Supervisor, "350703", None);
    assert_eq!(late.seen(&office).at("/row/lead"), "S01-350703001");
    assert_eq!(former.seen(&office).at("/row/lead"), "D22-2");
    // Thirteen hours are too long by the new rule and not by the usual one.
    let near = |case: &Desk<'_>| {
        let path = format!("/v1/cases/{}/similar", case.case);
        let reply = world.get(&path, &office);
        assert_eq!(reply.status, 200, "{reply:?}");
        let rows = reply.at("/rows").as_array().unwrap().clone();
        let mut ids: Vec<String> = rows
            .iter()
            .map(|row| row["row"]["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(near(&late), std::slice::from_ref(&former.case));
    let mut both = [early.case, late.case];
    both.sort();
    assert_eq!(near(&former), both);
    assert_eq!(world.verify().findings, []);
}

fn a_rule_that_names_what_is_not_there_stops_publishing_and_says_where(backend: &Backend) {
    let world = World::new(backend);
    let admin = admin(&world);
    let draft = begin(&world, &admin, None);
    for (part, line, words) in [
        (
            "staged",
            "C9999-1,停工,4工作时",
            "「阶段时限」第2行：「立案条件编号」写的是「C9999-1」，立案条件表里没有这个编号",
        ),
        (
            "stage_limits",
            "closed,已结案,1工作日",
            "「环节时限」第12行：「代号」写的是「closed」，应是received（待受理）、",
        ),
        (
            "escalations",
            "x,全部,到期,,区长,区,,",
            "「升级规则」第5行：「告知」写的是「区长」，应是网格员、",
        ),
        (
            "nearness",
            "E01,,200,24",
            "「并案范围」第2行：「相距米数」写的是「200」，应是1到150的整数",
        ),
        (
            "absent",
            "热力企业,",
            "「本区没有的单位」第3行：「简称」写的是「热力企业」，前面已有一行",
        ),
        (
            "settings",
            "牵头单位,城管局",
            "「设置」第5行：「项目」写的是「牵头单位」，应是兜底单位、投诉电话、投诉网址之一",
        ),
    ] {
        let file = with_line(&table(&world, &admin, &draft, part), line);
        let query = format!("part={part}&base_revision=1");
        let reply = import(&world, &admin, &draft, &query, file.into_bytes());
        assert_eq!((reply.status, reply.at("/field")), (422, &json!("file")));
        let said = reply.at("/words").as_str().unwrap();
        assert!(said.starts_with(words), "{said}");
    }
    // Nothing of it was taken; a unit that isn't there is taken, and can't be published.
    let shown = change_table(&world, &admin, &draft, ("settings", 1), |csv| {
        csv.replace("城管局", "没有的单位")
    });
    assert_eq!(shown["changed"], 1);
    let body = json!({"base_revision": 2, "suspicions_seen": true});
    let refused = publish(&world, &admin, &draft, &body);
    assert_eq!(
        (refused.status, refused.at("/field")),
        (422, &json!("draft"))
    );
    assert_eq!(
        refused.at("/words"),
        "不能发布：兜底单位「没有的单位」不在部门表里。请先改正。"
    );
}
