//! Whether somebody else on this host or in this network answers for the zone's name.

use super::probe;
use super::report::Finding;
use super::resolver::Resolver;
use crate::front::dns::stub::{self, Kind, Question};
use crate::verdict::Domain;

const CHECK: &str = "zone";

/// Where the C library is told whom to ask for host names.
const NSSWITCH: &str = "/etc/nsswitch.conf";

/// Whether a zone is below `.local`, which belongs to multicast DNS (RFC 6762, section 3).
pub(super) fn is_below_local(origin: &Domain) -> bool {
    origin.labels().next_back() == Some("local")
}

/// Whether the C library takes names below `.local` to multicast DNS.
pub(super) fn multicast(origin: &Domain) -> Option<Finding> {
    if !is_below_local(origin) {
        return None;
    }
    let text = std::fs::read_to_string(NSSWITCH).ok()?;
    let module = multicast_module(&text)?;
    let seen = format!("{NSSWITCH}: {module} asks the network, not the resolver, for {origin}");
    let mend = "Postfix and Exim are not hurt: they ask the resolver itself. For programs that look hosts \
                up through the C library choose a zone below your own domain: docs/resolvers/README.md";
    Some(Finding::doubtful(CHECK, seen, mend))
}

/// The module for multicast DNS in the `hosts` line, if there is one.
fn multicast_module(nsswitch: &str) -> Option<&str> {
    let hosts = nsswitch
        .lines()
        .find_map(|line| line.trim().strip_prefix("hosts:"))?;
    let (modules, _comment) = hosts.split_once('#').unwrap_or((hosts, ""));
    modules
        .split_whitespace()
        .find(|module| module.starts_with("mdns"))
}

/// Top-level names that people use and that the root says are not there.
const DENIED: [&str; 6] = ["local", "internal", "lan", "home", "corp", "intranet"];

/// Whether any client that asks for some `printer.local` makes Unbound deny the zone: it then keeps the root's signed
/// denial of `local.`, and takes it for one of all below.
///
/// Asked without recursion, so that the question itself does not do it: only a `local-zone` of its own answers then,
/// with authority.
pub(super) async fn denial(resolver: &Resolver, origin: &Domain) -> Option<Finding> {
    let top = origin.labels().next_back()?;
    if !DENIED.contains(&top) || !validates(resolver).await {
        return None;
    }
    let server = resolver.address;
    if resolver.version.is_none() {
        let seen = format!(
            "{server} validates, and does not say whether it is Unbound, which may deny {origin}"
        );
        return Some(Finding::unknown(CHECK, seen));
    }
    if !resolver.is_unbound() {
        return None;
    }
    let name = format!("printer.{top}");
    let question = Question {
        recursion_desired: false,
        ..probe::plain(&name, Kind::A)
    };
    let reply = stub::ask(server, &question).await.ok()?;
    if reply.is_authoritative {
        let seen =
            format!("{server} answers for .{top} itself, so that the root cannot deny {origin}");
        return Some(Finding::fine(CHECK, seen));
    }
    let seen = format!(
        "{server}: once any client asks for a name like printer.{top}, nothing is listed for an hour"
    );
    let mend = format!(
        "local-zone: \"{top}.\" static, and local-zone: \"{origin}.\" transparent: docs/resolvers/unbound.md"
    );
    Some(Finding::broken(CHECK, seen, mend))
}

/// Whether the resolver checks signatures: the root's own are there in any case.
async fn validates(resolver: &Resolver) -> bool {
    let question = Question {
        validation_asked: true,
        ..probe::plain(".", Kind::Txt)
    };
    let reply = stub::ask(resolver.address, &question).await;
    reply.is_ok_and(|reply| reply.is_authentic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_for_multicast_is_found_in_the_line_for_hosts() {
        let debian = "passwd: files\nhosts:          files mdns4_minimal [NOTFOUND=return] dns\n";
        assert_eq!(multicast_module(debian), Some("mdns4_minimal"));
        assert_eq!(multicast_module("hosts: files dns # mdns4"), None);
        assert_eq!(multicast_module("networks: mdns\nhosts: files dns"), None);
        assert_eq!(multicast_module("# hosts: mdns"), None);
    }
}
