//! What is counted of stories.

use super::*;
use crate::command::scan::fixture::{at, story};

const LEFT: Bounces = Bounces { left: 1, near: 0 };

fn domain(tally: &Tally, name: &str) -> Split<Census> {
    let row = tally.domains.iter().find(|(key, _)| ***key == *name);
    row.map(|(_, row)| row.split).unwrap()
}

fn failure(recipient: &str, cause: Cause) -> Failure {
    story("1", recipient, 0, cause).failures.remove(0)
}

#[test]
fn a_bounce_counts_once_and_for_each_domain() {
    let mut mail = story("1", "a@hot.de", 7, Cause::Loop);
    mail.failures.push(failure("b@HOT.de", Cause::Loop));
    mail.failures.push(failure("c@beer.com", Cause::Loop));
    mail.failures.push(failure("d@gmail.example", Cause::Other));
    let mut tally = Tally::new(None);
    tally.tell(&mail);
    let (hot, beer) = (domain(&tally, "hot.de"), domain(&tally, "beer.com"));
    assert_eq!(hot.certain.count.loops, 2);
    assert_eq!(hot.certain.count.backscatter, 1);
    assert_eq!(beer.certain.count.loops, 1);
    assert_eq!(beer.certain.count.backscatter, 1);
    assert_eq!(tally.certain, LEFT);
    assert_eq!(hot.certain.count.span.first(), Some(at(0)));
    assert_eq!(hot.certain.count.span.last(), Some(at(7)));
    assert_eq!(tally.domains.iter().count(), 2);
    let bounces = tally
        .senders
        .iter()
        .map(|(_, split)| split.certain.backscatter);
    assert_eq!(bounces.sum::<u32>(), 1);
    assert_eq!(tally.others, Bounces::default());
}

#[test]
fn what_is_certain_goes_before_what_is_suspected() {
    let private = Cause::Private("10.0.0.1".parse().unwrap());
    let mut mail = story("1", "a@inside.example", 0, private);
    mail.failures.push(failure("b@hot.de", Cause::Loop));
    let mut tally = Tally::new(None);
    tally.tell(&mail);
    assert_eq!(tally.certain, LEFT);
    assert_eq!(tally.groups.iter().count(), 0);
    assert_eq!(domain(&tally, "inside.example").suspect.private, 1);
}

#[test]
fn bounces_of_suspects_go_by_their_domains() {
    let private = Cause::Private("10.0.0.1".parse().unwrap());
    let mut tally = Tally::new(Some(Around { at: at(600) }));
    for (second, domains) in [(0, "ab"), (0, "ba"), (5, "a"), (5000, "aab"), (0, "b")] {
        let mut mail = story("1", "x@good.example", second, Cause::Other);
        let failures = domains.chars().map(|name| format!("x@{name}.example"));
        mail.failures
            .extend(failures.map(|recipient| failure(&recipient, private)));
        tally.tell(&mail);
    }
    let id = |name: &str| {
        let name = format!("{name}.example");
        let mut rows = tally.domains.iter();
        rows.find(|(key, _)| ***key == *name).unwrap().1.id
    };
    let groups = |members: &[u32]| {
        let mut groups = tally.groups.iter();
        let (_, group) = groups.find(|(key, _)| ***key == *members).unwrap();
        (group.id, group.bounces.left, group.bounces.near)
    };
    let (a, b) = (id("a"), id("b"));
    assert_eq!(groups(&[a, b]), (3, 3, 2));
    assert_eq!(tally.groups.iter().count(), 1);
    let near = Bounces { left: 1, near: 1 };
    assert!(tally.domains.iter().all(|(_, row)| row.bounces == near));
    let senders = tally.senders.iter();
    let by_both = senders.filter(|(pair, _)| pair.domain == 3);
    let counts: Vec<_> = by_both.map(|(_, split)| split.suspect).collect();
    assert_eq!((counts[0].loops, counts[0].backscatter), (0, 3));
}

#[test]
fn a_mail_that_was_tried_again_failed_from_the_first_time_on() {
    let mut mail = story("1", "a@hot.de", 7200, Cause::Loop);
    mail.failures[0].first_at = Some(at(0));
    let mut tally = Tally::new(None);
    tally.tell(&mail);
    let span = domain(&tally, "hot.de").certain.count.span;
    assert_eq!((span.first(), span.last()), (Some(at(0)), Some(at(7200))));
    let hours = tally.hours.iter();
    let failed = hours.filter(|(_, split)| split.certain.loops == 1);
    let hours: Vec<i64> = failed.map(|(pair, _)| pair.what).collect();
    assert_eq!(hours, [hour(at(0))]);
}

