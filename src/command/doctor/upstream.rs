//! Whether the resolvers that bogusmx asks tell it the truth, and go on doing so.

use std::net::{IpAddr, SocketAddr};

use super::canary;
use super::report::Finding;
use crate::command::settings::SettingsError;
use crate::verdict::Domain;

pub(super) const CHECK: &str = "upstream";

/// Resolvers for everybody, by the addresses that they are known for. They limit each client, and blocklists'
/// operators refuse them for that reason.
const PUBLIC: [(&str, &[&str]); 9] = [
    (
        "Google",
        &[
            "8.8.8.8",
            "8.8.4.4",
            "2001:4860:4860::8888",
            "2001:4860:4860::8844",
        ],
    ),
    (
        "Cloudflare",
        &[
            "1.1.1.1",
            "1.0.0.1",
            "1.1.1.2",
            "1.0.0.2",
            "2606:4700:4700::1111",
            "2606:4700:4700::1001",
        ],
    ),
    (
        "Quad9",
        &[
            "9.9.9.9",
            "9.9.9.10",
            "9.9.9.11",
            "149.112.112.112",
            "2620:fe::fe",
            "2620:fe::9",
        ],
    ),
    (
        "OpenDNS",
        &[
            "208.67.222.222",
            "208.67.220.220",
            "2620:119:35::35",
            "2620:119:53::53",
        ],
    ),
    (
        "AdGuard",
        &[
            "94.140.14.14",
            "94.140.15.15",
            "2a10:50c0::ad1:ff",
            "2a10:50c0::ad2:ff",
        ],
    ),
    ("Yandex", &["77.88.8.8", "77.88.8.1"]),
    ("Lumen", &["4.2.2.1", "4.2.2.2"]),
    ("Verisign", &["64.6.64.6", "64.6.65.6"]),
    ("DNS4EU", &["86.54.11.100", "86.54.11.1"]),
];

/// Whether `server` is a resolver for everybody, and whether it hands on the reserved address of a canary.
pub(super) async fn check(server: SocketAddr, canaries: &[Domain]) -> Vec<Finding> {
    let operator = operator(server.ip()).map(|operator| {
        let seen = format!("{server} is {operator}'s resolver for everybody, which limits its clients");
        let mend = "run a resolver of your own (docs/resolvers/README.md), and name it as 'upstream' or in \
                    /etc/resolv.conf";
        Finding::doubtful(CHECK, seen, mend)
    });
    let sight = canary::sight(server, canaries).await;
    operator.into_iter().chain([sight]).collect()
}

fn operator(ip: IpAddr) -> Option<&'static str> {
    let is_one = |text: &str| text.parse() == Ok(ip);
    let mut all = PUBLIC.into_iter();
    all.find_map(|(operator, addresses)| {
        addresses
            .iter()
            .any(|text| is_one(text))
            .then_some(operator)
    })
}

/// That bogusmx has nobody to ask.
pub(super) fn nobody(error: &SettingsError) -> Finding {
    Finding::broken(CHECK, error.to_string(), "without it nothing is listed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_public_address_is_one() {
        for (operator, addresses) in PUBLIC {
            for address in addresses {
                assert_eq!(super::operator(address.parse().unwrap()), Some(operator));
            }
        }
        assert_eq!(operator("127.0.0.1".parse().unwrap()), None);
    }
}
