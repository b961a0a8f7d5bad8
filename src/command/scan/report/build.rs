//! Makes a report of what was read, told and looked up.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::incident_row::IncidentRow;
use super::time::Local;
use super::verdicts::{POLICIES, Said, Verdicts, Word};
use super::{
    Asked, Causes, Counted, DomainRow, FileRead, Found, Hour, LeftOut, MaybeSaid, NotStopped,
    OriginRow, PolicyRow, Reading, Report, SenderRow, percent,
};
use crate::command::scan::tally::Tally;
use crate::command::scan::tally::count::{Bounces, Census, Count, Split, Tallied as _};
use crate::command::scan::tally::incidents::Incident;
use crate::command::scan::tally::rows::{Pair, Rows, What};
use crate::maillog::story::Origin;
use crate::verdict::Policy;

/// Domains that are named for each reason why mail was not stopped.
const NAMED: usize = 10;

/// Why mail to a listed domain was not stopped: it came in without SMTP.
const HANDED_IN: &str =
    "handed in on the machine itself (sendmail): no recipient restriction is asked";

/// Or it was made here, for an address that nobody asked about as a recipient.
const BOUNCE: &str =
    "a bounce, whose recipient is the sender of other mail; a list asked about senders stops that";

/// Counts by domain, where it is known which of them count.
struct Judged<'t> {
    tally: &'t Tally,
    verdicts: Option<&'t Verdicts>,
    zone: &'t TimeZone,
    /// The numbers of the domains that are listed, and of groups with one of them.
    listed: HashSet<u32>,
}

impl Report {
    /// A report; without verdicts if nothing was looked up.
    pub(crate) fn new(
        reading: Reading,
        tally: &Tally,
        verdicts: Option<&Verdicts>,
        zone: &TimeZone,
    ) -> Self {
        let judged = Judged::new(tally, verdicts, zone);
        let (total, suspected) = judged.totals();
        let (bounces, others, too_rare) = judged.bounces();
        let domains = judged.domains();
        let shown = tally.incidents.shown();
        let incidents_left_out = tally.incidents.count().saturating_sub(count(shown.len()));
        let local = |at: Timestamp| Local::new(at, zone);
        let files: Vec<FileRead> = reading.files;
        Self {
            lines: reading.lines,
            octets: reading.octets,
            unparsable: files.iter().map(|file| file.unparsable).sum(),
            repeated: reading.repeated,
            first: reading.first.map(local),
            last: reading.last.map(local),
            found: Found::of(&total, bounces),
            causes: Causes::of(&total),
            suspected: suspected.count.loops.into(),
            other_backscatter: others.left.into(),
            senders: judged.senders(),
            origins: judged.origins(),
            policies: judged.policies(total.count.loops.into()),
            not_stopped: judged.not_stopped(),
            timeline: judged.timeline(),
            incidents: shown.into_iter().map(|one| judged.incident(one)).collect(),
            incidents_left_out,
            left_out: LeftOut {
                domains: tally.domains.rest().split.certain.count.loops.into(),
                senders: tally.senders.rest().certain.loops.into(),
                origins: tally.origins.rest().certain.loops.into(),
                recipients: reading.failures_left_out,
                bounces: too_rare.left.into(),
            },
            policy: verdicts.map(|verdicts| verdicts.policy),
            asked: tally.incidents.around().map(|around| Asked {
                around,
                time: local(around.at),
                counting: bounces.near.into(),
                others: others.near.into(),
            }),
            domains,
            files,
        }
    }
}

impl<'t> Judged<'t> {
    fn new(tally: &'t Tally, verdicts: Option<&'t Verdicts>, zone: &'t TimeZone) -> Self {
        let is_listed = |name: &str| {
            let said = verdicts.and_then(|verdicts| verdicts.of(name));
            said.is_some_and(|said| said.verdict == Word::Listed)
        };
        let rows = tally.domains.iter();
        let listed = rows.filter(|(name, _)| is_listed(name));
        let domains: HashSet<u32> = listed.map(|(_, row)| row.id).collect();
        let groups = tally.groups.iter();
        let groups = groups.filter(|(members, _)| members.iter().any(|id| domains.contains(id)));
        let groups: Vec<u32> = groups.map(|(_, group)| group.id).collect();
        Self {
            tally,
            verdicts,
            zone,
            listed: domains.into_iter().chain(groups).collect(),
        }
    }

