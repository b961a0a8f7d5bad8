//! The lines of Exim's main log.

use super::cut;
use super::event::{Arrival, Delivery, Event, Relay, Said, Unreadable};
use super::fields::{Fields, Host, spaces};
use super::story::Status;

/// What a line says.
///
/// The forms are those of the chapter "Log files" in Exim's specification.
///
/// # Errors
/// If the line has been cut where it matters.
pub(super) fn read(message: &[u8]) -> Said<'_> {
    let Some((id, rest)) = identified(message) else {
        return Ok(None);
    };
    let event = match rest {
        b"Completed" => Event::Removed,
        [b'<', b'=', b' ', rest @ ..] => Event::Arrived(arrival(rest)?),
        [b'=' | b'-', b'>', b' ', rest @ ..] => Event::Delivery(delivered(rest)?),
        [b'*', b'*', b' ', rest @ ..] => Event::Delivery(failed(rest, Status::Bounced)?),
        [b'=', b'=', b' ', rest @ ..] => Event::Delivery(failed(rest, Status::Deferred)?),
        [b'H', b'=', ..] => match unreachable(rest) {
            Some(event) => event,
            None => return Ok(None),
        },
        _ if rest.starts_with(b"Completed ") => Event::Removed,
        // Mail that was frozen for too long.
        _ if rest.starts_with(b"cancelled by ") => Event::Expired,
        _ => return Ok(None),
    };
    Ok(Some((id, event)))
}

/// Where the first dash of an id is.
pub(super) const ID_DASH: usize = 6;

/// Where the dashes of a day are, as in `2015-03-20`.
pub(super) const DAY_DASHES: [usize; 2] = [4, 7];

/// Whether a message may be of Exim's main log: it begins with an id, or a day.
#[inline]
pub(super) fn is_like(message: &[u8]) -> bool {
    let has_dash = |at: usize| message.get(at) == Some(&b'-');
    let begins = message.first().is_some_and(u8::is_ascii_alphanumeric);
    begins && (has_dash(ID_DASH) || DAY_DASHES.into_iter().all(has_dash))
}

/// `1YYabc-0001AB-CD rest`, or since Exim 4.97 `1YYabc-00000001ABC-00DE rest`.
fn identified(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let (id, rest) = cut::at(message, b' ')?;
    is_id(id).then_some((id, rest))
}

/// Whether it is an id.
fn is_id(word: &[u8]) -> bool {
    let mut parts = word.split(|octet| *octet == b'-');
    let mut length = || parts.next().map_or(0, <[u8]>::len);
    let lengths = [length(), length(), length()];
    let is_plain = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'-';
    matches!(lengths, [6, 6, 2] | [6, 11, 4]) && parts.next().is_none() && word.iter().all(is_plain)
}

/// `SENDER R=1YYabc-0001AB-CD H=web.company.de (helo) [192.0.2.1]:4711 U=user P=esmtpa A=plain:joe S=1144 ...`
fn arrival(text: &[u8]) -> Result<Arrival<'_>, Unreadable> {
    const CUT: Unreadable = Unreadable("the line ends within the sender");
    let end = spaces(text).next().ok_or(CUT)?;
    let (sender, fields) = text.split_at_checked(end).ok_or(CUT)?;
    // Behind the size, the sender of the mail has chosen the words.
    let fields = Fields(fields.trim_ascii_start()).before(b"S=");
    let login = fields.get(b"A=");
    let mut arrival = Arrival {
        sender: Some(if sender == b"<>" { b"" } else { sender }),
        account: login.map(|login| cut::at(login, b':').map_or(login, |(_, name)| name)),
        bounce_of: fields.get(b"R=").filter(|id| sender == b"<>" && is_id(id)),
        ..Arrival::default()
    };
    match fields.host() {
        Some(host) => {
            (arrival.client, arrival.address) = (Some(host.name), Some(host.address));
        }
        None => arrival.user = fields.get(b"U="),
    }
    Ok(arrival)
}

