//! A review names what is new, changed and gone, and asks about what looks like a slip.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use super::*;
use crate::catalogue::parts::import;
use crate::catalogue::{Label, StageLimit, StagedLimit, shipped_doc};
use crate::id::CatalogueVersion;
use crate::similar::{Nearness, NearnessRule, RADIUS_M, RADIUS_M_LIMIT};
use crate::time::Timestamp;

fn shipped() -> CatalogueDoc {
    shipped_doc(CatalogueVersion::new("t-1").unwrap(), vec![]).unwrap()
}

/// The draft that an edited table of one part makes.
fn edited(part: Part, edit: impl FnOnce(&mut Table)) -> (CatalogueDoc, CatalogueDoc) {
    let before = shipped();
    let mut table = export(&before, part);
    edit(&mut table);
    let after = import(&before, part, &table, Timestamp(1)).unwrap();
    (before, after)
}

fn doubts(review: &Review) -> Vec<(Doubt, bool)> {
    let all = review.suspicions.iter();
    all.map(|one| (one.doubt, one.blocks)).collect()
}

#[test]
fn nothing_differs_from_itself_and_nothing_shipped_is_suspicious() {
    let doc = shipped();
    let review = review(&doc, &doc);
    assert!(review.is_empty() && !review.blocks());
    assert_eq!(review.suspicions, vec![]);
}

#[test]
fn a_threshold_that_was_dragged_down_a_column_is_asked_about() {
    let (before, after) = edited(Part::Conditions, |table| {
        for (at, row) in table.rows.iter_mut().skip(5).take(6).enumerate() {
            row.cells[2] = format!("井盖与路面高差大于{}厘米", at + 2);
        }
    });
    let review = review(&before, &after);
    let drag: Vec<&Suspicion> = review
        .suspicions
        .iter()
        .filter(|one| one.doubt == Doubt::CountsUp)
        .collect();
    assert_eq!(drag.len(), 1, "{:?}", review.suspicions);
    assert_eq!(drag[0].keys.len(), 6);
    assert!(!drag[0].blocks, "it is a question");
    assert_eq!(
        drag[0].words,
        "连续6行的数字逐行加一，像是下拉填充造成的：从「井盖与路面高差大于2厘米」到「井盖与路面高差大于7厘米」"
    );
    assert_eq!(review.parts[0].changed, 6);
}

#[test]
fn a_limit_that_was_dragged_down_is_asked_about_and_one_that_stays_is_not() {
    let limits = |values: [&'static str; 5]| {
        edited(Part::Conditions, move |table| {
            for (row, value) in table.rows.iter_mut().skip(20).zip(values) {
                row.cells[4] = value.to_owned();
                row.cells[5] = "工作日".to_owned();
            }
        })
    };
    let counted = |(before, after): (CatalogueDoc, CatalogueDoc)| {
        let found = review(&before, &after).suspicions;
        found
            .iter()
            .filter(|one| one.doubt == Doubt::CountsUp)
            .count()
    };
    assert_eq!(counted(limits(["2", "3", "4", "5", "6"])), 1);
    assert_eq!(counted(limits(["2", "2", "2", "2", "2"])), 0);
    assert_eq!(counted(limits(["2", "4", "5", "9", "1"])), 0);
}

#[test]
fn new_changed_and_gone_are_told_apart_and_counted() {
    let (before, after) = edited(Part::Conditions, |table| {
        table.rows.remove(3);
        table.rows[1].cells[4] = "3".to_owned();
        let new = ["C0101-9", "C0101", "盖上有字", "擦净", "2", "工作日", "否"];
        table.rows.push(crate::catalogue::table::TableRow {
            line: 999,
            cells: new.iter().map(ToString::to_string).collect(),
        });
    });
    let review = review(&before, &after);
    let part = &review.parts[0];
    assert_eq!((part.new, part.changed, part.gone), (1, 1, 1));
    let of = |change| part.differences.iter().find(|one| one.change == change);
    let changed = of(Change::Changed).unwrap();
    assert_eq!(changed.key, "C0101-1");
    assert_eq!(changed.cells[0].column, "时限");
    assert_eq!(
        (
            changed.cells[0].before.as_str(),
            changed.cells[0].after.as_str()
        ),
        ("2", "3")
    );
    assert_eq!(of(Change::New).unwrap().name, "盖上有字");
    assert_eq!(of(Change::Gone).unwrap().key, "C0101-3");
    assert!(!review.blocks());
}

