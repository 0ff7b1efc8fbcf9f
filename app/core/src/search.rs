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
        let all = catalogue.doc().categories.iter();
        let in_use = all.filter(|category| !category.retired);
        let entries = in_use.map(|category| {
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
            let whole = |from: usize| {
                let syllables = self.readings.get(from..).unwrap_or_default();
                spells(syllables, query, Gaps::No)
            };
            return match (0..self.readings.len()).find(|from| whole(*from)) {
                Some(0) => Some(3),
                Some(_) => Some(4),
                None => spells(&self.readings, query, Gaps::Allowed).then_some(6),
            };
        }
        let mut name = self.name.chars();
        if query.chars().all(|c| name.any(|n| n == c)) {
            return Some(5);
        }
        if self.around.contains(query) {
            return Some(7);
        }
        // 井盖缺失: part in the name, part in a condition.
        let anywhere = |c: char| self.name.contains(c) || self.around.contains(c);
        (query.chars().all(anywhere) && query.chars().any(|c| self.name.contains(c))).then_some(8)
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

/// Whether syllables may be left out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gaps {
    No,
    Allowed,
}

/// Whether the query spells the syllables from the first on, each whole or by any of its
/// beginnings; the last ones may be missing.
fn spells(syllables: &[Vec<String>], query: &str, gaps: Gaps) -> bool {
    // How much of the query can be spelled by the syllables so far: one flag per length.
    let mut spelled = vec![false; query.len() + 1];
    if let Some(nothing) = spelled.first_mut() {
        *nothing = true;
    }
    for readings in syllables {
        let mut next = if gaps == Gaps::Allowed {
            spelled.clone()
        } else {
            vec![false; spelled.len()]
        };
        let starts = spelled.iter().enumerate().filter(|(_, reached)| **reached);
        for (start, _) in starts {
            let left = query.as_bytes().get(start..).unwrap_or_default();
            for reading in readings {
                let same = reading
                    .bytes()
                    .zip(left)
                    .take_while(|(a, b)| a == *b)
                    .count();
                for flag in next.iter_mut().skip(start + 1).take(same) {
                    *flag = true;
                }
            }
        }
        spelled = next;
        if spelled.last() == Some(&true) {
            return true;
        }
    }
    false
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
        let all = [
            "暴露生活垃圾",
            "暴露",
            "暴露垃圾",
            "baolushenghuo",
            "blsh",
            "baoll",
            "BaoLu La Ji",
            "露生",
        ];
        for words in all {
            let found = names(words);
            assert_eq!(
                found.first().map(String::as_str),
                Some("暴露生活垃圾"),
                "{words}: {found:?}"
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
