//! Whether a delivery failed for where the domain's mail exchanger is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;

use super::cut;
use super::event::{Delivery, Relay};
use super::plain::plain;
use super::story::{Cause, Fate, Status};
use crate::verdict::Table;

/// What Exim says when it finds itself at the other end.
const EXIM_LOOPS: [&[u8]; 2] = [
    b"lowest numbered MX record points to local host",
    b"remote host address is the local host",
];

/// What Exim says when its router has left all hosts out, for their addresses say, or there were none.
const EXIM_NO_HOST: [&[u8]; 2] = [
    b"all relevant MX records point to non-existent hosts",
    b"all host address lookups failed permanently",
];

/// Why a delivery failed, or that it went where mail should not go; none if it went well.
pub(super) fn of(delivery: &Delivery<'_>, table: &Table) -> Option<Cause> {
    let has_failed = delivery.status != Status::Sent;
    if has_failed && loops(delivery.text) {
        return Some(Cause::Loop);
    }
    if has_failed
        && EXIM_NO_HOST
            .iter()
            .any(|text| delivery.text.starts_with(text))
    {
        return Some(Cause::NoHost);
    }
    if let Some(cause) = of_relay(delivery.relay, table) {
        return Some(cause);
    }
    if has_failed
        && let Some((name, address)) = unreachable(delivery)
        && let Some(cause) = of_unreachable(name, address, table)
    {
        return Some(cause);
    }
    (delivery.status == Status::Bounced).then_some(Cause::Other)
}

/// That it went, or was to go, where no mail server of others can be.
fn of_relay(relay: Relay<'_>, table: &Table) -> Option<Cause> {
    match relay {
        Relay::Host {
            name,
            address,
            is_smtp: true,
        } if !is_private(address) && table.judge(address).is_some() && !is_own_name(name) => {
            Some(Cause::Reserved(address))
        }
        Relay::Host { .. } | Relay::None | Relay::Local => None,
    }
}

/// Why a host could not be reached, if for its address.
pub(super) fn of_unreachable(name: &[u8], address: IpAddr, table: &Table) -> Option<Cause> {
    if table.judge(address).is_none() || is_own_name(name) {
        return None;
    }
    Some(match is_private(address) {
        true => Cause::Private(address),
        false => Cause::Reserved(address),
    })
}

/// What became of a bounce, by the last try to deliver it.
pub(super) fn fate(delivery: &Delivery<'_>, table: &Table, at: Option<Timestamp>) -> Fate {
    match (delivery.status, delivery.relay) {
        (Status::Bounced, _) => Fate::Refused,
        (Status::Deferred, _) => Fate::Waiting,
        (Status::Sent, Relay::None | Relay::Local) => Fate::Local,
        (Status::Sent, Relay::Host { name, address, .. }) => {
            let relay = format!("{}[{address}]", plain(name));
            match is_inside(address, table) {
                true => Fate::Inside { at, relay },
                false => Fate::Left { at, relay },
            }
        }
    }
}

/// `mail for hot.de loops back to myself` of Postfix's `smtp_addr.c`, and Exim's words.
fn loops(text: &[u8]) -> bool {
    let said = text
        .strip_prefix(b"delivery temporarily suspended: ")
        .unwrap_or(text);
    (said.starts_with(b"mail for ") && said.ends_with(b" loops back to myself"))
        || EXIM_LOOPS.iter().any(|loops| text.starts_with(loops))
}

/// The host that could not be reached: `connect to mail.hot.de[127.0.0.9]:25: Connection refused`, or Exim's `H=`.
fn unreachable<'a>(delivery: &Delivery<'a>) -> Option<(&'a [u8], IpAddr)> {
    if let Relay::Host {
        name,
        address,
        is_smtp: true,
    } = delivery.relay
    {
        let is_answer =
            delivery.text.starts_with(b"host ") || delivery.text.starts_with(b"SMTP error");
        return (!is_answer).then_some((name, address));
    }
    let said = delivery
        .text
        .strip_prefix(b"delivery temporarily suspended: ")
        .unwrap_or(delivery.text);
    let (name, rest) = cut::at(said.strip_prefix(b"connect to ")?, b'[')?;
    let (address, rest) = cut::at(rest, b']')?;
    let address = str::from_utf8(address).ok()?.parse().ok()?;
    rest.starts_with(b":25: ").then_some((name, address))
}

/// A mail exchanger that the mail server's own configuration names, as a filter: no domain has such a one. `localhost` some
/// have, and filters there have a port of their own.
fn is_own_name(name: &[u8]) -> bool {
    name.is_empty() || str::from_utf8(name).is_ok_and(|name| name.parse::<IpAddr>().is_ok())
}

/// Whether a mail server is in the own house. An own table may not have the own networks.
fn is_inside(address: IpAddr, table: &Table) -> bool {
    address.is_loopback() || is_private(address) || table.judge(address).is_some()
}

