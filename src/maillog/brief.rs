//! What most lines about a mail say, at one look: it is there, who sends it, it has been handed over, it is gone.
//!
//! What it sees is what [`super::postfix::read`] reads, or else it leaves that to it.

use fearless_simd::Simd;

use super::near::{self, BLOCK};

/// What a line of Postfix says of a mail, if that is nothing unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brief<'a> {
    /// It came in, and was no other mail before.
    Arrived,
    /// Its sender has been said.
    Sender {
        /// Whether it has none, as a bounce.
        is_null: bool,
    },
    /// It was handed over.
    Sent {
        /// To which mail server.
        relay: &'a [u8],
        /// What follows the bracket before its address. If it has none, this is anything.
        address: &'a [u8],
    },
    /// It is gone from the queue.
    Removed,
}

impl<'a> Brief<'a> {
    /// Looks at what is said behind a queue id, and takes that; none if a look is not enough. The text goes on behind the end
    /// of the line, which is after so many octets.
    ///
    /// It is taken where it is known: if it had to be told apart once more, the processor would guess wrong once more.
    #[inline(always)]
    pub(super) fn of<S: Simd, T>(
        simd: S,
        text: &'a [u8],
        octets: usize,
        take: impl FnOnce(Self) -> T,
    ) -> Option<T> {
        let block: &[u8; BLOCK] = text.first_chunk()?;
        if block.starts_with(b"removed\n") {
            return Some(take(Self::Removed));
        }
        let said = text.get(..octets)?;
        let last = *said.last()?;
        if last == b'\r' {
            return None;
        }
        if block.starts_with(b"client=") || block.starts_with(b"uid=") {
            return (!may_name_another(simd, text, octets)?).then(|| take(Self::Arrived));
        }
        let close = near::first(near::bits(simd, block, b'>'));
        if close >= octets.min(BLOCK) {
            return None;
        }
        // In quotes, a bracket is part of an address.
        match block {
            [b'f', b'r', b'o', b'm', b'=', b'<', first, ..] => {
                let is_expired = last == b'r';
                let is_usual = *first != b'"' && !is_expired;
                let is_null = *first == b'>';
                is_usual.then(|| take(Self::Sender { is_null }))
            }
            [b't', b'o', b'=', b'<', first, ..] if *first != b'"' => {
                Some(take(Self::sent(simd, text, said, close)?))
            }
            _ => None,
        }
    }

    /// `>, relay=mail.company.de[private/dovecot-lmtp], delay=0.47, delays=0.08/0/0.11/0.28, dsn=2.0.0, status=sent (text)`
    #[inline(always)]
    fn sent<S: Simd>(simd: S, text: &'a [u8], said: &'a [u8], close: usize) -> Option<Self> {
        const RELAY: &[u8] = b">, relay=";
        const ORIGINAL: &[u8] = b">, orig_to=<";
        const SENT: &[u8] = b" status=sent ";
        let close = match text.get(close..)?.strip_prefix(ORIGINAL) {
            Some([b'"', ..]) => return None,
            Some(original) => {
                let block = original.first_chunk()?;
                close + ORIGINAL.len() + near::first(near::bits(simd, block, b'>'))
            }
            None => close,
        };
        let begin = close + RELAY.len();
        if text.get(close..begin)? != RELAY {
            return None;
        }
        let block = text.get(begin..)?.first_chunk()?;
        let end = begin + near::first(near::bits(simd, block, b','));
        let address = text.get(begin + 1 + near::first(near::bits(simd, block, b'['))..)?;
        let fields: &[u8; BLOCK] = text.get(end..)?.first_chunk()?;
        if !fields.starts_with(b",") {
            return None;
        }
        // What stands before the status are numbers.
        let begins = near::bits(simd, fields, b' ') & near::bits(simd, fields, b's') >> 1;
        let status = end + near::first(begins & near::bits(simd, fields, b'=') >> 7);
        let is_sent = said.get(status..status + SENT.len())? == SENT;
        let relay = said.get(begin..end)?;
        is_sent.then_some(Self::Sent { relay, address })
    }
}

