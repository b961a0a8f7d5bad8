//! From a log to its stories: all that stands between.

use super::calendar::Calendar;
use super::record::Record;
use super::sieve::sieve;
use super::story::News;
use super::story::{Bounce, Cause, Fate, Origin, Status, Story};
use super::trail::{Limits, Trail};
use crate::verdict::Table;
use jiff::tz::TimeZone;

pub(super) const SEED: &str = "\
Mar 20 14:05:01 web postfix/smtpd[18858]: 8170A4D23E6F: client=localhost[127.0.0.1]
Mar 20 14:05:01 web postfix/cleanup[18861]: 8170A4D23E6F: message-id=<rW9zoq-dylj8W-rZ@correspondencect.web.company.de>
Mar 20 14:05:01 web postfix/qmgr[10478]: 8170A4D23E6F: from=<antonettabaune@godetia.com>, size=1144, nrcpt=1 (queue active)
Mar 20 14:05:01 web postfix/smtp[18862]: 8170A4D23E6F: to=<jfhfdq@hot.de>, relay=none, delay=0.06, delays=0.03/0/0.03/0, dsn=5.4.6, status=bounced (mail for hot.de loops back to myself)
Mar 20 14:05:01 web postfix/cleanup[18861]: 955C04D2300E: message-id=<20150320140501.955C04D2300E@web.company.de>
Mar 20 14:05:01 web postfix/bounce[18863]: 8170A4D23E6F: sender non-delivery notification: 955C04D2300E
Mar 20 14:05:01 web postfix/qmgr[10478]: 955C04D2300E: from=<>, size=2900, nrcpt=1 (queue active)
Mar 20 14:05:01 web postfix/qmgr[10478]: 8170A4D23E6F: removed
Mar 20 14:05:02 web postfix/smtp[18862]: 955C04D2300E: to=<antonettabaune@godetia.com>, relay=mx.godetia.com[192.0.1.10]:25, delay=1, delays=0/0/0.5/0.5, dsn=2.0.0, status=sent (250 ok)
Mar 20 14:05:02 web postfix/qmgr[10478]: 955C04D2300E: removed
";

pub(super) const EXIM: &str = "\
2015-03-20 14:05:01 1xWPFD-00008h-1i <= forged@takes.made H=(me) [127.0.0.1] P=esmtpa A=plain_server:shop S=225
2015-03-20 14:05:01 1xWPFD-00008h-1i ** kl@beer.com: all relevant MX records point to non-existent hosts
2015-03-20 14:05:01 1xWPFD-00008h-1i == jfhfdq@hot.de R=dnslookup defer (-1): lowest numbered MX record points to local host
2015-03-20 14:05:01 1xWPFD-00008n-1n <= <> R=1xWPFD-00008h-1i U=Debian-exim P=local S=1838
2015-03-20 14:05:01 1xWPFD-00008n-1n => forged@takes.made R=dnslookup T=remote_smtp H=mx.takes.made [192.0.1.10] C=\"250 ok: queued as 12345\"
2015-03-20 14:05:01 1xWPFD-00008n-1n Completed
2015-03-20 14:05:02 1xWPFD-00008h-1i Frozen
";

/// All stories of a log that is read in pieces of so many lines.
pub(super) fn stories(log: &str, lines: usize, is_sieved: bool, limits: Limits) -> Vec<Story> {
    let table = Table::reserved();
    let mut calendar = Calendar::new(TimeZone::UTC, None);
    calendar.open("2015-03-23T17:05:00Z".parse().unwrap());
    let mut trail = Trail::new(&table, calendar, limits);
    let mut stories = Vec::new();
    let mut tell = |news| {
        if let News::Over(story) = news {
            stories.push(story);
        }
    };
    let all: Vec<&str> = log.split_inclusive('\n').collect();
    for piece in all.chunks(lines) {
        let text = piece.concat();
        let records: Vec<Record<'_>> = match is_sieved {
            true => {
                let kept = sieve(text.as_bytes(), &table).kept.into_iter();
                kept.filter_map(|line| line.read(text.as_bytes(), |record| *record))
                    .collect()
            }
            false => text
                .lines()
                .filter_map(|line| Record::read(line.as_bytes()).ok()?)
                .collect(),
        };
        for record in records {
            trail.follow(&record, &mut tell);
            assert!(trail.is_weighed(), "{log}");
        }
    }
    trail.finish(&mut tell);
    stories
}

fn whole(log: &str) -> Vec<Story> {
    stories(log, usize::MAX, true, Limits::default())
}

