//! A timeline in as many equal steps as fit a chart.

use std::collections::BTreeMap;

use jiff::civil::{DateTime, Time};
use jiff::{Span, ToSpan as _};

use crate::command::scan::report::Hour;

/// Bars that fit into a chart.
pub(crate) const BARS_MAX: usize = 200;

/// The width of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Hours(i8),
    Day,
    Week,
    Month,
    Year,
}

/// A step, and what was counted in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bin {
    /// Its begin, on the clock on the wall.
    pub(crate) from: DateTime,
    pub(crate) loops: u64,
    pub(crate) backscatter: u64,
}

/// The steps, the finest first.
const STEPS: [Step; 8] = [
    Step::Hours(1),
    Step::Hours(3),
    Step::Hours(6),
    Step::Hours(12),
    Step::Day,
    Step::Week,
    Step::Month,
    Step::Year,
];

/// Merges hours to the finest steps of which not too many are needed, those without anything included. Of more years
/// than that, the last ones are kept.
pub(crate) fn bins(hours: &[Hour]) -> (Step, Vec<Bin>) {
    let fitting = STEPS.into_iter().find_map(|step| {
        let bins = merged(hours, step);
        (bins.len() <= BARS_MAX).then_some((step, bins))
    });
    fitting.unwrap_or_else(|| {
        let mut years = merged(hours, Step::Year);
        let early = years.len().saturating_sub(BARS_MAX);
        (Step::Year, years.split_off(early))
    })
}

/// The bins of a step. There is one more than fit, at most, if the step is too fine.
fn merged(hours: &[Hour], step: Step) -> Vec<Bin> {
    let mut by: BTreeMap<DateTime, Bin> = BTreeMap::new();
    for hour in hours {
        let from = step.begin(hour.from.civil());
        let bin = by.entry(from).or_insert(Bin::empty(from));
        bin.loops = bin.loops.saturating_add(hour.loops);
        bin.backscatter = bin.backscatter.saturating_add(hour.backscatter);
    }
    let (Some(first), Some(last)) = (by.keys().next(), by.keys().next_back()) else {
        return Vec::new();
    };
    let most = match step {
        // There are some thousand years at most.
        Step::Year => usize::MAX,
        Step::Hours(_) | Step::Day | Step::Week | Step::Month => BARS_MAX + 1,
    };
    let steps = first.series(step.span()).take_while(|from| from <= last);
    let bin = |from| by.get(&from).copied().unwrap_or(Bin::empty(from));
    steps.take(most).map(bin).collect()
}

impl Bin {
    fn empty(from: DateTime) -> Self {
        Self {
            from,
            loops: 0,
            backscatter: 0,
        }
    }
}

impl Step {
    /// Where the step begins that a time lies in.
    pub(crate) fn begin(self, at: DateTime) -> DateTime {
        let midnight = at.date().to_datetime(Time::midnight());
        match self {
            Self::Hours(hours) => {
                let hour = at.hour() - at.hour().checked_rem(hours).unwrap_or(0);
                at.date().at(hour, 0, 0, 0)
            }
            Self::Day => midnight,
            Self::Week => {
                let days = i64::from(at.weekday().to_monday_zero_offset());
                midnight.saturating_sub(days.days())
            }
            Self::Month => midnight.first_of_month(),
            Self::Year => midnight.first_of_year(),
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Hours(hours) => i64::from(hours).hours(),
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
            Self::Year => 1.year(),
        }
    }

    /// What a bar is: `6 hours`.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Hours(1) => "hour".to_owned(),
            Self::Hours(hours) => format!("{hours} hours"),
            Self::Day => "day".to_owned(),
            Self::Week => "week".to_owned(),
            Self::Month => "month".to_owned(),
            Self::Year => "year".to_owned(),
        }
    }

    /// The begin of a bar, as exact as the step is.
    pub(crate) fn label(self, from: DateTime) -> String {
        let format = match self {
            Self::Hours(_) => "%Y-%m-%d %H:%M",
            Self::Day | Self::Week => "%Y-%m-%d",
            Self::Month => "%Y-%m",
            Self::Year => "%Y",
        };
        from.strftime(format).to_string()
    }

    /// The same in little room, below an axis.
    pub(crate) fn short_label(self, from: DateTime) -> String {
        match self {
            Self::Hours(_) => from.strftime("%m-%d %H:%M").to_string(),
            Self::Day | Self::Week | Self::Month | Self::Year => self.label(from),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::command::scan::fixture::zone;
    use crate::command::scan::report::time::Local;

    fn hours(times: &[&str]) -> Vec<Hour> {
        let hour = |time: &&str| Hour {
            from: Local::new(time.parse::<Timestamp>().unwrap(), &zone()),
            loops: 2,
            backscatter: 1,
        };
        times.iter().map(hour).collect()
    }

    #[track_caller]
    fn check(times: &[&str], step: Step, count: usize, first: &str) {
        let (used, bins) = bins(&hours(times));
        assert_eq!((used, bins.len()), (step, count));
        assert_eq!(step.label(bins[0].from), first);
        let loops: u64 = bins.iter().map(|bin| bin.loops).sum();
        assert_eq!(loops, 2 * u64::try_from(times.len()).unwrap());
    }

    #[test]
    fn steps_are_as_fine_as_the_bars_allow() {
        let first = "2015-03-20T13:00:00Z";
        check(&[first], Step::Hours(1), 1, "2015-03-20 14:00");
        check(
            &[first, "2015-03-20T23:00:00Z"],
            Step::Hours(1),
            11,
            "2015-03-20 14:00",
        );
        check(
            &[first, "2015-03-29T12:00:00Z"],
            Step::Hours(3),
            73,
            "2015-03-20 12:00",
        );
        check(
            &[first, "2015-05-01T12:00:00Z"],
            Step::Hours(6),
            169,
            "2015-03-20 12:00",
        );
        check(
            &[first, "2015-08-01T12:00:00Z"],
            Step::Day,
            135,
            "2015-03-20",
        );
        check(
            &[first, "2017-03-20T13:00:00Z"],
            Step::Week,
            106,
            "2015-03-16",
        );
        check(
            &[first, "2025-03-20T13:00:00Z"],
            Step::Month,
            121,
            "2015-03",
        );
        check(&[first, "2115-03-20T13:00:00Z"], Step::Year, 101, "2015");
    }

    #[test]
    fn of_too_many_years_the_last_are_kept() {
        let (step, bins) = bins(&hours(&["0001-01-01T00:00:00Z", "2015-03-20T13:00:00Z"]));
        assert_eq!((step, bins.len()), (Step::Year, BARS_MAX));
        assert_eq!(bins[BARS_MAX - 1].loops, 2);
    }

    #[test]
    fn nothing_makes_no_bars() {
        assert_eq!(bins(&[]).1, []);
    }
}
