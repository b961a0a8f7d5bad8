//! The report for people: from the reason to the remedy.

use std::fmt::Write as _;

use anstyle::Style;

use super::advice;
use super::columns::{Cell, Columns};
use super::trail::{self, Room};
use super::words::{many, part, wrapped};
use crate::command::print::{BAD, FAINT, GOOD, UNSURE};
use crate::command::scan::report::time::Local;
use crate::command::scan::report::verdicts::Word;
use crate::command::scan::report::{Counted, OriginRow, Report};

/// Rows of a section.
const ROWS: usize = 20;

/// Mails that are told as examples.
const EXAMPLES: Room = Room {
    looped: 3,
    far: 0,
    others: 0,
};

/// Mails around a time.
const AROUND: Room = Room {
    looped: ROWS,
    far: 3,
    others: 10,
};

/// A sender or origin that is not in the log.
pub(crate) const UNKNOWN: &str = "the log does not say";

/// Headings, and what matters most.
const BOLD: Style = Style::new().bold();

/// The report, coloured; whoever prints it takes the colours out where they do not belong.
pub(crate) fn print(report: &Report) -> String {
    let mut text = String::new();
    for (index, sentence) in advice::summary(report).iter().enumerate() {
        let style = if index == 0 { BOLD } else { Style::new() };
        text.push_str(&wrapped(sentence, "", style));
    }
    text.push_str(&wrapped(&advice::reading(report), "", FAINT));
    text.push_str(&headed("What to do", &remedies(report)));
    text.push_str(&trails(report));
    for (heading, section) in [
        ("Domains", domains(report)),
        (
            "Senders, and the bounces that left for them",
            senders(report),
        ),
        ("Where it came in", origins(report)),
        ("What each policy would have stopped", policies(report)),
        ("What would not have been stopped", not_stopped(report)),
        ("Files that could not be read as a whole", files(report)),
    ] {
        text.push_str(&headed(heading, &section));
    }
    text
}

/// A section, if there is something in it.
fn headed(heading: &str, section: &str) -> String {
    if section.is_empty() {
        return String::new();
    }
    format!("\n{BOLD}{heading}{BOLD:#}\n{section}")
}

fn remedies(report: &Report) -> String {
    let remedies = advice::remedies(report);
    let wrapped = (1..).zip(&remedies).map(|(number, remedy)| {
        let lines = wrapped(remedy, "     ", Style::new());
        format!("  {number}. {}", lines.trim_start())
    });
    wrapped.collect()
}

fn trails(report: &Report) -> String {
    let around = report.asked.as_ref().map(|asked| asked.around);
    let room = match around {
        None => EXAMPLES,
        Some(_) => AROUND,
    };
    let sections = trail::sections(report, room).into_iter();
    let told = sections.map(|(heading, mails)| {
        let told: String = mails.iter().map(|mail| trail::tell(mail, around)).collect();
        headed(&heading, &told)
    });
    told.collect()
}

fn domains(report: &Report) -> String {
    let names = [
        "domain", "mails>", "bounces>", "first", "last", "today", "why",
    ];
    let mut columns = Columns::new(match report.policy {
        Some(_) => &names,
        None => names.split_at(5).0,
    });
    for row in report.domains.iter().take(ROWS) {
        let [loops, backscatter, first, last] = counted(&row.counted);
        let mut cells = vec![Cell::text(&row.domain), loops, backscatter, first, last];
        if let Some(said) = row.said.get() {
            let (word, style) = shown(said.verdict);
            cells.push(Cell::text(word).styled(style));
            cells.push(Cell::text(said.why()));
        }
        columns.row(cells);
    }
    section(&columns, report.domains.len(), report.left_out.domains)
}

/// A verdict as people read it.
pub(crate) fn shown(word: Word) -> (&'static str, Style) {
    match word {
        Word::Listed => ("listed", BAD),
        Word::NotListed => ("not listed", GOOD),
        Word::Undecided => ("undecided", UNSURE),
    }
}

fn senders(report: &Report) -> String {
    let mut columns = Columns::new(&["sender", "mails>", "bounces>", "first", "last"]);
    for row in report.senders.iter().take(ROWS) {
        let [loops, backscatter, first, last] = counted(&row.counted);
        columns.row([
            Cell::text(row.sender.as_deref().map_or(UNKNOWN, sender)),
            loops,
            backscatter,
            first,
            last,
        ]);
    }
    section(&columns, report.senders.len(), report.left_out.senders)
}