fn fate(story: &Story) -> Option<&Fate> {
    story.bounce.as_ref().map(|bounce| &bounce.fate)
}

#[track_caller]
fn one(log: &str) -> Story {
    let mut stories = whole(log);
    assert_eq!(stories.len(), 1, "{stories:#?}");
    stories.remove(0)
}

#[test]
fn the_story_that_started_it_all() {
    let story = one(SEED);
    assert_eq!(story.id, "8170A4D23E6F");
    assert_eq!(
        story.origin,
        Origin::Client("localhost[127.0.0.1]".to_owned())
    );
    assert_eq!(story.sender.as_deref(), Some("antonettabaune@godetia.com"));
    let [failure] = story.failures.as_slice() else {
        panic!("{story:#?}");
    };
    assert_eq!(failure.at, "2015-03-20T14:05:01Z".parse().ok());
    assert_eq!(failure.recipient, "jfhfdq@hot.de");
    assert_eq!(
        (failure.cause, failure.status),
        (Cause::Loop, Status::Bounced)
    );
    let expected = Bounce {
        id: "955C04D2300E".to_owned(),
        recipient: Some("antonettabaune@godetia.com".to_owned()),
        fate: Fate::Left {
            at: "2015-03-20T14:05:02Z".parse().ok(),
            relay: "mx.godetia.com[192.0.1.10]".to_owned(),
        },
    };
    assert_eq!(story.bounce, Some(expected));
}

#[test]
fn exim_s_story() {
    let found = whole(EXIM);
    let [bounced, frozen] = found.as_slice() else {
        panic!("{found:#?}");
    };
    let shop = Origin::Account {
        name: "shop".to_owned(),
        client: "[127.0.0.1]".to_owned(),
    };
    // The bounce is about the one that was given up.
    for (story, recipient, cause, status) in [
        (bounced, "kl@beer.com", Cause::NoHost, Status::Bounced),
        (frozen, "jfhfdq@hot.de", Cause::Loop, Status::Deferred),
    ] {
        assert_eq!(story.origin, shop);
        let [failure] = story.failures.as_slice() else {
            panic!("{story:#?}");
        };
        assert_eq!(failure.recipient, recipient);
        assert_eq!((failure.cause, failure.status), (cause, status));
    }
    assert_eq!(frozen.bounce, None);
    let story = bounced;
    assert!(story.left().is_some());
}

#[test]
fn a_warning_that_it_takes_longer_is_no_bounce() {
    let warned: String = EXIM
        .split_inclusive('\n')
        .filter(|line| !line.contains("**"))
        .collect();
    assert_eq!(one(&warned).bounce, None);
    // Also if the log begins later.
    let (_, later) = warned.split_once('\n').unwrap();
    assert_eq!(one(later).bounce, None);
    let greylisted = later.replace(
        "(-1): lowest numbered MX record points to local host",
        "(-44): greylisted",
    );
    assert_eq!(whole(&greylisted), []);
    // Of a mail that is not heard of otherwise it is not known.
    let (_, unknown) = later.split_once('\n').unwrap();
    assert!(one(unknown).left().is_some());
    let cancelled = "2015-03-21 14:05:01 1xWPFD-00008h-1i cancelled by timeout_frozen_after\n";
    let found = whole(&(EXIM.to_owned() + cancelled));
    let failures = found.iter().flat_map(|story| &story.failures);
    assert!(
        failures
            .clone()
            .all(|failure| failure.status == Status::Bounced)
    );
    assert_eq!(failures.count(), 2);
}

#[test]
fn a_bounce_for_several_has_left_if_it_has_for_one() {
    let local = "Mar 20 14:05:02 web postfix/local[1]: 955C04D2300E: to=<joe@company.de>, relay=local, delay=1, dsn=2.0.0, status=sent (ok)\n";
    let removed = "Mar 20 14:05:02 web postfix/qmgr[10478]: 955C04D2300E: removed";
    let story = one(&SEED.replace(removed, &format!("{local}{removed}")));
    assert!(story.left().is_some());
}

#[test]
fn a_bounce_that_fails_is_a_mail_of_its_own() {
    let sent = "relay=mx.godetia.com[192.0.1.10]:25, delay=1, delays=0/0/0.5/0.5, dsn=2.0.0, status=sent (250 ok)";
    let lost = "relay=none, delay=1, dsn=5.4.6, status=bounced (mail for godetia.com loops back to myself)";
    let found = whole(&SEED.replace(sent, lost));
    let [mail, bounce] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert_eq!(fate(mail), Some(&Fate::Refused));
    assert_eq!(
        (bounce.sender.as_deref(), &bounce.origin),
        (Some(""), &mail.origin)
    );
    assert_eq!(bounce.failures[0].recipient, "antonettabaune@godetia.com");
}

