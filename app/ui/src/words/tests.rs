//! What every phrase keeps to.

use super::*;
use shared::time::{HOUR_MS, MINUTE_MS};

#[test]
fn chinese_screens_hold_no_english_words() {
    // Names that are the same in every language, and examples of what to type.
    let allowed = [
        "https://gewu.example.gov.cn",
        "jinggai",
        "jg",
        "Apache-2.0",
        "PIN",
        "Wi-Fi",
        "MB",
    ];
    for word in ALL.iter().chain(tasks::ALL) {
        let mut text = word.0.to_owned();
        for name in allowed {
            text = text.replace(name, "");
        }
        assert!(!text.chars().any(|c| c.is_ascii_alphabetic()), "{}", word.0);
        assert!(!word.1.is_empty(), "{} has no English", word.0);
    }
}

#[test]
fn no_phrase_shouts() {
    for word in ALL.iter().chain(tasks::ALL) {
        assert!(
            !word.0.contains(['!', '！']) && !word.1.contains('!'),
            "{}",
            word.0
        );
    }
}

#[test]
fn a_time_is_said_in_the_language_of_the_screen() {
    let (zh, en) = (Speaker(Lang::Zh), Speaker(Lang::En));
    let at = Timestamp(1_795_487_400_000);
    assert_eq!(zh.moment(at, at), "11月24日 10:30");
    assert_eq!(en.moment(at, at), "24 Nov 10:30");
    assert_eq!(
        zh.remaining(at.plus_ms(80 * MINUTE_MS), at),
        "距期限 1时20分"
    );
    assert_eq!(
        en.remaining(at.plus_ms(-26 * HOUR_MS), at),
        "late by 1 d 2 h"
    );
    assert_eq!(en.duration(10), "under 1 min");
}