fn origins(report: &Report) -> String {
    let mut columns = Columns::new(&["kind", "name", "mails>", "bounces>", "first", "last"]);
    for row in report.origins.iter().take(ROWS) {
        let [loops, backscatter, first, last] = counted(&row.counted);
        let kind = Cell::text(row.kind);
        columns.row([
            kind,
            Cell::text(origin(row)),
            loops,
            backscatter,
            first,
            last,
        ]);
    }
    section(&columns, report.origins.len(), report.left_out.origins)
}

fn policies(report: &Report) -> String {
    let Some(policy) = report.policy.filter(|_| report.found.loops > 0) else {
        return String::new();
    };
    let row = |row: &crate::command::scan::report::PolicyRow| {
        let is_in_force = row.policy == policy.as_str();
        let note = if is_in_force { ", in force" } else { "" };
        let stopped = part(row.stopped.unwrap_or(0), row.of);
        format!("  {:<4}  {stopped}{FAINT}{note}{FAINT:#}\n", row.policy)
    };
    report.policies.iter().map(row).collect()
}

fn not_stopped(report: &Report) -> String {
    let mut text = String::new();
    for row in report.not_stopped.iter().take(ROWS) {
        let mails = many(row.loops, "mail", "mails");
        let _infallible = writeln!(text, "  {UNSURE}{mails}{UNSURE:#}: {}", row.why);
        if !row.domains.is_empty() {
            text.push_str(&wrapped(&row.domains.join(", "), "    ", FAINT));
        }
    }
    text + &left_out(report.not_stopped.len().saturating_sub(ROWS))
}

fn files(report: &Report) -> String {
    let failed = report.files.iter().filter_map(|file| {
        let error = file.error.as_ref()?;
        Some(format!("  {}: {BAD}{error}{BAD:#}\n", file.name))
    });
    let mut failed: Vec<String> = failed.collect();
    let left = failed.split_off(failed.len().min(ROWS)).len();
    failed.concat() + &left_out(left)
}

/// The columns, and what they leave out.
fn section(columns: &Columns, rows: usize, rare: u64) -> String {
    if rows == 0 {
        return String::new();
    }
    let rare = match rare {
        0 => String::new(),
        number => {
            let mails = many(number, "mail", "mails");
            format!("  {FAINT}and {mails} in rows too rare to be kept{FAINT:#}\n")
        }
    };
    columns.print() + &left_out(rows.saturating_sub(ROWS)) + &rare
}

fn left_out(rows: usize) -> String {
    match rows {
        0 => String::new(),
        rows => format!("  {FAINT}and {rows} more: --json and --html have them{FAINT:#}\n"),
    }
}

fn counted(counted: &Counted) -> [Cell; 4] {
    let time = |time: &Option<Local>| {
        let text = time.as_ref().map(Local::minute);
        Cell::text(text.unwrap_or_default())
    };
    let backscatter = Cell::number(counted.backscatter);
    let backscatter = match counted.backscatter {
        0 => backscatter.styled(FAINT),
        _ => backscatter.styled(BAD),
    };
    let loops = Cell::number(counted.loops);
    [
        loops,
        backscatter,
        time(&counted.first),
        time(&counted.last),
    ]
}

/// A sender as mail servers write it.
pub(crate) fn sender(sender: &str) -> &str {
    if sender.is_empty() { "<>" } else { sender }
}

