//! One mail from the client that brought it to the bounce that left, for people.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::table::sender;
use super::words::apart;
use crate::command::print::{BAD, FAINT};
use crate::command::scan::report::Report;
use crate::command::scan::report::incident_row::{BounceRow, IncidentRow, LEFT};
use crate::command::scan::report::time::Local;
use crate::command::scan::tally::around::Around;
use crate::command::scan::tally::incidents::Incident;
use crate::maillog::Story;
use crate::maillog::story::{Cause, Failure};

/// What lies further from a time is shown only for want of nearer.
const NEAR: SignedDuration = SignedDuration::from_hours(1);

/// Recipients of a mail that are told one by one.
const RECIPIENTS: usize = 5;

/// How many mails there is room for.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    /// That looped; of those around a time, if there are any near it.
    pub(crate) looped: usize,
    /// That looped far from the time, for want of nearer ones.
    pub(crate) far: usize,
    /// That bounced for other reasons.
    pub(crate) others: usize,
}

/// One mail: the recipients that it did not reach.
pub(crate) struct Mail<'r> {
    pub(crate) first: &'r IncidentRow,
    more: Vec<&'r IncidentRow>,
}

/// The mails that are shown, below their headings: those around the time that is asked about; else the last, as examples.
pub(crate) fn sections(report: &Report, room: Room) -> Vec<(String, Vec<Mail<'_>>)> {
    let mut looped = mails(report.incidents.iter().filter(|row| row.counts));
    let Some(asked) = &report.asked else {
        let last = looped.split_off(looped.len().saturating_sub(room.looped));
        return vec![("The last mails that looped".to_owned(), last)];
    };
    let told: HashSet<u64> = looped.iter().map(|mail| mail.first.story).collect();
    let others = report.incidents.iter().filter(|row| row.has_left());
    let others = mails(others.filter(|row| !told.contains(&row.story)));
    let time = asked.time.full();
    vec![
        (
            format!("Looped mail around {time}"),
            nearest(looped, asked.around, room.looped, room.far),
        ),
        (
            format!("Other bounces around {time}"),
            nearest(others, asked.around, room.others, 0),
        ),
    ]
}

/// The mails of these recipients, in the order of the first of each.
fn mails<'r>(rows: impl Iterator<Item = &'r IncidentRow>) -> Vec<Mail<'r>> {
    let mut mails: Vec<Mail<'r>> = Vec::new();
    let mut places = HashMap::new();
    for row in rows {
        let place = *places.entry(row.story).or_insert(mails.len());
        match mails.get_mut(place) {
            Some(mail) => mail.more.push(row),
            None => mails.push(Mail {
                first: row,
                more: Vec::new(),
            }),
        }
    }
    mails
}

/// The nearest to a time, the oldest first: those within an hour, or some if there are none.
fn nearest(mut mails: Vec<Mail<'_>>, around: Around, most: usize, least: usize) -> Vec<Mail<'_>> {
    mails.sort_by_key(|mail| mail.distance(around));
    let near = mails.iter().filter(|mail| mail.distance(around) <= NEAR);
    let near = match near.count() {
        0 => least,
        near => near,
    };
    mails.truncate(near.min(most));
    mails.sort_by_key(|mail| mail.first.at().or(mail.first.left_at()));
    mails
}

impl<'r> Mail<'r> {
    /// The recipients that are told.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'r IncidentRow> {
        self.all().take(RECIPIENTS)
    }

    /// How many are not.
    pub(crate) fn left_out(&self) -> usize {
        let all = self.all().fold(0, |all, row| all + 1 + row.more);
        all - self.rows().count()
    }

    fn all(&self) -> impl Iterator<Item = &'r IncidentRow> {
        [self.first].into_iter().chain(self.more.iter().copied())
    }

    /// How far it lies from a time, or its bounce, if that has left.
    fn distance(&self, around: Around) -> SignedDuration {
        let times = self
            .all()
            .flat_map(|row| row.at().into_iter().chain(row.left_at()));
        let distances = times.map(|at| around.distance(at));
        distances.min().unwrap_or(SignedDuration::MAX)
    }
}

