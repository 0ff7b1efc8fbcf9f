//! Parts go out as tables and come back as they were; what a file leaves out is kept and marked.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use super::*;
use crate::catalogue::{Catalogue, GridMatter, Label, StreetMatter, shipped_doc};
use crate::id::{AreaCode, CatalogueVersion, CategoryId};

const NOW: Timestamp = Timestamp(1_795_487_400_123);

fn shipped() -> CatalogueDoc {
    let version = CatalogueVersion::new("t-1").unwrap();
    let mut doc = shipped_doc(version, vec![]).unwrap();
    // One of each kind of end: with a day, and at a second.
    let end = [Timestamp(1_798_732_800_000), Timestamp(1_795_487_401_000)];
    for until in end {
        doc.grid_matters.push(GridMatter {
            area: Some(AreaCode::new("350703001").unwrap()),
            category: CategoryId::new("E0110").unwrap(),
            approval: String::from("=潭政〔2026〕12号"),
            until_ms: Some(until),
        });
    }
    doc.labels.push(Label {
        key: String::from("state.checking"),
        zh: String::from("核实中"),
        en: String::new(),
    });
    doc.street_matters.push(StreetMatter {
        street: Some(AreaCode::new("350703002").unwrap()),
        category: CategoryId::new("C0101").unwrap(),
        duty: StreetDuty::Assist,
        until_ms: None,
    });
    doc
}

/// A CSV text whose cells are told apart by bars here.
fn rows(text: &str) -> String {
    text.replace('|', ",")
}

#[test]
fn every_part_goes_out_as_csv_and_comes_back_the_same() {
    let doc = shipped();
    for part in Part::ALL {
        let csv = export(&doc, part).to_csv();
        let table = Table::from_csv(part.word(), &csv).unwrap();
        let mut back = import(&doc, part, &table, NOW).unwrap();
        if part == Part::Calendar {
            let days = |text: &str| crate::calendar::Calendar::from_csv(text).unwrap();
            assert_eq!(days(&back.calendar_csv), days(&doc.calendar_csv));
            back.calendar_csv.clone_from(&doc.calendar_csv);
        }
        assert!(back == doc, "{part:?} changed on its way");
        Catalogue::new(back).unwrap();
    }
}

#[test]
fn what_a_file_leaves_out_is_retired_and_comes_back_with_the_next_file() {
    let doc = shipped();
    let mut table = export(&doc, Part::Conditions);
    let whole = table.clone();
    table.rows.retain(|row| row.cells[0] != "C0101-1");
    let without = import(&doc, Part::Conditions, &table, NOW).unwrap();
    assert_eq!(without.conditions.len(), doc.conditions.len());
    let of = |doc: &CatalogueDoc| {
        let mut all = doc.conditions.iter();
        all.find(|c| c.id.as_str() == "C0101-1").unwrap().retired
    };
    assert!(of(&without));
    let again = import(&without, Part::Conditions, &whole, NOW).unwrap();
    assert!(!of(&again));
    let mut streets = export(&doc, Part::StreetMatters);
    streets.rows.pop();
    let ended = import(&doc, Part::StreetMatters, &streets, NOW).unwrap();
    let last = ended.street_matters.last().unwrap();
    assert_eq!(last.until_ms, Some(Timestamp(1_795_487_400_000)));
}

#[test]
fn columns_come_in_any_order_and_those_that_are_not_there_change_nothing() {
    let doc = shipped();
    let text = rows("单位|时限|name|小类编号|编号\n工作日|9|新的写法|C0101|C0101-1\n");
    let table = Table::from_csv("立案条件", &text).unwrap();
    let back = import(&doc, Part::Conditions, &table, NOW).unwrap();
    let (new, old) = (&back.conditions[0], &doc.conditions[0]);
    assert_eq!(new.id.as_str(), "C0101-1");
    assert_eq!((new.limit_value, new.name.as_str()), (9, "新的写法"));
    assert_eq!(new.closing, old.closing);
}

#[test]
fn a_wrong_cell_is_named_by_sheet_line_column_and_what_it_says() {
    let doc = shipped();
    for (part, text, words) in [
        (
            Part::Conditions,
            "编号|小类编号|立案条件|时限|单位\nC0101-1|C0101|缺失|两|工作时\n",
            "「立案条件」第2行：「时限」写的是「两」，应是整数",
        ),
        (
            Part::Conditions,
            "编号|小类编号|立案条件|单位\n",
            "「立案条件」第1行：表头里没有「时限」这一列",
        ),
        (
            Part::Categories,
            "编号|类型|大类|小类|主办\n井盖|部件|a|b|c\n",
            "「小类」第2行：「编号」写的是「井盖」，不是编号（字母、数字、-、_）",
        ),
        (
            Part::GridMatters,
            "区域编号|小类编号|批准文号|截止\n全区|C0101|x|明天\n",
            "「网格准入」第2行：「截止」写的是「明天」，不是日期，应如2026-12-31",
        ),
        (
            Part::Calendar,
            "日期|类型|事由\n2027-01-01|放假|元旦\n2027-13-01|放假|\n",
            "「日历」第3行：「日期」写的是「2027-13-01」，不是日期，应如2027-01-01",
        ),
    ] {
        let table = Table::from_csv(part.word(), &rows(text)).unwrap();
        let error = import(&doc, part, &table, NOW).unwrap_err();
        assert_eq!(error.words(), words);
    }
    let empty = Table::from_csv("部门", "\n").unwrap();
    assert!(import(&doc, Part::Departments, &empty, NOW).is_err());
}

#[test]
fn a_calendar_for_next_year_leaves_this_year_as_it_is() {
    let doc = shipped();
    let table = Table::from_csv("日历", &rows("日期|类型|事由\n2031/1/1|放假|元旦\n")).unwrap();
    let back = import(&doc, Part::Calendar, &table, NOW).unwrap();
    let before = calendar_rows(&doc.calendar_csv).len();
    assert_eq!(calendar_rows(&back.calendar_csv).len(), before + 1);
    assert!(back.calendar_csv.contains("2031-01-01,holiday,元旦"));
}
