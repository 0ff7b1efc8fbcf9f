//! Every indicator as a row of data: what over what, in words, and what is left out of it.

use super::{Counter, Numbers, Rate};
use crate::label::Lang;
use Counter as C;

/// What an indicator is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Of {
    /// A department, a company, a street's office, a community as a unit.
    Unit,
    /// A street or community as a place.
    Place,
    /// The dispatchers of a place together.
    Desk,
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Better {
    /// The more, the better.
    High,
    /// The less, the better.
    Low,
    /// Neither: it says how things are.
    Neither,
}

/// What an indicator leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exemption {
    /// Late, and two people granted the appeal: the fact is kept, the rate doesn't count it.
    Appeal,
    /// The clock stands while a case is suspended.
    Suspension,
    /// What was handed back was never that unit's to do.
    WrongDispatch,
    /// Merged, withdrawn, struck out or not accepted.
    StruckOut,
    /// Without a deadline: counted when it is closed, and in time.
    NoDeadline,
    /// Put right on the spot: counted apart.
    SelfFixed,
}

impl Exemption {
    /// In words.
    #[must_use]
    pub const fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Appeal => lang.pick(
                "超时申诉获准的，超时事实保留，计为按时",
                "late with a granted appeal: the fact is kept and counts as in time",
            ),
            Self::Suspension => lang.pick("挂账期间停表", "the clock stands while suspended"),
            Self::WrongDispatch => lang.pick(
                "退回（派错）的不算该单位应办",
                "what was handed back was not that unit's to do",
            ),
            Self::StruckOut => lang.pick(
                "并案、撤回、作废、不予立案的不计",
                "merged, withdrawn, void and not accepted ones are left out",
            ),
            Self::NoDeadline => lang.pick(
                "没有时限的在结案当天计入，算按期",
                "without a deadline: counted on closing, as in time",
            ),
            Self::SelfFixed => lang.pick("自处置的另计", "put right on the spot: counted apart"),
        }
    }
}

/// An indicator.
#[derive(Debug, PartialEq, Eq)]
pub struct Indicator {
    /// Machine name.
    pub key: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// The same in English.
    pub name_en: &'static str,
    /// What it is of.
    pub of: &'static [Of],
    /// Added up.
    pub numerator: &'static [Counter],
    /// Taken off the numerator.
    pub less: &'static [Counter],
    /// Added up.
    pub denominator: &'static [Counter],
    /// The formula in words, and what period it is about.
    pub words: &'static str,
    /// The same in English.
    pub words_en: &'static str,
    /// What it leaves out.
    pub exemptions: &'static [Exemption],
    /// Which way is good.
    pub better: Better,
}

impl Indicator {
    /// Its rate by some numbers.
    #[must_use]
    pub fn rate(&self, numbers: &Numbers) -> Rate {
        let sum = |counters: &[Counter]| {
            let each = counters.iter().map(|counter| numbers.get(*counter));
            each.fold(0, i64::saturating_add)
        };
        Rate {
            numerator: sum(self.numerator).saturating_sub(sum(self.less)),
            denominator: sum(self.denominator),
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self, lang: Lang) -> &'static str {
        lang.pick(self.name, self.name_en)
    }

    /// Its formula in words.
    #[must_use]
    pub const fn words(&self, lang: Lang) -> &'static str {
        lang.pick(self.words, self.words_en)
    }
}

/// The indicator of a machine name.
#[must_use]
pub fn indicator(key: &str) -> Option<&'static Indicator> {
    INDICATORS.iter().find(|row| row.key == key)
}

/// The indicators of units, of places or of desks, in the order of columns.
pub fn indicators_of(of: Of) -> impl Iterator<Item = &'static Indicator> {
    INDICATORS.iter().filter(move |row| row.of.contains(&of))
}

