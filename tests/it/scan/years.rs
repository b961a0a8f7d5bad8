//! Lines without a year: it follows from the file's time, or is given.

use std::fs::File;
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;

use super::desk::{Desk, column};
use super::logs::looped;

fn mail(stamp: &str) -> String {
    let id: String = stamp
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(char::from)
        .collect();
    looped(stamp, &format!("81{id}"), "a@b.example", "c@hot.de")
}

impl Desk {
    /// Has a file be written to last at this time.
    fn written(&self, name: &str, at: &str) {
        let at: Timestamp = at.parse().unwrap();
        let file = File::options().write(true).open(self.path(name)).unwrap();
        let since = Duration::from_secs(at.as_second().try_into().unwrap());
        file.set_modified(UNIX_EPOCH + since).unwrap();
    }

    #[track_caller]
    fn days(&self, words: &str, expected: &[&str]) {
        let said = self.json(words);
        let days: Vec<String> = column(&said, "incidents", "at")
            .iter()
            .map(|time| time[..10].to_owned())
            .collect();
        assert_eq!(days, expected, "{words}");
    }
}

#[test]
fn the_year_follows_from_when_the_file_was_written() {
    let desk = Desk::with(mail("Mar 20 14:05:00"));
    desk.written("mail.log", "2015-03-22T06:25:00Z");
    desk.days("mail.log", &["2015-03-20"]);
    desk.written("mail.log", "2019-03-20T13:05:00Z");
    desk.days("mail.log", &["2019-03-20"]);
    // It would be too late for that year.
    desk.written("mail.log", "2019-03-01T06:25:00Z");
    desk.days("mail.log", &["2018-03-20"]);
}

#[test]
fn over_new_year_the_year_changes() {
    let log = mail("Dec 30 14:05:00") + &mail("Dec 31 23:59:59") + &mail("Jan  1 00:00:01");
    let desk = Desk::with(log);
    desk.written("mail.log", "2016-01-02T06:25:00Z");
    desk.days("mail.log", &["2015-12-30", "2015-12-31", "2016-01-01"]);
    desk.days(
        "--year 2009 mail.log",
        &["2009-12-30", "2009-12-31", "2010-01-01"],
    );
}

#[test]
fn rotated_files_have_a_year_each() {
    let desk = Desk::new();
    for (name, stamp, written) in [
        ("mail.log.2", "Dec 20 14:05:00", "2015-12-27T06:25:00Z"),
        ("mail.log.1", "Dec 28 14:05:00", "2016-01-03T06:25:00Z"),
        ("mail.log", "Jan  4 14:05:00", "2016-01-05T00:00:00Z"),
    ] {
        desk.put(name, mail(stamp));
        desk.written(name, written);
    }
    let days = ["2015-12-20", "2015-12-28", "2016-01-04"];
    desk.days("mail.log mail.log.1 mail.log.2", &days);
    // gzip keeps the time.
    desk.run("gzip", &["mail.log.2"]);
    desk.days("mail.log mail.log.1 mail.log.2.gz", &days);
}

#[test]
fn the_year_that_is_given_is_that_of_the_first_line_of_all() {
    let desk = Desk::new();
    desk.put("a", mail("Dec 28 14:05:00"));
    desk.put("b", mail("Jan  4 14:05:00"));
    for name in ["a", "b"] {
        desk.written(name, "2026-01-05T00:00:00Z");
    }
    desk.days("--year 2014 a b", &["2014-12-28", "2015-01-04"]);
    desk.days("--year 2014 b a", &["2014-12-28", "2015-01-04"]);
    // Times of the files that tear the logs apart.
    desk.put("c", mail("Nov 20 14:05:00"));
    desk.written("a", "2026-12-30T00:00:00Z");
    desk.written("b", "2026-01-05T00:00:00Z");
    desk.written("c", "2026-11-26T00:00:00Z");
    let days = ["2013-11-20", "2013-12-28", "2014-01-04"];
    desk.days("--year 2013 b c a", &days);
    desk.days("--year 2013 a b c", &days);
    // What lies between them is in one.
    desk.put(
        "c",
        mail("Jan  2 14:05:00") + &mail("Jun 20 14:05:00") + &mail("Nov 19 14:05:00"),
    );
    desk.put("a", mail("Nov 20 14:05:00"));
    let days = ["2013-01-02", "2013-06-20", "2013-11-19", "2013-11-20"];
    desk.days("--year 2013 a c", &days);
}

