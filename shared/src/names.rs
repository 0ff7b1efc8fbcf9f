//! The machine names of the small enums as they are stored, the same as on the wire.
//!
//! The wire's names come from serde; a test here holds that both agree, so that a database never
//! says another word than an answer. Nothing else belongs here.

use crate::area::AreaKind;
use crate::case::Class;
use crate::report::{PhotoRole, PlaceSource};
use crate::role::PostKind;
use crate::wire::sync::{Outcome, Why};

macro_rules! names {
    ($($name:ident { $($variant:ident = $text:literal),* $(,)? })*) => {$(
        impl $name {
            /// Machine name, as stored.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
            /// The value of a machine name.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    )*};
}

names! {
    AreaKind {
        District = "district",
        Street = "street",
        Community = "community",
        Grid = "grid",
        ExclusiveGrid = "exclusive_grid",
    }
    PlaceSource { Gps = "gps", Exif = "exif", Pin = "pin", Typed = "typed" }
    PhotoRole { Near = "near", Far = "far", Before = "before", After = "after", Other = "other" }
    PostKind {
        Worker = "worker",
        Head = "head",
        ExclusiveWorker = "exclusive_worker",
        Assistant = "assistant",
        Office = "office",
    }
    Why { Put = "put", Tombstone = "tombstone", Evict = "evict", Redact = "redact", Other = "other" }
}

impl Class {
    /// The class of a machine name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Closed]
            .into_iter()
            .find(|class| class.as_str() == text)
    }
}

impl Outcome {
    /// The outcome of a machine name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Applied,
            Self::Duplicate,
            Self::Held,
            Self::Quarantined,
            Self::Rejected,
        ]
        .into_iter()
        .find(|outcome| outcome.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn what_is_stored_is_what_the_wire_says() {
        fn same<T: serde::Serialize>(value: T, name: &str) {
            assert_eq!(serde_json::to_value(value).unwrap(), name);
        }
        for kind in ["district", "street", "community", "grid", "exclusive_grid"] {
            same(AreaKind::parse(kind).unwrap(), kind);
        }
        for source in ["gps", "exif", "pin", "typed"] {
            same(PlaceSource::parse(source).unwrap(), source);
        }
        for role in ["near", "far", "before", "after", "other"] {
            same(PhotoRole::parse(role).unwrap(), role);
        }
        for kind in ["worker", "head", "exclusive_worker", "assistant", "office"] {
            same(PostKind::parse(kind).unwrap(), kind);
        }
        for why in ["put", "tombstone", "evict", "redact"] {
            same(Why::parse(why).unwrap(), why);
        }
        for class in ["open", "closed"] {
            same(Class::parse(class).unwrap(), class);
        }
        for outcome in ["applied", "duplicate", "held", "quarantined", "rejected"] {
            same(Outcome::parse(outcome).unwrap(), outcome);
        }
    }
}