/// `ADDRESS R=dnslookup T=remote_smtp H=mx.hot.de [192.0.1.1] C="250 ok"`
fn delivered(text: &[u8]) -> Result<Delivery<'_>, Unreadable> {
    let (recipient, fields) = recipient(text)?;
    let relay = fields.host().and_then(|host| host.relay());
    let said = cut::at_text(fields.0, b" C=\"");
    Ok(Delivery {
        recipient,
        relay: relay.unwrap_or(Relay::Local),
        status: Status::Sent,
        text: said.map_or(b"", |(_, rest)| cut::before(rest, b'"')),
    })
}

/// `ADDRESS R=dnslookup T=remote_smtp defer (111): Connection refused`, or `ADDRESS F=<..> R=dnslookup: reason`
fn failed(text: &[u8], status: Status) -> Result<Delivery<'_>, Unreadable> {
    const CUT: Unreadable = Unreadable("the line ends before the reason");
    let (recipient, fields) = recipient(text)?;
    let text = match fields.reason() {
        Some(reason) => reason,
        // `defer (-44) H=...` without a reason.
        None if cut::at_text(fields.0, b"defer (").is_some() => fields.0,
        None => return Err(CUT),
    };
    let relay = fields.host().and_then(|host| host.relay());
    Ok(Delivery {
        recipient,
        relay: relay.unwrap_or(Relay::None),
        status,
        text,
    })
}

/// `H=mx.silent.made [127.0.0.9] Connection refused`
fn unreachable(text: &[u8]) -> Option<Event<'_>> {
    let host = Fields(text).host().filter(Host::is_smtp)?;
    Some(Event::Unreachable {
        name: host.name,
        address: cut::ip(host.address)?,
        text: host.rest,
    })
}

/// The recipient, and the fields that follow it. Of `local part <address>` it is the address; a `: ` ends an address
/// without fields.
fn recipient(text: &[u8]) -> Result<(&[u8], Fields<'_>), Unreadable> {
    const CUT: Unreadable = Unreadable("the line ends within the recipient");
    let end = spaces(text).find(|end| {
        let next = text.get(end + 1..).unwrap_or_default();
        matches!(next, [b'A'..=b'Z', b'=', ..])
            || next.starts_with(b"defer (")
            || text
                .get(..*end)
                .is_some_and(|before| before.ends_with(b":"))
    });
    let (address, rest) = text.split_at_checked(end.ok_or(CUT)?).ok_or(CUT)?;
    let (address, rest) = match address.strip_suffix(b":") {
        Some(address) => (address, text.get(address.len()..).ok_or(CUT)?),
        None => (address, rest),
    };
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    Ok((final_address(address), Fields(rest)))
}

