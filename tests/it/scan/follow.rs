//! `--follow`: logs that grow, and are rotated under the program's hands.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use nix::sys::signal::Signal;

use super::desk::{Desk, number};
use super::logs::{CASE, QUIET, looped};
use super::running::Running;
use crate::support::upstream::Upstream;

const STAMP: &str = "Mar 20 14:05:00";

impl Desk {
    fn append(&self, name: &str, text: &str) {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.path(name));
        file.unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn follow(&self, words: &str) -> Running {
        Running::start(self.command(&format!("--follow --no-dns {words}")))
    }
}

fn mail(id: &str, recipient: &str) -> String {
    looped(STAMP, id, "a@b.example", recipient)
}

#[test]
fn a_loop_is_told_at_once_and_the_report_follows() {
    // Who reads, who sieves and who follows the mails must not wait for each other where there is one processor.
    for processors in ["1", "2"] {
        let desk = Desk::with(QUIET);
        let mut scan = desk.command("--follow --no-dns --year 2015 mail.log");
        scan.env("RAYON_NUM_THREADS", processors);
        check_story_and_report(&desk, Running::start(scan));
    }
}

fn check_story_and_report(desk: &Desk, scan: Running) {
    let half = CASE.find("Mar 20 14:05:03").unwrap();
    desk.append("mail.log", &CASE[..half]);
    scan.says("2015-03-20 14:05:00  8170A4D23E6F  from localhost[127.0.0.1]\n");
    scan.says("antonettabaune@godetia.com → jfhfdq@hot.de\n");
    assert!(!scan.out().contains("left"), "{}", scan.out());
    desk.append("mail.log", &CASE[half..]);
    scan.says("8170A4D23E6F  bounce 955C04D2300E to antonettabaune@godetia.com left");
    assert!(!scan.out().contains("What to do"), "{}", scan.out());
    let said = scan.stop(Signal::SIGINT);
    assert_eq!((said.status, said.err.as_str()), (Some(1), ""));
    // The report is the one that there is without.
    let (_, report) = said
        .out
        .split_once("left 2015-03-20 14:05:03")
        .unwrap_or_else(|| {
            said.out
                .split_once("left 14:05:03")
                .unwrap_or_else(|| panic!("{said:?}"))
        });
    let (_, report) = report.split_once('\n').unwrap();
    assert_eq!(report, desk.scan("--no-dns --year 2015 mail.log").out);
}

#[test]
fn signals_end_it_as_the_end_of_the_log_would() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let desk = Desk::with(QUIET);
        let scan = desk.follow("--explain mail.log");
        // It listens for signals once it reads.
        desk.append("mail.log", "no line of a log\n");
        crate::support::wait_until("the line to be explained", || !scan.err().is_empty());
        let said = scan.stop(signal);
        assert_eq!(said.status, Some(0), "{signal}: {said:?}");
        assert!(said.out.starts_with("No mail was found"), "{said:?}");
        assert!(said.out.contains("5 lines in 1 file"), "{said:?}");
    }
}

#[test]
fn verdicts_are_told_with_the_mail() {
    let upstream = Upstream::new("hot.de MX 10 null.hot.de\nnull.hot.de A 127.0.0.1");
    let desk = Desk::with(QUIET);
    let address = upstream.address();
    let scan = Running::start(desk.command(&format!("--follow --upstream {address} mail.log")));
    desk.append("mail.log", &mail("8170A4D23E6F", "jfhfdq@hot.de"));
    scan.says("    hot.de listed Domain MX in loopback network: null.hot.de 127.0.0.1\n");
    assert_eq!(scan.stop(Signal::SIGTERM).status, Some(1));
}

#[test]
fn no_mail_waits_for_the_verdict_on_another() {
    let upstream = Upstream::new(
        "one.example MX !held
         two.example MX 10 null.two.example
         null.two.example A 127.0.0.1",
    );
    let desk = Desk::with(QUIET);
    let address = upstream.address();
    let scan = Running::start(desk.command(&format!("--follow --upstream {address} mail.log")));
    desk.append("mail.log", &mail("8170A4D23E01", "a@one.example"));
    scan.says("a@one.example");
    desk.append("mail.log", &mail("8170A4D23E02", "b@two.example"));
    scan.says("    two.example listed Domain MX in loopback network");
    assert!(!scan.out().contains("    one.example "), "{}", scan.out());
    // The report would wait for the other.
    let said = scan.insist(Signal::SIGINT);
    assert_eq!(said.status, Some(2), "{said:?}");
    assert!(!said.out.contains("looped"), "{said:?}");
}

