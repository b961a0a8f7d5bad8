//! The one normal form of a domain name: what the cache is keyed by and what goes upstream.

use std::fmt;
use std::net::IpAddr;

use arrayvec::ArrayVec;
use thiserror::Error;

/// The longest name in text form, without the final dot: 255 octets on the wire (RFC 1035,
/// section 2.3.4) less the root label and the first length octet.
const NAME_OCTETS_MAX: usize = 253;

/// The longest label (RFC 1035, section 2.3.4).
const LABEL_OCTETS_MAX: usize = 63;

/// A domain name of letters, digits, `-` and `_`, in lower case, without the final dot.
///
/// It serves for mail domains, for MX hosts and for the origins of our own zones. Two names that
/// DNS holds equal (RFC 4343) are equal here.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(Box<str>);

/// A [`Domain`] that lies elsewhere: one is made of every query, without touching the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DomainRef<'b>(&'b [u8]);

/// A name of any octets as text in lower case, without the final dot; empty for the root.
///
/// Octets that would be taken for something else there, a dot within a label for one, are replaced
/// by one that no name has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spelled<'b> {
    octets: &'b [u8],
    /// Whether its labels are those of a host name.
    is_fit: bool,
}

/// Room for the longest name as text.
pub type NameBuffer = ArrayVec<u8, NAME_OCTETS_MAX>;

/// What stands in a spelled name for an octet that no text has.
const NO_TEXT: u8 = 1;

/// Why a name cannot be a [`Domain`].
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Unfit {
    /// The root, or nothing at all.
    #[error("the name is empty")]
    Empty,
    /// Two dots in a row, or a dot in front.
    #[error("a label is empty")]
    EmptyLabel,
    /// A label of more than 63 octets.
    #[error("a label has more than 63 octets")]
    LabelTooLong,
    /// More than 255 octets on the wire.
    #[error("the name has more than 255 octets")]
    TooLong,
    /// An octet that no host name has.
    #[error("a label has an octet other than letters, digits, '-' and '_'")]
    BadOctet,
    /// `-` at the edge of a label.
    #[error("a label begins or ends with '-'")]
    EdgeHyphen,
}

/// Why a well-formed [`Domain`] is not looked up as a mail domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMail {
    /// One label only: a mail domain has a dot, and list monitors ask random single labels.
    SingleLabel,
    /// Digits only: an IP address, often a reversed one from a client that takes us for an IP list.
    AllNumeric,
}

impl Domain {
    /// Reads a name as people and zone files write it; a final dot is allowed.
    ///
    /// # Errors
    /// [`Unfit`] says which rule of a host name the text breaks.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Err(Unfit::Empty);
        }
        Self::from_labels(text.split('.').map(str::as_bytes))
    }

    /// Builds a name from its labels as they stand on the wire, without the root label.
    ///
    /// # Errors
    /// [`Unfit`] says which rule of a host name a label breaks. `_` is allowed as Postfix's
    /// `valid_hostname()` allows it.
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Unfit> {
        let mut name = String::with_capacity(32);
        for label in labels {
            check_label(label)?;
            if !name.is_empty() {
                name.push('.');
            }
            name.extend(
                label
                    .iter()
                    .map(|octet| char::from(octet.to_ascii_lowercase())),
            );
        }
        if name.is_empty() {
            return Err(Unfit::Empty);
        }
        if name.len() > NAME_OCTETS_MAX {
            return Err(Unfit::TooLong);
        }
        Ok(Self(name.into_boxed_str()))
    }

    /// The same name, borrowed.
    pub fn as_ref(&self) -> DomainRef<'_> {
        DomainRef(self.0.as_bytes())
    }

    /// The name in lower case, without the final dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The labels, the leftmost first.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// Whether the name is `origin` or lies below it.
    pub fn is_at_or_below(&self, origin: &Self) -> bool {
        self.as_ref().is_at_or_below(origin)
    }

    /// Why the name is answered without a look-up, if it is no mail domain.
    pub fn not_mail(&self) -> Option<NotMail> {
        self.as_ref().not_mail()
    }

    /// Whether the name is `localhost` or below it: loopback by name (RFC 6761, section 6.3).
    pub fn is_localhost(&self) -> bool {
        self.labels().next_back() == Some("localhost")
    }

    /// The address that the name spells, as in the faulty record `MX 10 127.0.0.1.`.
    pub fn as_literal(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }
}

