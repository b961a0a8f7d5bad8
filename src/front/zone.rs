//! From a query name to what is asked: which of our zones, which static name, which mail domain.
//!
//! Pure: a name in, a place out.

use std::collections::HashMap;

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;

use crate::verdict::domain::{DomainRef, NameBuffer, Spelled};
use crate::verdict::{Domain, Rules};

/// One zone that we serve.
#[derive(Debug)]
pub struct Zone {
    /// The name at its top.
    pub origin: Domain,
    /// The names that are answered without judging.
    pub fixed: FixedNames,
    /// How "not listed" is said.
    pub not_listed: NotListedAs,
    /// How "could not find out" is said.
    pub undecided: UndecidedAs,
    /// What its verdicts are judged by; exchanged whole when a table is read again.
    pub rules: ArcSwap<Rules>,
}

/// How "not listed" is said for a name of more than one label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotListedAs {
    /// NOERROR without records: right for every resolver, because below a name that is not listed
    /// there may be one that is.
    #[default]
    NoData,
    /// NXDOMAIN, as RFC 5782 has it. Resolvers that believe RFC 8020 then hide names below.
    NxDomain,
}

/// How "could not find out" is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UndecidedAs {
    /// SERVFAIL, so that the client asks again.
    #[default]
    ServFail,
    /// As "not listed", with a TTL of some seconds: for resolvers that keep SERVFAIL too long.
    NotListed,
}

/// A resource record, as far as an answer needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rr {
    /// The type, as on the wire.
    pub rtype: u16,
    /// Seconds.
    pub ttl: u32,
    /// The record data, as on the wire, without compressed names.
    pub rdata: Box<[u8]>,
}

/// Records by name.
pub type Names = HashMap<Box<[u8]>, Vec<Rr>, RandomState>;

/// The names of a zone file, relative to the origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedNames {
    /// The zone's SOA record.
    pub soa: Rr,
    /// Records by name in lower case; the empty name is the origin's.
    pub names: Names,
}

/// Where a query name lies.
#[derive(Debug)]
pub enum Place<'z, 'b> {
    /// At a mail domain.
    Mail(&'z Zone, DomainRef<'b>),
    /// At a name that needs no verdict.
    Settled(Settled<'z>),
}

/// The kinds of names that need no verdict.
#[derive(Clone, Copy, Debug)]
pub enum Settled<'z> {
    /// In none of our zones.
    Outside,
    /// At a name of the zone file.
    Fixed(&'z Zone, &'z [Rr]),
    /// At a name that is not listed, whatever the DNS says.
    Never {
        /// The zone.
        zone: &'z Zone,
        /// Whether it must be NODATA: there are, or may be, names below it.
        is_nodata: bool,
    },
}

impl FixedNames {
    /// Whether a name of the zone file lies below this one.
    fn has_below(&self, name: &[u8]) -> bool {
        let below = |known: &[u8]| {
            known
                .strip_suffix(name)
                .is_some_and(|rest| rest.ends_with(b"."))
        };
        self.names.keys().any(|known| below(known))
    }
}

/// Finds the place of a query name, given as on the wire, without pointers; `buffer` is room for its
/// text.
///
/// The longest origin that fits decides. Below it the exact name counts, without a walk to its
/// parents.
pub fn place<'z, 'b>(zones: &'z [Zone], name: &[u8], buffer: &'b mut NameBuffer) -> Place<'z, 'b> {
    let Some(name) = Spelled::read(name, buffer) else {
        return Place::Settled(Settled::Outside);
    };
    let candidates = zones
        .iter()
        .filter_map(|zone| Some((zone, name.below(&zone.origin)?)));
    let Some((zone, rest)) = candidates.min_by_key(|(_, rest)| rest.as_octets().len()) else {
        return Place::Settled(Settled::Outside);
    };
    if let Some(records) = zone.fixed.names.get(rest.as_octets()) {
        return Place::Settled(Settled::Fixed(zone, records));
    }
    match rest.domain() {
        Some(domain) if domain.not_mail().is_none() && !is_own(zones, domain) => {
            Place::Mail(zone, domain)
        }
        Some(_) | None => {
            let is_nodata = rest.is_single_label() || zone.fixed.has_below(rest.as_octets());
            Place::Settled(Settled::Never { zone, is_nodata })
        }
    }
}

