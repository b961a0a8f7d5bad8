//! Mails that arrive where they should.

use super::super::agenda::Micros;
use super::super::house::House;
use super::super::world::{Site, Software};
use super::arrival::{Arriving, Way, arrive, cipher};
use super::mail::{Mail, Report};

/// An ordinary mail of one recipient, which the truth does not depend on.
pub(super) fn plain(sender: &str) -> Arriving<'_> {
    Arriving {
        sender,
        recipients: 1,
        matters: false,
    }
}

/// A mail for the house.
pub(super) fn inbound(house: &mut House, now: Micros, way: &Way, sender: &str, recipient: &str) {
    let mut mail = arrive(house, now, way, plain(sender));
    into_mailbox(house, &mut mail, recipient);
    mail.remove(house);
}

/// The same, if it goes through the content filter first.
pub(super) fn filtered(house: &mut House, now: Micros, way: &Way, sender: &str, recipient: &str) {
    let mail = arrive(house, now, way, plain(sender));
    let mut passed = filter(house, mail, &[recipient], false);
    into_mailbox(house, &mut passed, recipient);
    passed.remove(house);
}

/// A mail to an address of the house that stands for one elsewhere.
pub(super) fn forwarded(house: &mut House, now: Micros, way: &Way, sender: &str, original: &str) {
    let mut mail = arrive(house, now, way, plain(sender));
    let (recipient, site) = house.world.stranger(&mut house.dice);
    let to = format!("to=<{recipient}>, orig_to=<{original}>");
    to_site(house, &mut mail, &to, &site);
    mail.remove(house);
}

/// A mail to people elsewhere.
pub(super) fn outbound(house: &mut House, now: Micros, way: &Way, sender: &str) {
    let count = match house.dice.below(20) {
        0 => 2 + house.dice.place(6),
        _ => 1,
    };
    let arriving = Arriving {
        recipients: count,
        ..plain(sender)
    };
    let mut mail = arrive(house, now, way, arriving);
    if house.dice.percent(8) {
        mail.wait(house, 100, 900);
        let report = Report {
            program: "postfix/lmtp",
            to: "to=<liste@lists.company.de>",
            relay: "localhost[127.0.0.1]:8024",
            dsn: "2.0.0",
            status: "sent",
            text: "250 2.0.0 Ok",
        };
        mail.report(house, &report, None);
        return mail.remove(house);
    }
    for _ in 0..count {
        let (recipient, site) = house.world.stranger(&mut house.dice);
        to_site(house, &mut mail, &format!("to=<{recipient}>"), &site);
    }
    mail.remove(house);
}

/// The content filter is at a reserved address for a good reason, and does not always answer.
fn find_filter_down(house: &mut House, mail: &mut Mail, recipients: &[&str]) {
    for recipient in recipients {
        let report = Report {
            program: "postfix/smtp",
            to: &format!("to=<{recipient}>"),
            relay: "none",
            dsn: "4.4.1",
            status: "deferred",
            text: "connect to 127.0.0.1[127.0.0.1]:10024: Connection refused",
        };
        mail.report(house, &report, None);
    }
    mail.wait(house, 300_000, 600_000);
    mail.activate(house);
}

/// Hands a mail to the content filter, which brings it back as another one.
pub(super) fn filter(
    house: &mut House,
    mut mail: Mail,
    recipients: &[&str],
    matters: bool,
) -> Mail {
    if house.dice.one_in(3000) {
        find_filter_down(house, &mut mail, recipients);
    }
    let back = mail.at + house.milliseconds(150, 2500);
    let arriving = Arriving {
        sender: &mail.sender,
        recipients: recipients.len(),
        matters,
    };
    let passed = arrive(house, back, &Way::Filter, arriving);
    mail.at = passed.at + house.milliseconds(5, 40);
    praise(house, &mail, &passed, recipients);
    for recipient in recipients {
        let report = Report {
            program: "postfix/smtp",
            to: &format!("to=<{recipient}>"),
            relay: "127.0.0.1[127.0.0.1]:10024",
            dsn: "2.0.0",
            status: "sent",
            text: &format!(
                "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as {}",
                passed.id
            ),
        };
        mail.report(house, &report, None);
    }
    mail.remove(house);
    passed
}