#[test]
fn other_bounces_count_when_they_left() {
    let mut tally = Tally::new(None);
    let mut mail = story("1", "a@gmail.example", 0, Cause::Other);
    tally.tell(&mail);
    mail.bounce = None;
    tally.tell(&mail);
    assert_eq!(tally.others, LEFT);
    assert_eq!(tally.domains.iter().count(), 0);
    assert_eq!(tally.incidents.count(), 0);
}

#[test]
fn domains_of_recipients() {
    let check = |recipient: &str, name: &str| {
        assert_eq!(&*domain_behind(recipient), name, "{recipient}");
    };
    check("jfhfdq@Hot.de", "hot.de");
    check("post@müller.de", "xn--mller-kva.de");
    check("user", "user");
    check("x@[127.0.0.1]", "[127.0.0.1]");
    check("x@localhost", "localhost");
    check("x@10.0.0.1", "10.0.0.1");
    check("x@", "x@");
}

/// Of 60000 domains and senders many are let go, and none is lost from the sum.
#[test]
fn what_is_let_go_is_counted() {
    let mut tally = Tally::new(None);
    for number in 0..60_000 {
        let mut mail = story("1", &format!("a@d{number}.example"), number, Cause::Loop);
        mail.sender = Some(format!("{number}@example.net"));
        tally.tell(&mail);
    }
    let domains = tally.domains.iter().map(|(_, row)| row.split.weight());
    let senders = tally.senders.iter().map(|(_, row)| row.weight());
    let rest = (tally.domains.rest().weight(), tally.senders.rest().weight());
    assert_eq!(domains.sum::<u64>() + rest.0, 120_000);
    assert_eq!(senders.sum::<u64>() + rest.1, 120_000);
    assert!(tally.domains.iter().count() <= DOMAINS.rows_max);
    assert!(tally.senders.iter().count() <= PAIRS.rows_max);
    let hours = tally.hours.iter().map(|(_, row)| row.certain.loops);
    assert_eq!(hours.sum::<u32>(), 60_000);
}

#[test]
fn texts_are_cut_between_characters() {
    assert_eq!(clip("abc", 3), "abc");
    assert_eq!(clip("aäb", 2), "a…");
}

/// Else one domain that is listed would have all others count.
#[test]
fn what_is_kept_keeps_its_number() {
    let private = Cause::Private("10.0.0.1".parse().unwrap());
    let mut tally = Tally::new(None);
    for number in 0..15_000 {
        let mut mail = story("1", &format!("a@d{number}.example"), 0, private);
        mail.failures.push(failure("a@common.example", private));
        tally.tell(&mail);
    }
    let domains: HashSet<u32> = tally.domains.iter().map(|(_, row)| row.id).collect();
    let groups: HashSet<u32> = tally.groups.iter().map(|(_, row)| row.id).collect();
    assert!(!domains.contains(&OTHERS) && !groups.contains(&OTHERS));
    assert_eq!(domains.len(), tally.domains.iter().count());
    assert_eq!(groups.len(), tally.groups.iter().count());
}

/// As long as a domain is kept its own bounces are, however many mails there are to several.
#[test]
fn bounces_stay_with_their_domain() {
    let private = Cause::Private("10.0.0.1".parse().unwrap());
    let mut tally = Tally::new(None);
    tally.tell(&story("1", "a@l0.example", 0, private));
    for number in 0..20_000 {
        let (listed, good) = (number / 125, number % 125);
        let mut mail = story("1", &format!("a@l{listed}.example"), 0, private);
        let other = failure(&format!("a@g{good}.example"), private);
        mail.failures.push(other);
        tally.tell(&mail);
    }
    assert_eq!(tally.domains.rest().split.weight(), 0);
    let mut rows = tally.domains.iter();
    let (_, row) = rows.find(|(name, _)| &***name == "l0.example").unwrap();
    assert_eq!(row.bounces, LEFT);
    let groups = tally.groups.iter().map(|(_, group)| group.bounces.left);
    let let_go = tally.groups.rest().bounces.left;
    assert!(let_go > 0);
    assert_eq!(groups.sum::<u32>() + let_go, 20_000);
}
