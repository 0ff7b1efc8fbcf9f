//! What to do next. Pure: it sees a snapshot and names one step; the engine does it.

use shared::time::Timestamp;
use shared::wire::queue::{Held, NetworkKind, SendingRules};

/// When something may be tried, as far as it is wanted at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wanted {
    /// Nothing to do.
    #[default]
    No,
    /// From this moment on; `Timestamp(0)` is at once.
    From(Timestamp),
}

impl Wanted {
    /// This wish, not before its channel's timer.
    #[must_use]
    pub fn not_before(self, timer: Option<Timestamp>) -> Self {
        match (self, timer) {
            (Self::From(at), Some(timer)) => Self::From(at.max(timer)),
            (wanted, _) => wanted,
        }
    }

    fn is_due(self, now: Timestamp) -> bool {
        matches!(self, Self::From(at) if at <= now)
    }

    const fn moment(self) -> Option<Timestamp> {
        match self {
            Self::No => None,
            Self::From(at) => Some(at),
        }
    }
}

/// Everything that the next step depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// The installation is bound to a server.
    pub enrolled: bool,
    /// The server refused the token.
    pub token_refused: bool,
    /// The token has ended: nothing goes before there is a new one.
    pub token_ended: bool,
    /// A new token.
    pub token: Wanted,
    /// No catalogue or no areas are here at all: nothing can be filed.
    pub bundles_missing: bool,
    /// Operations without an answer.
    pub operations: Wanted,
    /// Previews that have not arrived and whose operation has.
    pub previews: Wanted,
    /// Photos that have not arrived and whose operation has.
    pub photos: Wanted,
    /// The states of cases have not been asked for to the end in this round.
    pub states: Wanted,
    /// They failed last, and the server answered nothing else since: what is smaller than a page
    /// finds out whether there is a way.
    pub states_last: bool,
    /// The server names another catalogue than the one here.
    pub catalogue: Wanted,
    /// The server names other areas than those here.
    pub areas: Wanted,
}

/// One step of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Get a new token by the device's key.
    Renew,
    /// Send a batch of operations.
    Push,
    /// Send one preview.
    Preview,
    /// Bring one photo one request further.
    Photo,
    /// Ask for the next page of states.
    Pull,
    /// Fetch the catalogue.
    FetchCatalogue,
    /// Fetch the areas.
    FetchAreas,
    /// Nothing is due; the next thing is due then, if anything.
    Rest(Option<Timestamp>),
    /// The installation must be bound first.
    Enrol,
    /// The server doesn't accept the token any more.
    Paused,
}

/// Names the next step.
#[must_use]
pub fn next_step(snapshot: &Snapshot, now: Timestamp) -> Step {
    if !snapshot.enrolled {
        return Step::Enrol;
    }
    if snapshot.token_refused {
        return Step::Paused;
    }
    if snapshot.token_ended {
        return if snapshot.token.is_due(now) {
            Step::Renew
        } else {
            Step::Rest(snapshot.token.moment())
        };
    }
    let fetches = [
        (snapshot.catalogue, Step::FetchCatalogue),
        (snapshot.areas, Step::FetchAreas),
    ];
    let states = (snapshot.states, Step::Pull);
    let photos = (snapshot.photos, Step::Photo);
    let (first, second) = if snapshot.states_last {
        (photos, states)
    } else {
        (states, photos)
    };
    let others = [(snapshot.previews, Step::Preview), first, second];
    // Without a catalogue nobody can file, so the first one comes before anything but words. A
    // later one comes last: until then the former one is good, and it may be large or broken.
    let (before, after) = if snapshot.bundles_missing {
        (fetches.as_slice(), others.as_slice())
    } else {
        (others.as_slice(), fetches.as_slice())
    };
    let mut wishes = vec![(snapshot.operations, Step::Push)];
    wishes.extend(before);
    wishes.extend(after);
    // A token that nears its end is renewed when there is a round anyway; no round waits for it.
    if snapshot.token.is_due(now) {
        return Step::Renew;
    }
    if let Some((_, step)) = wishes.iter().find(|(wanted, _)| wanted.is_due(now)) {
        return *step;
    }
    Step::Rest(
        wishes
            .iter()
            .filter_map(|(wanted, _)| wanted.moment())
            .min(),
    )
}

/// Bytes in a megabyte, as networks are sold.
const MEGABYTE: u64 = 1_000_000;

