//! The bounce, and what becomes of it.

use std::rc::Rc;

use super::super::house::House;
use super::super::truth::{Cause, Failure, Mark, Status};
use super::super::world::{Bogus, Site, Software};
use super::NAME;
use super::arrival::{Arriving, clean_up};
use super::delivery::{into_mailbox, reply};
use super::failure::{Pause, postpone, refuse};
use super::mail::{Mail, Report};

/// Whom a bounce is for.
pub(super) struct Victim {
    address: String,
    home: Home,
}

enum Home {
    /// A mailbox of the house.
    House,
    /// A mailbox on another machine of the own network.
    Inside,
    /// A mail server elsewhere; and whether the mail's recipient was one without a proper mail server.
    Site(Rc<Site>, bool),
    /// A domain without a proper mail server, for it is forged as well.
    Bogus(Rc<Bogus>),
}

impl Victim {
    pub(super) fn inmate(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            home: Home::House,
        }
    }

    pub(super) fn inside(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            home: Home::Inside,
        }
    }

    pub(super) fn stranger(address: &str, home: Rc<Site>, is_of_loop: bool) -> Self {
        Self {
            address: address.to_owned(),
            home: Home::Site(home, is_of_loop),
        }
    }

    pub(super) fn nowhere(address: &str, home: Rc<Bogus>) -> Self {
        Self {
            address: address.to_owned(),
            home: Home::Bogus(home),
        }
    }
}

/// Makes a bounce of a mail that has failed, sees the mail off, and follows the bounce.
pub(super) fn follow(house: &mut House, mut mail: Mail, victim: Victim) {
    mail.wait(house, 1, 20);
    let arriving = Arriving {
        sender: "",
        recipients: 1,
        matters: true,
    };
    let mut bounce = Mail::new(house, mail.at, "", true);
    clean_up(house, &mut bounce, &arriving);
    mail.at = bounce.at;
    let words = format!("sender non-delivery notification: {}", bounce.id);
    mail.say(house, "postfix/bounce", &words);
    mail.remove(house);
    bounce.wait(house, 1, 30);
    let to = format!("to=<{}>", victim.address);
    match victim.home {
        Home::House => {
            into_mailbox(house, &mut bounce, &victim.address);
            bounce.remove(house);
        }
        Home::Inside => inside(house, bounce, &to),
        Home::Bogus(bogus) => nowhere(house, bounce, &to, &bogus),
        Home::Site(site, is_of_loop) => {
            let left = Mark::Left {
                sender: victim.address.to_lowercase(),
                is_of_loop,
            };
            elsewhere(house, bounce, &to, &site, left);
        }
    }
}

/// Tells a user that a mail of theirs is late. That is no bounce.
pub(super) fn warn(house: &mut House, mail: &Mail, sender: &str) {
    let arriving = Arriving {
        sender: "",
        recipients: 1,
        matters: true,
    };
    let mut warning = Mail::new(house, mail.at, "", true);
    clean_up(house, &mut warning, &arriving);
    let words = format!("sender delay notification: {}", warning.id);
    mail.say(house, "postfix/bounce", &words);
    into_mailbox(house, &mut warning, sender);
    warning.remove(house);
}

fn inside(house: &mut House, mut bounce: Mail, to: &str) {
    bounce.wait(house, 20, 200);
    let reply = reply(house, Software::Postfix);
    let report = Report {
        program: "postfix/smtp",
        to,
        relay: "mail2.company.de[10.0.0.12]:25",
        dsn: "2.0.0",
        status: "sent",
        text: &reply,
    };
    bounce.report(house, &report, None);
    bounce.remove(house);
}

/// The bounce fails for the same reason as the mail. Nobody is told: it has no sender.
fn nowhere(house: &mut House, mut bounce: Mail, to: &str, bogus: &Bogus) {
    bounce.wait(house, 10, 300);
    let mark = Mark::Failure(Failure {
        key: (bounce.number, 0),
        domain: bogus.domain.clone(),
        cause: Cause::Loop,
        status: Status::Bounced,
    });
    let report = Report {
        program: "postfix/smtp",
        to,
        relay: "none",
        dsn: "5.4.6",
        status: "bounced",
        text: &format!("mail for {} loops back to myself", bogus.domain),
    };
    bounce.report(house, &report, Some(mark));
    bounce.remove(house);
}

fn elsewhere(house: &mut House, mut bounce: Mail, to: &str, site: &Site, left: Mark) {
    match house.dice.below(100) {
        // Nobody takes it, and a second bounce is not made of it.
        0..12 => {
            refuse(house, &mut bounce, to, site);
            return bounce.remove(house);
        }
        12..24 => {
            let mut pause = Pause::default();
            for _ in 0..house.dice.between(1, 9) {
                postpone(house, &mut bounce, to, site);
                pause.pass(house, &mut bounce);
            }
        }
        _ => {}
    }
    bounce.wait(house, 80, 2500);
    let server = house.dice.pick(&site.servers);
    if house.dice.percent(50) {
        let text = format!(
            "Trusted TLS connection established to {server}:25: TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits)"
        );
        house.say(bounce.at, "postfix/smtp", text);
        bounce.wait(house, 80, 900);
    }
    let reply = reply(house, site.software);
    let report = Report {
        program: "postfix/smtp",
        to,
        relay: &format!("{server}:25"),
        dsn: "2.0.0",
        status: "sent",
        text: &reply,
    };
    bounce.report(house, &report, Some(left));
    bounce.remove(house);
}

/// The machine's own address for what it sends itself.
pub(super) fn own(name: &str) -> String {
    format!("{name}@{NAME}")
}