    fn said(&self, name: &str) -> Option<&'t Said> {
        self.verdicts?.of(name)
    }

    /// The domains that count, with what counts of them.
    fn counted(&self) -> impl Iterator<Item = (&'t str, &'t Split<Census>, Census)> {
        let rows = self.tally.domains.iter();
        let rows = rows.map(|(name, row)| {
            let counted = row.split.counted(self.listed.contains(&row.id));
            (&**name, &row.split, counted)
        });
        rows.filter(|(_, _, counted)| counted.count.loops > 0)
    }

    fn incident(&self, incident: &Incident) -> IncidentRow {
        let is_listed = |domain: &str| {
            let said = self.said(domain);
            said.is_some_and(|said| said.verdict == Word::Listed)
        };
        IncidentRow::new(incident, is_listed, self.zone)
    }

    /// All that counts, and all that is only suspected.
    fn totals(&self) -> (Census, Census) {
        let rest = &self.tally.domains.rest().split;
        let (mut total, mut suspected) = (rest.certain, rest.suspect);
        for (_, row) in self.tally.domains.iter() {
            total.add(&row.split.certain);
            match self.listed.contains(&row.id) {
                true => total.add(&row.split.suspect),
                false => suspected.add(&row.split.suspect),
            }
        }
        (total, suspected)
    }

    /// The bounces that count, and those for other reasons; and of these, those of suspects that were too rare.
    fn bounces(&self) -> (Bounces, Bounces, Bounces) {
        let (mut counting, mut others) = (self.tally.certain, self.tally.others);
        let mut too_rare = self.tally.groups.rest().bounces;
        too_rare.add(&self.tally.domains.rest().bounces);
        others.add(&too_rare);
        let domains = self.tally.domains.iter();
        let domains = domains.map(|(_, row)| (row.id, &row.bounces));
        let groups = self.tally.groups.iter();
        let groups = groups.map(|(_, group)| (group.id, &group.bounces));
        for (id, bounces) in domains.chain(groups) {
            match self.listed.contains(&id) {
                true => counting.add(bounces),
                false => others.add(bounces),
            }
        }
        (counting, others, too_rare)
    }

    fn span(&self, count: &Count) -> Counted {
        let local = |at| Local::new(at, self.zone);
        Counted {
            loops: count.loops.into(),
            backscatter: count.backscatter.into(),
            first: count.span.first().map(local),
            last: count.span.last().map(local),
        }
    }

    fn domains(&self) -> Vec<DomainRow> {
        let row = |(name, split, counted): (&str, &Split<Census>, Census)| DomainRow {
            domain: name.to_owned(),
            counted: self.span(&counted.count),
            suspect: split.certain.count.loops == 0,
            said: MaybeSaid::new(self.said(name)),
        };
        let mut rows: Vec<DomainRow> = self.counted().map(row).collect();
        rows.sort_by(|one, other| {
            order(&one.counted, &other.counted).then_with(|| one.domain.cmp(&other.domain))
        });
        rows
    }

    /// What counts of the pairs, by what stands beside the domain.
    fn by<W: What>(&self, pairs: &Rows<Pair<W>, Split<Count>>) -> HashMap<W, Count> {
        let mut by: HashMap<W, Count> = HashMap::new();
        for (pair, split) in pairs.iter() {
            let count = split.counted(self.listed.contains(&pair.domain));
            if count.weight() > 0 {
                merge(&mut by, &pair.what, &count);
            }
        }
        by
    }

    fn senders(&self) -> Vec<SenderRow> {
        let by = self.by(&self.tally.senders).into_iter();
        let row = |(sender, count): (Option<Box<str>>, Count)| SenderRow {
            sender: sender.map(String::from),
            counted: self.span(&count),
        };
        let mut rows: Vec<SenderRow> = by.map(row).collect();
        rows.sort_by(|one, other| {
            order(&one.counted, &other.counted).then_with(|| one.sender.cmp(&other.sender))
        });
        rows
    }

    fn origins(&self) -> Vec<OriginRow> {
        let by = self.by(&self.tally.origins).into_iter();
        let row = |(origin, count): (Origin, Count)| {
            let (kind, name, client) = match origin {
                Origin::Account { name, client } => ("account", Some(name), Some(client)),
                Origin::Client(name) => ("client", Some(name), None),
                Origin::Local(name) => ("local", Some(name), None),
                Origin::Unknown => ("unknown", None, None),
            };
            OriginRow {
                kind,
                name,
                client,
                counted: self.span(&count),
            }
        };
        let mut rows: Vec<OriginRow> = by.map(row).collect();
        rows.sort_by(|one, other| {
            let key = |row: &OriginRow| (row.kind, row.name.clone(), row.client.clone());
            order(&one.counted, &other.counted).then_with(|| key(one).cmp(&key(other)))
        });
        rows
    }

    fn timeline(&self) -> Vec<Hour> {
        let by: BTreeMap<i64, Count> = self.by(&self.tally.hours).into_iter().collect();
        let hours = by.into_iter().filter_map(|(hour, count)| {
            let from = Timestamp::from_second(hour.checked_mul(60 * 60)?).ok()?;
            Some(Hour {
                from: Local::new(from, self.zone),
                loops: count.loops.into(),
                backscatter: count.backscatter.into(),
            })
        });
        hours.collect()
    }

    fn policies(&self, of: u64) -> Vec<PolicyRow> {
        let row = |policy: Policy| {
            let stopped = self.verdicts.map(|_| self.stopped(policy));
            PolicyRow {
                policy: policy.as_str(),
                stopped,
                of,
                share: stopped.and_then(|stopped| share(stopped, of)),
            }
        };
        POLICIES.map(row).into()
    }

    /// What would not have been let in: to listed domains, over SMTP, and no bounce.
    fn stopped(&self, policy: Policy) -> u64 {
        let stopped = self.counted().filter(|(name, ..)| {
            let said = self.said(name);
            said.is_some_and(|said| said.policies.by(policy) == Word::Listed)
        });
        let asked_about = stopped.map(|(_, _, counted)| {
            let by_smtp = counted.count.loops.saturating_sub(counted.local);
            u64::from(by_smtp.saturating_sub(counted.senderless))
        });
        asked_about.sum()
    }

    fn not_stopped(&self) -> Vec<NotStopped> {
        if self.verdicts.is_none() {
            return Vec::new();
        }
        let mut by: HashMap<String, Vec<(u64, &str)>> = HashMap::new();
        for (name, _, counted) in self.counted() {
            let passed = passed(self.said(name), &counted).into_iter();
            for (why, loops) in passed.filter(|(_, loops)| *loops > 0) {
                by.entry(why).or_default().push((loops.into(), name));
            }
        }
        let rest = self.tally.domains.rest().split.certain.count.loops;
        if rest > 0 {
            let why = "rare domains: too many to look each of them up".to_owned();
            by.insert(why, vec![(rest.into(), "")]);
        }
        let mut rows: Vec<NotStopped> = by.into_iter().map(not_stopped).collect();
        rows.sort_by(|one, other| {
            let more = other.loops.cmp(&one.loops);
            more.then_with(|| one.why.cmp(&other.why))
        });
        rows
    }
}

