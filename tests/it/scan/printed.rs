//! The report for people, CSV, and the page.

use std::fs;

use super::desk::{Desk, Said};
use super::logs::{CASE, DIALECTS, looped, made};
use crate::support::upstream::Upstream;

/// A sender as nobody has who means well.
const HOSTILE: &str = "\"<img src=x onerror=document.title='pwned'>&'\"@x.example";

const WORLD: &str = "
    hot.de              MX   10 null.hot.de
    null.hot.de         A    127.0.0.1
";

#[test]
fn the_report_goes_from_the_reason_to_the_remedy() {
    let desk = Desk::with(CASE);
    let upstream = Upstream::new(WORLD);
    let words = format!("--year 2015 --upstream {} mail.log", upstream.address());
    let said = desk.scan(&words);
    assert_eq!((said.status, said.err.as_str()), (Some(1), ""));
    assert_eq!(
        said.out,
        "\
Mail to 1 recipient in 1 domain looped or went to reserved addresses: 1 came back. 1 bounce left the
house: backscatter, where the sender was forged.
bogusmx would have stopped 1 of 1 (100 %) with policy any.
10 lines in 1 file, from 2015-03-20 14:04:59 CET to 2015-03-20 14:05:03 CET.

What to do
  1. Put bogusmx in front of the mail server: such a recipient is refused before there is anything
     to bounce. See docs/mail/README.md.
  2. Look at what submits from this machine, a web server for one: 1 of 1 (100 %) came from
     localhost[127.0.0.1]. If that is a filter, look in its log for the client.

The last mails that looped
  2015-03-20 14:05:00  8170A4D23E6F  from localhost[127.0.0.1]
    antonettabaune@godetia.com → jfhfdq@hot.de
    bounced: mail for hot.de loops back to myself
    bounce 955C04D2300E to antonettabaune@godetia.com left 14:05:03 for mx.godetia.com[149.112.112.112]

Domains
  domain  mails  bounces  first             last              today   why
  hot.de      1        1  2015-03-20 14:05  2015-03-20 14:05  listed  Domain MX in loopback network: null.hot.de 127.0.0.1

Senders, and the bounces that left for them
  sender                      mails  bounces  first             last
  antonettabaune@godetia.com      1        1  2015-03-20 14:05  2015-03-20 14:05

Where it came in
  kind    name                  mails  bounces  first             last
  client  localhost[127.0.0.1]      1        1  2015-03-20 14:05  2015-03-20 14:05

What each policy would have stopped
  any   1 of 1 (100 %), in force
  all   1 of 1 (100 %)
  loop  1 of 1 (100 %)
"
    );
}

#[test]
fn colours_are_for_terminals_and_for_who_insists() {
    let desk = Desk::with(CASE);
    let plain = desk.scan("--no-dns mail.log").out;
    assert!(!plain.contains('\u{1b}'));
    let mut command = desk.command("--no-dns mail.log");
    command.env("CLICOLOR_FORCE", "1");
    let coloured = Said::of(command).out;
    assert!(coloured.contains("\u{1b}["));
    // JSON and CSV are for programs.
    for words in ["--json", "--csv"] {
        let mut command = desk.command(&format!("--no-dns {words} mail.log"));
        command.env("CLICOLOR_FORCE", "1");
        assert!(!Said::of(command).out.contains('\u{1b}'), "{words}");
    }
}

#[test]
fn csv_has_a_line_for_each_domain() {
    let upstream = Upstream::new(WORLD);
    let log = CASE.to_owned()
        + &looped(
            "Mar 20 14:06:00",
            "56F464D343AF",
            "=cmd()@x.example",
            "a@=1+1.example",
        );
    let desk = Desk::with(log);
    let said = desk.scan(&format!(
        "--csv --year 2015 --upstream {} mail.log",
        upstream.address()
    ));
    let mut reader = csv::Reader::from_reader(said.out.as_bytes());
    let header: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        header.join(" "),
        "domain loops backscatter first last suspect verdict reason code any all loop"
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2, "{said:?}");
    let hot: Vec<&str> = rows
        .iter()
        .find(|row| &row[0] == "hot.de")
        .unwrap()
        .iter()
        .collect();
    assert_eq!(
        hot.join("|"),
        "hot.de|1|1|2015-03-20T14:05:00+01:00|2015-03-20T14:05:00+01:00|false|listed|\
         Domain MX in loopback network: null.hot.de 127.0.0.1|127.0.0.2|listed|listed|listed"
    );
    let formula = |row: &csv::StringRecord| {
        row.iter()
            .any(|cell| cell.starts_with(['=', '+', '-', '@']))
    };
    assert!(!rows.iter().any(formula), "{said:?}");
}

