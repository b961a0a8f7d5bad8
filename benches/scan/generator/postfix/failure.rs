//! Mails that are tried again, or bounce, for reasons that have nothing to do with a domain's addresses.

use super::super::agenda::{Micros, SECOND};
use super::super::house::House;
use super::super::truth::Mark;
use super::super::world::Site;
use super::arrival::{Arriving, Way, arrive};
use super::bounce::{self, Victim};
use super::delivery::to_site;
use super::mail::{Mail, Report};

/// After which Postfix gives up, on this server: a day.
const LIFETIME: Micros = 24 * 3600 * SECOND;

fn surely(sender: &str) -> Arriving<'_> {
    Arriving {
        sender,
        recipients: 1,
        matters: true,
    }
}

/// A user's mail that another mail server refuses; the user gets to know.
pub(super) fn outbound(house: &mut House, now: Micros, way: &Way, sender: &str) {
    let mut mail = arrive(house, now, way, surely(sender));
    let (recipient, site) = house.world.stranger(&mut house.dice);
    refuse(house, &mut mail, &format!("to=<{recipient}>"), &site);
    bounce::follow(house, mail, Victim::inmate(sender));
}

/// A mail to an address that stands for one elsewhere, where it is refused: the bounce leaves the house.
pub(super) fn forwarded(house: &mut House, now: Micros, way: &Way, sender: &str, original: &str) {
    let mut mail = arrive(house, now, way, surely(sender));
    let (recipient, site) = house.world.stranger(&mut house.dice);
    let to = format!("to=<{recipient}>, orig_to=<{original}>");
    refuse(house, &mut mail, &to, &site);
    let home = house.world.stranger(&mut house.dice).1;
    bounce::follow(house, mail, Victim::stranger(sender, home, false));
}

/// A mail for the house that does not get into its mailbox: the bounce leaves the house.
pub(super) fn local(house: &mut House, now: Micros, way: &Way, sender: &str, recipient: &str) {
    let mut mail = arrive(house, now, way, surely(sender));
    mail.wait(house, 10, 400);
    let (relay, dsn, text) = house.dice.pick(&[
        ("virtual", "5.1.1", "unknown user: \"{}\""),
        ("web.company.de[private/dovecot-lmtp]", "5.2.2", "host web.company.de[private/dovecot-lmtp] said: 552 5.2.2 <{}> Quota exceeded (mailbox for user is full) (in reply to end of DATA command)"),
        ("virtual", "5.2.0", "maildir delivery failed: error writing message for {}: Disk quota exceeded"),
    ]);
    let report = Report {
        program: match relay {
            "virtual" => "postfix/virtual",
            _ => "postfix/lmtp",
        },
        to: &format!("to=<{recipient}>"),
        relay,
        dsn,
        status: "bounced",
        text: &text.replace("{}", recipient),
    };
    mail.report(house, &report, None);
    let home = house.world.stranger(&mut house.dice).1;
    bounce::follow(house, mail, Victim::stranger(sender, home, false));
}

/// A mail that another mail server does not take at once; mostly it does later.
pub(super) fn retried(house: &mut House, now: Micros, way: &Way, sender: &str) {
    let mut mail = arrive(house, now, way, surely(sender));
    let (recipient, site) = house.world.stranger(&mut house.dice);
    let to = format!("to=<{recipient}>");
    let attempts = match house.dice.below(20) {
        0 => u64::MAX,
        1..4 => house.dice.between(3, 12),
        _ => house.dice.between(1, 3),
    };
    let mut pause = Pause::default();
    for attempt in 1_u64.. {
        postpone(house, &mut mail, &to, &site);
        if attempt == 8 && house.dice.percent(30) {
            bounce::warn(house, &mail, sender);
        }
        if attempt >= attempts {
            break;
        }
        if !pause.pass(house, &mut mail) {
            return expire(house, mail, None, Victim::inmate(sender));
        }
    }
    if !pause.pass(house, &mut mail) {
        return expire(house, mail, None, Victim::inmate(sender));
    }
    to_site(house, &mut mail, &to, &site);
    mail.remove(house);
}

/// The time between two attempts, which doubles.
pub(super) struct Pause(Micros);

impl Default for Pause {
    fn default() -> Self {
        Self(300 * SECOND)
    }
}

