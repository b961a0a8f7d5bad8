//! The time that `--at` names, as of an entry in a blocklist.

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// What lies further from the time is hardly what the entry is about.
const NEAR: SignedDuration = SignedDuration::from_mins(10);

/// A time to look around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Around {
    /// The time.
    pub(crate) at: Timestamp,
}

/// No time.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "--at '{0}' is no time: write \"2015-03-20 14:05\", in this machine's time zone, or with one, \
     \"2015-03-20 13:05Z\" or \"2015-03-20 14:05+01:00\""
)]
pub(crate) struct NoTime(String);

impl Around {
    /// Reads a time; one without a time zone is in `zone`.
    ///
    /// # Errors
    /// [`NoTime`] says how to write it.
    pub(crate) fn parse(text: &str, zone: &TimeZone) -> Result<Self, NoTime> {
        let no_time = || NoTime(text.to_owned());
        let plain = plain(text);
        if let Ok(at) = plain.parse::<Timestamp>() {
            return Ok(Self { at });
        }
        // Blocklists, like mail, also write "Fri, 20 Mar 2015 13:05:00 GMT".
        if let Ok(zoned) = rfc2822::parse(text.trim()) {
            return Ok(Self {
                at: zoned.timestamp(),
            });
        }
        // A date alone would read as its midnight, which nobody means.
        let has_clock = plain.contains(':') && !plain.contains(['[', '+']);
        let civil: DateTime = plain
            .parse()
            .ok()
            .filter(|_| has_clock)
            .ok_or_else(no_time)?;
        let zoned = zone.to_zoned_datetime(civil).map_err(|_| no_time())?;
        Ok(Self {
            at: zoned.timestamp(),
        })
    }

    /// Whether an entry in a blocklist at this time may be about what happened at that one.
    pub(crate) fn is_near(self, at: Timestamp) -> bool {
        self.distance(at) <= NEAR
    }

    /// How far a time lies from it, either way.
    pub(crate) fn distance(self, at: Timestamp) -> SignedDuration {
        at.duration_since(self.at).abs()
    }
}

/// The text with its time zone right behind it, as ISO 8601 has it.
fn plain(text: &str) -> String {
    let text = text.trim();
    let upper = text.to_ascii_uppercase();
    let named = ["UTC", "GMT"]
        .into_iter()
        .find_map(|name| upper.strip_suffix(name));
    if let Some(civil) = named {
        return format!("{}Z", civil.trim_end());
    }
    match upper.rsplit_once(' ') {
        Some((civil, zone)) if zone.starts_with(['+', '-', 'Z']) => {
            format!("{}{zone}", civil.trim_end())
        }
        _ => upper,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let read = Around::parse(text, &zone).map(|around| around.at.to_string());
        let expected = expected
            .map(str::to_owned)
            .ok_or_else(|| NoTime(text.to_owned()));
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn times_as_people_and_blocklists_write_them() {
        check("2015-03-20 14:05", Some("2015-03-20T13:05:00Z"));
        check(" 2015-03-20T14:05:30 ", Some("2015-03-20T13:05:30Z"));
        check("2015-07-20 14:05", Some("2015-07-20T12:05:00Z"));
        check("2015-03-20 13:05Z", Some("2015-03-20T13:05:00Z"));
        check("2015-03-20 13:05 z", Some("2015-03-20T13:05:00Z"));
        check("2015-03-20 13:05 UTC", Some("2015-03-20T13:05:00Z"));
        check("2015-03-20 13:05:01 gmt", Some("2015-03-20T13:05:01Z"));
        check("2015-03-20 08:05-05:00", Some("2015-03-20T13:05:00Z"));
        check("2015-03-20 08:05 -0500", Some("2015-03-20T13:05:00Z"));
        check("2015-03-20t14:05+01", Some("2015-03-20T13:05:00Z"));
        check(
            "Fri, 20 Mar 2015 13:05:00 GMT",
            Some("2015-03-20T13:05:00Z"),
        );
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "now",
            "2015-03-20",
            "14:05",
            "20.03.2015 14:05",
            "2015-02-29 14:05",
        ] {
            check(text, None);
        }
        for text in [
            "2015-03-20 14:05 CET",
            "2015-03-20 25:00",
            "2015-03-20 14:05+99:00",
        ] {
            check(text, None);
        }
        let error = NoTime("x".to_owned()).to_string();
        assert!(error.starts_with("--at 'x' is no time: write \"2015-03-20 14:05\""));
    }

    #[test]
    fn distance_has_no_direction() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let around = Around {
            at: at("2015-03-20T13:05:00Z"),
        };
        let far = SignedDuration::from_secs(60);
        assert_eq!(around.distance(at("2015-03-20T13:06:00Z")), far);
        assert_eq!(around.distance(at("2015-03-20T13:04:00Z")), far);
    }
}
