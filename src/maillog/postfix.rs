//! The lines of Postfix.

use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::Finder;

use super::cut;
use super::event::{Arrival, Delivery, Event, Relay, Unreadable};
use super::line::Program;
use super::story::Status;

/// Shorter ones there are none; longer ones are words of other lines.
pub(super) const ID_OCTETS: std::ops::RangeInclusive<usize> = 5..=24;

/// What no id begins with, be it of hexadecimal digits, or of all digits and letters but vowels: `NOQUEUE` stands where an id
/// would.
pub(super) const NO_ID: [u8; 2] = *b"NO";

/// What stands before the status of a delivery. To search for it is made ready once, which takes as long as the search.
static STATUS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b" status="));

/// The mail that a message is about, and what is said of it: `8170A4D23E6F: text`, or with a long id, of all letters but
/// vowels. No id begins as a word does, or as `NOQUEUE` does.
pub(super) fn subject(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let within = message.get(..=*ID_OCTETS.end()).unwrap_or(message);
    let (id, rest) = message.split_at_checked(memchr(b':', within)?)?;
    let text = rest.strip_prefix(b": ")?;
    is_id(id).then_some((id, text))
}

/// Whether what stands before a colon is a queue id.
#[inline(always)]
pub(super) fn is_id(word: &[u8]) -> bool {
    let is_other = matches!(word, [b'a'..=b'z', ..]) || word.starts_with(&NO_ID);
    ID_OCTETS.contains(&word.len()) && !is_other
}

/// Whether what is said of a mail may matter, by its first letter: those of what is known in [`read`].
#[inline(always)]
pub(super) fn may_matter(letter: u8) -> bool {
    const LETTERS: u32 = letters(b"cfrstu");
    // All are looked at together, as that takes less time than a wrong guess of which it is.
    letter.is_ascii_lowercase() & (LETTERS >> (letter % 32) & 1 == 1)
}

/// A bit for each of these letters.
const fn letters(mut of: &[u8]) -> u32 {
    let mut bits = 0;
    while let [letter, rest @ ..] = of {
        bits |= 1 << (*letter % 32);
        of = rest;
    }
    bits
}

/// What a daemon says of a mail. Which one, as its tag tells, is asked only where it matters.
///
/// The forms are those of `log_adhoc()` and of `smtpd`, `pickup`, `qmgr` and `bounce` in Postfix 2.3 to 3.10.
///
/// # Errors
/// If the line has been cut where it matters.
pub(super) fn read<'a>(text: &'a [u8], tag: &'a [u8]) -> Result<Option<Event<'a>>, Unreadable> {
    Ok(Some(match text {
        [b'c', b'l', b'i', b'e', b'n', b't', b'=', client @ ..] => Event::Arrived(arrival(client)),
        [b'f', b'r', b'o', b'm', b'=', b'<', sender @ ..] => {
            const CUT: Unreadable = Unreadable("the line ends within the sender");
            let (sender, rest) = cut::address(sender).ok_or(CUT)?;
            match rest.ends_with(b"returned to sender") {
                true => Event::Expired,
                false => Event::Sender(sender),
            }
        }
        [b't', b'o', b'=', b'<', to @ ..] => match delivery(to, tag)? {
            Some(delivery) => Event::Delivery(delivery),
            None => return Ok(None),
        },
        [b'u', b'i', b'd', b'=', user @ ..] => Event::Arrived(Arrival {
            user: Some(cut::before(user, b' ')),
            // Somebody had it queued again (postsuper -r).
            before: cut::at_text(user, b" orig_id=").map(|(_, id)| cut::before(id, b' ')),
            ..Arrival::default()
        }),
        b"removed" => Event::Removed,
        _ => match text.strip_prefix(b"sender non-delivery notification: ") {
            Some(bounce) if is_id(bounce) => Event::Bounced(bounce),
            Some(_) | None => return Ok(None),
        },
    }))
}

/// `web.company.de[192.0.2.1], sasl_method=PLAIN, sasl_username=joe, orig_queue_id=..., orig_client=...`
#[inline]
fn arrival(text: &[u8]) -> Arrival<'_> {
    let (client, rest) = cut::at(text, b',').unwrap_or((text, b""));
    let mut arrival = Arrival {
        client: Some(client),
        ..Arrival::default()
    };
    for field in rest.split(|octet| *octet == b',') {
        let field = field.trim_ascii_start();
        if let Some(account) = field.strip_prefix(b"sasl_username=") {
            arrival.account = Some(account);
        } else if let Some(id) = field.strip_prefix(b"orig_queue_id=") {
            arrival.before = Some(id);
        } else if let Some(client) = field.strip_prefix(b"orig_client=") {
            arrival.client = Some(client);
        }
    }
    arrival
}

