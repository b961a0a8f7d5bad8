//! The fields of a line of Exim's main log. What stands in quotes somebody else has written, and no field begins there.

use memchr::memchr3_iter;

use super::cut;
use super::event::Relay;

/// `R=dnslookup T=remote_smtp H=mx.hot.de [192.0.1.1]:25 C="250 ok"`
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

/// A host: `H=name (helo) [address]:port`, where the name and the port may be missing.
pub(super) struct Host<'a> {
    pub(super) name: &'a [u8],
    pub(super) address: &'a [u8],
    port: &'a [u8],
    /// What follows.
    pub(super) rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// The value of a field, as `A=`.
    pub(super) fn get(self, name: &[u8]) -> Option<&'a [u8]> {
        Some(cut::before(self.from(name)?, b' '))
    }

    /// Only those before a field.
    pub(super) fn before(self, name: &[u8]) -> Self {
        let rest = self.from(name).map_or(0, |rest| rest.len() + name.len());
        Self(self.0.get(..self.0.len() - rest).unwrap_or(self.0))
    }

    /// The host.
    pub(super) fn host(self) -> Option<Host<'a>> {
        let rest = self.from(b"H=")?;
        // A client without a name may call itself "[127.0.0.1]", which stands in parentheses.
        let (name, rest) = match rest.strip_prefix(b"[") {
            Some(rest) => (b"".as_slice(), rest),
            None => cut::at_text(rest, b" [")?,
        };
        let (address, rest) = cut::at(rest, b']')?;
        let name = cut::before(name, b' ');
        let port = match rest.strip_prefix(b":") {
            Some(port) => port.split(|octet| !octet.is_ascii_digit()).next()?,
            None => b"",
        };
        Some(Host {
            name: if name.starts_with(b"(") { b"" } else { name },
            address,
            port,
            rest: cut::at(rest, b' ').map_or(b"", |(_, rest)| rest),
        })
    }

    /// The reason, which follows the last field and a colon.
    pub(super) fn reason(self) -> Option<&'a [u8]> {
        let ends_field = |at: &usize| {
            self.0
                .get(..*at)
                .is_some_and(|before| before.ends_with(b":"))
        };
        self.0.get(spaces(self.0).find(ends_field)? + 1..)
    }

    /// What follows the name of a field.
    fn from(self, name: &[u8]) -> Option<&'a [u8]> {
        let begins = |at: usize| self.0.get(at..)?.strip_prefix(name);
        begins(0).or_else(|| spaces(self.0).find_map(|at| begins(at + 1)))
    }
}

impl<'a> Host<'a> {
    /// The host as a mail server of a domain.
    pub(super) fn relay(&self) -> Option<Relay<'a>> {
        Some(Relay::Host {
            name: self.name,
            address: cut::ip(self.address)?,
            is_smtp: self.is_smtp(),
        })
    }

    /// Whether it may be a mail server of a domain. Where the port is not said, a filter has this name.
    pub(super) fn is_smtp(&self) -> bool {
        matches!(self.port, b"" | b"25") && self.name != b"localhost"
    }
}

/// Where spaces stand outside quotes.
pub(super) fn spaces(text: &[u8]) -> impl Iterator<Item = usize> {
    let (mut is_quoted, mut escaped) = (false, None);
    memchr3_iter(b' ', b'"', b'\\', text).filter(move |at| {
        let is_escaped = escaped == Some(*at);
        match text.get(*at) {
            Some(b'"') if !is_escaped => is_quoted = !is_quoted,
            Some(b'\\') if !is_escaped => escaped = Some(*at + 1),
            Some(b' ') => return !is_quoted,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_field_begins_in_quotes() {
        let fields = Fields(b"F=<\"a H=evil [192.0.1.66] A=b: c\"@hot.de> H=(x) [192.0.1.1]:10025 C=\"250: ok\": why: so");
        let host = fields.host().unwrap();
        assert_eq!(
            (host.name, host.address, host.port),
            (&b""[..], &b"192.0.1.1"[..], &b"10025"[..])
        );
        assert!(!host.is_smtp());
        assert_eq!(fields.get(b"A="), None);
        assert_eq!(fields.reason(), Some(&b"why: so"[..]));
        assert_eq!(fields.before(b"H=").get(b"C="), None);
    }

    #[test]
    fn clients_by_what_they_call_themselves() {
        let check = |text: &str, name: &str, address: &str| {
            let host = Fields(text.as_bytes()).host().unwrap();
            assert_eq!(
                (host.name, host.address),
                (name.as_bytes(), address.as_bytes()),
                "{text}"
            );
        };
        check("H=([127.0.0.1]) [192.0.1.1]", "", "192.0.1.1");
        check("H=[192.0.1.1]", "", "192.0.1.1");
        check("H=a.de (b) [192.0.1.1]:4711 P=esmtp", "a.de", "192.0.1.1");
        assert!(Fields(b"P=local S=1").host().is_none());
    }

    /// Octet by octet.
    fn spaces_by_octet(text: &[u8]) -> Vec<usize> {
        let (mut is_quoted, mut is_escaped, mut found) = (false, false, Vec::new());
        for (at, octet) in text.iter().enumerate() {
            if *octet == b'"' && !is_escaped {
                is_quoted = !is_quoted;
            }
            is_escaped = *octet == b'\\' && !is_escaped;
            if *octet == b' ' && !is_quoted {
                found.push(at);
            }
        }
        found
    }

    proptest! {
        #[test]
        fn spaces_are_those_outside_quotes(text in r#"[a \\"]{0,40}"#) {
            let found: Vec<_> = spaces(text.as_bytes()).collect();
            prop_assert_eq!(found, spaces_by_octet(text.as_bytes()));
        }
    }
}
