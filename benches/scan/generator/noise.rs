//! Lines of programs and clients that bring no mail.

use super::agenda::Micros;
use super::house::House;
use super::world::person;

/// A client whose mail is refused.
pub(super) fn refused(house: &mut House, now: Micros) {
    let client = house.world.nobody(&mut house.dice);
    let (sender, _) = house.world.stranger(&mut house.dice);
    let recipient = house.world.inmate(&mut house.dice);
    let address = client.split(['[', ']']).nth(1).unwrap_or_default();
    let who = ("postfix/smtpd", house.pid("postfix/smtpd"));
    house.say_as(now, who, format!("connect from {client}"));
    let mut at = now;
    for _ in 0..=house.dice.below(3) / 2 {
        at += house.milliseconds(100, 4000);
        let why = match house.dice.below(6) {
            0 => format!("450 4.7.1 Client host rejected: cannot find your hostname, [{address}]"),
            1 => format!(
                "450 4.2.0 <{recipient}>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/company.de.html"
            ),
            2 => format!(
                "550 5.1.1 <{recipient}>: Recipient address rejected: User unknown in virtual mailbox table"
            ),
            3 => format!("554 5.7.1 <{recipient}>: Relay access denied"),
            _ => format!(
                "554 5.7.1 Service unavailable; Client host [{address}] blocked using zen.spamhaus.org; http://www.spamhaus.org/query/bl?ip={address}"
            ),
        };
        let helo = person(&mut house.dice);
        let text = format!(
            "NOQUEUE: reject: RCPT from {client}: {why}; from=<{sender}> to=<{recipient}> proto=ESMTP helo=<{helo}>"
        );
        house.say_as(at, who, text);
    }
    at += house.milliseconds(30, 900);
    if house.dice.percent(30) {
        house.say_as(at, who, format!("lost connection after RCPT from {client}"));
    }
    house.say_as(at, who, format!("disconnect from {client}"));
}

/// A client that does not get as far as a mail server.
pub(super) fn screened(house: &mut House, now: Micros) {
    let client = house.world.nobody(&mut house.dice);
    let address = client.split(['[', ']']).nth(1).unwrap_or_default();
    let peer = format!("[{address}]:{}", 1024 + house.dice.below(60_000));
    let who = ("postfix/postscreen", house.pid("postfix/postscreen"));
    house.say_as(
        now,
        who,
        format!("CONNECT from {peer} to [198.51.100.7]:25"),
    );
    let mut at = now + house.milliseconds(20, 900);
    let listed = format!(
        "addr {address} listed by domain zen.spamhaus.org as 127.0.0.{}",
        2 + house.dice.below(10)
    );
    house.say(at, "postfix/dnsblog", listed);
    at += house.milliseconds(10, 900);
    match house.dice.below(3) {
        0 => {
            let words = format!(
                "PREGREET 14 after 0.{:02} from {peer}: EHLO ylmf-pc\\r\\n",
                house.dice.below(99)
            );
            house.say_as(at, who, words);
        }
        1 => {
            let time = house.dice.below(9);
            let words = format!("HANGUP after 0.{time} from {peer} in tests before SMTP handshake");
            house.say_as(at, who, words);
        }
        _ => house.say_as(at, who, format!("DNSBL rank 3 for {peer}")),
    }
    at += house.milliseconds(50, 6000);
    house.say_as(at, who, format!("DISCONNECT {peer}"));
}

/// A client that comes and goes, or tries passwords.
pub(super) fn knocking(house: &mut House, now: Micros) {
    let client = house.world.nobody(&mut house.dice);
    let address = client.split(['[', ']']).nth(1).unwrap_or_default();
    let who = ("postfix/smtpd", house.pid("postfix/smtpd"));
    let mut at = now;
    if client.starts_with("unknown") {
        let text = format!(
            "warning: hostname static.{address}.example does not resolve to address {address}: Name or service not known"
        );
        house.say_as(at, who, text);
    }
    house.say_as(at, who, format!("connect from {client}"));
    at += house.milliseconds(100, 3000);
    let text = match house.dice.below(4) {
        0 => format!("lost connection after AUTH from {client}"),
        1 => format!("SSL_accept error from {client}: Connection timed out"),
        _ => format!("warning: {client}: SASL LOGIN authentication failed: UGFzc3dvcmQ6"),
    };
    house.say_as(at, who, text);
    at += house.milliseconds(10, 900);
    house.say_as(at, who, format!("disconnect from {client}"));
    if house.dice.one_in(4) {
        let text = format!(
            "statistics: max connection rate 2/60s for (smtp:{address}) at Mar 20 14:05:01"
        );
        at += house.milliseconds(60_000, 200_000);
        house.say(at, "postfix/anvil", text);
    }
}

/// A user who reads mail.
pub(super) fn mailbox(house: &mut House, now: Micros) {
    let user = house.world.inmate(&mut house.dice);
    let client = house.world.nobody(&mut house.dice);
    let address = client.split(['[', ']']).nth(1).unwrap_or_default();
    let (service, session) = (
        house.dice.pick(&["imap", "imap", "pop3"]),
        house.dice.word() >> 8,
    );
    let words = format!(
        "{service}-login: Login: user=<{user}>, method=PLAIN, rip={address}, lip=198.51.100.7, mpid={}, TLS, session=<{session:014x}>",
        1000 + house.dice.below(30_000)
    );
    house.say(now, "dovecot", words);
    let (read, sent) = (house.dice.below(900), house.dice.below(90_000));
    let words = match service {
        "pop3" => format!(
            "pop3({user}): Disconnected: Logged out top=0/0, retr=0/0, del=0/{}, size={sent}",
            read / 9
        ),
        _ => format!("imap({user}): Disconnected: Logged out in={read} out={sent}"),
    };
    let later = now + house.milliseconds(80, 600_000);
    house.say(later, "dovecot", words);
}
