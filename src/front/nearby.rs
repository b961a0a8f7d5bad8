//! Which addresses are those of the neighbourhood, which may be anybody's, and which are one client's.
//!
//! Pure. What is here is fixed: a configuration may let strangers ask, and does not make neighbours of
//! them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Loopback, private and link-local networks (RFC 1918, RFC 4193, RFC 3927, RFC 4291).
pub const NEARBY: [IpNet; 8] = [
    v4(Ipv4Addr::new(127, 0, 0, 0), 8),
    v4(Ipv4Addr::new(10, 0, 0, 0), 8),
    v4(Ipv4Addr::new(172, 16, 0, 0), 12),
    v4(Ipv4Addr::new(192, 168, 0, 0), 16),
    v4(Ipv4Addr::new(169, 254, 0, 0), 16),
    v6(Ipv6Addr::LOCALHOST, 128),
    v6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    v6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
];

const fn v4(address: Ipv4Addr, length: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(address, length))
}

const fn v6(address: Ipv6Addr, length: u8) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(address, length))
}

/// Whether an address is in none of those networks. The unspecified ones, `0.0.0.0` and `::`, are
/// public: who listens there listens on whatever the machine has.
#[inline]
pub fn is_public(address: IpAddr) -> bool {
    let address = address.to_canonical();
    !NEARBY.iter().any(|network| network.contains(&address))
}

/// The network that a client stands for where clients are told apart: its first 24 bits of IPv4, or 56
/// of IPv6, which is what one customer has.
pub fn client_network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(client) => Ipv4Addr::from_bits(client.to_bits() & (u32::MAX << 8)).into(),
        IpAddr::V6(client) => Ipv6Addr::from_bits(client.to_bits() & (u128::MAX << 72)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: bool, addresses: &[&str]) {
        for address in addresses {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn public_is_what_is_not_nearby() {
        check(
            false,
            &[
                "127.0.0.1",
                "127.255.255.255",
                "10.0.0.0",
                "172.31.255.255",
                "192.168.0.1",
                "169.254.9.9",
                "::1",
                "fdff::1",
                "fe80::1",
                "febf::1",
                "::ffff:10.0.0.1",
            ],
        );
        check(
            true,
            &[
                "0.0.0.0",
                "::",
                "::2",
                "11.0.0.0",
                "172.32.0.0",
                "192.169.0.0",
                "100.64.0.1",
                "fec0::1",
                "2001:db8::1",
                "::ffff:11.0.0.1",
            ],
        );
    }

    #[test]
    fn clients_of_one_network_are_one() {
        let check = |client: &str, network: &str| {
            let client = client_network(client.parse().unwrap());
            assert_eq!(client, network.parse::<IpAddr>().unwrap());
        };
        check("192.0.2.255", "192.0.2.0");
        check("::ffff:192.0.2.255", "192.0.2.0");
        check("2001:db8:1:2ff:ffff::1", "2001:db8:1:200::");
    }
}
