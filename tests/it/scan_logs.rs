//! The logs that scans are measured and tested with: that they are as real as they claim, and that what is said to be in
//! them is in them.

#[path = "../../benches/scan/generator/mod.rs"]
pub(crate) mod generator;

use std::collections::{BTreeMap, BTreeSet};
use std::{fs, mem};

use generator::{Dialect, Plan, Stamps, Truth, write, write_rotated};

const POSTFIX: Dialect = Dialect::Postfix {
    stamps: Stamps::Traditional,
    long_ids: false,
};

const DIALECTS: [Dialect; 4] = [
    POSTFIX,
    Dialect::Postfix {
        stamps: Stamps::Rfc3339,
        long_ids: true,
    },
    Dialect::Postfix {
        stamps: Stamps::Rfc5424,
        long_ids: false,
    },
    Dialect::Exim,
];

/// A log with many loops in it, over some days.
fn eventful(dialect: Dialect, octets: u64) -> Plan {
    Plan {
        dialect,
        mails_per_loop: 20,
        per_second: 0.05,
        ..Plan::new(3, octets)
    }
}

fn log(plan: &Plan) -> (Vec<u8>, Truth) {
    let mut log = Vec::new();
    let truth = write(plan, &mut log).unwrap();
    (log, truth)
}

fn lines(log: &[u8]) -> Vec<String> {
    let lines = log.split_inclusive(|octet| *octet == b'\n');
    lines
        .map(|line| {
            String::from_utf8_lossy(line.strip_suffix(b"\n").expect("a whole line")).into_owned()
        })
        .collect()
}

fn number(count: usize) -> u64 {
    count.try_into().unwrap()
}

/// What stands between two others.
fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(before)?;
    rest.split_once(after).map(|(text, _)| text)
}

/// The queue id, and what is said of it.
fn of_mail(line: &str) -> Option<(&str, &str)> {
    let (_, text) = line.split_once("]: ")?;
    let (id, words) = text.split_once(": ")?;
    let is_id = id.len() >= 10 && id.bytes().all(|octet| octet.is_ascii_alphanumeric());
    is_id.then_some((id, words))
}

#[test]
fn the_same_seed_gives_the_same_log_and_another_seed_another() {
    for dialect in DIALECTS {
        let plan = eventful(dialect, 300_000);
        let (one, truth) = log(&plan);
        assert_eq!((&one, &truth), (&log(&plan).0, &log(&plan).1));
        let other = Plan { seed: 4, ..plan };
        assert_ne!(one, log(&other).0, "{dialect:?}");
    }
}

#[test]
fn a_longer_log_begins_as_a_shorter_one() {
    let (short, _) = log(&eventful(POSTFIX, 100_000));
    let (long, _) = log(&eventful(POSTFIX, 400_000));
    assert!(long.starts_with(&short));
}

#[test]
fn size_and_lines_are_as_said() {
    for dialect in DIALECTS {
        let (log, truth) = log(&Plan {
            dialect,
            ..Plan::new(1, 2_000_000)
        });
        let count = lines(&log).len();
        assert_eq!(truth.octets, number(log.len()), "{dialect:?}");
        assert_eq!(truth.lines, number(count), "{dialect:?}");
        assert!((2_000_000..2_010_000).contains(&log.len()), "{dialect:?}");
        assert!((100..170).contains(&(log.len() / count)), "{dialect:?}");
    }
}

/// Counts anew, from what Postfix says only and in the simplest way.
#[derive(Default)]
struct Count {
    truth: Truth,
    /// Of each mail in the queue, the recipients that have failed because of an address: why, and what was said last.
    failed: BTreeMap<String, BTreeMap<String, (&'static str, String)>>,
    /// The bounces in the queue, and whether they are of such mails.
    bounces: BTreeMap<String, bool>,
}

impl Count {
    fn read(&mut self, id: &str, words: &str) {
        if words == "removed" {
            self.bounces.remove(id);
            let recipients = self.failed.remove(id).unwrap_or_default();
            self.close(recipients);
        } else if let Some(bounce) = words.strip_prefix("sender non-delivery notification: ") {
            let is_of_loop = self.failed.contains_key(id);
            self.bounces.insert(bounce.to_owned(), is_of_loop);
        } else if words.contains("status=expired") {
            let recipients = self.failed.entry(id.to_owned()).or_default();
            recipients
                .values_mut()
                .for_each(|(_, status)| *status = "bounced".to_owned());
        } else if words.starts_with("to=") {
            let recipient = between(words, "<", ">").unwrap().to_lowercase();
            let status = between(words, "status=", " (").unwrap_or_default();
            match cause(words) {
                Some(cause) => {
                    let recipients = self.failed.entry(id.to_owned()).or_default();
                    recipients.insert(recipient, (cause, status.to_owned()));
                }
                None if status == "sent" => self.sent(id, recipient, words),
                None => {}
            }
        }
    }

