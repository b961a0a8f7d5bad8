//! A mail's way through Exim, line by line.

use super::agenda::{Micros, SECOND};
use super::house::House;
use super::queue::exim_id;
use super::truth::{Cause, Failure, Mark, Status};
use super::world::{Bogus, person};

/// Exim writes its log itself.
const EXIM: &str = "exim";
const CIPHER: &str = "X=TLS1.2:ECDHE_RSA_AES_128_GCM_SHA256:128";

/// Somebody comes, with a mail or without.
pub(super) fn act(house: &mut House, now: Micros) {
    match house.dice.below(100) {
        0..35 => refused(house, now),
        _ if house.is_loop_due() => lost(house, now),
        35..70 => {
            let (sender, _) = house.world.stranger(&mut house.dice);
            let mut mail = Mail::arrive(house, now, &sender, false);
            let recipient = house.world.inmate(&mut house.dice);
            mail.store(house, &recipient);
            mail.complete(house);
        }
        70..97 => {
            let sender = house.world.inmate(&mut house.dice);
            let mut mail = Mail::arrive(house, now, &sender, false);
            for _ in 0..=house.dice.below(12) / 10 {
                mail.deliver(house);
            }
            mail.complete(house);
        }
        _ => unknown(house, now),
    }
}

struct Mail {
    number: u64,
    id: String,
    at: Micros,
    matters: bool,
}

impl Mail {
    fn new(house: &mut House, at: Micros, matters: bool) -> Self {
        // Each mail has one to itself, so that no id comes twice.
        let pid = house.fork();
        Self {
            number: house.number_mail(),
            id: exim_id(at, pid),
            at,
            matters,
        }
    }

    fn say(&mut self, house: &mut House, words: &str, mark: Option<Mark>) {
        let text = format!("{} {words}", self.id);
        let who = (EXIM, 0);
        match self.matters {
            true => house.say_for_sure(self.at, who, text, mark),
            false => house.say_as(self.at, who, text),
        }
        self.at += house.milliseconds(0, 3);
    }

    fn wait(&mut self, house: &mut House, least_ms: u64, most_ms: u64) {
        self.at += house.milliseconds(least_ms, most_ms);
    }

    fn arrive(house: &mut House, now: Micros, sender: &str, matters: bool) -> Self {
        let mut mail = Self::new(house, now, matters);
        let size = house.size();
        let domain = sender.rsplit('@').next().unwrap_or_default();
        let word = house.dice.word();
        let origin = match house.dice.below(4) {
            0 => format!("U=web{} P=local", house.dice.below(400)),
            1 => {
                let user = house.world.inmate(&mut house.dice);
                let client = host(&house.world.nobody(&mut house.dice));
                format!("H={client} P=esmtpsa {CIPHER} A=plain_login:{user}")
            }
            _ => {
                let client = host(&house.world.client(&mut house.dice));
                format!("H={client} P=esmtps {CIPHER}")
            }
        };
        let words = format!("<= {sender} {origin} S={size} id={word:016x}@{domain}");
        mail.say(house, &words, None);
        mail.wait(house, 20, 900);
        mail
    }

    fn store(&mut self, house: &mut House, recipient: &str) {
        let name = recipient.split('@').next().unwrap_or_default();
        let words = format!(
            "=> {name} <{recipient}> R=virtual_user T=dovecot_lmtp C=\"250 2.0.0 <{recipient}> Saved\""
        );
        self.say(house, &words, None);
    }

    fn deliver(&mut self, house: &mut House) {
        let (recipient, _) = house.world.stranger(&mut house.dice);
        if house.dice.percent(6) {
            let words = format!(
                "== {recipient} R=dnslookup T=remote_smtp defer (110): Connection timed out"
            );
            self.say(house, &words, None);
            self.wait(house, 900_000, 9_000_000);
        }
        self.leave(house, &recipient, None);
    }

