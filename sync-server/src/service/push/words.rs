//! Words of an operation as their columns take them.

/// Characters of a kind or subject as kept in their columns; the whole is in the body.
const WORD_CHARS_MAX: usize = 64;

/// A word for a column: no control characters, not too long.
pub(in crate::service) fn word(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= WORD_CHARS_MAX && !text.contains(char::is_control) {
        return text.into();
    }
    text.chars()
        .filter(|c| !c.is_control())
        .take(WORD_CHARS_MAX)
        .collect::<String>()
        .into()
}
