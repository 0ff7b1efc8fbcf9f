//! Whom to call about a report: a resident who asks for help, named only if the worker wants to.
//!
//! A report's operation holds a commitment to the contact, never the contact itself: that travels
//! beside the operation's hashed members, in `aside`, and is kept apart. So it can be erased, and
//! every hash stays as it was. Pure; kept and erased by the server's `service/contacts.rs`.

use crate::id::Sha256;
use crate::time::{DAY_MS, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A name: the longest in use, with a form of address.
pub const NAME_CHARS_LIMIT: usize = 30;
/// A phone number with its country, area and extension.
pub const PHONE_CHARS_LIMIT: usize = 30;
/// A salt: 256 bits in hex.
const SALT_CHARS_LIMIT: usize = 64;
/// How long a contact is kept after its case was closed, unless the server is told otherwise: until
/// the last complaint about the handling may be made.
pub const KEPT_DAYS: i64 = 90;
/// How long after the closing those who handled it may still read it: for one call back.
pub const READABLE_MS: i64 = 7 * DAY_MS;

/// Name and phone of somebody, and what makes the commitment unguessable.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    /// Name or form of address.
    #[serde(default)]
    pub name: String,
    /// Phone number, as typed.
    #[serde(default)]
    pub phone: String,
    /// Random hex digits: who knows the commitment alone can't try phone numbers.
    pub salt: String,
}

// It shows itself nowhere: whatever is printed may end in a log.
impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contact")
    }
}

/// What travels beside an operation's hashed members.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Aside {
    /// Whom to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
}

/// A contact as those see it who may not read it, or don't have to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MaskedContact {
    /// 张**.
    pub name: String,
    /// 138****1234.
    pub phone: String,
    /// The asker may read it now.
    pub may_read: bool,
    /// It was erased.
    pub erased: bool,
}

impl Contact {
    /// A contact as filled in; `None` when nothing is.
    #[must_use]
    pub fn of(name: &str, phone: &str, salt: String) -> Option<Self> {
        let (name, phone) = (name.trim().to_owned(), phone.trim().to_owned());
        let is_empty = name.is_empty() && phone.is_empty();
        (!is_empty).then_some(Self { name, phone, salt })
    }

    /// What the report vouches for.
    #[must_use]
    pub fn commitment(&self) -> Sha256 {
        let Self { name, phone, salt } = self;
        let (name_len, phone_len) = (name.len(), phone.len());
        let text = format!("gewu-contact/1\n{name_len} {name}\n{phone_len} {phone}\n{salt}");
        Sha256::of(text.as_bytes())
    }

    /// Whether it is short enough and holds no control characters.
    #[must_use]
    pub fn fits(&self) -> bool {
        fits(&self.name, &self.phone)
            && self.salt.chars().count() <= SALT_CHARS_LIMIT
            && self.salt.chars().all(|c| c.is_ascii_hexdigit())
    }
}

/// Whether name and phone are short enough and hold no control characters.
#[must_use]
pub fn fits(name: &str, phone: &str) -> bool {
    let is_line =
        |text: &str, limit| text.chars().count() <= limit && !text.chars().any(char::is_control);
    is_line(name, NAME_CHARS_LIMIT) && is_line(phone, PHONE_CHARS_LIMIT)
}

/// 张三丰 as 张**.
#[must_use]
pub fn mask_name(name: &str) -> String {
    let rest = name.chars().count().saturating_sub(1);
    let first = name.chars().take(1);
    // Never as many stars as letters: a short name would be told by its length.
    first.chain("**".chars().filter(|_| rest > 0)).collect()
}

/// 13812341234 as 138****1234, as is usual from eleven digits on; of a shorter number at most a
/// third is shown, its last two digits, and of one shorter than six digits nothing.
#[must_use]
pub fn mask_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return String::new();
    }
    let (first, last) = match digits.len() {
        0..6 => (0, 0),
        6..11 => (0, 2),
        _ => (3, 4),
    };
    let begins = digits.iter().take(first);
    let ends = digits.iter().skip(digits.len().saturating_sub(last));
    begins.chain(&['*'; 4]).chain(ends).collect()
}

/// Until when those who handle a case may read its contact; none while it is open.
#[must_use]
pub fn readable_until(closed: Option<Timestamp>) -> Option<Timestamp> {
    closed.map(|closed| closed.plus_ms(READABLE_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact() -> Contact {
        Contact {
            name: "张三丰".into(),
            phone: "138-1234-1234".into(),
            salt: "00ff".into(),
        }
    }

    #[test]
    fn a_commitment_depends_on_each_part_and_on_where_one_ends() {
        let one = contact().commitment();
        for other in [
            Contact {
                name: "张三".into(),
                ..contact()
            },
            Contact {
                phone: String::new(),
                ..contact()
            },
            Contact {
                salt: "00fe".into(),
                ..contact()
            },
            Contact {
                name: "张三丰1".into(),
                phone: "38-1234-1234".into(),
                ..contact()
            },
        ] {
            assert_ne!(other.commitment(), one);
        }
    }

    #[test]
    fn a_mask_tells_neither_name_nor_number() {
        assert_eq!(mask_name("张三丰"), "张**");
        assert_eq!(mask_name("张三"), "张**");
        assert_eq!(mask_name("张"), "张");
        assert_eq!(mask_name(""), "");
        assert_eq!(mask_phone("138-1234-1234"), "138****1234");
        assert_eq!(mask_phone("0599-5821234"), "059****1234");
        for (landline, shown) in [
            ("5821234567", "****67"),
            ("5823-4567", "****67"),
            ("582345", "****45"),
            ("58234", "****"),
            ("5552", "****"),
        ] {
            assert_eq!(mask_phone(landline), shown);
        }
        assert_eq!(mask_phone("无"), "");
        assert_eq!(format!("{:?}", contact()), "Contact");
    }

    #[test]
    fn what_is_too_long_or_no_line_does_not_fit() {
        assert!(contact().fits());
        assert!(!fits(&"字".repeat(31), ""));
        assert!(!fits("张\n三", ""));
        assert!(
            !Contact {
                salt: "盐".into(),
                ..contact()
            }
            .fits()
        );
        assert!(Contact::of(" ", "", String::new()).is_none());
    }
}