    /// Handed over to a mail server elsewhere.
    fn leave(&mut self, house: &mut House, recipient: &str, mark: Option<Mark>) {
        let (_, site) = house.world.stranger(&mut house.dice);
        let server = host(&house.dice.pick(&site.servers));
        let word = house.dice.word() >> 20;
        self.wait(house, 100, 4000);
        let words = format!(
            "=> {recipient} R=dnslookup T=remote_smtp H={server} {CIPHER} C=\"250 2.0.0 Ok: queued as {word:011X}\""
        );
        self.say(house, &words, mark);
    }

    fn complete(mut self, house: &mut House) {
        self.say(house, "Completed", None);
    }

    /// A bounce is made of it, for the sender.
    fn bounce(mut self, house: &mut House) -> Self {
        let mut bounce = Self::new(house, self.at + 5000, true);
        let words = format!(
            "<= <> R={} U=Debian-exim P=local S={}",
            self.id,
            1500 + house.dice.below(9000)
        );
        bounce.say(house, &words, None);
        self.at = bounce.at;
        self.complete(house);
        bounce.wait(house, 10, 90);
        bounce
    }

    /// The bounce is on its way to somebody elsewhere.
    fn hit(mut self, house: &mut House, sender: &str, is_of_loop: bool) {
        let left = Mark::Left {
            sender: sender.to_lowercase(),
            is_of_loop,
        };
        match house.dice.below(100) {
            0..12 => {
                let words = format!(
                    "** {sender} R=dnslookup T=remote_smtp: SMTP error from remote mail server after RCPT TO:<{sender}>: host mx.example.com [93.184.216.34]: 550 5.1.1 User unknown"
                );
                self.say(house, &words, None);
                return self.say(house, "Frozen (delivery error message)", None);
            }
            12..24 => {
                let words = format!(
                    "== {sender} R=dnslookup T=remote_smtp defer (-44): SMTP error from remote mail server after RCPT TO:<{sender}>: host mx.example.com [93.184.216.34]: 450 4.2.0 Greylisted"
                );
                self.say(house, &words, None);
                self.wait(house, 900_000, 20_000_000);
            }
            _ => {}
        }
        self.leave(house, sender, Some(left));
        self.complete(house);
    }
}

/// `host[address]` as Exim writes it.
fn host(server: &str) -> String {
    match server.split_once('[') {
        Some(("unknown", address)) => format!("([127.0.0.1]) [{address}"),
        Some((name, address)) => format!("{name} [{address}"),
        None => server.to_owned(),
    }
}

/// A client whose mail is refused.
fn refused(house: &mut House, now: Micros) {
    let client = host(&house.world.nobody(&mut house.dice));
    let (sender, _) = house.world.stranger(&mut house.dice);
    let recipient = house.world.inmate(&mut house.dice);
    let text = match house.dice.below(4) {
        0 => format!(
            "no host name found for IP address {}",
            client.split(['[', ']']).rev().nth(1).unwrap_or_default()
        ),
        1 => format!("H={client} temporarily rejected RCPT <{recipient}>: greylisted"),
        2 => format!("H={client} F=<{sender}> rejected RCPT <{recipient}>: Unrouteable address"),
        _ => format!("SMTP connection from {client} lost while reading message data (header)"),
    };
    house.say_as(now, (EXIM, 0), text);
}

/// A mail to somebody whom the other mail server does not know; the bounce leaves the house.
fn unknown(house: &mut House, now: Micros) {
    let (sender, _) = house.world.stranger(&mut house.dice);
    let mut mail = Mail::arrive(house, now, &sender, true);
    let (recipient, site) = house.world.stranger(&mut house.dice);
    let server = host(&house.dice.pick(&site.servers));
    let words = format!(
        "** {recipient} R=dnslookup T=remote_smtp: SMTP error from remote mail server after RCPT TO:<{recipient}>: host {server}: 550 5.1.1 <{recipient}>: Recipient address rejected: User unknown"
    );
    mail.say(house, &words, None);
    mail.bounce(house).hit(house, &sender, false);
}