#[test]
fn exim_says_who_does_not_answer_before_it_says_for_whom() {
    let tried = |hosts: &[&str]| {
        let id = "2015-03-20 14:05:01 1xWPFB-000086-01";
        let hosts: String = hosts
            .iter()
            .map(|host| format!("{id} H={host} Connection refused\n"))
            .collect();
        let arrived = format!("{id} <= forged@takes.made H=(me) [127.0.0.1] P=esmtp S=244\n");
        let deferred = format!(
            "{id} == a@silent.made R=dnslookup T=remote_smtp defer (111): Connection refused\n"
        );
        let found = whole(&(arrived + &hosts + &deferred));
        found.first().map(|story| story.failures[0].cause)
    };
    let reserved = Cause::Reserved([127, 0, 0, 9].into());
    assert_eq!(tried(&["mx.silent.made [127.0.0.9]"]), Some(reserved));
    assert_eq!(tried(&["mx.gone.made [192.0.1.99]"]), None);
    assert_eq!(
        tried(&["mx.silent.made [127.0.0.9]", "mx.gone.made [192.0.1.99]"]),
        None
    );
    let private = Cause::Private([10, 1, 0, 5].into());
    assert_eq!(
        tried(&["mx.closed.made [10.1.0.5]", "mx.silent.made [127.0.0.9]"]),
        Some(private)
    );
}

#[test]
fn lines_as_people_quote_them_have_no_time() {
    let quoted = SEED
        .replace("Mar 20 14:05:01 web ", "")
        .replace("Mar 20 14:05:02 web ", "");
    let story = one(&quoted);
    assert_eq!(story.failures[0].at, None);
    assert_eq!(story.left(), Some(None));
}

#[test]
fn what_the_log_does_not_have_is_unknown() {
    let without = |part: &str| {
        let lines = SEED
            .split_inclusive('\n')
            .filter(|line| !line.contains(part));
        lines.collect::<String>()
    };
    assert_eq!(one(&without("client=")).origin, Origin::Unknown);
    assert_eq!(one(&without("from=<ant")).sender, None);
    assert_eq!(fate(&one(&without("relay=mx"))), Some(&Fate::Unknown));
    assert_eq!(one(&without("notification")).bounce, None);
    // It has been given up, and the log does not say for whom.
    assert_eq!(one(&without("loops back")).failures, []);
    assert_eq!(whole(&without("8170A4D23E6F")), []);
    // Nothing ever ends, and the mail is heard of after its bounce.
    let queued = SEED.split_inclusive('\n').nth(2).unwrap();
    assert_eq!(one(&without("removed")), one(SEED));
    assert_eq!(one(&(without("removed") + queued)), one(SEED));
}

#[test]
fn an_id_is_used_again_while_its_bounce_waits() {
    let (first, last) = SEED.split_once("Mar 20 14:05:02").unwrap();
    let again = SEED
        .replace("hot.de", "man.net")
        .replace("955C04D2300E", "955C04D2300F");
    let found = whole(&format!("{first}{again}Mar 20 14:05:02{last}"));
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|story| story.left().is_some()));
}

#[test]
fn an_id_is_used_again() {
    let again = SEED.replace("hot.de", "man.net").replace("14:05", "14:06");
    let found = whole(&format!("{SEED}{again}"));
    let recipients: Vec<_> = found
        .iter()
        .map(|story| &*story.failures[0].recipient)
        .collect();
    assert_eq!(recipients, ["jfhfdq@hot.de", "jfhfdq@man.net"]);
    assert!(found.iter().all(|story| story.left().is_some()));
    // Also if the end of the first is missing.
    let endless: String = SEED
        .split_inclusive('\n')
        .filter(|line| !line.contains("removed"))
        .collect();
    assert_eq!(whole(&format!("{endless}{again}")).len(), 2);
}

#[test]
fn two_machines_may_have_the_same_id() {
    let other = SEED.replace(" web ", " mx2 ").replace("hot.de", "man.net");
    let lines = SEED.split_inclusive('\n').zip(other.split_inclusive('\n'));
    let both: String = lines.flat_map(|(one, other)| [one, other]).collect();
    let found = whole(&both);
    assert_eq!(found.len(), 2);
    assert!(
        found
            .iter()
            .all(|story| story.failures.len() == 1 && story.left().is_some())
    );
}