/// Of `some.one@hot.de <Some.One@HOT.de>`, which it was rewritten from, the first; of `joe <joe@company.de>`, where it
/// got into a mailbox, the second.
fn final_address(text: &[u8]) -> &[u8] {
    let original = text.strip_suffix(b">").and_then(|text| {
        let (own, rest) = text.split_at_checked(spaces(text).last()?)?;
        Some((own, rest.strip_prefix(b" <")?))
    });
    match original {
        Some((own, _)) if own.contains(&b'@') => own,
        Some((_, original)) => original,
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1xWPFT-00006Y-1R";

    fn event(rest: &str) -> Event<'_> {
        event_of(rest.as_bytes()).unwrap()
    }

    fn event_of(rest: &[u8]) -> Result<Event<'_>, Unreadable> {
        let message = [ID.as_bytes(), b" ", rest].concat();
        // What is read is borrowed from the message, which a test may keep.
        let said = read(message.leak())?;
        let (id, event) = said.expect("an event");
        assert_eq!(id, ID.as_bytes());
        Ok(event)
    }

    #[test]
    fn how_mail_comes_in() {
        let check = |rest: &str, expected: Arrival<'_>| {
            assert_eq!(event(rest), Event::Arrived(expected), "{rest}");
        };
        check(
            "<= antonettabaune@godetia.com H=(me) [127.0.0.1] P=esmtp S=262",
            Arrival {
                client: Some(b""),
                address: Some(b"127.0.0.1"),
                sender: Some(b"antonettabaune@godetia.com"),
                ..Arrival::default()
            },
        );
        check(
            "<= forged@takes.made H=web.company.de (me) [192.0.1.77]:50182 I=[127.0.0.1]:25 P=esmtpa L.- A=plain_server:shop S=245 T=\"a\" from <forged@takes.made> for jfhfdq@hot.de",
            Arrival {
                client: Some(b"web.company.de"),
                address: Some(b"192.0.1.77"),
                account: Some(b"shop"),
                sender: Some(b"forged@takes.made"),
                ..Arrival::default()
            },
        );
        check(
            "<= hanna@web.company.de U=hanna P=local S=304",
            Arrival {
                user: Some(b"hanna"),
                sender: Some(b"hanna@web.company.de"),
                ..Arrival::default()
            },
        );
        check(
            "<= <> R=1xWPF3-00006Y-2b U=Debian-exim P=local S=1577",
            Arrival {
                user: Some(b"Debian-exim"),
                sender: Some(b""),
                bounce_of: Some(b"1xWPF3-00006Y-2b"),
                ..Arrival::default()
            },
        );
    }

    #[track_caller]
    fn delivered(
        rest: &str,
        recipient: &str,
        relay: Option<(&str, &str)>,
        status: Status,
        text: &str,
    ) {
        let Event::Delivery(delivery) = event(rest) else {
            panic!("{rest}");
        };
        assert_eq!(str::from_utf8(delivery.recipient), Ok(recipient), "{rest}");
        assert_eq!(str::from_utf8(delivery.text), Ok(text), "{rest}");
        assert_eq!(delivery.status, status, "{rest}");
        let host = match delivery.relay {
            Relay::Host { name, address, .. } => {
                Some((str::from_utf8(name).unwrap(), address.to_string()))
            }
            Relay::None | Relay::Local => None,
        };
        let host = host
            .as_ref()
            .map(|(name, address)| (*name, address.as_str()));
        assert_eq!(host, relay, "{rest}");
    }

    #[test]
    fn how_it_fails() {
        let loops = "lowest numbered MX record points to local host";
        delivered(
            &format!("== jfhfdq@hot.de R=dnslookup defer (-1): {loops}"),
            "jfhfdq@hot.de",
            None,
            Status::Deferred,
            loops,
        );
        delivered(
            &format!("== some.one@hot.de <Some.One@HOT.de> R=dnslookup defer (-1): {loops}"),
            "some.one@hot.de",
            None,
            Status::Deferred,
            loops,
        );
        delivered(
            &format!("** a <b>@hot.de <\"a <b>\"@hot.de>: {loops}"),
            "a <b>@hot.de",
            None,
            Status::Bounced,
            loops,
        );
        let none = "all relevant MX records point to non-existent hosts";
        delivered(
            &format!("** kl@beer.com F=<a@b>: {none}"),
            "kl@beer.com",
            None,
            Status::Bounced,
            none,
        );
        delivered(
            "** nobodyhere@web.company.de: Unrouteable address",
            "nobodyhere@web.company.de",
            None,
            Status::Bounced,
            "Unrouteable address",
        );
        let error = "SMTP error from remote mail server after RCPT TO:<a@refuses.made>: 550 5.1.1 no such user";
        delivered(
            &format!(
                "** a@refuses.made R=dnslookup T=remote_smtp H=mx.refuses.made [192.0.1.20]: {error}"
            ),
            "a@refuses.made",
            Some(("mx.refuses.made", "192.0.1.20")),
            Status::Bounced,
            error,
        );
        let later = "SMTP error from remote mail server after RCPT TO:<d@defers.made>: 450 4.7.1 greylisted, come back";
        delivered(
            &format!(
                "== d@defers.made R=dnslookup T=remote_smtp defer (-44) H=mx.defers.made [192.0.1.30]:25 I=[192.0.1.30]:37030 DT=0.000s: {later}"
            ),
            "d@defers.made",
            Some(("mx.defers.made", "192.0.1.30")),
            Status::Deferred,
            later,
        );
    }

    #[test]
    fn how_it_goes_on() {
        delivered(
            "=> e@six.made R=dnslookup T=remote_smtp H=mx.six.made [2620:fe::25] C=\"250 ok: queued as 12345\"",
            "e@six.made",
            Some(("mx.six.made", "2620:fe::25")),
            Status::Sent,
            "250 ok: queued as 12345",
        );
        delivered(
            "-> b@takes.made F=<a@b> P=<a@b> R=dnslookup T=remote_smtp S=329 H=mx.takes.made [192.0.1.10]:25 C=\"250 ok\" QT=0.079s",
            "b@takes.made",
            Some(("mx.takes.made", "192.0.1.10")),
            Status::Sent,
            "250 ok",
        );
        delivered(
            "=> hanna <hanna@web.company.de> R=local_user T=mail_spool",
            "hanna@web.company.de",
            None,
            Status::Sent,
            "",
        );
        assert_eq!(event("Completed"), Event::Removed);
        assert_eq!(event("cancelled by timeout_frozen_after"), Event::Expired);
        let unreachable = Event::Unreachable {
            name: b"mx.silent.made",
            address: [127, 0, 0, 9].into(),
            text: b"Connection refused",
        };
        assert_eq!(
            event("H=mx.silent.made [127.0.0.9] Connection refused"),
            unreachable
        );
        assert_eq!(
            event("H=mx.silent.made [127.0.0.9]:25 Connection refused"),
            unreachable
        );
        assert_eq!(event("Completed QT=0.074s"), Event::Removed);
    }

    /// Whoever sends a mail, or takes it, does not write the rest of the line.
    #[test]
    fn nobody_else_writes_the_line() {
        let Event::Arrived(arrival) = event(
            "<= \"a H=b [192.0.1.66]\"@hot.de U=hanna P=local S=1 T=\"Offer H=evil [192.0.1.66] A=plain:boss x\"",
        ) else {
            panic!("an arrival");
        };
        assert_eq!(arrival.user, Some(&b"hanna"[..]));
        assert_eq!((arrival.client, arrival.account), (None, None));
        let lie = "lowest numbered MX record points to local host";
        delivered(
            &format!(
                "** d@good.de F=<\"x: {lie}\"@y.de> R=dnslookup T=remote_smtp H=mx.good.de [192.0.1.1] DN=\"/CN=x: {lie}\": 550 no"
            ),
            "d@good.de",
            Some(("mx.good.de", "192.0.1.1")),
            Status::Bounced,
            "550 no",
        );
    }

    /// Another port than that of mail servers, or a name that no mail server has.
    #[test]
    fn filters_are_no_mail_servers() {
        for text in [
            "H=localhost [127.0.0.1] Connection refused",
            "H=amavis.local [127.0.0.1]:10025 Connection refused",
        ] {
            assert_eq!(read(format!("{ID} {text}").as_bytes()), Ok(None), "{text}");
        }
        let Event::Delivery(delivery) =
            event("=> a@b R=scan T=scan H=amavis.local [127.0.0.1]:10025")
        else {
            panic!("a delivery");
        };
        assert!(matches!(delivery.relay, Relay::Host { is_smtp: false, .. }));
    }

    #[test]
    fn what_says_nothing_of_a_mail() {
        for message in [
            "Start queue run: pid=402",
            "SMTP connection from (me) [127.0.0.1]:50182 closed by QUIT",
            "H=(me) [127.0.0.1] F=<a@b> rejected RCPT <a@hot.de>: Domain MX in loopback network",
            "1xWPFT-00006Y-1R Frozen",
            "1xWPFT-00006Y-1R lowest numbered MX record points to local host: hot.de",
            "1xWPFT-00006Y ** a@b: c",
            "",
        ] {
            assert_eq!(read(message.as_bytes()), Ok(None), "{message}");
        }
        assert!(
            read(b"1rQ9fL-00000001xyz-0abc Completed")
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn cut_lines_are_no_events() {
        for rest in [
            "** jfhfdq@hot",
            "** jfhfdq@hot.de R=dnslookup",
            "== jfhfdq@hot.de",
            "=> a@b",
            "<= a@b",
        ] {
            assert!(event_of(rest.as_bytes()).is_err(), "{rest}");
        }
    }
}
