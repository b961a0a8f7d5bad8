//! Who writes to whom: domains, mail servers, people. All addresses are public, but for those of the bogus domains.

use std::rc::Rc;

use super::dice::Dice;

const SYLLABLES: [&str; 40] = [
    "al", "an", "ar", "bau", "ber", "bo", "ca", "chen", "da", "del", "do", "en", "er", "fa",
    "feld", "gen", "hau", "ho", "in", "ka", "ko", "la", "lin", "ma", "mer", "mo", "na", "ner",
    "no", "pe", "ra", "ri", "sa", "schu", "sta", "tek", "ti", "ver", "wa", "zen",
];
const ENDINGS: [&str; 10] = [
    "de", "com", "de", "net", "org", "eu", "co.uk", "fr", "es", "at",
];
const FIRST_NAMES: [&str; 32] = [
    "anna",
    "antonetta",
    "ben",
    "carlos",
    "christine",
    "david",
    "elke",
    "eva",
    "fatima",
    "frank",
    "george",
    "hans",
    "ines",
    "jan",
    "jose",
    "julia",
    "karin",
    "klaus",
    "laura",
    "lena",
    "luis",
    "maria",
    "martin",
    "michael",
    "nina",
    "olga",
    "paco",
    "peter",
    "sabine",
    "stefan",
    "thomas",
    "ute",
];
const ROLES: [&str; 8] = [
    "info",
    "kontakt",
    "office",
    "sales",
    "service",
    "shop",
    "buchhaltung",
    "webmaster",
];
/// First octets of networks with nothing but public addresses.
const PUBLIC: [u32; 24] = [
    5, 31, 37, 46, 62, 77, 78, 80, 81, 82, 84, 85, 87, 88, 91, 93, 94, 109, 178, 188, 194, 212,
    213, 217,
];

/// What software a mail server runs, for its replies differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Software {
    #[default]
    Postfix,
    Exim,
    Google,
    Microsoft,
    Yahoo,
    Gmx,
}

/// A domain of others.
#[derive(Debug, Default)]
pub(super) struct Site {
    pub(super) domain: String,
    /// Its mail server, as `host[address]`, by IPv4 and perhaps also by IPv6.
    pub(super) servers: Vec<String>,
    pub(super) software: Software,
}

/// A domain with an MX that leads nowhere.
#[derive(Debug, Default)]
pub(super) struct Bogus {
    pub(super) domain: String,
    /// As `host[address]`; nothing, if the mail server does not get as far as a connection.
    pub(super) server: Option<String>,
}

/// A customer of the house.
#[derive(Debug, Default)]
pub(super) struct Customer {
    pub(super) domain: String,
    /// The user that runs the customer's web site.
    pub(super) uid: u32,
}

pub(super) struct World {
    /// Most written to first.
    pub(super) sites: Vec<Rc<Site>>,
    pub(super) customers: Vec<Rc<Customer>>,
    pub(super) bogus: Vec<Rc<Bogus>>,
    /// Clients at the ends of dynamic lines, mostly robots, as `host[address]`.
    robots: Vec<Rc<str>>,
}

/// Domain, mail server, its network, its software.
const BIG: [(&str, &str, &str, Software); 12] = [
    (
        "gmail.com",
        "gmail-smtp-in.l.google.com",
        "173.194.65",
        Software::Google,
    ),
    ("gmx.de", "mx00.emig.gmx.net", "213.165.67", Software::Gmx),
    ("web.de", "mx-ha02.web.de", "213.165.67", Software::Gmx),
    (
        "t-online.de",
        "mx01.t-online.de",
        "194.25.134",
        Software::Postfix,
    ),
    (
        "hotmail.com",
        "mx3.hotmail.com",
        "65.55.92",
        Software::Microsoft,
    ),
    (
        "googlemail.com",
        "gmail-smtp-in.l.google.com",
        "173.194.65",
        Software::Google,
    ),
    (
        "yahoo.com",
        "mta7.am0.yahoodns.net",
        "98.136.216",
        Software::Yahoo,
    ),
    (
        "outlook.com",
        "mx1.hotmail.com",
        "65.55.92",
        Software::Microsoft,
    ),
    (
        "hotmail.de",
        "mx2.hotmail.com",
        "65.55.33",
        Software::Microsoft,
    ),
    (
        "yahoo.es",
        "mx-eu.mail.am0.yahoodns.net",
        "188.125.69",
        Software::Yahoo,
    ),
    ("freenet.de", "emig.freenet.de", "195.4.92", Software::Exim),
    (
        "aol.com",
        "mailin-03.mx.aol.com",
        "64.12.88",
        Software::Postfix,
    ),
];