impl Pause {
    /// Lets it pass, and has the mail taken up again; says whether it is not too old for that.
    pub(super) fn pass(&mut self, house: &mut House, mail: &mut Mail) -> bool {
        mail.at += self.0 + house.dice.between(0, 300 * SECOND);
        self.0 = (self.0 * 2).min(4000 * SECOND);
        let is_young = mail.at <= mail.since + LIFETIME;
        if is_young {
            mail.activate(house);
        }
        is_young
    }
}

/// The mail has grown too old: it is given up.
pub(super) fn expire(house: &mut House, mail: Mail, mark: Option<Mark>, victim: Victim) {
    let from = format!("from=<{}>", mail.sender);
    let text = format!("{}: {from}, status=expired, returned to sender", mail.id);
    let who = ("postfix/qmgr", house.pid("postfix/qmgr"));
    house.say_for_sure(mail.at, who, text, mark);
    bounce::follow(house, mail, victim);
}

/// A mail server says no for good.
pub(super) fn refuse(house: &mut House, mail: &mut Mail, to: &str, site: &Site) {
    mail.wait(house, 80, 2500);
    let server = house.dice.pick(&site.servers);
    let address = to.split(['<', '>']).nth(1).unwrap_or_default();
    let (dsn, text) = house.dice.pick(&[
        ("5.1.1", "550 5.1.1 <ADDRESS>: Recipient address rejected: User unknown in virtual mailbox table (in reply to RCPT TO command)"),
        ("5.1.1", "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. Learn more at 550 5.1.1 http://support.google.com/mail/bin/answer.py?answer=6596 fu7si9217373wjb.211 - gsmtp (in reply to RCPT TO command)"),
        ("5.0.0", "550 Requested action not taken: mailbox unavailable (in reply to RCPT TO command)"),
        ("5.7.1", "554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked using zen.spamhaus.org (in reply to RCPT TO command)"),
        ("5.4.0", "554 5.4.0 Error: too many hops (in reply to end of DATA command)"),
        ("5.0.0", "552 Quota exceeded, mailbox of ADDRESS is full (in reply to end of DATA command)"),
        ("5.4.4", ""),
    ]);
    let (relay, text) = match text {
        "" => (
            "none".to_owned(),
            format!(
                "Host or domain name not found. Name service error for name={} type=A: Host not found",
                site.domain
            ),
        ),
        said => {
            let said = said.replace("ADDRESS", address);
            (
                format!("{server}:25"),
                format!("host {server} said: {said}"),
            )
        }
    };
    let report = Report {
        program: "postfix/smtp",
        to,
        relay: &relay,
        dsn,
        status: "bounced",
        text: &text,
    };
    mail.report(house, &report, None);
}

/// A mail server says not now, or nothing.
pub(super) fn postpone(house: &mut House, mail: &mut Mail, to: &str, site: &Site) {
    mail.wait(house, 80, 30_000);
    let server = house.dice.pick(&site.servers);
    let (dsn, is_connected, text) = house.dice.pick(&[
        ("4.2.0", true, "host SERVER said: 450 4.2.0 <user>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/ (in reply to RCPT TO command)"),
        ("4.4.1", false, "connect to SERVER:25: Connection timed out"),
        ("4.4.1", false, "connect to SERVER:25: Connection refused"),
        ("4.3.2", true, "host SERVER said: 421 4.3.2 Too many open connections (in reply to MAIL FROM command)"),
        ("4.4.2", true, "lost connection with SERVER while receiving the initial server greeting"),
        ("4.2.2", true, "host SERVER said: 452 4.2.2 Mailbox full (in reply to RCPT TO command)"),
        ("4.7.0", true, "host SERVER said: 421 4.7.0 [TSS04] Messages from 198.51.100.7 temporarily deferred due to user complaints - 4.16.55.1; see http://postmaster.yahoo.com/421-ts04.html (in reply to MAIL FROM command)"),
    ]);
    let text = text.replace("SERVER", &server);
    if !is_connected {
        house.say(mail.at, "postfix/smtp", text.clone());
    }
    let report = Report {
        program: "postfix/smtp",
        to,
        relay: &match is_connected {
            true => format!("{server}:25"),
            false => "none".to_owned(),
        },
        dsn,
        status: "deferred",
        text: &text,
    };
    mail.report(house, &report, None);
}
