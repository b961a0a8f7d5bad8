//! Logs of many mails, mixed and cut: sieved or not, they tell the same.

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::calendar::Calendar;
use super::sieve::sieve;
use super::tests::{EXIM, SEED, stories};
use super::trail::{Limits, Trail};
use crate::verdict::Table;

/// Mails of all kinds: those of one queue id one after the other, which makes one text.
fn mails() -> impl Strategy<Value = Vec<String>> {
    let unremarkable = SEED
        .split_inclusive('\n')
        .filter(|line| line.contains("8170A4D23E6F") && !line.contains("notification"));
    let unremarkable = unremarkable
        .collect::<String>()
        .replace("relay=none", "relay=mx[192.0.1.9]:25")
        .replace(
            "bounced (mail for hot.de loops back to myself)",
            "sent (250 ok)",
        );
    let waiting = SEED
        .replace("mx.godetia.com[192.0.1.10]:25", "none")
        .replace("status=sent", "status=deferred");
    let other = SEED.replace(
        "mail for hot.de loops back to myself",
        "host mx[192.0.1.9] said: 550 no such user",
    );
    let kinds = [
        SEED.to_owned(),
        EXIM.to_owned(),
        waiting,
        unremarkable,
        other,
    ];
    let mail = (
        prop::sample::select(kinds.to_vec()),
        0..4_usize,
        any::<bool>(),
    );
    prop::collection::vec(mail, 1..12).prop_map(|mails| {
        let mut by_id = vec![String::new(); 4];
        for (mail, number, is_whole) in mails {
            let mail = [
                "8170A4D23E6F",
                "955C04D2300E",
                "1xWPFD-00008h-1i",
                "1xWPFD-00008n-1n",
            ]
            .iter()
            .fold(mail, |mail, id| {
                let (stem, _) = id.split_at(id.len() - 1);
                mail.replace(id, &format!("{stem}{number}"))
            });
            by_id[number] += &match is_whole {
                true => mail,
                false => mail.replace("removed", "skipped, still being delivered"),
            };
        }
        by_id
    })
}

/// The lines of all mails, mixed as the numbers say.
fn mixed(mails: &[String], order: &[usize]) -> String {
    let mut lines: Vec<_> = mails
        .iter()
        .map(|mail| mail.split_inclusive('\n').peekable())
        .collect();
    let mut log = String::new();
    for number in order.iter().cycle() {
        lines.retain_mut(|lines| lines.peek().is_some());
        if lines.is_empty() {
            break;
        }
        let next = number % lines.len();
        log.extend(lines[next].next());
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// What is sieved out changes nothing, however the log is cut and the lines are mixed.
    #[test]
    fn sieved_or_not_the_stories_are_the_same(
        mails in mails(),
        order in prop::collection::vec(any::<usize>(), 1..32),
        lines in 1..40_usize,
    ) {
        let log = mixed(&mails, &order);
        // Those that never end are told in the order in which they were last heard of.
        let sorted = |is_sieved| {
            let mut stories = stories(&log, lines, is_sieved, Limits::default());
            stories.sort_by_key(|story| format!("{story:?}"));
            stories
        };
        prop_assert_eq!(sorted(true), sorted(false));
    }

    #[test]
    fn no_octets_panic(text in prop::collection::vec(any::<u8>(), 0..200), cut in 0..SEED.len(), flipped in any::<u8>()) {
        let mut octets = SEED.as_bytes().to_vec();
        octets[cut] = flipped;
        octets.extend(text);
        let table = Table::reserved();
        let kept = sieve(&octets, &table).kept;
        let mut trail = Trail::new(&table, Calendar::new(TimeZone::UTC, None), Limits::default());
        for line in kept {
            line.read(&octets, |record| trail.follow(record, &mut |_| {}));
        }
        trail.finish(&mut |_| {});
    }
}