/// `mail.info` beside `mail.log`, and both rotated while a mail was in the queue: it has not come again.
#[test]
fn a_mail_that_a_rotation_cuts_twice_is_one_story() {
    let waits = SEED
        .replace("dsn=5.4.6, status=bounced", "dsn=4.4.6, status=deferred")
        .lines()
        .take(4)
        .fold(String::new(), |log, line| log + line + "\n");
    let given_up: String = SEED
        .replace("14:05", "19:05")
        .split_inclusive('\n')
        .skip(3)
        .collect();
    let log = [&*waits, &*waits, &*given_up, &*given_up].concat();
    let mut stories = whole(&log);
    stories.retain(|story| !story.failures.is_empty());
    assert_eq!(stories.len(), 1, "{stories:#?}");
    let story = stories.remove(0);
    assert_eq!(story.failures.len(), 1);
    assert_eq!(story.failures[0].status, Status::Bounced);
    assert_eq!(story.sender.as_deref(), Some("antonettabaune@godetia.com"));
    // Another mail with that id has come at another time.
    let another = waits.replace("14:05:01", "14:05:59");
    assert_eq!(whole(&(waits + &another)).len(), 2);
}

#[test]
fn the_same_lines_twice_are_one_story() {
    assert_eq!(
        whole(&format!("{SEED}{SEED}"))
            .iter()
            .filter(|story| !story.failures.is_empty())
            .count(),
        1
    );
}

#[test]
fn a_mail_that_is_tried_again_has_failed_once() {
    let tried = "\
Mar 20 14:05:01 web postfix/pickup[1]: 6368298C52C: uid=33 from=<www-data>
Mar 20 14:05:01 web postfix/qmgr[1]: 6368298C52C: from=<forged@takes.made>, size=300, nrcpt=2 (queue active)
Mar 20 14:05:01 web postfix/smtp[1]: 6368298C52C: to=<a@silent.made>, relay=none, delay=0.02, delays=0.01/0.01/0/0, dsn=4.4.1, status=deferred (connect to mx.silent.made[127.0.0.9]:25: Connection refused)
Mar 20 15:05:01 web postfix/qmgr[1]: 6368298C52C: from=<forged@takes.made>, size=300, nrcpt=2 (queue active)
Mar 20 15:05:01 web postfix/smtp[1]: 6368298C52C: to=<a@silent.made>, relay=none, delay=0.02, delays=0.01/0.01/0/0, dsn=4.4.1, status=deferred (connect to mx.silent.made[127.0.0.9]:25: Connection refused)
";
    let story = one(tried);
    assert_eq!(story.origin, Origin::Local("uid 33".to_owned()));
    let [failure] = story.failures.as_slice() else {
        panic!("{story:#?}");
    };
    assert_eq!(failure.status, Status::Deferred);
    assert_eq!(failure.first_at, "2015-03-20T14:05:01Z".parse().ok());
    assert_eq!(failure.at, "2015-03-20T15:05:01Z".parse().ok());
    let sent = "Mar 20 16:05:01 web postfix/smtp[1]: 6368298C52C: to=<a@silent.made>, relay=mx2.silent.made[192.0.1.8]:25, delay=1, dsn=2.0.0, status=sent (250 ok)\n";
    for lines in [1, 3, 4, usize::MAX] {
        let found = stories(&format!("{tried}{sent}"), lines, true, Limits::default());
        assert_eq!(found, [], "it has arrived after all");
    }
    let expired = "Mar 25 14:05:01 web postfix/qmgr[1]: 6368298C52C: from=<forged@takes.made>, status=expired, returned to sender\n";
    assert_eq!(
        one(&format!("{tried}{expired}")).failures[0].status,
        Status::Bounced
    );
}

#[test]
fn a_mail_that_is_given_up_in_the_words_it_was_tried_with_has_bounced() {
    let words = "jfhfdq@hot.de R=dnslookup";
    let why = "lowest numbered MX record points to local host";
    let log = format!(
        "\
2015-03-20 14:05:01 1xWPFD-00008h-1i <= forged@takes.made H=(me) [192.0.1.7] P=esmtp S=225
2015-03-20 14:05:01 1xWPFD-00008h-1i == {words} defer (-1): {why}
2015-03-20 14:05:01 1xWPFD-00008h-1i ** {words}: {why}
2015-03-20 14:05:01 1xWPFD-00008n-1n <= <> R=1xWPFD-00008h-1i U=Debian-exim P=local S=1838
"
    );
    let story = one(&log);
    assert_eq!(story.failures.len(), 1);
    assert_eq!(story.failures[0].status, Status::Bounced);
    assert!(story.bounce.is_some());
}

