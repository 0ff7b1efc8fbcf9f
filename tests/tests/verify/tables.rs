//! What is changed, row by row, and as what it has to be found.

use super::NONE;
use shared::archive::Problem;
use shared::id::CaseId;

/// Columns with another value for each, and as what the change is to be found.
pub(super) type Columns = &'static [(&'static str, &'static str, &'static str)];

/// The covered tables, which row of each is changed, and what is found.
#[rustfmt::skip]
pub(super) const TABLES: [(&str, &str, Columns); 10] = [
    ("case_events", "case_id = '{case}' AND ordinal = 3", &[
        ("case_id", "'{none}'", "case_events.row"),
        ("ordinal", "99", "case_events.row"),
        ("id", "'{none}'", "case_events.content"),
        ("kind", "'dispatch'", "case_events.content"),
        ("from_state", "NULL", "case_events.content"),
        ("to_state", "'returned'", "case_events.content"),
        ("actor_person", "'{none}'", "case_events.content"),
        ("actor_role", "'supervisor'", "case_events.content"),
        ("actor_unit", "'D22-2'", "case_events.content"),
        ("at_ms", "at_ms + 1", "case_events.content"),
        ("reason", "'没有这回事'", "case_events.content"),
        ("detail", "'{}'", "case_events.content"),
        ("prev_hash", "{hash}", "case_events.content"),
        ("hash", "{hash}", "case_events.content"),
        ("district", "'350704'", "case_events.district"),
        ("entry_no", "9000", "entries.row"),
    ]),
    ("cases", "id = '{case}'", &[
        ("id", "'{none}'", "cases.row"),
        ("district", "'350704'", "cases.district"),
        ("case_no", "'JY20261124-99999'", "cases.number"),
        ("report", "'{none}'", "cases.report"),
        ("short_code", "'7F3A-99'", "cases.number"),
        ("revision", "revision + 1", "cases.revision"),
        ("state", "'handling'", "cases.state"),
        ("state_class", "'open'", "cases.state"),
        ("lead_unit", "'D22-2'", "cases.lead"),
        ("street", "'350703002'", "cases.place"),
        ("community", "NULL", "cases.place"),
        ("grid", "NULL", "cases.place"),
        ("category", "'C0102'", "cases.category"),
        ("excerpt", "'都好'", "cases.text"),
        ("search", "'x' || search", "cases.search"),
        ("lat_e7", "lat_e7 + 1", "cases.place"),
        ("lon_e7", "lon_e7 + 1", "cases.place"),
        ("reporter", "'{none}'", "cases.people"),
        ("opened_ms", "opened_ms - 1", "cases.times"),
        ("dispatched_ms", "NULL", "cases.times"),
        ("deadline_ms", "deadline_ms + 1", "cases.deadline"),
        ("handled_ms", "handled_ms + 1", "cases.times"),
        ("closed_ms", "closed_ms - 1", "cases.times"),
        ("decision", "decision || ' '", "cases.decision"),
        ("differs", "'[]'", "cases.decision"),
        ("photos_expected", "2", "cases.photos"),
        ("photos_stored", "0", "cases.photos"),
        ("self_fixed", "1", "cases.state"),
        ("solved_level", "NULL", "cases.level"),
        ("life", "substr(life, 1, length(life) - 1) || ',\"returns\":9}'", "cases.life"),
        ("asked", "'extension'", "cases.life"),
        ("card", "'red'", "cases.life"),
        ("merged_into", "'{none}'", "cases.life"),
        ("cell", "cell + 1", "cases.place"),
    ]),
    ("reports", "id = '{report}'", &[
        ("id", "'{none}'", "cases.report"),
        ("district", "'350704'", "cases.district"),
        ("reporter", "'{none}'", "reports.people"),
        ("device", "'{none}'", "reports.people"),
        ("op_id", "'{none}'", "reports.operation"),
        ("short_code", "'7F3A-99'", "reports.number"),
        ("category", "'C0102'", "reports.category"),
        ("condition", "'C0101-2'", "reports.category"),
        ("catalogue_version", "'350703-9'", "reports.category"),
        ("grid", "NULL", "cases.place"),
        ("grid_doubt", "'350703001'", "cases.place"),
        ("lat_e7", "lat_e7 + 1", "reports.place"),
        ("lon_e7", "lon_e7 + 1", "reports.place"),
        ("accuracy_m", "accuracy_m + 1", "reports.place"),
        ("place_source", "'pin'", "reports.place"),
        ("place_words", "'别处'", "reports.place"),
        ("text", "'没有这回事'", "reports.text"),
        ("occurred_ms", "occurred_ms + 1", "reports.times"),
        ("clock_skew_ms", "600000", "cases.times"),
        ("received_ms", "received_ms + 1", "reports.times"),
        ("self_fixed", "1", "reports.state"),
        ("preview", "'{\"lead\":\"E01\",\"rule\":\"x\"}'", "reports.preview"),
        ("same_as", "'{none}'", "reports.same"),
    ]),
    ("operations", "op_id = '{op}'", &[
        ("op_id", "'{none}'", "operations.number"),
        ("device", "'{none}'", "operations.number"),
        ("epoch", "2", "operations.number"),
        ("seq", "99", "operations.number"),
        ("hash", "{hash}", "operations.content"),
        ("kind", "'note.add'", "operations.number"),
        ("subject", "'{none}'", "operations.number"),
        ("body", "replace(body, '井盖不见了', '都好')", "operations.content"),
        ("received_ms", "received_ms + 1", "operations.result"),
        ("outcome", "'quarantined'", "operations.result"),
        ("result", "replace(result, 'JY', 'XX')", "operations.result"),
    ]),
    ("quarantine", "resolved_ms IS NULL", &[
        ("op_id", "'{none}'", "quarantine.row"),
        ("hash", "{hash}", "quarantine.row"),
        ("district", "'350704'", "quarantine.content"),
        ("device", "'{none}'", "quarantine.content"),
        ("person", "'{none}'", "quarantine.content"),
        ("reason_code", "'kind_unknown'", "quarantine.content"),
        ("reason", "'没有这回事'", "quarantine.content"),
        ("body", "replace(body, 'C9999', 'C0101')", "quarantine.content"),
        ("received_ms", "received_ms + 1", "quarantine.content"),
        ("resolved_ms", "received_ms", "quarantine.state"),
        ("resolved_by", "'{none}'", "quarantine.state"),
        ("note", "'没有这回事'", "quarantine.state"),
    ]),
    ("patrol_marks", "point = 'gate'", &[
        ("op_id", "'{none}'", "patrol_marks.row"),
        ("district", "'350704'", "patrol_marks.district"),
        ("round", "'evening'", "patrol_marks.content"),
        ("point", "'market'", "patrol_marks.content"),
        ("seen", "'trouble'", "patrol_marks.content"),
        ("note", "'没有这回事'", "patrol_marks.text"),
        ("made_ms", "made_ms - 1", "patrol_marks.times"),
        ("received_ms", "received_ms + 1", "patrol_marks.times"),
    ]),
    ("report_photos", "report = '{report}'", &[
        ("report", "'{none}'", "photos.photos"),
        ("ordinal", "2", "photos.photos"),
        ("hash", "{hash}", "photos.photos"),
        ("role", "'after'", "photos.photos"),
        ("original_hash", "{hash}", "photos.photos"),
    ]),
    ("audit", "entry_no = (SELECT max(entry_no) FROM kept_audit WHERE person IS NULL)", &[
        ("id", "'{none}'", "audit.content"),
        ("district", "'350704'", "entries.row"),
        ("at_ms", "at_ms + 1", "audit.content"),
        ("person", "'{none}'", "audit.content"),
        ("device", "'{none}'", "audit.content"),
        ("action", "'session.open'", "audit.content"),
        ("subject", "'x'", "audit.content"),
        ("detail", "'{}'", "audit.content"),
        ("entry_no", "9000", "entries.row"),
        ("hash", "{hash}", "audit.content"),
    ]),
    ("seals", "first_no = 1", &[
        ("district", "'350704'", "seals.order"),
        ("first_no", "first_no + 1", "seals.order"),
        ("last_no", "last_no + 1", "seals.hash"),
        ("hashes", "replace(hashes, 'a', 'b')", "seals.hash"),
        ("before_hash", "{hash}", "seals.head"),
        ("head", "{hash}", "seals.hash"),
    ]),
    ("day_roots", "day = 20261125", &[
        ("district", "'350704'", "day_roots.row"),
        ("day", "20261126", "day_roots.content"),
        ("epoch", "'x'", "day_roots.content"),
        ("last_no", "last_no - 1", "day_roots.content"),
        ("head", "{hash}", "day_roots.content"),
        ("before_root", "{hash}", "day_roots.content"),
        ("root", "{hash}", "day_roots.content"),
        ("key_id", "'x'", "day_roots.signature"),
        ("signature", "replace(signature, 'a', 'b')", "day_roots.signature"),
    ]),
];

