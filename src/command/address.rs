//! Addresses as people write them, in flags and in the configuration.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

/// The port of a resolver.
const DNS_PORT: u16 = 53;

/// The port on which bogusmx answers: not 53, where the machine's resolver is.
pub(super) const DAEMON_PORT: u16 = 5300;

/// Reads the address of a resolver; the port may be left out.
///
/// # Errors
/// Says what an address looks like.
pub(super) fn server_address(text: &str) -> Result<SocketAddr, String> {
    with_default_port(text, DNS_PORT)
}

/// Reads the address of a running bogusmx; the port may be left out.
pub(super) fn daemon_address(text: &str) -> Result<SocketAddr, String> {
    with_default_port(text, DAEMON_PORT)
}

fn with_default_port(text: &str, port: u16) -> Result<SocketAddr, String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let address = bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, port));
    address.or_else(|_| text.parse()).map_err(|_| {
        format!(
            "'{text}' is no address: write 192.0.2.1, 192.0.2.1:53, 2001:db8::1 or [2001:db8::1]:53"
        )
    })
}

/// Where to ask somebody on this host who listens at `listen`: all addresses include those of loopback.
pub(super) fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V4(_) | IpAddr::V6(_) => listen.ip(),
    };
    SocketAddr::new(ip, listen.port())
}

/// Reads an address to listen on.
///
/// # Errors
/// Says what such an address looks like.
pub(super) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("'{text}' is no address with a port: write 127.0.0.1:5300 or [::1]:5300")
    })
}

/// Reads a network; a single address stands for itself.
///
/// # Errors
/// Says what a network looks like.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let network = text.parse::<IpNet>().or_else(|_no_length| address());
    let network =
        network.map_err(|_| format!("'{text}' is no network: write 10.0.0.0/8 or fc00::/7"))?;
    if network.trunc() != network {
        let meant = network.trunc();
        return Err(format!(
            "'{text}' has bits behind its length: write {meant}"
        ));
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_and_without_port() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                server_address(text).map(|address| address.to_string()),
                Ok(expected.into())
            );
        };
        check("192.0.2.1", "192.0.2.1:53");
        check("192.0.2.1:5353", "192.0.2.1:5353");
        check("::1", "[::1]:53");
        check("[::1]", "[::1]:53");
        check("[::1]:5353", "[::1]:5353");
        assert!(
            server_address("localhost")
                .unwrap_err()
                .contains("'localhost' is no address")
        );
        assert!(
            listen_address("127.0.0.1")
                .unwrap_err()
                .contains("with a port")
        );
    }
}