/// `jfhfdq@hot.de>, relay=none, delay=0.06, delays=0.03/0/0.03/0, dsn=5.4.6, status=bounced (text)`
#[inline]
fn delivery<'a>(text: &'a [u8], tag: &'a [u8]) -> Result<Option<Delivery<'a>>, Unreadable> {
    const CUT: Unreadable = Unreadable("the line ends before the status of the delivery");
    let (recipient, rest) = cut::address(text).ok_or(CUT)?;
    let rest = rest.strip_prefix(b", ").ok_or(CUT)?;
    let rest = match rest.strip_prefix(b"orig_to=<") {
        Some(rest) => cut::address(rest)
            .and_then(|(_, rest)| rest.strip_prefix(b", "))
            .ok_or(CUT)?,
        None => rest,
    };
    let (relay, rest) = rest
        .strip_prefix(b"relay=")
        .and_then(|rest| cut::at(rest, b','))
        .ok_or(CUT)?;
    let (_, rest) = rest
        .split_at_checked(STATUS.find(rest).ok_or(CUT)?)
        .ok_or(CUT)?;
    let rest = rest.strip_prefix(STATUS.needle()).ok_or(CUT)?;
    let (status, text) = cut::at(rest, b' ').ok_or(CUT)?;
    let status = match status {
        b"sent" => Status::Sent,
        b"bounced" => Status::Bounced,
        b"deferred" | b"SOFTBOUNCE" => Status::Deferred,
        // Probes of addresses, which are no mail.
        _ => return Ok(None),
    };
    let text = text.strip_prefix(b"(").unwrap_or(text);
    if !text.ends_with(b")") && status != Status::Sent {
        return Err(Unreadable("the line ends within the reason"));
    }
    Ok(Some(Delivery {
        recipient,
        relay: self::relay(relay, tag),
        status,
        text: text.strip_suffix(b")").unwrap_or(text),
    }))
}