/// What the log tells of a mail, in some lines; with the distance from a time if one is asked about.
pub(crate) fn tell(mail: &Mail<'_>, around: Option<Around>) -> String {
    let mut text = String::new();
    let row = mail.first;
    let at = time(row.at.as_ref(), None, around);
    // Writing to a String does not fail.
    let _infallible = writeln!(text, "  {at}  {}  {}", row.id, brought_by(row));
    for row in mail.rows() {
        let whom = row.sender.as_deref().map_or("?", sender);
        let (recipient, status, why) = (row.whom(), row.status, &row.text);
        let _infallible = writeln!(text, "    {whom} → {recipient}");
        let _infallible = writeln!(text, "    {FAINT}{status}:{FAINT:#} {why}");
    }
    if let more @ 1.. = mail.left_out() {
        let _infallible = writeln!(text, "    {FAINT}and {more} more{FAINT:#}");
    }
    if let Some(bounce) = &row.bounce {
        let _infallible = writeln!(text, "    {}", told_bounce(row, bounce, around));
    }
    text
}

/// What the log tells of a mail, at once; of a suspect that is not looked up, too.
pub(crate) fn tell_story(story: &Story, zone: &TimeZone) -> String {
    let failures = story.failures.iter();
    let failures = failures.filter(|failure| failure.cause != Cause::Other);
    let rows: Vec<IncidentRow> = failures
        .map(|failure| row_of(story, failure, zone))
        .collect();
    let told = mails(rows.iter());
    told.iter().map(|mail| tell(mail, None)).collect()
}

fn row_of(story: &Story, failure: &Failure, zone: &TimeZone) -> IncidentRow {
    let incident = Incident::new(story, Some(failure));
    IncidentRow::new(&incident, |_| false, zone)
}

/// What became of the bounce of a mail, once that is over; nothing if there was none.
pub(crate) fn tell_bounce(story: &Story, zone: &TimeZone) -> String {
    let failure = story
        .failures
        .iter()
        .find(|failure| failure.cause != Cause::Other);
    let row = failure.map(|failure| row_of(story, failure, zone));
    let told = row.and_then(|row| Some(told_bounce(&row, row.bounce.as_ref()?, None)));
    told.map(|told| format!("  {}  {told}\n", story.id))
        .unwrap_or_default()
}

/// Who brought a mail in, in words.
pub(crate) fn brought_by(row: &IncidentRow) -> String {
    match (&row.account, &row.client, &row.local) {
        (Some(account), Some(client), _) => format!("by {account} from {client}"),
        (Some(account), None, _) => format!("by {account}"),
        (None, Some(client), _) => format!("from {client}"),
        (None, None, Some(user)) => format!("with sendmail, by {user}"),
        (None, None, None) => "by whom is not in the log".to_owned(),
    }
}

fn told_bounce(row: &IncidentRow, bounce: &BounceRow, around: Option<Around>) -> String {
    let whom = bounce.recipient.as_deref().map(sender);
    let whom = whom.map(|whom| format!(" to {whom}")).unwrap_or_default();
    let relay = bounce.relay.as_deref().unwrap_or("?");
    let fate = match bounce.fate {
        LEFT => format!(
            "{BAD}left{BAD:#} {} for {relay}",
            time(bounce.at.as_ref(), row.at.as_ref(), around)
        ),
        "inside" => format!("went to {relay}, in the own network"),
        "local" => "was delivered here".to_owned(),
        "refused" => "was taken by nobody".to_owned(),
        "waiting" => "waits in the queue".to_owned(),
        _ => "is not in the log to its end".to_owned(),
    };
    format!("bounce {}{whom} {fate}", bounce.id)
}