impl<'b> DomainRef<'b> {
    /// The name whose octets these are: they have been those of a [`Domain`] before.
    pub fn from_normal(octets: &'b [u8]) -> Self {
        Self(octets)
    }

    /// The name, then all that it lies below, the nearest first.
    pub fn and_parents(self) -> impl Iterator<Item = Self> {
        let parent = |name: &Self| {
            let dot = name.0.iter().position(|octet| *octet == b'.')?;
            name.0.get(dot + 1..).map(Self)
        };
        std::iter::successors(Some(self), parent)
    }

    /// The octets of the name in lower case, without the final dot: all of them ASCII.
    pub fn as_octets(self) -> &'b [u8] {
        self.0
    }

    /// The same name on the heap.
    pub fn to_domain(self) -> Domain {
        let text = str::from_utf8(self.0).unwrap_or_default();
        Domain(text.into())
    }

    /// Whether the name is `origin` or lies below it.
    pub fn is_at_or_below(self, origin: &Domain) -> bool {
        self.0
            .strip_suffix(origin.as_str().as_bytes())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with(b"."))
    }

    /// Why the name is answered without a look-up, if it is no mail domain.
    pub fn not_mail(self) -> Option<NotMail> {
        let mut octets = self.0.iter();
        if !self.0.contains(&b'.') {
            Some(NotMail::SingleLabel)
        } else if octets.all(|octet| *octet == b'.' || octet.is_ascii_digit()) {
            Some(NotMail::AllNumeric)
        } else {
            None
        }
    }
}

impl<'b> Spelled<'b> {
    /// Spells a name as it stands on the wire, without pointers; none if it is cut.
    #[inline]
    pub fn read(name: &[u8], buffer: &'b mut NameBuffer) -> Option<Self> {
        buffer.clear();
        let mut is_fit = true;
        // All at once, and then each length but the first becomes a dot.
        let text = name.get(1..name.len().checked_sub(1)?).unwrap_or_default();
        buffer.try_extend_from_slice(text).ok()?;
        let (mut rest, mut start) = (name, 0);
        loop {
            let (length, after) = rest.split_first()?;
            let (label, after) = after.split_at_checked((*length).into())?;
            if label.is_empty() {
                break;
            }
            let end = start + label.len();
            if !is_host_label(label) {
                is_fit = false;
                let spelled = buffer.get_mut(start..end)?.iter_mut();
                spelled.for_each(|octet| {
                    if !octet.is_ascii_graphic() || *octet == b'.' {
                        *octet = NO_TEXT;
                    }
                });
            }
            if let Some(dot) = buffer.get_mut(end) {
                *dot = b'.';
            }
            (rest, start) = (after, end + 1);
        }
        // What is behind the root is no part of it.
        buffer.truncate(start.saturating_sub(1));
        buffer.make_ascii_lowercase();
        Some(Self {
            octets: buffer,
            is_fit,
        })
    }

    /// What stands in front of `origin`, if the name lies at or below it.
    #[inline]
    pub fn below(self, origin: &Domain) -> Option<Self> {
        let rest = self.octets.strip_suffix(origin.as_str().as_bytes())?;
        let octets = match rest {
            [] => rest,
            _ => rest.strip_suffix(b".")?,
        };
        Some(Self { octets, ..self })
    }

