//! A scripted world in place of the DNS, for tests, and for fuzzing: what it says can change while time stands still.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "it is run by tests only"
)]

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::sleep;

use super::allowance::Allowance;
use super::lookup::{Family, HostAddresses, Lookup, MailHosts, MxRecord, Target};
use crate::verdict::{Domain, Failure};

/// Seconds that answers count where the script names none.
const TTL: u32 = 300;

/// Records by name and type, written as text, and a list of what was asked.
///
/// A line is `NAME TYPE VALUE...`, as in `hot.de MX 10 null.hot.de 20 backup.de`; a value may be
/// `!timeout` or `!servfail`, and the words `ttl=60` and `after=2s` say how long the answer counts
/// and how long it takes. What has no line does not exist.
pub(crate) struct World {
    lines: Mutex<HashMap<String, Line>>,
    asked: Mutex<Vec<String>>,
}

#[derive(Clone, Default)]
struct Line {
    values: Vec<String>,
    ttl: u32,
    delay: Duration,
}

impl World {
    pub(crate) fn new(script: &str) -> Self {
        let world = Self {
            lines: Mutex::default(),
            asked: Mutex::default(),
        };
        world.change(script);
        world
    }

    /// Puts lines in force, in place of those of the same name and type.
    pub(crate) fn change(&self, script: &str) {
        for text in script
            .lines()
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            let mut line = Line {
                ttl: TTL,
                ..Line::default()
            };
            let mut words = text.split_whitespace();
            let question = format!("{} {}", words.next().unwrap(), words.next().unwrap());
            for word in words {
                match word.split_once('=') {
                    Some(("ttl", ttl)) => line.ttl = ttl.parse().unwrap(),
                    Some(("after", delay)) => {
                        line.delay = humantime::parse_duration(delay).unwrap();
                    }
                    _ => line.values.push(word.to_owned()),
                }
            }
            self.lines.lock().insert(question, line);
        }
    }

    /// All questions so far, in order.
    #[cfg(test)]
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().clone()
    }

    async fn ask(&self, question: String) -> Result<Line, Failure> {
        let line = self.lines.lock().get(&question).cloned();
        self.asked.lock().push(question);
        let line = line.unwrap_or(Line {
            ttl: TTL,
            ..Line::default()
        });
        sleep(line.delay).await;
        match line.values.first().map(String::as_str) {
            Some("!timeout") => Err(Failure::Timeout),
            Some("!servfail") => Err(Failure::ServFail),
            _ => Ok(line),
        }
    }
}

impl Lookup for World {
    async fn mail_hosts(&self, domain: &Domain, _: &Allowance) -> Result<MailHosts, Failure> {
        let line = self.ask(format!("{domain} MX")).await?;
        let record = |pair: &[String]| MxRecord {
            preference: pair[0].parse().unwrap(),
            target: match pair[1].as_str() {
                "." => Target::Root,
                name => {
                    Domain::parse(name).map_or_else(|_| Target::Unfit(name.into()), Target::Name)
                }
            },
        };
        Ok(MailHosts {
            records: line.values.chunks(2).map(record).collect(),
            ttl: line.ttl,
        })
    }

    async fn addresses(
        &self,
        host: &Domain,
        family: Family,
        _: &Allowance,
    ) -> Result<HostAddresses, Failure> {
        let rtype = match family {
            Family::V4 => "A",
            Family::V6 => "AAAA",
        };
        let line = self.ask(format!("{host} {rtype}")).await?;
        let addresses = line
            .values
            .iter()
            .map(|value| value.parse().unwrap())
            .collect();
        Ok(HostAddresses {
            addresses,
            ttl: line.ttl,
        })
    }
}