#[test]
fn each_kind_of_slip_is_named_and_the_worst_stop_publishing() {
    type Case = (Part, fn(&mut Table), (Doubt, bool));
    let cases: [Case; 7] = [
        (
            Part::Conditions,
            |table| table.rows[1].cells[4] = "20".into(),
            (Doubt::LimitJumps, false),
        ),
        (
            Part::Conditions,
            |table| table.rows[1].cells[5] = "小时".into(),
            (Doubt::LimitUnreadable, true),
        ),
        (
            Part::Categories,
            |table| table.rows[1].cells[4] = "自来水公司".into(),
            (Doubt::UnitUnknown, true),
        ),
        (
            Part::Categories,
            |table| table.rows[1].cells[3] = " ".into(),
            (Doubt::NameEmpty, true),
        ),
        (
            Part::Categories,
            |table| {
                let double = table.rows[1].clone();
                table.rows.push(double);
            },
            (Doubt::Twice, true),
        ),
        (
            Part::StreetMatters,
            |table| table.rows[1].cells[1] = "C9999".into(),
            (Doubt::Loose, true),
        ),
        (
            Part::Conditions,
            |table| table.rows.retain(|row| row.cells[1] != "C0101"),
            (Doubt::Loose, false),
        ),
    ];
    for (part, edit, expected) in cases {
        let (before, after) = edited(part, edit);
        let review = review(&before, &after);
        assert!(
            doubts(&review).contains(&expected),
            "{expected:?}: {:?}",
            review.suspicions
        );
        assert_eq!(review.blocks(), expected.1, "{expected:?}");
        for one in &review.suspicions {
            assert!(one.words.chars().count() > 8, "{one:?}");
        }
    }
}

#[test]
fn a_retired_department_that_still_leads_is_asked_about() {
    let (before, after) = edited(Part::Departments, |table| {
        table.rows.retain(|row| row.cells[2] != "供水企业");
    });
    let review = review(&before, &after);
    assert!(doubts(&review).contains(&(Doubt::UnitUnknown, false)));
    assert_eq!(review.parts[0].gone, 1);
    assert!(!review.blocks());
}

/// The review of a draft in which something was changed that may have no table.
fn changed(change: impl FnOnce(&mut CatalogueDoc)) -> Review {
    let before = shipped();
    let mut after = before.clone();
    change(&mut after);
    review(&before, &after)
}

fn stages(limits: &[(&str, &str)]) -> Vec<StagedLimit> {
    let stage = |(name, limit): &(&str, &str)| StagedLimit {
        name: (*name).to_owned(),
        limit: limit.parse().unwrap(),
    };
    limits.iter().map(stage).collect()
}

fn limit_of(state: &str, limit: &str) -> StageLimit {
    StageLimit {
        state: state.to_owned(),
        limit: Some(limit.parse().unwrap()),
    }
}

#[test]
fn rules_that_are_new_changed_and_gone_stand_in_the_review_row_by_row() {
    let review = changed(|doc| {
        doc.conditions[0].staged = stages(&[("停工", "4工作时"), ("处罚", "2工作日")]);
        doc.stage_limits.push(limit_of("dispatched", "1工作时"));
        doc.escalations.remove(0);
        doc.escalations[0].takes_over = Some(String::from("环卫中心"));
        doc.last_resort = None;
    });
    assert_eq!(review.suspicions, vec![]);
    let parts: Vec<(Part, usize, usize, usize)> = review
        .parts
        .iter()
        .map(|part| (part.part, part.new, part.changed, part.gone))
        .collect();
    assert_eq!(
        parts,
        [
            (Part::Staged, 2, 0, 0),
            (Part::StageLimits, 0, 1, 0),
            (Part::Escalations, 0, 1, 1),
            (Part::Settings, 0, 1, 0),
        ]
    );
    let shown = |at: usize| review.parts[at].differences[0].clone();
    assert_eq!(
        (shown(0).key.as_str(), shown(0).name.as_str()),
        ("C0101-1 停工", "停工")
    );
    let cell = |at: usize| {
        let shown = shown(at);
        let cell = &shown.cells[0];
        format!(
            "{} {} | {} {}→{}",
            shown.key, shown.name, cell.column, cell.before, cell.after
        )
    };
    assert_eq!(cell(1), "dispatched 已派遣 | 时限 2工作时→1工作时");
    assert_eq!(cell(2), "late-red 督查 | 接办单位 →环卫中心");
    assert_eq!(cell(3), "兜底单位  | 内容 城管局→");
}