/// Those of the seed, and where their mail server is thought to be.
const BOGUS: [(&str, Option<&str>); 20] = [
    ("hot.de", None),
    ("hotmaol.de", None),
    ("beer.com", None),
    ("iphone.com", Some("mail.iphone.com[127.0.0.6]")),
    ("hotmeil.es", None),
    ("hahoo.es", None),
    ("man.net", None),
    ("adulto.com", None),
    ("gamiel.com", None),
    (
        "live.ong",
        Some("your-dns-needs-immediate-attention.ong[127.0.53.53]"),
    ),
    ("mhx.com", Some("mail.mhx.com[0.0.0.0]")),
    ("ghn.com", None),
    ("webv.de", None),
    ("gaile.com", None),
    ("version.net", None),
    ("mail.holzweg.example", None),
    ("testnetz.example", Some("mx.testnetz.example[192.0.2.25]")),
    ("sechs.example", Some("mx.sechs.example[::1]")),
    ("abgeschaltet.example", Some("localhost[127.0.0.1]")),
    ("laufwerk.example", Some("mx.laufwerk.example[169.254.3.7]")),
];

impl World {
    pub(super) fn new(dice: &mut Dice) -> Self {
        let big = BIG.map(|(domain, host, network, software)| Site {
            domain: domain.to_owned(),
            servers: (0..4)
                .map(|_| format!("{host}[{network}.{}]", 1 + dice.below(254)))
                .collect(),
            software,
        });
        let mut sites: Vec<Rc<Site>> = big.into_iter().map(Rc::new).collect();
        sites.extend((0..3000).map(|nth| Rc::new(Site::invented(nth, dice))));
        let customers = (0..400).map(|nth| {
            let domain = if nth == 0 {
                "company.de".to_owned()
            } else {
                domain(dice)
            };
            Rc::new(Customer {
                domain,
                uid: 10_000 + nth,
            })
        });
        let customers = customers.collect();
        let seed = BOGUS.map(|(domain, server)| Bogus {
            domain: domain.to_owned(),
            server: server.map(str::to_owned),
        });
        let mut bogus: Vec<Rc<Bogus>> = seed.into_iter().map(Rc::new).collect();
        bogus.extend((0..80).map(|_| Rc::new(Bogus::misspelt(dice))));
        let robots = (0..20_000).map(|_| robot(dice).into()).collect();
        Self {
            sites,
            customers,
            bogus,
            robots,
        }
    }

    /// A client at the end of a dynamic line.
    pub(super) fn nobody(&self, dice: &mut Dice) -> Rc<str> {
        match dice.one_in(5) {
            true => robot(dice).into(),
            false => dice.often_first(&self.robots),
        }
    }

    /// A client that brings mail for the house, as `host[address]`.
    pub(super) fn client(&self, dice: &mut Dice) -> Rc<str> {
        if dice.one_in(8) {
            return self.nobody(dice);
        }
        let site = dice.often_first(&self.sites);
        let server = dice.pick(&site.servers);
        match site.software {
            Software::Google => {
                let (third, last) = (160 + dice.below(4), dice.below(256));
                format!("mail-wi0-f{last}.google.com[209.85.{third}.{last}]").into()
            }
            Software::Microsoft => {
                let nth = 1 + dice.below(250);
                format!(
                    "bay004-omc{}s{nth}.hotmail.com[65.54.190.{nth}]",
                    1 + nth % 4
                )
                .into()
            }
            Software::Postfix | Software::Exim | Software::Yahoo | Software::Gmx => server.into(),
        }
    }

    /// An address at a domain of others.
    pub(super) fn stranger(&self, dice: &mut Dice) -> (String, Rc<Site>) {
        let site = dice.often_first(&self.sites);
        (format!("{}@{}", person(dice), site.domain), site)
    }