    /// The octets of the text, which is ASCII.
    pub fn as_octets(self) -> &'b [u8] {
        self.octets
    }

    /// The text.
    pub fn as_str(self) -> &'b str {
        str::from_utf8(self.octets).unwrap_or_default()
    }

    /// Whether it is one label, or none.
    pub fn is_single_label(self) -> bool {
        !self.octets.contains(&b'.')
    }

    /// The name as that of a host, if it is one.
    pub fn domain(self) -> Option<DomainRef<'b>> {
        (self.is_fit && !self.octets.is_empty()).then_some(DomainRef(self.octets))
    }
}

/// Whether a label has only octets of host names, and no `-` at its edges. Without a way out in the
/// middle, so that many octets are looked at at once.
#[inline]
fn is_host_label(label: &[u8]) -> bool {
    let is_fit = |octet: &u8| octet.is_ascii_alphanumeric() | (*octet == b'-') | (*octet == b'_');
    let all = label.iter().fold(true, |all, octet| all & is_fit(octet));
    all && label.first() != Some(&b'-') && label.last() != Some(&b'-')
}

/// Checks one label against the rules of a host name.
fn check_label(label: &[u8]) -> Result<(), Unfit> {
    let allowed = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    if label.is_empty() {
        Err(Unfit::EmptyLabel)
    } else if label.len() > LABEL_OCTETS_MAX {
        Err(Unfit::LabelTooLong)
    } else if !label.iter().all(allowed) {
        Err(Unfit::BadOctet)
    } else if label.starts_with(b"-") || label.ends_with(b"-") {
        Err(Unfit::EdgeHyphen)
    } else {
        Ok(())
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Result<&str, Unfit>) {
        let parsed = Domain::parse(text);
        assert_eq!(
            parsed.as_ref().map(Domain::as_str),
            expected.as_ref().copied(),
            "{text}"
        );
    }

    #[test]
    fn one_normal_form() {
        check("Hot.DE.", Ok("hot.de"));
        check("hot.de", Ok("hot.de"));
        check("_dmarc.hot.de", Ok("_dmarc.hot.de"));
        check("xn--mller-kva.de", Ok("xn--mller-kva.de"));
        check("a-b.c_d", Ok("a-b.c_d"));
    }

    #[test]
    fn what_no_host_name_has() {
        check("", Err(Unfit::Empty));
        check(".", Err(Unfit::Empty));
        check("hot..de", Err(Unfit::EmptyLabel));
        check(".de", Err(Unfit::EmptyLabel));
        check("ho t.de", Err(Unfit::BadOctet));
        check("müller.de", Err(Unfit::BadOctet));
        check("-hot.de", Err(Unfit::EdgeHyphen));
        check("hot-.de", Err(Unfit::EdgeHyphen));
        check(
            &format!("{}.de", "a".repeat(63)),
            Ok(&format!("{}.de", "a".repeat(63))),
        );
        check(&format!("{}.de", "a".repeat(64)), Err(Unfit::LabelTooLong));
        let longest = format!("{}.{}", "a.".repeat(126), "b").replace("..", ".");
        check(&longest, Ok(&longest));
        check(&format!("c{longest}"), Err(Unfit::TooLong));
    }

    #[test]
    fn names_that_are_no_mail_domain() {
        let why = |text: &str| Domain::parse(text).unwrap().not_mail();
        assert_eq!(why("invalid"), Some(NotMail::SingleLabel));
        assert_eq!(why("1.0.0.127"), Some(NotMail::AllNumeric));
        assert_eq!(why("7"), Some(NotMail::SingleLabel));
        assert_eq!(why("163.com"), None);
        assert_eq!(why("hot.de"), None);
    }

    #[test]
    fn below_an_origin() {
        let below = |name: &str, origin: &str| {
            Domain::parse(name)
                .unwrap()
                .is_at_or_below(&Domain::parse(origin).unwrap())
        };
        assert!(below("bogusmx.local", "bogusmx.local"));
        assert!(below("x.bogusmx.local", "bogusmx.local"));
        assert!(!below("notbogusmx.local", "bogusmx.local"));
        assert!(!below("local", "bogusmx.local"));
    }

    #[test]
    fn localhost_and_literals() {
        let domain = |text: &str| Domain::parse(text).unwrap();
        assert!(domain("localhost").is_localhost());
        assert!(domain("mail.localhost").is_localhost());
        assert!(!domain("localhost.de").is_localhost());
        assert_eq!(
            domain("127.0.0.1").as_literal(),
            Some([127, 0, 0, 1].into())
        );
        assert_eq!(domain("127.0.0.1.de").as_literal(), None);
    }

    fn wire(labels: &[Vec<u8>]) -> Vec<u8> {
        let label = |label: &Vec<u8>| [&[u8::try_from(label.len()).unwrap()], &**label].concat();
        let mut name = labels.iter().map(label).collect::<Vec<_>>().concat();
        name.push(0);
        name
    }

    #[test]
    fn names_are_spelled_and_cut_at_an_origin() {
        let origin = Domain::parse("bogusmx.local").unwrap();
        let check = |name: &str, below: Option<&str>, is_domain: bool| {
            let labels = name.split('|').map(|label| label.as_bytes().to_vec());
            let labels: Vec<_> = labels.filter(|label| !label.is_empty()).collect();
            let mut buffer = NameBuffer::new();
            let spelled = Spelled::read(&wire(&labels), &mut buffer).unwrap();
            let rest = spelled.below(&origin);
            assert_eq!(rest.map(Spelled::as_str), below, "{name}");
            assert_eq!(
                rest.and_then(Spelled::domain).is_some(),
                is_domain,
                "{name}"
            );
        };
        check("Hot|DE|BogusMX|LOCAL", Some("hot.de"), true);
        check("bogusmx|local", Some(""), false);
        check("hot|de|notbogusmx|local", None, false);
        check("hot|de", None, false);
        check("", None, false);
        check("a.b|bogusmx|local", Some("a\u{1}b"), false);
        check("a b|de|bogusmx|local", Some("a\u{1}b.de"), false);
        check("m\u{fc}ller|bogusmx|local", Some("m\u{1}\u{1}ller"), false);
        check("-hot|de|bogusmx|local", Some("-hot.de"), false);
        check("hot-|de|bogusmx|local", Some("hot-.de"), false);
        check("*|de|bogusmx|local", Some("*.de"), false);
        assert_eq!(
            Spelled::read(&[3, b'h', b'o'], &mut NameBuffer::new()),
            None
        );
        assert_eq!(Spelled::read(&[], &mut NameBuffer::new()), None);
    }

    proptest! {
        /// What is spelled is fit exactly where it could be a domain, and then it is the same.
        #[test]
        fn spelling_and_parsing_agree(
            labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..6), 0..6),
            fit in "[a-zA-Z0-9_-]{1,10}",
        ) {
            for labels in [labels, vec![fit.into_bytes(), b"de".to_vec()]] {
                let parsed = Domain::from_labels(labels.iter().map(|label| &**label));
                let mut buffer = NameBuffer::new();
                let spelled = Spelled::read(&wire(&labels), &mut buffer).unwrap();
                let domain = spelled.domain().map(DomainRef::to_domain);
                prop_assert_eq!(domain, parsed.ok());
                prop_assert_eq!(spelled.as_str().split('.').count(), labels.len().max(1));
            }
        }

        #[test]
        fn no_text_panics_and_what_parses_is_stable(text in "\\PC{0,300}") {
            if let Ok(domain) = Domain::parse(&text) {
                prop_assert_eq!(Domain::parse(domain.as_str()), Ok(domain));
            }
        }

        #[test]
        fn labels_and_text_agree(text in "[a-zA-Z0-9_]{1,10}(\\.[a-zA-Z0-9_]{1,10}){0,5}") {
            let domain = Domain::parse(&text).unwrap();
            prop_assert_eq!(
                Domain::from_labels(text.split('.').map(str::as_bytes)),
                Ok(domain.clone())
            );
            prop_assert_eq!(domain.labels().collect::<Vec<_>>().join("."), text.to_lowercase());
        }
    }
}
