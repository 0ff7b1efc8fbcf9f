//! What to do next. Pure: it sees a snapshot and names one step; the engine does it.

use shared::time::Timestamp;

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
    /// No catalogue or no areas are here at all: nothing can be filed.
    pub bundles_missing: bool,
    /// Operations without an answer.
    pub operations: Wanted,
    /// Photos that have not arrived and whose operation has.
    pub photos: Wanted,
    /// The states of cases have not been asked for to the end in this round.
    pub states: Wanted,
    /// The server names another catalogue than the one here.
    pub catalogue: Wanted,
    /// The server names other areas than those here.
    pub areas: Wanted,
}

/// One step of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Send a batch of operations.
    Push,
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
    let fetches = [
        (snapshot.catalogue, Step::FetchCatalogue),
        (snapshot.areas, Step::FetchAreas),
    ];
    let rest = [
        (snapshot.photos, Step::Photo),
        (snapshot.states, Step::Pull),
    ];
    // Without a catalogue nobody can file, so the first one comes before a backlog of photos.
    let (before, after) = if snapshot.bundles_missing {
        (fetches, rest)
    } else {
        (rest, fetches)
    };
    let order = [(snapshot.operations, Step::Push)]
        .into_iter()
        .chain(before)
        .chain(after);
    let wishes: Vec<_> = order.collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000);
    const DUE: Wanted = Wanted::From(Timestamp(0));

    fn everything() -> Snapshot {
        Snapshot {
            enrolled: true,
            operations: DUE,
            photos: DUE,
            states: DUE,
            catalogue: DUE,
            areas: DUE,
            ..Snapshot::default()
        }
    }

    #[test]
    fn words_go_first_then_photos_then_states_then_the_catalogue() {
        let mut snapshot = everything();
        let mut order = Vec::new();
        loop {
            let step = next_step(&snapshot, NOW);
            order.push(step);
            match step {
                Step::Push => snapshot.operations = Wanted::No,
                Step::Photo => snapshot.photos = Wanted::No,
                Step::Pull => snapshot.states = Wanted::No,
                Step::FetchCatalogue => snapshot.catalogue = Wanted::No,
                Step::FetchAreas => snapshot.areas = Wanted::No,
                Step::Rest(_) | Step::Enrol | Step::Paused => break,
            }
        }
        use Step::{FetchAreas, FetchCatalogue, Photo, Pull, Push, Rest};
        assert_eq!(
            order,
            [Push, Photo, Pull, FetchCatalogue, FetchAreas, Rest(None)]
        );
    }

    #[test]
    fn a_handheld_without_a_catalogue_gets_one_before_its_photos_go() {
        let mut snapshot = Snapshot {
            bundles_missing: true,
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
        snapshot.operations = DUE.not_before(Some(later));
        assert_eq!(next_step(&snapshot, NOW), Step::Photo);
        let waiting = Snapshot {
            enrolled: true,
            operations: Wanted::From(later),
            ..Snapshot::default()
        };
        assert_eq!(next_step(&waiting, NOW), Step::Rest(Some(later)));
        assert_eq!(next_step(&waiting, later), Step::Push);
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