#[test]
fn another_word_for_a_state_is_no_difference_of_its_limit() {
    let review = changed(|doc| {
        doc.labels.push(Label {
            key: String::from("state.dispatched"),
            zh: String::from("已转办"),
            en: String::new(),
        });
    });
    let parts: Vec<Part> = review.parts.iter().map(|part| part.part).collect();
    assert_eq!(parts, [Part::Labels]);
}

/// What is asked about a part, the worst first, and whether the draft can't be published.
fn first_doubt(part: Part, review: &Review) -> Option<(Doubt, bool)> {
    for one in &review.suspicions {
        assert!(one.words.chars().count() > 8, "{one:?}");
    }
    let first = review.suspicions.iter().find(|one| one.part == part)?;
    assert_eq!(review.blocks(), first.blocks, "{:?}", review.suspicions);
    Some((first.doubt, first.blocks))
}

#[test]
fn each_slip_in_a_limit_is_named_and_the_worst_stop_publishing() {
    let staged = |limits: &[(&str, &str)]| {
        let review = changed(|doc| doc.conditions[0].staged = stages(limits));
        first_doubt(Part::Staged, &review)
    };
    assert_eq!(staged(&[("停工", "4工作时"), ("处罚", "2工作日")]), None);
    assert_eq!(
        staged(&[("停工", "2工作日"), ("处罚", "4工作时")]),
        Some((Doubt::OutOfOrder, false))
    );
    assert_eq!(
        staged(&[("停工", "4工作时"), ("停工", "2工作日")]),
        Some((Doubt::Twice, true))
    );
    assert_eq!(
        staged(&[("停工", "0工作时")]),
        Some((Doubt::LimitUnreadable, true))
    );
    let limited = |state: &str, limit: &str| {
        let review = changed(|doc| doc.stage_limits.push(limit_of(state, limit)));
        first_doubt(Part::StageLimits, &review)
    };
    assert_eq!(limited("dispatched", "4工作时"), None);
    let jump = limited("dispatched", "20工作时");
    assert_eq!(jump, Some((Doubt::LimitJumps, false)));
    assert_eq!(limited("closed", "1工作时"), Some((Doubt::Loose, true)));
}

#[test]
fn each_slip_in_escalation_and_settings_is_named_and_the_worst_stop_publishing() {
    type Case = (Part, fn(&mut CatalogueDoc), (Doubt, bool));
    let cases: [Case; 8] = [
        (
            Part::Escalations,
            |doc| doc.escalations[1].id = String::from("late-yellow"),
            (Doubt::Twice, true),
        ),
        (
            Part::Escalations,
            |doc| doc.escalations[1].late = Some("10工作日".parse().unwrap()),
            (Doubt::LimitJumps, false),
        ),
        (
            Part::Escalations,
            |doc| doc.escalations[2].late = Some("1工作日".parse().unwrap()),
            (Doubt::NoEffect, false),
        ),
        (
            Part::Escalations,
            |doc| doc.escalations[0].categories.push(String::from("E99")),
            (Doubt::Loose, true),
        ),
        (
            Part::Escalations,
            |doc| doc.escalations[0].takes_over = Some(String::from("没有的单位")),
            (Doubt::UnitUnknown, true),
        ),
        (
            Part::Escalations,
            |doc| doc.escalations[0].takes_over = Some(String::from("产权单位")),
            (Doubt::NoEffect, false),
        ),
        (
            Part::Settings,
            |doc| doc.last_resort = Some(String::from("没有的单位")),
            (Doubt::UnitUnknown, true),
        ),
        (
            Part::Settings,
            |doc| doc.absent.push(String::from("城管局")),
            (Doubt::UnitUnknown, false),
        ),
    ];
    for (part, change, expected) in cases {
        let review = changed(change);
        let found = first_doubt(part, &review);
        assert_eq!(found, Some(expected), "{:?}", review.suspicions);
    }
}

#[test]
fn limits_of_states_that_were_dragged_down_are_asked_about() {
    let (before, after) = edited(Part::StageLimits, |table| {
        for (row, limit) in table
            .rows
            .iter_mut()
            .skip(1)
            .zip(["15分钟", "16分钟", "17分钟"])
        {
            row.cells[2] = limit.to_owned();
        }
    });
    assert!(doubts(&review(&before, &after)).contains(&(Doubt::CountsUp, false)));
}

fn near(category: &str, radius_m: u32, within_hours: u32) -> NearnessRule {
    NearnessRule {
        category: category.to_owned(),
        nearness: Nearness {
            radius_m,
            within_hours,
        },
    }
}

