//! What came of all queries, by the season in which they were asked or answered.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use super::ground::bogusmx::ZONE;
use super::ground::figures::{grouped, short};
use super::ground::table::Table;
use super::pressure::packet::{Message, Said};
use super::pressure::quantiles::Latencies;
use super::pressure::upstream::Fault;
use super::season::Season;

/// Examples of what is wrong that are told.
const EXAMPLES: usize = 10;

/// Of so many latencies, one is kept.
const KEPT: u64 = 20;

/// What came of the queries of one season.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) right: u64,
    pub(crate) undecided: u64,
    pub(crate) wrong: u64,
    pub(crate) lost: u64,
    latencies: Latencies,
}

impl Counts {
    fn all(&self) -> u64 {
        self.right + self.undecided + self.wrong + self.lost
    }
}

/// All of them.
#[derive(Default)]
pub(crate) struct Tally(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    seasons: Vec<(Season, Counts)>,
    over_tcp: u64,
    examples: Vec<String>,
}

/// How a query came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// The season of a query: a fault or its aftermath if it was asked in one, or answered.
fn season(asked: Season, answered: Season) -> Season {
    if asked == Season::Calm {
        answered
    } else {
        asked
    }
}

impl Tally {
    /// Counts an answer to `name`, which must be its question.
    pub(crate) fn answered(
        &self,
        message: Message<'_>,
        name: &str,
        transport: Transport,
        seasons: (Season, Season),
        took: Duration,
    ) {
        let said = if message.name() == name {
            message.said(ZONE)
        } else {
            Said::Wrong
        };
        let season = season(seasons.0, seasons.1);
        self.count(season, transport, |counts| {
            match said {
                Said::Right => counts.right += 1,
                Said::Undecided => counts.undecided += 1,
                Said::Wrong => counts.wrong += 1,
            }
            if counts.all().is_multiple_of(KEPT) {
                counts.latencies.push(took);
            }
        });
        let is_expected = said == Said::Right || said == Said::Undecided && season != Season::Calm;
        if !is_expected {
            let (code, answers) = (message.code(), message.answers());
            self.note(format!(
                "{name}: {said:?}, code {code}, {answers} records, {season:?}, {transport:?}, after {took:.1?}"
            ));
        }
    }

    /// Counts a query without an answer.
    pub(crate) fn lost(&self, name: &str, transport: Transport, seasons: (Season, Season)) {
        let season = season(seasons.0, seasons.1);
        self.count(season, transport, |counts| counts.lost += 1);
        self.note(format!("{name}: no answer, {season:?}, {transport:?}"));
    }

    fn count(&self, season: Season, transport: Transport, count: impl FnOnce(&mut Counts)) {
        let mut inner = self.0.lock();
        inner.over_tcp += u64::from(transport == Transport::Tcp);
        let known = inner.seasons.iter_mut().find(|(it, _)| *it == season);
        if let Some((_, counts)) = known {
            return count(counts);
        }
        let mut counts = Counts::default();
        count(&mut counts);
        inner.seasons.push((season, counts));
    }

    fn note(&self, example: String) {
        let mut inner = self.0.lock();
        if inner.examples.len() < EXAMPLES {
            inner.examples.push(example);
        }
    }

    /// The sum of something over the seasons that are wanted.
    fn sum(&self, is_wanted: impl Fn(Season) -> bool, of: fn(&Counts) -> u64) -> u64 {
        let inner = self.0.lock();
        let wanted = inner
            .seasons
            .iter()
            .filter(|(season, _)| is_wanted(*season));
        wanted.map(|(_, counts)| of(counts)).sum()
    }

    /// The promises that were not kept, with examples.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let found = [
            ("wrong", self.sum(|_| true, |counts| counts.wrong)),
            ("lost", self.sum(|_| true, |counts| counts.lost)),
            (
                "undecided without a fault",
                self.sum(|season| season == Season::Calm, |counts| counts.undecided),
            ),
        ];
        let found = found.into_iter().filter(|(_, count)| *count > 0);
        let mut complaints: Vec<String> = found
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
        if !complaints.is_empty() {
            complaints.extend(self.0.lock().examples.iter().cloned());
        }
        complaints
    }

    /// In short, for whoever waits.
    pub(crate) fn line(&self) -> String {
        let sum = |of| self.sum(|_| true, of);
        let [right, undecided] = [sum(|counts| counts.right), sum(|counts| counts.undecided)];
        let [wrong, lost] = [sum(|counts| counts.wrong), sum(|counts| counts.lost)];
        format!("{right} right, {undecided} undecided, {wrong} wrong, {lost} lost")
    }

    /// What came of them, by season.
    pub(crate) fn table(&self) -> Table {
        let inner = self.0.lock();
        let counts: HashMap<String, Counts> = inner
            .seasons
            .iter()
            .map(|(season, counts)| (title(*season), counts.clone()))
            .collect();
        let over_tcp = inner.over_tcp;
        drop(inner);
        let mut table = Table::new(&[
            "upstream",
            "queries",
            "right",
            "undecided",
            "wrong",
            "lost",
            "p50, us",
            "p99, us",
        ]);
        let faults = Fault::ALL.into_iter();
        let pairs = faults.flat_map(|fault| [Season::Fault(fault), Season::Aftermath(fault)]);
        let mut all = Counts::default();
        for season in [Season::Calm].into_iter().chain(pairs) {
            let Some(mut counts) = counts.get(&title(season)).cloned() else {
                continue;
            };
            table.push(row(title(season), &mut counts));
            all.right += counts.right;
            all.undecided += counts.undecided;
            all.wrong += counts.wrong;
            all.lost += counts.lost;
            all.latencies.extend(&counts.latencies);
        }
        let over_tcp = count(over_tcp);
        table.push(row(format!("all, {over_tcp} of them over TCP"), &mut all));
        table
    }
}

fn row(title: String, counts: &mut Counts) -> Vec<String> {
    vec![
        title,
        count(counts.all()),
        count(counts.right),
        count(counts.undecided),
        count(counts.wrong),
        count(counts.lost),
        short(counts.latencies.micros(500)),
        short(counts.latencies.micros(990)),
    ]
}

fn title(season: Season) -> String {
    match season {
        Season::Calm => "well".to_owned(),
        Season::Fault(fault) => fault.title().to_owned(),
        Season::Aftermath(fault) => format!("well, soon after: {}", fault.title()),
    }
}

/// A count is far below where floating point leaves numbers out.
fn count(count: u64) -> String {
    grouped(count.to_string().parse().unwrap_or(f64::NAN))
}