#[test]
fn the_first_line_of_a_log_that_was_empty_for_days_is_of_this_year() {
    let desk = Desk::with("");
    let days = Duration::from_hours(5 * 24);
    let log = OpenOptions::new().write(true).open(desk.path("mail.log"));
    log.unwrap().set_modified(SystemTime::now() - days).unwrap();
    let now = Timestamp::now().in_tz("Europe/Berlin").unwrap();
    let scan = desk.follow("mail.log");
    let stamp = now.strftime("%b %e %H:%M:%S").to_string();
    let log = looped(&stamp, "8170A4D23E01", "a@b.example", "a@hot.de");
    desk.append("mail.log", &log);
    scan.says(&now.strftime("%F %H:%M:%S  8170A4D23E01").to_string());
    assert_eq!(scan.stop(Signal::SIGTERM).status, Some(1));
}

#[test]
fn a_rotated_log_is_read_to_its_end_and_then_the_new_one() {
    let desk = Desk::with(mail("8170A4D23E01", "a@hot.de"));
    let scan = desk.follow("mail.log");
    scan.says("a@hot.de");
    fs::rename(desk.path("mail.log"), desk.path("mail.log.1")).unwrap();
    // Who writes has not heard of it yet.
    desk.append("mail.log.1", &mail("8170A4D23E02", "b@hot.de"));
    scan.says("b@hot.de");
    desk.append("mail.log", &mail("8170A4D23E03", "c@hot.de"));
    scan.says("c@hot.de");
    desk.append("mail.log", &mail("8170A4D23E04", "d@hot.de"));
    scan.says("d@hot.de");
    let said = scan.stop(Signal::SIGTERM);
    assert!(
        said.out
            .contains("\nMail to 4 recipients in 1 domain looped"),
        "{said:?}"
    );
    assert!(said.out.contains("\n12 lines in 1 file"), "{said:?}");
}

#[test]
fn a_log_that_is_emptied_is_read_from_its_beginning() {
    let desk = Desk::with(mail("8170A4D23E01", "a@hot.de") + &mail("8170A4D23E02", "b@hot.de"));
    let scan = desk.follow("mail.log");
    scan.says("b@hot.de");
    // As logrotate's copytruncate does.
    fs::copy(desk.path("mail.log"), desk.path("mail.log.1")).unwrap();
    OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(desk.path("mail.log"))
        .unwrap();
    desk.append("mail.log", &mail("8170A4D23E03", "c@hot.de"));
    scan.says("c@hot.de");
    let said = scan.stop(Signal::SIGTERM);
    assert!(
        said.out
            .contains("\nMail to 3 recipients in 1 domain looped"),
        "{said:?}"
    );
}

#[test]
fn older_files_come_first_and_only_the_newest_is_followed() {
    let desk = Desk::new();
    desk.put(
        "mail.log.1",
        mail("8170A4D23E01", "a@hot.de").replace("Mar 20", "Mar 19"),
    );
    desk.run("gzip", &["mail.log.1"]);
    desk.put("mail.log", mail("8170A4D23E02", "b@hot.de"));
    let scan = desk.follow("mail.log mail.log.1.gz");
    scan.says("b@hot.de");
    desk.append("mail.log", &mail("8170A4D23E03", "c@hot.de"));
    scan.says("c@hot.de");
    let said = scan.stop(Signal::SIGTERM);
    assert!(
        said.out
            .contains("\nMail to 3 recipients in 1 domain looped"),
        "{said:?}"
    );
    assert!(
        said.out.find("a@hot.de") < said.out.find("b@hot.de"),
        "{said:?}"
    );
}

