//! Finding a category by 汉字, by 拼音, or by the first letters of its syllables.
//!
//! `井盖`, `jinggai`, `jg`, `jingg` and `井盖缺失` all lead to the manhole covers. Pure, and built
//! once per catalogue. Tests: at the end.

use pinyin::ToPinyinMulti;
use shared::catalogue::Catalogue;
use shared::id::CategoryId;

/// Characters of a search that are looked at: nobody types more on a phone.
const QUERY_CHARS_LIMIT: usize = 40;

/// All categories with what they are found by.
#[derive(Debug)]
pub struct Search {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: CategoryId,
    name: String,
    /// Name of the 大类 and of all conditions.
    around: String,
    /// Per character of the name, its readings without tones; a character without a reading
    /// stands for itself.
    readings: Vec<Vec<String>>,
}

impl Search {
    /// Reads the names of a catalogue.
    #[must_use]
    pub fn of(catalogue: &Catalogue) -> Self {
        let entries = catalogue.doc().categories.iter().map(|category| {
            let mut around = category.major.to_lowercase();
            for condition in catalogue.conditions_of(&category.id) {
                around.push(' ');
                around.push_str(&condition.name.to_lowercase());
            }
            let name = category.name.to_lowercase();
            let readings = name.chars().map(readings).collect();
            Entry {
                id: category.id.clone(),
                name,
                around,
                readings,
            }
        });
        Self {
            entries: entries.collect(),
        }
    }

    /// The categories that fit, best first.
    #[must_use]
    pub fn find(&self, words: &str, limit: usize) -> Vec<&CategoryId> {
        let query: String = words
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '\'')
            .take(QUERY_CHARS_LIMIT)
            .flat_map(char::to_lowercase)
            .collect();
        if query.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(u8, usize, &CategoryId)> = self
            .entries
            .iter()
            .filter_map(|entry| Some((entry.rank(&query)?, entry.name.chars().count(), &entry.id)))
            .collect();
        found.sort();
        found.into_iter().take(limit).map(|(_, _, id)| id).collect()
    }
}

impl Entry {
    /// How well the query fits: 0 is best, `None` not at all.
    fn rank(&self, query: &str) -> Option<u8> {
        if self.name == query || self.id.as_str().eq_ignore_ascii_case(query) {
            return Some(0);
        }
        if self.name.starts_with(query) {
            return Some(1);
        }
        if self.name.contains(query) {
            return Some(2);
        }
        if query.is_ascii() {
            return (0..self.readings.len())
                .find(|start| spells(self.readings.get(*start..).unwrap_or_default(), query))
                .map(|start| if start == 0 { 3 } else { 4 });
        }
        if self.around.contains(query) {
            return Some(5);
        }
        // 井盖缺失: part in the name, part in a condition.
        let anywhere = |c: char| self.name.contains(c) || self.around.contains(c);
        (query.chars().all(anywhere) && query.chars().any(|c| self.name.contains(c))).then_some(6)
    }
}

fn readings(character: char) -> Vec<String> {
    let mut readings: Vec<String> = match character.to_pinyin_multi() {
        Some(multi) => multi
            .into_iter()
            .map(|reading| reading.plain().replace('ü', "v"))
            .collect(),
        None => vec![character.to_string()],
    };
    readings.sort();
    readings.dedup();
    readings
}

/// Whether the query spells the first syllables: each whole, or by any of its beginnings.
fn spells(syllables: &[Vec<String>], query: &str) -> bool {
    if query.is_empty() {
        return true;
    }
    let Some((first, rest)) = syllables.split_first() else {
        return false;
    };
    first.iter().any(|reading| {
        (1..=reading.len()).rev().any(|length| {
            let part = reading
                .get(..length)
                .and_then(|part| query.strip_prefix(part));
            part.is_some_and(|left| spells(rest, left))
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use shared::catalogue::shipped_doc;
    use shared::id::CatalogueVersion;

    fn names(words: &str) -> Vec<String> {
        let doc = shipped_doc(CatalogueVersion::new("t-1").unwrap(), vec![]).unwrap();
        let catalogue = Catalogue::new(doc).unwrap();
        let search = Search::of(&catalogue);
        let found = search.find(words, 12);
        found
            .into_iter()
            .map(|id| catalogue.category(id).unwrap().name.clone())
            .collect()
    }

    #[test]
    fn characters_syllables_and_first_letters_find_the_same_matter() {
        for words in [
            "暴露垃圾",
            "暴露",
            "baolulaji",
            "bllj",
            "baoll",
            "BaoLu La Ji",
            "露垃",
        ] {
            assert_eq!(
                names(words).first().map(String::as_str),
                Some("暴露垃圾"),
                "{words}"
            );
        }
    }

    #[test]
    fn a_name_with_its_condition_is_found() {
        assert!(names("井盖缺失").iter().any(|name| name.contains("井盖")));
        assert!(
            names("jinggai")
                .iter()
                .all(|name| name.contains("井盖") || name.contains("景"))
        );
        assert!(!names("jg").is_empty());
    }

    #[test]
    fn every_reading_of_a_character_counts() {
        // 重 is chong and zhong, 行 is hang and xing; whichever the worker says is right.
        for (character, said) in [('行', ["hang", "xing"]), ('重', ["chong", "zhong"])] {
            let known = readings(character);
            assert!(
                said.iter()
                    .all(|reading| known.iter().any(|k| k == reading)),
                "{known:?}"
            );
        }
    }

    #[test]
    fn nonsense_finds_nothing_and_does_no_harm() {
        for words in [
            "",
            "   ",
            "zzzzqqq",
            "'; DROP TABLE",
            "😀",
            &"a".repeat(5000),
            "%_",
        ] {
            assert!(
                names(words).is_empty(),
                "{words:?} found {:?}",
                names(words)
            );
        }
    }
}
