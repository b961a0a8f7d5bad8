//! How mails come in.

use std::rc::Rc;

use super::super::agenda::Micros;
use super::super::house::House;
use super::NAME;
use super::mail::Mail;

/// How a mail comes in.
pub(super) enum Way {
    /// From another mail server, as `host[address]`.
    Client(Rc<str>),
    /// From a user who has logged in, from somewhere.
    User { client: Rc<str>, name: String },
    /// From a program that runs as this user.
    Script(u32),
    /// From the machine itself, by SMTP.
    Loopback,
    /// From the content filter.
    Filter,
}

impl Way {
    pub(super) fn client(house: &mut House) -> Self {
        Self::Client(house.world.client(&mut house.dice))
    }

    pub(super) fn user(house: &mut House) -> Self {
        let name = house.world.inmate(&mut house.dice);
        let client = house.world.nobody(&mut house.dice);
        Self::User { client, name }
    }

    /// One of the few accounts whose password somebody else has.
    pub(super) fn thief(house: &mut House) -> Self {
        let client = house.world.nobody(&mut house.dice);
        let name = house
            .dice
            .pick(&["info@company.de", "test@company.de", "scanner@company.de"]);
        Self::User {
            client,
            name: name.to_owned(),
        }
    }

    pub(super) fn script(house: &mut House) -> Self {
        match house.dice.percent(85) {
            true => Self::Script(house.dice.often_first(&house.world.customers).uid),
            false => Self::Loopback,
        }
    }
}

/// The mail arrives, and is in the active queue now.
pub(super) fn arrive(house: &mut House, now: Micros, way: &Way, mail: Arriving<'_>) -> Mail {
    match way {
        Way::Client(client) => by_smtp(house, now, "postfix/smtpd", (client, ""), &mail),
        Way::User { client, name } => {
            let sasl = format!(", sasl_method=PLAIN, sasl_username={name}");
            let program = match house.dice.percent(70) {
                true => "postfix/submission/smtpd",
                false => "postfix/smtpd",
            };
            by_smtp(house, now, program, (client, &sasl), &mail)
        }
        Way::Loopback | Way::Filter => by_smtp(
            house,
            now,
            "postfix/smtpd",
            ("localhost[127.0.0.1]", ""),
            &mail,
        ),
        Way::Script(uid) => by_pickup(house, now, *uid, &mail),
    }
}

/// What is known of a mail before it is in the queue.
#[derive(Clone, Copy)]
pub(super) struct Arriving<'a> {
    pub(super) sender: &'a str,
    pub(super) recipients: usize,
    /// Whether the truth depends on its lines.
    pub(super) matters: bool,
}

fn by_smtp(
    house: &mut House,
    now: Micros,
    program: &'static str,
    (client, sasl): (&str, &str),
    arriving: &Arriving<'_>,
) -> Mail {
    let who = (program, house.pid(program));
    house.say_as(now, who, format!("connect from {client}"));
    let mut at = now;
    if !client.starts_with("localhost") && house.dice.percent(35) {
        at += house.milliseconds(40, 400);
        let cipher = cipher(house);
        let text = format!("Anonymous TLS connection established from {client}: {cipher}");
        house.say_as(at, who, text);
    }
    at += house.milliseconds(20, 1500);
    let mut mail = Mail::new(house, at, arriving.sender, arriving.matters);
    mail.say_as(house, who, &format!("client={client}{sasl}"));
    mail.wait(house, 10, 400);
    clean_up(house, &mut mail, arriving);
    let later = mail.at + house.milliseconds(20, 500);
    let text = format!("disconnect from {client}");
    house.say_as(later, who, text);
    mail
}

fn by_pickup(house: &mut House, now: Micros, uid: u32, arriving: &Arriving<'_>) -> Mail {
    let mut mail = Mail::new(house, now, arriving.sender, arriving.matters);
    let from = match house.dice.percent(60) {
        true => arriving.sender.to_owned(),
        false => format!("web{}", uid - 10_000),
    };
    mail.say(house, "postfix/pickup", &format!("uid={uid} from=<{from}>"));
    mail.wait(house, 1, 30);
    clean_up(house, &mut mail, arriving);
    mail
}

/// The mail gets its final form, and its place in the queue.
pub(super) fn clean_up(house: &mut House, mail: &mut Mail, arriving: &Arriving<'_>) {
    let message_id = message_id(house, &mail.sender);
    mail.say(
        house,
        "postfix/cleanup",
        &format!("message-id=<{message_id}>"),
    );
    mail.wait(house, 2, 60);
    // A phrase that a stranger writes proves nothing.
    if house.dice.one_in(20_000) {
        let words = format!(
            "warning: header Subject: AW: mail for hot.de loops back to myself from {NAME}; from=<{}> proto=ESMTP",
            mail.sender
        );
        mail.say(house, "postfix/cleanup", &words);
    }
    if house.dice.percent(25) {
        let domain = mail.sender.rsplit('@').next().unwrap_or_default();
        mail.say(
            house,
            "opendkim",
            &format!("DKIM-Signature field added (s=mail, d={domain})"),
        );
        mail.wait(house, 1, 10);
    }
    mail.recipients = arriving.recipients;
    mail.activate(house);
}

fn message_id(house: &mut House, sender: &str) -> String {
    let domain = sender
        .rsplit('@')
        .next()
        .filter(|domain| !domain.is_empty());
    let domain = domain.unwrap_or(NAME);
    let (one, other) = (house.dice.word(), house.dice.word());
    match house.dice.below(5) {
        0 => format!("CA+{one:016x}{:06x}@mail.gmail.com", other >> 40),
        1 => format!("{:X}.{:07}@{domain}", one >> 32, other >> 40),
        2 => format!("{one:016X}{other:016X}@{domain}"),
        3 => format!(
            "{:08x}-{:04x}-{:04x}-{:012x}@{domain}",
            one >> 32,
            one >> 48,
            other >> 48,
            other >> 16
        ),
        _ => format!("201503{:08}.{:X}@{domain}", one >> 38, other >> 24),
    }
}

/// The cipher of a connection.
pub(super) fn cipher(house: &mut House) -> &'static str {
    house.dice.pick(&[
        "TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits)",
        "TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)",
        "TLSv1 with cipher DHE-RSA-AES256-SHA (256/256 bits)",
    ])
}
