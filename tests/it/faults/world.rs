//! Ten thousand mail domains with all kinds of verdict, as one zone.

use std::fmt::Write as _;

/// The zone they are in; `daemons/world/made.zone` delegates it.
pub(super) const ZONE: &str = "many.made";

/// Nearly four hundred of each kind.
const DOMAINS: usize = 10_000;

/// A mail domain, and whether it is to be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Domain {
    pub(super) name: String,
    pub(super) is_listed: bool,
}

/// A kind of domain: its records, with `@` for its name and `#` for three octets of an address that are its own.
struct Kind {
    records: &'static str,
    is_listed: bool,
}

const fn listed(records: &'static str) -> Kind {
    Kind {
        records,
        is_listed: true,
    }
}

const fn clean(records: &'static str) -> Kind {
    Kind {
        records,
        is_listed: false,
    }
}

const KINDS: [Kind; 26] = [
    // Reserved networks.
    listed("@ MX 10 mx.@\nmx.@ A 127.#"),
    listed("@ MX 10 mx.@\nmx.@ A 10.#"),
    listed("@ MX 10 mx.@\nmx.@ AAAA ::1"),
    listed("@ MX 10 127.0.0.1."),
    // IPv6 addresses that carry an IPv4 one.
    listed("@ MX 10 mx.@\nmx.@ AAAA ::ffff:127.#"),
    listed("@ MX 10 mx.@\nmx.@ AAAA 64:ff9b::10.#"),
    listed("@ MX 10 mx.@\nmx.@ AAAA 2002:7f00:1::1"),
    clean("@ MX 10 mx.@\nmx.@ AAAA 64:ff9b::9.#"),
    // Ordinary ones.
    clean("@ MX 10 mx.@\nmx.@ A 9.#"),
    clean("@ MX 10 mx.@\nmx.@ AAAA 2620:fe::fe\nmx.@ A 9.#"),
    // Null MX, implicit MX, none.
    clean("@ MX 0 ."),
    listed("@ A 127.#"),
    clean("@ A 9.#"),
    clean("@ MX 10 nobody.@"),
    clean("@ TXT \"no mail\""),
    clean(""),
    // Several hosts, several addresses; one that is lost would change the verdict.
    clean("@ MX 10 a.@\n@ MX 20 b.@\n@ MX 30 c.@\na.@ A 9.#\nb.@ A 9.#\nc.@ AAAA 2620:fe::9"),
    listed("@ MX 10 a.@\n@ MX 20 b.@\na.@ A 9.#\nb.@ A 192.168.1.1"),
    listed("@ MX 10 a.@\n@ MX 20 b.@\na.@ A 127.#\nb.@ A 9.#"),
    listed("@ MX 10 mx.@\nmx.@ A 9.#\nmx.@ A 127.#"),
    listed("@ MX 10 mx.@\nmx.@ A 9.#\nmx.@ A 9.9.9.9\nmx.@ A 127.#"),
    listed("@ MX 10 a.@\n@ MX 20 b.@\n@ MX 30 c.@\na.@ A 9.#\nb.@ A 9.#\nc.@ A 127.#"),
    // CNAMEs of hosts and of domains.
    listed("@ MX 10 alias.@\nalias.@ CNAME mx.@\nmx.@ A 127.#"),
    clean("@ MX 10 alias.@\nalias.@ CNAME mx.@\nmx.@ A 9.#"),
    listed("@ CNAME other.@\nother.@ MX 10 mx.@\nmx.@ A 10.#"),
    clean("@ CNAME other.@\nother.@ MX 10 mx.@\nmx.@ A 9.#"),
];

/// All domains, the kinds by turns.
pub(super) fn domains() -> Vec<Domain> {
    let domain = |number: usize| Domain {
        name: format!("d{number}.{ZONE}"),
        is_listed: KINDS[number % KINDS.len()].is_listed,
    };
    (0..DOMAINS).map(domain).collect()
}

/// The zone's text. Its records live longer than any test.
pub(super) fn zone() -> String {
    let mut text = head(ZONE);
    for number in 0..DOMAINS {
        let [.., high, low] = number.to_be_bytes();
        let records = KINDS[number % KINDS.len()].records;
        let records = records
            .replace('@', &format!("d{number}"))
            .replace('#', &format!("{high}.{low}.1"));
        writeln!(text, "{records}").unwrap();
    }
    text
}

/// What a zone begins with.
pub(super) fn head(zone: &str) -> String {
    format!(
        "$ORIGIN {zone}.\n$TTL 3600\n\
         @ SOA ns hostmaster 1 3600 600 86400 3600\n\
         @ NS ns\nns A 127.0.0.1\n"
    )
}
