//! The report for spreadsheets: one line for each recipient domain. Its columns are documented in docs/scan.md.

use crate::command::scan::report::time::Local;
use crate::command::scan::report::{DomainRow, Report};
use crate::verdict::Policy;

/// The names of the columns.
const HEADER: [&str; 12] = [
    "domain",
    "loops",
    "backscatter",
    "first",
    "last",
    "suspect",
    "verdict",
    "reason",
    "code",
    "any",
    "all",
    "loop",
];

/// The table, with its header.
pub(crate) fn print(report: &Report) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to a Vec does not fail.
    let _infallible = writer.write_record(HEADER);
    for row in &report.domains {
        let _infallible = writer.write_record(cells(row));
    }
    let octets = writer.into_inner().unwrap_or_default();
    String::from_utf8(octets).unwrap_or_default()
}

fn cells(row: &DomainRow) -> [String; 12] {
    let said = row.said.get();
    let time = |time: &Option<Local>| time.as_ref().map(Local::iso).unwrap_or_default();
    let by = |policy| {
        let word = said.map(|said| said.policies.by(policy).as_str());
        word.unwrap_or_default().to_owned()
    };
    [
        harmless(&row.domain),
        row.counted.loops.to_string(),
        row.counted.backscatter.to_string(),
        time(&row.counted.first),
        time(&row.counted.last),
        row.suspect.to_string(),
        said.map(|said| said.verdict.as_str())
            .unwrap_or_default()
            .to_owned(),
        harmless(
            said.and_then(|said| said.reason.as_deref())
                .unwrap_or_default(),
        ),
        said.and_then(|said| said.code)
            .map(|code| code.to_string())
            .unwrap_or_default(),
        by(Policy::Any),
        by(Policy::All),
        by(Policy::Loop),
    ]
}

/// A text that no spreadsheet takes for a formula: whoever sends a mail can write one into the log.
fn harmless(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::scan::fixture::{reading, report, story, zone};
    use crate::command::scan::tally::Tally;
    use crate::maillog::story::Cause;

    #[tokio::test(start_paused = true)]
    async fn one_line_for_each_domain() {
        let text = print(&report(None).await);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + 16);
        assert_eq!(lines[0], HEADER.join(","));
        assert_eq!(
            lines[1],
            "beer.com,2,2,2015-03-22T01:05:00+01:00,2015-03-24T16:05:00+01:00,false,listed,\
             Domain MX in loopback network: mailnull.aftermarket.com 127.0.0.1,127.0.0.2,\
             listed,listed,listed"
        );
        assert!(text.contains("\nversion.net,1,0,"));
        let nomail =
            ",false,not-listed,null MX: the domain takes no mail,,not-listed,not-listed,not-listed";
        assert!(text.contains(nomail));
    }

    #[test]
    fn each_column_is_documented() {
        let page = include_str!("../../../../docs/scan.md");
        let (_, table) = page.split_once("\n## CSV\n").unwrap();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
        let names: Vec<&str> = rows.map(|row| row.split('`').next().unwrap()).collect();
        assert_eq!(names, HEADER);
    }

    #[test]
    fn hostile_recipients_stay_in_their_cell() {
        let mut tally = Tally::new(None);
        for recipient in ["x@=HYPERLINK(\"http://x\",\"y\")", "x@-1"] {
            tally.tell(&story("1", recipient, 0, Cause::Loop));
        }
        let text = print(&Report::new(reading(), &tally, None, &zone()));
        assert!(text.contains("\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",1,1,"));
        assert!(text.contains("\n'-1,1,1,"));
        assert!(text.ends_with(",false,,,,,,\n"));
    }
}