#[test]
fn a_log_that_begins_on_a_day_of_the_next_year_only_comes_after_this_one() {
    let desk = Desk::new();
    desk.put("a", mail("Feb 29 14:05:00"));
    desk.put("b", mail("Dec 28 14:05:00"));
    desk.put("c", mail("Mar  1 14:05:00"));
    let days = ["2015-12-28", "2016-02-29", "2016-03-01"];
    desk.days("--year 2015 c a b", &days);
}

#[test]
fn lines_that_say_nothing_of_mail_that_failed_tell_the_year_as_well() {
    let sent = |stamp: &str| {
        format!(
            "{stamp} web postfix/smtpd[1]: BBBBBB: client=a[192.0.1.7]\n\
             {stamp} web postfix/qmgr[1]: BBBBBB: removed\n"
        )
    };
    let connected =
        |stamp: &str| format!("{stamp} web postfix/smtpd[1]: connect from a[192.0.1.7]\n");
    let first = connected("Jan  5 14:05:01");
    for between in [
        sent("May  1 14:05:01"),
        connected("May  1 14:05:01"),
        connected("May  1 14:05:01").replace(" web ", " mx2 "),
        format!("<22>{}", connected("May  1 14:05:01")),
        connected("May  1 14:05:01.123456"),
    ] {
        let log =
            first.clone() + &between + &mail("Sep  1 14:05:01") + &connected("Sep  2 14:05:01");
        let desk = Desk::with(log);
        desk.written("mail.log", "2015-09-02T16:25:00Z");
        desk.days("mail.log", &["2015-09-01"]);
        let said = desk.json("mail.log");
        for (key, day) in [("/first", "2015-01-05"), ("/last", "2015-09-02")] {
            let at = said.pointer(key).and_then(|at| at.as_str());
            assert_eq!(at.map(|at| &at[..10]), Some(day), "{key} {between}");
        }
    }
}

#[test]
fn all_of_a_month_counts_for_what_is_far_from_it() {
    let connected =
        |stamp: &str| format!("{stamp} web postfix/smtpd[1]: connect from a[192.0.1.7]\n");
    let check = |log: &[&str], day: &str, written: &str, expected: [&str; 2]| {
        let lines: String = log.iter().map(|stamp| connected(stamp)).collect();
        let desk = Desk::with(
            lines + &mail(&format!("{day} 14:05:01")) + &connected(&format!("{day} 15:05:01")),
        );
        desk.written("mail.log", written);
        desk.days("mail.log", &[expected[1]]);
        let said = desk.json("mail.log");
        for (key, day) in ["/first", "/last"].into_iter().zip(expected) {
            let at = said.pointer(key).and_then(|at| at.as_str());
            assert_eq!(at.map(|at| &at[..10]), Some(day), "{key} {log:?}");
        }
    };
    let spring = ["Mar  1 14:05:01", "Mar 31 14:05:01"];
    check(
        &spring,
        "Sep 20",
        "2015-09-20T16:25:00Z",
        ["2015-03-01", "2015-09-20"],
    );
    let summer = ["Jul  1 14:05:01", "Jul 31 14:05:01"];
    check(
        &summer,
        "Jan 20",
        "2016-01-20T16:25:00Z",
        ["2015-07-01", "2016-01-20"],
    );
    // No such day, and no such hour.
    let bad = [
        "Jan  5 14:05:01",
        "May 99 14:05:01",
        "May  1 24:00:00",
        "May  1 14:05:01",
    ];
    check(
        &bad,
        "Sep  1",
        "2015-09-01T16:25:00Z",
        ["2015-01-05", "2015-09-01"],
    );
    // A machine whose clock has not been set yet.
    let unset = ["Aug 31 14:05:01", "Jan  1 00:00:12", "Sep  1 12:05:01"];
    check(
        &unset,
        "Sep  1",
        "2015-09-01T16:25:00Z",
        ["2015-08-31", "2015-09-01"],
    );
}

#[test]
fn a_year_is_one() {
    let desk = Desk::with(mail("Mar 20 14:05:00"));
    for year in ["0", "15", "20155", "-1", "MMXV"] {
        let said = desk.scan(&format!("--no-dns --year={year} mail.log"));
        assert_eq!((said.status, said.out.as_str()), (Some(2), ""), "{year}");
        assert!(said.err.contains("--year <YEAR>"), "{said:?}");
    }
}

#[test]
fn the_29th_of_february_was_in_a_leap_year() {
    let desk = Desk::with(mail("Feb 29 14:05:00"));
    desk.written("mail.log", "2019-03-20T13:05:00Z");
    desk.days("mail.log", &["2016-02-29"]);
}

#[test]
fn times_with_a_year_need_none() {
    let desk = Desk::with(mail("2011-07-20T14:05:00+02:00"));
    desk.days("--year 2015 mail.log", &["2011-07-20"]);
}
