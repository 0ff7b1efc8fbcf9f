//! What may be done with a case and what each move's form asks for: plain functions, so that the
//! forms hold no rule. Tests are at the end of the file.

use crate::desk::move_word;
use shared::case::{
    ACCEPTED, Ask, Asked, CHECKED, CHECKING, CONTESTED, DISPATCHED, Fact, Found, HANDLED, HANDLING,
    Move, Outcome, REASON_CHARS_LIMIT, RECEIVED, RETURNED, Refusal, SUSPENSION_MS_MAX, VERIFYING,
};
use shared::label::{self, Lang};
use shared::report::PhotoRole;
use shared::time::Timestamp;
use shared::wire::console::{AllowedMove, CaseDetail, MoveRequest};

/// A button: a move, and for a request what is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Begun {
    /// The move.
    pub(crate) allowed: AllowedMove,
    /// What is asked for.
    pub(crate) ask: Option<Ask>,
}

impl Begun {
    /// Name of its button within the page.
    pub(crate) fn id(&self) -> String {
        let kind = self.allowed.kind.as_str();
        let name = self.ask.map_or_else(
            || format!("move-{kind}"),
            |ask| format!("move-{kind}-{}", ask.as_str()),
        );
        name.replace('_', "-")
    }

    /// What its button says.
    pub(crate) fn words(&self, lang: Lang) -> String {
        match self.ask {
            Some(ask) => {
                let ask_for = crate::words::ASK_FOR.of(lang);
                format!("{ask_for}{}", label::ask(ask, lang))
            }
            None => move_word(self.allowed.kind, lang),
        }
    }
}

/// The buttons of a case in lots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lots {
    /// The step that the work usually goes on with.
    pub(crate) next: Option<Begun>,
    /// What else may be done.
    pub(crate) more: Vec<Begun>,
    /// What turns a case away or ends it otherwise than by having put it right.
    pub(crate) apart: Vec<Begun>,
    /// The answers to a request that waits.
    pub(crate) answers: Vec<Begun>,
}

/// The usual steps from a state, the likeliest first.
fn usual(state: &str) -> &'static [Move] {
    match state {
        RECEIVED => &[Move::Dispatch, Move::Accept],
        VERIFYING => &[Move::Verify],
        ACCEPTED | RETURNED => &[Move::Dispatch],
        DISPATCHED => &[Move::Start],
        HANDLING => &[Move::Finish, Move::Dispatch],
        HANDLED => &[Move::Close, Move::Dispatch],
        CHECKING => &[Move::Check],
        CHECKED => &[Move::Close, Move::Rework, Move::Dispatch],
        CONTESTED => &[Move::AskCheck, Move::Rework, Move::Dispatch],
        _ => &[],
    }
}

fn is_apart(begun: &Begun) -> bool {
    match begun.allowed.kind {
        Move::HandBack | Move::NotAccept | Move::Merge | Move::Withdraw => true,
        Move::Ask => matches!(begun.ask, Some(Ask::Void | Ask::ForceClose)),
        _ => false,
    }
}

/// The buttons of a case.
pub(crate) fn lots(case: &CaseDetail) -> Lots {
    let mut lots = Lots::default();
    for allowed in &case.moves {
        let begun = |ask| Begun {
            allowed: allowed.clone(),
            ask,
        };
        match allowed.kind {
            Move::Ask => {
                let (apart, more): (Vec<_>, Vec<_>) = case
                    .asks
                    .iter()
                    .map(|ask| begun(Some(*ask)))
                    .partition(is_apart);
                lots.apart.extend(apart);
                lots.more.extend(more);
            }
            Move::Grant | Move::Refuse => lots.answers.push(begun(None)),
            _ if is_apart(&begun(None)) => lots.apart.push(begun(None)),
            _ => lots.more.push(begun(None)),
        }
    }
    // Whoever has a request to answer has that to do next.
    if lots.answers.is_empty() {
        let mut usual = usual(&case.row.state).iter().chain(&[Move::AnswerPart]);
        let at = usual.find_map(|kind| lots.more.iter().position(|one| one.allowed.kind == *kind));
        lots.next = at.map(|at| lots.more.remove(at));
    }
    lots
}