/// Whether a mail that comes in may have been another one before: `orig_queue_id=`, `orig_id=`. None if the line is too long
/// for a look, or the text behind it too short.
#[inline(always)]
fn may_name_another<S: Simd>(simd: S, text: &[u8], octets: usize) -> Option<bool> {
    // What begins in the last two octets of a block is found in the next one.
    const STEP: usize = BLOCK - 2;
    let found = ids(simd, text)? | ids(simd, text.get(STEP..)?)?;
    (octets <= STEP + BLOCK).then_some(found != 0)
}

/// Where `_id` is in a block.
#[inline(always)]
fn ids<S: Simd>(simd: S, text: &[u8]) -> Option<u64> {
    let block: &[u8; BLOCK] = text.first_chunk()?;
    let begins = near::bits(simd, block, b'_') & near::bits(simd, block, b'i') >> 1;
    Some(begins & near::bits(simd, block, b'd') >> 2)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use fearless_simd::{Level, dispatch};
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;
    use crate::maillog::event::{Arrival, Delivery, Event, Relay};
    use crate::maillog::story::Status;
    use crate::maillog::{cut, postfix};

    const TAG: &[u8] = b"postfix/smtp[10478]";

    /// Looks at what is said in a line with others behind it.
    fn look<T>(said: &str, take: impl FnOnce(Brief<'_>) -> T) -> Option<T> {
        let text = format!("{said}\n{}", ", status=sent > ".repeat(20));
        dispatch!(Level::new(), simd => Brief::of(simd, text.as_bytes(), said.len(), take))
    }

    /// Looks at what is said, and compares that with what is read: whether a look was enough.
    #[track_caller]
    fn check(said: &str) -> bool {
        let seen = look(said, |brief| {
            let read = postfix::read(said.as_bytes(), TAG)
                .expect(said)
                .expect(said);
            match (brief, read) {
                (Brief::Removed, event) => assert_eq!(event, Event::Removed),
                (Brief::Sender { is_null }, Event::Sender(sender)) => {
                    assert_eq!(is_null, sender.is_empty(), "{said}");
                }
                (Brief::Arrived, Event::Arrived(arrival)) => {
                    let expected = Arrival {
                        before: None,
                        bounce_of: None,
                        ..arrival
                    };
                    assert_eq!(arrival, expected, "{said}");
                }
                (Brief::Sent { relay, address }, Event::Delivery(delivery)) => {
                    let (status, relay) = (Status::Sent, postfix::relay(relay, TAG));
                    if let Relay::Host {
                        address: IpAddr::V4(known),
                        ..
                    } = relay
                    {
                        let [octet, ..] = known.octets();
                        assert!(
                            cut::octet(address).is_none_or(|seen| seen == octet),
                            "{said}"
                        );
                    }
                    let expected = Delivery {
                        status,
                        relay,
                        ..delivery
                    };
                    assert_eq!(delivery, expected, "{said}");
                }
                (brief, event) => panic!("{said}: {brief:?} is not {event:?}"),
            }
        });
        seen.is_some()
    }

    const SENT: &str = "to=<carlos@company.de>, relay=web.company.de[private/dovecot-lmtp], delay=0.47, delays=0.08/0/0.11/0.28, dsn=2.0.0, status=sent (250 2.0.0 Ok)";
    const SENT_FAR: &str = "to=<a@b.de>, relay=mx.b.de[192.0.1.1]:25, delay=0.4, delays=0/0/0/0.2, dsn=2.0.0, status=sent (250 ok)";

    #[test]
    fn most_lines() {
        for said in [
            "removed",
            "client=mta7.am0.yahoodns.net[98.136.216.60]",
            "from=<office@freenet.de>, size=832, nrcpt=1 (queue active)",
            "client=unknown[2001:db8::1], sasl_method=PLAIN, sasl_username=web1@company.de",
            "uid=33 from=<www_data>",
            "from=<>, size=832, nrcpt=1 (queue active)",
            "to=<a@b>, orig_to=<b@c>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 ok)",
            SENT,
            SENT_FAR,
        ] {
            assert!(check(said), "{said}");
        }
    }

    #[test]
    fn lines_that_have_to_be_read() {
        for said in [
            "",
            "removed\r",
            "removed by hand",
            "client=localhost[127.0.0.1], orig_queue_id=AB12, orig_client=a.de[192.0.1.1]",
            "from=<a@b>, status=expired, returned to sender",
            "from=<a@b",
            "from=<\">\"@b>, size=832, nrcpt=1 (queue active)",
            "to=<a@b>, orig_to=<\">\"@c>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 ok)",
            "to=<a@b>, relay=none, delay=0, delays=0/0/0/0, dsn=5.4.6, status=bounced (status=sent )",
            "to=<a@b>, relay=none, delay=0, delays=0/0/0/0, dsn=4.4.1, status=deferred (connect to a: no)",
            "to=<a@b>, relay=none, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sen",
            "uid=33 from=<www-data> orig_id=AB12",
            "sender non-delivery notification: 955C04D2300E",
        ] {
            assert!(!check(said), "{said}");
        }
    }

    #[test]
    fn long_names_are_not_cut() {
        for octets in 0..100 {
            let name = "m".repeat(octets);
            check(&SENT_FAR.replace("mx.b.de", &name));
            check(
                &SENT_FAR
                    .replace("delay=0.4", "delay=4")
                    .replace("mx.b.de", &name),
            );
            check(&SENT_FAR.replace("a@b.de", &name));
            check(&format!("client={name}[192.0.1.1], sasl_username=a"));
            check(&format!(
                "to=<a@b>, orig_to=<{name}>, relay=local, delay=0, dsn=2.0.0, status=sent (ok)"
            ));
            let requeued = format!("client={name}[192.0.1.1], orig_queue_id=A");
            assert!(!check(&requeued), "{requeued}");
            check(&format!("from=<{name}>, size=832, nrcpt=1 (queue active)"));
        }
        for cut in ["from=<", "to=<"] {
            assert!(!check(&format!("{cut}{}", "a".repeat(70))), "{cut}");
        }
    }

    #[test]
    fn a_reply_does_not_tell_the_status() {
        let bounced = "to=<a@b>, relay=a, delay=1, dsn=5.0.0, status=bounced (host a said: 550 status=sent (no))";
        assert!(!check(bounced));
    }

    proptest! {
        #[test]
        fn what_it_sees_is_what_is_read(
            said in select(vec![
                "removed",
                "client=mta7.am0.yahoodns.net[98.136.216.60]",
                "client=unknown[2001:db8::1], sasl_method=PLAIN, sasl_username=web1@company.de",
                "from=<office@freenet.de>, size=832, nrcpt=1 (queue active)",
                "from=<>, size=832, nrcpt=1 (queue active)",
                "from=<a@b>, status=expired, returned to sender",
                "client=localhost[127.0.0.1], orig_queue_id=AB12, orig_client=a@b=[192.0.1.1]",
                "uid=33 from=<www_data> orig_id=AB12",
                "to=<a@b>, orig_to=<b@c>, relay=local, delay=0, dsn=2.0.0, status=sent (250 ok)",
                SENT,
                SENT_FAR,
                "to=<a@b>, relay=none, delay=0, delays=0/0/0/0, dsn=5.4.6, status=bounced (no)",
            ]),
            longer in prop::option::of((select(vec!["=<", "@", "=", "]", ".", "="]), 0..90_usize)),
            changes in prop::collection::vec((any::<Index>(), select(b"\r :,<>=\"[]sra0".to_vec())), 0..3),
            end in prop::option::weighted(0.3, any::<Index>()),
        ) {
            let mut said = match longer {
                Some((behind, octets)) => said.replace(behind, &format!("{behind}{}", "m".repeat(octets))),
                None => said.to_owned(),
            }
            .into_bytes();
            if let Some(end) = end {
                said.truncate(end.index(said.len() + 1));
            }
            for (at, octet) in changes {
                if !said.is_empty() {
                    *at.get_mut(&mut said) = octet;
                }
            }
            check(str::from_utf8(&said).unwrap());
        }
    }
}