/// The networks in which the mail server itself may be (RFC 1918, RFC 4193, RFC 6598).
fn is_private(address: IpAddr) -> bool {
    const SHARED: Ipv4Addr = Ipv4Addr::new(100, 64, 0, 0);
    match address {
        IpAddr::V4(address) => {
            address.is_private() || address.to_bits() >> 22 == SHARED.to_bits() >> 22
        }
        IpAddr::V6(address) => Ipv6Addr::is_unique_local(&address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &'static str, address: &str) -> Relay<'static> {
        Relay::Host {
            name: name.as_bytes(),
            address: address.parse().unwrap(),
            is_smtp: true,
        }
    }

    fn cause(relay: Relay<'_>, status: Status, text: &str) -> Option<Cause> {
        let delivery = Delivery {
            recipient: b"a@hot.de",
            relay,
            status,
            text: text.as_bytes(),
        };
        of(&delivery, &Table::reserved())
    }

    #[test]
    fn what_a_mail_server_says_when_it_finds_itself() {
        for text in [
            "mail for hot.de loops back to myself",
            "delivery temporarily suspended: mail for hot.de loops back to myself",
            "lowest numbered MX record points to local host",
            "remote host address is the local host: hot.de",
        ] {
            assert_eq!(
                cause(Relay::None, Status::Bounced, text),
                Some(Cause::Loop),
                "{text}"
            );
        }
        let own = host("mail.company.de", "10.0.0.5");
        let text = "mail for hot.de loops back to myself";
        assert_eq!(cause(own, Status::Bounced, text), Some(Cause::Loop));
        // A reply of somebody else's.
        let other = host("mx.hot.de", "192.0.1.1");
        let text = "host mx.hot.de[192.0.1.1] said: 554 mail for hot.de loops back to myself";
        assert_eq!(cause(other, Status::Bounced, text), Some(Cause::Other));
        let text = "all relevant MX records point to non-existent hosts";
        assert_eq!(
            cause(Relay::None, Status::Bounced, text),
            Some(Cause::NoHost)
        );
    }

    #[test]
    fn relays_in_reserved_space() {
        let check = |name: &'static str, address: &str, status, text, is_reserved: bool| {
            let expected = is_reserved.then(|| Cause::Reserved(address.parse().unwrap()));
            let found =
                cause(host(name, address), status, text).filter(|cause| *cause != Cause::Other);
            assert_eq!(found, expected, "{name} {address}");
        };
        let refused = "host mail.iphone.com[127.0.0.6] said: 554 Relay access denied";
        check(
            "mail.iphone.com",
            "127.0.0.6",
            Status::Bounced,
            refused,
            true,
        );
        check("mail.iphone.com", "127.0.0.6", Status::Sent, "250 ok", true);
        check("mail.mhx.com", "0.0.0.0", Status::Bounced, refused, true);
        check("mx.hot.de", "::1", Status::Sent, "250 ok", true);
        check("mx.hot.de", "192.0.1.1", Status::Sent, "250 ok", false);
        check("mx.hot.de", "2600:9000::10", Status::Sent, "250 ok", false);
        check("localhost", "127.0.0.1", Status::Bounced, refused, true);
        // The own configuration sends it there.
        check("127.0.0.1", "127.0.0.1", Status::Sent, "250 ok", false);
        check(
            "smarthost.company.de",
            "10.0.0.5",
            Status::Sent,
            "250 ok",
            false,
        );
        check(
            "smarthost.company.de",
            "10.0.0.5",
            Status::Bounced,
            "host smarthost.company.de[10.0.0.5] said: 550 no",
            false,
        );
        let filter = Relay::Host {
            name: b"filter",
            address: [127, 0, 0, 1].into(),
            is_smtp: false,
        };
        assert_eq!(cause(filter, Status::Sent, "250 ok"), None);
    }

    #[test]
    fn hosts_that_cannot_be_reached() {
        let check = |host: &str, why: &str, expected: Option<Cause>| {
            let text = format!("connect to {host}:25: {why}");
            assert_eq!(
                cause(Relay::None, Status::Deferred, &text),
                expected,
                "{text}"
            );
        };
        let refused = "Connection refused";
        check(
            "mx.silent.made[127.0.0.9]",
            refused,
            Some(Cause::Reserved([127, 0, 0, 9].into())),
        );
        check(
            "mx.closed.made[10.1.0.5]",
            refused,
            Some(Cause::Private([10, 1, 0, 5].into())),
        );
        check(
            "mx.closed.made[100.127.0.5]",
            refused,
            Some(Cause::Private([100, 127, 0, 5].into())),
        );
        check("mx.closed.made[100.128.0.5]", refused, None);
        check("mx.gone.made[192.0.1.99]", refused, None);
        check("127.0.0.1[127.0.0.1]", refused, None);
        let late = cause(
            host("mx.closed.made", "fc00::1"),
            Status::Deferred,
            "conversation with fc00::1 timed out",
        );
        assert_eq!(late, Some(Cause::Private("fc00::1".parse().unwrap())));
    }

    #[test]
    fn what_becomes_of_a_bounce() {
        let fate = |relay, status| {
            let delivery = Delivery {
                recipient: b"a@b",
                relay,
                status,
                text: b"",
            };
            fate(&delivery, &Table::reserved(), None)
        };
        let (far, at) = (host("mx.godetia.com", "192.0.1.1"), None);
        let relay = "mx.godetia.com[192.0.1.1]".to_owned();
        assert_eq!(fate(far, Status::Sent), Fate::Left { at, relay });
        assert_eq!(fate(far, Status::Bounced), Fate::Refused);
        assert_eq!(fate(far, Status::Deferred), Fate::Waiting);
        for (near, address) in [("smarthost", "10.0.0.5"), ("filter", "127.0.0.1")] {
            let relay = format!("{near}[{address}]");
            assert_eq!(
                fate(host(near, address), Status::Sent),
                Fate::Inside { at, relay }
            );
        }
        assert_eq!(fate(Relay::Local, Status::Sent), Fate::Local);
    }
}