const BOTH: &[Of] = &[Of::Unit, Of::Place];
const PLACE: &[Of] = &[Of::Place];
const DESK: &[Of] = &[Of::Desk];
const SOLVED: &[Counter] = &[
    C::SolvedOnSpot,
    C::SolvedCommunity,
    C::SolvedStreet,
    C::SolvedDistrict,
];
/// What leaves a case out of what is due.
const OF_DUE: &[Exemption] = &[
    Exemption::Suspension,
    Exemption::WrongDispatch,
    Exemption::StruckOut,
    Exemption::NoDeadline,
    Exemption::SelfFixed,
];
const OF_LATENESS: &[Exemption] = &[
    Exemption::Appeal,
    Exemption::Suspension,
    Exemption::WrongDispatch,
    Exemption::StruckOut,
    Exemption::NoDeadline,
    Exemption::SelfFixed,
];

const fn row(
    key: &'static str,
    names: (&'static str, &'static str),
    of: &'static [Of],
    numerator: &'static [Counter],
    denominator: &'static [Counter],
    words: (&'static str, &'static str),
    better: Better,
) -> Indicator {
    Indicator {
        key,
        name: names.0,
        name_en: names.1,
        of,
        numerator,
        less: &[],
        denominator,
        words: words.0,
        words_en: words.1,
        exemptions: &[],
        better,
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a row is made of another one at compile time"
)]
const fn leaving_out(exemptions: &'static [Exemption], row: Indicator) -> Indicator {
    Indicator { exemptions, ..row }
}

