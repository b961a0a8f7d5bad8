//! Where the list decides otherwise than Postfix does with the same table, and why. Each entry is a promise: the test
//! fails when a difference is gone as well as when there is one more.

/// The outcome that is no text of a table.
pub(crate) const ACCEPTED: &str = "accepted";

const LOOPBACK: &str = "Domain MX in loopback network";
const LOOPBACK_6: &str = "Domain MX is Loopback address";
const COLLISION: &str = "Domain MX is an ICANN name collision marker";
const PRIVATE: &str = "Domain MX in RFC 1918 private network";

/// Recipients whose domain part is none that the list can be asked about, or none that a zone file has a verdict for.
pub(crate) const NOT_IN_THE_WORLD: [&str; 5] = [
    "[127.0.0.1]",
    "[IPv6:::1]",
    "localhost",
    "collision",
    TOO_LONG,
];

/// 242 octets: with `.bogusmx.local` behind it, longer than a domain name can be.
const TOO_LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.\
bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.\
cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.\
ddddddddddddddddddddddddddddddddddddddddddddddddddddddd.names";

/// One domain, with the outcome in Postfix and with the list.
pub(crate) struct Difference {
    pub(crate) domain: &'static str,
    pub(crate) table: &'static str,
    pub(crate) list: &'static str,
    pub(crate) why: &'static str,
}

/// Differences with one reason: domain, outcome in Postfix, outcome with the list.
struct Group {
    why: &'static str,
    differences: &'static [(&'static str, &'static str, &'static str)],
}

const WITH_ANY_TABLE: [Group; 8] = [
    Group {
        why: "The list looks into IPv6 addresses that carry an IPv4 address. Postfix compares them as they are, \
               and mail for them loops all the same.",
        differences: &[
            ("mapped-loop.embedded", ACCEPTED, LOOPBACK),
            ("mapped-private.embedded", ACCEPTED, PRIVATE),
            ("nat64-loop.embedded", ACCEPTED, LOOPBACK),
            ("sixtofour-loop.embedded", ACCEPTED, LOOPBACK),
            ("sixtofour-private.embedded", ACCEPTED, PRIVATE),
            ("siit-loop.embedded", ACCEPTED, LOOPBACK),
            ("mapped-loop.literal", ACCEPTED, LOOPBACK),
        ],
    },
    Group {
        why: "A null MX beside other records: Postfix takes the domain for one that takes no mail. RFC 7505 \
               forbids the mix, and the mail goes to the other records.",
        differences: &[
            ("beside-bad.null", ACCEPTED, LOOPBACK),
            ("behind-bad.null", ACCEPTED, LOOPBACK),
        ],
    },
    Group {
        why: "The list looks at the best 16 exchangers, and lists nothing because of those it did not look at.",
        differences: &[("seventeen.mixed", LOOPBACK, ACCEPTED)],
    },
    Group {
        why: "Postfix takes the first hit in the order of the DNS answer, the list that of the best preference.",
        differences: &[("upside-down.mixed", PRIVATE, LOOPBACK)],
    },
    Group {
        why: "Postfix looks exchangers up through the C library, which believes the hosts file and numbers in any \
               notation. Its own delivery does neither, and the list is the same for every mail server.",
        differences: &[
            ("hosts-file.good", LOOPBACK, ACCEPTED),
            ("hexadecimal.literal", LOOPBACK, ACCEPTED),
            // glibc knows names below localhost by their IPv6 address.
            ("below-localhost.literal", LOOPBACK_6, LOOPBACK),
        ],
    },
    Group {
        why: "An exchanger below the list's own origin: the list would have to ask itself.",
        differences: &[
            ("below-origin.own", LOOPBACK, ACCEPTED),
            ("test-point.own", LOOPBACK, ACCEPTED),
        ],
    },
    Group {
        why: "Postfix asks no list about an address in brackets.",
        differences: &[
            ("[127.0.0.1]", LOOPBACK, ACCEPTED),
            ("[IPv6:::1]", LOOPBACK_6, ACCEPTED),
        ],
    },
    Group {
        why: "A name that cannot be asked about: too long with the origin behind it.",
        differences: &[(TOO_LONG, LOOPBACK, ACCEPTED)],
    },
];

const SINGLE_LABEL: &str =
    "A domain of a single label is never listed: list monitors ask such names at random.";

const WITH_SEED_TABLE: [Group; 1] = [Group {
    why: SINGLE_LABEL,
    differences: &[
        ("localhost", LOOPBACK, ACCEPTED),
        ("collision", LOOPBACK, ACCEPTED),
    ],
}];

const WITH_SHIPPED_TABLE: [Group; 2] = [
    Group {
        why: SINGLE_LABEL,
        differences: &[
            ("localhost", LOOPBACK, ACCEPTED),
            ("collision", COLLISION, ACCEPTED),
        ],
    },
    Group {
        why: "A row that exempts an address ends Postfix's search for the whole domain. For the list, it speaks of \
              that address alone.",
        differences: &[("exempt-first.mixed", ACCEPTED, LOOPBACK)],
    },
];

/// With the seed's table.
pub(crate) fn with_seed_table() -> Vec<Difference> {
    all(&WITH_SEED_TABLE)
}

/// With the table that the program ships.
pub(crate) fn with_shipped_table() -> Vec<Difference> {
    all(&WITH_SHIPPED_TABLE)
}

/// Those of one table, and those of any.
fn all(groups: &[Group]) -> Vec<Difference> {
    let groups = WITH_ANY_TABLE.iter().chain(groups);
    let entries = groups.flat_map(|group| {
        let why = group.why;
        let entries = group.differences.iter();
        entries.map(move |&(domain, table, list)| Difference {
            domain,
            table,
            list,
            why,
        })
    });
    entries.collect()
}
