//! From what a log writes of a time to the time.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use super::line::Stamp;

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Days that a line may be older than the one before it, in a log that several programs write.
const DISORDER_DAYS: i32 = 180;

/// Seconds that the clock which wrote the log may be ahead of the one that wrote the file's time.
const AHEAD_SECONDS: i64 = 86_400;

/// Reads the times of one log after the other, oldest first.
///
/// Traditional lines have neither a zone, so it takes the one it is given, nor a year: see [`Calendar::open`].
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    /// The year that the first line of all is of.
    given: Option<i16>,
    /// The last day of all that have been read of a log without years.
    day: Option<Date>,
    /// The day that was read last, as `Mar 20 `: many lines are of the same one.
    named: Option<([u8; 7], Date)>,
    /// No line is later.
    latest: Timestamp,
    /// What was read last: many lines have the same time.
    last: ([u8; 15], Option<Timestamp>),
}

impl Calendar {
    /// A calendar of a zone; the year is that of the first line of all.
    pub fn new(zone: TimeZone, year: Option<i16>) -> Self {
        Self {
            zone,
            given: year,
            day: None,
            named: None,
            latest: Timestamp::MAX,
            last: ([0; 15], None),
        }
    }

    /// Begins with a log whose last line is not later than `latest`: the time of the file, or now.
    ///
    /// Where lines have no year, the first gets the last year that does not make it later than that, and every new year
    /// is noticed. If the year was given, it goes on from one log to the next.
    pub fn open(&mut self, latest: Timestamp) {
        self.latest = latest;
        self.last = ([0; 15], None);
        self.named = None;
        if self.given.is_none() {
            self.day = None;
        }
    }

    /// The time; none if there is none, or no such day or hour.
    pub fn read(&mut self, stamp: Stamp<'_>) -> Option<Timestamp> {
        match stamp {
            Stamp::Missing => None,
            Stamp::Full(text) => self.full(text),
            Stamp::Yearless(text) if *text == self.last.0 => self.last.1,
            Stamp::Yearless(text) => {
                let at = self.yearless(text);
                if let Ok(text) = text.try_into() {
                    self.last = (text, at);
                }
                at
            }
        }
    }

    /// `2015-03-20T14:05:01.123456+01:00`, `2015-03-20 14:05:01 +0100`, `2015-03-20 14:05:01`; fractions of seconds are
    /// left out.
    fn full(&self, text: &[u8]) -> Option<Timestamp> {
        let (day, rest) = text.split_at_checked(10)?;
        let (time, rest) = rest.get(1..)?.split_at_checked(8)?;
        let date = Date::new(
            number(day.get(..4)?)?,
            number(day.get(5..7)?)?,
            number(day.get(8..)?)?,
        );
        let local = DateTime::from_parts(date.ok()?, self::time(time)?);
        let zone = rest.trim_ascii_start().trim_ascii_end();
        let is_fraction = |octet: &u8| octet.is_ascii_digit() || *octet == b'.' || *octet == b',';
        let digits = match zone.first() {
            Some(b'.' | b',') => zone.iter().take_while(|octet| is_fraction(octet)).count(),
            _ => 0,
        };
        match zone.get(digits..)?.trim_ascii_start() {
            [] => self.zone.to_ambiguous_timestamp(local).compatible().ok(),
            b"Z" => Offset::UTC.to_timestamp(local).ok(),
            [sign @ (b'+' | b'-'), hours @ ..] => {
                let (hours, minutes) = hours.split_at_checked(2)?;
                let minutes = minutes.strip_prefix(b":").unwrap_or(minutes);
                let seconds = number::<i32>(hours)? * 3600 + number::<i32>(minutes)? * 60;
                let seconds = if *sign == b'-' { -seconds } else { seconds };
                Offset::from_seconds(seconds).ok()?.to_timestamp(local).ok()
            }
            _ => None,
        }
    }

    /// `Mar 20 14:05:01`
    fn yearless(&mut self, text: &[u8]) -> Option<Timestamp> {
        let (day, time) = text.split_first_chunk()?;
        let time = self::time(time)?;
        let date = match self.named {
            Some((name, date)) if name == *day => date,
            _ => self.read_day(day, time)?,
        };
        self.named = Some((*day, date));
        self.instant(date, time)
    }