/// A mail to a domain without a proper mail server.
fn lost(house: &mut House, now: Micros) {
    let bogus = house.dice.often_first(&house.world.bogus);
    let (sender, _) = house.world.stranger(&mut house.dice);
    let recipient = format!("{}@{}", person(&mut house.dice), bogus.domain);
    match house.dice.below(20) {
        0..8 => {
            let mut mail = Mail::arrive(house, now, &sender, true);
            looped(house, &mut mail, &bogus, &recipient);
            mail.bounce(house).hit(house, &sender, true);
        }
        8 | 9 => {
            let sender = house.world.inmate(&mut house.dice);
            let mut mail = Mail::arrive(house, now, &sender, true);
            looped(house, &mut mail, &bogus, &recipient);
            let mut bounce = mail.bounce(house);
            bounce.store(house, &sender);
            bounce.complete(house);
        }
        10..14 => frozen(house, now, &sender, (&recipient, &bogus)),
        14..17 => no_host(house, now, (&recipient, &bogus)),
        _ => reserved(house, now, &sender, (&recipient, &bogus)),
    }
}

fn failure(mail: &Mail, bogus: &Bogus, cause: Cause, status: Status) -> Option<Mark> {
    let domain = bogus.domain.clone();
    Some(Mark::Failure(Failure {
        key: (mail.number, 0),
        domain,
        cause,
        status,
    }))
}

/// With `self = fail`.
fn looped(house: &mut House, mail: &mut Mail, bogus: &Bogus, recipient: &str) {
    let why = house.dice.pick(&[
        "lowest numbered MX record points to local host",
        "lowest numbered MX record points to local host",
        "remote host address is the local host",
    ]);
    let mark = failure(mail, bogus, Cause::Loop, Status::Bounced);
    mail.say(house, &format!("** {recipient} R=dnslookup: {why}"), mark);
}

/// With `self = freeze`, which is what Exim does unless told otherwise.
fn frozen(house: &mut House, now: Micros, sender: &str, (recipient, bogus): (&str, &Bogus)) {
    let mut mail = Mail::arrive(house, now, sender, true);
    let why = "lowest numbered MX record points to local host";
    mail.say(house, &format!("{why}: {}", bogus.domain), None);
    let mark = failure(&mail, bogus, Cause::Loop, Status::Deferred);
    mail.say(
        house,
        &format!("== {recipient} R=dnslookup defer (-1): {why}"),
        mark,
    );
    mail.say(house, "Frozen", None);
    for _ in 0..house.dice.below(5) {
        mail.at += 1800 * SECOND;
        mail.say(house, "Message is frozen", None);
    }
}

/// With `ignore_target_hosts`. Whether the addresses were reserved, the log does not say. Only users of the house get
/// such a bounce here.
fn no_host(house: &mut House, now: Micros, (recipient, bogus): (&str, &Bogus)) {
    let sender = house.world.inmate(&mut house.dice);
    let mut mail = Mail::arrive(house, now, &sender, true);
    let mark = failure(&mail, bogus, Cause::Suspect, Status::Bounced);
    let words =
        format!("** {recipient} R=dnslookup: all relevant MX records point to non-existent hosts");
    mail.say(house, &words, mark);
    let mut bounce = mail.bounce(house);
    bounce.store(house, &sender);
    bounce.complete(house);
}

/// To an address that does not answer for a while, until Exim gives up.
fn reserved(house: &mut House, now: Micros, sender: &str, (recipient, bogus): (&str, &Bogus)) {
    let mut mail = Mail::arrive(house, now, sender, true);
    let server = format!("mx.{} [169.254.{}.7]", bogus.domain, house.dice.below(256));
    for _ in 0..1 + house.dice.below(4) {
        let mark = failure(&mail, bogus, Cause::Reserved, Status::Deferred);
        let words = format!(
            "== {recipient} R=dnslookup T=remote_smtp defer (110) H={server}: Connection timed out"
        );
        mail.say(house, &words, mark);
        mail.wait(house, 900_000, 4_000_000);
    }
    let mark = failure(&mail, bogus, Cause::Reserved, Status::Bounced);
    let words =
        format!("** {recipient} R=dnslookup T=remote_smtp H={server}: retry timeout exceeded");
    mail.say(house, &words, mark);
    mail.bounce(house).hit(house, sender, true);
}
