//! The canonical form: JSON without white space, object keys sorted by their bytes, strings escaped
//! as little as JSON allows, numbers whole.

use super::{ASIDE, OPERATION_BYTES_LIMIT, OPERATION_DEPTH_LIMIT, OperationError};
use serde_json::{Map, Value};
use std::fmt::Write;
use std::ops::Range;

/// The canonical text of a value.
///
/// # Errors
/// When a number is not whole, the nesting too deep, or the text too long.
pub fn canonical(value: &Value) -> Result<String, OperationError> {
    let mut text = String::with_capacity(1024);
    write_canonical(value, OPERATION_DEPTH_LIMIT, &mut text)?;
    Ok(text)
}

/// The canonical text of an object without what travels aside, and the two parts of it that are the
/// same without one more of its members.
pub(super) fn canonical_and_without<'m>(
    members: &'m Map<String, Value>,
    left_out: &str,
) -> Result<(String, [Range<usize>; 2]), OperationError> {
    let below = OPERATION_DEPTH_LIMIT - 1;
    let is_before = |(key, _): &Member<'m>| key.as_bytes() < left_out.as_bytes();
    let mut covered = sorted(members);
    covered.retain(|(key, _)| *key != ASIDE);
    let (before, mut after): (Vec<_>, Vec<_>) = covered.into_iter().partition(is_before);
    let left_out: Vec<_> = after.extract_if(.., |(key, _)| *key == left_out).collect();
    let mut text = String::with_capacity(1024);
    text.push('{');
    write_list(&before, below, &mut text)?;
    let from = text.len();
    if !before.is_empty() {
        text.push(',');
    }
    write_list(&left_out, below, &mut text)?;
    let mut to = text.len();
    if !after.is_empty() {
        text.push(',');
        // A comma stands between what is before and what is after, and nowhere else.
        if before.is_empty() {
            to = text.len();
        }
        write_list(&after, below, &mut text)?;
    }
    text.push('}');
    within_limit(&text)?;
    let end = text.len();
    Ok((text, [0..from, to..end]))
}

fn write_canonical(value: &Value, depth: usize, text: &mut String) -> Result<(), OperationError> {
    let below = depth.checked_sub(1).ok_or(OperationError::TooDeep)?;
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) if number.is_f64() => {
            return Err(OperationError::Fraction(number.to_string()));
        }
        Value::Number(number) => {
            // Writing to a text can't fail.
            let _ = write!(text, "{number}");
        }
        Value::String(string) => write_string(string, text),
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_canonical(item, below, text)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            write_list(&sorted(members), below, text)?;
            text.push('}');
        }
    }
    within_limit(text)
}

/// A member of an object.
type Member<'m> = (&'m String, &'m Value);

/// Sorted here and not left to the map: a feature of serde_json elsewhere in the build may make it
/// keep the order of insertion.
fn sorted(members: &Map<String, Value>) -> Vec<Member<'_>> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| key.as_bytes());
    sorted
}

fn write_list(
    members: &[Member<'_>],
    below: usize,
    text: &mut String,
) -> Result<(), OperationError> {
    for (at, (key, member)) in members.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        write_string(key, text);
        text.push(':');
        write_canonical(member, below, text)?;
    }
    Ok(())
}

const fn within_limit(text: &str) -> Result<(), OperationError> {
    if text.len() > OPERATION_BYTES_LIMIT {
        Err(OperationError::TooLong)
    } else {
        Ok(())
    }
}

/// JSON's shortest escapes: `"`, `\`, the short forms, and `\u00xx` below U+0020; all else as it is.
fn write_string(string: &str, text: &mut String) {
    text.push('"');
    let mut rest = string;
    while let Some(at) = rest.find(|c| matches!(c, '"' | '\\' | ..' ')) {
        let (plain, escaped) = rest.split_at(at);
        text.push_str(plain);
        let mut chars = escaped.chars();
        match chars.next() {
            Some('"') => text.push_str("\\\""),
            Some('\\') => text.push_str("\\\\"),
            Some('\n') => text.push_str("\\n"),
            Some('\r') => text.push_str("\\r"),
            Some('\t') => text.push_str("\\t"),
            Some('\u{8}') => text.push_str("\\b"),
            Some('\u{c}') => text.push_str("\\f"),
            Some(c) => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            None => {}
        }
        rest = chars.as_str();
    }
    text.push_str(rest);
    text.push('"');
}