    /// `Mar 20 `
    fn read_day(&mut self, text: &[u8; 7], time: Time) -> Option<Date> {
        let name = text.get(..3)?;
        let month = MONTHS
            .iter()
            .zip(1..)
            .find_map(|(month, number)| (**month == name).then_some(number))?;
        let day = number(text.get(4..6)?.trim_ascii_start())?;
        let date = match self.day {
            Some(last) => nearest(last, month, day)?,
            None => self.first(month, day, time)?,
        };
        self.day = Some(self.day.map_or(date, |last| last.max(date)));
        Some(date)
    }

    /// The day of a first line.
    fn first(&self, month: i8, day: i8, time: Time) -> Option<Date> {
        if let Some(year) = self.given {
            return Date::new(year, month, day).ok();
        }
        let latest = self.latest.as_second().saturating_add(AHEAD_SECONDS);
        let year = self.zone.to_datetime(self.latest).year();
        // The 29th of February was some years ago.
        let years = (0..=8)
            .filter_map(|ago| Date::new(year.checked_add(1)?.checked_sub(ago)?, month, day).ok());
        let mut days = years.filter(|date| {
            self.instant(*date, time)
                .is_some_and(|at| at.as_second() <= latest)
        });
        days.next()
    }

    fn instant(&self, date: Date, time: Time) -> Option<Timestamp> {
        let local = DateTime::from_parts(date, time);
        self.zone.to_ambiguous_timestamp(local).compatible().ok()
    }
}

/// The day of that month and day nearest to another one, but rather after than before it.
fn nearest(last: Date, month: i8, day: i8) -> Option<Date> {
    let this = Date::new(last.year(), month, day).ok();
    let days = |date: Date| (date - last).get_days();
    match this {
        Some(date) if days(date) < -DISORDER_DAYS => {
            Date::new(last.year().checked_add(1)?, month, day).ok()
        }
        Some(date) if days(date) > DISORDER_DAYS => {
            Date::new(last.year().checked_sub(1)?, month, day).ok()
        }
        this => this,
    }
}

/// `14:05:01`; a leap second counts as the one before.
fn time(text: &[u8]) -> Option<Time> {
    let [a, b, _, c, d, _, e, f] = *text.first_chunk()?;
    let second = two_digits(e, f)?.min(59);
    Time::new(two_digits(a, b)?, two_digits(c, d)?, second, 0).ok()
}

fn two_digits(ten: u8, one: u8) -> Option<i8> {
    let digit = |octet: u8| char::from(octet).to_digit(10);
    i8::try_from(digit(ten)? * 10 + digit(one)?).ok()
}

