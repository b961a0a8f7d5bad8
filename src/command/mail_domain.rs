//! The mail domain of what people and logs write: a domain or a mail address.

use std::net::Ipv6Addr;

use thiserror::Error;

use crate::verdict::Domain;
use crate::verdict::domain::Unfit;

/// What is no domain.
#[derive(Debug, Error)]
pub(super) enum NoDomain {
    #[error("{0}")]
    Unfit(#[from] Unfit),
    #[error("'{0}' is not allowed in a domain")]
    Character(char),
    #[error("an address, not a mail domain: a mail server delivers there without any look-up")]
    Address,
    #[error("the international name cannot be written in ASCII")]
    International,
}

/// The mail domain of a domain or mail address as people write it.
pub(super) fn domain_of(text: &str) -> Result<Domain, NoDomain> {
    let text = text.trim_start_matches('<').trim_end_matches('>');
    let domain = text.rsplit_once('@').map_or(text, |(_, domain)| domain);
    let literal = domain.trim_start_matches('[').trim_end_matches(']');
    if literal != domain || literal.parse::<Ipv6Addr>().is_ok() {
        return Err(NoDomain::Address);
    }
    if domain.is_ascii() {
        return Domain::parse(domain).map_err(|unfit| match (unfit, bad_character(domain)) {
            (Unfit::BadOctet, Some(character)) => NoDomain::Character(character),
            (unfit, _) => unfit.into(),
        });
    }
    let ascii = idna::domain_to_ascii(domain).map_err(|_| NoDomain::International)?;
    Ok(Domain::parse(&ascii)?)
}

/// The first character that no domain has.
fn bad_character(domain: &str) -> Option<char> {
    let is_good = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    domain.chars().find(|character| !is_good(*character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        let read = domain_of(text);
        let read = read
            .as_ref()
            .map(Domain::as_str)
            .map_err(ToString::to_string);
        assert_eq!(read, expected.map_err(ToOwned::to_owned), "{text}");
    }

    #[test]
    fn domains_and_addresses_as_people_write_them() {
        check("Hot.de", Ok("hot.de"));
        check("jfhfdq@hot.de", Ok("hot.de"));
        check("<jfhfdq@hot.de>", Ok("hot.de"));
        check("\"a@b\"@hot.de", Ok("hot.de"));
        check("post@müller.de", Ok("xn--mller-kva.de"));
        check("", Err("the name is empty"));
        check("user@", Err("the name is empty"));
        check("hot de", Err("' ' is not allowed in a domain"));
        let address =
            "an address, not a mail domain: a mail server delivers there without any look-up";
        check("x@[127.0.0.1]", Err(address));
        check("x@[IPv6:::1]", Err(address));
        check("::1", Err(address));
    }
}
