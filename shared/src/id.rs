//! Identities as newtypes, so that a report's id can't be passed where a case's is wanted.
//!
//! UUIDs are version 7, minted where the thing is made (a report's on the handheld, a case's on
//! the server) and handed in from the edge: nothing here draws a random number.
//! Codes are short texts that mean something to people (area, unit, category).

use crate::hex;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;
use uuid::Uuid;

/// Why a text is not an id or a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what}: {text:?}")]
pub struct IdError {
    /// Which kind of id was expected.
    pub what: &'static str,
    /// What was found, shortened to 80 characters.
    pub text: String,
}

impl IdError {
    pub(crate) fn new(what: &'static str, text: &str) -> Self {
        Self {
            what,
            text: text.chars().take(80).collect(),
        }
    }
}

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.as_hyphenated())
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| IdError::new($what, text))
            }
        }
    )*};
}

uuid_id! {
    /// A filed report. Minted on the handheld; never changes.
    ReportId, "report id";
    /// One operation of a device. Minted on the handheld.
    OpId, "operation id";
    /// A case on the server.
    CaseId, "case id";
    /// One entry of a case's trail.
    EventId, "event id";
    /// A person who signs in or carries a handheld.
    PersonId, "person id";
    /// One installation of the handheld app.
    DeviceId, "device id";
    /// A post: a person in a role at a place.
    PostId, "post id";
    /// A draft on the handheld; becomes the report's id when it is filed.
    DraftId, "draft id";
    /// A draft of the catalogue on the server; becomes a version when it is published.
    CatalogueDraftId, "catalogue draft id";
    /// An order that puts an area into emergency mode.
    OrderId, "order id";
}

/// Codes are at most this long, so that an index key stays small on every database.
pub const CODE_CHARS_LIMIT: usize = 64;

macro_rules! text_code {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String)]
        pub struct $name(String);

        impl $name {
            /// Checks the characters (ASCII letters, digits, `-`, `_`, `.`, `:`) and the length.
            ///
            /// # Errors
            /// When the text is empty, too long or holds another character.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                let fits = !text.is_empty()
                    && text.len() <= CODE_CHARS_LIMIT
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
                if fits { Ok(Self(text)) } else { Err(IdError::new($what, &text)) }
            }
            /// The code as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

text_code! {
    /// A place in the area tree: 6 digits district, 9 street, 12 community, more for grids.
    AreaCode, "area code";
    /// A unit that handles cases: department, utility, street body, or a pool.
    UnitCode, "unit code";
    /// A category (小类): letter of its kind, major, minor, as `C0101`.
    CategoryId, "category id";
    /// A filing condition (立案条件) of a category, as `C0101-1`.
    ConditionId, "condition id";
    /// A published version of the catalogue.
    CatalogueVersion, "catalogue version";
    /// A set of rows that one device may pull, as `person:…` or `grid:…`.
    Bucket, "bucket";
}

/// The SHA-256 of a photo's stored bytes, which is the photo's identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Wraps a digest that was computed elsewhere.
    #[must_use]
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The digest of some bytes that lie in pieces.
    #[must_use]
    pub fn of_parts<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Self {
        use sha2::Digest;
        let mut digest = sha2::Sha256::new();
        for part in parts {
            digest.update(part);
        }
        Self(digest.finalize().into())
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        hex::read(text)
            .map(Self)
            .ok_or_else(|| IdError::new("SHA-256 in 64 lower-case hex digits", text))
    }
}

impl Serialize for Sha256 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;

        impl serde::de::Visitor<'_> for Digits {
            type Value = Sha256;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string of 64 lower-case hex digits")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Sha256, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Digits)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_hash_reads_back_as_written_and_refuses_other_text() {
        let hash = Sha256::of(b"gewu");
        assert_eq!(hash.to_string().parse::<Sha256>().unwrap(), hash);
        assert!("9F86".parse::<Sha256>().is_err());
        assert!("g".repeat(64).parse::<Sha256>().is_err());
        assert!("é".repeat(32).parse::<Sha256>().is_err());
    }

    #[test]
    fn a_code_refuses_what_could_be_sql_or_a_path() {
        assert!(AreaCode::new("350703001012").is_ok());
        for bad in ["", "a b", "a'b", "../x", "格", &"9".repeat(65)] {
            assert!(AreaCode::new(bad).is_err(), "{bad:?}");
        }
        assert!(serde_json::from_str::<UnitCode>("\"D22'--\"").is_err());
    }
}
