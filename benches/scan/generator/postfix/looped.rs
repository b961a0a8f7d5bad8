//! Mails to domains without a proper mail server.

use std::rc::Rc;

use super::super::agenda::Micros;
use super::super::house::House;
use super::super::truth::{Cause, Failure, Mark, Status};
use super::super::world::{Bogus, person};
use super::NAME;
use super::arrival::{Arriving, Way, arrive};
use super::bounce::{self, Victim};
use super::delivery::{filter, to_site};
use super::failure::{Pause, expire};
use super::mail::{Mail, Report};

/// A mail with a forged sender, by way of an account or a web site that is not its owner's any more.
pub(super) fn spam(house: &mut House, now: Micros) {
    let way = match house.dice.percent(40) {
        true => Way::thief(house),
        false => Way::script(house),
    };
    let victim = victim(house);
    mail(house, now, &way, victim, None);
}

/// A mail to an address of the house that stands for one at such a domain.
pub(super) fn forwarded(house: &mut House, now: Micros, way: &Way) {
    let (sender, home) = house.world.stranger(&mut house.dice);
    let victim = (Victim::stranger(&sender, home, true), sender);
    let original = house.world.inmate(&mut house.dice);
    mail(house, now, way, victim, Some(&original));
}

/// Whom the bounce is going to hit, and under which address.
fn victim(house: &mut House) -> (Victim, String) {
    match house.dice.below(100) {
        0..8 => {
            let sender = house.world.inmate(&mut house.dice);
            (Victim::inmate(&sender), sender)
        }
        8..12 => {
            let sender = format!("{}@intern.company.de", person(&mut house.dice));
            (Victim::inside(&sender), sender)
        }
        12..16 => {
            let sender = bounce::own("www-data");
            (Victim::inmate(&sender), sender)
        }
        16..20 => {
            let bogus = house.dice.often_first(&house.world.bogus);
            let sender = format!("{}@{}", person(&mut house.dice), bogus.domain);
            (Victim::nowhere(&sender, bogus), sender)
        }
        _ => {
            let (sender, home) = house.world.stranger(&mut house.dice);
            (Victim::stranger(&sender, home, true), sender)
        }
    }
}

fn mail(
    house: &mut House,
    now: Micros,
    way: &Way,
    (victim, sender): (Victim, String),
    original: Option<&str>,
) {
    let targets = targets(house);
    let is_filtered = original.is_none() && house.dice.percent(30);
    let others = usize::from(targets.len() > 1 && house.dice.percent(50));
    let recipients = targets.len() + others;
    let arriving = Arriving {
        sender: &sender,
        recipients,
        matters: true,
    };
    let mut mail = arrive(house, now, way, arriving);
    let addresses: Vec<String> = targets.iter().map(|bogus| address(house, bogus)).collect();
    let other = house.world.stranger(&mut house.dice);
    if is_filtered {
        let mut all: Vec<&str> = addresses.iter().map(String::as_str).collect();
        all.extend((others > 0).then_some(other.0.as_str()));
        mail = filter(house, mail, &all, true);
    }
    if others > 0 {
        to_site(house, &mut mail, &format!("to=<{}>", other.0), &other.1);
    }
    let way_to = |address: &str| match original {
        Some(original) => format!("to=<{address}>, orig_to=<{original}>"),
        None => format!("to=<{address}>"),
    };
    if let [bogus] = targets.as_slice()
        && let [address] = addresses.as_slice()
        && (!bogus.loops() || house.dice.percent(18))
    {
        return slow(house, mail, bogus, &way_to(address), victim);
    }
    for (nth, (bogus, address)) in (0..).zip(targets.iter().zip(&addresses)) {
        let to = way_to(address);
        let (relay, text) = looped(house, &mut mail, bogus);
        let failed = Failed {
            nth,
            bogus,
            to: &to,
            relay: &relay,
            text: &text,
        };
        failed.report(house, &mut mail, Cause::Loop, Status::Bounced);
    }
    bounce::follow(house, mail, victim);
}

/// Mostly one domain, seldom a few different ones.
fn targets(house: &mut House) -> Vec<Rc<Bogus>> {
    let count = match house.dice.below(12) {
        0 => 2 + house.dice.place(3),
        _ => 1,
    };
    let mut targets: Vec<Rc<Bogus>> = Vec::new();
    while targets.len() < count {
        let bogus = house.dice.often_first(&house.world.bogus);
        let is_new = targets.iter().all(|target| target.domain != bogus.domain);
        if is_new && (count == 1 || bogus.loops()) {
            targets.push(bogus);
        }
    }
    targets
}

