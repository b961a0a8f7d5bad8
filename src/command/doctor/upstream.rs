//! Whether the resolvers that bogusmx asks tell it the truth, and go on doing so.

use std::net::{IpAddr, SocketAddr};

use super::probe;
use super::report::Finding;
use crate::front::dns::stub::Status;
use crate::verdict::{Domain, Table};

const CHECK: &str = "upstream";

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
    let sight = sight(server, canaries).await;
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

/// Whether the server hands on reserved addresses. One canary that comes through proves it; one that exists without
/// an address disproves it only if no other comes through.
async fn sight(server: SocketAddr, canaries: &[Domain]) -> Finding {
    let table = Table::reserved();
    let mut blinded = None;
    let mut answers = Vec::new();
    for canary in canaries {
        let answered = probe::address(server, canary.as_str()).await;
        answers.push(format!("{canary}: {}", probe::words(&answered)));
        let Ok(reply) = answered else {
            let seen = format!("{server} does not answer: {}", answers.join(", "));
            let mend = "start it, or name another as 'upstream': without it nothing is listed";
            return Finding::broken(CHECK, seen, mend);
        };
        if let Some(address) = reply
            .addresses
            .iter()
            .find(|ip| table.judge(**ip).is_some())
        {
            let seen =
                format!("{server} hands on reserved addresses, such as {address} for {canary}");
            return Finding::fine(CHECK, seen);
        }
        if reply.status == Status::NoError && reply.addresses.is_empty() {
            blinded = blinded.or(Some(canary));
        }
    }
    if let Some(canary) = blinded {
        let seen = format!(
            "{server} takes reserved addresses out of answers, such as the one of {canary}: nothing is listed"
        );
        let mend =
            "turn off its rebinding protection for bogusmx, or name another resolver as 'upstream'";
        return Finding::broken(CHECK, seen, mend);
    }
    let seen = format!("{server} could not be tried: {}", answers.join(", "));
    let mend = "see that it answers for names of the Internet; a canary that is no more can be replaced \
                ('canary' in the configuration)";
    Finding::doubtful(CHECK, seen, mend)
}

/// As `check` for a daemon elsewhere, whose upstream only it can ask.
pub(super) async fn check_through(
    daemon: SocketAddr,
    origin: &Domain,
    canaries: &[Domain],
) -> Finding {
    let mut answers = Vec::new();
    for canary in canaries {
        let answered = probe::address(daemon, &format!("{canary}.{origin}")).await;
        if answered
            .as_ref()
            .is_ok_and(|reply| !reply.addresses.is_empty())
        {
            let seen = format!("{daemon} lists {canary}: its upstream hands on reserved addresses");
            return Finding::fine(CHECK, seen);
        }
        answers.push(format!("{canary}: {}", probe::words(&answered)));
        if answered.is_err() {
            break;
        }
    }
    let seen = format!("{daemon} lists no canary: {}", answers.join(", "));
    let mend =
        "run bogusmx doctor on that host, without --server, to see what its upstream answers";
    Finding::doubtful(CHECK, seen, mend)
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