#[test]
fn a_pipe_is_followed_until_it_ends() {
    let desk = Desk::new();
    let mut command = desk.command("--follow --no-dns -");
    command.stdin(Stdio::piped());
    let mut scan = Running::start(command);
    let mut input = scan.input();
    input
        .write_all(mail("8170A4D23E01", "a@hot.de").as_bytes())
        .unwrap();
    scan.says("a@hot.de");
    input
        .write_all(mail("8170A4D23E02", "b@hot.de").as_bytes())
        .unwrap();
    scan.says("b@hot.de");
    drop(input);
    let said = scan.end();
    assert_eq!(said.status, Some(1), "{said:?}");
    assert!(
        said.out
            .contains("\nMail to 2 recipients in 1 domain looped"),
        "{said:?}"
    );
}

#[test]
fn a_pipe_that_does_not_end_is_left_when_told_to() {
    let desk = Desk::new();
    let mut command = desk.command("--follow --no-dns -");
    command.stdin(Stdio::piped());
    let mut scan = Running::start(command);
    let mut input = scan.input();
    input
        .write_all(mail("8170A4D23E01", "a@hot.de").as_bytes())
        .unwrap();
    scan.says("a@hot.de");
    let said = scan.stop(Signal::SIGINT);
    drop(input);
    assert!(
        said.out
            .contains("\nMail to 1 recipient in 1 domain looped"),
        "{said:?}"
    );
}

#[test]
fn a_line_is_told_when_it_is_whole() {
    let desk = Desk::with(QUIET);
    let scan = desk.follow("mail.log");
    let (first, second) = (
        mail("8170A4D23E01", "a@hot.de"),
        mail("8170A4D23E02", "b@hot.de"),
    );
    let cut = second.len() - 20;
    // One write, so that the half line is there when the whole one is told.
    desk.append("mail.log", &(first + &second[..cut]));
    scan.says("a@hot.de");
    assert!(!scan.out().contains("b@hot.de"), "{}", scan.out());
    desk.append("mail.log", &second[cut..cut + 5]);
    desk.append("mail.log", &second[cut + 5..]);
    scan.says("b@hot.de");
    let said = scan.stop(Signal::SIGTERM);
    assert!(
        said.out
            .contains("\nMail to 2 recipients in 1 domain looped"),
        "{said:?}"
    );
    assert!(!said.out.contains("unreadable"), "{said:?}");
}

/// Programs read standard output then, and people the other.
#[test]
fn what_programs_read_has_no_news_in_it() {
    for words in ["--json", "--csv"] {
        let desk = Desk::with(CASE);
        let scan = desk.follow(&format!("{words} mail.log"));
        crate::support::wait_until("the news", || {
            scan.err().contains("→ jfhfdq@hot.de") && scan.err().contains("bounce 955C04D2300E")
        });
        assert_eq!(scan.out(), "");
        let said = scan.stop(Signal::SIGTERM);
        match words {
            "--json" => assert_eq!(number(&said.json(), "/found/loops"), 1),
            _ => assert!(said.out.starts_with("domain,loops,"), "{said:?}"),
        }
    }
}

#[test]
fn what_cannot_grow_is_not_followed() {
    let desk = Desk::with(QUIET);
    desk.run("gzip", &["mail.log"]);
    let said = desk.follow("mail.log mail.log.gz").end();
    assert_eq!((said.status, &*said.out), (Some(2), ""), "{said:?}");
    assert!(
        said.err.contains("there is nothing to follow: name a log"),
        "{said:?}"
    );
}

#[test]
fn a_log_is_followed_whatever_else_cannot_be() {
    let desk = Desk::with(mail("8170A4D23E01", "a@hot.de"));
    desk.put("notes", "no line of a log\n");
    let scan = desk.follow("mail.log notes missing.log");
    scan.says("a@hot.de");
    desk.append("mail.log", &mail("8170A4D23E02", "b@hot.de"));
    scan.says("b@hot.de");
    let said = scan.stop(Signal::SIGTERM);
    assert_eq!(said.status, Some(2), "{said:?}");
    assert!(
        said.out.contains("missing.log: there is no such file"),
        "{said:?}"
    );
}

#[test]
fn a_log_that_was_just_rotated_is_the_one_to_follow() {
    let desk = Desk::with("");
    desk.put("mail.log.1", mail("8170A4D23E01", "a@hot.de"));
    let scan = desk.follow("mail.log mail.log.1");
    scan.says("a@hot.de");
    desk.append("mail.log", &mail("8170A4D23E02", "b@hot.de"));
    scan.says("b@hot.de");
    assert_eq!(scan.stop(Signal::SIGTERM).status, Some(1));
}