    /// An address of the house.
    pub(super) fn inmate(&self, dice: &mut Dice) -> String {
        let customer = dice.often_first(&self.customers);
        let name = match dice.percent(50) {
            true => dice.pick(&ROLES).to_owned(),
            false => dice.pick(&FIRST_NAMES).to_owned(),
        };
        format!("{name}@{}", customer.domain)
    }
}

impl Site {
    fn invented(nth: u32, dice: &mut Dice) -> Self {
        let domain = domain(dice);
        let host = match nth % 5 {
            0 => domain.clone(),
            1 => format!("mx1.{domain}"),
            2 => format!("mx.{}", self::domain(dice)),
            _ => format!("mail.{domain}"),
        };
        let mut servers = vec![format!("{host}[{}]", public_v4(dice))];
        if nth.is_multiple_of(4) {
            servers.push(format!("{host}[{}]", public_v6(dice)));
        }
        let software = match nth % 3 {
            0 => Software::Exim,
            _ => Software::Postfix,
        };
        Self {
            domain,
            servers,
            software,
        }
    }
}

impl Bogus {
    /// A domain that people mean to be a big one.
    fn misspelt(dice: &mut Dice) -> Self {
        let (right, ..) = dice.pick(&BIG.map(|(domain, ..)| (domain, ())));
        let (name, ending) = right.split_once('.').unwrap_or((right, "de"));
        let mut letters: Vec<char> = name.chars().collect();
        let (one, other) = (dice.place(letters.len()), dice.place(letters.len()));
        letters.swap(one, other);
        letters.insert(one, dice.pick(&['a', 'e', 'i', 'l', 'm', 'o', 's', 'x']));
        let name: String = letters.into_iter().collect();
        let domain = format!("{}.{ending}", name.trim_matches('-'));
        let server = dice.one_in(3).then(|| {
            let address = match dice.below(4) {
                0 => "127.0.0.1".to_owned(),
                1 => "0.0.0.0".to_owned(),
                _ => format!("127.{}.0.{}", dice.below(3), 2 + dice.below(250)),
            };
            format!("mail.{domain}[{address}]")
        });
        Self { domain, server }
    }
}

fn domain(dice: &mut Dice) -> String {
    let mut name = String::new();
    for _ in 0..2 + dice.below(3) {
        name.push_str(dice.pick(&SYLLABLES));
    }
    if dice.one_in(4) {
        name.push('-');
        name.push_str(dice.pick(&SYLLABLES));
        name.push_str(dice.pick(&SYLLABLES));
    }
    format!("{name}.{}", dice.pick(&ENDINGS))
}

/// What is in front of the @.
pub(super) fn person(dice: &mut Dice) -> String {
    let (first, more) = (dice.pick(&FIRST_NAMES), dice.pick(&SYLLABLES));
    let last = dice.pick(&SYLLABLES);
    match dice.below(10) {
        0 | 1 => dice.pick(&ROLES).to_owned(),
        2 | 3 => format!("{first}.{last}{more}"),
        4 => format!("{first}_{last}"),
        5 | 6 => format!("{first}{}", 50 + dice.below(50)),
        7 => format!("{last}{more}"),
        8 => format!("{first}-{last}{more}.{}", dice.below(1000)),
        _ => first.to_owned(),
    }
}

fn public_v4(dice: &mut Dice) -> String {
    let [second, third] = [dice.below(256), dice.below(256)];
    format!(
        "{}.{second}.{third}.{}",
        dice.pick(&PUBLIC),
        1 + dice.below(254)
    )
}

fn public_v6(dice: &mut Dice) -> String {
    let registry = dice.pick(&["2a00", "2a01", "2a02", "2a03", "2607"]);
    let [second, third, last] = [(); 3].map(|()| 1 + dice.below(0xfffe));
    format!("{registry}:{second:x}:{third:x}::{last:x}")
}

fn robot(dice: &mut Dice) -> String {
    let address = public_v4(dice);
    match dice.below(3) {
        0 => format!("unknown[{address}]"),
        1 => format!("p{:08X}.dip0.t-ipconnect.de[{address}]", dice.word() >> 32),
        _ => format!(
            "{}.dynamic.{}.example[{address}]",
            address.replace('.', "-"),
            dice.pick(&SYLLABLES)
        ),
    }
}