/// `none`, `local`, `mail.iphone.com[127.0.0.6]:25`, `mail.company.de[private/dovecot-lmtp]`
#[inline]
pub(super) fn relay<'a>(text: &'a [u8], tag: &'a [u8]) -> Relay<'a> {
    if text == b"none" {
        return Relay::None;
    }
    let host = cut::at(text, b'[').and_then(|(name, rest)| {
        let (address, port) = cut::at(rest, b']')?;
        Some(Relay::Host {
            name,
            address: cut::ip(address)?,
            is_smtp: port == b":25" && Program::of(tag) == Program::Postfix(b"smtp"),
        })
    });
    host.unwrap_or(Relay::Local)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(message: &str) -> Option<Event<'_>> {
        let (id, text) = subject(message.as_bytes())?;
        let event = read(text, b"postfix/smtp[10478]").unwrap()?;
        assert_eq!(id, b"8170A4D23E6F");
        assert!(may_matter(text[0]), "{message}");
        Some(event)
    }

    #[track_caller]
    fn arrived(message: &str, expected: Arrival<'_>) {
        assert_eq!(event(message), Some(Event::Arrived(expected)));
    }

    #[test]
    fn how_mail_comes_in() {
        arrived(
            "8170A4D23E6F: client=localhost[127.0.0.1]",
            Arrival {
                client: Some(b"localhost[127.0.0.1]"),
                ..Arrival::default()
            },
        );
        arrived(
            "8170A4D23E6F: client=unknown[2001:db8::1], sasl_method=PLAIN, sasl_username=web1@company.de",
            Arrival {
                client: Some(b"unknown[2001:db8::1]"),
                account: Some(b"web1@company.de"),
                ..Arrival::default()
            },
        );
        arrived(
            "8170A4D23E6F: client=localhost[127.0.0.1], orig_queue_id=AB12, orig_client=a.de[192.0.1.1]",
            Arrival {
                client: Some(b"a.de[192.0.1.1]"),
                before: Some(b"AB12"),
                ..Arrival::default()
            },
        );
        arrived(
            "8170A4D23E6F: uid=33 from=<www-data>",
            Arrival {
                user: Some(b"33"),
                ..Arrival::default()
            },
        );
        let sender =
            "8170A4D23E6F: from=<antonettabaune@godetia.com>, size=1144, nrcpt=1 (queue active)";
        assert_eq!(
            event(sender),
            Some(Event::Sender(b"antonettabaune@godetia.com"))
        );
        assert_eq!(
            event("8170A4D23E6F: from=<>, size=1144, nrcpt=1 (queue active)"),
            Some(Event::Sender(b""))
        );
    }

    #[track_caller]
    fn delivered(to: &str, relay: Relay<'_>, status: Status, text: &str) {
        let message = format!("8170A4D23E6F: to=<{to}");
        let expected = Delivery {
            recipient: to.split('>').next().unwrap().as_bytes(),
            relay,
            status,
            text: text.as_bytes(),
        };
        assert_eq!(event(&message), Some(Event::Delivery(expected)), "{to}");
    }

    #[test]
    fn how_it_goes_on() {
        let rest = "delay=0.06, delays=0.03/0/0.03/0, dsn=5.4.6, status=bounced (mail for hot.de loops back to myself)";
        let text = "mail for hot.de loops back to myself";
        let host = |name: &'static str, address: &str, is_smtp| Relay::Host {
            name: name.as_bytes(),
            address: address.parse().unwrap(),
            is_smtp,
        };
        delivered(
            &format!("a@hot.de>, relay=none, {rest}"),
            Relay::None,
            Status::Bounced,
            text,
        );
        delivered(
            &format!("a@hot.de>, orig_to=<b@c.de>, relay=none, {rest}"),
            Relay::None,
            Status::Bounced,
            text,
        );
        let relay = host("mail.iphone.com", "127.0.0.6", true);
        delivered(
            &format!("a@hot.de>, relay=mail.iphone.com[127.0.0.6]:25, conn_use=2, {rest}"),
            relay,
            Status::Bounced,
            text,
        );
        let sent = "delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)";
        delivered(
            &format!("a@b>, relay=mx[2001:db8::1]:25, {sent}"),
            host("mx", "2001:db8::1", true),
            Status::Sent,
            "250 ok",
        );
        let filter = host("127.0.0.1", "127.0.0.1", false);
        delivered(
            &format!("a@b>, relay=127.0.0.1[127.0.0.1]:10024, {sent}"),
            filter,
            Status::Sent,
            "250 ok",
        );
        delivered(
            &format!("a@b>, relay=a.de[private/lmtp], {sent}"),
            Relay::Local,
            Status::Sent,
            "250 ok",
        );
        delivered(
            &format!("a@b>, relay=local, {sent}"),
            Relay::Local,
            Status::Sent,
            "250 ok",
        );
        let later =
            "delay=1, dsn=4.4.1, status=deferred (connect to a[127.0.0.9]:25: Connection refused)";
        let text = "connect to a[127.0.0.9]:25: Connection refused";
        delivered(
            &format!("a@b>, relay=none, {later}"),
            Relay::None,
            Status::Deferred,
            text,
        );
        assert_eq!(event("8170A4D23E6F: removed"), Some(Event::Removed));
        let expired = "8170A4D23E6F: from=<a@b>, status=expired, returned to sender";
        assert_eq!(event(expired), Some(Event::Expired));
        let bounced = "8170A4D23E6F: sender non-delivery notification: 955C04D2300E";
        assert_eq!(event(bounced), Some(Event::Bounced(b"955C04D2300E")));
    }

    #[test]
    fn what_says_nothing_of_a_mail() {
        for message in [
            "connect from localhost[127.0.0.1]",
            "8170A4D23E6F: message-id=<a@b>",
            "NOQUEUE: reject: RCPT from a[127.0.0.1]: 554 5.7.1 <a@hot.de>: to=<a@hot.de>",
            "8170A4D23E6F: to=<a@b>, relay=none, delay=1, dsn=5.4.6, status=undeliverable (mail for b loops back to myself)",
            "8170A4D23E6F: sender delay notification: 955C04D2300E",
            "NOQUEUE: client=unknown[192.0.2.1], sasl_method=PLAIN, sasl_username=a",
            "statistics: max connection rate 1/60s",
            "warning: to=<a@b>",
            "",
        ] {
            assert_eq!(event(message), None, "{message}");
        }
    }

    #[test]
    fn cut_lines_are_no_events() {
        let whole = "8170A4D23E6F: to=<a@b>, relay=none, delay=0.06, delays=0.03/0/0.03/0, dsn=5.4.6, status=bounced (mail for hot.de loops back to myself)";
        for end in "8170A4D23E6F: to=<".len()..whole.len() {
            let cut = whole.get(..end).unwrap();
            let (_, text) = subject(cut.as_bytes()).unwrap();
            let said = read(text, b"postfix/smtp[10478]");
            assert!(said.is_err(), "{cut}: {said:?}");
        }
    }

    /// A sender who chooses the recipient, and a server that chooses its reply, do not write the rest of the line.
    #[test]
    fn nobody_else_writes_the_line() {
        let lie =
            ">, relay=none, delay=0, dsn=5.4.6, status=bounced (mail for b loops back to myself)";
        let truth = "delay=1, dsn=2.0.0, status=sent (250 ok";
        let message =
            format!("8170A4D23E6F: to=<\"{lie}\"@b>, relay=mx[192.0.1.1]:25, {truth} {lie})");
        let Some(Event::Delivery(delivery)) = event(&message) else {
            panic!("{message}");
        };
        assert_eq!(delivery.status, Status::Sent);
        assert_eq!(delivery.recipient, format!("\"{lie}\"@b").as_bytes());
    }
}
