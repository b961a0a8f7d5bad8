//! Generated logs: what is found in them is what is there, in every dialect and however they are cut.

use serde_json::Value;

use super::check::complaints;
use super::desk::{Desk, Said, number};
use super::generator::{Truth, write_rotated};
use super::logs::{DIALECTS, made, plan};

#[track_caller]
fn check(said: &Value, truth: &Truth) {
    assert_eq!(complaints(said, truth), Vec::<String>::new());
}

#[test]
fn every_dialect_is_read() {
    for dialect in DIALECTS {
        let (log, truth) = made(dialect, 4_000_000);
        assert!(truth.loops > 100 && truth.backscatter > 10, "{truth:?}");
        let desk = Desk::with(&log);
        let said = desk.scan("--json --no-dns --year 2015 mail.log");
        check(&said.json(), &truth);
        assert_eq!((said.status, said.err.as_str()), (Some(1), ""));
        let first = said.json()["first"].to_string();
        assert!(first.starts_with("\"2015-03-15T"), "{dialect:?}: {first}");
        assert_eq!(number(&said.json(), "/repeated"), 0, "{dialect:?}");
    }
}

#[test]
fn rotated_logs_are_one_log_in_any_order() {
    for dialect in DIALECTS {
        let desk = Desk::new();
        let (_, truth) = write_rotated(&plan(dialect, 2_000_000), desk.folder(), 4).unwrap();
        desk.run("gzip", &["mail.log.3", "mail.log.2"]);
        for files in [
            "mail.log mail.log.1 mail.log.2.gz mail.log.3.gz",
            "mail.log.2.gz mail.log mail.log.3.gz mail.log.1",
        ] {
            let said = desk.json(&format!("--year 2015 {files}"));
            check(&said, &truth);
            let names = super::desk::column(&said, "files", "name");
            let oldest_first = ["mail.log.3.gz", "mail.log.2.gz", "mail.log.1", "mail.log"];
            assert_eq!(names, oldest_first, "{files}");
        }
    }
}

/// As Debian's rsyslog has it: `mail.info` beside `mail.log`, and both rotated.
#[test]
fn what_is_in_two_files_counts_once() {
    for dialect in DIALECTS {
        let desk = Desk::new();
        let (_, truth) = write_rotated(&plan(dialect, 2_000_000), desk.folder(), 2).unwrap();
        for (from, to) in [("mail.log.1", "mail.info.1"), ("mail.log", "mail.info")] {
            std::fs::copy(desk.path(from), desk.path(to)).unwrap();
        }
        for files in [
            "mail.log.1 mail.log mail.info.1 mail.info",
            "mail.info.1 mail.log mail.info mail.log.1",
        ] {
            let said = desk.json(&format!("--year 2015 {files}"));
            assert!(number(&said, "/repeated") > truth.loops, "{dialect:?}");
            let twice = Truth {
                lines: 2 * truth.lines,
                octets: 2 * truth.octets,
                garbage: 2 * truth.garbage,
                cut: 2 * truth.cut,
                ..truth.clone()
            };
            check(&said, &twice);
        }
    }
}

#[test]
fn garbage_is_shown_with_its_place() {
    for dialect in DIALECTS {
        // Garbage is rare.
        let (log, truth) = made(dialect, 6_000_000);
        assert!(truth.garbage > 0, "{dialect:?}");
        let desk = Desk::with(&log);
        let said = desk.scan("--json --no-dns --explain mail.log");
        let shown: Vec<&str> = said.err.lines().collect();
        let unparsable = number(&said.json(), "/unparsable");
        assert_eq!(shown.len().to_string(), unparsable.to_string());
        let lines: Vec<&[u8]> = log.split(|octet| *octet == b'\n').collect();
        for line in shown {
            let (place, _) = line.split_once(": ").expect(line);
            let at: usize = place.strip_prefix("mail.log:").unwrap().parse().unwrap();
            assert!(!line.contains(|octet: char| octet.is_control()), "{line:?}");
            // The line that is meant, if it begins with text.
            let meant = String::from_utf8_lossy(lines[at - 1]);
            let begin: String = meant
                .chars()
                .take_while(|octet| octet.is_ascii_graphic())
                .collect();
            assert!(line.contains(&begin), "{line}: {meant}");
        }
    }
}

#[test]
fn a_scan_of_nothing_new_is_the_same_scan() {
    let (log, _) = made(DIALECTS[0], 1_000_000);
    let desk = Desk::with(&log);
    let said = |words: &str| {
        let mut said = desk.scan(words);
        said.err.clear();
        said.out
    };
    let words = "--json --no-dns --year 2015 mail.log";
    assert_eq!(said(words), said(words));
    let mut piped = desk.command("--json --no-dns --year 2015 -");
    piped.stdin(std::fs::File::open(desk.path("mail.log")).unwrap());
    let piped = Said::of(piped)
        .out
        .replace(r#""name":"-""#, r#""name":"mail.log""#);
    assert_eq!(piped, said(words));
}