/// What was not stopped of the mail to a domain, by the reason.
fn passed(said: Option<&Said>, counted: &Census) -> Vec<(String, u32)> {
    let all = |why: String| vec![(why, counted.count.loops)];
    let Some(said) = said else {
        return all("not looked up".to_owned());
    };
    match said.verdict {
        Word::Listed => vec![
            (HANDED_IN.to_owned(), counted.local),
            (BOUNCE.to_owned(), counted.senderless),
        ],
        Word::NotListed if said.why().starts_with("no mail domain") => {
            all("no mail domain".to_owned())
        }
        Word::NotListed => all(format!("not listed today: {}", said.why())),
        Word::Undecided => all("undecided: it could not be looked up".to_owned()),
    }
}

fn not_stopped((why, mut domains): (String, Vec<(u64, &str)>)) -> NotStopped {
    domains
        .sort_by(|(loops, name), (others, other)| others.cmp(loops).then_with(|| name.cmp(other)));
    let names = domains.iter().map(|(_, name)| (*name).to_owned());
    NotStopped {
        why,
        loops: domains.iter().map(|(loops, _)| loops).sum(),
        domains: names.filter(|name| !name.is_empty()).take(NAMED).collect(),
    }
}

impl Found {
    fn of(total: &Census, bounces: Bounces) -> Self {
        Self {
            loops: total.count.loops.into(),
            bounced: total.bounced.into(),
            deferred: total.deferred.into(),
            sent: total.sent.into(),
            backscatter: bounces.left.into(),
        }
    }
}