/// What the content filter says of a mail that it lets pass.
fn praise(house: &mut House, mail: &Mail, passed: &Mail, recipients: &[&str]) {
    let pid = house.pid("amavis");
    let (nth, time) = (house.dice.below(99), 300 + house.dice.below(3000));
    let hits = format!("-{}.{:03}", house.dice.below(3), house.dice.below(1000));
    let (sender, id, size) = (&mail.sender, &mail.id, mail.size);
    let (recipients, passed_id) = (recipients.join(">,<"), &passed.id);
    let text = format!(
        "({pid:05}-{nth:02}) Passed CLEAN {{RelayedInbound}}, <{sender}> -> <{recipients}>, Queue-ID: {id}, Hits: {hits}, size: {size}, queued_as: {passed_id}, {time} ms"
    );
    house.say_as(mail.at, ("amavis", pid), text);
}

/// Into a mailbox of the house.
pub(super) fn into_mailbox(house: &mut House, mail: &mut Mail, recipient: &str) {
    mail.wait(house, 10, 300);
    let to = format!("to=<{recipient}>");
    if house.dice.percent(12) {
        let report = Report {
            program: "postfix/virtual",
            to: &to,
            relay: "virtual",
            dsn: "2.0.0",
            status: "sent",
            text: "delivered to maildir",
        };
        return mail.report(house, &report, None);
    }
    let session = format!(
        "{:016x}Aj{:04X}",
        house.dice.word(),
        house.dice.below(0xffff)
    );
    let pid = house.pid("dovecot");
    house.say_as(
        mail.at,
        ("dovecot", pid),
        format!("lmtp({recipient}): {session}: sieve: msgid=<{session}@{}>: stored mail into mailbox 'INBOX'", mail.id),
    );
    let report = Report {
        program: "postfix/lmtp",
        to: &to,
        relay: "web.company.de[private/dovecot-lmtp]",
        dsn: "2.0.0",
        status: "sent",
        text: &format!("250 2.0.0 <{recipient}> {session} Saved"),
    };
    mail.report(house, &report, None);
}

/// To a mail server elsewhere, which takes it.
pub(super) fn to_site(house: &mut House, mail: &mut Mail, to: &str, site: &Site) {
    let server = house.dice.pick(&site.servers);
    mail.wait(house, 50, 1200);
    if house.dice.percent(55) {
        let trust = house.dice.pick(&["Trusted", "Untrusted", "Anonymous"]);
        let cipher = cipher(house);
        let text = format!("{trust} TLS connection established to {server}:25: {cipher}");
        house.say(mail.at, "postfix/smtp", text);
        mail.wait(house, 50, 2500);
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
    mail.report(house, &report, None);
}

/// What a mail server says that takes a mail.
pub(super) fn reply(house: &mut House, software: Software) -> String {
    let word = house.dice.word();
    match software {
        Software::Postfix => format!("250 2.0.0 Ok: queued as {:011X}", word >> 20),
        Software::Exim => format!(
            "250 OK id=1YYw{:02x}-{:06x}-{:02x}",
            word >> 56,
            word >> 40,
            word % 256
        ),
        Software::Google => {
            format!(
                "250 2.0.0 OK 1426{:06} {:014x}.{} - gsmtp",
                word >> 45,
                word >> 8,
                word % 200
            )
        }
        Software::Microsoft => format!(
            "250  <{:X}.{:X}@company.de> Queued mail for delivery",
            word >> 32,
            word >> 40
        ),
        Software::Yahoo => "250 ok dirdel".to_owned(),
        Software::Gmx => format!(
            "250 Requested mail action okay, completed: id=0M{:06x}-1Y{:08x}",
            word >> 40,
            word >> 32
        ),
    }
}
