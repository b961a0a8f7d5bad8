//! `--at`: the entry in a blocklist, and the bounce that it is about.

use super::desk::{Desk, Said, column};
use super::logs::{CASE, looped};

/// The words, of which a time is one.
fn at(desk: &Desk, time: &str, words: &str) -> Said {
    let mut command = desk.command(&format!("--no-dns --year 2015 {words} mail.log"));
    command.args(["--at", time]);
    Said::of(command)
}

#[test]
fn the_bounce_in_that_second_is_named_first() {
    let desk = Desk::with(CASE);
    let begin = "Nearest to 2015-03-20 14:05:04 CET: bounce 955C04D2300E left for \
                 antonettabaune@godetia.com 1 s\nbefore it, because of mail 8170A4D23E6F to \
                 jfhfdq@hot.de.\n";
    for time in [
        "2015-03-20 14:05:04",
        "2015-03-20T14:05:04",
        "2015-03-20 13:05:04Z",
        "2015-03-20 13:05:04 UTC",
        "2015-03-20 14:05:04+01:00",
        "2015-03-20 08:05:04 -0500",
        "Fri, 20 Mar 2015 13:05:04 GMT",
    ] {
        let said = at(&desk, time, "");
        assert!(said.out.starts_with(begin), "{time}: {said:?}");
        assert_eq!(said.status, Some(1));
    }
}

#[test]
fn a_time_without_a_zone_is_in_the_machines_own() {
    let desk = Desk::with(
        CASE.replace("Mar 20 ", "2015-03-20T")
            .replace(" web", "+01:00 web"),
    );
    let in_zone = |zone: &str| {
        let mut command = desk.command("--no-dns mail.log --at 2015-03-20T14:05");
        command.env("TZ", zone);
        Said::of(command).out
    };
    let berlin = in_zone("Europe/Berlin");
    assert!(
        berlin.contains("left for antonettabaune@godetia.com 3 s\nafter it"),
        "{berlin}"
    );
    let utc = in_zone("UTC");
    assert!(
        utc.starts_with(
            "No bounce of mail that looped left within 10 minutes of 2015-03-20 14:05:00 UTC"
        ),
        "{utc}"
    );
    // What is nearest is shown all the same.
    assert!(
        utc.contains("  2015-03-20 13:05:00 (1 h 0 min before it)  8170A4D23E6F"),
        "{utc}"
    );
}

#[test]
fn a_bad_time_is_an_error_that_says_how_to_write_it() {
    let desk = Desk::with(CASE);
    for time in [
        "yesterday",
        "2015-03-20",
        "14:05",
        "2015-02-30 14:05",
        "20.3.2015 14:05",
        "",
    ] {
        let said = at(&desk, time, "");
        assert_eq!((said.status, said.out.as_str()), (Some(2), ""), "{time}");
        let how = "is no time: write \"2015-03-20 14:05\", in this machine's time zone, or with";
        assert!(
            said.err.contains(&format!("--at '{time}' {how}")),
            "{said:?}"
        );
    }
}

#[test]
fn the_thousand_nearest_are_kept_whenever_they_come() {
    let mails: String = (0..3000_u32)
        .map(|number| {
            let stamp = format!("Mar 20 {:02}:{:02}:00", number / 60 % 24, number % 60);
            let stamp = if number < 1440 {
                stamp
            } else {
                stamp.replace("Mar 20", &format!("Mar {}", 20 + number / 1440))
            };
            looped(
                &stamp,
                &format!("8170A4D2{number:04X}"),
                "a@b.example",
                "c@hot.de",
            )
        })
        .collect();
    let desk = Desk::with(mails);
    let said = at(&desk, "2015-03-21 01:00", "--json").json();
    let times = column(&said, "incidents", "at");
    assert_eq!(times.len(), 1000);
    assert!(times.is_sorted());
    let distance = |time: &String| {
        let time: jiff::Timestamp = time.parse().unwrap();
        let at: jiff::Timestamp = "2015-03-21T00:00:00Z".parse().unwrap();
        time.duration_since(at).abs().as_mins()
    };
    assert_eq!(times.iter().map(distance).max(), Some(500), "{times:?}");
    assert_eq!(said["incidents_left_out"], 2000);
    // Without, they are the last ones.
    let said = desk.json("--year 2015 mail.log");
    let times = column(&said, "incidents", "at");
    assert_eq!(times.first().unwrap(), "2015-03-21T09:20:00+01:00");
    assert_eq!(times.last().unwrap(), "2015-03-22T01:59:00+01:00");
}