fn number<N: std::str::FromStr>(digits: &[u8]) -> Option<N> {
    str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn stamp(text: &str) -> Stamp<'_> {
        match text.as_bytes() {
            [b'0'..=b'9', ..] => Stamp::Full(text.as_bytes()),
            _ => Stamp::Yearless(text.as_bytes()),
        }
    }

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    #[track_caller]
    fn check(calendar: &mut Calendar, text: &str, expected: &str) {
        let read = calendar.read(stamp(text)).map(|at| at.to_string());
        assert_eq!(read.unwrap_or_default(), expected, "{text}");
    }

    #[test]
    fn full_times() {
        let mut calendar = Calendar::new(berlin(), None);
        for text in [
            "2015-03-20T14:05:01.123456+01:00",
            "2015-03-20T13:05:01Z",
            "2015-03-20T13:05:01.5Z",
            "2015-03-20T08:35:01-0430",
            "2015-03-20 14:05:01",
            "2015-03-20 14:05:01.123",
            "2015-03-20 15:05:01 +0200",
            "2015-03-20 15:05:01.123 +0200",
        ] {
            check(&mut calendar, text, "2015-03-20T13:05:01Z");
        }
        for text in [
            "2015-02-30T14:05:01Z",
            "2015-03-20T25:05:01Z",
            "2015-03-20T14:05:01?",
            "2015",
        ] {
            check(&mut calendar, text, "");
        }
        check(
            &mut calendar,
            "2015-06-30T23:59:60Z",
            "2015-06-30T23:59:59Z",
        );
        // The hour that there is not, and the one that there is twice.
        check(&mut calendar, "2015-03-29 02:30:00", "2015-03-29T01:30:00Z");
        check(&mut calendar, "2015-10-25 02:30:00", "2015-10-25T00:30:00Z");
    }

    #[test]
    fn the_year_follows_from_the_time_of_the_file() {
        let first = |text: &str, latest: &str, expected: &str| {
            let mut calendar = Calendar::new(berlin(), None);
            calendar.open(latest.parse().unwrap());
            check(&mut calendar, text, expected);
        };
        first(
            "Mar 20 14:05:01",
            "2015-03-23T17:05:00Z",
            "2015-03-20T13:05:01Z",
        );
        first(
            "Mar  2 14:05:01",
            "2015-03-23T17:05:00Z",
            "2015-03-02T13:05:01Z",
        );
        first(
            "Dec 28 14:05:01",
            "2015-01-04T06:25:00Z",
            "2014-12-28T13:05:01Z",
        );
        // A clock that is ahead, on New Year's Eve too.
        first(
            "Mar 24 14:05:01",
            "2015-03-23T17:05:00Z",
            "2015-03-24T13:05:01Z",
        );
        first(
            "Mar 25 14:05:01",
            "2015-03-23T17:05:00Z",
            "2014-03-25T13:05:01Z",
        );
        first(
            "Jan  1 00:00:05",
            "2014-12-31T22:59:00Z",
            "2014-12-31T23:00:05Z",
        );
        first(
            "Feb 29 14:05:01",
            "2015-03-23T17:05:00Z",
            "2012-02-29T13:05:01Z",
        );
        first("Feb 30 14:05:01", "2015-03-23T17:05:00Z", "");
        first("Foo 20 14:05:01", "2015-03-23T17:05:00Z", "");
    }

    #[test]
    fn a_new_year_is_noticed() {
        let mut calendar = Calendar::new(berlin(), None);
        calendar.open("2015-01-04T06:25:00Z".parse().unwrap());
        check(&mut calendar, "Dec 31 23:59:59", "2014-12-31T22:59:59Z");
        check(&mut calendar, "Jan  1 00:00:00", "2014-12-31T23:00:00Z");
        // A line that is late.
        check(&mut calendar, "Dec 31 23:59:59", "2014-12-31T22:59:59Z");
        check(&mut calendar, "Jan  1 00:00:01", "2014-12-31T23:00:01Z");
        // The file before it.
        calendar.open("2014-12-28T06:25:00Z".parse().unwrap());
        check(&mut calendar, "Dec 21 06:25:00", "2014-12-21T05:25:00Z");
        calendar.open("2013-12-28T06:25:00Z".parse().unwrap());
        check(&mut calendar, "Dec 21 06:25:01", "2013-12-21T05:25:01Z");
    }

    proptest! {
        #[test]
        fn what_is_remembered_of_a_line_does_not_change_the_next(
            stamps in prop::collection::vec(
                (
                    select(vec!["Dec 31", "Jan  1", "Jan 10", "Feb 28", "Feb 29", "Mar  1", "Jun 30", "Jul  1", "Foo  1", "Jan xx"]),
                    select(vec!["00:00:00", "02:30:00", "23:59:60", "23:59:xx", "24:00:00"]),
                ),
                0..20,
            ),
            year in prop::option::of(2014..2017_i16),
        ) {
            let mut calendar = Calendar::new(berlin(), year);
            let mut forgetful = calendar.clone();
            for (day, time) in stamps {
                let text = format!("{day} {time}");
                forgetful.named = None;
                forgetful.last = ([0; 15], None);
                prop_assert_eq!(calendar.read(stamp(&text)), forgetful.read(stamp(&text)), "{}", text);
            }
        }
    }

    #[test]
    fn a_year_that_is_given_goes_on() {
        let mut calendar = Calendar::new(TimeZone::UTC, Some(2014));
        calendar.open("2026-11-26T00:00:00Z".parse().unwrap());
        check(&mut calendar, "Dec 31 23:59:59", "2014-12-31T23:59:59Z");
        calendar.open("2026-11-26T00:00:00Z".parse().unwrap());
        check(&mut calendar, "Jan  1 00:00:00", "2015-01-01T00:00:00Z");
    }
}
