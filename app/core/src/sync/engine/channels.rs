//! The channels of sync: each fails and waits on its own.

use crate::sync::plan::Step;
use crate::sync::transport::Failure;

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

    /// Whether its failure says nothing of the others, even where nobody seems to be there. A bundle
    /// may be the only thing that is broken or too large; a page of states too, for a weak link, if
    /// the server `answered` something else since the last time that nobody could be reached.
    pub(super) const fn fails_alone(self, failure: &Failure, answered: bool) -> bool {
        let is_slow = matches!(self, Self::States) && matches!(failure, Failure::Unreachable(_));
        self.is_bundle() || (is_slow && answered)
    }

    /// How many times the usual back-off it waits.
    pub(super) const fn patience(self) -> i64 {
        if self.is_bundle() { BUNDLE_PATIENCE } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Round;
    use super::*;
    use shared::time::Timestamp;

    fn too_slow() -> Failure {
        Failure::Unreachable(String::from("no answer in time"))
    }

    /// The channels that wait after these came true, in order: a success, or how one failed.
    fn waiting_after(course: &[(Channel, Option<Failure>)]) -> Vec<Channel> {
        let mut round = Round::default();
        for (channel, failure) in course {
            match failure {
                Some(failure) => {
                    round.failed(*channel, failure, Timestamp(0), 0.5);
                }
                None => round.succeeded(*channel),
            }
        }
        let waits = |channel: &Channel| round.timer(*channel).not_before.is_some();
        Channel::ALL.into_iter().filter(waits).collect()
    }

    #[test]
    fn states_without_an_answer_wait_alone_where_the_server_answered_something_else() {
        use Channel::{Operations, Photos, States};
        let pushed: (Channel, Option<Failure>) = (Operations, None);
        let slow = (States, Some(too_slow()));
        assert_eq!(waiting_after(&[pushed.clone(), slow.clone()]), [States]);
        // Again and again, as long as others are answered.
        let again = [pushed.clone(), slow.clone(), (Photos, None), slow.clone()];
        assert_eq!(waiting_after(&again), [States]);
        // Nobody was reached yet, or not any more.
        assert_eq!(waiting_after(std::slice::from_ref(&slow)), Channel::ALL);
        let gone = [pushed.clone(), (Photos, Some(too_slow())), slow];
        assert_eq!(waiting_after(&gone), Channel::ALL);
        // A portal is one for all.
        let portal = (States, Some(Failure::Foreign(String::from("a page"))));
        assert_eq!(waiting_after(&[pushed, portal]), Channel::ALL);
    }

    #[test]
    fn a_bundle_waits_alone_and_operations_never_do() {
        for (channel, alone) in [
            (Channel::Catalogue, true),
            (Channel::Areas, true),
            (Channel::Operations, false),
            (Channel::Previews, false),
            (Channel::Photos, false),
        ] {
            let waiting = waiting_after(&[(Channel::States, None), (channel, Some(too_slow()))]);
            assert_eq!(waiting == [channel], alone, "{channel:?}");
        }
    }
}