fn address(house: &mut House, bogus: &Bogus) -> String {
    let name = person(&mut house.dice);
    match house.dice.below(20) {
        0 => format!("{name}@{}", bogus.domain.to_uppercase()),
        1..12 => format!("{name}{}@{}", house.dice.below(1000), bogus.domain),
        _ => format!("{name}@{}", bogus.domain),
    }
}

/// Where Postfix found itself, and what it says then.
fn looped(house: &mut House, mail: &mut Mail, bogus: &Bogus) -> (String, String) {
    mail.wait(house, 5, 400);
    let text = format!("mail for {} loops back to myself", bogus.domain);
    let Some(server) = bogus.server.as_ref().filter(|_| bogus.loops()) else {
        return ("none".to_owned(), text);
    };
    let greeting = format!("warning: host {server}:25 greeted me with my own hostname {NAME}");
    house.say(mail.at, "postfix/smtp", greeting);
    (format!("{server}:25"), text)
}

/// A recipient that was not reached.
struct Failed<'a> {
    nth: u32,
    bogus: &'a Bogus,
    to: &'a str,
    relay: &'a str,
    text: &'a str,
}

impl Failed<'_> {
    fn report(&self, house: &mut House, mail: &mut Mail, cause: Cause, status: Status) {
        let (status_text, dsn) = match (status, cause) {
            (Status::Bounced, _) => ("bounced", "5.4.6"),
            (Status::Sent, _) => ("sent", "2.0.0"),
            (Status::Deferred, Cause::Loop) => ("deferred", "4.4.6"),
            (Status::Deferred, _) => ("deferred", "4.4.1"),
        };
        let report = Report {
            program: "postfix/smtp",
            to: self.to,
            relay: self.relay,
            dsn,
            status: status_text,
            text: self.text,
        };
        let mark = self.mark(mail, cause, status);
        mail.report(house, &report, Some(mark));
    }

    fn mark(&self, mail: &Mail, cause: Cause, status: Status) -> Mark {
        Mark::Failure(Failure {
            key: (mail.number, self.nth),
            domain: self.bogus.domain.clone(),
            cause,
            status,
        })
    }
}

/// A mail that does not bounce at once: to a reserved or private address that does not answer, or to one that does; or
/// a loop under `soft_bounce`.
fn slow(house: &mut House, mut mail: Mail, bogus: &Rc<Bogus>, to: &str, victim: Victim) {
    let server = bogus.server.clone();
    let server = server.unwrap_or_else(|| format!("mail.{}[127.0.0.1]", bogus.domain));
    let timed_out = format!("connect to {server}:25: Connection timed out");
    let refused = format!("connect to {server}:25: Connection refused");
    let (relay, cause, text) = match house.dice.below(10) {
        0 => {
            let relay = format!("{server}:25");
            let failed = Failed {
                nth: 0,
                bogus,
                to,
                relay: &relay,
                text: "250 ok dirdel",
            };
            mail.wait(house, 5, 90);
            failed.report(house, &mut mail, Cause::Reserved, Status::Sent);
            return mail.remove(house);
        }
        1 | 2 => {
            let (relay, text) = looped(house, &mut mail, bogus);
            (relay, Cause::Loop, text)
        }
        3 | 4 => {
            let address = format!(
                "192.168.{}.{}",
                house.dice.below(256),
                1 + house.dice.below(254)
            );
            let text = format!(
                "connect to mx.{}[{address}]:25: Connection timed out",
                bogus.domain
            );
            ("none".to_owned(), Cause::Suspect, text)
        }
        5 | 6 => ("none".to_owned(), Cause::Reserved, timed_out),
        _ => ("none".to_owned(), Cause::Reserved, refused),
    };
    let failed = Failed {
        nth: 0,
        bogus,
        to,
        relay: &relay,
        text: &text,
    };
    let mut pause = Pause::default();
    for attempt in 0.. {
        mail.wait(house, 5, 400);
        failed.report(house, &mut mail, cause, Status::Deferred);
        // Nobody waits a day to see what becomes of those that prove nothing.
        if cause == Cause::Suspect && attempt == 3 || house.dice.one_in(60) {
            mail.wait(house, 1000, 200_000);
            return mail.delete(house);
        }
        if !pause.pass(house, &mut mail) {
            let mark = failed.mark(&mail, cause, Status::Bounced);
            return expire(house, mail, Some(mark), victim);
        }
    }
}

impl Bogus {
    /// Whether its mail server is the machine itself; else, nobody is there.
    fn loops(&self) -> bool {
        let address = self
            .server
            .as_ref()
            .and_then(|server| server.split('[').nth(1));
        address.is_none_or(|address| {
            ["127.", "0.", "::1"]
                .iter()
                .any(|own| address.starts_with(own))
        })
    }
}