/// Why somebody who may answer a request isn't offered to grant it; none where they are, or where
/// it isn't theirs to answer.
pub(crate) fn not_offered(moves: &[AllowedMove], asked: &Asked) -> Option<Refusal> {
    let offers = |kind: Move| moves.iter().any(|allowed| allowed.kind == kind);
    let why = if asked.first_by.is_some() {
        Refusal::SameReviewer
    } else {
        Refusal::OwnRequest
    };
    (offers(Move::Refuse) && !offers(Move::Grant)).then_some(why)
}

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    /// What it holds.
    pub(crate) fact: Fact,
    /// The move is not made without it.
    pub(crate) required: bool,
}

/// The order of fields from top to bottom.
const ORDER: [Fact; 13] = [
    Fact::Into,
    Fact::Unit,
    Fact::Category,
    Fact::Condition,
    Fact::Person,
    Fact::Card,
    Fact::Stage,
    Fact::Found,
    Fact::Outcome,
    Fact::AfterPhoto,
    Fact::Until,
    Fact::Place,
    Fact::Reason,
];

/// The fields of a form, as it is filled in so far.
pub(crate) fn fields(begun: &Begun, request: &MoveRequest, case: &CaseDetail) -> Vec<Field> {
    ORDER
        .into_iter()
        .filter_map(|fact| {
            let required = requires(fact, begun, request, case);
            let shown = required || is_optional(fact, begun, case);
            shown.then_some(Field { fact, required })
        })
        .collect()
}

fn requires(fact: Fact, begun: &Begun, request: &MoveRequest, case: &CaseDetail) -> bool {
    let outcome = request.outcome.unwrap_or_default();
    match (begun.allowed.kind, fact) {
        (Move::Finish, Fact::Until) => outcome == Outcome::Planned,
        (Move::Finish, Fact::AfterPhoto) => {
            outcome == Outcome::Done && case.life.as_ref().is_some_and(|life| life.after_photo)
        }
        (Move::Verify | Move::Check, Fact::Reason) => request.found == Some(Found::Unable),
        (Move::Ask, Fact::Until) => begun.ask == Some(Ask::Suspension),
        (Move::Correct, Fact::Condition) => {
            let category = request.category.as_ref();
            category.is_some_and(|category| *category != case.row.category)
        }
        (_, fact) => begun.allowed.needs.contains(&fact),
    }
}

fn is_optional(fact: Fact, begun: &Begun, case: &CaseDetail) -> bool {
    match (begun.allowed.kind, fact) {
        (_, Fact::Reason) | (Move::Correct, Fact::Category | Fact::Condition | Fact::Place) => true,
        (Move::Finish | Move::AnswerPart, Fact::AfterPhoto) | (Move::AddPart, Fact::Until) => true,
        (Move::Dispatch, Fact::Condition) => {
            let life = case.life.as_ref();
            let is_new = [RECEIVED, VERIFYING].contains(&case.row.state.as_str());
            is_new && life.is_some_and(|life| !life.conditions.is_empty())
        }
        _ => false,
    }
}

/// What is missing or can't be sent as it stands, if anything.
pub(crate) fn lack(
    fields: &[Field],
    request: &MoveRequest,
    case: &CaseDetail,
    now: Timestamp,
) -> Option<Refusal> {
    let missing = fields
        .iter()
        .find(|field| field.required && !is_given(field.fact, request, case));
    if let Some(field) = missing {
        return Some(Refusal::Missing(field.fact));
    }
    if request.reason.chars().count() > REASON_CHARS_LIMIT {
        return Some(Refusal::ReasonTooLong);
    }
    let until = request.until_ms?;
    let too_far = request.ask == Some(Ask::Suspension) && until.since(now) > SUSPENSION_MS_MAX;
    (until <= now || too_far).then_some(Refusal::UntilOutOfRange)
}

/// The field that a lack is said beside.
pub(crate) const fn beside(lack: &Refusal) -> Fact {
    match lack {
        Refusal::Missing(fact) => *fact,
        Refusal::UntilOutOfRange => Fact::Until,
        Refusal::NothingCorrected => Fact::Category,
        _ => Fact::Reason,
    }
}

