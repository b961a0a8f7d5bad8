//! IPv6 addresses that carry an IPv4 one.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Takes out the IPv4 address that `address` carries.
///
/// IPv4-mapped `::ffff:0:0/96`, translated `64:ff9b::/96` and `::ffff:0:0:0/96`, IPv4-compatible
/// `::/96` and 6to4 `2002::/16`: mail for any of these ends up at the address inside. `::` and `::1`
/// are in `::/96`, so a table without rows for them finds 0.0.0.0 and 0.0.0.1.
pub(super) fn embedded_ipv4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let ([0, 0, 0, 0, 0, 0, high, low]
    | [0, 0, 0, 0, 0, 0xffff, high, low]
    | [0, 0, 0, 0, 0xffff, 0, high, low]
    | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
    | [0x2002, high, low, ..]) = address.segments()
    else {
        return None;
    };
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(Ipv4Addr::new(a, b, c, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_embedded(address: &str, expected: Option<&str>) {
        let expected = expected.map(|inner| inner.parse().unwrap());
        assert_eq!(
            embedded_ipv4(address.parse().unwrap()),
            expected,
            "{address}"
        );
    }

    #[test]
    fn five_forms_carry_an_ipv4_address() {
        check_embedded("::ffff:127.0.0.1", Some("127.0.0.1"));
        check_embedded("::ffff:0:127.0.0.1", Some("127.0.0.1"));
        check_embedded("64:ff9b::10.1.2.3", Some("10.1.2.3"));
        check_embedded("2002:c0a8:0102::", Some("192.168.1.2"));
        check_embedded("2002:c0a8:0102:1::9", Some("192.168.1.2"));
        check_embedded("::10.1.2.3", Some("10.1.2.3"));
        check_embedded("::1", Some("0.0.0.1"));
    }

    #[test]
    fn their_neighbours_do_not() {
        for address in [
            "::1:0:0",
            "::fffe:7f00:1",
            "::1:ffff:0:0",
            "64:ff9b:1::1",
            "64:ff9b::1:0:1",
            "2001:ffff::",
            "2003::",
        ] {
            check_embedded(address, None);
        }
    }
}