/// A time, and how far it lies from the one that is asked about.
fn time(at: Option<&Local>, day: Option<&Local>, around: Option<Around>) -> String {
    let Some(at) = at else {
        return "at a time that the log does not say".to_owned();
    };
    let second = at.second_after(day);
    match around {
        None => second,
        Some(around) => format!("{second} ({})", apart(at.timestamp(), around.at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::scan::fixture::{at, story, zone};
    use crate::command::scan::report::Reading;
    use crate::command::scan::show::advice;
    use crate::command::scan::tally::Tally;
    use crate::maillog::story::{Bounce, Fate, Origin};

    #[track_caller]
    fn check(origin: Origin, fate: Fate, expected: &[&str]) {
        let mut mail = story("8170A4D23E6F", "jfhfdq@hot.de", 0, Cause::Loop);
        mail.sender = Some(String::new());
        mail.origin = origin;
        mail.bounce = Some(Bounce {
            id: "955C04D2300E".to_owned(),
            recipient: Some("a@godetia.com".to_owned()),
            fate,
        });
        let mut other = mail.failures[0].clone();
        other.cause = Cause::Other;
        mail.failures.push(other);
        let told = anstream::adapter::strip_str(&tell_story(&mail, &zone())).to_string();
        let lines: Vec<&str> = told.lines().map(str::trim).collect();
        let [by, bounce] = expected else {
            panic!("two lines differ")
        };
        let id = format!("2015-03-20 14:05:00  8170A4D23E6F  {by}");
        let bounce = format!("bounce 955C04D2300E to a@godetia.com {bounce}");
        let why = "bounced: mail for hot.de loops back to myself";
        assert_eq!(lines, [&*id, "<> → jfhfdq@hot.de", why, &*bounce]);
    }

    #[test]
    fn of_mail_that_was_tried_for_long_the_bounce_is_told() {
        let mut expired = story("2A1B2C3D4E5F", "a@gmail.example", 0, Cause::Other);
        expired.failures.clear();
        let around = Around { at: at(4) };
        let mut tally = Tally::new(Some(around));
        tally.tell(&expired);
        let report = Report::new(Reading::default(), &tally, None, &zone());
        let mails = mails(report.incidents.iter());
        let row = mails[0].first;
        assert_eq!(
            (&row.recipient, row.cause, row.counts),
            (&None, "other", false)
        );
        let told = tell(&mails[0], Some(around));
        let told = anstream::adapter::strip_str(&told).to_string();
        for part in [
            "2A1B2C3D4E5F  from localhost[127.0.0.1]\n",
            "    antonettabaune@godetia.com → ?\n",
            "    bounced: given up after it had been tried for long\n",
            "left 2015-03-20 14:05:03 (1 s before it) for mx.godetia.com[192.0.1.7]\n",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let others = "1 bounce for other reasons left within 10 minutes of it.";
        assert!(advice::summary(&report).iter().any(|said| said == others));
    }

    #[test]
    fn a_mail_is_told_from_client_to_bounce() {
        let relay = || "mx.godetia.com[192.0.1.7]".to_owned();
        let account = Origin::Account {
            name: "info".to_owned(),
            client: "unknown[192.0.1.66]".to_owned(),
        };
        let next_day = Some(at(86_400));
        let left = Fate::Left {
            at: next_day,
            relay: relay(),
        };
        let gone = "left 2015-03-21 14:05:00 for mx.godetia.com[192.0.1.7]";
        check(account, left, &["by info from unknown[192.0.1.66]", gone]);
        let inside = Fate::Inside {
            at: None,
            relay: relay(),
        };
        let went = "went to mx.godetia.com[192.0.1.7], in the own network";
        check(
            Origin::Local("uid 33".to_owned()),
            inside,
            &["with sendmail, by uid 33", went],
        );
        let client = || Origin::Client("a[192.0.1.1]".to_owned());
        for (fate, text) in [
            (Fate::Local, "was delivered here"),
            (Fate::Refused, "was taken by nobody"),
            (Fate::Waiting, "waits in the queue"),
            (Fate::Unknown, "is not in the log to its end"),
        ] {
            check(client(), fate, &["from a[192.0.1.1]", text]);
        }
        let unknown = "by whom is not in the log";
        check(
            Origin::Unknown,
            Fate::Local,
            &[unknown, "was delivered here"],
        );
    }
}
