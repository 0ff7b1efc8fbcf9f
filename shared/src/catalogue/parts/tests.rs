//! Parts go out as tables and come back as they were; what a file leaves out is kept and marked.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use super::*;
use crate::catalogue::{
    Catalogue, Escalation, GridMatter, Label, Reach, StageLimit, StagedLimit, StreetMatter,
    shipped_doc,
};
use crate::id::{AreaCode, CatalogueVersion, CategoryId};
use crate::role::Role;
use crate::similar::{Nearness, NearnessRule, RADIUS_M_LIMIT, WITHIN_HOURS_LIMIT};

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
    with_rules(&mut doc);
    doc
}

/// Rules of each kind, in no order that the tables have.
fn with_rules(doc: &mut CatalogueDoc) {
    let stages = [
        ("停工", "4工作时"),
        ("=处罚", "2工作日"),
        ("拆除", "10自然日"),
    ];
    doc.conditions[7].staged = stages.map(stage).to_vec();
    doc.conditions[3].staged = vec![stage(("围挡", "90分钟"))];
    // One without a limit, another one's, and one that is the usual.
    let limits = [
        ("checked", None),
        ("dispatched", Some("30分钟")),
        ("received", Some("15分钟")),
    ];
    doc.stage_limits = limits.map(stage_limit).to_vec();
    doc.escalations.push(Escalation {
        id: String::from("井盖-1"),
        categories: vec![String::from("C01"), String::from("E0110")],
        late: Some("2紧急工作时".parse().unwrap()),
        returns: 0,
        tell: Role::Dispatcher,
        reach: Reach::Community,
        card: None,
        takes_over: Some(String::from("城管局")),
    });
    doc.last_resort = Some(String::from("环卫中心"));
    // The narrowest, the widest, and a whole kind.
    let rules = [("E0110", 1, 12), ("C01", 150, 168), ("S", 50, 24)];
    doc.nearness = rules.map(nearness_rule).to_vec();
    doc.absent = ["热力企业", "公交公司"].map(str::to_owned).to_vec();
}

fn nearness_rule((category, radius_m, within_hours): (&str, u32, u32)) -> NearnessRule {
    NearnessRule {
        category: category.to_owned(),
        nearness: Nearness {
            radius_m,
            within_hours,
        },
    }
}

fn stage((name, limit): (&str, &str)) -> StagedLimit {
    StagedLimit {
        name: name.to_owned(),
        limit: limit.parse().unwrap(),
    }
}