#[test]
fn json_or_csv_but_not_both() {
    let said = Desk::with(CASE).scan("--json --csv mail.log");
    assert_eq!((said.status, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("cannot be used with"), "{said:?}");
}

#[test]
fn json_is_one_object_with_all_documented_fields() {
    let said = Desk::with(CASE).scan("--json --no-dns mail.log");
    assert_eq!(
        said.out
            .lines()
            .filter(|line| *line == "{" || line.starts_with("{\""))
            .count(),
        1
    );
    let said = said.json();
    let paper = include_str!("../../../docs/scan.md");
    let (_, json) = paper.split_once("\n## JSON").unwrap();
    let (json, _) = json.split_once("\n## ").unwrap();
    let mut fields = 0;
    for row in json.lines().filter_map(|line| line.strip_prefix("| `")) {
        let (path, _) = row.split_once('`').unwrap();
        // Of nothing looked up there are no parts.
        if path.starts_with("not_stopped[]") || path.starts_with("domains[].policies.") {
            continue;
        }
        let pointer = format!("/{}", path.replace("[]", "/0").replace('.', "/"));
        assert!(said.pointer(&pointer).is_some(), "{path}: {said:#}");
        fields += 1;
    }
    assert!(fields > 60, "{fields}");
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_obeys_nobody() {
    let log = looped("Mar 20 14:05:00", "8170A4D23E6F", HOSTILE, "c@hot.de");
    let desk = Desk::with(log.replace("unknown[", "<script>alert(1)</script>["));
    let said = desk.scan("--no-dns --html report.html mail.log");
    assert_eq!(said.status, Some(1), "{said:?}");
    assert!(
        said.out
            .starts_with("Mail to 1 recipient in 1 domain looped"),
        "{said:?}"
    );
    let page = fs::read_to_string(desk.path("report.html")).unwrap();
    for part in [
        "http:", "https:", "<script", "<img", "<link", " src=\"", "@import", "url(",
    ] {
        assert!(!page.contains(part), "{part}");
    }
    assert!(
        page.contains("&#60;img src=x onerror=document.title=&#39;pwned&#39;&#62;"),
        "{page}"
    );
}

#[test]
fn a_page_is_written_beside_each_kind_of_report() {
    let desk = Desk::with(CASE);
    for words in ["", "--json", "--csv"] {
        desk.scan(&format!("--no-dns {words} --html report.html mail.log"));
        let page = fs::read_to_string(desk.path("report.html")).unwrap();
        assert!(
            page.starts_with("<!DOCTYPE html>") && page.contains("<svg"),
            "{words}"
        );
        fs::remove_file(desk.path("report.html")).unwrap();
    }
    let said = desk.scan("--no-dns --html missing/report.html mail.log");
    assert_eq!(said.status, Some(2));
    assert!(
        said.err
            .contains("missing/report.html: the report cannot be written: "),
        "{said:?}"
    );
}

#[test]
fn long_sections_name_what_has_the_rest() {
    let (log, _) = made(DIALECTS[0], 2_000_000);
    let desk = Desk::with(log);
    let out = desk.scan("--no-dns --year 2015 mail.log").out;
    assert!(
        out.contains(" more: --json and --html have them\n"),
        "{out}"
    );
    let longest = out.lines().map(|line| line.chars().count()).max();
    assert!(longest < Some(200), "{longest:?}");
    assert!(out.lines().count() < 110, "{out}");
}