/// Asking for a name of ours would end in a loop through the resolver that forwards to us.
fn is_own(zones: &[Zone], domain: DomainRef<'_>) -> bool {
    zones.iter().any(|zone| domain.is_at_or_below(&zone.origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Policy, Table};

    fn zone(origin: &str) -> Zone {
        let soa = Rr {
            rtype: 6,
            ttl: 60,
            rdata: Box::default(),
        };
        let test = Rr {
            rtype: 1,
            ttl: 60,
            rdata: [127, 0, 0, 2].into(),
        };
        let names = [
            ("", vec![soa.clone()]),
            ("test", vec![test.clone()]),
            ("2.0.0.127", vec![test]),
        ];
        Zone {
            origin: Domain::parse(origin).unwrap(),
            fixed: FixedNames {
                soa,
                names: names
                    .map(|(name, records)| (name.as_bytes().into(), records))
                    .into_iter()
                    .collect(),
            },
            not_listed: NotListedAs::default(),
            undecided: UndecidedAs::default(),
            rules: ArcSwap::from_pointee(Rules::new(Table::reserved(), Policy::Any)),
        }
    }

    fn check(name: &str, expected: &str) {
        let zones = [
            zone("bogusmx.local"),
            zone("loop.bogusmx.local"),
            zone("mx.example.org"),
        ];
        let mut wire = Vec::new();
        for label in name.split('.') {
            wire.push(u8::try_from(label.len()).unwrap());
            wire.extend(label.bytes());
        }
        wire.push(0);
        let mut buffer = NameBuffer::new();
        let found = match place(&zones, &wire, &mut buffer) {
            Place::Settled(Settled::Outside) => "outside".to_owned(),
            Place::Settled(Settled::Fixed(zone, records)) => {
                format!("{} has {}", zone.origin, records.len())
            }
            Place::Settled(Settled::Never {
                zone,
                is_nodata: true,
            }) => format!("{} nodata", zone.origin),
            Place::Settled(Settled::Never {
                zone,
                is_nodata: false,
            }) => format!("{} never", zone.origin),
            Place::Mail(zone, domain) => format!("{} asks {}", zone.origin, domain.to_domain()),
        };
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn the_longest_origin_decides() {
        check("hot.de.bogusmx.local", "bogusmx.local asks hot.de");
        check("Hot.De.BogusMX.LOCAL", "bogusmx.local asks hot.de");
        check(
            "hot.de.loop.bogusmx.local",
            "loop.bogusmx.local asks hot.de",
        );
        check("hot.de.mx.example.org", "mx.example.org asks hot.de");
        check("hot.de", "outside");
        check("local", "outside");
        check("hot.de.notbogusmx.local", "outside");
    }

    #[test]
    fn names_of_the_zone_file() {
        check("bogusmx.local", "bogusmx.local has 1");
        check("TEST.bogusmx.local", "bogusmx.local has 1");
        check("2.0.0.127.bogusmx.local", "bogusmx.local has 1");
        check("0.127.bogusmx.local", "bogusmx.local nodata");
    }

    #[test]
    fn names_that_are_never_listed() {
        check("invalid.bogusmx.local", "bogusmx.local nodata");
        check("1.0.0.127.bogusmx.local", "bogusmx.local never");
        check("x.bogusmx.local.bogusmx.local", "bogusmx.local never");
        check("bogusmx.local.mx.example.org", "mx.example.org never");
        check("a b.de.bogusmx.local", "bogusmx.local never");
        check("-hot.de.bogusmx.local", "bogusmx.local never");
        check("hot-.de.bogusmx.local", "bogusmx.local never");
        check("m\u{fc}ller.de.bogusmx.local", "bogusmx.local never");
    }
}
