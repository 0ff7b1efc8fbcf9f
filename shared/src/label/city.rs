//! Words that a city says otherwise, looked up before the usual ones: 核实 and 核查 are swapped in
//! places, and the catalogue says where (`CatalogueDoc::labels`).

use super::{Lang, case_move, event, state, step};
use crate::case::{Move, STATES, Step};
use crate::catalogue::Label;

/// The words of a city; without labels of its own they are the usual ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct City(pub Vec<Label>);

impl City {
    fn own(&self, part: &str, name: &str, lang: Lang) -> Option<&str> {
        let mut labels = self.0.iter();
        let label = labels.find(|label| label.key.split_once('.') == Some((part, name)))?;
        let word = match lang {
            Lang::En if !label.en.is_empty() => &label.en,
            Lang::En => return None,
            Lang::Zh => &label.zh,
        };
        Some(word.as_str()).filter(|word| !word.is_empty())
    }

    /// A state's word; key `state.checking`.
    #[must_use]
    pub fn state(&self, name: &str, lang: Lang) -> String {
        let own = self.own("state", name, lang);
        own.unwrap_or(state(name, lang)).to_owned()
    }

    /// What a move's button says; key `move.verify`.
    #[must_use]
    pub fn case_move(&self, kind: Move, lang: Lang) -> String {
        let own = self.own("move", kind.as_str(), lang);
        own.unwrap_or(case_move(kind, lang)).to_owned()
    }

    /// What happened, for an entry of the course; key `event.verify`, else what the move is called.
    #[must_use]
    pub fn event(&self, kind: &str, lang: Lang) -> String {
        let own = self.own("event", kind, lang);
        own.or_else(|| self.own("move", kind, lang))
            .unwrap_or(event(kind, lang))
            .to_owned()
    }

    /// What is usually called as a state is, by the word that this city has for that state.
    #[must_use]
    pub fn like_state(&self, usual: &str, lang: Lang) -> String {
        let row = STATES.iter().find(|row| state(row.name, lang) == usual);
        row.map_or_else(|| usual.to_owned(), |row| self.state(row.name, lang))
    }

    /// A public link's word; key `step.check`.
    #[must_use]
    pub fn step(&self, which: Step, lang: Lang) -> String {
        let name = match which {
            Step::Report => "report",
            Step::File => "file",
            Step::Dispatch => "dispatch",
            Step::Handle => "handle",
            Step::Feedback => "feedback",
            Step::Check => "check",
            Step::Close => "close",
        };
        let own = self.own("step", name, lang);
        own.unwrap_or(step(which, lang)).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{CHECKING, VERIFYING};

    #[test]
    fn a_city_that_swaps_the_two_words_is_obeyed_and_others_are_not_touched() {
        let label = |key: &str, zh: &str| Label {
            key: key.to_owned(),
            zh: zh.to_owned(),
            en: String::new(),
        };
        let city = City(vec![
            label("state.verifying", "待核查"),
            label("move.verify", "核查"),
        ]);
        assert_eq!(city.state(VERIFYING, Lang::Zh), "待核查");
        assert_eq!(city.case_move(Move::Verify, Lang::Zh), "核查");
        assert_eq!(city.event("verify", Lang::Zh), "核查");
        assert_eq!(city.state(VERIFYING, Lang::En), "To be verified");
        assert_eq!(city.state(CHECKING, Lang::Zh), "待核查");
        assert_eq!(City::default().state(VERIFYING, Lang::Zh), "待核实");
        assert_eq!(city.like_state("待核实", Lang::Zh), "待核查");
        assert_eq!(city.like_state("超期", Lang::Zh), "超期");
    }
}
