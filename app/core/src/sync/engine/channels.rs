//! The channels of sync: each fails and waits on its own.

use crate::sync::plan::Step;

/// The channels that fail and wait on their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// A new token.
    Token,
    /// Operations.
    Operations,
    /// Previews of photos.
    Previews,
    /// Photos.
    Photos,
    /// States of cases.
    States,
    /// Another catalogue.
    Catalogue,
    /// Other areas.
    Areas,
}

/// How many times the usual back-off a bundle waits: it may be megabytes of mobile data, and the
/// former one is still good.
const BUNDLE_PATIENCE: i64 = 4;

impl Channel {
    /// All of them.
    pub(super) const ALL: [Self; 7] = [
        Self::Token,
        Self::Operations,
        Self::Previews,
        Self::Photos,
        Self::States,
        Self::Catalogue,
        Self::Areas,
    ];

    /// Whose timer a step waits for.
    pub(super) const fn of(step: Step) -> Option<Self> {
        match step {
            Step::Renew => Some(Self::Token),
            Step::Push => Some(Self::Operations),
            Step::Preview => Some(Self::Previews),
            Step::Photo => Some(Self::Photos),
            Step::Pull => Some(Self::States),
            Step::FetchCatalogue => Some(Self::Catalogue),
            Step::FetchAreas => Some(Self::Areas),
            Step::Rest(_) | Step::Enrol | Step::Paused => None,
        }
    }

    /// Whether it brings a bundle.
    pub(super) const fn is_bundle(self) -> bool {
        matches!(self, Self::Catalogue | Self::Areas)
    }

    /// How many times the usual back-off it waits.
    pub(super) const fn patience(self) -> i64 {
        if self.is_bundle() { BUNDLE_PATIENCE } else { 1 }
    }
}