/// All indicators. The order is the order of columns.
#[rustfmt::skip]
pub static INDICATORS: [Indicator; 22] = [
    leaving_out(OF_DUE, row("closed", ("结案率", "Closed"), BOTH,
        &[C::ClosedInTime, C::ClosedLate], &[C::Due],
        ("期限在本期内的案件中，已结案的÷应结案的", "Of what was due in the period: closed ÷ due"),
        Better::High)),
    leaving_out(OF_LATENESS, row("closed_in_time", ("按期结案率", "Closed in time"), BOTH,
        &[C::ClosedInTime, C::Exempt], &[C::Due],
        ("期限在本期内的案件中，已结案且处置没有超期的÷应结案的", "Of what was due in the period: closed, and done in time ÷ due"),
        Better::High)),
    leaving_out(OF_LATENESS, row("handled_in_time", ("按时处置率", "Done in time"), BOTH,
        &[C::HandledInTime, C::Exempt], &[C::Due],
        ("期限在本期内的案件中，期限前反馈办结的÷应处置的", "Of what was due in the period: done by the deadline ÷ due"),
        Better::High)),
    leaving_out(OF_DUE, row("reworked", ("返工率", "Reworked"), BOTH,
        &[C::Reworked], &[C::Due],
        ("期限在本期内的案件中，返工过的÷应结案的", "Of what was due in the period: sent back for rework ÷ due"),
        Better::Low)),
    row("returned", ("退回率", "Handed back"), BOTH,
        &[C::Returned], &[C::Dispatched],
        ("本期派遣中，被退回的÷派遣的", "Of the period's dispatches: handed back ÷ dispatched"),
        Better::Neither),
    leaving_out(OF_DUE, row("extended", ("延期率", "Extended"), BOTH,
        &[C::Extended], &[C::Due],
        ("期限在本期内的案件中，延期过的÷应结案的", "Of what was due in the period: extended ÷ due"),
        Better::Low)),
    row("suspended", ("挂账率", "Suspended"), BOTH,
        &[C::Suspended], &[C::Dispatched],
        ("本期派遣中，挂过账的÷派遣的", "Of the period's dispatches: ever suspended ÷ dispatched"),
        Better::Low),
    leaving_out(OF_DUE, row("forced", ("强制结案率", "Closed by force"), BOTH,
        &[C::Forced], &[C::Due],
        ("期限在本期内的案件中，强制结案的÷应结案的", "Of what was due in the period: closed by force ÷ due"),
        Better::Low)),
    leaving_out(OF_DUE, row("exempt", ("申诉豁免率", "Exempt by appeal"), BOTH,
        &[C::Exempt], &[C::Due],
        ("期限在本期内的案件中，超期而申诉获准的÷应结案的", "Of what was due in the period: late with a granted appeal ÷ due"),
        Better::Neither)),
    row("contested", ("异议率", "Contested"), BOTH,
        &[C::Contested], &[C::Closings],
        ("本期结案中，上报人提出异议的÷结案的", "Of the period's closings: contested by the reporter ÷ closed"),
        Better::Low),
    row("voided", ("作废率", "Void"), PLACE,
        &[C::Voided], &[C::Filed],
        ("本期立案中，作废的÷立案的", "Of what the period filed: void ÷ filed"),
        Better::Low),
    row("merged", ("重复率", "Repeated"), PLACE,
        &[C::Merged], &[C::Reported],
        ("本期上报中，并入别案的÷上报的（不含自处置）", "Of the period's reports: merged ÷ reported, without those put right on the spot"),
        Better::Neither),
    row("self_fixed", ("自处置占比", "On the spot"), PLACE,
        &[C::SelfFixed], &[C::SelfFixed, C::Reported],
        ("本期上报中，现场自处置的÷全部上报的", "Of all the period's reports: put right on the spot ÷ all"),
        Better::Neither),
    row("solved_low", ("社区及以下解决率", "Solved in the community"), PLACE,
        &[C::SolvedOnSpot, C::SolvedCommunity], SOLVED,
        ("本期解决的案件中，现场和社区解决的÷全部解决的", "Of what the period solved: on the spot or by the community ÷ all"),
        Better::Neither),
    row("solved_street", ("街道解决率", "Solved by the street"), PLACE,
        &[C::SolvedStreet], SOLVED,
        ("本期解决的案件中，街道解决的÷全部解决的", "Of what the period solved: by the street ÷ all"),
        Better::Neither),
    row("solved_district", ("区级解决率", "Solved by the district"), PLACE,
        &[C::SolvedDistrict], SOLVED,
        ("本期解决的案件中，区级单位解决的÷全部解决的", "Of what the period solved: by units of the district ÷ all"),
        Better::Neither),
    row("filed_in_time", ("按时立案率", "Filed in time"), DESK,
        &[C::FilingInTime], &[C::FilingDue],
        ("本期由派遣台受理的上报中，时限内立案或不予立案的÷受理的", "Of the reports that the desk took on: within the stage's limit ÷ all"),
        Better::High),
    Indicator {
        less: &[C::Voided],
        ..row("filed_right", ("准确立案率", "Filed rightly"), DESK,
            &[C::Filed], &[C::Filed],
            ("本期立案中，（立案的－作废的）÷立案的", "Of what the period filed: (filed − void) ÷ filed"),
            Better::High)
    },
    row("dispatched_in_time", ("按时派遣率", "Dispatched in time"), DESK,
        &[C::DispatchInTime], &[C::DispatchDue],
        ("本期由派遣台派遣的案件中，时限内派出的÷应派遣的", "Of what waited for the desk: dispatched within the stage's limit ÷ dispatched"),
        Better::High),
    Indicator {
        less: &[C::DeskWrong],
        ..row("dispatched_right", ("准确派遣率", "Dispatched rightly"), DESK,
            &[C::DeskDispatched], &[C::DeskDispatched],
            ("本期派遣台的派遣中，（派遣的－因派错退回的）÷派遣的；单位返工不算派错", "Of the desk's dispatches: (dispatched − handed back as wrong) ÷ dispatched; a unit's rework is no wrong dispatch"),
            Better::High)
    },
    Indicator {
        less: &[C::RuleWrong],
        ..row("ruled_right", ("规则派遣准确率", "Rules right"), DESK,
            &[C::RuleDispatched], &[C::RuleDispatched],
            ("本期按规则自动派遣中，（派遣的－因派错退回的）÷派遣的", "Of the dispatches by rule: (dispatched − handed back as wrong) ÷ dispatched"),
            Better::High)
    },
    row("desk_closed_in_time", ("按时结案率", "Closed within the stage"), DESK,
        &[C::ClosingInTime], &[C::ClosingDue],
        ("本期由派遣台结案的案件中，反馈后在时限内结案的÷结案的", "Of the desk's closings: within the stage's limit ÷ closed"),
        Better::High),
];