impl Causes {
    fn of(total: &Census) -> Self {
        Self {
            looped: total.looped.into(),
            reserved: total.reserved.into(),
            private: total.private.into(),
            no_host: total.no_host.into(),
        }
    }
}

/// Most first.
fn order(one: &Counted, other: &Counted) -> std::cmp::Ordering {
    let key = |counted: &Counted| (counted.loops, counted.backscatter);
    key(other).cmp(&key(one))
}

fn merge<W: Clone + Eq + Hash>(by: &mut HashMap<W, Count>, what: &W, count: &Count) {
    match by.get_mut(what) {
        Some(known) => known.add(count),
        None => {
            by.insert(what.clone(), *count);
        }
    }
}

/// A part of a whole, to two places.
fn share(part: u64, whole: u64) -> Option<f64> {
    let percent = u32::try_from(percent(part, whole)?).ok()?;
    Some(f64::from(percent) / 100.0)
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::scan::fixture::{at, story, verdicts, zone};
    use crate::command::scan::tally::around::Around;
    use crate::maillog::story::Cause;

    /// A mail to two suspects, of which only one is listed, in whatever order; and one of an unknown sender.
    #[tokio::test(start_paused = true)]
    async fn each_table_adds_up_to_the_totals() {
        let private = || Cause::Private("10.0.0.1".parse().unwrap());
        for recipients in [
            ["a@good.example", "b@adulto.com"],
            ["b@adulto.com", "a@good.example"],
        ] {
            let mut mail = story("1", recipients[0], 0, private());
            let other = story("1", recipients[1], 0, private());
            mail.failures.extend(other.failures);
            let mut unknown = story("2", "c@hot.de", 0, Cause::Loop);
            unknown.sender = None;
            unknown.origin = Origin::Unknown;
            let good = story("3", "d@good.example", 0, private());
            let mut tally = Tally::new(Some(Around { at: at(0) }));
            for story in [mail, unknown, good] {
                tally.tell(&story);
            }
            let verdicts = verdicts(&tally, Policy::Any).await;
            let report = Report::new(Reading::default(), &tally, Some(&verdicts), &zone());
            assert_eq!((report.found.loops, report.found.backscatter), (2, 2));
            assert_eq!((report.suspected, report.other_backscatter), (2, 1));
            assert_eq!(report.asked.map(|asked| asked.others), Some(1));
            let senders = report.senders.iter().map(|row| &row.counted);
            let origins = report.origins.iter().map(|row| &row.counted);
            let add_up = |rows: &mut dyn Iterator<Item = &Counted>| {
                rows.fold((0, 0), |(loops, backscatter), row| {
                    (loops + row.loops, backscatter + row.backscatter)
                })
            };
            assert_eq!(add_up(&mut { senders }), (2, 2));
            assert_eq!(add_up(&mut { origins }), (2, 2));
            let hours = report.timeline.iter();
            assert_eq!(hours.map(|hour| hour.backscatter).sum::<u64>(), 2);
            assert!(report.senders.iter().any(|row| row.sender.is_none()));
            let domains = report.domains.iter().map(|row| row.counted.backscatter);
            assert_eq!(domains.collect::<Vec<_>>(), [1, 1]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_asked_about_the_recipient_of_a_bounce() {
        let mail = story("1", "a@hot.de", 0, Cause::Loop);
        let mut bounce = story("2", "b@hot.de", 0, Cause::Loop);
        bounce.sender = Some(String::new());
        let mut local = bounce.clone();
        local.origin = Origin::Local("uid 33".to_owned());
        let mut tally = Tally::new(None);
        for story in [mail, bounce, local] {
            tally.tell(&story);
        }
        let verdicts = verdicts(&tally, Policy::Any).await;
        let report = Report::new(Reading::default(), &tally, Some(&verdicts), &zone());
        assert_eq!(report.policies[0].stopped, Some(1));
        let passed = NotStopped {
            why: BOUNCE.to_owned(),
            loops: 2,
            domains: vec!["hot.de".to_owned()],
        };
        assert_eq!(report.not_stopped, [passed]);
    }
}
