//! The report as a page that needs nothing else: no script, no style and no picture from elsewhere.

use askama::Template;

use super::advice;
use super::chart::{self, Chart};
use super::table;
use super::trail::{self, Mail, Room};
use super::words::apart;
use crate::command::scan::report::incident_row::IncidentRow;
use crate::command::scan::report::time::Local;
use crate::command::scan::report::verdicts::{Said, Word};
use crate::command::scan::report::{DomainRow, OriginRow, Report, SenderRow, percent};

/// Rows of a section; more make a page that nobody reads.
const ROWS: usize = 100;

/// Mails around a time, or the last ones.
const ROOM: Room = Room {
    looped: 30,
    far: 3,
    others: 30,
};

#[derive(Template)]
#[template(path = "command/scan/show/report.html")]
struct Page<'r> {
    report: &'r Report,
    summary: Vec<String>,
    reading: String,
    remedies: Vec<String>,
    /// What the policy in force would have stopped, in percent.
    stopped: Option<(u64, &'static str)>,
    chart: Option<Chart>,
    domains: Part<'r, DomainRow>,
    senders: Part<'r, SenderRow>,
    origins: Part<'r, OriginRow>,
    trails: Vec<(String, Vec<Mail<'r>>)>,
}

/// The rows of a section, and how many are left out.
struct Part<'r, R> {
    rows: &'r [R],
    more: usize,
    rare: u64,
}

/// The page.
pub(crate) fn print(report: &Report) -> String {
    let page = Page {
        report,
        summary: advice::summary(report),
        reading: advice::reading(report),
        remedies: advice::remedies(report),
        stopped: stopped(report),
        chart: Chart::new(report),
        domains: Part::new(&report.domains, report.left_out.domains),
        senders: Part::new(&report.senders, report.left_out.senders),
        origins: Part::new(&report.origins, report.left_out.origins),
        trails: trail::sections(report, ROOM),
    };
    // It fails only if writing does, and a String takes everything.
    page.render().unwrap_or_default()
}

fn stopped(report: &Report) -> Option<(u64, &'static str)> {
    let row = advice::in_force(report)?;
    Some((percent(row.stopped?, row.of)?, row.policy))
}

impl<'r, R> Part<'r, R> {
    fn new(rows: &'r [R], rare: u64) -> Self {
        let kept = rows.get(..ROWS).unwrap_or(rows);
        Self {
            rows: kept,
            more: rows.len().saturating_sub(kept.len()),
            rare,
        }
    }
}

impl Page<'_> {
    /// A time to the minute, in a table.
    fn minute(&self, time: &Option<Local>) -> String {
        time.as_ref().map(Local::minute).unwrap_or_default()
    }

    /// A time to the second, with the distance from the one that is asked about.
    fn second(&self, time: &Option<Local>) -> String {
        let Some(time) = time else {
            return "no time in the log".to_owned();
        };
        match &self.report.asked {
            None => time.second(),
            Some(asked) => {
                let apart = apart(time.timestamp(), asked.around.at);
                format!("{} ({apart})", time.second())
            }
        }
    }

    /// The class and the text of a verdict.
    fn verdict(&self, row: &DomainRow) -> Option<(&'static str, &'static str)> {
        Some(match row.said.get()?.verdict {
            Word::Listed => ("listed", "listed"),
            Word::NotListed => ("not-listed", "not listed"),
            Word::Undecided => ("undecided", "undecided"),
        })
    }

    fn reason<'d>(&self, row: &'d DomainRow) -> &'d str {
        row.said.get().map(Said::why).unwrap_or_default()
    }

    fn sender<'s>(&self, sender: &'s str) -> &'s str {
        table::sender(sender)
    }

    /// A sender that the log may not have.
    fn maybe_sender<'s>(&self, sender: &'s Option<String>) -> &'s str {
        sender.as_deref().map_or(table::UNKNOWN, table::sender)
    }

    fn origin(&self, row: &OriginRow) -> String {
        table::origin(row)
    }

    fn brought_by(&self, row: &IncidentRow) -> String {
        trail::brought_by(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::scan::fixture::{at, reading, report, story, zone};
    use crate::command::scan::tally::Tally;
    use crate::command::scan::tally::around::Around;
    use crate::maillog::story::{Cause, Origin};

    #[tokio::test(start_paused = true)]
    async fn the_page_says_what_the_report_says() {
        let page = print(&report(Some(Around { at: at(4) })).await);
        for part in [
            "jfhfdq@hot.de",
            "8170A4D23E6F",
            "mailnull.aftermarket.com 127.0.0.1",
            "antonettabaune@godetia.com",
            "info@company.de from unknown[192.0.1.66]",
            "bogusmx would have stopped 16 of 20 (80 %) with policy any.",
            "no recipient restriction is asked",
            "the archive ends too early",
            "1 s before it",
            "550 5.1.1 no such user",
            "<svg",
            "2015-03-20 14:00: 2 mails, 2 bounces left",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_page_needs_nothing_from_elsewhere() {
        let page = print(&report(None).await);
        for part in [
            "<script", "http:", "https:", "src=", "@import", "url(", "<link",
        ] {
            assert!(!page.contains(part), "{part}");
        }
    }

    #[test]
    fn what_is_in_the_log_stays_text() {
        let evil = "<script>alert(1)</script>\"'&";
        let mut mail = story(evil, &format!("x@{evil}"), 0, Cause::Loop);
        mail.sender = Some(evil.to_owned());
        mail.failures[0].text = evil.to_owned();
        mail.origin = Origin::Account {
            name: evil.to_owned(),
            client: evil.to_owned(),
        };
        let bounce = mail.bounce.as_mut().unwrap();
        bounce.recipient = Some(evil.to_owned());
        let mut reading = reading();
        reading.files[1].name = evil.to_owned();
        for around in [None, Some(Around { at: at(0) })] {
            let mut tally = Tally::new(around);
            tally.tell(&mail);
            let page = print(&Report::new(reading.clone(), &tally, None, &zone()));
            assert!(!page.contains("<script"));
            assert!(page.matches("&#60;script&#62;").count() >= 8);
        }
    }

    #[test]
    fn a_page_about_nothing_says_so() {
        let page = print(&Report::new(reading(), &Tally::new(None), None, &zone()));
        assert!(page.contains("No mail was found that looped"));
        assert!(page.contains("4321 lines in 2 files, from 2015-03-19 14:05:00 CET"));
        assert!(!page.contains("<svg"));
    }
}