#[test]
fn bounces_for_other_reasons_are_shown_apart() {
    let other = CASE
        .replace("8170A4D23E6F", "1170A4D23E6F")
        .replace("955C04D2300E", "155C04D2300E")
        .replace("jfhfdq@hot.de", "nobody@good.example")
        .replace("relay=none", "relay=mx.good.example[9.9.9.9]:25")
        .replace(
            "mail for hot.de loops back to myself",
            "host mx.good.example[9.9.9.9] said: 550 5.1.1 no such user",
        )
        .replace("14:05:", "14:07:");
    let desk = Desk::with(CASE.to_owned() + &other);
    let said = at(&desk, "2015-03-20 14:07:03", "");
    let (_, others) = said
        .out
        .split_once("\nOther bounces around 2015-03-20 14:07:03 CET\n")
        .unwrap_or_else(|| panic!("{said:?}"));
    assert!(others.contains("nobody@good.example") && others.contains("550 5.1.1 no such user"));
    assert!(
        said.out
            .contains("1 bounce for other reasons left within 10 minutes of it.")
    );
    assert!(
        said.out
            .starts_with("Nearest to 2015-03-20 14:07:03 CET: bounce 955C04D2300E")
    );
    let without = desk.json("mail.log");
    assert_eq!(without["other_backscatter"], 1);
    assert_eq!(without["found"]["backscatter"], 1);
}

#[test]
fn one_bounce_for_several_recipients_is_one() {
    let failed = CASE
        .lines()
        .find(|line| line.contains("loops back"))
        .unwrap();
    let unknown: Vec<String> = (0..13)
        .map(|number| {
            failed
                .replace("jfhfdq@hot.de", &format!("nobody{number}@good.example"))
                .replace("mail for hot.de loops back to myself", "no such user")
        })
        .collect();
    let time = "2015-03-20 14:05:04";
    let desk = Desk::with(CASE.replace(failed, &unknown.join("\n")));
    let said = at(&desk, time, "");
    for part in [
        "\n1 bounce for other reasons left within 10 minutes of it.\n",
        "→ nobody4@good.example\n",
        "\n    and 8 more\n",
    ] {
        assert!(said.out.contains(part), "{part}: {said:?}");
    }
    assert_eq!(said.out.matches("bounce 955C04D2300E").count(), 1);
    assert_eq!(at(&desk, time, "--json").json()["other_backscatter"], 1);
    // If one of them looped, that is the reason.
    let desk = Desk::with(CASE.replace(failed, &[&unknown.join("\n"), "\n", failed].concat()));
    let said = at(&desk, time, "").out;
    assert!(said.starts_with("Nearest to"), "{said}");
    assert!(
        said.contains("\nNo bounce for other reasons left within"),
        "{said}"
    );
    assert_eq!(said.matches("  bounce 955C04D2300E").count(), 1, "{said}");
}

/// What waits to be delivered to a private address did not bounce.
#[test]
fn what_only_waits_is_no_bounce() {
    let waits = CASE
        .lines()
        .find(|line| line.contains("loops back"))
        .unwrap()
        .replace("jfhfdq@hot.de", "joe@inside.example")
        .replace(
            "bounced (mail for hot.de loops back to myself)",
            "deferred (connect to mx.inside.example[10.0.0.1]:25: Connection refused)",
        );
    let failed = "status=bounced (mail for hot.de loops back to myself)";
    let desk = Desk::with(CASE.replace(failed, &format!("{failed}\n{waits}")));
    let said = at(&desk, "2015-03-20 14:05:04", "--json").json();
    assert_eq!(column(&said, "incidents", "recipient").len(), 2);
    let said = at(&desk, "2015-03-20 14:05:04", "").out;
    assert!(
        said.contains("Looped mail around") && !said.contains("Other bounces around"),
        "{said}"
    );
}

/// The log begins after the last try, and says only that the mail was given up.
#[test]
fn a_bounce_of_mail_that_was_tried_for_long_is_shown_without_a_recipient() {
    let looped = CASE
        .lines()
        .find(|line| line.contains("loops back"))
        .unwrap();
    let expired = "Mar 20 14:05:00 web postfix/qmgr[10478]: 8170A4D23E6F: \
                   from=<antonettabaune@godetia.com>, status=expired, returned to sender";
    let desk = Desk::with(CASE.replace(looped, expired));
    let said = at(&desk, "2015-03-20 14:05:04", "");
    for part in [
        "\n1 bounce for other reasons left within 10 minutes of it.\n",
        "    antonettabaune@godetia.com → ?\n",
        "    bounced: given up after it had been tried for long\n",
    ] {
        assert!(said.out.contains(part), "{part}: {said:?}");
    }
    let said = at(&desk, "2015-03-20 14:05:04", "--json").json();
    let incident = &said["incidents"][0];
    for field in ["recipient", "domain", "at"] {
        assert!(incident[field].is_null(), "{field}: {incident}");
    }
    assert_eq!(incident["cause"], "other");
}