fn is_given(fact: Fact, request: &MoveRequest, case: &CaseDetail) -> bool {
    match fact {
        Fact::Reason => !request.reason.trim().is_empty(),
        Fact::Unit => request.unit.is_some(),
        Fact::Person => request.person.is_some(),
        Fact::Until => request.until_ms.is_some(),
        Fact::Condition => request.condition.is_some(),
        Fact::Into => request.into.is_some(),
        Fact::Found => request.found.is_some(),
        Fact::Outcome => request.outcome.is_some(),
        Fact::AfterPhoto => after_photos(case) > 0,
        Fact::Ask => request.ask.is_some(),
        Fact::Card => request.card.is_some(),
        Fact::Stage => request.stage.is_some(),
        Fact::Category => request.category.is_some(),
        Fact::Place => request.lat_e7.is_some() && request.lon_e7.is_some(),
    }
}

/// How many photos of how it is now the case has.
pub(crate) fn after_photos(case: &CaseDetail) -> usize {
    let after = case
        .photos
        .iter()
        .filter(|photo| photo.role == PhotoRole::After);
    after.count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::compare::tests::case;
    use leptos::prelude::{Owner, RwSignal, provide_context};
    use shared::catalogue::Label;
    use shared::label::City;

    const NOW: Timestamp = Timestamp(1_795_487_400_000);

    fn allowed(kind: Move) -> AllowedMove {
        let needs = shared::case::move_row(kind).unwrap().needs.to_vec();
        AllowedMove {
            kind,
            needs_reason: needs.contains(&Fact::Reason),
            needs_unit: needs.contains(&Fact::Unit),
            needs,
        }
    }

    #[test]
    fn a_button_says_what_the_city_says() {
        let begun = Begun {
            allowed: allowed(Move::AskVerify),
            ask: None,
        };
        assert_eq!(begun.words(Lang::Zh), "下发核实");
        let label = Label {
            key: String::from("move.ask_verify"),
            zh: String::from("下发核查"),
            en: String::new(),
        };
        Owner::new().with(|| {
            provide_context(RwSignal::new(City(vec![label])));
            assert_eq!(begun.words(Lang::Zh), "下发核查");
            assert_eq!(begun.words(Lang::En), "Send to be verified");
        });
    }

    fn with(state: &str, kinds: &[Move], asks: &[Ask]) -> CaseDetail {
        CaseDetail {
            moves: kinds.iter().copied().map(allowed).collect(),
            asks: asks.to_vec(),
            ..case(1, state, "市政中心")
        }
    }

    fn begun(kind: Move, ask: Option<Ask>) -> Begun {
        Begun {
            allowed: allowed(kind),
            ask,
        }
    }

    fn lacking(case: &CaseDetail, begun: &Begun, request: &MoveRequest) -> Option<Refusal> {
        lack(&fields(begun, request, case), request, case, NOW)
    }

    #[test]
    fn one_likely_step_stands_out_and_what_turns_a_case_away_stands_apart() {
        let kinds = [Move::Start, Move::Finish, Move::HandBack, Move::Ask];
        let case = with(DISPATCHED, &kinds, &[Ask::Extension, Ask::Void]);
        let lots = lots(&case);
        let names = |list: &[Begun]| list.iter().map(Begun::id).collect::<Vec<_>>();
        assert_eq!(lots.next.unwrap().id(), "move-start");
        assert_eq!(names(&lots.more), ["move-finish", "move-ask-extension"]);
        assert_eq!(names(&lots.apart), ["move-hand-back", "move-ask-void"]);
    }

    #[test]
    fn what_was_never_dispatched_and_is_objected_to_goes_on_with_a_check_or_a_dispatch() {
        let next = |state, kinds: &[Move]| lots(&with(state, kinds, &[])).next.unwrap().id();
        let both = [Move::Dispatch, Move::AskCheck];
        assert_eq!(next(CONTESTED, &both), "move-ask-check");
        assert_eq!(next(CHECKED, &[Move::Dispatch]), "move-dispatch");
        assert_eq!(next(HANDLING, &[Move::Dispatch]), "move-dispatch");
    }

    #[test]
    fn a_request_that_waits_comes_before_the_usual_step() {
        let case = with(HANDLING, &[Move::Grant, Move::Refuse, Move::AddPart], &[]);
        let lots = lots(&case);
        assert_eq!((lots.answers.len(), lots.next), (2, None));
    }

    #[test]
    fn whoever_asked_reads_why_they_cannot_grant_it() {
        let asked = Asked {
            ask: Ask::Extension,
            at_ms: NOW,
            by: None,
            unit: None,
            reason: String::from("要等配件"),
            until_ms: None,
            first_by: None,
        };
        let moves = |kinds: &[Move]| with(HANDLING, kinds, &[]).moves;
        let own = moves(&[Move::Refuse, Move::AddPart]);
        assert_eq!(not_offered(&own, &asked), Some(Refusal::OwnRequest));
        let both = moves(&[Move::Grant, Move::Refuse]);
        assert_eq!(not_offered(&both, &asked), None);
        assert_eq!(not_offered(&moves(&[Move::Finish]), &asked), None);
    }

    #[test]
    fn a_plan_needs_its_date_and_a_suspension_one_within_a_year() {
        let case = with(HANDLING, &[Move::Finish], &[]);
        let finish = begun(Move::Finish, None);
        let mut request = MoveRequest::new(Move::Finish, 1, "列入明年计划");
        request.outcome = Some(Outcome::Planned);
        let missing = Some(Refusal::Missing(Fact::Until));
        assert_eq!(lacking(&case, &finish, &request), missing);
        request.until_ms = Some(NOW.plus_ms(1));
        assert_eq!(lacking(&case, &finish, &request), None);
        let ask = begun(Move::Ask, Some(Ask::Suspension));
        let mut request = MoveRequest::new(Move::Ask, 1, "冬季不能施工");
        request.ask = Some(Ask::Suspension);
        assert_eq!(lacking(&case, &ask, &request), missing);
        request.until_ms = Some(NOW.plus_ms(SUSPENSION_MS_MAX + 1));
        let range = Some(Refusal::UntilOutOfRange);
        assert_eq!(lacking(&case, &ask, &request), range);
    }

    #[test]
    fn another_category_needs_a_condition_of_its_own_and_a_reason() {
        let case = with(RECEIVED, &[Move::Correct], &[]);
        let correct = begun(Move::Correct, None);
        let mut request = MoveRequest::new(Move::Correct, 1, "是雨水井盖");
        request.category = "C0101".parse().ok();
        assert_eq!(lacking(&case, &correct, &request), None);
        request.category = "C0103".parse().ok();
        let missing = |fact| Some(Refusal::Missing(fact));
        let lack = lacking(&case, &correct, &request);
        assert_eq!(lack, missing(Fact::Condition));
        request.condition = "C0103-1".parse().ok();
        assert_eq!(lacking(&case, &correct, &request), None);
        request.reason.clear();
        let lack = lacking(&case, &correct, &request);
        assert_eq!(lack, missing(Fact::Reason));
    }

    #[test]
    fn an_extension_asks_for_no_date_and_a_finding_for_words_only_when_it_cannot_be_told() {
        let case = with(HANDLING, &[Move::Ask], &[Ask::Extension]);
        let ask = begun(Move::Ask, Some(Ask::Extension));
        let request = MoveRequest::new(Move::Ask, 1, "");
        let facts: Vec<Fact> = fields(&ask, &request, &case)
            .iter()
            .map(|field| field.fact)
            .collect();
        assert_eq!(facts, [Fact::Reason]);
        let check = begun(Move::Check, None);
        let mut request = MoveRequest::new(Move::Check, 1, "");
        assert_eq!(
            lacking(&case, &check, &request),
            Some(Refusal::Missing(Fact::Found))
        );
        request.found = Some(Found::No);
        assert_eq!(lacking(&case, &check, &request), None);
        request.found = Some(Found::Unable);
        assert_eq!(
            lacking(&case, &check, &request),
            Some(Refusal::Missing(Fact::Reason))
        );
    }
}
