//! The name of a query, as on the wire and as text: `verdict/domain` and `front/zone`.

use crate::front::fixture;
use crate::front::zone::{NotListedAs, Place, Settled, UndecidedAs, Zone, place};
use crate::verdict::domain::NameBuffer;
use crate::verdict::{Domain, Table};

/// One lies in another one, and one ends as another one does.
const ORIGINS: [&str; 4] = [
    "bogusmx.local",
    "nx.bogusmx.local",
    "local.example",
    "example",
];

/// The names of the shipped zone file.
const FIXED: [&str; 4] = ["", "ns", "test", "2.0.0.127"];

thread_local! {
    static ZONES: Box<[Zone]> = ORIGINS.map(zone).into();
}

fn zone(origin: &str) -> Zone {
    let table = Table::parse("", "empty").unwrap();
    fixture::zone(
        origin,
        NotListedAs::default(),
        UndecidedAs::default(),
        table,
    )
}

/// A name is placed as a reader of its labels, one by one, places it, and a mail domain is the one that was spelled, in
/// lower case. A text is a domain exactly if its labels are those of a host.
pub fn run(octets: &[u8]) {
    check_text(&String::from_utf8_lossy(octets));
    let mut buffer = NameBuffer::new();
    ZONES.with(|zones| {
        let placed = place(zones, octets, &mut buffer);
        // Nothing else comes out of a packet; it must not panic all the same.
        if let Some(labels) = labels(octets) {
            assert_eq!(describe(&placed), expected(&labels));
        }
    });
}

fn check_text(text: &str) {
    let bare = text.strip_suffix('.').unwrap_or(text);
    let is_fit = bare.len() <= 253 && bare.split('.').all(|label| is_of_host(label.as_bytes()));
    let parsed = Domain::parse(text);
    assert_eq!(parsed.is_ok(), is_fit, "{parsed:?}");
    if let Ok(domain) = parsed {
        assert_eq!(domain.as_str(), bare.to_ascii_lowercase());
        assert_eq!(Domain::parse(domain.as_str()), Ok(domain));
    }
}

/// The labels of a name that is whole, has no pointers, and keeps to the lengths of RFC 1035, section 2.3.4.
fn labels(octets: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut labels, mut rest) = (Vec::new(), octets);
    loop {
        let (length, after) = rest.split_first()?;
        let (label, after) = after.split_at_checked((*length).into())?;
        if label.is_empty() {
            return (after.is_empty() && octets.len() <= 255).then_some(labels);
        }
        if label.len() > 63 {
            return None;
        }
        labels.push(label);
        rest = after;
    }
}

fn is_of_host(label: &[u8]) -> bool {
    let is_fit =
        |octet: &u8| matches!(octet, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_');
    let edges = [label.first(), label.last()];
    (1..=63).contains(&label.len()) && label.iter().all(is_fit) && !edges.contains(&Some(&b'-'))
}

/// What stands in front of another name, the root for the empty one, if this one lies at or below it.
fn below<'l, 'o>(labels: &'l [&'o [u8]], origin: &str) -> Option<&'l [&'o [u8]]> {
    let above = origin
        .split('.')
        .filter(|label| !label.is_empty())
        .collect::<Vec<_>>();
    let (rest, end) = labels.split_at_checked(labels.len().checked_sub(above.len())?)?;
    let is_same = |(one, other): (&&[u8], &&str)| one.eq_ignore_ascii_case(other.as_bytes());
    end.iter().zip(&above).all(is_same).then_some(rest)
}

/// What [`place`] has to say, by the table of query names: zone file, then mail domains, then what is never listed.
fn expected(labels: &[&[u8]]) -> String {
    let below_each = ORIGINS
        .iter()
        .filter_map(|origin| Some((origin, below(labels, origin)?)));
    let Some((origin, rest)) = below_each.min_by_key(|(_, rest)| rest.len()) else {
        return "outside".to_owned();
    };
    let is_it = |name: &&str| below(rest, name).is_some_and(<[_]>::is_empty);
    if FIXED.iter().any(is_it) {
        return format!("{origin} has it");
    }
    let is_host = rest.iter().all(|label| is_of_host(label));
    let is_numeric = rest
        .iter()
        .all(|label| label.iter().all(u8::is_ascii_digit));
    let is_own = ORIGINS.iter().any(|origin| below(rest, origin).is_some());
    if rest.len() > 1 && is_host && !is_numeric && !is_own {
        let text = rest
            .iter()
            .map(|label| String::from_utf8_lossy(label))
            .collect::<Vec<_>>();
        return format!("{origin} asks {}", text.join(".").to_ascii_lowercase());
    }
    let is_above = |name: &&str| {
        let known = name.split('.').map(str::as_bytes).collect::<Vec<_>>();
        let mut ends = known.iter().rev().zip(rest.iter().rev());
        known.len() > rest.len() && ends.all(|(one, other)| one.eq_ignore_ascii_case(other))
    };
    let is_nodata = rest.len() == 1 || FIXED.iter().any(is_above);
    format!("{origin} never, nodata {is_nodata}")
}

fn describe(place: &Place<'_, '_>) -> String {
    match place {
        Place::Settled(Settled::Outside) => "outside".to_owned(),
        Place::Settled(Settled::Fixed(zone, records)) => {
            assert!(!records.is_empty());
            format!("{} has it", zone.origin)
        }
        Place::Settled(Settled::Never { zone, is_nodata }) => {
            format!("{} never, nodata {is_nodata}", zone.origin)
        }
        Place::Mail(zone, domain) => {
            let name = domain.to_domain();
            assert_eq!(Domain::parse(name.as_str()), Ok(name.clone()));
            assert_eq!(name.as_ref(), *domain);
            format!("{} asks {name}", zone.origin)
        }
    }
}