/// Why photos have to wait on this network, if they do. `anyway` is somebody who said "now".
#[must_use]
pub fn photos_held(
    rules: SendingRules,
    network: NetworkKind,
    metered_today: u64,
    anyway: bool,
) -> Option<Held> {
    if anyway || network != NetworkKind::Metered {
        return None;
    }
    if rules.wifi_only {
        return Some(Held::ForWifi);
    }
    let cap = rules.daily_cap_mb?;
    let is_used_up = metered_today >= u64::from(cap).saturating_mul(MEGABYTE);
    is_used_up.then_some(Held::ForTomorrow)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000);
    const DUE: Wanted = Wanted::From(Timestamp(0));

    fn everything() -> Snapshot {
        Snapshot {
            enrolled: true,
            operations: DUE,
            previews: DUE,
            photos: DUE,
            token: DUE,
            states: DUE,
            catalogue: DUE,
            areas: DUE,
            ..Snapshot::default()
        }
    }

    #[test]
    fn words_go_first_then_previews_states_and_photos_and_bundles_come_last() {
        let mut snapshot = everything();
        let mut order = Vec::new();
        loop {
            let step = next_step(&snapshot, NOW);
            order.push(step);
            match step {
                Step::Renew => snapshot.token = Wanted::No,
                Step::Push => snapshot.operations = Wanted::No,
                Step::Preview => snapshot.previews = Wanted::No,
                Step::Photo => snapshot.photos = Wanted::No,
                Step::Pull => snapshot.states = Wanted::No,
                Step::FetchCatalogue => snapshot.catalogue = Wanted::No,
                Step::FetchAreas => snapshot.areas = Wanted::No,
                Step::Rest(_) | Step::Enrol | Step::Paused => break,
            }
        }
        use Step::{FetchAreas, FetchCatalogue, Photo, Preview, Pull, Push, Renew, Rest};
        assert_eq!(
            order,
            [
                Renew,
                Push,
                Preview,
                Pull,
                Photo,
                FetchCatalogue,
                FetchAreas,
                Rest(None)
            ]
        );
    }

    #[test]
    fn where_the_states_failed_last_and_nobody_answered_since_photos_go_before_them() {
        let mut snapshot = Snapshot {
            token: Wanted::No,
            operations: Wanted::No,
            states_last: true,
            ..everything()
        };
        assert_eq!(next_step(&snapshot, NOW), Step::Preview);
        snapshot.previews = Wanted::No;
        assert_eq!(next_step(&snapshot, NOW), Step::Photo);
        snapshot.photos = Wanted::From(Timestamp(5_000));
        assert_eq!(next_step(&snapshot, NOW), Step::Pull);
    }

    #[test]
    fn a_handheld_without_a_catalogue_gets_one_before_its_previews_go() {
        let mut snapshot = Snapshot {
            bundles_missing: true,
            token: Wanted::No,
            ..everything()
        };
        assert_eq!(next_step(&snapshot, NOW), Step::Push);
        snapshot.operations = Wanted::No;
        assert_eq!(next_step(&snapshot, NOW), Step::FetchCatalogue);
    }

    #[test]
    fn a_channel_that_waits_does_not_hold_up_the_others() {
        let later = Timestamp(5_000);
        let mut snapshot = everything();
        snapshot.token = DUE.not_before(Some(later));
        assert_eq!(next_step(&snapshot, NOW), Step::Push);
        snapshot.operations = DUE.not_before(Some(later));
        assert_eq!(next_step(&snapshot, NOW), Step::Preview);
        let waiting = Snapshot {
            enrolled: true,
            operations: Wanted::From(later),
            ..Snapshot::default()
        };
        assert_eq!(next_step(&waiting, NOW), Step::Rest(Some(later)));
        assert_eq!(next_step(&waiting, later), Step::Push);
    }

    #[test]
    fn photos_wait_for_a_network_that_the_worker_allows() {
        use NetworkKind::{Free, Metered, Unknown};
        let wifi_only = SendingRules {
            wifi_only: true,
            daily_cap_mb: None,
        };
        let capped = SendingRules {
            wifi_only: false,
            daily_cap_mb: Some(20),
        };
        let held = |rules, network, used| photos_held(rules, network, used, false);
        for network in [Free, Unknown] {
            assert_eq!(held(wifi_only, network, 0), None);
            assert_eq!(held(capped, network, u64::MAX), None);
        }
        assert_eq!(held(SendingRules::default(), Metered, u64::MAX), None);
        assert_eq!(held(wifi_only, Metered, 0), Some(Held::ForWifi));
        assert_eq!(held(capped, Metered, 19_999_999), None);
        assert_eq!(held(capped, Metered, 20_000_000), Some(Held::ForTomorrow));
        for rules in [wifi_only, capped] {
            assert_eq!(photos_held(rules, Metered, u64::MAX, true), None, "now!");
        }
    }

    #[test]
    fn nothing_is_sent_with_a_token_that_has_ended() {
        let mut snapshot = Snapshot {
            token_ended: true,
            ..everything()
        };
        assert_eq!(next_step(&snapshot, NOW), Step::Renew);
        let later = Timestamp(5_000);
        snapshot.token = DUE.not_before(Some(later));
        assert_eq!(next_step(&snapshot, NOW), Step::Rest(Some(later)));
    }

    #[test]
    fn a_refused_token_pauses_and_an_unbound_device_does_nothing() {
        assert_eq!(
            next_step(
                &Snapshot {
                    token_refused: true,
                    ..everything()
                },
                NOW
            ),
            Step::Paused
        );
        assert_eq!(
            next_step(
                &Snapshot {
                    enrolled: false,
                    ..everything()
                },
                NOW
            ),
            Step::Enrol
        );
    }
}