#[test]
fn what_comes_back_from_a_filter_has_the_first_client() {
    let filtered = "\
Mar 20 14:05:01 web postfix/smtpd[1]: AAAAAAAAAAA1: client=unknown[192.0.1.7], sasl_method=PLAIN, sasl_username=shop
Mar 20 14:05:01 web postfix/smtpd[2]: AAAAAAAAAAA2: client=localhost[127.0.0.1], orig_queue_id=AAAAAAAAAAA1, orig_client=unknown[192.0.1.7]
Mar 20 14:05:01 web postfix/smtp[1]: AAAAAAAAAAA1: to=<jfhfdq@hot.de>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, dsn=2.0.0, status=sent (250 ok)
Mar 20 14:05:01 web postfix/qmgr[1]: AAAAAAAAAAA1: removed
Mar 20 14:05:01 web postfix/smtp[1]: AAAAAAAAAAA2: to=<jfhfdq@hot.de>, relay=none, delay=1, dsn=5.4.6, status=bounced (mail for hot.de loops back to myself)
";
    let shop = Origin::Account {
        name: "shop".to_owned(),
        client: "unknown[192.0.1.7]".to_owned(),
    };
    assert_eq!(one(filtered).origin, shop);
}

#[test]
fn what_is_kept_of_open_mails_is_bounded() {
    let open = |number: usize| {
        format!("Mar 20 14:05:01 web postfix/smtpd[1]: AAAAA{number}: client=a[192.0.1.7]\n")
    };
    let failed = "Mar 20 14:05:01 web postfix/smtp[1]: AAAAA1: to=<jfhfdq@hot.de>, relay=none, delay=1, dsn=5.4.6, status=bounced (mail for hot.de loops back to myself)\n";
    let again = failed.replace("14:05:01", "14:05:02");
    let log = open(1) + failed + &open(2) + &open(3) + failed + &again;
    let limits = Limits {
        open: 2.try_into().unwrap(),
        ..Limits::default()
    };
    let found = stories(&log, usize::MAX, true, limits);
    let origins: Vec<_> = found
        .iter()
        .map(|story| story.origin == Origin::Unknown)
        .collect();
    // Told when there is no more room for it; the line that comes again is known, a later one is not.
    assert_eq!(origins, [false, true], "{found:#?}");
    let failures = Limits {
        failures: 1,
        ..Limits::default()
    };
    // Another one's long name takes all the room.
    let octets = Limits {
        octets: 10_000,
        ..Limits::default()
    };
    let long = open(2).replace("client=a", &format!("client={}", "a".repeat(9_900)));
    let found = |log: &str| {
        let stories = stories(log, usize::MAX, false, octets);
        let mut of_first = stories.into_iter().filter(|story| story.id == "AAAAA1");
        of_first.next().unwrap().origin
    };
    assert_eq!(
        found(&(open(1) + &open(2) + failed)),
        Origin::Client("a[192.0.1.7]".to_owned())
    );
    assert_eq!(found(&(open(1) + &long + failed)), Origin::Unknown);
    // So does whom a bounce is for, but nothing that is no id of one.
    let qmgr = "Mar 20 14:05:01 web postfix/qmgr[1]: AAAAA2: ";
    let refused = |octets: usize| {
        let to = "b".repeat(octets);
        format!(
            "{qmgr}from=<>, size=1, nrcpt=1 (queue active)\n\
             {qmgr}to=<{to}>, relay=none, delay=1, dsn=5.0.0, status=bounced (no)\n"
        )
    };
    assert_ne!(found(&(open(1) + &refused(9) + failed)), Origin::Unknown);
    assert_eq!(
        found(&(open(1) + &refused(9_300) + failed)),
        Origin::Unknown
    );
    let notified = format!(
        "{qmgr}sender non-delivery notification: {}\n",
        "A".repeat(9_900)
    );
    assert_ne!(found(&(open(1) + &notified + failed)), Origin::Unknown);
    let two = log.replacen("jfhfdq", "kl", 1);
    assert_eq!(
        stories(&two, usize::MAX, true, failures)[0].failures.len(),
        1
    );
}
