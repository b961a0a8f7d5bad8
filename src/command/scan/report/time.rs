//! Times as they are shown: in the machine's time zone.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use serde::{Serialize, Serializer};

/// A time in a time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Local(ZonedDateTime);

impl Local {
    pub(crate) fn new(at: Timestamp, zone: &TimeZone) -> Self {
        Self(at.to_zoned_datetime(zone.clone()))
    }

    pub(crate) fn timestamp(&self) -> Timestamp {
        self.0.timestamp()
    }

    /// What the clock on the wall says.
    pub(crate) fn civil(&self) -> DateTime {
        self.0.datetime()
    }

    /// `2015-03-20 14:05`
    pub(crate) fn minute(&self) -> String {
        self.0.strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// `2015-03-20 14:05:33`
    pub(crate) fn second(&self) -> String {
        self.0.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// `14:05:33`, if that is on the day of the other time
    pub(crate) fn second_after(&self, other: Option<&Self>) -> String {
        match other {
            Some(other) if other.0.date() == self.0.date() => {
                self.0.strftime("%H:%M:%S").to_string()
            }
            _ => self.second(),
        }
    }

    /// `2015-03-20 14:05:33 CET`
    pub(crate) fn full(&self) -> String {
        self.0.strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
    }

    /// `CET`
    pub(crate) fn zone(&self) -> String {
        self.0.strftime("%Z").to_string()
    }

    /// `2015-03-20T14:05:33+01:00`
    pub(crate) fn iso(&self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

impl Serialize for Local {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.iso())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_in_many_ways() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let time = Local::new("2015-03-20T13:05:33.9Z".parse().unwrap(), &zone);
        assert_eq!(time.minute(), "2015-03-20 14:05");
        assert_eq!(time.second(), "2015-03-20 14:05:33");
        assert_eq!(time.second_after(Some(&time)), "14:05:33");
        assert_eq!(time.second_after(None), "2015-03-20 14:05:33");
        assert_eq!(time.full(), "2015-03-20 14:05:33 CET");
        assert_eq!(time.iso(), "2015-03-20T14:05:33+01:00");
    }
}
