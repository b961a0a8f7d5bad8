//! Which logs were begun in the next year, where only one year is known: that of the first line of all.

use jiff::{SignedDuration, Timestamp};

/// About a year. In which order the logs are is all that depends on it.
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How late a line may be in a log that several programs write.
const LATE: SignedDuration = SignedDuration::from_hours(48);

/// When a log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    /// At this time.
    At(Timestamp),
    /// At this time of the year that was given, or of the next.
    OfYear(Timestamp),
}

impl First {
    /// The time, as far as it is known.
    pub(crate) fn at(self) -> Timestamp {
        match self {
            Self::At(at) | Self::OfYear(at) => at,
        }
    }
}

/// When a log begins, and ends as far as that is known.
pub(crate) type Span = (First, Option<Timestamp>);

/// The times at which logs begin. Logs that are read together have no long time between them, so the longest one is that
/// from the end of the last of them to the first; what lies before it in the year is of the next.
pub(crate) fn in_order(logs: &[Span]) -> Vec<Timestamp> {
    let spans = logs.iter().filter_map(|(first, last)| match first {
        First::OfYear(at) => Some((*at, end(*at, *last))),
        First::At(_) => None,
    });
    let mut spans: Vec<(Timestamp, Timestamp)> = spans.collect();
    spans.sort_unstable();
    let turn = turn(&spans);
    let time = |(first, _): &Span| match *first {
        First::OfYear(at) if turn.is_some_and(|turn| at < turn) => next_year(at),
        First::At(at) | First::OfYear(at) => at,
    };
    logs.iter().map(time).collect()
}

/// The end of a log that began then. One that lies before it is of the next year, but for a line that is late.
fn end(begin: Timestamp, end: Option<Timestamp>) -> Timestamp {
    let end = end.unwrap_or(begin);
    match begin.duration_since(end) > LATE {
        true => next_year(end),
        false => end.max(begin),
    }
}

/// The day on which the first log begins, if one of the next year lies before it. Where no time between them stands out,
/// all are of one year.
fn turn(spans: &[(Timestamp, Timestamp)]) -> Option<Timestamp> {
    let (mut read_to, mut longest) = (spans.first()?.1, None);
    for (begin, end) in spans {
        longest = longest.max(Some((begin.duration_since(read_to).as_secs(), *begin)));
        read_to = read_to.max(*end);
    }
    let over_new_year = next_year(spans.first()?.0)
        .duration_since(read_to)
        .as_secs();
    let (longest, begin) = longest?;
    let stands_out = longest.saturating_mul(3) > over_new_year.max(0).saturating_mul(4);
    (longest > 0 && stands_out).then_some(begin)
}

fn next_year(at: Timestamp) -> Timestamp {
    at.saturating_add(YEAR).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: &str) -> Timestamp {
        format!("2015-{day}T00:00:00Z").parse().unwrap()
    }

    /// The days in the order of the logs, given as those of a year; with the last one, where that is known.
    #[track_caller]
    fn check(days: &[&str], expected: &[&str]) {
        let logs: Vec<Span> = days
            .iter()
            .map(|days| match days.split_once(' ') {
                Some((first, last)) => (First::OfYear(day(first)), Some(day(last))),
                None => (First::OfYear(day(days)), None),
            })
            .collect();
        let times = in_order(&logs);
        let mut order: Vec<usize> = (0..days.len()).collect();
        order.sort_by_key(|index| times[*index]);
        let ordered: Vec<&str> = order.into_iter().map(|index| days[index]).collect();
        assert_eq!(ordered, expected);
    }

    #[test]
    fn the_next_year_comes_last() {
        check(&["12-18", "01-04", "11-20"], &["11-20", "12-18", "01-04"]);
        check(&["01-04", "12-28"], &["12-28", "01-04"]);
        let months = [
            "01-01", "02-01", "03-01", "08-01", "09-01", "10-01", "11-01", "12-01",
        ];
        let (new, old) = months.split_at(3);
        check(&months, &[old, new].concat());
    }

    #[test]
    fn a_long_log_fills_the_time() {
        let long = ["11-20 12-25", "01-02 11-19"];
        check(&long, &["01-02 11-19", "11-20 12-25"]);
        check(
            &["01-04 01-20", "11-20 01-03"],
            &["11-20 01-03", "01-04 01-20"],
        );
        // Most of a year.
        check(
            &["02-02 03-01", "07-01 02-01"],
            &["07-01 02-01", "02-02 03-01"],
        );
        // A line that is late.
        check(&["01-04 01-03", "03-20"], &["01-04 01-03", "03-20"]);
    }

    #[test]
    fn within_a_year_the_calendar_s_order_stays() {
        check(&["03-20", "03-13"], &["03-13", "03-20"]);
        // Nearly half a year from each to the other.
        check(&["03-01", "09-01"], &["03-01", "09-01"]);
        check(
            &["01-01", "04-01", "07-01", "10-01"],
            &["01-01", "04-01", "07-01", "10-01"],
        );
        check(&["03-20"], &["03-20"]);
        check(&[], &[]);
    }

    #[test]
    fn what_has_a_year_keeps_it() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (old, new) = (at("2015-12-28T00:00:00Z"), at("2015-01-04T00:00:00Z"));
        let known = at("2015-01-02T00:00:00Z");
        let times = in_order(&[
            (First::OfYear(new), None),
            (First::At(known), None),
            (First::OfYear(old), None),
        ]);
        assert_eq!(times, [at("2016-01-04T00:00:00Z"), known, old]);
    }
}
