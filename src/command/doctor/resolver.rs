//! Whether the host's own resolver, which the mail server asks, brings the list's answers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

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

/// What a resolver answered to all that it was asked.
struct Answers {
    /// The address of the test point, which must be there.
    test: Answered,
    /// The test point's text, if its address was missing.
    text: Option<Answered>,
    /// The test point's address without validation, if the first question failed.
    unchecked: Option<Answered>,
    /// The name that must not be there.
    invalid: Answered,
}

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
        self.says("unbound")
    }

    fn says(&self, word: &str) -> bool {
        self.version
            .as_ref()
            .is_some_and(|version| version.to_ascii_lowercase().contains(word))
    }

    /// The page that shows how to configure it.
    fn page(&self) -> &'static str {
        let named = [
            ("unbound", "docs/resolvers/unbound.md"),
            ("powerdns", "docs/resolvers/powerdns.md"),
            ("dnsmasq", "docs/resolvers/dnsmasq.md"),
            ("knot", "docs/resolvers/knot.md"),
            ("bind", "docs/resolvers/bind.md"),
            ("debian", "docs/resolvers/bind.md"),
        ];
        if RESOLVED.contains(&self.address.ip()) {
            return "docs/resolvers/systemd-resolved.md";
        }
        let page = named.into_iter().find(|(word, _)| self.says(word));
        page.map_or("docs/resolvers/README.md", |(_, page)| page)
    }
}

/// Asks the resolver for the zone's test points.
pub(super) async fn check(resolver: &Resolver, origin: &Domain) -> Finding {
    let server = resolver.address;
    let name = format!("test.{origin}");
    let test = probe::address(server, &name).await;
    let is_empty = |reply: &Reply| reply.status == Status::NoError && reply.addresses.is_empty();
    let text = match &test {
        Ok(reply) if is_empty(reply) => Some(probe::text(server, &name).await),
        _ => None,
    };
    let unchecked = match &test {
        Ok(reply) if reply.status == Status::ServFail => {
            let question = Question {
                checking_disabled: true,
                ..probe::plain(&name, Kind::A)
            };
            Some(stub::ask(server, &question).await)
        }
        _ => None,
    };
    let invalid = probe::address(server, &format!("invalid.{origin}")).await;
    let answers = Answers {
        test,
        text,
        unchecked,
        invalid,
    };
    diagnose(resolver, origin, &answers)
}

fn diagnose(resolver: &Resolver, origin: &Domain, answers: &Answers) -> Finding {
    let (server, page) = (resolver.address, resolver.page());
    let broken = |seen: String, mend: String| {
        Finding::broken(CHECK, format!("{server} {seen}"), format!("{mend}: {page}"))
    };
    let words = probe::words(&answers.test);
    let reply = match &answers.test {
        Err(error) => {
            let seen = format!("does not answer for test.{origin}: {error}");
            return broken(
                seen,
                "start it, or name another in /etc/resolv.conf".to_owned(),
            );
        }
        Ok(reply) => reply,
    };
    let has_records = |answered: &Option<Answered>| matches!(answered, Some(Ok(reply)) if !reply.addresses.is_empty() || !reply.texts.is_empty());
    if let (false, Ok(other)) = (reply.addresses.is_empty(), &answers.invalid) {
        if other.addresses.is_empty() {
            let seen = format!("{server} lists test.{origin}, and does not list invalid.{origin}");
            return Finding::fine(CHECK, seen);
        }
        let seen = format!("has an address for invalid.{origin}, and so for every name");
        return broken(
            seen,
            format!("forward {origin} to bogusmx, and turn off what answers for missing names"),
        );
    }
    match reply.status {
        Status::NoError if has_records(&answers.text) => broken(
            format!("takes 127.0.0.2 out of the answer for test.{origin}: nothing is listed"),
            format!("exempt {origin} from its rebinding protection"),
        ),
        Status::ServFail if has_records(&answers.unchecked) => broken(
            format!("finds no signature for {origin}, and takes its answers for forged: {words}"),
            format!("exempt {origin} from DNSSEC validation"),
        ),
        Status::ServFail => broken(
            format!("cannot ask bogusmx about test.{origin}: {words}"),
            format!(
                "let it ask servers on this host, and see that it forwards {origin} to where bogusmx listens"
            ),
        ),
        Status::NxDomain if is_denied_above(origin, reply) => broken(
            format!("believes that there is no {origin}: a zone above it says so"),
            format!(
                "forward {origin} to bogusmx, and put it out of reach of the root's signed denial"
            ),
        ),
        Status::Refused if RESOLVED.contains(&server.ip()) => broken(
            format!("keeps names below .local to itself, for multicast DNS: {words}"),
            format!("route {origin} to bogusmx (Domains=~{origin})"),
        ),
        Status::NoError | Status::NxDomain | Status::Refused | Status::Other(_) => broken(
            format!("does not list test.{origin}: {words}"),
            format!("forward {origin} to bogusmx"),
        ),
    }
}

/// Whether a negative answer comes from a zone above the list's.
fn is_denied_above(origin: &Domain, reply: &Reply) -> bool {
    let denied_by = reply.denied_by.as_deref();
    denied_by.is_some_and(|zone| zone != origin.as_str())
}
