//! Where `reject_rhsbl_recipient` stands in a list of Postfix's restrictions, and whether it gets its turn there.
//!
//! The list is evaluated from left to right, and the first restriction that permits ends it (postconf(5),
//! `smtpd_recipient_restrictions`).

use std::net::Ipv4Addr;

use crate::verdict::Domain;

/// The restriction that asks the list about a recipient's domain.
const ASKS: &str = "reject_rhsbl_recipient";

/// Turns the next refusal into a line of the log.
const ONLY_WARNS: &str = "warn_if_reject";

/// What permits the mail of the host's own users, machines and web servers, which is the mail that bounces.
const PERMITS_OWN: [&str; 5] = [
    "permit_mynetworks",
    "permit_sasl_authenticated",
    "permit_tls_clientcerts",
    "permit_tls_all_clientcerts",
    "permit_inet_interfaces",
];

/// What ends a list for all mail.
const ENDS: [&str; 3] = ["permit", "reject", "defer"];

/// What the list is worth where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'l> {
    /// It is not there.
    Absent,
    /// It is asked about every recipient.
    Works,
    /// It is asked, and only logs.
    OnlyWarns,
    /// It is asked, but only this pattern of addresses counts, which none of its answers has.
    OtherCode(&'l str),
    /// Behind this restriction, which permits the mail of the host's own users.
    Behind(&'l str),
    /// It is asked when no recipient is known yet.
    TooEarly,
    /// Behind this restriction, which ends the list for all mail.
    Never(&'l str),
}

/// A zone that can be asked, and the addresses that it lists with.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    pub(super) name: Domain,
    pub(super) codes: Vec<Ipv4Addr>,
}

/// Finds one of the zones in a list; of several places, the one where it is worth most.
pub(super) fn place<'l>(list: &'l str, listings: &[Listing]) -> Place<'l> {
    let words = words(list);
    let mut best = Place::Absent;
    let mut before = Vec::new();
    for pair in words.windows(2) {
        let &[word, argument] = pair else { continue };
        let (zone, code) = argument
            .split_once('=')
            .map_or((argument, None), |(zone, code)| (zone, Some(code)));
        if let Some(listing) = listing(zone, listings).filter(|_| word == ASKS) {
            let place = judge(&before, code, listing);
            if best == Place::Absent || place == Place::Works {
                best = place;
            }
        }
        before.push(word);
    }
    best
}

fn judge<'l>(before: &[&'l str], code: Option<&'l str>, listing: &Listing) -> Place<'l> {
    let first = |of: &[&str]| before.iter().copied().find(|word| of.contains(word));
    if let Some(end) = first(&ENDS) {
        return Place::Never(end);
    }
    if let Some(code) = code.filter(|code| is_other_code(code, listing)) {
        return Place::OtherCode(code);
    }
    if let Some(permit) = first(&PERMITS_OWN) {
        return Place::Behind(permit);
    }
    if before.last() == Some(&ONLY_WARNS) {
        return Place::OnlyWarns;
    }
    Place::Works
}

fn listing<'z>(zone: &str, listings: &'z [Listing]) -> Option<&'z Listing> {
    let zone = Domain::parse(zone).ok()?;
    listings.iter().find(|listing| listing.name == zone)
}

/// Whether a filter is a single address that no listed domain has. Patterns are left to Postfix.
fn is_other_code(code: &str, listing: &Listing) -> bool {
    code.parse::<Ipv4Addr>()
        .is_ok_and(|code| !listing.codes.contains(&code))
}

/// The words of a list: parted by commas and white space, but for what stands in braces.
fn words(list: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let parts = list.split(move |character: char| {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && (character == ',' || character.is_whitespace())
    });
    parts.filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str, expected: Place<'_>) {
        let listing = Listing {
            name: Domain::parse("bogusmx.local").unwrap(),
            codes: vec![Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)],
        };
        assert_eq!(place(list, &[listing]), expected, "{list}");
    }

    #[test]
    fn it_works_where_all_mail_passes() {
        check("reject_rhsbl_recipient bogusmx.local", Place::Works);
        check("reject_rhsbl_recipient BogusMX.local,reject", Place::Works);
        check(
            "reject_unknown_sender_domain,\n\treject_rhsbl_recipient\tbogusmx.local=127.0.0.2 permit_mynetworks",
            Place::Works,
        );
        check(
            "check_client_access inline:{ { permit = reject } }, reject_rhsbl_recipient bogusmx.local",
            Place::Works,
        );
        check(
            "reject_rhsbl_recipient bogusmx.local=127.0.0.[2..3]",
            Place::Works,
        );
        check(
            "reject_rhsbl_recipient bogusmx.local=127.0.0.3",
            Place::Works,
        );
        check(
            "warn_if_reject reject_rhsbl_recipient bogusmx.local=127.0.0.3, \
             reject_rhsbl_recipient bogusmx.local=127.0.0.2",
            Place::Works,
        );
    }

    #[test]
    fn it_may_be_missing() {
        check("", Place::Absent);
        check("permit_mynetworks, reject", Place::Absent);
        check("reject_rhsbl_recipient other.example", Place::Absent);
        check("reject_rhsbl_sender bogusmx.local", Place::Absent);
        check("reject_rhsbl_recipient", Place::Absent);
    }

    #[test]
    fn it_may_come_too_late() {
        check(
            "permit_mynetworks reject_rhsbl_recipient bogusmx.local",
            Place::Behind("permit_mynetworks"),
        );
        check(
            "reject_rbl_client permit_mynetworks.example, permit_sasl_authenticated, \
             reject_rhsbl_recipient bogusmx.local",
            Place::Behind("permit_sasl_authenticated"),
        );
        check(
            "permit_mynetworks, reject, reject_rhsbl_recipient bogusmx.local",
            Place::Never("reject"),
        );
    }

    #[test]
    fn it_may_refuse_nothing() {
        check(
            "warn_if_reject reject_rhsbl_recipient bogusmx.local",
            Place::OnlyWarns,
        );
        check(
            "reject_rhsbl_recipient bogusmx.local=127.0.0.4",
            Place::OtherCode("127.0.0.4"),
        );
    }
}
