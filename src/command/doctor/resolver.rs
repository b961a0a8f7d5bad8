//! Whether the host's own resolver, which the mail server asks, brings the list's answers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::names;
use super::probe::{self, Answered};
use super::report::Finding;
use crate::front::dns::stub::{self, Kind, Question, Reply, Status};
use crate::verdict::Domain;

const CHECK: &str = "resolver";

/// Where systemd-resolved listens.
const RESOLVED: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(127, 0, 0, 53)),
    IpAddr::V4(Ipv4Addr::new(127, 0, 0, 54)),
];

/// How versions begin, and the pages of those who say so. BIND says nothing but its number.
const VERSIONS: [(&str, &str); 4] = [
    ("unbound ", "docs/resolvers/unbound.md"),
    ("PowerDNS ", "docs/resolvers/powerdns.md"),
    ("dnsmasq-", "docs/resolvers/dnsmasq.md"),
    ("9.", "docs/resolvers/bind.md"),
];

/// A resolver as the host's programs see it.
pub(super) struct Resolver {
    pub(super) address: SocketAddr,
    /// What it says of its version.
    pub(super) version: Option<String>,
}

impl Resolver {
    /// Asks who it is.
    pub(super) async fn at(address: SocketAddr) -> Self {
        let version = probe::version(address).await;
        Self { address, version }
    }

    /// Whether it is Unbound, as far as it says.
    pub(super) fn is_unbound(&self) -> bool {
        self.version
            .as_ref()
            .is_some_and(|version| version.starts_with("unbound "))
    }

    /// The page that shows how to configure it. Knot Resolver and others do not say who they are.
    fn page(&self) -> &'static str {
        if RESOLVED.contains(&self.address.ip()) {
            return "docs/resolvers/systemd-resolved.md";
        }
        let version = self.version.as_deref().unwrap_or_default();
        let page = VERSIONS
            .iter()
            .find(|(begin, _)| version.starts_with(begin));
        page.map_or("docs/resolvers/README.md", |(_, page)| page)
    }
}

/// Asks the resolver for the zone's test points.
pub(super) async fn check(resolver: &Resolver, origin: &Domain) -> Finding {
    let server = resolver.address;
    match trouble(resolver, origin).await {
        None => {
            let seen = format!("{server} lists test.{origin}, and does not list invalid.{origin}");
            Finding::fine(CHECK, seen)
        }
        Some((seen, mend)) => {
            let (seen, mend) = (
                format!("{server} {seen}"),
                format!("{mend}: {}", resolver.page()),
            );
            Finding::broken(CHECK, seen, mend)
        }
    }
}

/// What is wrong, and what to do about it.
async fn trouble(resolver: &Resolver, origin: &Domain) -> Option<(String, String)> {
    let (server, name) = (resolver.address, format!("test.{origin}"));
    let answered = probe::address(server, &name).await;
    let words = probe::words(&answered);
    let Ok(reply) = answered else {
        return Some((
            format!("does not answer for {name}: {words}"),
            "start it, or name another in /etc/resolv.conf".to_owned(),
        ));
    };
    if !reply.addresses.is_empty() {
        return wildcard(server, origin).await;
    }
    if has_records(&probe::text(server, &name).await) {
        return Some((
            format!(
                "withholds the address of {name}, but not its text ({words}): nothing is listed"
            ),
            format!("exempt {origin} from its rebinding protection"),
        ));
    }
    let (seen, mend) = match reply.status {
        Status::ServFail if has_records(&unchecked(server, &name).await) => (
            format!("finds no signature for {origin}, and takes its answers for forged: {words}"),
            format!("exempt {origin} from DNSSEC validation"),
        ),
        Status::ServFail => (
            format!("cannot ask bogusmx about {name}: {words}"),
            format!(
                "let it ask servers on this host, and see that it forwards {origin} to where bogusmx listens"
            ),
        ),
        Status::NxDomain if is_denied_above(origin, &reply) => (
            format!("believes that there is no {origin}: a zone above it says so"),
            format!(
                "forward {origin} to bogusmx, and put it out of reach of the root's signed denial"
            ),
        ),
        Status::Refused if RESOLVED.contains(&server.ip()) && names::is_below_local(origin) => (
            format!("keeps names below .local to itself, for multicast DNS: {words}"),
            format!("route {origin} to a resolver that forwards it to bogusmx"),
        ),
        Status::NoError | Status::NxDomain | Status::Refused | Status::Other(_) => (
            format!("does not list {name}: {words}"),
            format!("forward {origin} to bogusmx"),
        ),
    };
    Some((seen, mend))
}

/// Whether names have an address that the list does not list.
async fn wildcard(server: SocketAddr, origin: &Domain) -> Option<(String, String)> {
    let name = format!("invalid.{origin}");
    match probe::address(server, &name).await {
        Ok(reply) if reply.addresses.is_empty() => None,
        Ok(_) => Some((
            format!("has an address for {name}, and so for every name"),
            format!("forward {origin} to bogusmx, and turn off what answers for missing names"),
        )),
        Err(error) => Some((
            format!("does not answer for {name}: {error}"),
            "see what it logs".to_owned(),
        )),
    }
}

/// The answer that it would give if nothing had to be signed.
async fn unchecked(server: SocketAddr, name: &str) -> Answered {
    let question = Question {
        checking_disabled: true,
        ..probe::plain(name, Kind::A)
    };
    stub::ask(server, &question).await
}

fn has_records(answered: &Answered) -> bool {
    let has = |reply: &Reply| !reply.addresses.is_empty() || !reply.texts.is_empty();
    answered.as_ref().is_ok_and(has)
}

/// Whether a negative answer comes from a zone above the list's.
fn is_denied_above(origin: &Domain, reply: &Reply) -> bool {
    let denied_by = reply.denied_by.as_deref();
    denied_by.is_some_and(|zone| zone != origin.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_the_one_of_who_answers() {
        let check = |address: &str, version: Option<&str>, page: &str| {
            let resolver = Resolver {
                address: address.parse().unwrap(),
                version: version.map(str::to_owned),
            };
            assert_eq!(resolver.page(), format!("docs/resolvers/{page}.md"));
        };
        check("127.0.0.1:53", Some("unbound 1.17.1"), "unbound");
        check("127.0.0.1:53", Some("9.18.49-1~deb12u3-Debian"), "bind");
        check("127.0.0.1:53", Some("PowerDNS Recursor 4.8.8"), "powerdns");
        check("127.0.0.1:53", Some("dnsmasq-2.90"), "dnsmasq");
        check("127.0.0.1:53", None, "README");
        check("127.0.0.53:53", None, "systemd-resolved");
    }
}