/// Columns that say nothing which the archive vouches for.
pub(super) const FREE: [&str; 8] = [
    "cases.next_due_ms",
    // Who has to look; what came stands in the trail.
    "cases.news_ms",
    // What lists find a case by; its life, which is vouched for, says the same.
    "cases.assigned",
    "cases.stage_due_ms",
    // By what other cases are proposed; the operations vouch for what it was made of.
    "cases.phashes",
    // Read by nobody: whose a round is stands in the catalogue.
    "patrol_marks.area",
    "seals.sealed_ms",
    "day_roots.sealed_ms",
];

/// Behind every id: where a check that ends at the last id would not look.
const BEHIND: &str = "\u{10ffff}x";

/// A table, what is done to it, and what has to be found.
pub(super) type Deed = (&'static str, String, &'static str, Problem);

/// Rows taken out, put in and moved.
#[rustfmt::skip]
pub(super) fn deeds(case: CaseId) -> Vec<Deed> {
    let event = |ordinal: i64| format!("case_id = '{case}' AND ordinal = {ordinal}");
    let later = "(SELECT max(entry_no) FROM case_events)";
    let copied = |ordinal: i64| {
        format!(
            "INSERT INTO case_events (case_id, ordinal, id, kind, from_state, to_state,
                actor_person, actor_role, actor_unit, at_ms, reason, detail, prev_hash, hash,
                district, entry_no)
            SELECT case_id, {ordinal}, '{NONE}', kind, from_state, to_state, actor_person,
                actor_role, actor_unit, at_ms, reason, detail, prev_hash, hash, district,
                {later} + 1000
            FROM case_events WHERE {}",
            event(6)
        )
    };
    let swapped = format!(
        "UPDATE case_events SET ordinal = 99 WHERE {};
        UPDATE case_events SET ordinal = 3 WHERE {};
        UPDATE case_events SET ordinal = 4 WHERE {};",
        event(3),
        event(4),
        event(99)
    );
    let trail = "case_events";
    let operation = "(SELECT op_id FROM reports WHERE id = (SELECT report FROM cases WHERE id =";
    vec![
        (trail, format!("DELETE FROM case_events WHERE {}", event(2)), "case_events.row", Problem::Missing),
        (trail, format!("DELETE FROM case_events WHERE {}", event(6)), "cases.state", Problem::Changed),
        (trail, format!("DELETE FROM case_events WHERE {}", event(6)), "entries.row", Problem::Missing),
        (trail, format!("DELETE FROM case_events WHERE entry_no = {later}"), "entries.row", Problem::Missing),
        (trail, copied(7), "case_events.content", Problem::Changed),
        (trail, copied(7), "entries.row", Problem::Added),
        (trail, swapped, "case_events.order", Problem::Reordered),
        ("cases", format!("UPDATE cases SET id = '{BEHIND}' WHERE id = '{case}'"), "cases.row", Problem::Unreadable),
        ("cases", format!("UPDATE cases SET id = '' WHERE id = '{case}'"), "cases.row", Problem::Unreadable),
        (trail, format!("UPDATE case_events SET case_id = '{BEHIND}' WHERE case_id = '{case}'"), "cases.row", Problem::Unreadable),
        ("operations", format!("UPDATE operations SET device = '{BEHIND}' WHERE op_id = {operation} '{case}'))"), "operations.row", Problem::Unreadable),
        ("cases", format!("DELETE FROM cases WHERE id = '{case}'"), "cases.row", Problem::Missing),
        ("cases", format!("DELETE FROM cases WHERE id = '{case}'"), "reports.row", Problem::Added),
        ("reports", format!("DELETE FROM reports WHERE id = (SELECT report FROM cases WHERE id = '{case}')"), "cases.report", Problem::Missing),
        ("operations", format!("DELETE FROM operations WHERE op_id = {operation} '{case}'))"), "operations.row", Problem::Missing),
        ("operations", format!("DELETE FROM operations WHERE op_id = {operation} '{case}'))"), "reports.operation", Problem::Missing),
        ("operations", "DELETE FROM operations WHERE outcome = 'quarantined'".to_owned(), "operations.row", Problem::Missing),
        ("quarantine", "DELETE FROM quarantine".to_owned(), "quarantine.row", Problem::Missing),
        ("patrol_marks", "DELETE FROM patrol_marks".to_owned(), "patrol_marks.row", Problem::Missing),
        ("operations", "DELETE FROM operations WHERE kind = 'patrol.mark'".to_owned(), "patrol_marks.row", Problem::Added),
        ("audit", "DELETE FROM audit WHERE entry_no = (SELECT min(entry_no) FROM audit)".to_owned(), "entries.row", Problem::Missing),
        ("seals", "DELETE FROM seals WHERE first_no = 1".to_owned(), "seals.order", Problem::Missing),
        ("day_roots", "DELETE FROM day_roots WHERE day = 20261124".to_owned(), "day_roots.order", Problem::Missing),
        ("day_roots", "DELETE FROM day_roots WHERE day = 20261125".to_owned(), "day_roots.row", Problem::Missing),
    ]
}