/// Who brought the mail in, in one text.
pub(crate) fn origin(row: &OriginRow) -> String {
    match (&row.name, &row.client) {
        (Some(name), Some(client)) => format!("{name} from {client}"),
        (Some(name), None) => name.clone(),
        (None, _) => UNKNOWN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::scan::fixture::{at, reading, report, story, tally, verdicts, zone};
    use crate::command::scan::tally::Tally;
    use crate::command::scan::tally::around::Around;
    use crate::maillog::story::Cause;
    use crate::verdict::Policy;

    fn plain(report: &Report) -> String {
        anstream::adapter::strip_str(&print(report)).to_string()
    }

    #[track_caller]
    fn check(text: &str, parts: &[&str]) {
        let mut rest = text;
        for part in parts {
            let (_, behind) = rest
                .split_once(part)
                .unwrap_or_else(|| panic!("no '{part}' in what is left:\n{rest}"));
            rest = behind;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn from_the_reason_to_the_remedy() {
        check(
            &plain(&report(None).await),
            &[
                "Mail to 20 recipients in 16 domains looped or went to reserved addresses: 19 came back,",
                "\nbogusmx would have stopped 16 of 20 (80 %) with policy any.\n",
                "1 more mail failed at private addresses, found no host, or ended at a reserved address, to domains",
                "4321 lines in 2 files, from 2015-03-19 14:05:00 CET to 2015-03-26 14:05:00 CET",
                "\nWhat to do\n  1. Put bogusmx in front of the mail server",
                "  2. Look at what submits from this machine",
                "  3. Look at the account info@company.de, which sent 6 of 20 (30 %)",
                "\nThe last mails that looped\n  2015-03-25 06:05:00  4B3B24D83D5B",
                "\nDomains\n  domain          mails  bounces  first ",
                "\n  beer.com            2        2  2015-03-22 01:05  2015-03-24 16:05  listed  ",
                "  Domain MX in loopback network: mailnull.aftermarket.com 127.0.0.1\n",
                "\nSenders, and the bounces that left for them\n",
                "  antonettabaune@godetia.com     14       13  ",
                "\n  account  info@company.de from unknown[192.0.1.66]      6        6  ",
                "\n  any   16 of 20 (80 %), in force\n  all   14 of 20 (70 %)\n",
                "  2 mails: handed in on the machine itself (sendmail)",
                "\n    adulto.com, live.ong\n",
                "\n  /var/log/mail.log.2.gz: the archive ends too early\n",
            ],
        );
    }

    #[tokio::test(start_paused = true)]
    async fn around_a_time_the_nearest_bounce_comes_first() {
        let text = plain(&report(Some(Around { at: at(4) })).await);
        let nearest = "Nearest to 2015-03-20 14:05:04 CET: bounce 955C04D2300E left for \
                       antonettabaune@godetia.com 1 s\nbefore it, because of mail 8170A4D23E6F to \
                       jfhfdq@hot.de.\n2 bounces for other reasons left within 10 minutes of it.\n";
        assert!(text.starts_with(nearest), "{text}");
        check(
            &text,
            &[
                "\nLooped mail around 2015-03-20 14:05:04 CET\n",
                "  2015-03-20 14:05:00 (4 s before it)  8170A4D23E6F  from localhost[127.0.0.1]\n",
                "    antonettabaune@godetia.com → jfhfdq@hot.de\n",
                "    bounced: mail for hot.de loops back to myself\n",
                "left 14:05:03 (1 s before it) for mx.godetia.com[192.0.1.7]\n",
                "(56 s after it)  0A1B2C3D4E5F",
                "\nOther bounces around 2015-03-20 14:05:04 CET\n",
                "2A1B2C3D4E5F",
                "550 5.1.1 no such user",
                "\nDomains\n",
            ],
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_domain_that_is_not_listed_has_a_reason_too() {
        let mut tally = Tally::new(None);
        tally.tell(&story("1", "a@good.example", 0, Cause::Loop));
        let verdicts = verdicts(&tally, Policy::Any).await;
        let report = Report::new(reading(), &tally, Some(&verdicts), &zone());
        let row = "  not listed  its mail goes to public addresses\n";
        check(&plain(&report), &["\n  good.example ", row]);
    }

    #[tokio::test(start_paused = true)]
    async fn far_from_everything_the_nearest_are_shown_all_the_same() {
        let text = plain(&report(Some(Around { at: at(-864_000) })).await);
        check(
            &text,
            &[
                "No bounce of mail that looped left within 10 minutes of 2015-03-10 14:05:00 CET.",
                "No bounce for other reasons left within 10 minutes of it.",
                "(10 days after it)  8170A4D23E6F",
            ],
        );
        assert!(!text.contains("Other bounces around"));
    }

    #[test]
    fn nothing_found_is_said_with_what_was_read() {
        let report = Report::new(reading(), &Tally::new(None), None, &zone());
        check(
            &plain(&report),
            &[
                "No mail was found that looped or went to reserved addresses, but not all could be \
                 read.\n4321 lines in 2 files, from 2015-03-19 14:05:00 CET",
                "\nFiles that could not be read as a whole\n",
            ],
        );
        assert!(!plain(&report).contains("What to do"));
    }

    #[test]
    fn without_look_ups_nothing_is_said_of_today() {
        let text = plain(&Report::new(reading(), &tally(None), None, &zone()));
        check(
            &text,
            &[
                "Nothing was looked up, so it is not known what bogusmx would have stopped.",
                "2 more mails failed at private addresses",
            ],
        );
        assert!(!text.contains("today") && !text.contains("What each policy"));
    }

    #[test]
    fn long_sections_say_how_much_is_left_out() {
        let mut tally = Tally::new(None);
        for number in 0..25 {
            tally.tell(&story(
                "1",
                &format!("a@d{number:02}.example"),
                0,
                Cause::Loop,
            ));
        }
        let text = plain(&Report::new(reading(), &tally, None, &zone()));
        check(
            &text,
            &[
                "\n  d19.example",
                "\n  and 5 more: --json and --html have them\n",
            ],
        );
        assert!(!text.contains("d20.example  "));
    }
}
