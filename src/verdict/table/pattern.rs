//! The left side of a row: which addresses it is about.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::error::{Flaw, Problem, excerpt};
use super::lines::{Span, is_space};

/// A block of addresses, or all of its family that lie outside it.
///
/// A pattern never matches an address of the other family, negated or not: Postfix compares the
/// families first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) block: IpNet,
    pub(super) negated: bool,
}

impl Pattern {
    /// Reads the pattern at the beginning of `span` and returns what follows it.
    ///
    /// Any number of `!`, blanks between them, each undoing the one before; then `ADDRESS`,
    /// `ADDRESS/LENGTH`, `[ADDRESS]/LENGTH` or `[ADDRESS/LENGTH]`.
    pub(super) fn read(span: Span<'_>) -> Result<(Self, Span<'_>), Flaw> {
        let unnegated = span.skip(|next| next == '!' || is_space(next));
        let marks = span.until(unnegated.at - span.at);
        let (word, rest) = unnegated.word();
        let pattern = Self {
            block: read_block(word)?,
            negated: marks.text.matches('!').count() % 2 == 1,
        };
        Ok((pattern, rest))
    }
}

fn read_block(word: Span<'_>) -> Result<IpNet, Flaw> {
    let (address, length) = split(word)?;
    if address.text.is_empty() {
        return Err(address.flaw(Problem::NoPattern));
    }
    let ip = read_address(address)?;
    let Some(length) = length else {
        return Ok(IpNet::from(ip));
    };
    let block = read_length(length.text)
        .and_then(|bits| IpNet::new(ip, bits).ok())
        .ok_or_else(|| {
            length.flaw(Problem::BadLength {
                length: excerpt(length.text),
                max: IpNet::from(ip).max_prefix_len(),
            })
        })?;
    if block.trunc() != block {
        return Err(word.flaw(Problem::HostBits(block.trunc())));
    }
    Ok(block)
}

/// Takes off the brackets and divides at the slash.
fn split(word: Span<'_>) -> Result<(Span<'_>, Option<Span<'_>>), Flaw> {
    if !word.text.starts_with('[') {
        return Ok(divide(word));
    }
    let opened = word.from(1);
    let Some(end) = opened.text.find(']') else {
        return Err(word.flaw(Problem::OpenBracket));
    };
    let (inner, tail) = (opened.until(end), opened.from(end + 1));
    match tail.text.strip_prefix('/') {
        Some(_) => Ok((inner, Some(tail.from(1)))),
        None if tail.text.is_empty() => Ok(divide(inner)),
        None => Err(tail.flaw(Problem::AfterBracket(excerpt(tail.text)))),
    }
}

fn divide(word: Span<'_>) -> (Span<'_>, Option<Span<'_>>) {
    match word.text.find('/') {
        Some(slash) => (word.until(slash), Some(word.from(slash + 1))),
        None => (word, None),
    }
}

/// Reads an address as `inet_pton` does; the colon decides the family, as in Postfix.
fn read_address(address: Span<'_>) -> Result<IpAddr, Flaw> {
    let parsed = if address.text.contains(':') {
        address.text.parse::<Ipv6Addr>().map(IpAddr::V6)
    } else {
        address.text.parse::<Ipv4Addr>().map(IpAddr::V4)
    };
    parsed.map_err(|_| address.flaw(Problem::BadAddress(excerpt(address.text))))
}

/// Reads digits only: leading zeros are fine with Postfix, a sign (which [`str::parse`] takes) is not.
fn read_length(text: &str) -> Option<u8> {
    let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `text` and compares it with the printed pattern, or with `column: message`.
    #[track_caller]
    fn check_pattern(text: &str, expected: &str) {
        let found = match Pattern::read(Span { text, at: 0 }) {
            Ok((pattern, rest)) => {
                let mark = if pattern.negated { "!" } else { "" };
                format!("{mark}{}|{}", pattern.block, rest.text)
            }
            Err(flaw) => format!("{}: {}", flaw.at + 1, flaw.problem),
        };
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn blocks_and_hosts() {
        check_pattern("10.0.0.0/8  REJECT x", "10.0.0.0/8|REJECT x");
        check_pattern("10.1.2.3 x", "10.1.2.3/32|x");
        check_pattern("0.0.0.0/0", "0.0.0.0/0|");
        check_pattern("2001:DB8::/32", "2001:db8::/32|");
        check_pattern("::1", "::1/128|");
        check_pattern("::ffff:10.0.0.0/104", "::ffff:10.0.0.0/104|");
        check_pattern("10.0.0.0/008", "10.0.0.0/8|");
    }

    #[test]
    fn brackets() {
        check_pattern("[10.0.0.0]/8 x", "10.0.0.0/8|x");
        check_pattern("[10.0.0.0/8]", "10.0.0.0/8|");
        check_pattern("![::1]", "!::1/128|");
        check_pattern(
            "[10.0.0.0",
            "1: no \"]\" after \"[\"; write [ADDRESS]/LENGTH, or leave the brackets out",
        );
        check_pattern(
            "[10.0.0.0]8",
            "11: \"8\" after \"]\"; write [ADDRESS]/LENGTH, or leave the brackets out",
        );
        check_pattern(
            "[10.0.0.0/8]/8",
            "2: \"10.0.0.0/8\" is not an IP address; write it in full, without leading zeros",
        );
    }

    #[test]
    fn every_mark_undoes_the_one_before() {
        check_pattern("!10.0.0.0/8", "!10.0.0.0/8|");
        check_pattern("! \t!! 10.0.0.0/8", "!10.0.0.0/8|");
        check_pattern("!!10.0.0.0/8", "10.0.0.0/8|");
    }

    #[test]
    fn addresses_are_written_in_full() {
        let text = "is not an IP address; write it in full, without leading zeros";
        for address in [
            "10",
            "10.0.0",
            "010.0.0.0",
            "256.0.0.0",
            "::00001",
            ":::",
            "1:2",
            "fe80::1%eth0",
            "hot.de",
        ] {
            check_pattern(address, &format!("1: \"{address}\" {text}"));
        }
        check_pattern("", "1: no address pattern; write ADDRESS or ADDRESS/LENGTH");
        check_pattern(
            "! ",
            "3: no address pattern; write ADDRESS or ADDRESS/LENGTH",
        );
        check_pattern(
            "[]/8",
            "2: no address pattern; write ADDRESS or ADDRESS/LENGTH",
        );
    }

    #[test]
    fn lengths_fit_the_family() {
        for length in ["33", "", "+8", "-1", "x", "8/8", "255.0.0.0", "4294967304"] {
            check_pattern(
                &format!("10.0.0.0/{length}"),
                &format!("10: \"{length}\" is not a prefix length; write a number from 0 to 32"),
            );
        }
        check_pattern(
            "::/129",
            "4: \"129\" is not a prefix length; write a number from 0 to 128",
        );
    }

    #[test]
    fn host_bits_are_refused_with_the_network_that_was_meant() {
        check_pattern(
            "!15.0.0.1/8",
            "2: host bits set under the mask; write 15.0.0.0/8, or correct the length",
        );
        check_pattern(
            "2001:db8::1/32",
            "1: host bits set under the mask; write 2001:db8::/32, or correct the length",
        );
    }
}