#[test]
fn how_near_and_what_is_absent_stand_in_the_review_row_by_row() {
    let mut before = shipped();
    before.nearness = vec![near("C01", 20, 48), near("E0110", 30, 12)];
    before.absent = vec![String::from("热力企业")];
    let mut after = before.clone();
    after.nearness = vec![near("C01", 25, 48), near("E01", 60, 24)];
    // A unit that categories name may be one that isn't there: the next in line gets its matters.
    after.absent = vec![String::from("供水企业")];
    let review = review(&before, &after);
    assert_eq!(review.suspicions, vec![]);
    type Row<'a> = (Change, &'a str, &'a str);
    let shown: Vec<(Part, Vec<Row<'_>>)> = review
        .parts
        .iter()
        .map(|part| {
            let all = part.differences.iter();
            let told = all.map(|one| (one.change, one.key.as_str(), one.name.as_str()));
            (part.part, told.collect())
        })
        .collect();
    assert_eq!(
        shown,
        [
            (
                Part::Absent,
                vec![
                    (Change::New, "供水企业", "供水企业"),
                    (Change::Gone, "热力企业", "热力企业"),
                ]
            ),
            (
                Part::Nearness,
                vec![
                    (Change::Changed, "C01", "公用设施"),
                    (Change::New, "E01", "市容环境"),
                    (Change::Gone, "E0110", "暴露生活垃圾"),
                ]
            ),
        ]
    );
    let cells = &review.parts[1].differences[0].cells;
    let told: Vec<String> = cells
        .iter()
        .map(|cell| format!("{} {}→{}", cell.column, cell.before, cell.after))
        .collect();
    assert_eq!(told, ["相距米数 20→25"]);
}

#[test]
fn each_slip_in_how_near_is_named_and_the_worst_stop_publishing() {
    let found = |was: &[NearnessRule], now: &[NearnessRule]| {
        let mut before = shipped();
        before.nearness = was.to_vec();
        let mut after = before.clone();
        after.nearness = now.to_vec();
        first_doubt(Part::Nearness, &review(&before, &after))
    };
    assert_eq!(found(&[], &[near("C01", 20, 48), near("S", 60, 24)]), None);
    let twice = [near("C01", 20, 48), near("C01", 30, 48)];
    assert_eq!(found(&[], &twice), Some((Doubt::Twice, true)));
    let unknown = Some((Doubt::Loose, true));
    assert_eq!(found(&[], &[near("E99", 30, 24)]), unknown);
    assert_eq!(found(&[], &[near("", 30, 24)]), unknown);
    // E0110 without its last digit is the beginning of its neighbours' codes too.
    let cut = found(&[], &[near("E011", 30, 24)]);
    assert_eq!(cut, Some((Doubt::Loose, false)));
    let beyond = Some((Doubt::LimitUnreadable, true));
    assert_eq!(found(&[], &[near("C01", RADIUS_M_LIMIT + 1, 24)]), beyond);
    assert_eq!(found(&[], &[near("C01", 30, 0)]), beyond);
    let jumps = Some((Doubt::LimitJumps, false));
    assert_eq!(found(&[near("C01", 50, 24)], &[near("C01", 5, 24)]), jumps);
    assert_eq!(found(&[near("C01", 50, 2)], &[near("C01", 50, 24)]), jumps);
    let wide = near("C01", 2 * RADIUS_M + 1, 24);
    let asked = found(&[near("C01", 50, 24)], std::slice::from_ref(&wide));
    assert_eq!(asked, Some((Doubt::TooWide, false)));
    let before = [wide.clone()];
    assert_eq!(found(&before, &[wide]), None, "asked about once");
}

#[test]
fn each_slip_in_absent_units_is_named_and_the_worst_stop_publishing() {
    let found = |names: &[&str]| {
        let review = changed(|doc| doc.absent = names.iter().map(ToString::to_string).collect());
        first_doubt(Part::Absent, &review)
    };
    assert_eq!(found(&["热力企业", "供水企业"]), None);
    let unknown = found(&["热力公司"]);
    assert_eq!(unknown, Some((Doubt::UnitUnknown, true)));
    let twice = found(&["热力企业", "热力企业"]);
    assert_eq!(twice, Some((Doubt::Twice, true)));
    for role in ["属地街道", "社区村", "产权单位"] {
        assert_eq!(found(&[role]), Some((Doubt::RoleAbsent, false)));
    }
    // Each with what comes of it: nobody stands in for an owner.
    let words = |name: &str| {
        let review = changed(|doc| doc.absent = vec![name.to_owned()]);
        review.suspicions[0].words.clone()
    };
    assert!(words("街道执法队").contains("由各街道、社区分别承担"));
    assert!(words("产权单位").contains("都转给派遣员"));
}