    /// Something has been taken by a mail server; perhaps it is a bounce, and the mail server one of others.
    fn sent(&mut self, id: &str, recipient: String, words: &str) {
        let relay = between(words, "relay=", ", ").unwrap();
        if !relay.ends_with("]:25") || relay.contains("[10.") {
            return;
        }
        match self.bounces.get(id) {
            Some(true) => {
                self.truth.backscatter += 1;
                *self.truth.senders.entry(recipient).or_default() += 1;
            }
            Some(false) => self.truth.other_backscatter += 1,
            None => {}
        }
    }

    fn close(&mut self, recipients: BTreeMap<String, (&'static str, String)>) {
        for (recipient, (cause, status)) in recipients {
            match (cause, status.as_str()) {
                ("private", _) | ("reserved", "sent") => {
                    self.truth.suspected += 1;
                    continue;
                }
                ("loop", _) => self.truth.looped += 1,
                _ => {}
            }
            self.truth.loops += 1;
            let domain = recipient.split('@').nth(1).unwrap();
            *self.truth.domains.entry(domain.to_owned()).or_default() += 1;
            match status.as_str() {
                "bounced" => self.truth.bounced += 1,
                "deferred" => self.truth.deferred += 1,
                "sent" => self.truth.sent += 1,
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn the_truth_about_postfix_is_in_the_log() {
    let (log, truth) = log(&eventful(POSTFIX, 20_000_000));
    let lines = lines(&log);
    let mut count = Count::default();
    for line in &lines {
        if let Some((id, words)) = of_mail(line) {
            count.read(id, words);
        }
    }
    for recipients in mem::take(&mut count.failed).into_values() {
        count.close(recipients);
    }
    let phrase = lines.iter().filter(|line| line.contains(POSTFIX.phrase()));
    let counted = Truth {
        phrase: number(phrase.count()),
        // Of these, another test speaks.
        lines: truth.lines,
        octets: truth.octets,
        garbage: truth.garbage,
        cut: truth.cut,
        ..count.truth
    };
    assert_eq!(counted, truth);
    // There is some of each.
    for (what, count) in [
        ("looped", truth.looped),
        ("reserved", truth.loops - truth.looped),
        ("bounced", truth.bounced),
        ("deferred", truth.deferred),
        ("suspected", truth.suspected),
        ("backscatter", truth.backscatter),
        ("other backscatter", truth.other_backscatter),
        ("garbage", truth.garbage),
        ("cut", truth.cut),
    ] {
        assert!(count > 0, "no {what}");
    }
}

/// Why a recipient could not be reached, if its domain's addresses are the reason.
fn cause(words: &str) -> Option<&'static str> {
    let tried = between(words, "(connect to ", ":25:").unwrap_or_default();
    let relay = between(words, "relay=", ":25,").unwrap_or_default();
    let reserved = ["[127.", "[0.", "[192.0.2.", "[169.254.", "[::1]"];
    let is_reserved = |server: &str| reserved.iter().any(|block| server.contains(block));
    if words.ends_with("loops back to myself)") {
        Some("loop")
    } else if tried.contains("[192.168.") {
        Some("private")
    } else {
        (is_reserved(tried) || is_reserved(relay)).then_some("reserved")
    }
}

/// The same for Exim, of which each mail has an id of its own for ever.
#[test]
fn the_truth_about_exim_is_in_the_log() {
    let (log, truth) = log(&eventful(Dialect::Exim, 10_000_000));
    let (mut failed, mut bounces) = (BTreeMap::new(), BTreeMap::new());
    let (mut left, mut left_for_others) = (BTreeMap::<String, u64>::new(), 0);
    let mut looped = BTreeSet::new();
    for line in &lines(&log) {
        let Some((id, words)) = line.get(20..).and_then(|text| text.split_once(' ')) else {
            continue;
        };
        let recipient = words.split(' ').nth(1).unwrap_or_default().to_owned();
        let is_loop = words.contains("local host");
        if (words.starts_with("** ") || words.starts_with("== "))
            && (is_loop || words.contains("[169.254."))
        {
            if is_loop {
                looped.insert(id.to_owned());
            }
            failed.insert(id.to_owned(), (recipient, words.starts_with("** ")));
        } else if let Some(of) = between(words, "<= <> R=", " ") {
            bounces.insert(id.to_owned(), failed.contains_key(of));
        } else if words.starts_with("=> ") && words.contains("T=remote_smtp") {
            match bounces.get(id) {
                Some(true) => *left.entry(recipient).or_default() += 1,
                Some(false) => left_for_others += 1,
                None => {}
            }
        }
    }
    let mut domains = BTreeMap::<String, u64>::new();
    for (recipient, _) in failed.values() {
        let domain = recipient.split('@').nth(1).unwrap().to_owned();
        *domains.entry(domain).or_default() += 1;
    }
    let bounced = failed.values().filter(|(_, is_bounced)| *is_bounced);
    assert_eq!(truth.loops, number(failed.len()));
    assert_eq!(truth.looped, number(looped.len()));
    assert_eq!(truth.bounced, number(bounced.count()));
    assert_eq!(truth.bounced + truth.deferred, truth.loops);
    assert_eq!(truth.domains, domains);
    assert_eq!(truth.backscatter, left.values().sum::<u64>());
    assert_eq!(truth.senders, left);
    assert_eq!(truth.other_backscatter, left_for_others);
    assert!(truth.deferred > 0 && truth.backscatter > 0 && truth.suspected > 0);
}

#[test]
fn garbage_is_rare_and_no_line_of_a_log() {
    for dialect in DIALECTS {
        let (log, truth) = log(&Plan {
            dialect,
            ..Plan::new(9, 30_000_000)
        });
        let begins = |line: &&String| match dialect {
            Dialect::Exim => line.starts_with("2015-03-"),
            POSTFIX => line.starts_with("Mar "),
            Dialect::Postfix { .. } => line.trim_start_matches("<22>1 ").starts_with("2015-03-"),
        };
        let lines = lines(&log);
        let others: Vec<&String> = lines.iter().filter(|line| !begins(line)).collect();
        assert_eq!(truth.garbage, number(others.len()), "{dialect:?}");
        let expected = truth.lines / 10_000;
        assert!(
            (expected / 3..expected * 3).contains(&truth.garbage),
            "{truth:?}"
        );
        // Not even without a stamp.
        let mut first_words = others.iter().filter_map(|line| line.split(' ').next());
        assert!(first_words.all(|word| !word.ends_with("]:")), "{others:?}");
    }
}

#[test]
fn short_ids_come_again_but_never_while_they_are_in_use() {
    let (log, _) = log(&Plan::new(5, 10_000_000));
    let (mut open, mut used, mut again) = (BTreeSet::new(), BTreeSet::new(), 0);
    for line in &lines(&log) {
        let Some((id, words)) = of_mail(line) else {
            continue;
        };
        if words.starts_with("client=") || words.starts_with("uid=") {
            // Where its last line was cut, or its end was never said, the id is still thought to be open.
            assert!(open.insert(id.to_owned()), "{id} twice at one time");
            again += usize::from(!used.insert(id.to_owned()));
        } else if words.starts_with('r') {
            open.remove(id);
        }
    }
    assert!(again > 100, "{again} of {}", used.len());
}

#[test]
fn mails_are_in_the_queue_side_by_side_and_some_of_them_long() {
    let (log, _) = log(&Plan::new(5, 10_000_000));
    let (mut open, mut most, mut longest) = (BTreeMap::new(), 0, 0);
    for (nth, line) in lines(&log).iter().enumerate() {
        let Some((id, words)) = of_mail(line) else {
            continue;
        };
        if words == "removed" {
            let begun = open.remove(id).unwrap_or(nth);
            longest = longest.max(nth - begun);
        } else {
            open.entry(id.to_owned()).or_insert(nth);
            most = most.max(open.len());
        }
    }
    assert!(most > 20, "{most}");
    assert!(longest > 10_000, "{longest}");
}

#[test]
fn rotated_files_are_the_log_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let plan = eventful(POSTFIX, 1_000_000);
    let (whole, truth) = log(&plan);
    let (paths, same) = write_rotated(&plan, folder.path(), 4).unwrap();
    let names: Vec<&str> = paths
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["mail.log.3", "mail.log.2", "mail.log.1", "mail.log"]
    );
    let pieces: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(
        pieces
            .iter()
            .all(|piece| piece.ends_with(b"\n") && piece.len() > 200_000)
    );
    assert_eq!(pieces.concat(), whole);
    assert_eq!(same, truth);
    // Some mail lies on both sides of each cut.
    let ids = |piece: &[u8]| -> BTreeSet<String> {
        let lines = lines(piece);
        let ids = lines.iter().filter_map(|line| of_mail(line));
        ids.map(|(id, _)| id.to_owned()).collect()
    };
    assert!(
        pieces
            .windows(2)
            .all(|two| !ids(&two[0]).is_disjoint(&ids(&two[1])))
    );
}