fn stage_limit((state, limit): (&str, Option<&str>)) -> StageLimit {
    StageLimit {
        state: state.to_owned(),
        limit: limit.map(|limit| limit.parse().unwrap()),
    }
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

/// What a part's table says, row by row, without its heads.
fn cells(doc: &CatalogueDoc, part: Part) -> Vec<String> {
    let rows = export(doc, part).rows.into_iter().skip(1);
    rows.map(|row| row.cells.join(" ")).collect()
}

fn taken(doc: &CatalogueDoc, part: Part, text: &str) -> CatalogueDoc {
    let table = Table::from_csv(part.word(), &rows(text)).unwrap();
    import(doc, part, &table, NOW).unwrap()
}

#[test]
fn the_rules_read_as_people_say_them() {
    let doc = shipped();
    let states = cells(&doc, Part::StageLimits);
    assert_eq!(states.len(), 10, "every state that waits for somebody");
    assert_eq!(states[0], "received 待受理 15分钟");
    assert_eq!(states[3], "dispatched 已派遣 30分钟");
    assert_eq!(states[4], "handling 处置中 不限");
    assert!(
        states.contains(&String::from("checking 核实中 30分钟")),
        "its city's word"
    );
    assert!(states.contains(&String::from("checked 已核查 不限")));
    assert_eq!(
        cells(&doc, Part::Escalations),
        [
            "late-yellow 全部 到期  督查 街道 黄牌督办 ",
            "late-red 全部 1工作日  督查 区 红牌督办 ",
            "bounced-twice 全部  2 督查 区 黄牌督办 ",
            "井盖-1 C01;E0110 2紧急工作时  派遣员 社区  城管局",
        ]
    );
    assert_eq!(
        cells(&doc, Part::Settings),
        ["兜底单位 环卫中心", "投诉电话 ", "投诉网址 "]
    );
    let id = doc.conditions[7].id.to_string();
    let stages = cells(&doc, Part::Staged);
    assert_eq!(stages.len(), 4);
    assert_eq!(stages[1], format!("{id} 停工 4工作时"));
}

#[test]
fn what_a_file_of_rules_leaves_out_holds_no_longer_and_what_is_usual_is_not_written_down() {
    let doc = shipped();
    let text = "代号|时限\ndispatched|2工作时\nreceived|\nverifying|30分钟\nreturned|不限\n";
    let new = taken(&doc, Part::StageLimits, text);
    let limits = [("dispatched", Some("2工作时")), ("returned", None)];
    assert_eq!(new.stage_limits, limits.map(stage_limit));
    let text = "编号|类别|超时|退回次数|告知|层级|督办|接办单位\nx|C01、E|到期||督查|区||\n";
    let new = taken(&doc, Part::Escalations, text);
    assert_eq!(new.escalations.len(), 1);
    assert_eq!(new.escalations[0].categories, ["C01", "E"]);
    assert_eq!(new.escalations[0].late, None);
    let new = taken(
        &doc,
        Part::Staged,
        "立案条件编号|阶段|时限\nC0101-1|围挡|1工作时\n",
    );
    assert_eq!(cells(&new, Part::Staged), ["C0101-1 围挡 1工作时"]);
    let emptied = taken(&doc, Part::Settings, "项目|内容\n兜底单位|\n");
    assert_eq!(emptied.last_resort, None);
    let unsaid = taken(&doc, Part::Settings, "项目|内容\n");
    assert_eq!(unsaid.last_resort, doc.last_resort);
    let text = "项目|内容\n投诉电话|0599-12345\n投诉网址|https://example.org\n";
    let channel = taken(&doc, Part::Settings, text);
    assert_eq!(channel.last_resort, doc.last_resort);
    assert_eq!(channel.complaints.phone, "0599-12345");
    let emptied = taken(&channel, Part::Settings, "项目|内容\n投诉电话|\n");
    assert_eq!(emptied.complaints.phone, "");
    assert_eq!(emptied.complaints.url, "https://example.org");
    // The table of conditions knows nothing of stages and leaves them alone.
    let table = export(&doc, Part::Conditions);
    let same = import(&doc, Part::Conditions, &table, NOW).unwrap();
    assert_eq!(same.conditions, doc.conditions);
}

/// What is said about a file of a part, without its sheet.
fn refused(part: Part, text: &str) -> String {
    let table = Table::from_csv(part.word(), &rows(text)).unwrap();
    let error = import(&shipped(), part, &table, NOW).unwrap_err();
    let words = error.words();
    let sheet = format!("「{}」", part.word());
    words.strip_prefix(&sheet).unwrap().to_owned()
}

#[test]
fn a_wrong_cell_of_stages_and_states_is_named_with_what_is_allowed() {
    let staged = "立案条件编号|阶段|时限\n";
    let states = "代号|状态|时限\ndispatched|已派遣|1工作时\n";
    let limit = "应是大于0的整数加单位（工作时、工作日、紧急工作时、紧急工作日、自然日、分钟）";
    for (part, heads, line, words) in [
        (
            Part::Staged,
            staged,
            "C9999-1|停工|4工作时",
            "立案条件表里没有这个编号",
        ),
        (Part::Staged, staged, "C0101-1||4工作时", "不能为空"),
        (Part::Staged, staged, "C0101-1|停工|0工作时", limit),
        (Part::Staged, staged, "C0101-1|停工|4小时", limit),
        (
            Part::StageLimits,
            states,
            "closed|已结案|1工作时",
            "应是received（待受理）、",
        ),
        (
            Part::StageLimits,
            states,
            "suspended|挂账|1工作时",
            "应是received（待受理）、",
        ),
        (
            Part::StageLimits,
            states,
            "dispatched|已派遣|2工作时",
            "前面已有一行",
        ),
        (Part::StageLimits, states, "checked|已核查|很快", limit),
    ] {
        let said = refused(part, &format!("{heads}{line}\n"));
        let last = if part == Part::Staged {
            "第2行："
        } else {
            "第3行："
        };
        assert!(said.starts_with(last), "{said}");
        let (_, why) = said.split_once("」，").unwrap();
        assert!(why.starts_with(words), "{said}");
    }
    let said = refused(Part::Staged, "立案条件编号|阶段|时限\nC0101-1|停工|4小时\n");
    assert!(
        said.starts_with("第2行：「时限」写的是「4小时」，应是"),
        "{said}"
    );
}

#[test]
fn a_wrong_cell_of_escalation_and_settings_is_named_with_what_is_allowed() {
    let rules = "编号|类别|超时|退回次数|告知|层级|督办|接办单位\nx|全部|到期||督查|区||\n";
    for (line, column, words) in [
        ("|全部|到期||督查|区||", "编号", "不能为空"),
        (
            "y|井盖|到期||督查|区||",
            "类别",
            "应是小类编号或其开头，如E01",
        ),
        (
            "y|全部|||督查|区||",
            "超时",
            "请填超时多久（如1工作日）或「到期」",
        ),
        ("y|全部|明天||督查|区||", "超时", "应是大于0的整数加单位"),
        ("y|全部||两次|督查|区||", "退回次数", "应是整数，或不填"),
        (
            "y|全部|到期||区长|区||",
            "告知",
            "应是网格员、派遣员、处置人员、督查、管理员之一",
        ),
        ("y|全部|到期||督查|市||", "层级", "应是社区、街道、区之一"),
        (
            "y|全部|到期||督查|区|蓝牌|",
            "督办",
            "应是黄牌督办、红牌督办、取消督办之一",
        ),
    ] {
        let said = refused(Part::Escalations, &format!("{rules}{line}\n"));
        assert!(
            said.starts_with(&format!("第3行：「{column}」写的是「")),
            "{said}"
        );
        assert!(said.contains(&format!("」，{words}")), "{said}");
    }
    let settings = "项目|内容\n兜底单位|城管局\n";
    let said = refused(Part::Settings, &format!("{settings}兜底|城管局\n"));
    assert_eq!(
        said,
        "第3行：「项目」写的是「兜底」，应是兜底单位、投诉电话、投诉网址之一"
    );
    let said = refused(Part::Settings, &format!("{settings}投诉网址|12345\n"));
    assert!(
        said.starts_with("第3行：「内容」写的是「12345」，应以https://"),
        "{said}"
    );
    let said = refused(Part::Settings, &format!("{settings}兜底单位|环卫中心\n"));
    assert_eq!(said, "第3行：「项目」写的是「兜底单位」，前面已有一行");
}

#[test]
fn how_near_and_what_is_absent_read_with_names_beside_the_codes() {
    let doc = shipped();
    assert_eq!(
        cells(&doc, Part::Nearness),
        [
            "E0110 暴露生活垃圾 1 12",
            "C01 公用设施 150 168",
            "S 社会治理 50 24",
        ]
    );
    let units = cells(&doc, Part::Absent);
    assert_eq!(units, ["热力企业 热力企业", "公交公司 公交公司"]);
    // The names are for reading: a file may say others or have no such column.
    let new = taken(
        &doc,
        Part::Nearness,
        "相隔小时数|相距米数|类别\n48|20|C01\n",
    );
    assert_eq!(new.nearness, [nearness_rule(("C01", 20, 48))]);
    let limits = |doc: &CatalogueDoc, id: &str| {
        let catalogue = Catalogue::new(doc.clone()).unwrap();
        let near = catalogue.nearness(&CategoryId::new(id).unwrap());
        (near.radius_m, near.within_hours)
    };
    assert_eq!(limits(&new, "C0101"), (20, 48));
    assert_eq!(limits(&new, "E0110"), (50, 24), "left out, the usual holds");
    let new = taken(
        &doc,
        Part::Absent,
        "short_name|unit_word\n供水企业|另一个名字\n",
    );
    assert_eq!(new.absent, ["供水企业"]);
    let catalogue = Catalogue::new(new).unwrap();
    assert!(catalogue.department("热力企业").is_some());
    assert!(catalogue.department("供水企业").is_none());
    let none = taken(&doc, Part::Absent, "简称\n");
    assert_eq!(none.absent, Vec::<String>::new());
}

#[test]
fn a_wrong_cell_of_how_near_and_of_absent_units_is_named_with_what_is_allowed() {
    let near = "类别|名称|相距米数|相隔小时数\nE0110||30|12\n";
    let code = "应是小类编号（如E0110）或大类编号（如E01），一行一个";
    let radius = format!("应是1到{RADIUS_M_LIMIT}的整数");
    let hours = format!("应是1到{WITHIN_HOURS_LIMIT}的整数");
    for (line, column, words) in [
        ("||30|12", "类别", code),
        ("井盖||30|12", "类别", code),
        ("E0110;C01||30|12", "类别", code),
        ("E0110||40|12", "类别", "前面已有一行"),
        ("C01||151|12", "相距米数", radius.as_str()),
        ("C01||0|12", "相距米数", radius.as_str()),
        ("C01|||12", "相距米数", radius.as_str()),
        ("C01||30.5|12", "相距米数", radius.as_str()),
        ("C01||30|169", "相隔小时数", hours.as_str()),
        ("C01||30|一天", "相隔小时数", hours.as_str()),
    ] {
        let said = refused(Part::Nearness, &format!("{near}{line}\n"));
        assert!(
            said.starts_with(&format!("第3行：「{column}」写的是「")),
            "{said}"
        );
        assert!(said.ends_with(&format!("」，{words}")), "{said}");
    }
    let absent = "简称|单位全称\n热力企业|热力企业\n";
    let said = refused(Part::Absent, &format!("{absent}热力企业|\n"));
    assert_eq!(said, "第3行：「简称」写的是「热力企业」，前面已有一行");
    let said = refused(Part::Absent, &format!("{absent}|热力企业\n"));
    assert_eq!(said, "第3行：「简称」写的是「」，不能为空");
}
